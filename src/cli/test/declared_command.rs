//! A command that a case declares, and its effects.

use super::keys;
use super::thing::{self, Kind, Thing};
use crate::host::{Body, Content, Host, HostError, Limits, Output, Ownership, Question, Step};
use crate::source::Problems;
use crate::yaml::Node;
use camino::Utf8Path;

/// A command and its effects.
pub(super) struct DeclaredCommand {
    /// The command line.
    pub(super) line: String,
    /// Its output and exit code.
    pub(super) output: Output,
    /// The files that it creates.
    files: Vec<Thing>,
}

/// Parses command lines, each with its output, or with `stdout`, `stderr`, `rc` and `files`.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<DeclaredCommand> {
    let mut commands = Vec::new();
    for (key, value) in keys::named(node, "commands", problems) {
        let mut command = DeclaredCommand {
            line: key.as_text().unwrap_or_default().to_owned(),
            output: Output::default(),
            files: Vec::new(),
        };
        match value.as_text() {
            Some(text) => command.output.stdout = text.into(),
            None => command.read(value, problems),
        }
        commands.push(command);
    }
    commands
}

impl DeclaredCommand {
    fn read(&mut self, node: &Node, problems: &mut Problems) {
        let known = ["stdout", "stderr", "rc", "files"];
        let text = |value, key, problems: &mut Problems| {
            let text = keys::text(value, key, problems);
            text.unwrap_or_default().into_bytes()
        };
        for (key, value) in keys::entries(node, "a command", &known, problems) {
            match key {
                "stdout" => self.output.stdout = text(value, key, problems),
                "stderr" => self.output.stderr = text(value, key, problems),
                "rc" => self.output.status = keys::number(value, key, problems).unwrap_or(0),
                _ => self.files = thing::read(value, key, problems),
            }
        }
    }

    /// Returns whether it creates files.
    pub(super) fn makes_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Creates its files.
    pub(super) fn leave(&self, host: &dyn Host, limits: &Limits) -> Result<(), HostError> {
        for thing in &self.files {
            let Kind::File(content) = &thing.kind else {
                continue;
            };
            let parents: Vec<_> = thing.path.ancestors().skip(1).collect();
            for parent in parents.into_iter().rev() {
                make_directory(parent, host, limits)?;
            }
            let ownership = Ownership {
                mode: Some(thing.mode.unwrap_or(0o644)),
                owner: thing.owner.clone(),
                group: thing.group.clone(),
            };
            let remove = Step::Remove {
                path: thing.path.clone(),
                directory: false,
            };
            host.apply(&remove, limits)?;
            let write = Step::Write {
                path: thing.path.clone(),
                before: None,
                body: Body::Bytes(content.as_bytes().into()),
                ownership,
                backup: None,
                validate: None,
            };
            host.apply(&write, limits)?;
        }
        Ok(())
    }
}

fn make_directory(path: &Utf8Path, host: &dyn Host, limits: &Limits) -> Result<(), HostError> {
    let question = Question::Path {
        path: path.to_owned(),
        follow: true,
        content: Content::None,
    };
    let answers = host.ask(&[question], limits)?;
    if answers
        .into_iter()
        .any(|answer| answer.into_path().is_some())
    {
        return Ok(());
    }
    let mkdir = Step::Mkdir {
        path: path.to_owned(),
        ownership: Ownership::default(),
    };
    host.apply(&mkdir, limits).map(|_| ())
}
