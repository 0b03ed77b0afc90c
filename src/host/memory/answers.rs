//! Answers questions from what check mode changed and from the machine below.

use super::overlay::{Backing, Entry, Here};
use super::view::{Stop, View, all, mismatch};
use crate::host::{
    Access, Answer, Content, Doubtful, Facts, Group, HostError, Kind, Node, Process, ProcessMatch,
    Question, User,
};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

impl View<'_> {
    /// Answers one question.
    pub(super) fn answer(&self, question: &Question) -> Result<Answer, Stop> {
        Ok(match question {
            Question::Path {
                path,
                follow,
                content,
            } => Answer::Path(
                self.find(path, *follow, content)?
                    .here
                    .map(|here| here.node),
            ),
            Question::Access(path) => Answer::Access(self.access(path)?),
            Question::Tree { path, depth } => Answer::Tree(self.tree(path, *depth)?),
            Question::Processes(recognise) => Answer::Processes(self.processes(recognise)?),
            Question::User(name) => Answer::User(self.user(name)?),
            Question::Group(name) => Answer::Group(self.group(name)?),
            Question::Port { host, port } => Answer::Port(self.port(host, *port)?),
            Question::Lock(_) => self.below(question.clone())?.clone(),
            Question::Facts => Answer::Facts(Box::new(self.facts_of_acting()?)),
        })
    }

    pub(super) fn access(&self, path: &Utf8Path) -> Result<Access, Stop> {
        let found = self.find(path, true, &Content::None).inspect_err(|_| {
            if let Backing::Below(at) = self.state.backing(path) {
                // Usually no parent is a link; then both answers come at once.
                let _ = self.below(Question::Access(at));
            }
        })?;
        let Some(here) = found.here else {
            return Ok(Access::default());
        };
        if let (None, Backing::Below(at)) = (self.acting_as, self.state.backing(&found.path)) {
            return match self.below(Question::Access(at))? {
                Answer::Access(access) => Ok(*access),
                other => Err(mismatch(other)),
            };
        }
        self.by_bits(&here.node)
    }

    /// Returns the facts of the machine below.
    pub(super) fn facts(&self) -> Result<&Facts, Stop> {
        match self.below(Question::Facts)? {
            Answer::Facts(facts) => Ok(facts),
            other => Err(mismatch(other)),
        }
    }

    /// Returns the facts as seen by the user that owns new files.
    fn facts_of_acting(&self) -> Result<Facts, Stop> {
        let mut facts = self.facts()?.clone();
        let Some(name) = self.acting_as else {
            return Ok(facts);
        };
        let Some(user) = self.user(name)? else {
            return Ok(facts);
        };
        let environment = facts.0.get("env").and_then(crate::value::fields);
        let mut environment = environment.unwrap_or_default();
        for (variable, value) in [
            ("HOME", user.home.as_str()),
            ("USER", name),
            ("LOGNAME", name),
        ] {
            environment.insert(variable.to_owned(), value.into());
        }
        let told: [(&str, crate::value::Value); 7] = [
            ("user_id", name.into()),
            ("user_uid", user.uid.into()),
            ("user_gid", user.gid.into()),
            ("user_dir", user.home.as_str().into()),
            ("user_shell", user.shell.as_str().into()),
            ("user_gecos", user.comment.as_str().into()),
            ("env", crate::value::map(environment)),
        ];
        for (fact, value) in told {
            if facts.0.contains_key(fact) {
                facts.0.insert(fact.to_owned(), value);
            }
        }
        Ok(facts)
    }

    /// Returns a user account.
    pub(super) fn user(&self, name: &str) -> Result<Option<User>, Stop> {
        self.is_known(&Doubtful::User(name.to_owned()))?;
        if let Some(user) = self.state.users.get(name) {
            return Ok(user.clone());
        }
        let made = self.state.users.values().flatten();
        if let Some(user) = name
            .parse()
            .ok()
            .and_then(|uid: u32| made.into_iter().find(|user| user.uid == uid))
        {
            return Ok(Some(user.clone()));
        }
        match self.below(Question::User(name.to_owned()))? {
            // The number may belong to an account that was removed.
            Answer::User(Some(user)) => Ok(self
                .state
                .users
                .get(&user.name)
                .map_or_else(|| Some(user.clone()), Clone::clone)),
            Answer::User(None) => Ok(None),
            other => Err(mismatch(other)),
        }
    }

    fn entry_of_group(&self, name: &str) -> Result<Option<Group>, Stop> {
        self.is_known(&Doubtful::Group(name.to_owned()))?;
        if let Some(group) = self.state.groups.get(name) {
            return Ok(group.clone());
        }
        let mut made = self.state.groups.values().flatten();
        let number: Option<u32> = name.parse().ok();
        if let Some(group) = number.and_then(|gid| made.find(|group| group.gid == gid)) {
            return Ok(Some(group.clone()));
        }
        match self.below(Question::Group(name.to_owned()))? {
            // The number may belong to a group that was removed.
            Answer::Group(Some(group)) => Ok(self
                .state
                .groups
                .get(&group.name)
                .map_or_else(|| Some(group.clone()), Clone::clone)),
            Answer::Group(None) => Ok(None),
            other => Err(mismatch(other)),
        }
    }

    /// Returns a group, with members updated for changed users.
    pub(super) fn group(&self, name: &str) -> Result<Option<Group>, Stop> {
        let Some(mut group) = self.entry_of_group(name)? else {
            return Ok(None);
        };
        for (user, account) in &self.state.users {
            group.members.retain(|member| member != user);
            if account
                .as_ref()
                .is_some_and(|account| account.groups.contains(&group.name))
            {
                group.members.push(user.clone());
            }
        }
        group.members.sort();
        Ok(Some(group))
    }

    fn processes(&self, recognise: &ProcessMatch) -> Result<Vec<Process>, Stop> {
        self.is_known(&Doubtful::Processes)?;
        let below = match self.below(Question::Processes(recognise.clone()))? {
            Answer::Processes(found) => found,
            other => return Err(mismatch(other)),
        };
        let is_left = |process: &&Process| {
            let id = (process.pid, process.started);
            !self.state.ended.contains(&id)
        };
        let started = self.state.started.iter().map(|started| &started.process);
        Ok(below
            .iter()
            .filter(is_left)
            .chain(started.filter(|process| recognise.matches(process)))
            .cloned()
            .collect())
    }

    fn port(&self, host: &str, port: u16) -> Result<bool, Stop> {
        if !self.state.doubts.is_empty() && self.facts()?.names_this_machine(host) {
            self.is_known(&Doubtful::Port(port))?;
        }
        if let Some(open) = self.state.ports.get(&port)
            && (self.facts()?.names_this_machine(host))
        {
            return Ok(*open);
        }
        let question = Question::Port {
            host: host.to_owned(),
            port,
        };
        match self.below(question)? {
            Answer::Port(open) => Ok(*open),
            other => Err(mismatch(other)),
        }
    }

    /// Returns everything below a directory, with paths starting with the requested one.
    pub(super) fn tree(
        &self,
        path: &Utf8Path,
        depth: Option<u32>,
    ) -> Result<Vec<(Utf8PathBuf, Node)>, Stop> {
        let found = self.find(path, false, &Content::None).inspect_err(|_| {
            if let Backing::Below(at) = self.state.backing(path) {
                // Usually no parent is a link; then both answers come at once.
                let _ = self.tree_below(&at, depth);
            }
        })?;
        let Some(Here { node, rest, .. }) = found.here else {
            return Ok(Vec::new());
        };
        if node.kind != Kind::Directory {
            return Ok(Vec::new());
        }
        let root = found.path;
        let mut nodes = BTreeMap::new();
        let level = |below: &Utf8Path| {
            let names = below.components().count() - root.components().count();
            u32::try_from(names).unwrap_or(u32::MAX)
        };
        let is_near = |below: &Utf8Path| depth.is_none_or(|depth| level(below) <= depth);
        // Where unchanged entries are on the machine below.
        let mut parts: Vec<(Utf8PathBuf, Utf8PathBuf)> = Vec::new();
        parts.extend(rest.map(|at| (root.clone(), at)));
        for (path, entry) in self.state.below(&root) {
            let here = match entry {
                Entry::Gone => continue,
                Entry::Unknown(reason) => return Err(HostError::from(reason.clone()).into()),
                Entry::Here(here) => here,
            };
            if let Some(reason) = &here.doubt {
                return Err(HostError::from(reason.clone()).into());
            }
            if is_near(path) {
                nodes.insert(path.clone(), here.node.clone());
            }
            if let Some(at) = &here.rest
                && !parts.iter().any(|part| covers(part, path, at))
            {
                parts.push((path.clone(), at.clone()));
            }
        }
        let answers = all(parts, |(part, at)| {
            let left = depth.map(|depth| depth.saturating_sub(level(&part)));
            Ok((part, self.tree_below(&at, left)?))
        })?;
        for (part, found) in answers {
            for (at, rest, node) in found {
                let shown = part.join(rest);
                // Entries below something changed are hidden, or listed there.
                if self.state.is_backed_by(&shown, at) {
                    nodes.insert(shown, node.clone());
                }
            }
        }
        Ok(nodes
            .into_iter()
            .filter_map(|(found, node)| Some((path.join(found.strip_prefix(&root).ok()?), node)))
            .collect())
    }

    /// Returns the entries below a directory of the machine: path there, path below it, node.
    fn tree_below(
        &self,
        path: &Utf8Path,
        depth: Option<u32>,
    ) -> Result<Vec<(&Utf8Path, &Utf8Path, &Node)>, Stop> {
        if depth == Some(0) {
            return Ok(Vec::new());
        }
        let question = Question::Tree {
            path: path.to_owned(),
            depth,
        };
        match self.below(question)? {
            Answer::Tree(found) => Ok(found
                .iter()
                .filter_map(|(at, node)| Some((at.as_path(), at.strip_prefix(path).ok()?, node)))
                .collect()),
            other => Err(mismatch(other)),
        }
    }
}

/// Returns whether a part of a tree shows at `path` what the machine has at `at`.
fn covers((part, below): &(Utf8PathBuf, Utf8PathBuf), path: &Utf8Path, at: &Utf8Path) -> bool {
    path.strip_prefix(part)
        .is_ok_and(|rest| below.join(rest) == at)
}
