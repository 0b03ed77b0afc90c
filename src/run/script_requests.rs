//! Carries out a script's requests on the host's thread.

use super::position::Position;
use super::script_service::{Level, Progress, Service, wrong};
use super::walk::{Flow, Walk};
use crate::module::Entry;
use crate::playbook::Script;
use crate::report::Event;
use crate::script::role::{Reply, Request};
use crate::source::{Place, Problem};
use crate::value::Value;
use crate::vars::{Layer, Scope};
use crate::yaml::{Data, Map, Node};
use std::sync::Arc;

impl Walk<'_, '_> {
    /// Carries out requests until the script leaves this level; returns whether it left normally.
    pub(super) async fn serve(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        position: &mut Position,
    ) -> bool {
        let mut progress = Progress::default();
        while let Ok(request) = service.asked.recv() {
            let goes_on = matches!(
                request,
                Request::Module { .. }
                    | Request::Task { .. }
                    | Request::Block { .. }
                    | Request::Include { .. }
                    | Request::Notify(_)
            );
            if goes_on {
                self.caught(service);
            }
            match request {
                Request::Leave(well) => {
                    if !well && service.failed_in.is_none() {
                        let name = level.options.map(|options| options.name.clone());
                        let hidden = self.hides(level.frame);
                        service.failed_in = name.map(|name| (name, hidden));
                    }
                    service.answer(Reply::Value(Value::UNDEFINED));
                    return well;
                }
                Request::Finished(result) => {
                    service.finished = Some(result);
                    return true;
                }
                Request::Module {
                    place,
                    site,
                    name,
                    arguments,
                } => {
                    let steps = service.steps(level, &mut progress, site);
                    position.extend(steps);
                    let called = self.called(service, level, &place, &name, arguments, position);
                    let reply = called.await;
                    position.truncate(position.len() - steps.len());
                    service.answer(reply);
                }
                Request::Task {
                    place,
                    site,
                    name,
                    options,
                } => {
                    let steps = service.steps(level, &mut progress, site);
                    position.extend(steps);
                    let asked = (&place, &name, &options);
                    Box::pin(self.entered_task(service, level, site, asked, position)).await;
                    position.truncate(position.len() - steps.len());
                }
                Request::Block {
                    site,
                    options,
                    has_rescue,
                } => {
                    let steps = service.steps(level, &mut progress, site);
                    position.extend(steps);
                    let block = (&options, has_rescue);
                    Box::pin(self.entered_block(service, level, site, block, position)).await;
                    position.truncate(position.len() - steps.len());
                }
                Request::Rescue(_) => Box::pin(self.rescues(service, level, position)).await,
                Request::Always => Box::pin(self.unwinds(service, level, position)).await,
                Request::Include {
                    place,
                    site,
                    name,
                    what,
                    options,
                } => {
                    let steps = service.steps(level, &mut progress, site);
                    position.extend(steps);
                    let asked = (name, &place, &what, &options);
                    let reply = self.included(service, level, asked, position).await;
                    position.truncate(position.len() - steps.len());
                    service.answer(reply);
                }
                Request::Notify(handler) => {
                    let reply = self.notified(service, level, &handler);
                    service.answer(reply);
                }
                Request::Render {
                    template,
                    variables,
                } => service.answer(self.rendered(level, &template, &variables)),
                Request::Variables => service.answer(match self.scope_of(level) {
                    Ok(scope) => Reply::Value(scope.context()),
                    Err(reply) => reply,
                }),
                Request::Log(text) => {
                    self.said(level, &text);
                    service.answer(Reply::Value(Value::UNDEFINED));
                }
            }
        }
        false
    }

    /// A script that continues after a failure has handled it.
    pub(super) fn caught(&mut self, service: &mut Service<'_>) {
        if let Some((_, failure)) = service.pending.take() {
            service.failed_in = None;
            // The end of the play cannot be handled by continuing.
            if !self.play.is_fatal() {
                self.rescued(&failure);
                self.play.rescued(self.host);
            }
        }
    }

    fn said(&self, level: &Level<'_>, text: &str) {
        if !self.hides(level.frame) {
            let session = self.play.session;
            session.tell(Event::Said {
                host: self.host.name.clone(),
                text: session.secrets.redact(text),
            });
        }
    }

    fn scope_of(&self, level: &Level<'_>) -> Result<Arc<Scope>, Reply> {
        self.play.scope(self.host, level.frame).map_err(wrong)
    }

    async fn called(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        place: &Place,
        module: &str,
        arguments: Map,
        position: &mut Position,
    ) -> Reply {
        let session = self.play.session;
        let arguments = match self.with_expressions(service, module, arguments) {
            Ok(arguments) => arguments,
            Err(problem) => return Reply::Wrong(Box::new(problem)),
        };
        let folder = &self.play.play.folder;
        // The names of computed arguments were unknown until now.
        let mut found = session
            .registry
            .check(module, place, &arguments)
            .into_iter();
        if let Some(problem) = found.find(|problem| problem.label == "unknown argument") {
            return Reply::Wrong(Box::new(problem));
        }
        if let Some(problem) = session
            .registry
            .get(module)
            .and_then(|entry| given_nothing(entry, &arguments))
        {
            return Reply::Wrong(Box::new(problem));
        }
        let loader = &session.loader;
        let task = loader.script_task(
            service.script,
            level.options,
            place,
            module,
            &arguments,
            folder,
        );
        let task = match task {
            Ok(Some(task)) => task,
            Ok(None) => return wrong(Problem::at(place, "this is not a task").into()),
            Err(problems) => return wrong(problems),
        };
        self.result = None;
        let flow = self.task(&task, level.frame, position).await;
        let result = self.result.take();
        service.reply(flow, result)
    }

    /// Turns texts into expressions if the module evaluates them itself; only literals of the
    /// script can be expressions.
    fn with_expressions(
        &self,
        service: &Service<'_>,
        module: &str,
        mut arguments: Map,
    ) -> Result<Map, Problem> {
        let Some(entry) = self.play.session.registry.get(module) else {
            return Ok(arguments);
        };
        for (key, value) in &mut arguments {
            let name = key.as_text().unwrap_or_default();
            if entry.raw.contains(&entry.canonical(name)) {
                expressions(value, service.script)?;
            }
        }
        Ok(arguments)
    }

    async fn included(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        (name, place, what, options): (&'static str, &Place, &Node, &Map),
        position: &mut Position,
    ) -> Reply {
        let loader = &self.play.session.loader;
        let folder = &self.play.play.folder;
        match loader.script_include(service.script, name, place, what, options, folder) {
            Ok(Some(include)) => {
                let flow = Box::pin(self.include(&include, level.frame, position)).await;
                service.reply(flow, Some(Value::UNDEFINED))
            }
            Ok(None) => wrong(Problem::at(place, "this is not an include").into()),
            Err(problems) => wrong(problems),
        }
    }

    fn notified(&mut self, service: &mut Service<'_>, level: &Level<'_>, handler: &Node) -> Reply {
        let scope = match self.scope_of(level) {
            Ok(scope) => scope,
            Err(reply) => return reply,
        };
        match self.play.notify(self.host, handler, &scope, self.doubt()) {
            Ok(()) => Reply::Value(Value::UNDEFINED),
            Err(outcome) => match outcome.problem {
                Some(problem) => Reply::Wrong(Box::new(problem)),
                None => service.reply(Flow::Next, None),
            },
        }
    }

    fn rendered(&self, level: &Level<'_>, template: &Node, variables: &Map) -> Reply {
        let scope = match self.scope_of(level) {
            Ok(scope) => scope.with(Layer::written("variables of render", variables)),
            Err(reply) => return reply,
        };
        match scope.render(template) {
            Ok(value) => Reply::Value(value),
            Err(error) => match error.not_known {
                Some(reason) => Reply::NotKnown(reason),
                None => Reply::Wrong(error.problem),
            },
        }
    }
}

/// Returns the problem for an argument that is `()`: a module would treat it as missing.
fn given_nothing(entry: &Entry, arguments: &Map) -> Option<Problem> {
    let mut given = arguments.iter().filter(|_| !entry.any_argument);
    let (key, value) = given.find(|(_, value)| value.to_value().is_none())?;
    let name = key.as_text().unwrap_or_default();
    let message = format!("the argument \"{name}\" of {} is nothing, `()`", entry.name);
    let advice = "omit the key if there is no value: let arguments = #{…}; \
                  if value != () { arguments.key = value }";
    Some(Problem::at(&value.place, message).help(advice.to_owned()))
}

fn expressions(node: &mut Node, script: &Script) -> Result<(), Problem> {
    match &mut node.data {
        Data::Unsafe(text) => {
            if !script.outline.holds_text(text) {
                let message = "an expression must be a literal in the script";
                return Err(Problem::at(&node.place, message));
            }
            node.data = Data::Text(text.clone());
        }
        Data::List(items) => {
            for item in items {
                expressions(item, script)?;
            }
        }
        _ => {}
    }
    Ok(())
}
