//! Values that files, hosts and scripts may hold, for property tests: of any depth, size and kind
//! of character.

use super::{MAX_DEPTH, Value};
use proptest::collection::vec;
use proptest::prelude::*;

/// Text of every class of Unicode that terminals, parsers or people have had trouble with.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\0",
        "\u{7}",
        "\u{1b}[2J",
        "\u{1b}]0;title\u{7}",
        "\u{9b}31m",
        "\r",
        "\n",
        "\t",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{ad}",
        "e\u{301}",
        "\u{200b}",
        "\u{200d}",
        "\u{202e}",
        "\u{2066}",
        "\u{2028}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{fffd}",
        "\u{ffff}",
        "\u{1f468}\u{200d}\u{1f469}",
        "\u{e0001}",
        "\u{10ffff}",
        "ß",
        "İ",
        "ǆ",
        "Ω",
        "日本",
        "“",
        "{{",
        "}}",
        "{%",
        "{{ v }}",
        "{#",
        "'",
        "\"",
        "\\",
        "\\1",
        "(",
        "[",
        "*",
        "%s",
        "%(x)s",
        "$1",
        ":",
        "- ",
        "#",
        "~",
        "..",
        "/",
        "0x",
        "-1",
        "1e999",
        "00",
        "a",
        "true",
    ]);
    let some = vec(pieces.clone(), 0..12).prop_map(|pieces| pieces.concat());
    let long = (pieces, 1000..4000_usize).prop_map(|(piece, times)| piece.repeat(times));
    prop_oneof![6 => some, 1 => long, 1 => any::<String>()]
}

fn leaf() -> impl Strategy<Value = Value> {
    let numbers = vec![0, 1, -1, 7, 1_000_000_007, i64::MAX, i64::MIN];
    let fractions = vec![0.0, -0.0, 1.5, 1e308, 5e-324, f64::NAN, f64::INFINITY];
    prop_oneof![
        4 => text().prop_map(Value::from),
        2 => prop::sample::select(numbers).prop_map(Value::from),
        1 => prop::sample::select(fractions).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::UNDEFINED),
        1 => Just(Value::from(())),
        1 => vec(any::<u8>(), 0..9).prop_map(Value::from_bytes),
    ]
}

/// A value of any kind, some of them as deep as any may be, or with thousands of items.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let nested = leaf().prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((text(), inner), 0..5).prop_map(Value::from_pairs),
        ]
    });
    let deep = (leaf(), 1..MAX_DEPTH - 4).prop_map(|(leaf, depth)| {
        (0..depth).fold(leaf, |inner, level| match level % 2 {
            0 => Value::from(vec![inner]),
            _ => Value::from_pairs([("k", inner)]),
        })
    });
    let small = prop_oneof![any::<i64>().prop_map(Value::from), Just(Value::from("é\n"))];
    let large = (small, 1000..3000_usize).prop_map(|(leaf, length)| vec![leaf; length].into());
    prop_oneof![8 => nested, 1 => deep, 1 => large]
}
