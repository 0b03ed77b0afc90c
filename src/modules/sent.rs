//! A file that `copy` or `template` puts on a host.

use super::file_result::{FileResult, given};
use super::host_path::{host_path, is_directory, names_directory, path_to_change};
use super::words;
use crate::change::{
    Attributes, Change, DIFF_LIMIT, EnsureFile, Mode, directory_questions, file_question,
};
use crate::files::SentFile;
use crate::host::{Answer, Content, Kind, Node, Probe, Question};
use crate::module::ModuleError;
use camino::{Utf8Path, Utf8PathBuf};

/// What Ansible says of `content` with a directory as its destination.
pub(super) const CONTENT_IN_DIRECTORY: &str = "can not use content with a dir as dest";

/// A file that `copy` or `template` puts on a host.
pub(super) struct Sent<'a> {
    /// The file.
    pub(super) file: SentFile,
    /// Its name, if the destination is a directory; without one the destination is the file.
    pub(super) name: Option<&'a str>,
    /// The destination as written: a trailing slash means a directory.
    pub(super) dest: &'a str,
    /// Mode, owner and group of the file.
    pub(super) attributes: Attributes,
    /// The mode of directories created for it.
    pub(super) directory_mode: Option<Mode>,
    /// Whether to keep a backup of the existing file.
    pub(super) backup: bool,
    /// Whether to replace an existing file.
    pub(super) force: bool,
    /// Whether to write through a link at the destination instead of replacing it.
    pub(super) follow: bool,
    /// A command that must accept the new file first.
    pub(super) validate: Option<&'a str>,
}

/// The destination and what is there now.
struct Place {
    path: Utf8PathBuf,
    found: Option<Node>,
    /// The parent directory and the nodes on its path, if missing parents are created.
    directory: Option<(Utf8PathBuf, Vec<Answer>)>,
}

impl Sent<'_> {
    /// Returns the change, with the return values that both modules share.
    pub(super) fn plan(self, host: &Probe) -> Result<Change, ModuleError> {
        let validate = validation(self.validate)?;
        let place = self.place(host)?;
        let mut change = Change::default();
        change.returns("dest", place.path.as_str());
        if let (Some(_), false) = (&place.found, self.force) {
            change.returns("msg", "file already exists");
            return Ok(change);
        }
        if let Some((directory, found)) = place.directory {
            let attributes = Attributes {
                mode: self.directory_mode.clone(),
                ..self.attributes.clone()
            }
            .on(host)?;
            let attributes = given(host, &attributes, at_path(&found), true, None)?;
            make_missing(&mut change, &directory, &attributes, &found)?;
        }
        let found = place.found.as_ref().filter(|node| node.kind == Kind::File);
        let attributes = given(host, &self.attributes, found, false, None)?;
        let size = self.file.body.size();
        let file = EnsureFile {
            path: place.path,
            body: self.file.body,
            attributes: attributes.clone(),
            backup: self.backup,
            validate,
        };
        let is_changed = change.ensure_file(file, place.found.as_ref())?;
        change.returns("checksum", self.file.digests.sha1);
        if is_changed {
            change.returns("md5sum", self.file.digests.md5);
        }
        FileResult {
            found,
            above: None,
            attributes: &attributes,
            state: "file",
            size: Some(size),
        }
        .add(&mut change, host)?;
        Ok(change)
    }

    /// Asks about everything the destination may turn out to be in one round trip.
    fn place(&self, host: &Probe) -> Result<Place, ModuleError> {
        let dest = host_path(self.dest)?;
        let in_directory = names_directory(self.dest);
        let inside = self.name.map(|name| dest.join(name));
        let mut questions = Vec::new();
        if !in_directory {
            questions.push(self.question(&dest));
        }
        questions.extend(inside.iter().map(|path| self.question(path)));
        if in_directory {
            questions.extend(directory_questions(&dest));
        }
        let mut answers = host.ask(&questions)?.into_iter();
        if in_directory {
            let path = inside.ok_or_else(|| no_directory(&dest))?;
            let found = answers.next().and_then(Answer::into_path);
            let directory = Some((dest, answers.collect()));
            return self.resolved(host, path, found, directory);
        }
        let found = answers.next().and_then(Answer::into_path);
        let below = answers.next().and_then(Answer::into_path);
        if !leads_to_directory(host, &dest, found.as_ref())? {
            return self.resolved(host, dest, found, None);
        }
        let path = inside.ok_or_else(|| no_directory(&dest))?;
        self.resolved(host, path, below, None)
    }

    fn question(&self, path: &Utf8Path) -> Question {
        if !self.follow {
            return file_question(path.to_owned());
        }
        Question::Path {
            path: path.to_owned(),
            follow: true,
            content: Content::UpTo(DIFF_LIMIT),
        }
    }

    /// If links are followed, returns the file that they lead to.
    fn resolved(
        &self,
        host: &Probe,
        path: Utf8PathBuf,
        found: Option<Node>,
        directory: Option<(Utf8PathBuf, Vec<Answer>)>,
    ) -> Result<Place, ModuleError> {
        let stays = found.as_ref().is_some_and(|node| {
            node.digest() == Some(self.file.body.sha256())
                && self.attributes.difference(node).is_none()
        });
        let path = if self.follow && !stays {
            path_to_change(host, &path)?
        } else {
            path
        };
        Ok(Place {
            path,
            found,
            directory,
        })
    }
}

/// Returns whether a link leads to a directory.
fn leads_to_directory(
    host: &Probe,
    dest: &Utf8Path,
    found: Option<&Node>,
) -> Result<bool, ModuleError> {
    let is_link = found.is_some_and(|node| matches!(node.kind, Kind::Symlink { .. }));
    if !is_link {
        return Ok(is_directory(found));
    }
    let leads_to = host.look(dest, true, Content::None)?;
    Ok(is_directory(leads_to.as_ref()))
}

/// Returns the node at the path of the first answer.
pub(super) fn at_path(found: &[Answer]) -> Option<&Node> {
    match found.first() {
        Some(Answer::Path(node)) => node.as_ref(),
        _ => None,
    }
}

/// Creates the missing directories; existing ones stay as they are.
pub(super) fn make_missing(
    change: &mut Change,
    path: &Utf8Path,
    attributes: &Attributes,
    found: &[Answer],
) -> Result<(), ModuleError> {
    if !matches!(found.first(), Some(Answer::Path(Some(node))) if node.kind == Kind::Directory) {
        change.ensure_directory(path, attributes, found)?;
    }
    Ok(())
}

/// Returns the words of a validation command, which must contain `%s`.
pub(super) fn validation(written: Option<&str>) -> Result<Option<Vec<String>>, ModuleError> {
    match written {
        None => Ok(None),
        Some(text) if text.contains("%s") => Ok(Some(words::split(text)?)),
        Some(text) => Err(ModuleError::refused(format!(
            "validate must contain %s, the path of the new file: {text}"
        ))),
    }
}

fn no_directory(dest: &Utf8Path) -> ModuleError {
    let message = format!("content needs a file as dest, and {dest} is a directory");
    ModuleError::refused(message).as_ansible(CONTENT_IN_DIRECTORY)
}
