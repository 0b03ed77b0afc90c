//! Templates: the same text as ansible-core 2.19 makes, which wrote the expected output of every
//! case in `tests/conformance/templates`.

use minijinja::value::{Enumerator, Object};
use rmqplay::source::SourceFile;
use rmqplay::template::{Engine, Site, Syntax};
use rmqplay::value::Value;
use rmqplay::yaml::{Data, Node};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

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

fn variables(engine: &Engine, node: &Node) -> Value {
    Value::from_object(Variables {
        engine: engine.clone(),
        site: Site::default(),
        node: node.clone(),
    })
}

fn cases() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/templates");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
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
fn wrong(engine: &Engine, case: &Node) -> Option<String> {
    let text = |key: &str| case.get(key).and_then(Node::as_text);
    let file = SourceFile::new("case.j2", text("template").unwrap());
    let variables = variables(engine, case.get("vars").unwrap());
    let syntax = syntax(case.get("options"));
    let got = engine.text(&file, &syntax, &variables, &Site::default());
    match (got, text("expected")) {
        (Ok(got), Some(expected)) => {
            (got != expected).then(|| format!("want {expected:?}\n got {got:?}"))
        }
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
    for path in cases() {
        let file = SourceFile::new(&path, std::fs::read_to_string(&path).unwrap());
        let case = rmqplay::yaml::read(&file).unwrap();
        if let Some(wrong) = wrong(&engine, &case) {
            failures.push(format!("{}\n{wrong}", path.display()));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
