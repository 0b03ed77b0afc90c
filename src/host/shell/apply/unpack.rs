//! Unpacks archives.

use super::body::send_file;
use super::{WAY, conclude};
use crate::host::shell::script::{Library, Script};
use crate::host::shell::shell_host::{BASE, ShellHost};
use crate::host::shell::unfinished::{UNFINISHED, temporary_name};
use crate::host::{Answer, Content, HostError, Limits, Question, Unpack, UnpackEntry};
use camino::Utf8PathBuf;

const UNPACK: Library = Library {
    name: "unpack",
    text: include_str!("unpack.sh"),
};

/// The number of paths whose owner one request sets, far below the limit of a program's arguments.
const BATCH: usize = 200;

/// Puts the entries of an archive into a directory.
pub(super) fn unpack(host: &ShellHost, unpack: &Unpack, limits: &Limits) -> Result<(), HostError> {
    check_before(host, unpack, limits)?;
    let action = format!("unpack {} into {}", unpack.name, unpack.directory);
    let mut script = Script::with(&[&BASE, &UNFINISHED, &WAY, &UNPACK]);
    let name = temporary_name()?;
    script.call("rmq_unpack", [unpack.directory.as_str(), &name]);
    let reply = host.with_own_session(limits, |session| {
        session.send_last(&script, limits)?;
        send_file(session, &unpack.tar, limits)?;
        session.finish_input(limits)?;
        session.reply(limits)
    })?;
    if reply
        .pieces
        .last()
        .is_some_and(|piece| piece.word == "missing")
    {
        return Err(HostError::Missing("tar".to_owned()));
    }
    conclude(&reply, &action, &unpack.directory)?;
    give(host, unpack, &action, limits)
}

/// Fails if a file to be replaced has changed since the step was planned.
fn check_before(host: &ShellHost, unpack: &Unpack, limits: &Limits) -> Result<(), HostError> {
    let replaced: Vec<_> = unpack
        .entries
        .iter()
        .filter_map(|entry| Some((path(unpack, entry), entry.before.as_ref()?)))
        .collect();
    let questions: Vec<_> = replaced
        .iter()
        .map(|(path, _)| Question::Path {
            path: path.clone(),
            follow: false,
            content: Content::Digest,
        })
        .collect();
    if questions.is_empty() {
        return Ok(());
    }
    let answers = super::super::ask::ask(host, &questions, limits)?;
    for ((path, before), answer) in replaced.into_iter().zip(answers) {
        let Answer::Path(Some(node)) = answer else {
            return Err(HostError::ChangedSincePlan { path });
        };
        if node.sha256.as_ref() != Some(&before.sha256) {
            return Err(HostError::ChangedSincePlan { path });
        }
    }
    Ok(())
}

/// Sets the owners of the entries, if given.
fn give(host: &ShellHost, unpack: &Unpack, action: &str, limits: &Limits) -> Result<(), HostError> {
    let mut entries = unpack.entries.as_slice();
    let mut scripts = Vec::new();
    while let Some(first) = entries.first() {
        let alike = |entry: &UnpackEntry| {
            let (one, other) = (&entry.ownership, &first.ownership);
            one.owner == other.owner && one.group == other.group
        };
        let end = entries
            .iter()
            .take(BATCH)
            .take_while(|entry| alike(entry))
            .count();
        let (batch, rest) = entries.split_at(end);
        entries = rest;
        let owner = match (&first.ownership.owner, &first.ownership.group) {
            (None, None) => continue,
            (owner, None) => owner.clone().unwrap_or_default(),
            (owner, Some(group)) => format!("{}:{group}", owner.as_deref().unwrap_or("")),
        };
        let paths = batch.iter().map(|entry| path(unpack, entry).into_string());
        let mut script = Script::with(&[&BASE, &UNPACK]);
        script.call("rmq_give", std::iter::once(owner).chain(paths));
        scripts.push(script);
    }
    if scripts.is_empty() {
        return Ok(());
    }
    for reply in host.exchange(&scripts, limits)? {
        conclude(&reply, action, &unpack.directory)?;
    }
    Ok(())
}

fn path(unpack: &Unpack, entry: &UnpackEntry) -> Utf8PathBuf {
    unpack.directory.join(&entry.path)
}
