//! A directory as it should be, with those on the way to it.

use super::{Attributes, Change, Refusal};
use crate::host::{Answer, Content, Kind, Question, Step};
use camino::Utf8Path;

/// What a symbolic mode of a new directory starts from.
const USUAL: u32 = 0o755;

/// Returns the questions that [`Change::ensure_directory`] needs the answers to: what stands at
/// the path and at its parents, links followed.
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
    /// Makes the directory, and those on the way to it that are missing, with the wanted mode,
    /// owner and group; one that is there already gets them too. `found` answers
    /// [`directory_questions`](super::directory_questions); returns whether the directory is new.
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
                // What ends in `..` is there as soon as what is before it is made.
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
