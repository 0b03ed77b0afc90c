//! What all text for people has in common: colours, headings, differences.

use super::{TaskResult, on_one_line, printable};
use crate::change::Diff;
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub struct Verbosity {
    /// Number of `-v`: 0 for changed and failed tasks, 1 for every task with its result, 2 also for
    /// their places, 3 also for traffic.
    pub level: u8,
    /// Whether to show differences.
    pub diff: bool,
    /// Whether this is check mode.
    pub check: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to write colour escapes (they are stripped if the output is not a terminal).
    pub colour: bool,
}

pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(super) const BOLD: Style = Style::new().bold();

/// Returns a heading as wide as the terminal: `PLAY [name] *****`.
pub(super) fn heading(text: &str, width: usize) -> String {
    let text = on_one_line(text);
    let stars = width
        .min(80)
        .saturating_sub(text.chars().count() + 1)
        .max(3);
    format!("{BOLD}{text}{BOLD:#} {}\n", "*".repeat(stars))
}

/// Returns the line that says what a result cost.
pub(super) fn cost(result: &TaskResult) -> String {
    let cost = result.traffic;
    format!(
        "{CYAN}cost: [{}] round trips={} forks={} sent={} received={} milliseconds={}{CYAN:#}\n",
        on_one_line(&result.host),
        cost.round_trips,
        cost.forks,
        cost.sent,
        cost.received,
        result.elapsed.as_millis(),
    )
}

/// Returns JSON on one line, with keys sorted and blanks after commas and colons as Python writes
/// it: scripts search Ansible's lines for such texts.
pub(super) fn ansible_json(json: &serde_json::Value) -> String {
    let text = |json: &serde_json::Value| json.to_string();
    match json {
        serde_json::Value::Array(items) => {
            let items: Vec<_> = items.iter().map(ansible_json).collect();
            format!("[{}]", items.join(", "))
        }
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields = fields.into_iter().map(|(name, value)| {
                format!("{}: {}", text(&name.as_str().into()), ansible_json(value))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        json => text(json),
    }
}

/// Returns JSON on several lines, indented by four spaces as in Ansible.
pub fn pretty(json: &serde_json::Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    match serde::Serialize::serialize(json, &mut serializer) {
        Ok(()) => String::from_utf8_lossy(&text).into_owned(),
        Err(_) => json.to_string(),
    }
}

/// Returns a difference in green and red.
pub(super) fn coloured_diff(diff: &Diff) -> String {
    let before = on_one_line(&diff.before_header);
    let after = on_one_line(&diff.after_header);
    coloured(&format!("--- {before}\n+++ {after}\n{}", diff.text))
}

/// Returns a difference in green and red, without the first header if nothing was there before.
pub(super) fn short_diff(diff: &Diff) -> String {
    if diff.before_header != "before" {
        return coloured_diff(diff);
    }
    let after = on_one_line(&diff.after_header);
    coloured(&format!("+++ {after}\n{}", diff.text))
}

fn coloured(diff: &str) -> String {
    let mut text = String::new();
    for line in printable(diff).lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => GREEN,
            Some(b'-') => RED,
            Some(b'@') => CYAN,
            _ => Style::new(),
        };
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_difference_stays_on_its_line() {
        let diff = Diff {
            before_header: "before: /a\nok: [b]".to_owned(),
            after_header: "after: /a\rb".to_owned(),
            text: "@@ -0,0 +1 @@\n+ok: [b]\n".to_owned(),
            contents: None,
        };
        let shown = anstream::adapter::strip_str(&coloured_diff(&diff)).to_string();
        assert_eq!(
            shown,
            "--- before: /a\\nok: [b]\n+++ after: /a\\rb\n@@ -0,0 +1 @@\n+ok: [b]\n"
        );
    }

    #[test]
    fn a_new_file_has_one_header() {
        let diff = Diff {
            before_header: "before".to_owned(),
            after_header: "after: /a".to_owned(),
            text: "@@ -0,0 +1 @@\n+b\n".to_owned(),
            contents: None,
        };
        let shown = anstream::adapter::strip_str(&short_diff(&diff)).to_string();
        assert_eq!(shown, "+++ after: /a\n@@ -0,0 +1 @@\n+b\n");
    }
}
