//! The mode, owner and group that a task wants.

use super::{Change, Mode};
use crate::host::{HostError, Kind, Node, Ownership, Probe, Step};
use camino::{Utf8Path, Utf8PathBuf};

/// The mode, owner and group that a task wants; `None` keeps the current one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Permission bits.
    pub mode: Option<Mode>,
    /// User name or number.
    pub owner: Option<String>,
    /// Group name or number.
    pub group: Option<String>,
}

/// The set-user-ID and set-group-ID bits.
const SET_ID: u32 = 0o6000;

impl Attributes {
    /// Returns whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the attributes as the host's user gets them: the host is asked for the user's umask
    /// only if the mode depends on it.
    pub fn on(mut self, host: &Probe) -> Result<Self, HostError> {
        if self.mode.as_ref().is_some_and(Mode::needs_umask) {
            let umask = host.facts()?.umask();
            self.mode = self.mode.map(|mode| mode.under(umask));
        }
        Ok(self)
    }

    /// Returns the attributes of something new whose mode would otherwise be `usual`.
    pub fn of_new(&self, usual: u32, is_directory: bool) -> Ownership {
        Ownership {
            mode: self
                .mode
                .as_ref()
                .map(|mode| mode.apply(usual, is_directory)),
            owner: self.owner.clone(),
            group: self.group.clone(),
        }
    }

    /// Returns the attributes of `node` that differ from the wanted ones, before and after. The
    /// mode of a symbolic link is ignored.
    pub fn difference(&self, node: &Node) -> Option<(Ownership, Ownership)> {
        let is_directory = node.kind == Kind::Directory;
        let is_link = matches!(node.kind, Kind::Symlink { .. });
        let owner = (self.owner.as_ref()).filter(|owner| !is_named(owner, &node.owner, node.uid));
        let group = (self.group.as_ref()).filter(|group| !is_named(group, &node.group, node.gid));
        let is_given_away = node.kind == Kind::File && (owner.is_some() || group.is_some());
        let mode = self.mode.as_ref().filter(|_| !is_link);
        let mode = mode
            .map(|mode| mode.apply(node.mode, is_directory))
            // Changing the owner clears the set-ID bits, so set them again.
            .filter(|mode| *mode != node.mode || is_given_away && mode & SET_ID != 0);
        let before = Ownership {
            mode: mode.map(|_| node.mode),
            owner: owner.map(|_| node.owner.clone()),
            group: group.map(|_| node.group.clone()),
        };
        let after = Ownership {
            mode,
            owner: owner.cloned(),
            group: group.cloned(),
        };
        (after != Ownership::default()).then_some((before, after))
    }
}

/// Returns whether a wanted name or number refers to this one.
fn is_named(wanted: &str, name: &str, number: u32) -> bool {
    wanted == name || wanted.parse() == Ok(number)
}

impl Change {
    /// Sets the mode, owner and group of a path. `node` is the link itself or its target, depending
    /// on `follow`.
    pub fn ensure_attributes(
        &mut self,
        path: &Utf8Path,
        node: &Node,
        wanted: &Attributes,
        follow: bool,
    ) {
        if let Some((before, after)) = wanted.difference(node) {
            self.steps.push(Step::Attributes {
                path: path.to_owned(),
                before,
                after,
                follow,
            });
        }
    }

    /// Sets the mode, owner and group of everything in `tree`. Links are not followed, so that
    /// nobody can lead the change out of the tree.
    pub fn ensure_tree_attributes(&mut self, tree: &[(Utf8PathBuf, Node)], wanted: &Attributes) {
        for (path, node) in tree {
            self.ensure_attributes(path, node, wanted, false);
        }
    }
}
