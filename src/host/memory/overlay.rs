//! What check mode has changed on one host so far.

use super::source::Source;
use crate::host::{Doubtful, Group, HostError, Kind, Node, Process, User};
use crate::value::NotKnown;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Numbers of new inodes start here, so that they differ from real ones.
const FIRST_INODE: u64 = 1 << 40;

/// What check mode has changed on one host so far, shared by all users that are become there.
#[derive(Debug, Clone, Default)]
pub struct Overlay(Arc<Mutex<State>>);

impl Overlay {
    /// Returns what check mode has done to a user account.
    pub fn account(&self, name: &str) -> Result<Account, HostError> {
        let state = self.lock();
        if let Some(reason) = state.doubts.get(&Doubtful::User(name.to_owned())) {
            return Err(reason.clone().into());
        }
        Ok(match state.users.get(name) {
            Some(Some(_)) if state.made.contains(name) => Account::Made,
            None | Some(Some(_)) => Account::Unchanged,
            Some(None) => Account::Removed,
        })
    }

    /// Returns whether check mode has changed what stands at a path, or does not know it any more.
    pub fn concerns(&self, path: &Utf8Path) -> bool {
        !self.lock().is_backed_by(path, path)
    }

    /// Returns a copy that goes its own way from now on.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What check mode has done to a user account, for those who want to become that user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// The machine knows it, or nobody does.
    Unchanged,
    /// Made: the machine does not know it.
    Made,
    /// Removed.
    Removed,
}

/// All changes by what they are made to.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) entries: BTreeMap<Utf8PathBuf, Entry>,
    pub(super) started: Vec<Started>,
    /// Processes of the machine that were ended, by pid and start time.
    pub(super) ended: BTreeSet<(u32, u64)>,
    pub(super) ports: BTreeMap<u16, bool>,
    pub(super) users: BTreeMap<String, Option<User>>,
    /// Users that the machine does not know.
    pub(super) made: BTreeSet<String>,
    pub(super) groups: BTreeMap<String, Option<Group>>,
    /// What commands tell that was set, by their words.
    pub(super) settings: BTreeMap<Vec<String>, String>,
    /// Whether programs are there, by the words that ask for them.
    pub(super) programs: BTreeMap<Vec<String>, bool>,
    /// What is not known any more, besides paths, and why.
    pub(super) doubts: BTreeMap<Doubtful, NotKnown>,
    /// How many numbers for inodes and processes were given out.
    pub(super) numbers: u32,
}

/// A program that check mode takes as running.
#[derive(Debug, Clone)]
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) ports: Vec<u16>,
    /// The service of systemd that it runs as.
    pub(super) service: Option<String>,
}

/// What stands at a path after the changes.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// Nothing, and nothing below it.
    Gone,
    /// This.
    Here(Box<Here>),
    /// Nobody knows what, nor what is below it.
    Unknown(NotKnown),
}

/// Something that was made or changed.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub(super) node: Node,
    /// Of a regular file.
    pub(super) source: Source,
    /// Of a directory: where on the machine its other entries are; `None` where it has no others.
    pub(super) rest: Option<Utf8PathBuf>,
    /// Why its owner, mode and times are not known, if they are not.
    pub(super) doubt: Option<NotKnown>,
}

/// What is known about a path whose parents are no links.
pub(super) enum Backing<'a> {
    /// It was changed.
    Changed(&'a Entry),
    /// It is as on the machine at this path.
    Below(Utf8PathBuf),
    /// There is nothing.
    Nothing,
    /// Nobody knows.
    Unknown(&'a NotKnown),
}

/// One change of entries.
#[derive(Debug)]
pub(super) enum Edit {
    /// Puts something at a path and leaves what is below it.
    Put(Utf8PathBuf, Entry),
    /// Puts something at a path and forgets what was below it.
    Replace(Utf8PathBuf, Entry),
    /// Moves everything below the first path to the second and puts the entry there.
    Move(Utf8PathBuf, Utf8PathBuf, Entry),
}

impl State {
    /// Returns whether nothing was changed yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.entries.is_empty()
            && self.started.is_empty()
            && self.ended.is_empty()
            && self.ports.is_empty()
            && self.users.is_empty()
            && self.groups.is_empty()
            && self.doubts.is_empty()
    }

    /// Returns what is known about a path whose parents are no links.
    pub(super) fn backing(&self, path: &Utf8Path) -> Backing<'_> {
        if let Some(entry) = self.entries.get(path) {
            return Backing::Changed(entry);
        }
        let nearest = path
            .ancestors()
            .skip(1)
            .find_map(|parent| Some((parent, self.entries.get(parent)?)));
        match nearest {
            None => Backing::Below(path.to_owned()),
            Some((_, Entry::Gone)) => Backing::Nothing,
            Some((_, Entry::Unknown(reason))) => Backing::Unknown(reason),
            Some((parent, Entry::Here(here))) => match (&here.rest, path.strip_prefix(parent)) {
                (Some(at), Ok(below)) => Backing::Below(at.join(below)),
                _ => Backing::Nothing,
            },
        }
    }

    /// Returns whether a path shows what the machine has at `at`.
    pub(super) fn is_backed_by(&self, path: &Utf8Path, at: &Utf8Path) -> bool {
        matches!(self.backing(path), Backing::Below(below) if below == at)
    }

    /// Returns the entries below a path, itself not included.
    pub(super) fn below<'a>(
        &'a self,
        path: &'a Utf8Path,
    ) -> impl Iterator<Item = (&'a Utf8PathBuf, &'a Entry)> {
        self.entries
            .range::<Utf8Path, _>((std::ops::Bound::Excluded(path), std::ops::Bound::Unbounded))
            // Paths compare by their components, so everything below follows at once.
            .take_while(move |(other, _)| other.starts_with(path))
    }

    /// Makes one change.
    pub(super) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Put(path, entry) => self.put(path, entry),
            Edit::Replace(path, entry) => {
                self.take_below(&path);
                self.put(path, entry);
            }
            Edit::Move(from, to, entry) => {
                let moved = self.take_below(&from);
                self.take_below(&to);
                self.entries
                    .extend(moved.into_iter().filter_map(|(path, entry)| {
                        Some((to.join(path.strip_prefix(&from).ok()?), entry))
                    }));
                self.put(to, entry);
                self.put(from, Entry::Gone);
            }
        }
    }

    /// Returns a number that was not given out before.
    pub(super) fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn put(&mut self, path: Utf8PathBuf, mut entry: Entry) {
        if let Entry::Here(here) = &mut entry {
            // What was asked of the content is the source's to say.
            here.node.content = None;
            here.node.sha256 = None;
            if here.node.inode == 0 {
                here.node.inode = FIRST_INODE + u64::from(self.number());
            }
        }
        self.entries.insert(path, entry);
    }

    fn take_below(&mut self, path: &Utf8Path) -> Vec<(Utf8PathBuf, Entry)> {
        let paths: Vec<_> = self.below(path).map(|(path, _)| path.clone()).collect();
        paths
            .into_iter()
            .filter_map(|path| self.entries.remove_entry(&path))
            .collect()
    }
}

impl From<Here> for Entry {
    fn from(here: Here) -> Self {
        Entry::Here(Box::new(here))
    }
}

impl Here {
    /// Returns a new directory, file or link that has nothing to do with the machine.
    pub(super) fn new(node: Node, source: Source) -> Self {
        Self {
            node,
            source,
            rest: None,
            doubt: None,
        }
    }

    /// Returns what stands at a path of the machine, to be changed.
    pub(super) fn below(node: Node, path: Utf8PathBuf) -> Self {
        let rest = (node.kind == Kind::Directory).then(|| path.clone());
        Self {
            node,
            source: Source::Below(path),
            rest,
            doubt: None,
        }
    }

    /// Returns where it points if it is a symbolic link.
    pub(super) fn target(&self) -> Option<&Utf8Path> {
        match &self.node.kind {
            Kind::Symlink { target } => Some(target),
            _ => None,
        }
    }
}
