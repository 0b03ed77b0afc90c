//! `rmqplay test`: runs the cases of a project's roles and modules on machines in memory, or on
//! hosts of a lab.

mod carry_out;
mod case;
mod compare;
mod declared_command;
mod expect;
mod find;
mod keys;
mod lab;
mod laws;
mod machine;
mod show;
mod test_host;
mod thing;

use super::interrupt::Interrupt;
use super::options::LoginArguments;
use super::project::{Project, playbook_folder, user_folder};
use super::{Exit, refuse, refuse_because};
use crate::inventory::Inventory;
use crate::run::Options;
use crate::source::LocalPath;
use carry_out::Ground;
use case::Case;
use clap::Args;

/// Run the cases of a project's roles and modules.
///
/// Cases are in `tests/*.yml` and `roles/*/tests/*.yml`. Each runs on a machine in memory with what
/// it declares: predicted, applied, and applied again. Nothing is connected to.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only these: files, folders, or parts of the names of cases.
    #[arg(value_name = "PATH|NAME")]
    wanted: Vec<String>,
    /// The folder of the playbooks; roles are in it or next to it.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    playbook_dir: LocalPath,
    /// Run the cases' tasks on the hosts of an inventory instead: they are CHANGED.
    #[arg(long)]
    lab: bool,
    /// The inventory of the lab; may be given repeatedly.
    #[arg(
        short,
        long,
        value_name = "SOURCE",
        requires = "lab",
        default_value = "inventory/lab.yml"
    )]
    inventory: Vec<String>,
    /// Only these hosts of the lab (a pattern).
    #[arg(short, long, value_name = "PATTERN", requires = "lab")]
    limit: Option<String>,
    #[command(flatten)]
    login: LoginArguments,
}

/// Runs cases.
pub(super) fn execute(arguments: &Arguments, interrupt: &Interrupt) -> Exit {
    if arguments.login.are_given() && !arguments.lab {
        let message = "options that say how hosts are reached need --lab";
        return refuse_because(message, None, Exit::Usage);
    }
    let folder = match playbook_folder(&arguments.playbook_dir) {
        Ok(folder) => folder,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    let files = find::files(folder, &arguments.wanted);
    let cases = match case::read_all(&files) {
        Ok(cases) => cases,
        Err(problems) => return refuse(&problems, Exit::Unreachable),
    };
    if cases.is_empty() {
        return no_cases();
    }
    let cases = match find::wanted(cases, &arguments.wanted) {
        Ok(cases) => cases,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    let project = Project::of([folder.clone()], &[], user_folder());
    let added = project
        .registry()
        .and_then(|registry| Ok((registry, project.extensions()?)));
    let (registry, extensions) = match added {
        Ok(added) => added,
        Err(problems) => return refuse(&problems, Exit::Unreachable),
    };
    let options = match arguments.login.options() {
        Ok(options) => options,
        Err(problems) => return refuse(&problems, Exit::Error),
    };
    let ground = Ground {
        registry,
        folder: folder.clone(),
        options: Options {
            extensions,
            limit: arguments.limit.clone(),
            ..options
        },
        cancel: interrupt.cancel(),
    };
    if arguments.lab {
        if let Err(problems) = Inventory::load(&arguments.inventory) {
            return refuse(&problems, Exit::Error);
        }
        interrupt.run_begins();
        let lab = lab::Lab::of(ground, arguments.inventory.clone());
        run(&cases, &lab.ground, |case| lab.check(case))
    } else {
        interrupt.run_begins();
        run(&cases, &ground, |case| laws::check(case, &ground))
    }
}

fn no_cases() -> Exit {
    let message = "no cases found";
    let help = "cases are in tests/*.yml and roles/*/tests/*.yml; `rmqplay new` creates some";
    refuse_because(message, Some(help.to_owned()), Exit::Usage)
}

/// The outcome of a case.
enum Verdict {
    Passed,
    /// It does not apply, with the reason.
    Left(&'static str),
    /// It failed, with messages that are ready to be shown.
    Failed(Vec<String>),
}

impl Verdict {
    fn of(failures: Vec<String>) -> Self {
        if failures.is_empty() {
            Self::Passed
        } else {
            Self::Failed(failures)
        }
    }
}

fn run(cases: &[Case], ground: &Ground, check: impl Fn(&Case) -> Verdict) -> Exit {
    let mut show = show::Show::of(cases.len());
    for case in cases {
        show::begins(case);
        let verdict = check(case);
        if ground.cancel.is_cancelled() {
            show::interrupted();
            return Exit::Interrupted;
        }
        show.ends(case, verdict);
    }
    if show.summary() {
        Exit::Ok
    } else {
        Exit::HostFailed
    }
}
