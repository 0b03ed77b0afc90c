//! `rmqplay completions`: shell completion, from the same definitions as the help.

use super::{Cli, Exit, print, refuse_because};
use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};
use std::ffi::OsString;
use std::path::PathBuf;

/// The variable with which a shell's script asks for candidates; its value is the name of the
/// shell.
const VARIABLE: &str = "RMQPLAY_COMPLETE";

/// Print a script that lets a shell complete commands, hosts, groups, tags, modules and playbooks.
///
/// bash: source <(rmqplay completions bash), in ~/.bashrc.
/// zsh: source <(rmqplay completions zsh), in ~/.zshrc after compinit.
/// fish: rmqplay completions fish | source, in ~/.config/fish/config.fish.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Shell to complete in.
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    fn script(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
        }
    }
}

/// Prints the script of a shell.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let name = env!("CARGO_PKG_NAME");
    let mut script = Vec::new();
    let script_of = arguments.shell.script();
    match script_of.write_registration(VARIABLE, name, name, &program(), &mut script) {
        Ok(()) => print(&String::from_utf8_lossy(&script)),
        Err(error) => refuse_because(
            format!("cannot write the script: {error}"),
            None,
            Exit::Error,
        ),
    }
}

/// Returns the command for the script: rmqplay as it was called, so that it is found from any
/// folder.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from);
    let called = called.unwrap_or_else(|| env!("CARGO_PKG_NAME").into());
    let path = match called.components().count() {
        // It is in PATH, and will still be.
        1 => called,
        _ => std::path::absolute(&called).unwrap_or(called),
    };
    path.to_string_lossy().into_owned()
}

/// Answers a shell that asks for candidates. Returns whether one asked; then nothing else is done.
pub(super) fn answer() -> bool {
    let shell = CompleteEnv::with_factory(Cli::command).var(VARIABLE);
    // A shell without an answer completes nothing, which is better than an error in the middle of a
    // line.
    shell
        .try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref())
        .unwrap_or(true)
}

/// Returns the words typed so far, which the shell's script passes after `--`.
pub(super) fn typed() -> impl Iterator<Item = OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1)
}
