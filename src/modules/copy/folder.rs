//! A folder of the controller put on a host.

use super::{Copy, last_name};
use crate::change::{Change, EnsureFile, Replace, directory_questions, file_question};
use crate::files::{FolderEntry, FolderKind, folder};
use crate::host::{Answer, Content, Node, Probe, Question};
use crate::module::{ModuleError, PlanContext};
use crate::modules::host_path::{host_path, look};
use crate::modules::sent::{make_missing, validation};
use camino::{Utf8Path, Utf8PathBuf};
use std::path::Path;

impl Copy {
    /// Copies the contents of a folder, or the folder itself if it has no trailing slash.
    pub(super) fn plan_folder(
        &self,
        context: &PlanContext,
        written: &str,
        path: &Path,
    ) -> Result<Change, ModuleError> {
        let dest = host_path(&self.dest)?;
        let follow = self.local_follow.unwrap_or(true);
        let mut entries = folder(path, follow)?;
        if !written.ends_with('/') {
            entries = below(path, entries)?;
        }
        let mut questions = directory_questions(&dest);
        let parents = questions.len();
        questions.extend(entries.iter().map(|entry| {
            let path = dest.join(&entry.name);
            match entry.kind {
                // The digests of many files take one program, their contents two for each.
                FolderKind::File => Question::Path {
                    path,
                    follow: false,
                    content: Content::Digest,
                },
                FolderKind::Folder => look(&path, true),
                FolderKind::Link(_) => look(&path, false),
            }
        }));
        let mut answers = context.host.ask(&questions)?;
        let mut found = answers.split_off(parents.min(answers.len()));
        self.look_at_contents(context, &dest, &entries, &mut found)?;
        let mut change = Change::default();
        make_missing(
            &mut change,
            &dest,
            &self.directory_attributes(context.host)?,
            &answers,
        )?;
        for (entry, answer) in entries.iter().zip(found) {
            let to = dest.join(&entry.name);
            self.copy_entry(context.host, &mut change, entry, &to, answer)?;
        }
        change.returns("dest", format!("{dest}/"));
        change.returns("src", path.to_string_lossy().into_owned());
        change.returns("state", "directory");
        Ok(change)
    }

    /// Asks for the contents of the files that differ, to show the difference.
    fn look_at_contents(
        &self,
        context: &PlanContext,
        dest: &Utf8Path,
        entries: &[FolderEntry],
        found: &mut [Answer],
    ) -> Result<(), ModuleError> {
        let mut differing = Vec::new();
        let mut questions = Vec::new();
        for (entry, answer) in entries.iter().zip(found) {
            let digest = match (&entry.kind, &*answer) {
                (FolderKind::File, Answer::Path(Some(node))) if self.force => node.digest(),
                _ => None,
            };
            if let Some(digest) = digest
                && self.read(&entry.path)?.body.sha256() != digest
            {
                questions.push(file_question(dest.join(&entry.name)));
                differing.push(answer);
            }
        }
        if questions.is_empty() {
            return Ok(());
        }
        let contents = context.host.ask(&questions)?;
        for (answer, content) in differing.into_iter().zip(contents) {
            *answer = content;
        }
        Ok(())
    }

    fn copy_entry(
        &self,
        host: &Probe,
        change: &mut Change,
        entry: &FolderEntry,
        path: &Utf8Path,
        found: Answer,
    ) -> Result<(), ModuleError> {
        match &entry.kind {
            FolderKind::Folder => {
                change.ensure_directory(path, &self.directory_attributes(host)?, &[found])?;
            }
            FolderKind::Link(target) => {
                let found: Option<Node> = found.into_path();
                change.ensure_symlink(path, target, found.as_ref(), Replace::FilesToo, false)?;
            }
            FolderKind::File => {
                let found = found.into_path();
                if found.is_some() && !self.force {
                    return Ok(());
                }
                let file = self.read(&entry.path)?;
                let file = EnsureFile {
                    path: path.to_owned(),
                    attributes: self.attributes(host, file.mode)?,
                    body: file.body,
                    backup: self.backup,
                    validate: validation(self.validate.as_deref())?,
                };
                change.ensure_file(file, found.as_ref())?;
            }
        }
        Ok(())
    }
}

/// Returns the entries, preceded by the folder itself.
fn below(path: &Path, entries: Vec<FolderEntry>) -> Result<Vec<FolderEntry>, ModuleError> {
    let name = last_name(path).and_then(|name| Utf8PathBuf::from_path_buf(name).ok());
    let name = name.ok_or_else(|| {
        ModuleError::refused(format!("the name of {} is not UTF-8", path.display()))
    })?;
    let itself = FolderEntry {
        name: name.clone(),
        path: path.to_owned(),
        kind: FolderKind::Folder,
    };
    let within = entries.into_iter().map(|entry| FolderEntry {
        name: name.join(entry.name),
        ..entry
    });
    Ok(std::iter::once(itself).chain(within).collect())
}
