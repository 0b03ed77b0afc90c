//! The expected outcome of a case.

use super::keys;
use crate::source::{Place, Problem, Problems, did_you_mean};
use crate::yaml::Node;
use camino::Utf8PathBuf;

/// The possible states of a path, in Ansible's words.
pub(super) const STATES: &[&str] = &["absent", "directory", "file", "link"];

/// The expected outcome of a case; anything not mentioned is not compared.
#[derive(Default)]
pub(super) struct Expect {
    /// Whether anything is changed.
    pub(super) changed: Option<(bool, Place)>,
    /// A part of the message of the expected failure.
    pub(super) failed: Option<(String, Place)>,
    /// Parts of the last task's result: `a.b` is the value of `b` in the map `a`.
    pub(super) result: Vec<(String, Node)>,
    /// All commands that run, in order.
    pub(super) commands: Option<(Vec<String>, Place)>,
    /// The expected files afterwards.
    pub(super) files: Vec<ExpectedFile>,
    /// Whether the second run changes something again, like a command.
    pub(super) repeats: bool,
}

/// The expected state of a path.
pub(super) struct ExpectedFile {
    pub(super) path: Utf8PathBuf,
    pub(super) place: Place,
    /// `state`, `content`, `mode`, `owner`, `group`, `target`, each with its value.
    pub(super) parts: Vec<(String, String, Place)>,
    /// Lines that the file must contain.
    pub(super) lines: Vec<(String, Place)>,
}

impl Expect {
    /// Parses `expect` of a case.
    pub(super) fn read(node: &Node, problems: &mut Problems) -> Self {
        let mut expect = Self::default();
        let known = [
            "changed", "failed", "result", "commands", "files", "repeats",
        ];
        for (key, value) in keys::entries(node, "expect", &known, problems) {
            let place = value.place.clone();
            match key {
                "changed" => {
                    let flag = keys::flag(value, key, problems);
                    expect.changed = flag.map(|flag| (flag, place));
                }
                "failed" => {
                    let text = keys::text(value, "failed, a part of the message,", problems);
                    expect.failed = text.map(|text| (text, place));
                }
                "result" => {
                    for (key, value) in keys::named(value, key, problems) {
                        let name = key.as_text().unwrap_or_default().to_owned();
                        expect.result.push((name, value.clone()));
                    }
                }
                "commands" => {
                    let lines = keys::items(value, key, problems).iter();
                    let lines = lines.filter_map(|line| keys::text(line, "a command", problems));
                    expect.commands = Some((lines.collect(), place));
                }
                "files" => expect.read_files(value, problems),
                _ => expect.repeats = keys::flag(value, key, problems).unwrap_or(false),
            }
        }
        expect
    }

    fn read_files(&mut self, node: &Node, problems: &mut Problems) {
        for (key, value) in keys::named(node, "files", problems) {
            let Some(path) = keys::path(key, "a path", problems) else {
                continue;
            };
            let mut file = ExpectedFile {
                path,
                place: key.place.clone(),
                parts: Vec::new(),
                lines: Vec::new(),
            };
            file.read(value, problems);
            self.files.push(file);
        }
    }
}

impl ExpectedFile {
    /// Parses an expected path: its content, or a mapping.
    fn read(&mut self, node: &Node, problems: &mut Problems) {
        if node.as_map().is_none() {
            let content = keys::text(node, "the content of a file", problems);
            let part = |content| ("content".to_owned(), content, node.place.clone());
            self.parts.extend(content.map(part));
            return;
        }
        let known = [
            "state", "content", "lines", "mode", "owner", "group", "target",
        ];
        for (key, value) in keys::entries(node, "a file", &known, problems) {
            if key == "lines" {
                for line in keys::items(value, key, problems) {
                    let text = keys::text(line, "a line", problems);
                    let line = text.map(|text| (text, line.place.clone()));
                    self.lines.extend(line);
                }
                continue;
            }
            if key == "mode" && keys::mode(value, problems).is_none() {
                continue;
            }
            let Some(text) = keys::text(value, key, problems) else {
                continue;
            };
            if key == "state" && !STATES.contains(&text.as_str()) {
                let advice = did_you_mean(&text, STATES.iter().copied())
                    .unwrap_or_else(|| format!("there are {}", STATES.join(", ")));
                let message = format!("there is no state \"{text}\"");
                problems.push(Problem::at(&value.place, message).help(advice));
            }
            self.parts.push((key.to_owned(), text, value.place.clone()));
        }
    }
}
