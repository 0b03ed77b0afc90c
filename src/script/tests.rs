//! What scripts can and cannot do, and where their errors are.

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
            "x.rhai:1:5: - does not work with a text and a whole number",
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
            "x.rhai:2:8: an import must name a file as plain text",
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
        "`${[unknown()]}`",
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
        let is_told = |error: &String| error.contains("was not run") || error.contains("not known");
        let known = !result.as_ref().is_err_and(is_told);
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
fn nothing_never_becomes_text() {
    let mut wrong = Vec::new();
    for (script, expected) in [
        ("let a = ();\n\"/srv/\" + a", "2:11: `a` is nothing"),
        ("let a = ();\na + \"/srv\"", "2:1: `a` is nothing"),
        ("let a = ();\n\"\" + a", "2:6: `a` is nothing"),
        (
            "let m = #{old: ()};\n\"/srv/\" + m.old",
            "2:11: `m.old` is nothing",
        ),
        ("let m = [()];\n\"/srv/\" + m[0]", "2:11: `m[…]` is nothing"),
        ("let a = ();\n`/srv/${a}`", "2:9: `a` is nothing"),
        ("let a = ();\n`/srv/${a}/b${1}`; 5", "2:9: `a` is nothing"),
        (
            "let m = #{a: 1};\n`${m.get(\"b\")}`",
            "2:4: `m.get(…)` is nothing",
        ),
        (
            "let a = \"/srv/\";\nlet b = ();\na += b;",
            "3:6: `b` is nothing",
        ),
        (
            "let a = \"x\"; let b = ();\na.append(b); a",
            "2:10: `b` is nothing",
        ),
        ("let a = ();\na.to_string()", "is nothing"),
        ("let a = ();\nprint(a)", "2:7: `a` is nothing"),
        ("let a = [1, ()];\n`${a}`", "2:4: `a` holds nothing"),
        ("let a = [1, ()];\n\"x\" + a", "2:7: `a` is a list"),
        ("let a = #{b: #{c: ()}};\n`${a}`", "2:4: `a` holds nothing"),
        (
            "let a = [\"x\", ()];\na.join(\",\")",
            "item 1 of the list is nothing",
        ),
        (
            "fn f() { let x = 1; }\n\"/srv/\" + f()",
            "2:11: `f()` is nothing",
        ),
        ("fn f(a) {\n  `${a}`\n}\nf(())", "2:6: `a` is nothing"),
        ("let f = |a| `${a}`;\nf.call(())", "1:16: `a` is nothing"),
        ("[()].map(|a| \"x\" + a)", "1:20: `a` is nothing"),
        ("try { let a = (); `${a}` } catch { 5 }", "`a` is nothing"),
        ("'/' + ()", "does not work with"),
        (
            "let a = if false { \"b\" };\n\"/srv/\" + a",
            "`a` is nothing",
        ),
        (
            "let a = switch 5 { 1 => \"b\" };\n`/srv/${a}`",
            "`a` is nothing",
        ),
    ] {
        let error = run(script).map(|value| value.to_string());
        if !error.as_ref().is_err_and(|error| error.contains(expected)) {
            wrong.push(format!("{script}\n  {error:?}\n  {expected}"));
        }
    }
    for (script, expected) in [
        ("\"a\" + 1 + 'b' + 1.5 + true", "a1b1.5true"),
        ("let a = ();\n`${a ?? \"none\"}`", "none"),
        ("if () == \"\" { \"yes\" } else { \"no\" }", "no"),
        ("let a = (); a.to_debug()", "()"),
        ("#{a: ()}.to_json()", "{\"a\":null}"),
    ] {
        let result = run(script).map(|value| value.to_string());
        if result.as_deref() != Ok(expected) {
            wrong.push(format!("{script}\n  {result:?}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn results_that_are_dropped_or_nothing_are_found_before_a_script_runs() {
    let mut wrong = Vec::new();
    for (script, expected) in [
        (
            "let a = \" x\";\na.trim();\na",
            "2:3: trim returns the new value",
        ),
        ("let m = #{a: \"x\"};\nm.a.trim();\nm", "2:5: trim returns"),
        (
            "let m = [\"x\"];\nm[0].replace(\"x\", \"y\");\nm",
            "2:6: replace returns",
        ),
        (
            "fn f(a) { a.make_upper(); a }\nf(\"x\")",
            "1:13: make_upper returns",
        ),
        (
            "let a = \"x\";\nif true { a.trim(); }\na",
            "2:13: trim returns",
        ),
        ("for a in [\"x\"] { a.trim() }", "1:20: trim returns"),
        (
            "let f = |a| { a.trim(); a }; f.call(\"x\")",
            "1:17: trim returns",
        ),
        (
            "let a = [1];\na.filter(|x| x > 1);\na",
            "2:3: filter returns",
        ),
        (
            "let a = [1];\nlet b = a.push(2);",
            "2:11: push returns nothing",
        ),
        ("let a = [1];\na = a.push(2);", "2:7: push returns nothing"),
        (
            "let a = [1];\na.push(2).push(3);",
            "2:3: push returns nothing",
        ),
        ("let a = [1];\n`${a.push(2)}`", "2:6: push returns nothing"),
        ("let a = [1];\n[a.push(2)]", "2:4: push returns nothing"),
        (
            "let a = #{};\nlet b = a.set(\"x\", 1);",
            "2:11: set returns nothing",
        ),
        (
            "let a = #{};\nif a.clear() { }",
            "2:6: clear returns nothing",
        ),
        (
            "let a = [1];\nlet b = a.insert(0, 5).len();",
            "2:11: insert returns nothing",
        ),
    ] {
        let error = run(script).map(|value| value.to_string());
        if !error.as_ref().is_err_and(|error| error.contains(expected)) {
            wrong.push(format!("{script}\n  {error:?}\n  {expected}"));
        }
    }
    for script in [
        "let a = \"x\"; let b = a.trim(); a = a.trim(); [b].push(a); a.trim()",
        "fn f(a) { a.trim() }\nf(\"x\")",
        "let a = []; for x in 0..3 { a.push(x); } [1].for_each(|| a.push(this)); a",
        "let a = []; let x = 1; switch known(x) { 1 => a.push(2), _ => a.push(3) }\na",
        "let a = []; if true { a.push(1) } else { a.push(2) }\na",
        "let a = [\" x\"].map(|x| x.trim()); a",
        "fn trim() { this += 1; }\nlet a = 1; a.trim(); a",
    ] {
        if let Err(error) = run(script) {
            wrong.push(format!("{script}\n  {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

#[test]
fn a_text_that_is_meant_as_it_is_can_be_written() {
    for script in [
        "#\"${HOME} {{ x }}\"#",
        "\"$HOME { } {{}} ${}\"",
        "`${1}`",
        "let f = |x| x; [1].map(f); [1].map(Fn(\"f\")); fn f(x) { x }",
        "let m = #{run: |x| x}; m.run(1); m.other = || 1; m.other()",
    ] {
        let read = Program::read(&SourceFile::new("x.rhai", script), &Reach::default());
        assert!(
            read.is_ok(),
            "{script}: {}",
            read.unwrap_err().render(false)
        );
    }
}

thread_local! {
    /// What `v`, `w` and `x` of a script are.
    static GIVEN: std::cell::RefCell<[Value; 3]> = const {
        std::cell::RefCell::new([Value::UNDEFINED, Value::UNDEFINED, Value::UNDEFINED])
    };
}

/// Every function and operator with any values: each returns or fails, and none panics.
#[test]
fn nothing_in_a_script_panics_whatever_it_is_given() {
    let mut engine = engine(Limits::default());
    for (index, name) in ["v", "w", "x"].into_iter().enumerate() {
        engine.register_fn(name, move || {
            GIVEN.with_borrow(|given| to_dynamic(&given[index]))
        });
    }
    let mut forms: Vec<String> = Vec::new();
    for name in built_in_functions() {
        let is_word = name
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
        if is_word && !["call", "curry", "exit", "Fn"].contains(&name.as_str()) {
            forms.extend(["v()", "v(), w()", "v(), w(), x()"].map(|all| format!("{name}({all})")));
            forms.extend(
                ["", "w()", "w(), x()"].map(|all| format!("let a = v(); a.{name}({all}); a")),
            );
            forms.push(format!("let a = v(); a.{name}(|item| w())"));
        }
    }
    for operator in [
        "+", "-", "*", "/", "%", "**", "<", "==", "in", "&", "|", "<<", "??", "&&",
    ] {
        forms.push(format!("v() {operator} w()"));
    }
    for form in [
        "`${v()} ${w()}`",
        "let a = v(); a[w()]",
        "let a = v(); a[w()] = x(); a",
        "let a = v(); a.k = w(); a",
        "let a = v(); a += w(); a",
        "for item in v() { let a = item; }",
        "for (item, number) in v() { let a = item + number; }",
        "switch known(v()) { 1 => w(), \"a\" => x(), _ => () }",
        "let a = v(); for number in 0..100 { a = [a, a]; } a",
        "throw v()",
    ] {
        forms.push(form.to_owned());
    }
    let value = || value::hostile::value();
    let given = (proptest::sample::select(forms), value(), value(), value());
    let config = proptest::test_runner::Config {
        cases: 1500,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let tried = runner.run(&given, |(form, v, w, x)| {
        GIVEN.set([v, w, x]);
        let file = SourceFile::new("x.rhai", form);
        if let Ok(program) = Program::read(&file, &Reach::default()) {
            let limits = Limits {
                operations: 20_000,
                ..Limits::default()
            };
            match program.run(&engine, Budget::new(limits, Cancel::default())) {
                Ok(result) => drop(to_value(&result)),
                Err(diagnosis) => drop(diagnosis.problem.render(false)),
            }
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{tried:?}");
}
