//! `script`: runs a script of the controller on the host.

use super::command::run_step;
use super::{guard, words};
use crate::change::Change;
use crate::host::{Body, Content, Kind, Ownership, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt::Write;
use std::path::Path;

/// Copies a script of the controller to the host, runs it there and removes it.
///
/// It is run by the program its first line names (`#!/bin/sh`), or by `executable`, or else by
/// `/bin/sh`. It always counts as a change unless `creates` or `removes` say that nothing is to be
/// done.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// The script, searched as `copy` searches its `src`, and its arguments.
    cmd: String,
    /// The directory it runs in.
    chdir: Option<String>,
    /// A path or glob of the host; if it exists, the script is not run.
    creates: Option<String>,
    /// A path or glob of the host; if it does not exist, the script is not run.
    removes: Option<String>,
    /// The program that runs the script, with its own arguments if it needs any.
    executable: Option<String>,
}

impl BuiltIn for Script {
    const NAME: &'static str = "script";
    const FREE_FORM: Option<&'static str> = Some("cmd");
    const EXAMPLE: &'static str = "\
- name: A script of files/ is run with two arguments
  script: check.sh --port 9876
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("cmd", "The script and its arguments."),
        ("rc", "Its exit code."),
        ("stdout", "What it printed."),
        ("stdout_lines", "The same as a list of lines."),
        ("stderr", "What it printed as errors."),
        ("stderr_lines", "The same as a list of lines."),
    ];
}

impl Module for Script {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let command = words::split(&self.cmd)?;
        let Some((name, arguments)) = command.split_first() else {
            return Err(ModuleError::refused("no script given"));
        };
        let path = context.files.find("files", name)?;
        let script = crate::files::read(&path)?;
        let mut change = Change::default();
        change.returns("cmd", command.iter().map(String::as_str).collect::<Value>());
        let chdir = match self.chdir.as_deref() {
            None => None,
            Some(chdir) => Some(guard::absolute(context.host, None, chdir)?),
        };
        let (creates, removes) = (self.creates.as_deref(), self.removes.as_deref());
        change.skipped = guard::nothing_to_do(context, chdir.as_deref(), creates, removes)?;
        if change.skipped.is_some() {
            return Ok(change);
        }
        let there = temporary(context, &path)?;
        let mut argv = self.interpreter(&script)?;
        argv.push(there.to_string());
        argv.extend(arguments.iter().cloned());
        change.reports_output = true;
        change.steps = vec![
            write(&there, script),
            run_step(argv, chdir, None, context),
            Step::Remove {
                path: there,
                directory: false,
            },
        ];
        Ok(change)
    }
}

impl Script {
    /// Returns the words before the script's path. The kernel's own rule is followed here, so that
    /// the script also runs from a file system that is mounted without leave to execute.
    fn interpreter(&self, content: &[u8]) -> Result<Vec<String>, ModuleError> {
        if let Some(executable) = &self.executable {
            return words::split(executable);
        }
        let first = content.split(|byte| *byte == b'\n').next();
        let line = first.and_then(|line| line.strip_prefix(b"#!"));
        let line = String::from_utf8_lossy(line.unwrap_or(b"/bin/sh"));
        let line = line.trim();
        Ok(match line.split_once([' ', '\t']) {
            Some((program, argument)) => vec![program.to_owned(), argument.trim().to_owned()],
            None => vec![line.to_owned()],
        })
    }
}

fn write(path: &Utf8Path, content: Vec<u8>) -> Step {
    Step::Write {
        path: path.to_owned(),
        before: None,
        body: Body::Bytes(content.into()),
        ownership: Ownership {
            mode: Some(0o700),
            ..Ownership::default()
        },
        backup: None,
        validate: None,
    }
}

/// Returns a path in the user's home directory, or in /tmp where there is none, that nobody can
/// foresee.
fn temporary(context: &PlanContext, script: &Path) -> Result<Utf8PathBuf, ModuleError> {
    let mut random = [0; 12];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_| ModuleError::refused("this machine gives no random numbers"))?;
    let mut name = ".rmqplay-".to_owned();
    for byte in random {
        let _ = write!(name, "{byte:02x}");
    }
    if let Some(extension) = script.extension().and_then(|extension| extension.to_str()) {
        let _ = write!(name, ".{extension}");
    }
    let mut folder = Utf8PathBuf::from("/tmp");
    if let Some(home) = guard::home(context.host)?
        && let Some(node) = context.host.look(&home, true, Content::None)?
        && node.kind == Kind::Directory
    {
        folder = home;
    }
    Ok(folder.join(name))
}
