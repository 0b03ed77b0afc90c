//! Makes changes: each kind of step is a call of a shell function.

mod account;
mod body;
mod files;
mod process;
mod request;
mod unpack;
mod write;

use super::fetch::fetch;
use super::lock;
use super::reply::Reply;
use super::run::run;
use super::script::Library;
use super::shell_host::ShellHost;
use crate::host::{Host, HostError, Limits, Output, Step, poll};
use camino::Utf8Path;
use request::{Batch, Request};
use write::Writing;

const PLACE: Library = Library {
    name: "place",
    text: include_str!("place.sh"),
};

const WAY: Library = Library {
    name: "way",
    text: include_str!("way.sh"),
};

/// Makes changes in order. Changes that are one request each are sent together.
pub(super) fn apply_all(
    host: &ShellHost,
    steps: &[Step],
    limits: &Limits,
) -> Result<Vec<Output>, HostError> {
    let mut outputs = Vec::with_capacity(steps.len());
    let mut batch = Batch::default();
    for step in steps {
        match request(step) {
            Ok(Some(request)) => {
                batch.add(request, host, limits)?;
                outputs.push(Output::default());
            }
            other => {
                // Earlier steps are done first, whether they succeed or not.
                batch.send(host, limits)?;
                other?;
                limits.check()?;
                outputs.push(by_itself(host, step, limits)?);
            }
        }
    }
    batch.send(host, limits)?;
    Ok(outputs)
}

/// Makes one change.
pub(super) fn apply(host: &ShellHost, step: &Step, limits: &Limits) -> Result<Output, HostError> {
    match request(step)? {
        Some(request) => request.send(host, limits).map(|()| Output::default()),
        None => by_itself(host, step, limits),
    }
}

/// Returns a step as a single request to the kept shell; `None` if it needs more.
fn request(step: &Step) -> Result<Option<Request>, HostError> {
    Ok(Some(match step {
        Step::Write { body, .. } => match writing(step) {
            Some(writing) => return write::inline(&writing, body),
            None => return Ok(None),
        },
        Step::Copy { from, sha256, .. } => match writing(step) {
            Some(writing) => write::copy(&writing, from, sha256)?,
            None => return Ok(None),
        },
        Step::Mkdir { path, ownership } => files::mkdir(path, ownership),
        Step::Symlink {
            path,
            target,
            before,
        } => files::symlink(path, target, before.as_deref())?,
        Step::Hardlink { path, target } => files::hardlink(path, target)?,
        Step::Attributes {
            path,
            after,
            follow,
            ..
        } => files::attributes(path, after, *follow),
        Step::Touch {
            path,
            modified,
            accessed,
        } => files::touch(path, *modified, *accessed),
        Step::Remove { path, directory } => files::remove(path, *directory)?,
        Step::Rename { from, to } => files::rename(from, to),
        _ => return Ok(None),
    }))
}

/// Returns the content of a step that creates a regular file.
fn writing(step: &Step) -> Option<Writing<'_>> {
    match step {
        Step::Write {
            path,
            before,
            ownership,
            backup,
            validate,
            ..
        } => Some(Writing {
            path,
            before: before.as_ref(),
            ownership,
            backup: backup.as_deref(),
            validate: validate.as_deref(),
        }),
        Step::Copy {
            to,
            before,
            ownership,
            backup,
            ..
        } => Some(Writing {
            path: to,
            before: before.as_ref(),
            ownership,
            backup: backup.as_deref(),
            validate: None,
        }),
        _ => None,
    }
}

/// Makes a change that is not just one request.
fn by_itself(host: &ShellHost, step: &Step, limits: &Limits) -> Result<Output, HostError> {
    match step {
        Step::Write { body, .. } => {
            if let Some(writing) = writing(step) {
                write::stream(host, &writing, body, limits)?;
            }
        }
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
        Step::EndMarked(mark) => return process::end_marked(host, mark, limits),
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
            new_home,
            shares_number,
            forced,
            password,
            aging,
        } => {
            let how = account::How {
                system: *system,
                home: *home,
                new_home,
                shares_number: *shares_number,
                forced: *forced,
                password: password.as_deref(),
                aging,
            };
            account::change_user(host, before.as_ref(), after.as_ref(), how, limits)?;
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
        Step::Fetch(fetched) => {
            return fetched.keep(&|sink| fetch(host, &fetched.from, sink, limits));
        }
        Step::Wait(wait) => poll(host, wait, limits)?,
        Step::Lock(lock) => return lock::take(host, lock, limits),
        Step::Talk(talk) => {
            let connect =
                |name: &str, port, limits: &Limits| Host::connect(host, name, port, limits);
            return Ok(Output {
                returned: Box::new(talk.dialogue.hold(&connect, limits)?),
                ..Output::default()
            });
        }
        Step::Copy { .. }
        | Step::Mkdir { .. }
        | Step::Symlink { .. }
        | Step::Hardlink { .. }
        | Step::Attributes { .. }
        | Step::Touch { .. }
        | Step::Remove { .. }
        | Step::Rename { .. } => {}
    }
    Ok(Output::default())
}

/// Returns the mode as an argument of `chmod`, empty for none. GNU `chmod` and `mkdir` clear the
/// set-group-ID bit of a directory only if they are given five digits.
fn exact_mode(mode: Option<u32>) -> String {
    mode.map_or_else(String::new, |mode| format!("{mode:05o}"))
}

/// Understands the reply of a function that ends with one piece: 0 is done, `changed` says that
/// `path` is not as it was when the step was planned, `invalid` that the new content is not valid,
/// 66 that a link on the way is not to be followed.
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
        "66" => Err(foreign_link(reply)),
        "invalid" => Err(failed(format!(
            "the new content is not valid: {}",
            reply.printed()
        ))),
        _ => Err(failed(reply.reason())),
    }
}

/// Returns the error that a link is not followed, which the last piece names.
fn foreign_link(reply: &Reply) -> HostError {
    let told = reply.pieces.last().map_or(&[][..], |piece| &piece.bytes);
    let told = String::from_utf8_lossy(told);
    let (owner, link) = told.split_once(' ').unwrap_or_default();
    HostError::ForeignLink {
        link: link.into(),
        owner: owner.to_owned(),
    }
}
