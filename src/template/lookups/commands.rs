//! Lookups that run a command on this machine.

use super::{Lookup, wrong};
use crate::template::bounds;
use crate::template::lines::split_lines;
use crate::value::Value;
use minijinja::Error;
use std::path::Path;

/// `pipe`: the output of commands.
pub(super) fn pipe(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let commands = lookup.texts()?;
    let output = commands
        .iter()
        .map(|command| output(lookup, "pipe", command));
    output
        .map(|text| text.map(|text| text.trim_end().into()))
        .collect()
}

/// `lines`: the lines of the output of commands.
pub(super) fn lines(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for command in lookup.texts()? {
        let text = output(lookup, "lines", &command)?;
        out.extend(
            split_lines(&text, false)
                .into_iter()
                .map(|line| Value::from(line.trim_end())),
        );
    }
    Ok(out)
}

/// Runs a command with `sh` in the playbook's folder, the last one that is searched.
fn output(lookup: &Lookup<'_>, name: &str, command: &str) -> Result<String, Error> {
    let site = &lookup.reach.site;
    let folder = site.folders.last().filter(|folder| folder.is_dir());
    let output = site
        .programs
        .output(command, folder.map(AsRef::<Path>::as_ref));
    let (status, printed) = output.map_err(|error| {
        let reached = bounds::look().err();
        reached.unwrap_or_else(|| wrong(format!("{name}: {command}: {error}")))
    })?;
    if !status.success() {
        let code = status
            .code()
            .map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        return Err(wrong(format!(
            "lookup_plugin.{name}({command}) returned {code}"
        )));
    }
    Ok(String::from_utf8_lossy(&printed).into_owned())
}
