//! How steps that change users and groups affect the state that check mode predicts.

use super::files::cannot;
use super::overlay::{Edit, Entry, Here, State};
use super::source::Source;
use super::view::{Stop, View};
use crate::host::{Content, Group, HostError, Kind, Node, User};

/// A change of accounts, including a home directory.
#[derive(Debug, Default)]
pub(super) struct AccountChange {
    pub(super) users: Vec<(String, Option<User>)>,
    pub(super) groups: Vec<(String, Option<Group>)>,
    pub(super) edits: Vec<Edit>,
    /// A user that did not exist before.
    pub(super) made: Option<String>,
}

impl State {
    /// Applies a change of accounts.
    pub(super) fn change_accounts(&mut self, change: AccountChange) {
        self.made.extend(change.made);
        self.users.extend(change.users);
        self.groups.extend(change.groups);
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
        before: Option<&User>,
        after: Option<&User>,
        home: bool,
    ) -> Result<AccountChange, Stop> {
        let Some(name) = after.or(before).map(|user| user.name.clone()) else {
            return Ok(AccountChange::default());
        };
        if self.user(&name)?.as_ref() != before {
            return Err(changed("user", &name));
        }
        let mut change = AccountChange::default();
        if let (Some(user), true) = (after, home) {
            change.edits.extend(self.home(user)?);
        }
        if let (Some(user), None, true) = (before, after, home) {
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
        Ok(AccountChange {
            groups: vec![(name, after.cloned())],
            ..AccountChange::default()
        })
    }

    fn home(&self, user: &User) -> Result<Option<Edit>, Stop> {
        let spot = self.slot(&user.home, &Content::None, "make the home directory")?;
        match spot.here {
            None => {
                let node = Node::new(Kind::Directory, 0o700, user);
                let here = Here::new(node, Source::Bytes(Vec::new().into()));
                Ok(Some(Edit::Replace(spot.path, here.into())))
            }
            Some(here) if here.node.kind == Kind::Directory => Ok(None),
            Some(_) => Err(cannot("make the home directory", &user.home, "File exists")),
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
