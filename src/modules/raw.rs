//! `raw`: runs a line through a shell, whatever else the host lacks.

use super::command::run_step;
use super::shell::through_shell;
use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Runs a line through a shell of the host. `shell` does the same and more; this is for playbooks
/// written for hosts without Python.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    /// The command line.
    cmd: String,
    /// Path of the shell; `/bin/sh` by default.
    executable: Option<String>,
}

impl BuiltIn for Raw {
    const NAME: &'static str = "raw";
    const FREE_FORM: Option<&'static str> = Some("cmd");
    const EXAMPLE: &'static str = "\
- name: How long the host has been up
  raw: cat /proc/uptime
  changed_when: false
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("cmd", "The command line."),
        ("rc", "The exit code."),
        ("stdout", "Its standard output."),
        ("stdout_lines", "The same as a list of lines."),
        ("stderr", "Its standard error."),
        ("stderr_lines", "The same as a list of lines."),
        ("start", "When it began, by the clock of this machine."),
        ("end", "When it ended."),
        ("delta", "How long it took, as `0:00:01.500000`."),
    ];
}

impl Module for Raw {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let argv = through_shell(self.executable.as_deref(), &self.cmd)?;
        let mut change = Change {
            steps: vec![run_step(argv, None, None, context)],
            reports_output: true,
            ..Change::default()
        };
        change.returns("cmd", self.cmd.clone());
        Ok(change)
    }
}
