//! `command`: runs a program without a shell.

use super::{guard, words};
use crate::change::Change;
use crate::host::{Command, Step};
use crate::module::{BuiltIn, HostPaths, Module, ModuleError, PlanContext};
use crate::value::Value;
use camino::Utf8PathBuf;

/// Runs a program without a shell: `|`, `>`, `;` and `*` have no special meaning; use `shell` for
/// these.
///
/// It always counts as a change unless `creates` or `removes` say that nothing is to be done. Check
/// mode does not run it, so its output is unknown.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CommandModule {
    /// The command line; quotes keep words together.
    cmd: Option<String>,
    /// The command line as a list of words, instead of `cmd`.
    argv: Vec<String>,
    /// The directory it runs in.
    chdir: Option<String>,
    /// A path or glob; if it exists, the command is skipped.
    creates: Option<String>,
    /// A path or glob; if it does not exist, the command is skipped.
    removes: Option<String>,
    /// Text for the command's standard input.
    stdin: Option<String>,
    /// Whether to add a line break to `stdin`; true by default.
    stdin_add_newline: Option<bool>,
    /// Whether to remove line breaks at the end of the output; true by default.
    strip_empty_ends: Option<bool>,
    /// Accepted for Ansible's sake, without an effect there either: use `shell` for another shell.
    executable: Option<String>,
    /// Whether to expand `$NAME`, `${NAME}`, `~` and `~user` in the words from the host's
    /// environment; true by default.
    expand_argument_vars: Option<bool>,
}

impl BuiltIn for CommandModule {
    const NAME: &'static str = "command";
    const FREE_FORM: Option<&'static str> = Some("cmd");
    const PATHS: &'static [&'static str] = &["chdir"];
    const RELATIVE_PATHS: &'static [&'static str] = &["creates", "removes"];
    const EXAMPLE: &'static str = "\
- name: The kernel's version
  command: uname -r
  register: kernel
  changed_when: false

- name: A database is made once
  command:
    argv: [touch, /tmp/database]
    creates: /tmp/database
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("cmd", "The words of the command."),
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

impl Module for CommandModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let written = match (&self.cmd, self.argv.as_slice()) {
            (Some(_), [_, ..]) => {
                return Err(ModuleError::exclusive(&["cmd", "argv"]));
            }
            (Some(cmd), []) => words::split(cmd)?,
            (None, argv) => argv.to_vec(),
        };
        if written.is_empty() {
            let words = "one of the following is required: _raw_params, cmd, argv";
            return Err(ModuleError::refused("no command given").as_ansible(words));
        }
        let argv = if self.expand_argument_vars.unwrap_or(true) {
            let paths = HostPaths::new(context.host, context.environment);
            let words = written.iter().map(|word| paths.expanded(word));
            words.collect::<Result<Vec<_>, _>>()?
        } else {
            written
        };
        let shown = argv.iter().map(String::as_str).collect::<Value>();
        let run = Run {
            argv,
            chdir: self.chdir.as_deref(),
            creates: self.creates.as_deref(),
            removes: self.removes.as_deref(),
            stdin: standard_input(self.stdin.as_deref(), self.stdin_add_newline),
            keeps_line_ends: self.strip_empty_ends == Some(false),
        };
        let mut change = run.change(shown, context)?;
        if let Some(executable) = self.executable.as_deref() {
            // Playbooks for Ansible test for this text.
            change.warnings.push(format!(
                "As of Ansible 2.4, the parameter 'executable' is no longer supported with the \
                 'command' module. Not using '{executable}'."
            ));
        }
        Ok(change)
    }
}

/// Returns the standard input, with the line break of `stdin_add_newline`.
pub(super) fn standard_input(text: Option<&str>, add_newline: Option<bool>) -> Option<Vec<u8>> {
    let end = if add_newline.unwrap_or(true) {
        "\n"
    } else {
        ""
    };
    text.map(|text| format!("{text}{end}").into_bytes())
}

/// A command with the arguments that `command` and `shell` share.
pub(super) struct Run<'a> {
    pub(super) argv: Vec<String>,
    pub(super) chdir: Option<&'a str>,
    pub(super) creates: Option<&'a str>,
    pub(super) removes: Option<&'a str>,
    pub(super) stdin: Option<Vec<u8>>,
    pub(super) keeps_line_ends: bool,
}

impl Run<'_> {
    /// Returns the change that runs it, or an empty one if nothing is to be done.
    pub(super) fn change(self, shown: Value, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        change.returns("cmd", shown);
        let chdir = guard::start(self.chdir);
        let done = guard::nothing_to_do(context, chdir.as_deref(), self.creates, self.removes)?;
        if let Some(done) = done {
            change.returns("rc", 0);
            change.returns("stdout", done.stdout.clone());
            change.returns("stdout_lines", vec![done.stdout]);
            change.returns("stderr", "");
            change.returns("stderr_lines", Vec::<String>::new());
            for name in ["start", "end", "delta"] {
                change.returns(name, ());
            }
            change.skipped = Some(done.message);
            return Ok(change);
        }
        change.makes = guard::made(context, chdir.as_deref(), self.creates)?;
        change.reports_output = true;
        change.keeps_line_ends = self.keeps_line_ends;
        change
            .steps
            .push(run_step(self.argv, chdir, self.stdin, context));
        Ok(change)
    }
}

/// Returns the step that runs a command with the task's environment; the caller judges its exit
/// code.
pub(super) fn run_step(
    argv: Vec<String>,
    chdir: Option<Utf8PathBuf>,
    stdin: Option<Vec<u8>>,
    context: &PlanContext,
) -> Step {
    Step::Run {
        command: Command {
            argv,
            chdir,
            environment: context.environment.clone(),
            stdin,
            script: None,
        },
        any_status: true,
    }
}
