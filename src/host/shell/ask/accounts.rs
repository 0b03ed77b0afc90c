//! Users and groups.

use super::{Pieces, Plan};
use crate::host::shell::script::Library;
use crate::host::{Answer, Group, HostError, User};

pub(in crate::host::shell) const ACCOUNTS: Library = Library {
    name: "accounts",
    text: include_str!("accounts.sh"),
};

/// Adds a question about a user.
pub(super) fn ask_user<'a>(plan: &mut Plan<'a>, index: usize, name: &'a str) {
    plan.call(
        &[&ACCOUNTS],
        "rmq_user",
        [argument(name)],
        move |pieces, answers| {
            let user = read_user(name, pieces)?;
            answers.set(index, Answer::User(user));
            Ok(())
        },
    );
}

/// Adds a question about a group.
pub(super) fn ask_group<'a>(plan: &mut Plan<'a>, index: usize, name: &'a str) {
    plan.call(
        &[&ACCOUNTS],
        "rmq_tell_entry",
        ["group", argument(name)],
        move |pieces, answers| {
            let entry = entry(pieces)?;
            let group = entry.as_deref().and_then(|entry| group(entry, name));
            answers.set(index, Answer::Group(group));
            Ok(())
        },
    );
}

/// Returns the name if it is valid for an account, or else one that no account has: so it cannot be
/// an option, nor match a part of a line of /etc/passwd.
fn argument(name: &str) -> &str {
    if name.starts_with('-') || name.is_empty() || name.contains([':', '\n', '\0']) {
        ":"
    } else {
        name
    }
}

/// Takes the entry of an account, or returns `None` if it does not exist.
fn entry(pieces: &mut Pieces) -> Result<Option<String>, HostError> {
    let piece = pieces.next()?;
    let text = String::from_utf8_lossy(&piece.bytes).into_owned();
    match piece.word.as_str() {
        "0" => Ok(text.lines().next().map(str::to_owned)),
        // getent exits with 2 if the name is unknown; some versions with 1.
        "1" | "2" => Ok(None),
        _ => Err(HostError::Protocol(pieces.complaint("getent"))),
    }
}

fn read_user(name: &str, pieces: &mut Pieces) -> Result<Option<User>, HostError> {
    let Some(entry) = entry(pieces)? else {
        return Ok(None);
    };
    let mut groups = || -> Result<String, HostError> {
        let piece = pieces.next()?;
        Ok(String::from_utf8_lossy(&piece.bytes).trim_end().to_owned())
    };
    let (primary, all) = (groups()?, groups()?);
    Ok(user(&entry, name, &primary, &all))
}

/// Reads a line of `/etc/passwd`, if it is about the user of this name or number.
fn user(entry: &str, name: &str, primary: &str, all: &str) -> Option<User> {
    let fields: Vec<_> = entry.split(':').collect();
    let &[found, _, uid, gid, comment, home, shell] = fields.as_slice() else {
        return None;
    };
    if found != name && uid != name {
        return None;
    }
    let mut groups: Vec<_> = all.split_whitespace().map(str::to_owned).collect();
    groups.retain(|group| group != primary);
    groups.sort();
    Some(User {
        name: found.to_owned(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        group: primary.to_owned(),
        comment: comment.to_owned(),
        home: home.into(),
        shell: shell.into(),
        groups,
    })
}

/// Reads a line of `/etc/group`, if it is about the group of this name or number.
fn group(entry: &str, name: &str) -> Option<Group> {
    let fields: Vec<_> = entry.split(':').collect();
    let &[found, _, gid, members] = fields.as_slice() else {
        return None;
    };
    let mut members: Vec<_> = members
        .split(',')
        .filter(|member| !member.is_empty())
        .map(str::to_owned)
        .collect();
    members.sort();
    (found == name || gid == name).then(|| Group {
        name: found.to_owned(),
        gid: gid.parse().unwrap_or_default(),
        members,
    })
}
