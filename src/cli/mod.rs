//! The command line: one file for each subcommand.

mod ansible_names;
mod candidates;
mod check;
mod completions;
mod config;
mod connect;
mod exec;
mod exit;
mod extra_vars;
mod interrupt;
pub mod inventory;
mod lists;
mod man;
mod modules;
mod new;
mod options;
mod own_inventory;
mod passwords;
pub mod project;
mod prompts;
mod registry;
mod repl;
mod report;
mod run;
mod run_name;
mod session;
mod settings;
mod shard;
mod sources;
mod start;
mod test;
mod typed;
mod vault;
mod vault_passwords;
mod watch;

pub use exit::Exit;
pub use registry::registry;

use crate::internal_error::{self, caught};
use crate::source::{Problem, Problems};
use crate::vars::Secrets;
use clap::{Parser, Subcommand};
use interrupt::Interrupt;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use tracing_subscriber::EnvFilter;

/// The release and, in a release build, its commit.
const VERSION: &str = env!("RMQPLAY_VERSION");
const LONG_VERSION: &str = concat!(
    env!("RMQPLAY_VERSION"),
    "\ntarget: ",
    env!("RMQPLAY_TARGET"),
    "\nfeatures: ",
    env!("RMQPLAY_FEATURES")
);

/// Idempotent playbooks over SSH, for hosts that have only sshd and a POSIX sh.
#[derive(Debug, Parser)]
#[command(version = VERSION, long_version = LONG_VERSION, propagate_version = true)]
#[command(max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run playbooks.
    Run(run::Arguments),
    /// Check playbooks, roles and an inventory without connecting to any host.
    Check(check::Arguments),
    /// Run one module on hosts.
    Exec(exec::Arguments),
    /// Show the hosts, groups and variables of an inventory.
    Inventory(inventory::Arguments),
    /// Show the settings of ansible.cfg and the environment, and their origin.
    Config(config::Arguments),
    /// Encrypt and decrypt files and values like ansible-vault.
    Vault(vault::Arguments),
    /// List the modules, or show how to use one.
    Modules(modules::Arguments),
    /// Read event files, such as those of the shards of a run.
    Report(report::Arguments),
    /// Try a role's script interactively on one host.
    Repl(repl::Arguments),
    /// Create a project, role, module or filter, each with a case for `rmqplay test`.
    New(new::Arguments),
    /// Run the cases of a project's roles and modules.
    Test(test::Arguments),
    /// Print a script for completion in bash, zsh or fish.
    Completions(completions::Arguments),
    /// Write the manual pages to a folder.
    Man(man::Arguments),
}

/// Parses the command line, runs the subcommand, and returns how it ended.
pub fn main() -> Exit {
    if completions::answer() {
        return Exit::Ok;
    }
    let cli = match Cli::try_parse_from(ansible_names::translated(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            // A reader that stops early (`rmqplay --help | head`) is not a failure.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
        }
    };
    log();
    internal_error::note_panics(show_backtrace);
    let exit = caught(|| execute(cli.command));
    match internal_error::places().as_slice() {
        [] => exit.unwrap_or(Exit::Internal),
        places => refuse(&internal(places).into(), Exit::Internal),
    }
}

/// Shows where a thread panicked if `RUST_BACKTRACE` is set. The message is left out since it may
/// quote a secret.
fn show_backtrace(_: &std::panic::PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = writeln!(anstream::stderr(), "{backtrace}");
    }
}

/// Reports internal errors at these places.
fn internal(places: &[String]) -> Problem {
    let mut known: Vec<&str> = places.iter().map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let version = env!("CARGO_PKG_VERSION");
    let message = format!(
        "internal error in rmqplay {version}: panicked at {}",
        known.join(", ")
    );
    Problem::new(message).help(internal_error::HELP.to_owned())
}

fn execute(command: Command) -> Exit {
    match command {
        Command::Run(arguments) => run::execute(&arguments, &Interrupt::catch()),
        Command::Check(arguments) => check::execute(&arguments),
        Command::Exec(arguments) => exec::execute(&arguments, &Interrupt::catch()),
        Command::Report(arguments) => report::execute(&arguments),
        Command::Repl(arguments) => repl::execute(&arguments, &Interrupt::catch()),
        Command::Inventory(arguments) => match inventory::execute(&arguments) {
            Ok(text) => print(&text),
            Err(problems) => refuse(&problems, Exit::Error),
        },
        Command::Config(arguments) => match config::execute(&arguments) {
            Ok(text) => print(&text),
            Err(problems) => refuse(&problems, Exit::Error),
        },
        Command::Vault(arguments) => vault::execute(&arguments, &Interrupt::catch()),
        Command::Modules(arguments) => modules::execute(&arguments),
        Command::New(arguments) => new::execute(&arguments),
        Command::Test(arguments) => test::execute(&arguments, &Interrupt::catch()),
        Command::Completions(arguments) => completions::execute(&arguments),
        Command::Man(arguments) => man::execute(&arguments),
    }
}

/// Writes warnings to standard error, and more with time and source if `RMQPLAY_LOG` is set.
fn log() {
    let asked = EnvFilter::try_from_env("RMQPLAY_LOG");
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let log = tracing_subscriber::fmt()
        .with_ansi(colour)
        .with_writer(|| Redacting(std::io::stderr()));
    match asked {
        Ok(filter) => log.with_env_filter(filter).init(),
        Err(_) => log
            .without_time()
            .with_target(false)
            .with_env_filter("warn")
            .init(),
    }
}

/// Writes log messages, each as a whole, without what was decrypted.
struct Redacting(std::io::Stderr);

impl std::io::Write for Redacting {
    fn write(&mut self, message: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(message);
        self.0
            .write_all(Secrets::default().redact(&text).as_bytes())?;
        Ok(message.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Prints data to standard output, without what was decrypted.
fn print(text: &str) -> Exit {
    let mut out = anstream::stdout();
    let _ = out.write_all(Secrets::default().redact(text).as_bytes());
    let _ = out.flush();
    Exit::Ok
}

/// Shows problems on standard error as cargo would.
fn refuse(problems: &Problems, exit: Exit) -> Exit {
    let mut err = anstream::stderr();
    let shown = Secrets::default().redact(&problems.render(true));
    let _ = writeln!(err, "{shown}");
    let number = problems.0.len();
    if number > 1 {
        let _ = writeln!(err, "\n{number} problems found");
    }
    exit
}

/// Shows a problem without a place in a file.
fn refuse_because(message: impl Into<String>, help: Option<String>, exit: Exit) -> Exit {
    refuse(&Problem::new(message).help(help).into(), exit)
}
