//! Nothing where something stands.

use super::Change;
use crate::host::{Kind, Node, Step};
use camino::Utf8Path;

impl Change {
    /// Removes what stands at a path, links not followed, and all below it.
    pub fn ensure_absent(&mut self, path: &Utf8Path, found: Option<&Node>) {
        if let Some(node) = found {
            self.steps.push(Step::Remove {
                path: path.to_owned(),
                directory: node.kind == Kind::Directory,
            });
        }
    }
}
