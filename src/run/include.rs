//! Tasks and roles that are read when a host gets there.

use super::failed_task;
use super::frame::Frame;
use super::keyword::{first_problem, flag};
use super::outcome::Outcome;
use super::position::Position;
use super::repeat::{item_layer, loop_items};
use super::walk::{Flow, Walk};
use crate::host::unchanged_here;
use crate::playbook::{Include, IncludeKind, Item, Keywords, RoleFiles, RoleUse};
use crate::report::Status;
use crate::source::{LocalPath, Problem, Problems};
use crate::vars::{Layer, Scope};
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// How deep includes may nest; an include beyond that includes itself.
const MOST_INCLUDES: usize = 100;

/// The contents of an include.
enum Loaded {
    Tasks(Vec<Item>),
    Role(Arc<RoleUse>),
}

impl Walk<'_, '_> {
    /// Includes a file or a role, for each item of its loop.
    pub(super) async fn include(
        &mut self,
        include: &Include,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let own = Frame {
            folder: Some(&include.folder),
            ..frame.inner(&include.keywords, "vars of an include")
        };
        if !self.has_begun(&include.place) || !self.takes(&own) {
            return Flow::Next;
        }
        if let Some(flow) = self.held_up(position).await {
            return flow;
        }
        let scope = match self.play.scope(self.host, &own) {
            Ok(scope) => scope,
            Err(problems) => {
                return self.include_failed(include, &own, first_problem(problems), position);
            }
        };
        let items = match &include.repeat {
            None => Ok(vec![None]),
            Some(repeat) => loop_items(repeat, &scope).map(|items| {
                let variable = repeat.variable();
                let layer = |index| Some(item_layer(repeat, variable, &items, index));
                (0..items.len()).map(layer).collect()
            }),
        };
        let items: Vec<Option<Arc<Layer>>> = match items {
            Ok(items) => items,
            Err(outcome) => match (&outcome.unknown, &include.repeat) {
                (Some(reason), Some(repeat)) => {
                    let item = item_layer(repeat, repeat.variable(), &[reason.value()], 0);
                    let scope = scope.with(item.clone());
                    let before = self.in_doubt(Some(reason.clone()));
                    let flow = self
                        .include_item(include, frame, &own, Some(item), &scope, position)
                        .await;
                    self.after_doubt(before);
                    return flow;
                }
                _ => {
                    let outcome = self.or_ignored(&own, *outcome);
                    return self.include_failed(include, &own, outcome, position);
                }
            },
        };
        for (index, layer) in items.into_iter().enumerate() {
            let scope = layer
                .iter()
                .fold(scope.clone(), |scope, layer| scope.with(layer.clone()));
            position.push(u32::try_from(index).unwrap_or(u32::MAX).into());
            // What the item before brought is done on all hosts first.
            let held_up = match index {
                0 => None,
                _ => self.held_up(position).await,
            };
            let flow = match held_up {
                Some(flow) => flow,
                None => {
                    self.include_item(include, frame, &own, layer, &scope, position)
                        .await
                }
            };
            position.pop();
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    async fn include_item(
        &mut self,
        include: &Include,
        frame: &Frame<'_>,
        own: &Frame<'_>,
        item: Option<Arc<Layer>>,
        scope: &Arc<Scope>,
        position: &mut Position,
    ) -> Flow {
        let told = match (scope.first_false(own.conditions()), self.doubt()) {
            (Ok(None), None) => Outcome::new(Status::Ok),
            (Ok(Some(condition)), _) => {
                let outcome = Outcome::condition_is_false(condition);
                self.play.tell_include(self, include, &outcome, position);
                self.register_include(include, &outcome);
                return Flow::Next;
            }
            (_, Some(reason)) => Outcome::not_predicted(reason),
            (Err(error), None) => error.into(),
        };
        if told.unknown.is_none() && told.status != Status::Ok {
            let told = self.or_ignored(own, told);
            return self.include_failed(include, own, told, position);
        }
        let doubt = told.unknown.clone();
        // Only `vars`, the loop's item and `apply` reach what is included.
        let passed = Frame {
            parent: Some(frame),
            parameters: own.vars.clone(),
            ..Frame::default()
        };
        let looped = Frame {
            parent: Some(&passed),
            parameters: item,
            ..Frame::default()
        };
        let applied = Frame {
            notify: &include.apply_notify,
            ..looped.inner(&include.apply, "vars of apply")
        };
        if self.includes >= MOST_INCLUDES {
            let message = format!("includes are nested more than {MOST_INCLUDES} levels deep");
            let problem = Problem::at(&include.place, message);
            return self.include_failed(include, own, problem.into(), position);
        }
        let loaded = self.load(include, scope);
        let loaded = match (loaded, &doubt) {
            (Ok(loaded), _) => loaded,
            // What is wrong with the name counts only if it is included.
            (Err(outcome), Some(_)) if outcome.unknown.is_none() => {
                self.play.tell_include(self, include, &told, position);
                return Flow::Next;
            }
            (Err(outcome), _) => return self.include_failed(include, own, *outcome, position),
        };
        self.play.tell_include(self, include, &told, position);
        self.includes += 1;
        let before = self.in_doubt(doubt);
        let flow = match loaded {
            Loaded::Tasks(items) => {
                self.play.add_imported_roles(&items);
                self.items(&items, &applied, position).await
            }
            Loaded::Role(used) => {
                // Its handlers run elsewhere, but see the variables of the include too.
                self.play.add_role(&Arc::new(RoleUse {
                    parameters: include.keywords.vars.clone(),
                    ..RoleUse::clone(&used)
                }));
                self.play.add_imported_roles(&used.role.tasks);
                self.role(&used, &applied, position).await
            }
        };
        self.after_doubt(before);
        self.includes -= 1;
        flow
    }

    fn load(&self, include: &Include, scope: &Arc<Scope>) -> Result<Loaded, Box<Outcome>> {
        let text = |node: &Node| match scope.render(node) {
            Ok(value) => Ok(value.to_string()),
            Err(error) => Err(Box::new(Outcome::from(error))),
        };
        let failed = |problems: Problems| Box::new(first_problem(problems));
        let loader = &self.play.session.loader;
        let folder = &self.play.play.folder;
        // What an earlier task changes on this machine is not there yet in check mode.
        let is_as_found = |paths: Vec<LocalPath>| {
            let existing = paths.iter().position(|path| path.exists());
            let searched = existing.map_or(paths.len(), |existing| existing + 1);
            let mut searched = paths.iter().take(searched);
            searched.try_for_each(|path| {
                unchanged_here(path).map_err(|reason| Box::new(Outcome::not_predicted(&reason)))
            })
        };
        match &include.kind {
            IncludeKind::Tasks(file) => {
                let file = text(file)?;
                is_as_found(loader.paths_of_tasks(include, &file, folder))?;
                let items = loader
                    .include_tasks(include, &file, folder)
                    .map_err(failed)?;
                Ok(Loaded::Tasks(items))
            }
            IncludeKind::Role {
                name,
                from,
                public,
                allow_duplicates,
                rolespec_validate,
            } => {
                let mut files = RoleFiles::default();
                for (key, value) in from {
                    files.set(key.as_text().unwrap_or_default(), text(value)?);
                }
                let name = text(name)?;
                is_as_found(loader.paths_of_role(include, &name, folder))?;
                let role = loader
                    .include_role(include, &name, &files, folder)
                    .map_err(failed)?;
                Ok(Loaded::Role(Arc::new(RoleUse {
                    place: include.place.clone(),
                    role,
                    keywords: Keywords::default(),
                    parameters: Map::new(),
                    public: *public,
                    allow_duplicates: *allow_duplicates,
                    rolespec_validate: *rolespec_validate,
                })))
            }
        }
    }

    fn include_failed(
        &mut self,
        include: &Include,
        own: &Frame<'_>,
        outcome: Outcome,
        position: &Position,
    ) -> Flow {
        self.play.tell_include(self, include, &outcome, position);
        self.register_include(include, &outcome);
        if outcome.ignored {
            return Flow::Next;
        }
        if outcome.status == Status::Unknown {
            if let Some(reason) = &outcome.unknown {
                self.lose(reason);
            }
            return Flow::Next;
        }
        self.fails(
            failed_task::without_module(include.name.as_ref()),
            outcome,
            self.is_fatal_in(own),
        )
    }

    /// Returns the failure of an include that was not read, ignored if `ignore_errors` says so. As in
    /// Ansible, what is wrong with the file itself counts all the same.
    fn or_ignored(&self, own: &Frame<'_>, mut outcome: Outcome) -> Outcome {
        if outcome.counts_as_failed() && !outcome.cancelled {
            let scope = self.play.scope(self.host, own).ok();
            let ignored = scope.and_then(|scope| {
                flag(own, |keywords| keywords.ignore_errors.as_ref(), &scope).ok()
            });
            outcome.ignored = ignored.flatten() == Some(true);
        }
        outcome
    }

    /// Registers what came of an include of which nothing was read.
    fn register_include(&self, include: &Include, outcome: &Outcome) {
        if let Some(name) = include.register.as_ref().and_then(Node::as_text) {
            self.host
                .set_variables([(name.to_owned(), outcome.registered())]);
        }
    }
}
