//! Results as people read them: a line for each key, without what is shown elsewhere.

use crate::report::{TaskResult, counted, printable};
use crate::value;
use serde_json::Value as Json;

/// The keys that say nothing more: the status is shown, and the others repeat something.
const LEFT_OUT: &[&str] = &[
    "ansible_index_var",
    "ansible_loop_var",
    "changed",
    "delta",
    "diff",
    "end",
    "failed",
    "false_condition",
    "invocation",
    "results",
    "skip_reason",
    "skipped",
    "start",
    "stderr_lines",
    "stdout_lines",
    "unreachable",
    "warnings",
];

/// The modules whose facts are left out: there are hundreds.
const GATHER: &[&str] = &["gather_facts", "setup"];

/// How many lines of a long text `-v` shows.
const LINES: usize = 20;

/// Returns a result as `key: value`, as many as fit on a line. Long values are cut unless `in_full`.
pub(super) fn readable(result: &TaskResult, width: usize, in_full: bool) -> String {
    let mut text = String::new();
    let mut packed = String::new();
    for (key, value) in fields(result) {
        let is_gathered = GATHER.contains(&result.task.action.as_str());
        let shown = if key == "ansible_facts" && is_gathered {
            let facts = value.as_object().map_or(0, serde_json::Map::len);
            format!("ansible_facts: {facts} facts, left out")
        } else if in_full {
            line(&key, &value, width)
        } else {
            short_line(&key, &value, width)
        };
        let room = width.saturating_sub(packed.chars().count() + 2);
        if shown.contains('\n') || shown.chars().count() > room {
            push_line(&mut text, &std::mem::take(&mut packed));
        }
        if shown.contains('\n') {
            push_line(&mut text, &shown);
        } else {
            packed += if packed.is_empty() { "" } else { "  " };
            packed += &shown;
        }
    }
    push_line(&mut text, &packed);
    printable(&text).into_owned()
}

fn push_line(text: &mut String, line: &str) {
    if !line.is_empty() {
        text.push_str(line);
        text.push('\n');
    }
}

/// Returns what `debug` shows: its text, or its variable with its name.
pub(super) fn debugged(result: &TaskResult, width: usize) -> String {
    let fields = fields(result);
    match fields.as_slice() {
        [(key, Json::String(text))] if key == "msg" => printable(text.trim_end()).into_owned(),
        _ => {
            let lines = fields.iter().map(|(key, value)| line(key, value, width));
            printable(&lines.collect::<Vec<_>>().join("\n")).into_owned()
        }
    }
}

fn fields(result: &TaskResult) -> Vec<(String, Json)> {
    let is_debug = result.task.action == "debug";
    let Json::Object(fields) = value::to_json(&result.result) else {
        return Vec::new();
    };
    let loop_variable = fields.get("ansible_loop_var").cloned();
    let shown_already = |key: &str, value: &Json| {
        loop_variable
            .as_ref()
            .is_some_and(|variable| variable == key)
            || (key == "msg" && !is_debug && value.as_str() == result.message.as_deref())
            || (result.command.is_some() && matches!(key, "cmd" | "rc" | "stdout" | "stderr"))
    };
    fields
        .into_iter()
        .filter(|(key, value)| {
            let key = key.as_str();
            !(LEFT_OUT.contains(&key) || key.starts_with("_ansible") || shown_already(key, value))
                && (is_debug || !is_empty(value))
        })
        .collect()
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Returns a key with its value: on one line if that fits, else as YAML below the key.
fn line(key: &str, value: &Json, width: usize) -> String {
    let on_one_line = on_one_line(key, value);
    let is_nested = matches!(value, Json::Array(_) | Json::Object(_));
    let fits = on_one_line.chars().count() <= room(key, width);
    if !on_one_line.contains('\n') && (fits || !is_nested) {
        return format!("{key}: {on_one_line}");
    }
    let below = if is_nested {
        serde_yaml::to_string(value).unwrap_or(on_one_line)
    } else {
        on_one_line
    };
    block(key, &below, usize::MAX)
}

/// Like `line`, without what does not fit: of long lists and mappings only the size, of a long text
/// the beginning, of many lines the last ones.
fn short_line(key: &str, value: &Json, width: usize) -> String {
    let on_one_line = on_one_line(key, value);
    let room = room(key, width);
    if on_one_line.contains('\n') {
        return block(key, &on_one_line, LINES);
    }
    if on_one_line.chars().count() <= room {
        return format!("{key}: {on_one_line}");
    }
    match value {
        Json::Array(items) if key != "cmd" => format!("{key}: {}", counted(items.len(), "item")),
        Json::Object(fields) => format!("{key}: {}", counted(fields.len(), "key")),
        _ => {
            let start: String = on_one_line.chars().take(room.saturating_sub(1)).collect();
            format!("{key}: {start}…")
        }
    }
}

/// Returns the columns left behind a key.
fn room(key: &str, width: usize) -> usize {
    width.saturating_sub(key.chars().count() + 2).max(20)
}

fn on_one_line(key: &str, value: &Json) -> String {
    match value {
        Json::String(text) => text.trim_end().to_owned(),
        Json::Array(words) if key == "cmd" => {
            let words: Vec<_> = words.iter().filter_map(Json::as_str).collect();
            words.join(" ")
        }
        other => other.to_string(),
    }
}

/// Returns a key with the last lines of a text below it.
fn block(key: &str, text: &str, most: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    let skipped = lines.len().saturating_sub(most);
    let note = match skipped {
        0 => String::new(),
        _ => format!(" (the last {most} of {} lines)", lines.len()),
    };
    let shown = lines[skipped..].iter().map(|line| format!("\n  {line}"));
    format!("{key}{note}:{}", shown.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_values_are_cut_or_shown_below_their_key() {
        let long = "x".repeat(40);
        let many = (1..=25).map(|number| format!("{number}\n"));
        let many = many.collect::<String>();
        for (value, full, short) in [
            (json!(1), "k: 1", "k: 1"),
            (json!([1, 2]), "k: [1,2]", "k: [1,2]"),
            (json!([&long]), &format!("k:\n  - {long}"), "k: 1 item"),
            (json!({"a": &long}), &format!("k:\n  a: {long}"), "k: 1 key"),
            (
                json!(&long),
                &format!("k: {long}"),
                &format!("k: {}…", "x".repeat(26)),
            ),
            (json!("a\nb\n"), "k:\n  a\n  b", "k:\n  a\n  b"),
        ] {
            assert_eq!(line("k", &value, 30), full);
            assert_eq!(short_line("k", &value, 30), short);
        }
        let short = short_line("k", &json!(many), 30);
        assert!(
            short.starts_with("k (the last 20 of 25 lines):\n  6\n"),
            "{short}"
        );
    }
}
