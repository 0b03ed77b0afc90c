//! A directory, and with `recurse` everything in it.

use super::times::{Time, ensure_times};
use super::{FileModule, node};
use crate::change::{Change, directory_questions};
use crate::host::{Answer, Kind, Node, Question};
use crate::module::{ModuleError, PlanContext};
use crate::modules::file_result::{FileResult, given};
use crate::modules::host_path::{beyond_new, is_directory, look, path_to_change, real_path};
use camino::Utf8Path;

impl FileModule {
    /// Creates a directory and its parents.
    pub(super) fn plan_directory(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
    ) -> Result<Change, ModuleError> {
        let (before, real) = beyond_new(context.host, path)?;
        let (written, path) = (path, real.as_path());
        let mut questions = directory_questions(path);
        let parents = questions.len();
        if !self.follow || self.recurse {
            questions.push(look(path, false));
        }
        if self.recurse {
            questions.push(tree(path));
        }
        let answers = context.host.ask(&questions)?;
        let is_link = matches!(
            node(&answers, parents),
            Some(Node {
                kind: Kind::Symlink { .. },
                ..
            })
        );
        if is_link && !self.follow {
            let message = format!("{path} is a symbolic link, not a directory");
            return Err(ModuleError::refused(message));
        }
        let found = node(&answers, 0);
        let above = (1..parents).find_map(|index| node(&answers, index));
        let attributes = given(
            context.host,
            &self.attributes(context.host)?,
            found,
            true,
            above,
        )?;
        let mut change = Change::default();
        for folder in &before {
            let found = context.host.ask(&directory_questions(folder))?;
            change.ensure_directory(folder, &attributes, &found)?;
        }
        change.ensure_directory(
            path,
            &attributes,
            answers.get(..parents).unwrap_or_default(),
        )?;
        let times = self.times(context, Time::Preserve)?;
        if let Some(found) = found {
            ensure_times(&mut change, path, found, times);
        }
        if self.recurse && is_directory(found) {
            let below = if is_link {
                let real = real_path(context.host, path)?;
                context.host.tree(&real, None)?
            } else {
                answers
                    .last()
                    .cloned()
                    .map(Answer::into_tree)
                    .unwrap_or_default()
            };
            change.ensure_tree_attributes(&below, &attributes);
            for (path, node) in below.iter().filter(|(_, node)| !is_symlink(node)) {
                ensure_times(&mut change, path, node, times);
            }
            if is_link && !change.steps.is_empty() {
                path_to_change(context.host, path)?;
            }
        }
        change.returns("path", written.as_str());
        FileResult {
            found,
            above,
            attributes: &attributes,
            state: "directory",
            size: None,
        }
        .add(&mut change, context.host)?;
        Ok(change)
    }
}

fn tree(path: &Utf8Path) -> Question {
    Question::Tree {
        path: path.to_owned(),
        depth: None,
    }
}

/// Returns whether it is a symbolic link.
pub(super) fn is_symlink(node: &Node) -> bool {
    matches!(node.kind, Kind::Symlink { .. })
}
