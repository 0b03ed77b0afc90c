//! A file of the host that a task edits: its text, and how it is replaced.

use super::file_result::given;
use super::host_path::{beyond_new, host_path, look, path_to_change};
use super::words;
use crate::change::{Attributes, Change, EnsureFile, Mode, directory_questions};
use crate::host::{Answer, Body, Content, Kind, Node, Probe, Question, sha256};
use crate::module::ModuleError;
use camino::{Utf8Path, Utf8PathBuf};

/// The `rc` that Ansible returns for a directory in the place of the file, and for a missing file.
const IS_DIRECTORY: i32 = 256;
const IS_MISSING: i32 = 257;

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
    /// Whether a link is at the path that the new file replaces.
    replaces_link: bool,
}

/// A task's settings for the file besides its text.
#[derive(Default)]
pub(super) struct Writing<'a> {
    pub(super) attributes: Attributes,
    pub(super) backup: bool,
    pub(super) validate: Option<&'a str>,
    /// The attributes of the file's directory, which gets them whenever the file is written.
    pub(super) folder: Option<Attributes>,
}

impl<'a> EditedFile<'a> {
    /// Reads the file at a path as written in a playbook.
    pub(super) fn open(host: &'a Probe, written: &str) -> Result<Self, ModuleError> {
        Self::read(host, written, true)
    }

    /// Reads the file at a path; its new version replaces a link there unless `follow` is set.
    pub(super) fn read(host: &'a Probe, written: &str, follow: bool) -> Result<Self, ModuleError> {
        let path = host_path(written)?;
        let file = Question::Path {
            path: path.clone(),
            follow: true,
            content: Content::UpTo(AT_ONCE),
        };
        let mut questions = vec![file];
        if !follow {
            questions.push(look(&path, false));
        }
        let mut answers = host.ask(&questions)?.into_iter().map(Answer::into_path);
        let (mut found, itself) = (answers.next().flatten(), answers.next().flatten());
        let content = match &mut found {
            None => None,
            Some(node) if node.kind == Kind::File => Some(content(host, &path, node)?),
            Some(node) => {
                let kind = node.kind.name();
                let error = ModuleError::refused(format!("{path} is {kind}, not a file"));
                if node.kind != Kind::Directory {
                    return Err(error);
                }
                return Err(error
                    .as_ansible(format!("Path {path} is a directory !"))
                    .returning("rc", IS_DIRECTORY));
            }
        };
        Ok(Self {
            host,
            path,
            found,
            content,
            replaces_link: itself.is_some_and(|node| matches!(node.kind, Kind::Symlink { .. })),
        })
    }

    /// Returns the attributes that give a new file these permissions; an existing one keeps its own.
    pub(super) fn mode_if_new(&self, bits: u32) -> Attributes {
        Attributes {
            mode: (!self.exists()).then(|| Mode::of_bits(bits)),
            ..Attributes::default()
        }
    }

    /// Returns its content as text, which is empty for a missing file.
    pub(super) fn text(&self) -> Result<&str, ModuleError> {
        let content = self.content.as_deref().unwrap_or_default();
        std::str::from_utf8(content)
            .map_err(|_| ModuleError::refused(format!("{} is not UTF-8", self.path)))
    }

    /// Returns whether a file is there.
    pub(super) fn exists(&self) -> bool {
        self.content.is_some()
    }

    /// Returns the change that removes the file.
    pub(super) fn removed(self) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        if self.found.is_some() {
            let path = removable(self.host, &self.path)?;
            change.ensure_absent(&path, self.found.as_ref());
        }
        Ok(change)
    }

    /// Returns the content of a file that must exist; `what` is Ansible's word for it, and `help`
    /// says how to create it.
    pub(super) fn existing(&self, what: &str, help: Option<&str>) -> Result<&[u8], ModuleError> {
        self.content.as_deref().ok_or_else(|| {
            let error = ModuleError::Refused {
                message: format!("{} does not exist", self.path),
                help: help.map(str::to_owned),
            };
            error
                .as_ansible(format!("{what} {} does not exist !", self.path))
                .returning("rc", IS_MISSING)
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
        let replaces_link = self.replaces_link && is_new_text;
        let path = if replaces_link {
            removable(self.host, &path)?
        } else {
            path_to_change(self.host, &path)?
        };
        let is_new = self.found.is_none() || writing.folder.is_some();
        if let (true, Some(parent)) = (is_new, path.parent()) {
            let found = self.host.ask(&directory_questions(parent))?;
            let attributes = writing.folder.unwrap_or_default();
            change.ensure_directory(parent, &attributes, &found)?;
        }
        let mut attributes = writing.attributes;
        let mut found = self.found.as_ref();
        if let (true, Some(target)) = (replaces_link, found.take_if(|_| replaces_link)) {
            attributes = inherited(attributes, target);
        }
        let file = EnsureFile {
            path,
            body: Body::Bytes(text.into()),
            attributes: given(self.host, &attributes, self.found.as_ref(), false, None)?,
            backup: writing.backup,
            validate,
        };
        change.ensure_file(file, found)?;
        Ok(change)
    }
}

/// Returns a path whose parents' links are followed, but not a link at its end.
fn removable(host: &Probe, path: &Utf8Path) -> Result<Utf8PathBuf, ModuleError> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(path_to_change(host, parent)?.join(name)),
        _ => Ok(path.to_owned()),
    }
}

/// Returns the attributes of a file that replaces a link: those of its target, unless given.
fn inherited(given: Attributes, target: &Node) -> Attributes {
    Attributes {
        mode: given.mode.or_else(|| Some(Mode::of_bits(target.mode))),
        owner: given.owner.or_else(|| Some(target.owner.clone())),
        group: given.group.or_else(|| Some(target.group.clone())),
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
