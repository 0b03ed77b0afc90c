//! What a task inherits from the blocks, the roles and the play around it.

use super::predictions::Predictions;
use crate::playbook::{Keywords, RoleName};
use crate::source::LocalPath;
use crate::vars::Layer;
use crate::yaml::Node;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a task inherits from one of the things around it; a chain from the task outwards.
#[derive(Default, Clone)]
pub(super) struct Frame<'a> {
    /// The frame around this one.
    pub(super) parent: Option<&'a Frame<'a>>,
    /// Its keywords.
    pub(super) keywords: Option<&'a Keywords>,
    /// The role that starts here.
    pub(super) role: Option<Arc<RoleName>>,
    /// Role defaults that start here.
    pub(super) defaults: Option<Arc<Layer>>,
    /// Role vars that start here.
    pub(super) role_vars: Option<Arc<Layer>>,
    /// `vars` of the block or task.
    pub(super) vars: Option<Arc<Layer>>,
    /// Parameters of a role or an include; they win over what tasks set.
    pub(super) parameters: Option<Arc<Layer>>,
    /// Handlers that every changed task below notifies.
    pub(super) notify: &'a [Node],
    /// Folder of the tasks file that starts here.
    pub(super) folder: Option<&'a LocalPath>,
    /// The effects of its tasks that only predict because of its own `check_mode: true`.
    pub(super) predictions: Predictions,
}

impl<'a> Frame<'a> {
    /// Returns the frame of something with keywords inside this one.
    pub(super) fn inner(&'a self, keywords: &'a Keywords, origin: &str) -> Frame<'a> {
        let vars = (!keywords.vars.is_empty()).then(|| Layer::written(origin, &keywords.vars));
        Frame {
            parent: Some(self),
            keywords: Some(keywords),
            vars,
            ..Frame::default()
        }
    }

    /// Returns the frames from this one outwards.
    pub(super) fn outwards(&'a self) -> impl Iterator<Item = &'a Frame<'a>> {
        std::iter::successors(Some(self), |frame| frame.parent)
    }

    /// Returns the frames from the play inwards.
    pub(super) fn inwards(&'a self) -> impl Iterator<Item = &'a Frame<'a>> {
        let mut frames: Vec<_> = self.outwards().collect();
        frames.reverse();
        frames.into_iter()
    }

    /// Returns the nearest value of a keyword.
    pub(super) fn nearest(
        &'a self,
        keyword: impl Fn(&'a Keywords) -> Option<&'a Node>,
    ) -> Option<&'a Node> {
        self.outwards()
            .find_map(|frame| frame.keywords.and_then(&keyword))
    }

    /// Returns all conditions, the outermost first.
    pub(super) fn conditions(&'a self) -> Vec<&'a Node> {
        self.inwards()
            .filter_map(|frame| frame.keywords)
            .flat_map(|keywords| &keywords.when)
            .collect()
    }

    /// Returns all tags.
    pub(super) fn tags(&'a self) -> BTreeSet<&'a str> {
        let keywords = self.outwards().filter_map(|frame| frame.keywords);
        keywords
            .flat_map(|keywords| keywords.tags.iter().map(String::as_str))
            .collect()
    }

    /// Returns the tags that are templates.
    pub(super) fn tag_templates(&'a self) -> impl Iterator<Item = &'a Node> {
        let keywords = self.outwards().filter_map(|frame| frame.keywords);
        keywords.flat_map(|keywords| &keywords.tag_templates)
    }

    /// Returns the role the task is in.
    pub(super) fn role(&'a self) -> Option<&'a Arc<RoleName>> {
        self.outwards().find_map(|frame| frame.role.as_ref())
    }

    /// Returns the folders that files are searched in, nearest first: of each role, of the tasks
    /// files, of the play.
    pub(super) fn folders(&'a self) -> Vec<LocalPath> {
        let mut folders: Vec<LocalPath> = Vec::new();
        let mut add = |folder: &LocalPath| {
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.clone());
            }
        };
        for frame in self.outwards() {
            if let Some(role) = &frame.role {
                add(&role.folder);
            }
        }
        self.outwards()
            .filter_map(|frame| frame.folder)
            .for_each(add);
        folders
    }
}
