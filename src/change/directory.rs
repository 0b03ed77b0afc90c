//! Ensures that a directory and its parents exist.

use super::{Attributes, Change, Refusal};
use crate::host::{Answer, Content, Kind, Question, Step};
use camino::Utf8Path;

/// The mode that a symbolic mode of a new directory modifies.
const USUAL: u32 = 0o755;

/// Returns the questions for [`Change::ensure_directory`]: what is at the path and at its parents,
/// following links.
pub fn questions(path: &Utf8Path) -> Vec<Question> {
    path.ancestors()
        .map(|path| Question::Path {
            path: path.to_owned(),
            follow: true,
            content: Content::None,
        })
        .collect()
}

impl Change {
    /// Creates the directory and its missing parents with the wanted mode, owner and group. An
    /// existing directory gets them too. `found` answers
    /// [`directory_questions`](super::directory_questions). Returns whether the directory is new.
    pub fn ensure_directory(
        &mut self,
        path: &Utf8Path,
        attributes: &Attributes,
        found: &[Answer],
    ) -> Result<bool, Refusal> {
        let mut missing = Vec::new();
        let made: Vec<_> = self.steps.iter().filter_map(Step::made_directory).collect();
        for (path, answer) in path.ancestors().zip(found) {
            match answer {
                Answer::Path(None) if made.contains(&path) => break,
                // A path that ends in `..` exists as soon as the part before it does.
                Answer::Path(None) if path.file_name().is_none() => {}
                Answer::Path(None) => missing.push(path),
                Answer::Path(Some(node)) if node.kind == Kind::Directory => break,
                Answer::Path(Some(node)) => {
                    let kind = node.kind.name();
                    let message = format!("cannot make a directory: {path} is {kind}");
                    return Err(Refusal::new(message));
                }
                _ => {}
            }
        }
        let ownership = attributes.of_new(USUAL, true);
        self.steps
            .extend(missing.iter().rev().map(|path| Step::Mkdir {
                path: (*path).to_owned(),
                ownership: ownership.clone(),
            }));
        if missing.is_empty()
            && let Some(Answer::Path(Some(node))) = found.first()
        {
            self.ensure_attributes(path, node, attributes, true);
        }
        Ok(!missing.is_empty())
    }
}
