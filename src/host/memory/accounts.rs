//! How steps that change users and groups affect the state that check mode predicts.

use super::files::cannot;
use super::overlay::{Edit, Entry, Here, State};
use super::source::Source;
use super::view::{Stop, View};
use crate::host::{Aging, Content, Doubtful, Group, HostError, Kind, NewHome, Node, User};
use crate::value::NotKnown;
use camino::Utf8Path;

/// A change of accounts, including a home directory.
#[derive(Debug, Default)]
pub(super) struct AccountChange {
    pub(super) users: Vec<(String, Option<User>)>,
    pub(super) groups: Vec<(String, Option<Group>)>,
    pub(super) edits: Vec<Edit>,
    /// A user that did not exist before.
    pub(super) made: Option<String>,
    /// What is not known afterwards, and why.
    pub(super) doubt: Option<(Doubtful, NotKnown)>,
}

/// The file with all users of the machine.
const USERS: &str = "/etc/passwd";

/// The settings of the programs that change accounts.
const LOGIN_SETTINGS: &str = "/etc/login.defs";

/// The setting by which the group of a user goes with the user.
const GROUP_OF_USER: &str = "USERGROUPS_ENAB";

/// How many bytes of such a file are read.
const LARGEST: u64 = 1 << 20;

/// What becomes of the group that is named after a user who is removed.
enum Left {
    Stays,
    Goes,
    NotKnown(NotKnown),
}

impl State {
    /// Applies a change of accounts.
    pub(super) fn change_accounts(&mut self, change: AccountChange) {
        self.made.extend(change.made);
        self.users.extend(change.users);
        self.groups.extend(change.groups);
        self.doubts.extend(change.doubt);
        for edit in change.edits {
            self.edit(edit);
        }
    }
}

impl View<'_> {
    /// Returns the user that owns new files.
    pub(super) fn acting(&self) -> Result<User, Stop> {
        let name = if let Some(name) = self.acting_as {
            name
        } else {
            let name = self.facts()?.0.get("user_id");
            let name = name.and_then(|name| name.as_str());
            name.ok_or_else(|| HostError::Missing("fact user_id".to_owned()))?
        };
        self.user(name)?
            .ok_or_else(|| HostError::Missing(format!("user {name}")).into())
    }

    /// Returns the id and name of a user given by either.
    pub(super) fn owner(&self, owner: &str) -> Result<(u32, String), Stop> {
        match (self.user(owner)?, owner.parse()) {
            (Some(user), _) => Ok((user.uid, user.name)),
            (None, Ok(number)) => Ok((number, owner.to_owned())),
            (None, Err(_)) => Err(HostError::Missing(format!("user {owner}")).into()),
        }
    }

    /// Returns the id and name of a group given by either.
    pub(super) fn owning_group(&self, group: &str) -> Result<(u32, String), Stop> {
        match (self.group(group)?, group.parse()) {
            (Some(group), _) => Ok((group.gid, group.name)),
            (None, Ok(number)) => Ok((number, group.to_owned())),
            (None, Err(_)) => Err(HostError::Missing(format!("group {group}")).into()),
        }
    }

    /// Returns the effect of creating, changing or removing a user.
    pub(super) fn change_user(
        &self,
        (before, after): (Option<&User>, Option<&User>),
        home: Option<&NewHome>,
        password: Option<&str>,
        aging: &Aging,
    ) -> Result<AccountChange, Stop> {
        let Some(name) = after.or(before).map(|user| user.name.clone()) else {
            return Ok(AccountChange::default());
        };
        if self.user(&name)?.as_ref() != before {
            return Err(changed("user", &name));
        }
        if before != after {
            self.may_change_accounts("user", &name)?;
        }
        let mut change = AccountChange::default();
        if before.is_none() || after.is_none() || password.is_some() || !aging.is_empty() {
            change
                .edits
                .extend(self.shadow(&name, after.is_some(), password, aging)?);
        }
        if let (Some(user), Some(home)) = (after, home) {
            change.edits.extend(self.home(user, home)?);
        }
        if let (Some(user), None) = (before, after) {
            match self.own_group(user)? {
                Left::Stays => {}
                Left::Goes => change.groups.push((name.clone(), None)),
                Left::NotKnown(reason) => {
                    change.doubt = Some((Doubtful::Group(name.clone()), reason));
                }
            }
        }
        if let (Some(user), None, Some(_)) = (before, after, home) {
            let home = self.find(&user.home, false, &Content::None)?;
            change.edits.push(Edit::Replace(home.path, Entry::Gone));
        }
        if let Some(user) = after
            && self.group(&user.group)?.is_none()
        {
            let group = Group {
                name: user.group.clone(),
                gid: user.gid,
                members: Vec::new(),
            };
            change.groups.push((user.group.clone(), Some(group)));
        }
        change.made = (before.is_none() && after.is_some()).then(|| name.clone());
        change.users.push((name, after.cloned()));
        Ok(change)
    }

    /// Returns the effect of creating, changing or removing a group.
    pub(super) fn change_group(
        &self,
        before: Option<&Group>,
        after: Option<&Group>,
    ) -> Result<AccountChange, Stop> {
        let Some(name) = after.or(before).map(|group| group.name.clone()) else {
            return Ok(AccountChange::default());
        };
        if self.group(&name)?.as_ref() != before {
            return Err(changed("group", &name));
        }
        if before != after {
            self.may_change_accounts("group", &name)?;
        }
        if let (Some(group), None) = (before, after)
            && let Some(user) = self.user_with(group, None)?
        {
            let action = "remove the group";
            let reason = format!("it is the primary group of the user {user}");
            return Err(cannot(action, Utf8Path::new(&name), &reason));
        }
        Ok(AccountChange {
            groups: vec![(name, after.cloned())],
            ..AccountChange::default()
        })
    }

    /// Returns a user whose primary group this is, other than `but`.
    fn user_with(&self, group: &Group, but: Option<&str>) -> Result<Option<String>, Stop> {
        let mut changed = self.state.users.values().flatten();
        if let Some(user) =
            changed.find(|user| user.group == group.name && Some(&*user.name) != but)
        {
            return Ok(Some(user.name.clone()));
        }
        let gid = group.gid.to_string();
        let found = self.text_of(USERS)?.and_then(|users| {
            let mut names = users.lines().filter_map(|line| {
                let fields: Vec<_> = line.split(':').collect();
                (fields.get(3) == Some(&gid.as_str())).then(|| fields[0].to_owned())
            });
            names.find(|name| !self.state.users.contains_key(name) && Some(name.as_str()) != but)
        });
        Ok(found)
    }

    /// Returns what becomes of the group that is named after a user who is removed, if it is that
    /// user's own.
    fn own_group(&self, user: &User) -> Result<Left, Stop> {
        let Some(group) = self.group(&user.name)?.filter(|_| self.judges) else {
            return Ok(Left::Stays);
        };
        let is_shared = group.members.iter().any(|member| *member != user.name);
        if group.gid != user.gid || is_shared || self.user_with(&group, Some(&user.name))?.is_some()
        {
            return Ok(Left::Stays);
        }
        let Some(settings) = self.text_of(LOGIN_SETTINGS)? else {
            let mut programs = self.state.programs.values();
            if !programs.any(|program| program.file_name() == Some("deluser")) {
                return Ok(Left::Stays);
            }
            // Which of busybox's versions it is cannot be seen.
            let reason = format!(
                "depends on whether the group {} goes with its user",
                user.name
            );
            return Ok(Left::NotKnown(NotKnown::new(reason)));
        };
        let mut lines = settings.lines().map(str::split_whitespace);
        let value = lines.find_map(|mut words| {
            (words.next() == Some(GROUP_OF_USER)).then(|| words.next().unwrap_or_default())
        });
        Ok(match value {
            Some("yes") => Left::Goes,
            _ => Left::Stays,
        })
    }

    /// Returns the content of a file of settings, if it is there.
    fn text_of(&self, path: &str) -> Result<Option<String>, Stop> {
        let found = self.find(Utf8Path::new(path), true, &Content::UpTo(LARGEST))?;
        let content = found.here.and_then(|here| here.node.content);
        Ok(content.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn home(&self, user: &User, new: &NewHome) -> Result<Option<Edit>, Stop> {
        let spot = self.slot(&user.home, &Content::None, "make the home directory")?;
        match spot.here {
            None => {
                let node = Node::new(Kind::Directory, new.bits(), user);
                let here = Here::new(node, Source::Bytes(Vec::new().into()));
                Ok(Some(Edit::Replace(spot.path, here.into())))
            }
            // Whatever it is: accounts of programs have homes such as /dev/null.
            Some(_) => Ok(None),
        }
    }
}

fn changed(what: &str, name: &str) -> Stop {
    HostError::Step {
        action: format!("change the {what} {name}"),
        reason: "it was changed while this task was running, possibly by another run".to_owned(),
    }
    .into()
}
