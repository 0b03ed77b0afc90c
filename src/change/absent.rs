//! Ensures that a path does not exist.

use super::Change;
use crate::host::{Kind, Node, Step};
use camino::Utf8Path;

impl Change {
    /// Removes a path and everything below it; links are not followed.
    pub fn ensure_absent(&mut self, path: &Utf8Path, found: Option<&Node>) {
        if let Some(node) = found {
            self.steps.push(Step::Remove {
                path: path.to_owned(),
                directory: node.kind == Kind::Directory,
            });
        }
    }
}
