//! `rmqplay exec`: runs one module on hosts, like one task of a playbook.

use super::interrupt::Interrupt;
use super::options::SharedArguments;
use super::project::{Project, user_folder};
use super::start::{Plan, Prepared, Shown, Sink, Start};
use super::{Exit, candidates, refuse, refuse_because};
use crate::run::TagFilter;
use crate::source::{LocalPath, Result, SourceFile};
use clap::{Args, ValueHint};
use serde_json::json;
use std::sync::Arc;

/// Run one module on hosts.
///
/// A command can follow `--`: `rmqplay exec masters -i prod.yml -- uptime`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Hosts to run it on (a pattern).
    #[arg(value_name = "PATTERN", add = candidates::host_pattern())]
    pattern: String,
    /// Module to run.
    #[arg(
        short,
        long,
        alias = "module-name",
        value_name = "MODULE",
        add = candidates::module(),
        default_value = "command",
        conflicts_with = "command"
    )]
    module: String,
    /// Arguments of the module: key=value, YAML or free text.
    #[arg(short, long, value_name = "ARGUMENTS", conflicts_with = "command")]
    args: Option<String>,
    /// Folder in which files and roles are searched [default: the working directory].
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    playbook_dir: Option<LocalPath>,
    /// Command to run, after `--`.
    #[arg(last = true)]
    command: Vec<String>,
    #[command(flatten)]
    shared: SharedArguments,
}

/// Runs one module on hosts.
pub(super) fn execute(arguments: &Arguments, interrupt: &Interrupt) -> Exit {
    if arguments.command.is_empty() && arguments.args.is_none() && arguments.module == "command" {
        let help = "such as: rmqplay exec all -- uptime".to_owned();
        return refuse_because("no command was given", Some(help), Exit::Usage);
    }
    let options =
        match arguments
            .shared
            .hosts
            .options(&arguments.module, TagFilter::default(), false)
        {
            Ok(options) => options,
            Err(problems) => return refuse(&problems, Exit::Usage),
        };
    let folder = arguments.playbook_dir.clone();
    let folder = folder.unwrap_or_else(LocalPath::start);
    let start = Start {
        shared: &arguments.shared,
        interrupt,
        options,
        roles_path: &[],
        folder: &folder,
        project: Project::of([folder.clone()], &[], user_folder()),
        shown: Shown::Command,
        sink: Sink::Output,
    };
    start.run(|session| {
        let file = playbook(arguments)?;
        let playbook = session.loader.playbook_in(&file)?;
        session.validate(&playbook, true)?;
        Ok(Plan::CarryOut(vec![Prepared {
            playbook,
            prompted: Vec::new(),
            start_at: None,
        }]))
    })
}

/// Returns the playbook with that one task, as JSON, which is valid YAML.
fn playbook(arguments: &Arguments) -> Result<Arc<SourceFile>> {
    let module_arguments = match &arguments.args {
        None if arguments.command.is_empty() => json!({}),
        None => json!({"argv": arguments.command}),
        Some(text) if text.trim_start().starts_with('{') => {
            let node = crate::yaml::read(&SourceFile::new("<arguments>", text.as_str()))?;
            crate::value::to_json(&node.to_value())
        }
        Some(text) => json!(text),
    };
    let mut task = serde_json::Map::new();
    task.insert(arguments.module.clone(), module_arguments);
    let play = json!([{
        "hosts": arguments.pattern,
        "gather_facts": false,
        "tasks": [task],
    }]);
    Ok(SourceFile::new("<exec>", play.to_string()))
}
