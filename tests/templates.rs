//! Templates: the same text as ansible-core 2.19 makes, which wrote the expected output of every
//! case in `tests/conformance/templates` and `more-templates`; and what the documentation shows.

use minijinja::value::{Enumerator, Object};
use proptest::prelude::*;
use rmqplay::source::SourceFile;
use rmqplay::template::{Engine, Site, Syntax};
use rmqplay::value::Value;
use rmqplay::yaml::{Data, Node};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

/// Variables that are rendered when they are used.
struct Variables {
    engine: Engine,
    site: Site,
    node: Node,
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(formatter)
    }
}

impl Object for Variables {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let node = self.node.get(key.as_str()?)?;
        let context = Value::from_dyn_object(self.clone());
        let rendered = self.engine.render(node, &context, &self.site);
        Some(rendered.unwrap_or_else(rmqplay::template::TemplateError::into_value))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let entries = self.node.as_map().into_iter().flatten();
        Enumerator::Values(entries.map(|(key, _)| key.to_value()).collect())
    }
}

fn variables(engine: &Engine, node: &Node, site: &Site) -> Value {
    Value::from_object(Variables {
        engine: engine.clone(),
        site: site.clone(),
        node: node.clone(),
    })
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn read(path: &Path) -> Node {
    let text = std::fs::read_to_string(path).unwrap();
    rmqplay::yaml::read(&SourceFile::new(path, text)).unwrap()
}

/// Returns the YAML files of a folder, sorted.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn syntax(options: Option<&Node>) -> Syntax {
    let mut syntax = Syntax::default();
    for (key, value) in options.and_then(Node::as_map).into_iter().flatten() {
        let text = value.as_text().unwrap_or_default().to_owned();
        let flag = value.data == Data::Bool(true);
        match key.as_text().unwrap() {
            "trim_blocks" => syntax.trim_blocks = flag,
            "lstrip_blocks" => syntax.lstrip_blocks = flag,
            "newline_sequence" => syntax.newline_sequence = text,
            "variable_start_string" => syntax.variable.0 = text,
            "variable_end_string" => syntax.variable.1 = text,
            "block_start_string" => syntax.block.0 = text,
            "block_end_string" => syntax.block.1 = text,
            "comment_start_string" => syntax.comment.0 = text,
            "comment_end_string" => syntax.comment.1 = text,
            other => panic!("option {other}"),
        }
    }
    syntax
}

/// Returns what is wrong with the answer to a case.
fn wrong(engine: &Engine, case: &Node, vars: &Node, site: &Site) -> Option<String> {
    let variables = variables(engine, vars, site);
    let got = if let Some(template) = case.get("template").and_then(Node::as_text) {
        let file = SourceFile::new("case.j2", template);
        let syntax = syntax(case.get("options"));
        engine
            .text(&file, &syntax, &variables, site)
            .map(Value::from)
    } else {
        let condition = case.get("condition").unwrap();
        engine
            .condition(condition, &variables, site)
            .map(Value::from)
    };
    let expected = case.get("expected").map(Node::to_value);
    match (got, expected) {
        (Ok(got), Some(expected)) if got == expected => None,
        (Ok(got), Some(expected)) => Some(format!("want {expected:?}\n got {got:?}")),
        (Ok(got), None) => Some(format!("want an error\n got {got:?}")),
        (Err(error), Some(expected)) => Some(format!("want {expected:?}\n got {error}")),
        (Err(_), None) => None,
    }
}

/// The cases are answered under the environment that their expected output was written in.
#[test]
fn every_case_gives_what_ansible_gives() {
    if std::env::var_os("CONF_X").is_none() {
        #[expect(clippy::disallowed_methods, reason = "this test runs itself")]
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "templates::every_case_gives_what_ansible_gives"])
            .env("CONF_X", "envval")
            .env("TZ", "UTC")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("1 passed"), "{text}");
        return;
    }
    let engine = Engine::new();
    let mut failures = Vec::new();
    for path in cases(&folder().join("templates")) {
        let case = read(&path);
        let vars = case.get("vars").unwrap();
        if let Some(wrong) = wrong(&engine, &case, vars, &Site::default()) {
            failures.push(format!("{}\n{wrong}", path.display()));
        }
    }
    let site = Site {
        folders: vec![folder().join("more-templates/files").into()],
        ..Site::default()
    };
    for path in cases(&folder().join("more-templates")) {
        let all = read(&path);
        for case in all.get("cases").and_then(Node::as_list).unwrap() {
            if let Some(wrong) = wrong(&engine, case, all.get("vars").unwrap(), &site) {
                failures.push(format!("{}\n{wrong}", case.place));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Every line `{{ … }}` of the documentation that is followed by `→` gives what it says there.
#[test]
fn the_examples_of_the_documentation_are_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates.md");
    let text = std::fs::read_to_string(path).unwrap();
    let vars = text.split("```yaml vars\n").nth(1).unwrap();
    let vars = vars.split("```").next().unwrap();
    let vars = rmqplay::yaml::read(&SourceFile::new("docs/templates.md", vars)).unwrap();
    let (engine, site) = (Engine::new(), Site::default());
    let variables = variables(&engine, &vars, &site);
    let mut examples = 0;
    let blocks = text.split("```jinja\n").skip(1);
    for block in blocks.map(|block| block.split("```").next().unwrap()) {
        for line in block.lines().filter(|line| !line.is_empty()) {
            let (template, expected) = line.split_once(" → ").unwrap_or_else(|| panic!("{line}"));
            let file = SourceFile::new("docs/templates.md", template.trim_end());
            let got = engine.text(&file, &Syntax::default(), &variables, &site);
            match (got, expected.strip_prefix("error: ")) {
                (Ok(got), None) => assert_eq!(got, expected.replace("\\n", "\n"), "{line}"),
                (Err(error), Some(expected)) => {
                    assert!(error.problem.message.contains(expected), "{line}: {error}");
                }
                (Ok(got), Some(_)) => panic!("{line}: {got}"),
                (Err(error), None) => panic!("{line}: {error}"),
            }
            examples += 1;
        }
    }
    assert!(examples > 100, "{examples}");
}

/// Pieces that templates are made of, to be put together in any order.
const PIECES: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{# ",
    " #}",
    "{%- ",
    " -%}",
    "if ",
    "endif",
    "for x in ",
    "endfor",
    "set ",
    "endset",
    "macro m(a, b=1)",
    "endmacro",
    "call ",
    "endcall",
    "filter ",
    "endfilter",
    "raw",
    "endraw",
    "include ",
    "import ",
    "else",
    "elif ",
    "a",
    "l",
    "d",
    "u",
    "x",
    ".b",
    "[0]",
    "[1:2]",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    " = ",
    " | ",
    "default(1)",
    "upper",
    "map('int')",
    "select",
    "to_yaml",
    "to_json",
    "join(',')",
    "regex_replace('(', '\\\\1')",
    "lookup('vars', 'a')",
    " is defined",
    " is ",
    " not ",
    " in ",
    " and ",
    " or ",
    " + ",
    " - ",
    " % ",
    " ~ ",
    " < ",
    " // ",
    " ** ",
    "1",
    "-2",
    "1.5",
    "'s'",
    "'\\\\n'",
    "\"",
    "'",
    "\\",
    "none",
    "true",
    "varargs",
    "loop.index",
    "\n",
    "é",
    "\u{1}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever the text is, the answer is a value or an error with its place.
    #[test]
    fn no_template_text_panics(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..24)) {
        static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);
        let (text, engine) = (pieces.concat(), &*ENGINE);
        let site = Site::default();
        let vars = SourceFile::new("vars", "{a: 1, l: [1, 2], d: {b: x}, t: '{{ u }}'}");
        let variables = variables(engine, &rmqplay::yaml::read(&vars).unwrap(), &site);
        let file = SourceFile::new("t.j2", text.as_str());
        let _ = engine.check_text(&file, &Syntax::default());
        let _ = engine.text(&file, &Syntax::default(), &variables, &site);
        let quoted = serde_json::to_string(&text).unwrap();
        if let Ok(node) = rmqplay::yaml::read(&SourceFile::new("t.yml", quoted)) {
            let _ = engine.check(&node);
            let _ = engine.names(&node);
            if let Err(error) = engine.render(&node, &variables, &site) {
                prop_assert!(error.problem.place.is_some(), "{error}");
            }
            let _ = engine.check_expression(&node);
            let _ = engine.names_of_expression(&node);
            let _ = engine.condition(&node, &variables, &site);
        }
    }
}
