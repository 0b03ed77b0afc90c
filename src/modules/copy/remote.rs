//! Copies a file or directory of the host to another path of the host.

use super::Copy;
use crate::change::{
    Attributes, Change, EnsureCopy, EnsureFile, Mode, Replace, directory_questions,
};
use crate::files::Digests;
use crate::host::{Answer, Body, Content, Kind, Node, Probe, Question};
use crate::module::{HostPaths, ModuleError, PlanContext};
use crate::modules::file_result::{FileResult, given};
use crate::modules::host_path::{
    host_path, is_directory, names_directory, path_to_change, real_path,
};
use crate::modules::sent::{make_missing, validation};
use camino::{Utf8Path, Utf8PathBuf};

/// How many links to directories may be below each other.
const MAX_DEPTH: usize = 16;

/// A part of a directory to copy.
struct Original {
    /// Where it is.
    path: Utf8PathBuf,
    /// Its path in the copy.
    name: Utf8PathBuf,
}

impl Copy {
    pub(super) fn plan_remote(
        &self,
        context: &PlanContext,
        src: &str,
    ) -> Result<Change, ModuleError> {
        let paths = HostPaths::new(context.host, context.environment);
        let from = host_path(&paths.absolute(src)?)?;
        let dest = host_path(&self.dest)?;
        let inside = dest.join(from.file_name().unwrap_or_default());
        let mut questions = vec![
            digest(&from, true),
            digest(&dest, self.follow),
            digest(&inside, self.follow),
        ];
        questions.extend(directory_questions(&dest));
        let mut answers = context.host.ask(&questions)?;
        let parents = answers.split_off(3.min(answers.len()));
        let mut nodes = answers.into_iter().map(Answer::into_path);
        let mut next = || nodes.next().flatten();
        let (source, at_dest, at_inside) = (next(), next(), next());
        let Some(source) = source else {
            return Err(ModuleError::refused(format!("there is nothing at {from}")));
        };
        if source.kind == Kind::Directory {
            return self.plan_remote_directory(context, src, &from, &dest, &parents);
        }
        let leads_to = parents.first().cloned().and_then(Answer::into_path);
        let into_directory = names_directory(&self.dest) || is_directory(leads_to.as_ref());
        let mut change = Change::default();
        if names_directory(&self.dest) {
            make_missing(
                &mut change,
                &dest,
                &self.directory_attributes(context.host)?,
                &parents,
            )?;
        }
        let (to, found) = if into_directory {
            (inside, at_inside)
        } else {
            (dest, at_dest)
        };
        self.copy_file(context.host, change, (&from, &source), (to, found))
    }

    fn copy_file(
        &self,
        host: &Probe,
        mut change: Change,
        (from, source): (&Utf8Path, &Node),
        (to, found): (Utf8PathBuf, Option<Node>),
    ) -> Result<Change, ModuleError> {
        change.returns("src", from.as_str());
        change.returns("dest", to.as_str());
        if found.is_some() && !self.force {
            change.returns("msg", "file already exists");
            return Ok(change);
        }
        let sha256 = source.digest().unwrap_or_default();
        let attributes = self.attributes(host, source.mode)?;
        let stays = found.as_ref().is_some_and(|node| {
            node.digest().as_deref() == Some(sha256.as_str())
                && attributes.difference(node).is_none()
        });
        let to = if self.follow && !stays {
            path_to_change(host, &to)?
        } else {
            to
        };
        let at_place = found.as_ref().filter(|node| node.kind == Kind::File);
        let attributes = given(host, &attributes, at_place, false, None)?;
        if self.validate.is_some() || self.checksum.is_some() {
            let content = host.read(from)?;
            self.check(&Digests::of(&content).sha1)?;
            let file = EnsureFile {
                path: to,
                body: Body::Bytes(content.into()),
                attributes: attributes.clone(),
                backup: self.backup,
                validate: validation(self.validate.as_deref())?,
            };
            change.ensure_file(file, found.as_ref())?;
        } else {
            let copy = EnsureCopy {
                from: from.to_owned(),
                to,
                sha256,
                attributes: attributes.clone(),
                backup: self.backup,
            };
            change.ensure_copy(copy, found.as_ref())?;
        }
        FileResult {
            found: at_place,
            above: None,
            attributes: &attributes,
            state: "file",
            size: Some(source.size),
        }
        .add(&mut change, host)?;
        Ok(change)
    }

    /// The directory is listed first, and then its contents are compared, which takes two round
    /// trips.
    fn plan_remote_directory(
        &self,
        context: &PlanContext,
        written: &str,
        from: &Utf8Path,
        dest: &Utf8Path,
        parents: &[Answer],
    ) -> Result<Change, ModuleError> {
        let mut originals = self.originals(context.host, from, Utf8Path::new(""), 0)?;
        if originals.is_empty() {
            // It may be a link to the directory.
            let real = real_path(context.host, from)?;
            originals = self.originals(context.host, &real, Utf8Path::new(""), 0)?;
        }
        let base = if names_directory(written) {
            dest.to_owned()
        } else {
            dest.join(from.file_name().unwrap_or_default())
        };
        let places: Vec<_> = originals
            .iter()
            .map(|original| base.join(&original.name))
            .collect();
        let mut questions = vec![digest(&base, true)];
        questions.extend(
            originals
                .iter()
                .map(|original| digest(&original.path, false)),
        );
        questions.extend(places.iter().map(|path| digest(path, false)));
        let mut answers = context.host.ask(&questions)?;
        let mut present = answers.split_off((originals.len() + 1).min(answers.len()));
        let mut change = Change::default();
        make_missing(
            &mut change,
            dest,
            &self.directory_attributes(context.host)?,
            parents,
        )?;
        if base != dest {
            let at_base = answers.get(..1).unwrap_or_default();
            make_missing(
                &mut change,
                &base,
                &self.directory_attributes(context.host)?,
                at_base,
            )?;
        }
        let sources = answers.into_iter().skip(1).map(Answer::into_path);
        let pairs = originals.iter().zip(sources);
        for (((original, source), place), found) in pairs.zip(&places).zip(present.drain(..)) {
            if let Some(source) = source {
                self.copy_node(
                    context.host,
                    &mut change,
                    &original.path,
                    &source,
                    place,
                    found,
                )?;
            }
        }
        change.returns("src", from.as_str());
        change.returns("dest", dest.as_str());
        change.returns("state", "directory");
        Ok(change)
    }

    /// Returns everything below a directory. With `local_follow: true`, a link counts as what it
    /// leads to.
    fn originals(
        &self,
        host: &Probe,
        directory: &Utf8Path,
        name: &Utf8Path,
        depth: usize,
    ) -> Result<Vec<Original>, ModuleError> {
        let mut originals = Vec::new();
        for (path, node) in host.tree(directory, None)? {
            let name = name.join(path.strip_prefix(directory).unwrap_or(&path));
            let is_link = matches!(node.kind, Kind::Symlink { .. });
            if !is_link || self.local_follow != Some(true) {
                originals.push(Original { path, name });
                continue;
            }
            let real = real_path(host, &path)?;
            let Some(target) = host.stat(&real)? else {
                let message = format!("{path} is a link to {real}, which does not exist");
                return Err(ModuleError::Refused {
                    message,
                    help: Some("remove the link, or set `local_follow: false`".to_owned()),
                });
            };
            if depth == MAX_DEPTH || matches!(target.kind, Kind::Symlink { .. }) {
                let message = format!("{path} is a link that leads in a circle");
                return Err(ModuleError::refused(message));
            }
            let is_folder = target.kind == Kind::Directory;
            let (path, of_link) = (real.clone(), name.clone());
            originals.push(Original { path, name });
            if is_folder {
                originals.extend(self.originals(host, &real, &of_link, depth + 1)?);
            }
        }
        Ok(originals)
    }

    fn copy_node(
        &self,
        host: &Probe,
        change: &mut Change,
        from: &Utf8Path,
        source: &Node,
        to: &Utf8Path,
        found: Answer,
    ) -> Result<(), ModuleError> {
        match &source.kind {
            Kind::Directory => {
                make_missing(change, to, &self.copied_directory(host, source)?, &[found])?;
            }
            Kind::Symlink { target } => {
                let found = found.into_path();
                change.ensure_symlink(to, target, found.as_ref(), Replace::FilesToo, false)?;
            }
            Kind::File => {
                let found = found.into_path();
                if found.is_some() && !self.force {
                    return Ok(());
                }
                let mut attributes = self.attributes(host, source.mode)?;
                if attributes.mode.is_none() && found.is_none() {
                    attributes.mode = Some(Mode::of_bits(source.mode));
                }
                let copy = EnsureCopy {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    sha256: source.digest().unwrap_or_default(),
                    attributes,
                    backup: self.backup,
                };
                change.ensure_copy(copy, found.as_ref())?;
            }
            Kind::Other => {
                return Err(ModuleError::refused(format!(
                    "{from} is {} and cannot be copied",
                    source.kind.name()
                )));
            }
        }
        Ok(())
    }

    fn copied_directory(&self, host: &Probe, source: &Node) -> Result<Attributes, ModuleError> {
        let mut attributes = self.directory_attributes(host)?;
        if attributes.mode.is_none() {
            attributes.mode = Some(Mode::of_bits(source.mode));
        }
        Ok(attributes)
    }
}

fn digest(path: &Utf8Path, follow: bool) -> Question {
    Question::Path {
        path: path.to_owned(),
        follow,
        content: Content::Digest,
    }
}
