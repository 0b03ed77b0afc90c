//! What check mode has changed on one host so far.

use super::source::Source;
use crate::host::{Doubtful, Group, HostError, Kind, Node, Process, User};
use crate::value::NotKnown;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The inode numbers of new files start here, to differ from real ones.
const FIRST_INODE: u64 = 1 << 40;

/// What check mode has changed on one host so far, shared by all its users.
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

    /// Returns whether check mode changed a path, or no longer knows what is there.
    pub fn concerns(&self, path: &Utf8Path) -> bool {
        !self.lock().is_backed_by(path, path)
    }

    /// Returns why a path, or what is below it, is not as the run will find it.
    pub fn foreseen_at(&self, path: &Utf8Path) -> Option<NotKnown> {
        self.lock().foreseen(&Doubtful::Path(path.to_owned()))
    }

    /// Says that what is at a path is not known any more.
    pub(in crate::host) fn forget(&self, path: &Utf8Path, reason: &NotKnown) {
        let entry = Entry::Unknown(reason.clone());
        self.lock().edit(Edit::Replace(path.to_owned(), entry));
    }

    /// Returns why a folder, or entries of it whose names match, are not as the run will find them.
    pub fn foreseen_within(
        &self,
        folder: &Utf8Path,
        matches: impl Fn(&str) -> bool,
    ) -> Option<NotKnown> {
        let state = self.lock();
        let keeps_entries = match state.entries.get(folder) {
            None => state.is_backed_by(folder, folder),
            Some(Entry::Here(here)) => here.rest.as_deref() == Some(folder),
            Some(_) => false,
        };
        if !keeps_entries {
            return state.foreseen(&Doubtful::Path(folder.to_owned()));
        }
        let entry = state.below(folder).find_map(|(path, _)| {
            let name = path.strip_prefix(folder).ok()?.components().next()?;
            matches(name.as_str()).then(|| folder.join(name))
        });
        entry.and_then(|path| state.foreseen(&Doubtful::Path(path)))
    }

    /// Returns why one of these programs may exist although the machine lacks them.
    pub fn may_bring(&self, names: &[&str]) -> Option<NotKnown> {
        self.lock().may_bring(names)
    }

    /// Returns an independent copy.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What check mode did to a user account that may be become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// Nothing: the machine decides whether it exists.
    Unchanged,
    /// It was created: the machine does not know it.
    Made,
    /// It was removed.
    Removed,
}

/// All changes by their subject.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) entries: BTreeMap<Utf8PathBuf, Entry>,
    pub(super) started: Vec<Started>,
    /// Processes of the machine that were stopped, by pid and start time.
    pub(super) ended: BTreeSet<(u32, u64)>,
    pub(super) ports: BTreeMap<u16, bool>,
    pub(super) users: BTreeMap<String, Option<User>>,
    /// Users that do not exist on the machine.
    pub(super) made: BTreeSet<String>,
    pub(super) groups: BTreeMap<String, Option<Group>>,
    /// What commands tell that was set, by their words.
    pub(super) settings: BTreeMap<Vec<String>, String>,
    /// Where programs are, by the words that ask for them; empty if nowhere.
    pub(super) programs: BTreeMap<Vec<String>, Utf8PathBuf>,
    /// Whether packages were taken to be installed.
    pub(super) brings_programs: bool,
    /// Whether a command was not run.
    pub(super) skipped_command: bool,
    /// What is not known any more, besides paths, and why.
    pub(super) doubts: BTreeMap<Doubtful, NotKnown>,
    /// How many numbers of inodes and processes were handed out.
    pub(super) numbers: u32,
}

/// A program that check mode assumes to be running.
#[derive(Debug, Clone)]
pub(super) struct Started {
    pub(super) process: Process,
    pub(super) ports: Vec<u16>,
    /// The systemd service that it runs as.
    pub(super) service: Option<String>,
}

/// The content of a path after the changes.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// Nothing, nor anything below it.
    Gone,
    /// This node.
    Here(Box<Here>),
    /// It is unknown, as is everything below it.
    Unknown(NotKnown),
}

/// A node that was created or changed.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub(super) node: Node,
    /// The content of a regular file.
    pub(super) source: Source,
    /// Of a directory, the path on the machine with its other entries; `None` if it has no others.
    pub(super) rest: Option<Utf8PathBuf>,
    /// Why its owner, mode and times are unknown, if they are.
    pub(super) doubt: Option<NotKnown>,
}

/// What is known about a path whose parents are not links.
pub(super) enum Backing<'a> {
    /// It was changed.
    Changed(&'a Entry),
    /// It is unchanged: this path of the machine has it.
    Below(Utf8PathBuf),
    /// It does not exist.
    Nothing,
    /// It is unknown.
    Unknown(&'a NotKnown),
}

/// One edit of the entries.
#[derive(Debug)]
pub(super) enum Edit {
    /// Puts an entry at a path, and keeps what is below it.
    Put(Utf8PathBuf, Entry),
    /// Puts an entry at a path, and forgets what was below it.
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

    /// Returns what is known about a path whose parents are not links.
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

    /// Returns whether a path shows the machine's content of `at`.
    pub(super) fn is_backed_by(&self, path: &Utf8Path, at: &Utf8Path) -> bool {
        matches!(self.backing(path), Backing::Below(below) if below == at)
    }

    /// Returns the entries below a path, without the path itself.
    pub(super) fn below<'a>(
        &'a self,
        path: &'a Utf8Path,
    ) -> impl Iterator<Item = (&'a Utf8PathBuf, &'a Entry)> {
        self.entries
            .range::<Utf8Path, _>((std::ops::Bound::Excluded(path), std::ops::Bound::Unbounded))
            // Paths compare by their components, so everything below follows directly.
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

    /// Returns a number that has not been used yet.
    pub(super) fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn put(&mut self, path: Utf8PathBuf, mut entry: Entry) {
        if let Entry::Here(here) = &mut entry {
            // The source decides how to answer questions about the content.
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
    /// Returns a new directory, file or link that is independent of the machine.
    pub(super) fn new(node: Node, source: Source) -> Self {
        Self {
            node,
            source,
            rest: None,
            doubt: None,
        }
    }

    /// Returns the node at a path of the machine, so that it can be changed.
    pub(super) fn below(node: Node, path: Utf8PathBuf) -> Self {
        let rest = (node.kind == Kind::Directory).then(|| path.clone());
        Self {
            node,
            source: Source::Below(path),
            rest,
            doubt: None,
        }
    }

    /// Returns the target, if it is a symbolic link.
    pub(super) fn target(&self) -> Option<&Utf8Path> {
        match &self.node.kind {
            Kind::Symlink { target } => Some(target),
            _ => None,
        }
    }
}
