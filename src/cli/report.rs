//! `rmqplay report`: what the event files of runs say.

use super::{Exit, refuse, refuse_because, start};
use crate::report::Shards;
use crate::source::LocalPath;
use clap::{Args, Subcommand, ValueHint};

/// The exit codes that a run of shards may have, the one that counts most first.
const EXITS: [Exit; 8] = [
    Exit::Internal,
    Exit::Interrupted,
    Exit::Error,
    Exit::Usage,
    Exit::Unreachable,
    Exit::Unknown,
    Exit::HostFailed,
    Exit::Ok,
];

/// Read event files.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join the event files of all shards into one recap and exit code.
    Merge(Merge),
}

#[derive(Debug, Args)]
struct Merge {
    /// The files that each shard wrote with --events.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<LocalPath>,
}

/// Shows what the files say.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let Command::Merge(Merge { files }) = &arguments.command;
    let mut shards = Shards::default();
    for file in files {
        let name = file.display().to_string();
        match std::fs::read(file) {
            Ok(text) => shards.add(&name, &String::from_utf8_lossy(&text)),
            Err(error) => {
                let message = format!("cannot read {name}: {error}");
                return refuse_because(message, None, Exit::Error);
            }
        }
    }
    let merged = match shards.merged(start::terminal_width()) {
        Ok(merged) => merged,
        Err(problems) => return refuse(&problems, Exit::Error),
    };
    let printed = super::print(&merged.text);
    let ended = |exit: &Exit| merged.exits.contains(&(*exit as u64));
    match EXITS.into_iter().find(ended) {
        Some(Exit::Ok) | None => printed,
        Some(exit) => exit,
    }
}
