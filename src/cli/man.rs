//! `rmqplay man`: manual pages, from the same definitions as the help.

use super::{Cli, Exit, print, refuse_because};
use crate::source::LocalPath;
use clap::{Args, CommandFactory as _, ValueHint};
use std::fmt::Write as _;

/// Write the manual pages to a folder, one for each subcommand.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder for the pages; created if missing.
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: LocalPath,
}

/// Writes the pages and prints their paths.
pub(super) fn execute(arguments: &Arguments) -> Exit {
    let folder = &arguments.folder;
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    if let Err(error) = written {
        let message = format!("cannot write manual pages to {folder}: {error}");
        return refuse_because(message, None, Exit::Error);
    }
    let mut text = String::new();
    for name in crate::files::names_in(folder) {
        let _ = writeln!(text, "{}", folder.join(name).display());
    }
    print(&text)
}
