//! Roles: their variables, dependencies and tasks.

use super::failed_task;
use super::frame::Frame;
use super::keyword::first_problem;
use super::position::{Position, Step};
use super::walk::{Flow, Walk};
use crate::playbook::RoleUse;
use crate::value::to_json;
use crate::vars::Layer;
use crate::yaml::{Map, Node};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Walk<'_, '_> {
    /// Runs a role, its dependencies first.
    pub(super) async fn role(
        &mut self,
        used: &Arc<RoleUse>,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let role = &used.role;
        let identity = identity(used);
        let may_repeat = role.allow_duplicates || used.allow_duplicates;
        if !may_repeat && self.host.has_run(&identity) {
            return Flow::Next;
        }
        let keywords = frame.inner(&used.keywords, "vars given to the role");
        let inner = Self::role_frame(used, &keywords);
        // Roles that it depends on see its variables, but are roles of their own.
        let lent = Frame {
            role: None,
            ..inner.clone()
        };
        for (index, dependency) in role.dependencies.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            position.extend([0, index].map(Step::from));
            let flow = Box::pin(self.role(dependency, &lent, position)).await;
            position.truncate(position.len() - 2);
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        position.push(1.into());
        let checked = self.checked(used, &keywords, &inner, position).await;
        if !matches!(checked, Flow::Next) {
            position.pop();
            return checked;
        }
        let before = self.host.recap();
        let doubt = self.role_doubt.clone();
        let flow = self.items(&role.tasks, &inner, position).await;
        self.role_doubt = doubt;
        position.pop();
        // A role of which no task applied is tried again the next time.
        if matches!(flow, Flow::Next | Flow::EndRole) && self.host.recap().acted_since(&before) {
            self.host.ran(identity);
        }
        if matches!(flow, Flow::EndRole) {
            Flow::Next
        } else {
            flow
        }
    }

    /// Checks the variables of a role that says which ones it takes.
    async fn checked(
        &mut self,
        used: &Arc<RoleUse>,
        keywords: &Frame<'_>,
        inner: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        if used.role.argument_spec.is_none()
            || !self.has_begun(&used.place)
            || !self.takes(keywords)
        {
            return Flow::Next;
        }
        if let Some(flow) = self.held_up(position).await {
            return flow;
        }
        match self.play.scope(self.host, inner) {
            Ok(scope) => self.argument_spec(used, inner, &scope, position),
            Err(problems) => self.fails(
                failed_task::without_module(None),
                first_problem(problems),
                self.is_fatal_in(inner),
            ),
        }
    }

    /// Returns the frame of a role's tasks, inside that of its parameters.
    pub(super) fn role_frame<'f>(used: &Arc<RoleUse>, keywords: &'f Frame<'f>) -> Frame<'f> {
        let role = &used.role;
        let name = &role.name.name;
        Frame {
            parent: Some(keywords),
            role: Some(role.name.clone()),
            defaults: Some(Layer::written(
                format!("defaults of role {name}"),
                &role.defaults,
            )),
            role_vars: Some(Layer::written(format!("vars of role {name}"), &role.vars)),
            parameters: (!used.parameters.is_empty())
                .then(|| Layer::written("parameters of the role", &used.parameters)),
            ..Frame::default()
        }
    }
}

/// Returns what tells two uses of a role apart: its files, what is given to it, and when it runs.
fn identity(used: &RoleUse) -> String {
    let texts = |map: &Map| -> BTreeMap<String, String> {
        let text = |node: &Node| to_json(&node.to_value()).to_string();
        map.iter()
            .map(|(key, value)| (text(key), text(value)))
            .collect()
    };
    let conditions: Vec<_> = used.keywords.when.iter().map(Node::to_value).collect();
    format!(
        "{} {:?} {:?} {:?} {conditions:?} {:?}",
        used.role.name.folder.display(),
        used.role.files,
        texts(&used.parameters),
        texts(&used.keywords.vars),
        used.keywords.tags,
    )
}
