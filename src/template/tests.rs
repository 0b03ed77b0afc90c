//! How rendering, conditions and errors look from outside.

use super::{Engine, Site, Syntax};
use crate::host::Limits;
use crate::source::SourceFile;
use crate::value::Value;
use crate::yaml::Node;
use std::time::Instant;

fn node(yaml: &str) -> Node {
    crate::yaml::read(&SourceFile::new("t.yml", yaml)).unwrap()
}

fn variables() -> Value {
    node("{l: [1, 2], d: {a: 1, b: [x]}, s: text, n: null, f: 1.5, t: true, r: '{{ s }}'}")
        .to_value()
}

fn render(yaml: &str) -> Result<String, String> {
    let site = Site::default();
    let value = Engine::new().render(&node(yaml), &variables(), &site);
    value
        .map(|value| super::text::repr(&value).unwrap())
        .map_err(|error| error.to_string())
}

#[test]
fn an_undefined_item_is_named_as_it_is_written() {
    for (text, expected) in [
        ("'{{ d[s] }}'", "'d[s]' is undefined"),
        ("'{{ d[s] ~ l[5] }}'", "'d[s]' is undefined"),
        ("'{{ 1 + d[d.a] }}'", "'d[d.a]' is undefined"),
        (
            "'{{ l[d[s | default(0)]] }}'",
            "'l[d[s | default(0)]]' is undefined",
        ),
    ] {
        let error = render(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_range_ends_whatever_its_numbers_are() {
    for (call, expected) in [
        ("range(3)", "[0, 1, 2]"),
        ("range(1, 6, 2)", "[1, 3, 5]"),
        ("range(5, 0, -2)", "[5, 3, 1]"),
        ("range(0)", "[]"),
        ("range(3, 1)", "[]"),
        ("range(1, 3, -1)", "[]"),
        ("range(5, 0, -9223372036854775808)", "[5]"),
        ("range(0, 9223372036854775807, 9223372036854775807)", "[0]"),
    ] {
        let text = format!("'{{{{ {call} | list }}}}'");
        assert_eq!(render(&text).unwrap(), expected, "{call}");
    }
    for call in [
        "range(1000000)",
        "range(0, 5, 0)",
        "range(-9223372036854775808, 5)",
    ] {
        assert!(
            render(&format!("'{{{{ {call} | list }}}}'")).is_err(),
            "{call}"
        );
    }
}

#[test]
fn a_search_for_many_long_matches_ends_with_its_time() {
    let limits = Limits::default().sooner(Instant::now());
    for text in [
        "\"{{ ('a' * 200000) | regex_replace('(?=(a+))', 'x') | length }}\"",
        "\"{{ ('a' * 200000) | regex_replace('(?i)(?=.*A)', 'x') | length }}\"",
    ] {
        assert!(limits.hold(|| render(text)).is_err(), "{text}");
    }
}

#[test]
fn values_keep_their_type() {
    for (yaml, expected) in [
        ("\"{{ l }}\"", "[1, 2]"),
        ("\"{{ d }}\"", "{'a': 1, 'b': ['x']}"),
        ("\" {{ l }}\"", "' [1, 2]'"),
        ("\"{% if t %}{{ l }}{% endif %}\"", "[1, 2]"),
        ("\"{{ f }}\"", "1.5"),
        ("\"{{ n }}\"", "None"),
        ("\"{{ 5 }}{{ 5 }}\"", "'55'"),
        ("\"{{ '5' }}\"", "'5'"),
        (
            "[\"{{ s }}\", {\"{{ s }}\": \"{{ l }}\"}]",
            "['text', {'text': [1, 2]}]",
        ),
        ("!unsafe \"{{ s }}\"", "'{{ s }}'"),
        ("\"{{ r }}\"", "'{{ s }}'"),
        ("plain", "'plain'"),
    ] {
        assert_eq!(render(yaml).as_deref(), Ok(expected), "{yaml}");
    }
}

#[test]
fn what_is_undefined_fails_unless_asked_for() {
    for (yaml, expected) in [
        ("\"{{ d.x.y.z | default('no') }}\"", "'no'"),
        ("\"{{ d['x'].y[0] | default('no') }}\"", "'no'"),
        ("\"{{ u.v() | default('no') }}\"", "'no'"),
        (
            "\"{{ u.v is defined }}{{ u.v is not defined }}\"",
            "'FalseTrue'",
        ),
        ("\"{{ 'yes' if d.b is defined else 'no' }}\"", "'yes'"),
        ("\"{{ (d.a if t else u.v) | default(2) }}\"", "1"),
        ("\"{% set x = u.v.w %}{{ x | default(3) }}!\"", "'3!'"),
    ] {
        assert_eq!(render(yaml).as_deref(), Ok(expected), "{yaml}");
    }
    for (yaml, expected) in [
        ("\"a {{ u }}\"", "t.yml:1:7: 'u' is undefined"),
        (
            "\"a {{ u }}{{ u | default(1) }}\"",
            "t.yml:1:7: 'u' is undefined",
        ),
        (
            "\"{{ d.x }}\"",
            "t.yml:1:5: 'd.x' is undefined: object of type 'dict' has no attribute 'x'",
        ),
        ("\"{{ s ~ u }}\"", "t.yml:1:9: 'u' is undefined"),
        ("\"{{ u == 1 }}{{ u | d }}\"", "t.yml:1:5: 'u' is undefined"),
        ("\"{% if u %}{% endif %}\"", "t.yml:1:8: 'u' is undefined"),
    ] {
        assert_eq!(render(yaml), Err(expected.to_owned()), "{yaml}");
    }
}

#[test]
fn a_condition_must_be_a_boolean() {
    let engine = Engine::new();
    let (strict, lenient) = (
        Site::default(),
        Site {
            lenient: true,
            ..Site::default()
        },
    );
    let holds = |yaml: &str, site: &Site| {
        let result = engine.condition(&node(yaml), &variables(), site);
        result.map_err(|error| error.problem.message)
    };
    assert_eq!(holds("t and d.a == 1", &strict), Ok(true));
    assert_eq!(holds("no", &strict), Ok(false));
    assert_eq!(holds("u is defined", &strict), Ok(false));
    assert!(
        holds("s", &strict)
            .unwrap_err()
            .contains("evaluates to 'text'")
    );
    assert!(holds("\"{{ t }}\"", &strict).is_err());
    assert!(holds("u", &lenient).is_err());
    for (yaml, expected) in [
        (
            "s",
            "Conditional result (True) was derived from value of type 'str'",
        ),
        (
            "\"{{ d }}\"",
            "Conditional result (True) was derived from value of type 'dict'",
        ),
        (
            "\"{{ s }}\"",
            "Encountered untrusted template or expression.",
        ),
        ("!unsafe t", "Encountered untrusted template or expression."),
        ("~", "Empty conditional expressions are not allowed."),
    ] {
        let message = holds(yaml, &lenient).unwrap_err();
        assert!(message.starts_with(expected), "{yaml}: {message}");
        assert!(holds(yaml, &strict).is_err(), "{yaml}");
    }
    assert_eq!(holds("\"{{ t }}\"", &lenient), Ok(true));
}

#[test]
fn backslashes_are_yamls_in_yaml_and_pythons_in_files() {
    assert_eq!(render("'{{ ''\\n'' }}'").as_deref(), Ok("'\\\\n'"));
    let file = SourceFile::new("t.j2", "{{ '\\n' }}|");
    let text = Engine::new().text(&file, &Syntax::default(), &variables(), &Site::default());
    assert_eq!(text.unwrap(), "\n|");
}

#[test]
fn names_that_must_exist_are_told() {
    let engine = Engine::new();
    let names = |yaml: &str| {
        let names = engine.names(&node(yaml)).into_iter();
        names
            .map(|(name, place)| format!("{name} {}", place.column()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("\"{{ a.b }}{% for i in l %}{{ i }}{{ z }}{% endfor %}\""),
        ["a 5", "l 23"]
    );
    assert_eq!(
        names("\"{{ a | default(b) }}{{ a }}{{ x if a else y }}\""),
        ["b 17"]
    );
    assert_eq!(
        names("\"{% set v = w %}{{ v }}{{ p or q }}\""),
        ["w 13", "p 27"]
    );
}

#[test]
fn names_that_do_not_exist_are_told_before_anything_runs() {
    let engine = Engine::new();
    let problem = |yaml: &str| {
        let problems = engine.check(&node(yaml)).unwrap_err();
        let shown = problems
            .0
            .iter()
            .map(|problem| (problem.to_string(), problem.help.join("")));
        shown
            .map(|(problem, help)| format!("{problem}; {help}"))
            .collect::<Vec<_>>()
    };
    for (yaml, expected) in [
        (
            "\"{{ x | uper }}\"",
            "t.yml:1:9: there is no filter \"uper\"; did you mean \"upper\"?",
        ),
        (
            "\"{{ x is defind }}\"",
            "t.yml:1:10: there is no test \"defind\"; did you mean \"defined\"?",
        ),
        (
            "\"{{ lookup('fil', x) }}\"",
            "t.yml:1:5: there is no lookup \"fil\"; did you mean \"file\"?",
        ),
        (
            "\"a {{ x + }}\"",
            "t.yml:1:11: template syntax error: unexpected end of variable block; ",
        ),
    ] {
        assert_eq!(problem(yaml), [expected], "{yaml}");
    }
    assert!(engine.check_expression(&node("\"{{ x }}\"")).is_err());
    assert!(engine.check_expression(&node("x and")).is_err());
    let lenient = Engine::new().lenient();
    assert!(lenient.check(&node("\"{{ x | uper }}\"")).is_ok());
    assert!(lenient.check_expression(&node("\"{{ x }}\"")).is_ok());
}

#[test]
fn what_a_template_makes_can_be_kept() {
    for (yaml, expected) in [
        ("\"{{ l | zip(l) }}\"", "[[1, 1], [2, 2]]"),
        ("\"{{ l + l }}\"", "[1, 2, 1, 2]"),
        (
            "\"{% set x = [] %}{% set _ = x.append(1) %}{{ x }}\"",
            "[1]",
        ),
        ("\"{{ {'a': (1,)} }}\"", "{'a': (1,)}"),
    ] {
        assert_eq!(render(yaml).as_deref(), Ok(expected), "{yaml}");
    }
    assert!(render("\"{{ [u] }}\"").is_err());
}

/// Every filter, test, function and method with any values: each returns or fails, and none panics.
#[test]
fn nothing_in_a_template_panics_whatever_it_is_given() {
    let mut forms: Vec<String> = Vec::new();
    for filter in super::filters::FILTERS {
        let name = filter.name;
        let given = ["", "(w)", "(w, x)", "(w, x, v)", "(attribute=w)"];
        forms.extend(given.map(|given| format!("{{{{ v | {name}{given} }}}}")));
    }
    for test in super::checks::TESTS {
        let name = test.name;
        forms.extend(["", "(w)", "(w, x)"].map(|given| format!("{{{{ v is {name}{given} }}}}")));
    }
    for name in ["cycler", "dict", "joiner", "now", "range", "undef"] {
        forms.extend(["v", "v, w", "v, w, x"].map(|given| format!("{{{{ {name}({given}) }}}}")));
    }
    for operator in [
        "+", "-", "*", "/", "//", "%", "**", "~", "<", "==", "in", "and", "or",
    ] {
        forms.push(format!("{{{{ v {operator} w }}}}"));
    }
    for method in [
        "split",
        "strip",
        "format",
        "replace",
        "join",
        "items",
        "get",
        "keys",
        "encode",
        "count",
        "index",
        "zfill",
        "center",
        "update",
        "append",
        "startswith",
        "splitlines",
        "title",
    ] {
        forms.extend(["", "w", "w, x"].map(|given| format!("{{{{ v.{method}({given}) }}}}")));
    }
    let others = [
        "{{ v[w] }}{{ v[w:x] }}",
        "{{ v[0] }}{{ v[-1:] }}{{ v[::-1] }}",
        "{% for a in v %}{{ loop.index }}{{ a }}{% endfor %}",
        "{% for a, b in v %}{{ a }}{% endfor %}",
        "{% if v %}a{% elif w > x %}b{% endif %}{{ v if w else x }}",
        "{% set y = [v, w] %}{{ y + [x] }}{{ {'k': v, 'l': w} }}",
        "a{{ v }}b{{ w }}",
        "{{ v | map(w) | list }}",
        "{{ v | select(w, x) | list }}",
        "{{ v | map(attribute=w, default=x) | list }}",
    ];
    forms.extend(others.map(str::to_owned));
    let value = crate::value::hostile::value;
    let given = (proptest::sample::select(forms), value(), value(), value());
    let config = proptest::test_runner::Config {
        cases: 1000,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let tried = runner.run(&given, |(form, v, w, x)| {
        let limits = crate::host::Limits {
            deadline: Some(std::time::Instant::now() + std::time::Duration::from_millis(300)),
            ..crate::host::Limits::default()
        };
        let context = Value::from_pairs([("v", v), ("w", w), ("x", x)]);
        let text = Node {
            data: crate::yaml::Data::Text(form.as_str().into()),
            place: crate::source::Place::start_of(&SourceFile::new("t.yml", form.as_str())),
        };
        limits.hold(
            || match Engine::new().render(&text, &context, &Site::default()) {
                Ok(value) => drop(super::text::output(&value)),
                Err(error) => drop(error.to_string()),
            },
        );
        Ok(())
    });
    assert!(tried.is_ok(), "{tried:?}");
}

#[test]
fn a_function_is_not_a_value() {
    for text in [
        "{{ now }}",
        "{{ [q] }}",
        "{{ {'a': lookup} }}",
        "date={{ range }}",
        "{{ u | default(dict) }}",
        "{{ now ~ 'x' }}",
    ] {
        let error = render(&format!("\"{text}\"")).unwrap_err();
        assert!(
            error.contains("a function is not a value"),
            "{text}: {error}"
        );
    }
}

/// In Python, any text is true, `'no'` too.
#[test]
fn text_is_not_the_truth_of_an_argument() {
    for text in [
        "{{ '' | default('x', 'no') }}",
        "{{ l | sort(reverse='no') }}",
        "{{ d | dictsort(false, 'key', 'no') }}",
        "{{ s | regex_search('T', ignorecase='yes') }}",
    ] {
        let error = render(&format!("\"{text}\"")).unwrap_err();
        assert!(
            error.contains("must be true or false, not '"),
            "{text}: {error}"
        );
    }
    assert_eq!(render("\"{{ '' | default('x', true) }}\"").unwrap(), "'x'");
    assert_eq!(render("\"{{ '' | default('x', 1) }}\"").unwrap(), "'x'");
}

#[test]
fn numbers_that_are_too_large_are_errors() {
    let least = "(-170141183460469231731687303715884105728)";
    for text in [
        format!("{{{{ {least} | abs }}}}"),
        format!("{{{{ {least} // -1 }}}}"),
        format!("{{{{ -{least} }}}}"),
        format!("{{{{ {least} % -1 }}}}"),
        format!("{{{{ {least} - 1 }}}}"),
        format!("{{{{ {least} | int | round(-2) }}}}"),
    ] {
        // Whether Python has a result or not: it does not panic.
        let _ = render(&format!("\"{text}\""));
    }
}

/// Forty steps make 2⁴⁰ parts, which no walk through them ends.
#[test]
fn values_of_endlessly_many_parts_are_refused() {
    for text in [
        "{% set n = namespace(x=[1]) %}{% for i in range(40) %}{% set n.x = [n.x, n.x] %}{% endfor %}x",
        "{% set n = namespace(x={}) %}{% for i in range(40) %}{% set n.x = {1: n.x, 2: n.x} %}{% endfor %}x",
        "{% set n = [[1]] %}{% for i in range(40) %}{% do n.append([n[-1], n[-1]]) %}{% endfor %}x",
    ] {
        let error = render(&format!("\"{text}\"")).unwrap_err();
        assert!(error.contains("more than 1000000 parts"), "{text}: {error}");
    }
}

#[test]
fn templates_that_extend_themselves_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    write("own.j2", "{% extends \"own.j2\" %}");
    write("a.j2", "{% extends \"b/b.j2\" %}");
    write("b/b.j2", "{% extends \"a.j2\" %}");
    for name in ["own.j2", "a.j2"] {
        let file = SourceFile::read(&folder.path().join(name)).unwrap();
        let engine = Engine::new();
        let text = engine.text(&file, &Syntax::default(), &variables(), &Site::default());
        assert!(text.is_err(), "{text:?}");
    }
}

/// The work grows with the square of the password, and with rounds that the user chooses.
#[test]
fn hashing_a_password_ends_with_the_time() {
    let long = render("\"{{ ('x' * 5000) | password_hash('sha512', rounds=1000) }}\"");
    assert!(long.unwrap_err().contains("longer than 4096 bytes"));
    let limits = crate::host::Limits {
        deadline: Some(std::time::Instant::now()),
        ..crate::host::Limits::default()
    };
    for kind in ["sha512', rounds=5000000", "blowfish', rounds=16"] {
        let text = format!("\"{{{{ 'x' | password_hash('{kind}) }}}}\"");
        assert!(limits.hold(|| render(&text)).is_err());
    }
}
