//! The states of `file` that are links.

use super::directory::is_symlink;
use super::times::ensure_times;
use super::{FileModule, node};
use crate::change::{Change, Replace};
use crate::host::{Kind, Node};
use crate::module::{ModuleError, PlanContext};
use crate::modules::file::times::Time;
use crate::modules::file_result::{FileResult, state_of};
use crate::modules::guard;
use crate::modules::host_path::{host_path, is_directory, look, real_path, target_of};
use camino::{Utf8Path, Utf8PathBuf};

impl FileModule {
    pub(super) fn plan_link(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
    ) -> Result<Change, ModuleError> {
        let written = self.written_target();
        let mut questions = vec![look(path, false), look(path, true)];
        questions.extend(
            written
                .as_ref()
                .map(|target| look(&target_of(path, target), true)),
        );
        let answers = context.host.ask(&questions)?;
        let found = node(&answers, 0);
        let mut change = Change::default();
        let target = match (written, found.map(|node| &node.kind)) {
            (Some(written), _) => written,
            (None, Some(Kind::Symlink { target })) => target.clone(),
            (None, _) => {
                let words = "src is required for creating new symlinks";
                return Err(ModuleError::refused("a new link needs src").as_ansible(words));
            }
        };
        // What is not named by the task is reached by the link, whoever made that.
        let place = match self.src {
            Some(_) => target_of(path, &target),
            None => path.to_owned(),
        };
        let leads_to = node(&answers, if self.src.is_some() { 2 } else { 1 });
        if leads_to.is_none() && !self.force && self.src.is_some() {
            let error = ModuleError::Refused {
                message: format!("there is nothing at {place}, the target of the link"),
                help: Some("set force: true to create the link anyway".to_owned()),
            };
            return Err(error
                .as_ansible(format!(
                    "src file does not exist, use \"force=yes\" if you really want to create the \
                     link: {place}"
                ))
                .returning("path", path.as_str())
                .returning("src", target.as_str()));
        }
        let is_empty =
            self.force && is_directory(found) && context.host.tree(path, Some(1))?.is_empty();
        change.ensure_symlink(path, &target, found, self.replace(), is_empty)?;
        self.link_attributes(context, &mut change, path, found, (&place, leads_to))?;
        change.returns("dest", path.as_str());
        change.returns("src", target.as_str());
        FileResult {
            found: found.filter(|node| is_symlink(node)),
            above: None,
            attributes: &crate::change::Attributes::default(),
            state: "link",
            size: Some(target.as_str().len() as u64),
        }
        .add(&mut change, context.host)?;
        Ok(change)
    }

    /// The attributes are set on the target of the link, unless `follow` is off.
    fn link_attributes(
        &self,
        context: &PlanContext,
        change: &mut Change,
        path: &Utf8Path,
        found: Option<&Node>,
        (place, leads_to): (&Utf8Path, Option<&Node>),
    ) -> Result<(), ModuleError> {
        let attributes = self.attributes(context.host)?;
        let times = self.times(context, Time::Preserve)?;
        match (self.follow, leads_to) {
            (true, Some(leads_to)) => {
                change.ensure_attributes(place, leads_to, &attributes, true);
                ensure_times(change, place, leads_to, times);
            }
            (true, None) if attributes.is_empty() => {}
            (true, None) => change.warnings.push(format!(
                "{place}, the target of the link {path}, does not exist: its mode, owner and \
                 group are not set"
            )),
            (false, _) => {
                if let Some(link) = found.filter(|node| is_symlink(node)) {
                    change.ensure_attributes(path, link, &attributes, false);
                } else if self.owner.is_some() || self.group.is_some() {
                    let mut after = attributes.of_new(0, false);
                    after.mode = None;
                    change.steps.push(crate::host::Step::Attributes {
                        path: path.to_owned(),
                        before: crate::host::Ownership::default(),
                        after,
                        follow: false,
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn plan_hard(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
    ) -> Result<Change, ModuleError> {
        let Some(src) = &self.src else {
            let words = "src is required for creating new hardlinks";
            return Err(ModuleError::refused("a hard link needs src").as_ansible(words));
        };
        let mut target = host_path(guard::absolute(context, None, src)?.as_str())?;
        let mut path = path.to_owned();
        let inside = path.join(target.file_name().unwrap_or_default());
        let questions = [
            look(&path, false),
            look(&target, false),
            look(&path, true),
            look(&inside, false),
        ];
        let answers = context.host.ask(&questions)?;
        let mut found = node(&answers, 0);
        if is_directory(node(&answers, 2)) {
            (path, found) = (inside, node(&answers, 3));
        }
        let mut existing = node(&answers, 1).cloned();
        if existing.as_ref().is_some_and(is_symlink) && self.follow {
            target = real_path(context.host, &target)?;
            existing = context.host.stat(&target)?;
        }
        let Some(existing) = existing else {
            let message = format!("there is nothing at {target}, the target of the hard link");
            return Err(ModuleError::refused(message).as_ansible("src does not exist"));
        };
        let mut change = Change::default();
        change.ensure_hardlink(&path, &target, found, &existing, self.replace())?;
        let attributes = self.attributes(context.host)?;
        change.ensure_attributes(&path, &existing, &attributes, false);
        let times = self.times(context, Time::Preserve)?;
        ensure_times(&mut change, &path, &existing, times);
        change.returns("dest", path.as_str());
        change.returns("src", target.as_str());
        FileResult {
            found: Some(&existing),
            above: None,
            attributes: &attributes,
            state: if change.steps.is_empty() {
                state_of(&existing)
            } else {
                "hard"
            },
            size: None,
        }
        .add(&mut change, context.host)?;
        Ok(change)
    }

    /// The target is relative to the link, so it is kept as written.
    fn written_target(&self) -> Option<Utf8PathBuf> {
        self.src.as_deref().map(Utf8PathBuf::from)
    }

    fn replace(&self) -> Replace {
        if self.force {
            Replace::FilesToo
        } else {
            Replace::LinksOnly
        }
    }
}
