//! What scripts can do, what they cannot, and where their errors are.

use super::*;
use crate::host::Cancel;
use crate::source::SourceFile;
use crate::value::{self, NotKnown, Value};
use std::sync::{Arc, LazyLock};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = engine(Limits::default());
    engine.register_fn("unknown", || {
        Dynamic::from(Unknown(NotKnown::new("the command was not run")))
    });
    engine
});

fn read(text: &str) -> Arc<Program> {
    Program::read(&SourceFile::new("x.rhai", text), &Reach::default()).unwrap()
}

fn run(text: &str) -> Result<Value, String> {
    let limits = Limits {
        operations: 100_000,
        ..Limits::default()
    };
    let program = match Program::read(&SourceFile::new("x.rhai", text), &Reach::default()) {
        Ok(program) => program,
        Err(problems) => return Err(problems.to_string()),
    };
    match program.run(&ENGINE, Budget::new(limits, Cancel::default())) {
        Ok(result) => to_value(&result),
        Err(diagnosis) => Err(diagnosis.problem.to_string()),
    }
}

#[test]
fn values_go_in_and_out() {
    let value = value::of(&serde_json::json!({
        "text": "ü", "number": 5, "float": 1.5, "none": null, "flag": true,
        "list": [1, [2], {"a": "b"}],
    }));
    let again = to_value(&to_dynamic(&value).unwrap()).unwrap();
    assert_eq!(
        value::to_json(&again)["list"],
        value::to_json(&value)["list"]
    );
    assert_eq!(again.get_attr("text").unwrap().as_str(), Some("ü"));
    let unknown = NotKnown::new("no").value();
    let again = to_value(&to_dynamic(&unknown).unwrap()).unwrap();
    assert!(value::unknown_in(&again).is_some());
    assert!(run("|x| x").is_err());
    assert_eq!(run("let a = [1]; let f = || a; a").unwrap().len(), Some(1));
}

#[test]
fn errors_are_at_the_innermost_place() {
    let mut wrong = Vec::new();
    for (script, expected) in [
        ("let x = 1;\nx.y", "x.rhai:2:3: "),
        (
            "fn f() {\n  let m = #{a: 1};\n  m.ab\n}\n\nf()",
            "x.rhai:3:5: the map has no key \"ab\"",
        ),
        (
            "let f = || {\n  nothing\n};\nf.call()",
            "x.rhai:2:3: there is no variable \"nothing\"",
        ),
        ("fn f() {\n  throw \"so\"\n}\nf()", "x.rhai:2:3: so"),
        ("[1][3]", "x.rhai:1:5: there is no item 3 in a list of 1"),
        ("let x = ;", "x.rhai:1:9: "),
        (
            "eval(\"1\")",
            "x.rhai:1:1: \"eval\" cannot be used in a script",
        ),
        (
            "\"a\" - 1",
            "x.rhai:1:5: - does not go with a text and a whole number",
        ),
        (
            "fn f() { f() }\nf()",
            "x.rhai:1:10: functions call each other too deeply",
        ),
        ("let s = \"xxxxxxxx\";\nloop { s += s; }", "x.rhai:2:"),
        (
            "loop {}",
            "x.rhai:1:6: the script does not end: it was stopped after 100000 operations",
        ),
        ("loop { try { loop {} } catch {} }", "x.rhai:1:"),
        (
            "fn f() {\n  loop {}\n}\nfn g() { f() }\ng()",
            "x.rhai:2:3: the script does not end",
        ),
        (
            "let f = |s| {\n  loop { s += s; }\n};\nf.call(\"xxxxxxxx\")",
            "x.rhai:2:12: the text is larger",
        ),
        (
            "fn f(u) {\n  let x = 1;\n  if u { x }\n}\nf(unknown())",
            "x.rhai:3:",
        ),
        (
            "import \"../../etc/passwd\" as p;",
            "x.rhai:1:8: there is no script",
        ),
        (
            "let n = \"x\";\nimport n as p;",
            "x.rhai:2:8: an import names a file as plain text",
        ),
        (
            "let a = 1; if a {}",
            "x.rhai:1:15: expected a boolean, found a whole number",
        ),
    ] {
        let error = run(script).unwrap_err();
        if !error.starts_with(expected) {
            wrong.push(format!("{script}\n  {error}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_use_of_what_is_not_known_goes_unnoticed() {
    let mut unnoticed = Vec::new();
    for script in [
        "unknown() == 1",
        "1 == unknown()",
        "unknown() == unknown()",
        "unknown() != \"a\"",
        "\"a\" != unknown()",
        "unknown() + 1",
        "\"a\" + unknown()",
        "unknown() > 1",
        "!unknown()",
        "-unknown()",
        "if unknown() {}",
        "while unknown() {}",
        "true && unknown()",
        "unknown() || true",
        "unknown().x",
        "unknown()[0]",
        "unknown().len()",
        "`a ${unknown()}`",
        "for x in unknown() { let y = x; }",
        "switch known(unknown()) { 1 => 2, _ => 3 }",
        "#{a: unknown()}.to_json()",
        "[3, unknown()].index_of(1)",
        "\"\" + [unknown()]",
        "unknown() in [1]",
        "[1].contains(unknown())",
        "1 in [unknown()]",
        "unknown().trim()",
        "try { unknown() == 1 } catch { 5 }",
        "[unknown()] == [1]",
        "#{a: unknown()} == #{a: 1}",
        "let s = \"\"; s += unknown();",
    ] {
        let result = run(script).map(|value| value.to_string());
        let known = !result
            .as_ref()
            .is_err_and(|error| error.contains("not known"));
        if known {
            unnoticed.push(format!("{script}: {result:?}"));
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
    assert!(value::unknown_in(&run("[unknown()]").unwrap()).is_some());
    assert!(!run("is_known(unknown())").unwrap().is_true());
    assert!(run("is_known(1)").unwrap().is_true());
}

#[test]
fn functions_of_a_script_are_called_by_name() {
    let program = read("fn double(x) { x * 2 }\nthrow \"not run\"");
    let budget = Budget::new(Limits::default(), Cancel::default());
    assert!(program.defines("double", 1) && !program.defines("double", 2));
    let result = program.call(&ENGINE, budget, "double", (21_i64,)).unwrap();
    assert_eq!(result.as_int(), Ok(42));
}

#[test]
fn a_script_called_off_ends() {
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(Limits::default(), cancel);
    let diagnosis = read("loop {}").run(&ENGINE, budget).unwrap_err();
    assert!(matches!(diagnosis.stop, Some(Stop::Over)));
}
