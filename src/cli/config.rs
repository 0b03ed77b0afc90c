//! `rmqplay config`: shows the settings of Ansible that count, and where they come from.

use super::settings::{Given, Kind, Origin, SETTINGS, Setting, Settings, settings};
use crate::source::{Result, shown};
use clap::Args;
use std::path::Path;

/// Show the settings of ansible.cfg and the environment, and their origin.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Show only what was set.
    #[arg(long)]
    only_changed: bool,
}

/// Returns the text to print.
pub(super) fn execute(arguments: &Arguments) -> Result<String> {
    let settings = settings()?;
    let mut text = match &settings.file {
        Some(file) => format!("file: {}\n", shown(file)),
        None => "file: none\n".to_owned(),
    };
    if let Some(warning) = &settings.warning {
        text.extend(["warning: ", warning, "\n"]);
    }
    let rows: Vec<_> = SETTINGS
        .iter()
        .filter(|setting| !arguments.only_changed || settings.get(setting.name).is_some())
        .map(|setting| row(setting, settings))
        .collect();
    let width = |column: fn(&[String; 3]) -> &String| {
        let widths = rows.iter().map(|row| column(row).chars().count());
        widths.max().unwrap_or_default()
    };
    let (first, second) = (width(|row| &row[0]), width(|row| &row[1]));
    if !rows.is_empty() {
        text.push('\n');
    }
    for [name, value, origin] in &rows {
        text += format!("{name:first$}  {value:second$}  {origin}\n").trim_end();
        text.push('\n');
    }
    if !settings.ignored.is_empty() {
        text.push('\n');
    }
    for ignored in &settings.ignored {
        text.extend([ignored, "\n"]);
    }
    Ok(text)
}

fn row(setting: &Setting, settings: &Settings) -> [String; 3] {
    let (value, origin) = match settings.get(setting.name) {
        None => (setting.default.to_owned(), "default".to_owned()),
        Some(given) => (value(setting.kind, given), origin(&given.origin)),
    };
    let value = if value.is_empty() {
        "-".to_owned()
    } else {
        value
    };
    [setting.name.to_owned(), value, origin]
}

fn value(kind: Kind, given: &Given) -> String {
    let parts = given.value.split('\n');
    let parts: Vec<_> = match kind {
        Kind::Path | Kind::Folders | Kind::Sources => parts
            .map(|part| shown(Path::new(part)).to_string())
            .collect(),
        _ => parts.map(str::to_owned).collect(),
    };
    parts.join(if kind == Kind::Folders { ":" } else { "," })
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Environment(name) => (*name).to_owned(),
        Origin::File(place) => place.path_and_line(),
    }
}
