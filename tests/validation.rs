//! What is found wrong with playbooks offline, with a few modules of the test's own.

use rmqplay::change::Change;
use rmqplay::inventory::connection_variables;
use rmqplay::module::{BuiltIn, Module, ModuleError, PlanContext, Registry};
use rmqplay::playbook::{LoadOptions, Loader, ValidateOptions, validate};
use rmqplay::source::{Place, SourceFile};
use rmqplay::template::Engine;
use rmqplay::vars::RESERVED;
use rmqplay::yaml::{Data, Node};
use std::path::Path;

/// Declares a module that does nothing, with its arguments.
macro_rules! module {
    ($type:ident, $name:literal, { $($field:ident: $kind:ty),* }, $raw:expr, $free:expr, $any:expr) => {
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only what may be given counts")]
        struct $type { $($field: $kind),* }

        impl Module for $type {
            fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
                Err(ModuleError::refused("for validation only"))
            }
        }

        impl BuiltIn for $type {
            const NAME: &'static str = $name;
            const RAW: &'static [&'static str] = $raw;
            const FREE_FORM: Option<&'static str> = $free;
            const ANY_ARGUMENT: bool = $any;
            const EXAMPLE: &'static str = "";
        }
    };
}

type Text = Option<String>;
type Flag = Option<bool>;

module!(Debug, "debug", { msg: Text, var: Text }, &["var"], None, false);
module!(Assert, "assert", { that: Vec<String> }, &["that"], None, false);
module!(Command, "command", { cmd: Text, chdir: Text }, &[], Some("cmd"), false);
module!(Script, "script", { cmd: String }, &[], Some("cmd"), false);
module!(IncludeVars, "include_vars", { file: Text, name: Text }, &[], Some("file"), false);
module!(
    Copy,
    "copy",
    { src: Text, content: Text, dest: String, mode: Option<rmqplay::change::Mode>, force: Flag, remote_src: Flag },
    &[],
    None,
    false
);
module!(Template, "template", { src: String, dest: String }, &[], None, false);
module!(Unarchive, "unarchive", { src: String, dest: String }, &[], None, false);

/// `set_fact` takes any name.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct SetFact {}

impl Module for SetFact {
    fn plan(&self, _context: &PlanContext) -> Result<Change, ModuleError> {
        Err(ModuleError::refused("for validation only"))
    }
}

impl BuiltIn for SetFact {
    const NAME: &'static str = "set_fact";
    const ANY_ARGUMENT: bool = true;
    const EXAMPLE: &'static str = "";
}

fn registry() -> Registry {
    let mut registry = rmqplay::cli::registry();
    registry.add::<Assert>();
    registry.add::<Command>();
    registry.add::<Copy>();
    registry.add::<Debug>();
    registry.add::<IncludeVars>();
    registry.add::<Script>();
    registry.add::<SetFact>();
    registry.add::<Template>();
    registry.add::<Unarchive>();
    registry
}

fn problems(path: &Path, tags: &[&str], compat: bool) -> String {
    let loader = Loader::new(LoadOptions {
        compat,
        ..LoadOptions::default()
    });
    let playbook = loader.playbook(path).unwrap();
    let of_inventory = ["from_inventory", "sealed_in_inventory"];
    // As a run adds them.
    let of_run = RESERVED.iter().map(|(name, _)| *name);
    let known = of_inventory
        .into_iter()
        .chain(of_run)
        .chain(connection_variables::names());
    let text = "sealed_in_inventory: x\n";
    let sealed = Node {
        data: Data::Vault("$ANSIBLE_VAULT;1.1;AES256\n31\n".into()),
        place: Place::start_of(&SourceFile::new("group_vars/all.yml", text)),
    };
    let options = ValidateOptions {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        variables: Some(known.map(str::to_owned).collect()),
        groups: Some(["all", "web", "ungrouped"].map(str::to_owned).into()),
        hosts: Some(["web1", "localhost"].map(str::to_owned).into()),
        encrypted: [("sealed_in_inventory".to_owned(), vec![sealed])].into(),
        ..ValidateOptions::default()
    };
    validate(&playbook, &loader, &registry(), &Engine::new(), &options).render(false)
}

#[test]
fn invalid_playbooks_are_told_what_is_wrong() {
    insta::glob!("playbooks/invalid/*.yml", |path| {
        let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        let asked = ["install", "instal", "included", "all", "inside"];
        let tags = if path.ends_with("tags.yml") {
            asked.as_slice()
        } else {
            &[]
        };
        let shown = problems(path, tags, false);
        insta::assert_snapshot!(shown);
        assert_eq!(problems(path, &["instal"], true), "");
    });
}

#[test]
fn variables_that_a_template_file_needs_are_found_where_that_is_certain() {
    let shown = problems(
        Path::new("tests/playbooks/template_files/playbook.yml"),
        &[],
        false,
    );
    let places: Vec<_> = shown
        .lines()
        .filter(|line| line.starts_with("error") || line.trim_start().starts_with("-->"))
        .map(str::trim)
        .collect();
    let needs = "--> tests/playbooks/template_files/templates/needs.j2";
    let expected = [
        ("nowhere", "4:4"),
        ("neither", "5:16"),
        ("nor_this", "6:7"),
        ("nor_that", "7:21"),
    ]
    .map(|(name, at)| {
        let error = format!("error: undefined variable \"{name}\"");
        [error, format!("{needs}:{at}")]
    });
    assert_eq!(places, expected.concat(), "{shown}");
}

/// Conditions that are no expressions, with what to write instead where that can be told.
const NO_CONDITIONS: &[(&str, &str)] = &[
    ("a == \"x\" && a", "`and` instead of `&&`"),
    ("a == \"x\" $", ""),
    ("\"x\" in a && true", "`and` instead of `&&`"),
    ("(a == \"x\" && true)", "`and` instead of `&&`"),
    ("a in [\"a\" & \"b\"]", "`and` instead of `&`"),
    ("a | default(\"x\" && \"y\")", "`and` instead of `&&`"),
    ("a is match(\"x\") && true", "`and` instead of `&&`"),
    ("a[\"x\"] && true", "`and` instead of `&&`"),
    ("a && true", "`and` instead of `&&`"),
    ("a || true", "`or` instead of `||`"),
    ("a ||true", "`or` instead of `||`"),
    ("a == \"x\" || true", "`or` instead of `||`"),
    ("!a", "`not` instead of `!`"),
    ("a == \"x\" and !a", "`not` instead of `!`"),
    ("(!a)", "`not` instead of `!`"),
    ("a = \"x\"", "`==` instead of `=`"),
    ("a === \"x\"", "`==` instead of `===`"),
    ("a !== \"x\"", "`!=` instead of `!==`"),
    ("a and and true", ""),
    ("a == \"x\" true", ""),
    ("a == \"x", ""),
    ("a == 'x' and \"y", ""),
    ("(a == \"x\"", ""),
    ("a == \"x\")", ""),
    ("a[\"x\"", ""),
    ("a[\"x\"]]", ""),
    ("a == 1 }} true", ""),
    ("a == \"x\" ? 1", ""),
    ("a == 'x' @ 1", ""),
    ("a == 'x' ; true", ""),
    ("'x' ` 1", ""),
    ("\"x\" \u{201c}y\u{201d}", ""),
];

#[test]
fn a_condition_is_read_wholly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("playbook.yml");
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let places = [
        "    - debug:\n      when: CONDITION\n",
        "    - debug:\n      when: [true, CONDITION]\n",
        "    - block: [debug: ]\n      when: CONDITION\n",
        "    - command: ls\n      until: CONDITION\n",
        "    - command: ls\n      failed_when: CONDITION\n",
        "    - command: ls\n      changed_when: [CONDITION]\n",
        "    - assert: {that: [CONDITION]}\n",
        "    - command: ls\n      loop: [1]\n      loop_control: {break_when: CONDITION}\n",
        "    - debug: {msg: TEMPLATE}\n",
    ];
    for (condition, help) in NO_CONDITIONS {
        for place in places {
            let task = place
                .replace("CONDITION", &quoted(condition))
                .replace("TEMPLATE", &quoted(&format!("{{{{ {condition} }}}}")));
            let play = format!("- hosts: all\n  vars: {{a: x}}\n  tasks:\n{task}");
            std::fs::write(&path, &play).unwrap();
            // What ends the template is an end there.
            if place.contains("TEMPLATE") && condition.contains("}}") {
                continue;
            }
            let shown = problems(&path, &[], false);
            assert!(shown.starts_with("error"), "{play}: no mistakes");
            assert!(shown.contains("playbook.yml:"), "{play}{shown}");
            let helped = shown.contains("= help: write `");
            assert_eq!(helped, !help.is_empty(), "{play}{shown}");
            assert!(shown.contains(help), "{play}{shown}");
        }
    }
    for condition in [
        "a != \"&&\" and a != '||' and not a == \"a=b!\"",
        "a | default('$') == \"@\" or a is match('^a?$')",
    ] {
        let play = format!("- hosts: all\n  vars: {{a: x}}\n  tasks:\n{}", places[0]);
        std::fs::write(&path, play.replace("CONDITION", &quoted(condition))).unwrap();
        assert_eq!(problems(&path, &[], false), "", "{condition}");
    }
}

#[test]
fn variables_of_included_template_files_are_found_where_that_is_certain() {
    let folder = Path::new("tests/playbooks/template_files/included");
    let shown = problems(&folder.join("playbook.yml"), &[], false);
    let places: Vec<_> = shown
        .lines()
        .filter(|line| line.starts_with("error") || line.trim_start().starts_with("-->"))
        .map(str::trim)
        .collect();
    let expected = [
        ("part_of_name", "outer.j2:6:12"),
        ("in_part", "part.j2:2:4"),
        ("in_deeper", "inner/deeper.j2:1:4"),
        ("in_circle", "circle.j2:1:29"),
    ]
    .map(|(name, at)| {
        let error = format!("error: undefined variable \"{name}\"");
        [error, format!("--> {}/templates/{at}", folder.display())]
    });
    assert_eq!(places, expected.concat(), "{shown}");
}
