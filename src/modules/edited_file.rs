//! A file of the host that a task edits: its text, and how it is replaced.

use super::file_result::given;
use super::host_path::{beyond_new, host_path, path_to_change};
use super::words;
use crate::change::{Attributes, Change, EnsureFile, directory_questions};
use crate::host::{Body, Content, Kind, Node, Probe, sha256};
use crate::module::ModuleError;
use camino::{Utf8Path, Utf8PathBuf};

/// Files up to this size in bytes come with the first answer; a larger one is fetched.
const AT_ONCE: u64 = 1 << 20;

/// A file of the host that a task edits, links followed.
pub(super) struct EditedFile<'a> {
    host: &'a Probe,
    /// The path as written in the task.
    pub(super) path: Utf8PathBuf,
    found: Option<Node>,
    /// Its content, if it exists.
    pub(super) content: Option<Vec<u8>>,
}

/// A task's settings for the file besides its text.
pub(super) struct Writing<'a> {
    pub(super) attributes: Attributes,
    pub(super) backup: bool,
    pub(super) validate: Option<&'a str>,
}

impl<'a> EditedFile<'a> {
    /// Reads the file at a path as written in a playbook.
    pub(super) fn open(host: &'a Probe, written: &str) -> Result<Self, ModuleError> {
        let path = host_path(written)?;
        let mut found = host.look(&path, true, Content::UpTo(AT_ONCE))?;
        let content = match &mut found {
            None => None,
            Some(node) if node.kind == Kind::File => Some(content(host, &path, node)?),
            Some(node) => {
                let kind = node.kind.name();
                return Err(ModuleError::refused(format!(
                    "{path} is {kind}, not a file"
                )));
            }
        };
        Ok(Self {
            host,
            path,
            found,
            content,
        })
    }

    /// Returns the content of a file that must exist; `help` says how to create it.
    pub(super) fn existing(&self, help: Option<&str>) -> Result<&[u8], ModuleError> {
        self.content.as_deref().ok_or_else(|| ModuleError::Refused {
            message: format!("{} does not exist", self.path),
            help: help.map(str::to_owned),
        })
    }

    /// Returns the change that writes `text` to the file and sets its attributes; the return value
    /// `msg` is `message`, plus what Ansible adds about the attributes.
    pub(super) fn put(
        self,
        text: Vec<u8>,
        message: &str,
        writing: Writing,
    ) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        let is_new_text = self.content.as_ref() != Some(&text);
        let validate = validation(writing.validate)?;
        let differs = |node| writing.attributes.difference(node).is_some();
        let are_new_attributes = self.found.as_ref().is_some_and(differs);
        change.returns("msg", told(message, is_new_text, are_new_attributes));
        if !is_new_text && !are_new_attributes {
            return Ok(change);
        }
        let mut path = self.path.clone();
        if self.found.is_none() {
            let (made, real) = beyond_new(self.host, &path)?;
            for folder in &made {
                let found = self.host.ask(&directory_questions(folder))?;
                change.ensure_directory(folder, &Attributes::default(), &found)?;
            }
            path = real;
        }
        let path = path_to_change(self.host, &path)?;
        if let (None, Some(parent)) = (&self.found, path.parent()) {
            let found = self.host.ask(&directory_questions(parent))?;
            change.ensure_directory(parent, &Attributes::default(), &found)?;
        }
        let file = EnsureFile {
            path,
            body: Body::Bytes(text.into()),
            attributes: given(
                self.host,
                &writing.attributes,
                self.found.as_ref(),
                false,
                None,
            )?,
            backup: writing.backup,
            validate,
        };
        change.ensure_file(file, self.found.as_ref())?;
        Ok(change)
    }
}

/// Returns the content of a file, fetching it if it did not come with the answer.
fn content(host: &Probe, path: &Utf8Path, node: &mut Node) -> Result<Vec<u8>, ModuleError> {
    if let Some(content) = &node.content {
        return Ok(content.clone());
    }
    let content = host.read(path)?;
    // It may have grown since it was looked at.
    node.sha256 = Some(sha256(&content));
    node.size = content.len() as u64;
    Ok(content)
}

fn validation(written: Option<&str>) -> Result<Option<Vec<String>>, ModuleError> {
    match written {
        Some(written) if !written.contains("%s") => Err(ModuleError::Refused {
            message: format!("validate must contain %s: {written}"),
            help: Some("%s in it is the path of the new file".to_owned()),
        }),
        Some(written) => words::split(written).map(Some),
        None => Ok(None),
    }
}

fn told(message: &str, is_new_text: bool, are_new_attributes: bool) -> String {
    let attributes = "ownership, perms or SE linux context changed";
    match (is_new_text, are_new_attributes) {
        (_, false) => message.to_owned(),
        (true, true) => format!("{message} and {attributes}"),
        (false, true) => format!("{message}{attributes}"),
    }
}
