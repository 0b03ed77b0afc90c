//! What is found wrong with playbooks offline, with a few modules of the test's own.

use rmqplay::change::Change;
use rmqplay::module::{BuiltIn, Module, ModuleError, PlanContext, Registry};
use rmqplay::playbook::{LoadOptions, Loader, ValidateOptions, validate};
use rmqplay::template::Engine;
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
    { src: Text, content: Text, dest: String, mode: Text, force: Flag, remote_src: Flag },
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
    let options = ValidateOptions {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        variables: Some(["from_inventory".to_owned()].into()),
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
