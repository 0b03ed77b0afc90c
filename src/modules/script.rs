//! `script`: runs a script of the controller on the host.

use super::{guard, words};
use crate::change::Change;
use crate::host::{Command, CommandScript, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::source::{decrypted, is_encrypted};
use crate::value::Value;

/// Copies a script of the controller to the host, runs it there and removes it.
///
/// The script runs with the program in its first line (`#!/bin/sh`), or with `executable`, or else
/// with `/bin/sh`. It always counts as a change unless `creates` or `removes` say that nothing is
/// to be done.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// The script, searched like `src` of `copy`, and its arguments.
    cmd: String,
    /// The directory it runs in.
    chdir: Option<String>,
    /// A path or glob of the host; if it exists, the script is skipped.
    creates: Option<String>,
    /// A path or glob of the host; if it does not exist, the script is skipped.
    removes: Option<String>,
    /// The program that runs the script, with optional arguments.
    executable: Option<String>,
    /// Whether to decrypt a script that is encrypted with Ansible Vault; true by default.
    #[serde(default = "crate::module::yes")]
    decrypt: bool,
}

impl BuiltIn for Script {
    const NAME: &'static str = "script";
    const FREE_FORM: Option<&'static str> = Some("cmd");
    const PATHS: &'static [&'static str] = &["chdir"];
    const RELATIVE_PATHS: &'static [&'static str] = &["creates", "removes"];
    const EXAMPLE: &'static str = "\
- name: A script of files/ is run with two arguments
  script: check.sh --port 9876
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("cmd", "The script and its arguments."),
        ("rc", "Its exit code."),
        ("stdout", "Its standard output."),
        ("stdout_lines", "The same as a list of lines."),
        ("stderr", "Its standard error."),
        ("stderr_lines", "The same as a list of lines."),
        ("start", "When it began, by the clock of this machine."),
        ("end", "When it ended."),
        ("delta", "How long it took, as `0:00:01.500000`."),
    ];
}

impl Module for Script {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let command = words::split(&self.cmd)?;
        let Some((name, arguments)) = command.split_first() else {
            return Err(ModuleError::refused("no script given"));
        };
        let path = context.files.find("files", name)?;
        let content = if self.decrypt && is_encrypted(&path) {
            decrypted(&path)?.to_vec()
        } else {
            crate::files::read(&path)?
        };
        let mut change = Change::default();
        change.returns("cmd", command.iter().map(String::as_str).collect::<Value>());
        let chdir = guard::start(self.chdir.as_deref());
        let (creates, removes) = (self.creates.as_deref(), self.removes.as_deref());
        let done = guard::nothing_to_do(context, chdir.as_deref(), creates, removes)?;
        if let Some(done) = done {
            change.returns("skipped", true);
            change.skipped = Some(done.of_script);
            return Ok(change);
        }
        let mut argv = self.interpreter(&content)?;
        let file = CommandScript {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            content,
            position: argv.len(),
        };
        argv.extend(arguments.iter().cloned());
        change.makes = guard::made(context, chdir.as_deref(), creates)?;
        change.reports_output = true;
        change.steps.push(Step::Run {
            command: Command {
                argv,
                chdir,
                environment: context.environment.clone(),
                stdin: None,
                script: Some(file),
            },
            any_status: true,
        });
        Ok(change)
    }
}

impl Script {
    /// Returns the words before the script's path. This applies the kernel's own rule, so that the
    /// script also runs from a file system mounted with noexec.
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
