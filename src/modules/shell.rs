//! `shell`: runs a command line through a shell of the host.

use super::command::{Run, standard_input};
use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Runs a command line through a shell of the host, with pipes, redirections and globs.
///
/// It always counts as a change unless `creates` or `removes` say that nothing is to be done. Check
/// mode does not run it, so its output is unknown.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shell {
    /// The command line.
    cmd: String,
    /// The directory it runs in.
    chdir: Option<String>,
    /// A path or glob; if it exists, the command is skipped.
    creates: Option<String>,
    /// A path or glob; if it does not exist, the command is skipped.
    removes: Option<String>,
    /// Path of the shell; `/bin/sh` by default.
    executable: Option<String>,
    /// Text for the command's standard input.
    stdin: Option<String>,
    /// Whether to add a line break to `stdin`; true by default.
    stdin_add_newline: Option<bool>,
    /// Whether to remove line breaks at the end of the output; true by default.
    strip_empty_ends: Option<bool>,
}

impl BuiltIn for Shell {
    const NAME: &'static str = "shell";
    const FREE_FORM: Option<&'static str> = Some("cmd");
    const PATHS: &'static [&'static str] = &["chdir"];
    const RELATIVE_PATHS: &'static [&'static str] = &["creates", "removes", "executable"];
    const EXAMPLE: &'static str = "\
- name: The number of users
  shell: sort -u /etc/passwd | wc -l
  register: users
  changed_when: false
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("cmd", "The command line."),
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

impl Module for Shell {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let run = Run {
            argv: through_shell(self.executable.as_deref(), &self.cmd)?,
            chdir: self.chdir.as_deref(),
            creates: self.creates.as_deref(),
            removes: self.removes.as_deref(),
            stdin: standard_input(self.stdin.as_deref(), self.stdin_add_newline),
            keeps_line_ends: self.strip_empty_ends == Some(false),
        };
        run.change(self.cmd.as_str().into(), context)
    }
}

/// Returns the words that run a line through a shell, `/bin/sh` if none is given.
pub(super) fn through_shell(
    executable: Option<&str>,
    line: &str,
) -> Result<Vec<String>, ModuleError> {
    if line.trim().is_empty() {
        return Err(ModuleError::refused("no command given"));
    }
    let shell = executable
        .filter(|path| !path.is_empty())
        .unwrap_or("/bin/sh");
    Ok([shell, "-c", line].map(str::to_owned).to_vec())
}
