//! Makes changes: each kind of step is a call of a function of the shell.

mod account;
mod body;
mod files;
mod process;
mod unpack;
mod write;

use super::reply::Reply;
use super::run::run;
use super::script::Library;
use super::shell_host::ShellHost;
use crate::host::{Host, HostError, Limits, Output, Step, poll};
use camino::Utf8Path;
use write::Writing;

const PLACE: Library = Library {
    name: "place",
    text: include_str!("place.sh"),
};

/// Makes one change.
#[expect(clippy::too_many_lines, reason = "one call for each kind of step")]
pub(super) fn apply(host: &ShellHost, step: &Step, limits: &Limits) -> Result<Output, HostError> {
    match step {
        Step::Write {
            path,
            before,
            body,
            ownership,
            backup,
            validate,
        } => {
            let writing = Writing {
                path,
                before: before.as_ref(),
                ownership,
                backup: backup.as_deref(),
                validate: validate.as_deref(),
            };
            write::write(host, &writing, body, limits)?;
        }
        Step::Copy {
            from,
            to,
            before,
            sha256,
            ownership,
            backup,
        } => {
            let writing = Writing {
                path: to,
                before: before.as_ref(),
                ownership,
                backup: backup.as_deref(),
                validate: None,
            };
            write::copy(host, &writing, from, sha256, limits)?;
        }
        Step::Mkdir { path, ownership } => files::mkdir(host, path, ownership, limits)?,
        Step::Symlink {
            path,
            target,
            before,
        } => {
            files::symlink(host, path, target, before.as_deref(), limits)?;
        }
        Step::Hardlink { path, target } => files::hardlink(host, path, target, limits)?,
        Step::Attributes {
            path,
            after,
            follow,
            ..
        } => {
            files::attributes(host, path, after, *follow, limits)?;
        }
        Step::Touch {
            path,
            modified,
            accessed,
        } => {
            files::touch(host, path, *modified, *accessed, limits)?;
        }
        Step::Remove { path, directory } => files::remove(host, path, *directory, limits)?,
        Step::Rename { from, to } => files::rename(host, from, to, limits)?,
        Step::Unpack(unpack) => unpack::unpack(host, unpack, limits)?,
        Step::Run {
            command,
            any_status,
        } => {
            let output = run(host, command, limits)?;
            if output.status != 0 && !any_status {
                let command = command.display();
                return Err(HostError::Command { command, output });
            }
            return Ok(output);
        }
        Step::StartProcess(start) => process::start(host, start, limits)?,
        Step::SignalProcess {
            pid,
            started,
            signal,
            ..
        } => {
            process::signal(host, *pid, *started, signal, limits)?;
        }
        Step::User {
            before,
            after,
            system,
            home,
            password,
        } => {
            let how = account::How {
                system: *system,
                home: *home,
            };
            let password = password.as_deref();
            account::change_user(host, before.as_ref(), after.as_ref(), how, password, limits)?;
        }
        Step::Group {
            before,
            after,
            system,
        } => {
            account::change_group(host, before.as_ref(), after.as_ref(), *system, limits)?;
        }
        Step::Set(setting) => {
            for command in &setting.setters {
                let output = run(host, command, limits)?;
                if output.status != 0 {
                    let command = command.display();
                    return Err(HostError::Command { command, output });
                }
            }
        }
        Step::Wait(wait) => poll(host, wait, limits)?,
        Step::Talk(talk) => {
            let connect =
                |name: &str, port, limits: &Limits| Host::connect(host, name, port, limits);
            return Ok(Output {
                returned: Box::new(talk.dialogue.hold(&connect, limits)?),
                ..Output::default()
            });
        }
    }
    Ok(Output::default())
}

/// Understands the reply of a function that ends with one piece: 0 is done, `changed` says that
/// `path` is not as it was when the step was planned, `invalid` that the new content is not valid.
fn conclude(reply: &Reply, action: &str, path: &Utf8Path) -> Result<(), HostError> {
    let word = reply.pieces.last().map_or("", |piece| piece.word.as_str());
    let failed = |reason: String| HostError::Step {
        action: action.to_owned(),
        reason,
    };
    match word {
        "0" => Ok(()),
        "changed" => Err(HostError::ChangedSincePlan {
            path: path.to_owned(),
        }),
        "invalid" => Err(failed(format!(
            "the new content is not valid: {}",
            reply.reason()
        ))),
        _ => Err(failed(reply.reason())),
    }
}
