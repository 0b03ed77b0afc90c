//! Whether the user may make the changes that check mode predicts: the run would fail without the
//! rights for them.

use super::files::cannot;
use super::overlay::{Backing, State};
use super::view::{Stop, View};
use crate::host::{Access, Content, HostError, Kind, Node, Ownership, Question, Setting, User};
use crate::value::{NotKnown, Value};
use camino::Utf8Path;

/// Where files are made by the kernel, which decides what may be changed there.
const KERNEL: [&str; 2] = ["/proc", "/sys"];

/// The bit of a folder in which users only remove what is theirs.
const STICKY: u32 = 0o1000;

/// A number that no account has (`chown` takes it for none).
const NOT_CHOSEN: u32 = u32::MAX;

const DENIED: &str = "Permission denied";

const NOT_PERMITTED: &str = "Operation not permitted";

impl View<'_> {
    /// Fails if the user may not make, replace or remove an entry at a path whose parents are not
    /// links; `old` is what is there.
    pub(super) fn may_enter(
        &self,
        action: &str,
        path: &Utf8Path,
        old: Option<&Node>,
    ) -> Result<(), Stop> {
        if !self.judges {
            return Ok(());
        }
        of_the_kernel(path)?;
        let folder = path.parent().unwrap_or(path);
        let access = self.access(folder)?;
        if !(access.writable && access.executable && self.may_reach(folder)?) {
            return Err(self.denied(action, path, DENIED));
        }
        let parent = self.find(folder, true, &Content::None)?.here;
        if let (Some(old), Some(parent)) = (old, parent)
            && parent.node.mode & STICKY != 0
            && !self.is_one_of(&[0, self.owner_of(old)?, self.owner_of(&parent.node)?])?
        {
            return Err(self.denied(action, path, NOT_PERMITTED));
        }
        Ok(())
    }

    /// Returns whether the user may enter all parents of a folder. A user of the machine is asked about
    /// the folder itself, which tells as much.
    fn may_reach(&self, folder: &Utf8Path) -> Result<bool, Stop> {
        if self.acting_as.is_none() {
            return Ok(true);
        }
        for parent in folder.ancestors().skip(1) {
            if !self.access(parent)?.executable {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Records the question whether the user may make an entry at a path, assuming that none of its
    /// parents is a link, so that it is asked with the others.
    pub(super) fn foresee_rights(&self, path: &Utf8Path) {
        let folder = path.parent().unwrap_or(path);
        let asks = self.judges && self.acting_as.is_none();
        if let (true, Backing::Below(at)) = (asks, self.state.backing(folder)) {
            // Only the question it records matters here.
            let _ = self.below(Question::Access(at));
        }
    }

    /// Fails if the user may not remove what is below a directory.
    pub(super) fn may_empty(&self, action: &str, path: &Utf8Path) -> Result<(), Stop> {
        if !self.judges || self.is_root()? {
            return Ok(());
        }
        let acting = self.judged_user()?;
        let tree = self.tree(path, None)?;
        let holds = |folder: &Utf8Path| tree.iter().any(|(at, _)| at.parent() == Some(folder));
        let root = self.find(path, false, &Content::None)?.here;
        let root = root.map(|here| (path.to_owned(), here.node));
        let folders = root.iter().chain(&tree);
        for (at, node) in folders.filter(|(_, node)| node.kind == Kind::Directory) {
            let by_bits = Access::of(&as_of(&acting, node), &acting);
            // An access control list may allow more.
            if holds(at) && !(by_bits.writable && by_bits.executable) {
                let access = self.access(at)?;
                if !(access.writable && access.executable) {
                    return Err(self.denied(action, path, DENIED));
                }
            }
        }
        Ok(())
    }

    /// Fails if the user may not give a node these attributes.
    pub(super) fn may_own(
        &self,
        path: &Utf8Path,
        node: &Node,
        after: &Ownership,
    ) -> Result<(), Stop> {
        if !self.judges || *after == Ownership::default() {
            return Ok(());
        }
        of_the_kernel(path)?;
        if self.is_root()? {
            return Ok(());
        }
        let acting = self.judged_user()?;
        let node = as_of(&acting, node);
        let owner = after.owner.as_ref().map(|owner| self.owner(owner));
        let owner = owner.transpose()?;
        let group = after.group.as_ref().map(|group| self.owning_group(group));
        let group = group.transpose()?;
        let gives_away = owner.is_some_and(|(uid, name)| uid != node.uid && name != node.owner);
        let is_member = |gid: u32, name: &str| {
            gid == acting.gid
                || acting.group == name
                || acting.groups.iter().any(|group| group == name)
        };
        let leaves = group.is_some_and(|(gid, name)| {
            gid != node.gid && name != node.group && !is_member(gid, &name)
        });
        if node.uid != acting.uid || gives_away || leaves {
            let action = "change the attributes of";
            return Err(self.denied(action, path, NOT_PERMITTED));
        }
        Ok(())
    }

    /// Fails if the user may not set the times of a node; anybody who may write to it can set them to
    /// the present.
    pub(super) fn may_touch(&self, path: &Utf8Path, node: &Node, now: bool) -> Result<(), Stop> {
        if !self.judges {
            return Ok(());
        }
        of_the_kernel(path)?;
        if self.is_one_of(&[0, self.owner_of(node)?])? || (now && self.access(path)?.writable) {
            return Ok(());
        }
        let reason = if now { DENIED } else { NOT_PERMITTED };
        Err(self.denied("touch", path, reason))
    }

    /// Fails if the user may not change accounts: only root may.
    pub(super) fn may_change_accounts(&self, what: &str, name: &str) -> Result<(), Stop> {
        if !self.judges || self.is_root()? {
            return Ok(());
        }
        Err(self.denied(&format!("change the {what}"), Utf8Path::new(name), DENIED))
    }

    /// Fails if it is not known whether the user may change a setting: programs decide that.
    pub(super) fn may_set(&self, setting: &Setting) -> Result<(), Stop> {
        if !self.judges || self.is_root()? {
            return Ok(());
        }
        let setter = setting.setters.first().unwrap_or(&setting.teller);
        let reason = format!(
            "depends on whether {} may run `{}`; add `become: true` if not",
            self.acting()?.name,
            setter.display()
        );
        Err(HostError::from(NotKnown::new(reason)).into())
    }

    /// Returns whether root acts.
    pub(super) fn is_root(&self) -> Result<bool, Stop> {
        self.is_one_of(&[0])
    }

    fn is_one_of(&self, users: &[u32]) -> Result<bool, Stop> {
        // An account that only has a number is not in /etc/passwd.
        let told = self.facts()?.0.get("user_uid").and_then(Value::as_i64);
        let uid = match (self.acting_as, told) {
            (None, Some(uid)) => u32::try_from(uid).unwrap_or(u32::MAX),
            _ => self.judged_user()?.uid,
        };
        Ok(users.contains(&uid))
    }

    /// Returns the rights that the permission bits of a node give.
    pub(super) fn by_bits(&self, node: &Node) -> Result<Access, Stop> {
        let user = self.judged_user()?;
        Ok(Access::of(&as_of(&user, node), &user))
    }

    /// Returns the user that acts. The numbers of an account that an earlier task makes are 0 until the
    /// host has chosen them, which is not to be taken for root's.
    fn judged_user(&self) -> Result<User, Stop> {
        let mut user = self.acting()?;
        if self.acting_as.is_some() {
            if user.uid == 0 {
                user.uid = NOT_CHOSEN;
            }
            if user.gid == 0 && user.group != "root" {
                user.gid = NOT_CHOSEN;
            }
        }
        Ok(user)
    }

    /// Returns the number of a node's owner, as [`Self::judged_user`] has it.
    fn owner_of(&self, node: &Node) -> Result<u32, Stop> {
        match self.acting_as {
            // An account that only has a number is not found.
            None => Ok(node.uid),
            Some(_) => Ok(as_of(&self.judged_user()?, node).uid),
        }
    }

    fn denied(&self, action: &str, path: &Utf8Path, reason: &str) -> Stop {
        if !self.state.may_differ() {
            return cannot(action, path, reason);
        }
        let reason = format!(
            "needs the right to {action} {path}, which the user lacks unless an earlier task grants \
             it that check mode does not run"
        );
        HostError::from(NotKnown::new(reason)).into()
    }
}

impl State {
    /// Returns whether the machine may differ from what is known of it, because something was not run
    /// that may change anything.
    pub(super) fn may_differ(&self) -> bool {
        self.skipped_command
            || self.brings_programs
            || !self.started.is_empty()
            || !self.settings.is_empty()
            || !self.doubts.is_empty()
    }
}

/// Returns a node with the numbers that were not chosen where it is this user's.
fn as_of(user: &User, node: &Node) -> Node {
    let mut node = node.clone();
    if user.uid == NOT_CHOSEN && node.owner == user.name {
        node.uid = NOT_CHOSEN;
    }
    if user.gid == NOT_CHOSEN && node.group == user.group {
        node.gid = NOT_CHOSEN;
    }
    node
}

/// Fails for a path in a file system that the kernel makes up.
fn of_the_kernel(path: &Utf8Path) -> Result<(), Stop> {
    match KERNEL.into_iter().find(|folder| path.starts_with(folder)) {
        None => Ok(()),
        Some(folder) => Err(HostError::from(NotKnown::new(format!(
            "depends on what the kernel allows below {folder}, which check mode does not try"
        )))
        .into()),
    }
}
