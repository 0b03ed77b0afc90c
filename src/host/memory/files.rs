//! The effect of steps that change files on a simulated machine.

use super::overlay::{Edit, Entry, Here};
use super::source::Source;
use super::view::{Found, Stop, View};
use crate::host::step::check_removable;
use crate::host::{Before, Content, HostError, Kind, Node, Ownership, Step};
use camino::Utf8Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The bit that passes a directory's group on to its new entries.
const SET_GROUP_ID: u32 = 0o2000;

/// What is written to a file, and what must be known about the file for it.
struct Writing<'a> {
    source: Source,
    size: u64,
    before: Option<&'a Before>,
    ownership: &'a Ownership,
    backup: Option<&'a Utf8Path>,
}

impl View<'_> {
    /// Returns the edits that one step on files makes.
    pub(super) fn file_step(&self, step: &Step) -> Result<Vec<Edit>, Stop> {
        match step {
            Step::Write {
                path,
                before,
                body,
                ownership,
                backup,
                ..
            } => self.write(
                path,
                Writing {
                    source: Source::of(body),
                    size: body.size(),
                    before: before.as_ref(),
                    ownership,
                    backup: backup.as_deref(),
                },
            ),
            Step::Copy {
                from,
                to,
                before,
                sha256,
                ownership,
                backup,
            } => {
                let copied = self.copied(from, sha256)?;
                self.write(
                    to,
                    Writing {
                        source: copied.source,
                        size: copied.node.size,
                        before: before.as_ref(),
                        ownership,
                        backup: backup.as_deref(),
                    },
                )
            }
            Step::Mkdir { path, ownership } => self.mkdir(path, ownership),
            Step::Symlink {
                path,
                target,
                before,
            } => self.symlink(path, target, before.as_deref()),
            Step::Hardlink { path, target } => self.hardlink(path, target),
            Step::Attributes {
                path,
                after,
                follow,
                ..
            } => self.attributes(path, after, *follow),
            Step::Touch {
                path,
                modified,
                accessed,
            } => self.touch(path, *modified, *accessed),
            Step::Remove { path, directory } => self.remove(path, *directory),
            Step::Rename { from, to } => self.rename(from, to),
            Step::Unpack(unpack) => self.unpack(unpack),
            _ => Ok(Vec::new()),
        }
    }

    fn write(&self, path: &Utf8Path, writing: Writing) -> Result<Vec<Edit>, Stop> {
        let look = match writing.before {
            Some(_) => Content::Digest,
            None => Content::None,
        };
        let spot = self.slot(path, &look, "write")?;
        check_before(path, spot.here.as_ref(), writing.before, "write")?;
        let there = spot.here.as_ref().map(|here| &here.node);
        self.may_enter("write", &spot.path, there)?;
        let old = spot.here.filter(|here| here.node.kind == Kind::File);
        let mut edits = Vec::new();
        if let (Some(backup), Some(old)) = (writing.backup, &old) {
            let mut copy = old.clone();
            copy.node.inode = 0;
            let at = self.slot(backup, &Content::None, "write")?;
            if at.here.is_some() {
                return Err(cannot("write", path, &format!("{backup} already exists")));
            }
            edits.push(Edit::Replace(at.path, copy.into()));
        }
        let mut node = match old {
            Some(old) => self.replaced_node(path, &old.node, writing.ownership)?,
            None => self.new_node(&spot.path, Kind::File, writing.ownership)?,
        };
        node.size = writing.size;
        let here = Here::new(node, writing.source);
        edits.push(Edit::Replace(spot.path, here.into()));
        Ok(edits)
    }

    fn copied(&self, from: &Utf8Path, sha256: &str) -> Result<Here, Stop> {
        let found = self.find(from, true, &Content::Digest)?;
        match found.here {
            Some(here) if here.node.sha256.as_deref() == Some(sha256) => Ok(here),
            Some(_) => Err(changed(from)),
            None => Err(cannot("copy", from, "No such file or directory")),
        }
    }

    fn mkdir(&self, path: &Utf8Path, ownership: &Ownership) -> Result<Vec<Edit>, Stop> {
        let spot = self.slot(path, &Content::None, "make the directory")?;
        if spot.here.is_some() {
            return Err(cannot("make the directory", path, "File exists"));
        }
        self.may_enter("make the directory", &spot.path, None)?;
        let node = self.new_node(&spot.path, Kind::Directory, ownership)?;
        let here = Here::new(node, Source::Bytes(Vec::new().into()));
        Ok(vec![Edit::Replace(spot.path, here.into())])
    }

    fn symlink(
        &self,
        path: &Utf8Path,
        target: &Utf8Path,
        before: Option<&Utf8Path>,
    ) -> Result<Vec<Edit>, Stop> {
        let spot = self.slot(path, &Content::None, "make the link")?;
        match (&spot.here, before) {
            (None, None) => {}
            (Some(here), Some(before)) if here.target() == Some(before) => {}
            _ => return Err(changed(path)),
        }
        let there = spot.here.as_ref().map(|here| &here.node);
        self.may_enter("make the link", &spot.path, there)?;
        let kind = Kind::Symlink {
            target: target.to_owned(),
        };
        let mut node = self.new_node(&spot.path, kind, &Ownership::default())?;
        node.size = target.as_str().len() as u64;
        let here = Here::new(node, Source::Bytes(Vec::new().into()));
        Ok(vec![Edit::Replace(spot.path, here.into())])
    }

    fn hardlink(&self, path: &Utf8Path, target: &Utf8Path) -> Result<Vec<Edit>, Stop> {
        let spot = self.slot(path, &Content::None, "make the link")?;
        if matches!(&spot.here, Some(here) if here.node.kind == Kind::Directory) {
            return Err(cannot("make the link", path, "Is a directory"));
        }
        let there = spot.here.as_ref().map(|here| &here.node);
        self.may_enter("make the link", &spot.path, there)?;
        let existing = self.find(target, false, &Content::None)?;
        let Some(mut here) = existing.here else {
            return Err(cannot("link to", target, "No such file or directory"));
        };
        if here.node.kind == Kind::Directory {
            return Err(cannot("link to", target, "Operation not permitted"));
        }
        here.node.links += 1;
        Ok(vec![
            Edit::Put(existing.path, here.clone().into()),
            Edit::Replace(spot.path, here.into()),
        ])
    }

    fn attributes(
        &self,
        path: &Utf8Path,
        after: &Ownership,
        follow: bool,
    ) -> Result<Vec<Edit>, Stop> {
        let found = self.find(path, follow, &Content::None)?;
        let Some(mut here) = found.here else {
            return Err(cannot(
                "change the attributes of",
                path,
                "No such file or directory",
            ));
        };
        self.way(match path.parent() {
            Some(parent) if !follow => parent,
            _ => path,
        })?;
        let before = here.node.clone();
        self.may_own(&found.path, &before, after)?;
        if after.owner.is_some() || after.group.is_some() {
            here.node.mode = given_away(&here.node);
        }
        self.own(&mut here.node, after)?;
        here.node.changed = now();
        Ok(vec![Edit::Put(found.path, here.into())])
    }

    fn touch(
        &self,
        path: &Utf8Path,
        modified: Option<i64>,
        accessed: Option<i64>,
    ) -> Result<Vec<Edit>, Stop> {
        let found = self.find(path, true, &Content::None)?;
        self.way(path)?;
        let mut here = if let Some(here) = found.here {
            let is_now = modified.is_none() && accessed.is_none();
            self.may_touch(&found.path, &here.node, is_now)?;
            here
        } else {
            self.parent(&found.path, "touch")?;
            self.may_enter("touch", &found.path, None)?;
            let node = self.new_node(&found.path, Kind::File, &Ownership::default())?;
            Here::new(node, Source::Bytes(Vec::new().into()))
        };
        here.node.modified = modified.unwrap_or_else(now);
        here.node.accessed = accessed.unwrap_or_else(now);
        here.node.changed = now();
        Ok(vec![Edit::Put(found.path, here.into())])
    }

    fn remove(&self, path: &Utf8Path, directory: bool) -> Result<Vec<Edit>, Stop> {
        check_removable(path)?;
        let found = self
            .find(path, false, &Content::None)
            .inspect_err(|_| self.foresee_rights(path))?;
        self.way(path.parent().unwrap_or(path))?;
        match found.here {
            Some(here) if (here.node.kind == Kind::Directory) != directory => Err(changed(path)),
            Some(_) if found.path == "/" => Err(cannot("remove", path, "it is the root directory")),
            Some(here) => {
                self.may_enter("remove", &found.path, Some(&here.node))?;
                if directory {
                    self.may_empty("remove", &found.path)?;
                }
                Ok(vec![Edit::Replace(found.path, Entry::Gone)])
            }
            None => Ok(Vec::new()),
        }
    }

    fn rename(&self, from: &Utf8Path, to: &Utf8Path) -> Result<Vec<Edit>, Stop> {
        let old = self.find(from, false, &Content::None)?;
        self.way(from.parent().unwrap_or(from))?;
        let new = self.slot(to, &Content::None, "rename to")?;
        match old.here {
            Some(_) if new.path.starts_with(&old.path) => {
                Err(cannot("rename", from, "Invalid argument"))
            }
            Some(_) if new.path == "/" => Err(cannot("rename to", to, "it is the root directory")),
            Some(here) => {
                let there = new.here.as_ref().map(|here| &here.node);
                self.may_enter("rename", &old.path, Some(&here.node))?;
                self.may_enter("rename to", &new.path, there)?;
                Ok(vec![Edit::Move(old.path, new.path, here.into())])
            }
            None => Err(cannot("rename", from, "No such file or directory")),
        }
    }

    /// Returns the spot of a path in an existing directory, with what is there now.
    pub(super) fn slot(
        &self,
        path: &Utf8Path,
        content: &Content,
        action: &str,
    ) -> Result<Found, Stop> {
        let found = self
            .find(path, false, content)
            .inspect_err(|_| self.foresee_rights(path))?;
        self.way(path.parent().unwrap_or(path))?;
        if found.here.is_none() {
            self.parent(&found.path, action)?;
        }
        Ok(found)
    }

    fn parent(&self, path: &Utf8Path, action: &str) -> Result<(), Stop> {
        let parent = path.parent().unwrap_or(path);
        match self.find(parent, true, &Content::None)?.here {
            Some(here) if here.node.kind == Kind::Directory => Ok(()),
            Some(_) => Err(cannot(action, path, "Not a directory")),
            None => Err(cannot(action, path, "No such file or directory")),
        }
    }

    /// Returns a new node at a path whose parents are not links. As on Linux, a directory created
    /// in a set-group-ID directory gets that bit too.
    pub(super) fn new_node(
        &self,
        path: &Utf8Path,
        kind: Kind,
        ownership: &Ownership,
    ) -> Result<Node, Stop> {
        let parent = self.find(path.parent().unwrap_or(path), true, &Content::None)?;
        let parent = parent.here.map(|here| here.node);
        let mut node = self.new_in(path, parent.as_ref(), kind, ownership)?;
        if node.kind == Kind::Directory && ownership.mode.is_none() {
            node.mode |= parent.map_or(0, |parent| parent.mode & SET_GROUP_ID);
        }
        Ok(node)
    }

    /// Returns a new node that belongs to the acting user, with the mode left by that user's umask,
    /// and to the group that a set-group-ID directory passes on.
    pub(super) fn new_in(
        &self,
        path: &Utf8Path,
        directory: Option<&Node>,
        kind: Kind,
        ownership: &Ownership,
    ) -> Result<Node, Stop> {
        let mode = match kind {
            Kind::Symlink { .. } => 0o777,
            Kind::Directory => 0o777 & !self.facts()?.umask(),
            Kind::File | Kind::Other => 0o666 & !self.facts()?.umask(),
        };
        let mut node = Node::new(kind, mode, &self.acting()?);
        if let Some(directory) = directory
            && directory.mode & SET_GROUP_ID != 0
        {
            node.gid = directory.gid;
            node.group.clone_from(&directory.group);
        }
        renew(&mut node);
        self.may_own(path, &node, ownership)?;
        self.own(&mut node, ownership)?;
        Ok(node)
    }

    /// Returns a new file that replaces another, keeping the attributes that are not set. Only root
    /// can make it belong to somebody else.
    fn replaced_node(
        &self,
        path: &Utf8Path,
        old: &Node,
        ownership: &Ownership,
    ) -> Result<Node, Stop> {
        let mut node = old.clone();
        if self.judges && !self.is_root()? {
            let acting = self.acting()?;
            if node.uid != acting.uid && !acting.groups.contains(&node.group) {
                (node.gid, node.group) = (acting.gid, acting.group);
            }
            (node.uid, node.owner) = (acting.uid, acting.name);
        }
        renew(&mut node);
        self.may_own(path, &node, ownership)?;
        self.own(&mut node, ownership)?;
        Ok(node)
    }

    fn own(&self, node: &mut Node, ownership: &Ownership) -> Result<(), Stop> {
        if let Some(mode) = ownership.mode {
            node.mode = mode;
        }
        if let Some(owner) = &ownership.owner {
            (node.uid, node.owner) = self.owner(owner)?;
        }
        if let Some(group) = &ownership.group {
            (node.gid, node.group) = self.owning_group(group)?;
        }
        Ok(())
    }
}

/// Gives it a new inode and the current time.
fn renew(node: &mut Node) {
    node.inode = 0;
    node.links = 1;
    node.modified = now();
    node.accessed = node.modified;
    node.changed = node.modified;
}

/// Returns the mode after a change of owner or group: Linux clears the set-ID bits of a file, but
/// not a set-group-ID bit without the group's right to execute.
fn given_away(node: &Node) -> u32 {
    match node.kind {
        Kind::File if node.mode & 0o010 != 0 => node.mode & !0o6000,
        Kind::File => node.mode & !0o4000,
        _ => node.mode,
    }
}

/// Fails if the content of a path has changed since the step was planned.
pub(super) fn check_before(
    path: &Utf8Path,
    here: Option<&Here>,
    before: Option<&Before>,
    action: &str,
) -> Result<(), Stop> {
    match (here.map(|here| &here.node), before) {
        (Some(node), _) if matches!(node.kind, Kind::Directory | Kind::Other) => {
            let reason = format!("there is {}", node.kind.name());
            Err(cannot(action, path, &reason))
        }
        (Some(node), Some(before)) if node.sha256.as_ref() == Some(&before.sha256) => Ok(()),
        (Some(node), None) if node.kind != Kind::File => Ok(()),
        (None, None) => Ok(()),
        _ => Err(changed(path)),
    }
}

/// Returns the error for a step that cannot be done.
pub(super) fn cannot(action: &str, path: &Utf8Path, reason: &str) -> Stop {
    let action = format!("{action} {path}");
    let reason = reason.to_owned();
    HostError::Step { action, reason }.into()
}

fn changed(path: &Utf8Path) -> Stop {
    let path = path.to_owned();
    HostError::ChangedSincePlan { path }.into()
}

/// Returns the time in seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}
