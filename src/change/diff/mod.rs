//! Shows the steps of a change as readable differences.

mod account;
mod program;

use super::{Change, DIFF_LIMIT, Shows};
use crate::host::{Before, Body, Difference, Kind, Ownership, Step, Unpack, UnpackEntry};
use crate::value::{Fields, Value, map};
use std::fmt::Write;

/// The difference made by one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The text after `---`, such as `before: /etc/hosts`.
    pub before_header: String,
    /// The text after `+++`, such as `after: /etc/hosts`.
    pub after_header: String,
    /// Lines that begin with `@@`, `-`, `+` or a space, as in a unified diff, or a line in brackets
    /// that says why there are no such lines. Each ends with a line break.
    pub text: String,
    /// The full texts before and after, if known.
    pub contents: Option<(String, String)>,
}

/// What a result holds for a difference that `no_log` hides.
const HIDDEN: &str =
    " [[ Diff output has been hidden because 'no_log: true' was specified for this result ]]\n";

impl Diff {
    /// Returns the difference in the form of a task's result: `before`, `after`, and what each is of
    /// as `before_header` and `after_header`. Without full texts, they contain only the lines that
    /// differ.
    fn value(&self) -> Value {
        let lines = |sign: char| -> String {
            let lines = self.text.lines().filter_map(|line| line.strip_prefix(sign));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let (before, after) = match &self.contents {
            Some((before, after)) => (before.clone(), after.clone()),
            None => (lines('-'), lines('+')),
        };
        // A new file has no path before, as in Ansible.
        let what = |header: &str, side: &str| match header.strip_prefix(side) {
            Some("") => None,
            Some(what) => Some(what.trim_start_matches(": ").to_owned()),
            None => Some(header.to_owned()),
        };
        let fields = [
            ("before_header", what(&self.before_header, "before")),
            ("after_header", what(&self.after_header, "after")),
            ("before", Some(before)),
            ("after", Some(after)),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
        map(fields.collect())
    }

    /// Returns differences in the form of a task's result. A list may be empty; a mapping then holds
    /// equal texts.
    pub fn all(diffs: &[Self], shows: &Shows) -> Value {
        match shows {
            Shows::List => diffs.iter().map(Self::value).collect(),
            Shows::One | Shows::Always => diffs.first().map_or_else(Self::none, Self::value),
            Shows::Value(value) => value.clone(),
        }
    }

    fn none() -> Value {
        let text = |name: &str| (name.to_owned(), Value::from(""));
        map(Fields::from_iter([text("before"), text("after")]))
    }

    /// Returns differences in the form of the result of a task with `no_log`: that there are some,
    /// but not their texts.
    pub fn hidden(diffs: &[Self]) -> Value {
        let hidden = diffs.iter().map(|diff| Self {
            contents: Some((String::new(), HIDDEN.to_owned())),
            ..diff.clone()
        });
        hidden.map(|diff| diff.value()).collect()
    }
}

impl Change {
    /// Returns the differences that the steps make, in order. Waits and commands have no difference
    /// that can be shown.
    pub fn differences(&self) -> Vec<Diff> {
        let restarted = program::restarted(&self.steps);
        let is_told = |step: &&Step| {
            let of_program = matches!(step, Step::SignalProcess { .. } | Step::StartProcess(_));
            restarted.is_none() || !of_program
        };
        let others = self.steps.iter().filter(is_told).flat_map(differences);
        others.chain(restarted.clone()).collect()
    }
}

/// How many entries of an archive are shown.
const ENTRIES: usize = 200;

fn differences(step: &Step) -> Vec<Diff> {
    match step {
        Step::Write {
            path,
            before,
            body,
            ownership,
            ..
        } => {
            let content = content_of(path.as_str(), before.as_ref(), body);
            written(path.as_str(), before.as_ref(), content, ownership)
        }
        Step::Copy {
            from,
            to,
            before,
            sha256,
            ownership,
            ..
        } => {
            let old = before.as_ref().map(|before| before.sha256.as_str());
            let new = format!("sha256 {sha256}, copied from {from}");
            let content = attribute(to.as_str(), &[("content", old, Some(new.as_str()))]);
            written(to.as_str(), before.as_ref(), content, ownership)
        }
        Step::Mkdir { path, ownership } => made(path.as_str(), "directory", ownership),
        Step::Symlink {
            path,
            target,
            before,
        } => {
            let old = before.as_ref().map(|before| before.as_str());
            let line = ("link to", old, Some(target.as_str()));
            vec![attribute(path.as_str(), &[line])]
        }
        Step::Hardlink { path, target } => {
            let line = ("another name of", None, Some(target.as_str()));
            vec![attribute(path.as_str(), &[line])]
        }
        Step::Attributes {
            path,
            before,
            after,
            ..
        } => vec![ownership_difference(path.as_str(), before, after)],
        Step::Touch { path, modified, .. } => {
            let time = modified.map_or_else(|| "now".to_owned(), |time| time.to_string());
            vec![attribute(
                path.as_str(),
                &[("modified", None, Some(time.as_str()))],
            )]
        }
        Step::Remove { path, directory } => {
            let kind = if *directory { "directory" } else { "file" };
            vec![attribute(
                path.as_str(),
                &[("state", Some(kind), Some("absent"))],
            )]
        }
        Step::Rename { from, to } => vec![attribute(
            from.as_str(),
            &[("path", Some(from.as_str()), Some(to.as_str()))],
        )],
        Step::Unpack(unpack) => vec![unpacked(unpack)],
        Step::Fetch(fetched) => vec![attribute(
            &fetched.to.to_string_lossy(),
            &[("sha256", fetched.before.as_deref(), Some(&fetched.sha256))],
        )],
        Step::StartProcess(start) => vec![program::started(start)],
        Step::SignalProcess {
            pid, argv, signal, ..
        } => vec![program::ended(*pid, argv, signal)],
        Step::User {
            before,
            after,
            password,
            aging,
            ..
        } => vec![account::user(
            before.as_ref(),
            after.as_ref(),
            password.is_some(),
            aging,
        )],
        Step::Group { before, after, .. } => vec![account::group(before.as_ref(), after.as_ref())],
        Step::Set(setting) if setting.before == setting.after => Vec::new(),
        Step::Set(setting) => vec![named(
            &setting.name,
            unified(setting.before.as_bytes(), setting.after.as_bytes()),
        )],
        Step::Talk(talk) => talk.change.iter().map(said).collect(),
        Step::EndMarked(_) | Step::Run { .. } | Step::Wait(_) | Step::Lock(_) => Vec::new(),
    }
}

fn said(difference: &Difference) -> Diff {
    let lines = |sign: char, text: &str| -> String {
        text.lines().map(|line| format!("{sign}{line}\n")).collect()
    };
    let before = lines('-', &difference.before);
    named(&difference.what, before + &lines('+', &difference.after))
}

fn named(what: &str, text: String) -> Diff {
    Diff {
        before_header: format!("before: {what}"),
        after_header: format!("after: {what}"),
        text,
        contents: None,
    }
}

/// One line for each attribute that differs: its name, old value and new value.
fn attribute(what: &str, lines: &[(&str, Option<&str>, Option<&str>)]) -> Diff {
    let mut text = String::new();
    for (name, before, after) in lines.iter().filter(|(_, before, after)| before != after) {
        for (sign, value) in [('-', before), ('+', after)] {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{sign}{name}: {value}");
            }
        }
    }
    named(what, text)
}

fn ownership_difference(what: &str, before: &Ownership, after: &Ownership) -> Diff {
    let mode = |ownership: &Ownership| ownership.mode.map(|mode| format!("{mode:04o}"));
    let (old, new) = (mode(before), mode(after));
    attribute(
        what,
        &[
            ("mode", old.as_deref(), new.as_deref()),
            ("owner", before.owner.as_deref(), after.owner.as_deref()),
            ("group", before.group.as_deref(), after.group.as_deref()),
        ],
    )
}

fn made(path: &str, kind: &str, ownership: &Ownership) -> Vec<Diff> {
    let mut diff = attribute(path, &[("state", Some("absent"), Some(kind))]);
    diff.text += &ownership_difference(path, &Ownership::default(), ownership).text;
    vec![diff]
}

/// The difference of the content, and that of the attributes if they differ.
fn written(path: &str, before: Option<&Before>, content: Diff, ownership: &Ownership) -> Vec<Diff> {
    let nothing = Ownership::default();
    let old = before.map_or(&nothing, |before| &before.ownership);
    let attributes = ownership_difference(path, old, ownership);
    std::iter::once(content)
        .chain((!attributes.text.is_empty()).then_some(attributes))
        .collect()
}

fn content_of(path: &str, before: Option<&Before>, body: &Body) -> Diff {
    let old = match before {
        None => Some(&[][..]),
        Some(before) => before.content.as_deref(),
    };
    let mut diff = match (old, body) {
        (Some(old), Body::Bytes(new)) if new.len() as u64 <= DIFF_LIMIT => Diff {
            contents: text(old)
                .zip(text(new))
                .map(|(old, new)| (old.to_owned(), new.to_owned())),
            ..named(path, unified(old, new))
        },
        _ => named(
            path,
            format!("[difference skipped: larger than {DIFF_LIMIT} bytes]\n"),
        ),
    };
    if before.is_none() {
        "before".clone_into(&mut diff.before_header);
    }
    diff
}

/// Returns the unified diff of two contents, without headers.
pub(super) fn unified(old: &[u8], new: &[u8]) -> String {
    let (Some(old_text), Some(new_text)) = (text(old), text(new)) else {
        let (old, new) = (old.len(), new.len());
        return format!("[difference skipped: binary, {old} bytes before, {new} after]\n");
    };
    similar::TextDiff::from_lines(old_text, new_text)
        .unified_diff()
        .to_string()
}

/// Returns the content if it is text; a zero byte makes it binary, as in `diff`.
fn text(content: &[u8]) -> Option<&str> {
    std::str::from_utf8(content)
        .ok()
        .filter(|text| !text.contains('\0'))
}

fn unpacked(unpack: &Unpack) -> Diff {
    let mut text = String::new();
    for entry in unpack.entries.iter().take(ENTRIES) {
        text += &entry_line(entry);
    }
    let more = unpack.entries.len().saturating_sub(ENTRIES);
    if more > 0 {
        let _ = writeln!(text, "[and {more} more]");
    }
    named(&format!("{} in {}", unpack.name, unpack.directory), text)
}

fn entry_line(entry: &UnpackEntry) -> String {
    let path = &entry.path;
    match &entry.kind {
        Kind::Directory => format!("+{path}/\n"),
        Kind::Symlink { target } => format!("+{path} -> {target}\n"),
        _ if entry.before.is_some() => format!("-{path} (other content)\n+{path}\n"),
        _ => format!("+{path}\n"),
    }
}

impl std::fmt::Display for Diff {
    /// The difference with its two headers, as shown to people.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (before, after, text) = (&self.before_header, &self.after_header, &self.text);
        write!(formatter, "--- {before}\n+++ {after}\n{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Aging, NewHome, User};

    fn shown(step: Step) -> String {
        let change = Change {
            steps: vec![step],
            ..Change::default()
        };
        let shown = |diff: Diff| {
            format!(
                "--- {}\n+++ {}\n{}",
                diff.before_header, diff.after_header, diff.text
            )
        };
        change.differences().into_iter().map(shown).collect()
    }

    fn write(before: Option<&[u8]>, body: &[u8], ownership: Ownership) -> Step {
        Step::Write {
            path: "/x".into(),
            before: before.map(|content| Before::of(content.to_vec())),
            body: Body::Bytes(body.into()),
            ownership,
            backup: None,
            validate: None,
        }
    }

    #[test]
    fn content_is_shown_as_diff_shows_it() {
        let private = Ownership {
            mode: Some(0o600),
            ..Ownership::default()
        };
        let big = vec![b'x'; 104_449];
        for (before, after, ownership, expected) in [
            (
                Some(&b"a\nb\nc\nd\ne\n"[..]),
                &b"a\nb\nc\nd\nE"[..],
                private,
                "--- before: /x\n+++ after: /x\n@@ -2,4 +2,4 @@\n b\n c\n d\n-e\n+E\n\
                 \\ No newline at end of file\n--- before: /x\n+++ after: /x\n+mode: 0600\n",
            ),
            (
                None,
                b"a\n",
                Ownership::default(),
                "--- before\n+++ after: /x\n@@ -0,0 +1 @@\n+a\n",
            ),
            (
                Some(b"a\0"),
                b"abc",
                Ownership::default(),
                "--- before: /x\n+++ after: /x\n[difference skipped: binary, 2 bytes before, 3 after]\n",
            ),
            (
                None,
                &big,
                Ownership::default(),
                "--- before\n+++ after: /x\n[difference skipped: larger than 104448 bytes]\n",
            ),
        ] {
            assert_eq!(shown(write(before, after, ownership)), expected);
        }
    }

    #[test]
    fn other_steps_show_what_was_and_what_will_be() {
        let user = User {
            name: "mq".to_owned(),
            uid: 500,
            group: "mq".to_owned(),
            home: "/home/mq".into(),
            shell: "/bin/sh".into(),
            ..User::default()
        };
        for (step, expected) in [
            (
                Step::Symlink {
                    path: "/l".into(),
                    target: "b".into(),
                    before: Some("a".into()),
                },
                "--- before: /l\n+++ after: /l\n-link to: a\n+link to: b\n",
            ),
            (
                Step::Remove {
                    path: "/d".into(),
                    directory: true,
                },
                "--- before: /d\n+++ after: /d\n-state: directory\n+state: absent\n",
            ),
            (
                Step::User {
                    before: Some(User {
                        shell: "/bin/false".into(),
                        ..user.clone()
                    }),
                    after: Some(user),
                    system: false,
                    home: false,
                    new_home: NewHome::default(),
                    shares_number: false,
                    forced: false,
                    password: Some("$6$secret".to_owned()),
                    aging: Aging {
                        maximum: Some(90),
                        expires: Some(-1),
                        ..Aging::default()
                    },
                },
                "--- before: user mq\n+++ after: user mq\n-shell: /bin/false\n+shell: /bin/sh\n\
                 +password: (not shown)\n+password_expire_max: 90\n+expires: never\n",
            ),
        ] {
            assert_eq!(shown(step), expected);
        }
    }
}
