//! What a script asks for, done on the host's thread.

use super::frame::Frame;
use super::lockstep::{Position, Step};
use super::walk::{Failure, Flow, Walk};
use crate::playbook::{Item, Script, TaskOptions};
use crate::report::Event;
use crate::script::role::{Reply, Request};
use crate::script::{Diagnosis, Raised};
use crate::source::{Place, Problem, Problems};
use crate::value::{self, Fields, Value};
use crate::vars::{Layer, Scope};
use crate::yaml::{Data, Map, Node};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// A running script, as the host's thread sees it.
pub(super) struct Service<'s> {
    pub(super) script: &'s Arc<Script>,
    asked: Receiver<Request>,
    answers: Option<Sender<Reply>>,
    /// How it ended.
    pub(super) finished: Option<Result<(), Box<Diagnosis>>>,
    /// A task's failure that the script has not dealt with yet, and its number.
    pub(super) pending: Option<(u64, Box<Failure>)>,
    /// How the host goes on where the run ends the script.
    pub(super) over: Option<Flow>,
    /// The task, in the script's words, that an error came out of, and whether it hides things.
    pub(super) failed_in: Option<(Node, bool)>,
    failures: u64,
    /// How often each call was made.
    visits: HashMap<usize, u32>,
}

/// What a script is within: the script itself, or a function given to `task` or `block`.
pub(super) struct Level<'f> {
    frame: &'f Frame<'f>,
    /// The call of `task` around.
    options: Option<&'f TaskOptions>,
    /// The byte of the call of `task` or `block` around.
    around: Option<usize>,
}

/// Where a level has got to.
#[derive(Default)]
struct Progress {
    statement: u32,
    calls: u32,
}

impl<'f> Level<'f> {
    pub(super) fn top(frame: &'f Frame<'f>) -> Self {
        Self {
            frame,
            options: None,
            around: None,
        }
    }
}

impl<'s> Service<'s> {
    pub(super) fn new(
        script: &'s Arc<Script>,
        asked: Receiver<Request>,
        answers: Sender<Reply>,
    ) -> Self {
        Self {
            script,
            asked,
            answers: Some(answers),
            finished: None,
            pending: None,
            over: None,
            failed_in: None,
            failures: 0,
            visits: HashMap::new(),
        }
    }

    /// Answers nothing more: a script that still waits goes on and ends.
    pub(super) fn hang_up(&mut self) {
        self.answers = None;
    }

    fn answer(&self, reply: Reply) {
        if let Some(answers) = &self.answers {
            // A script that has ended wants no answer.
            let _ = answers.send(reply);
        }
    }

    /// Returns the steps of a position that lead to a call: the statement it is in, the calls
    /// within that, the call itself.
    fn steps(&mut self, level: &Level<'_>, progress: &mut Progress, site: usize) -> [Step; 3] {
        let outline = &self.script.outline;
        let statement = outline.statement(level.around, site, progress.statement);
        if statement != progress.statement {
            *progress = Progress {
                statement,
                calls: 0,
            };
        }
        progress.calls += 1;
        let site_number = u32::try_from(site).unwrap_or(u32::MAX);
        let visit = self.visits.entry(site).or_default();
        *visit += 1;
        [
            Step::of_script(statement, 0),
            Step::of_script(progress.calls, site_number),
            Step::of_script(site_number, *visit),
        ]
    }

    /// Returns what the script is told of how a task ended.
    fn reply(&mut self, flow: Flow, result: Option<Value>) -> Reply {
        match flow {
            Flow::Next => Reply::Value(result.unwrap_or_else(not_taken)),
            Flow::Failed(failure) => {
                self.failures += 1;
                let raised = Raised {
                    message: failure.outcome.message.clone().unwrap_or_default(),
                    task: failure
                        .task
                        .get_attr("name")
                        .ok()
                        .map(|name| name.to_string()),
                    result: Some(failure.outcome.value()),
                    failure: Some(self.failures),
                    ..Raised::default()
                };
                self.pending = Some((self.failures, failure));
                Reply::Failed(raised)
            }
            other => {
                self.over = Some(other);
                Reply::Over
            }
        }
    }
}

/// The result of a task that the run does not take, as by its tags.
fn not_taken() -> Value {
    let mut fields = Fields::new();
    fields.insert("changed".to_owned(), false.into());
    fields.insert("skipped".to_owned(), true.into());
    fields.insert("skip_reason".to_owned(), "left out of this run".into());
    value::map(fields)
}

fn wrong(problems: Problems) -> Reply {
    let mut problems = problems.0.into_iter();
    let problem = problems.next();
    Reply::Wrong(Box::new(
        problem.unwrap_or_else(|| Problem::new("a file of the user's is wrong")),
    ))
}

impl Walk<'_, '_> {
    /// Does what the script asks for until it leaves this level; returns whether it left well.
    pub(super) fn serve(
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
                    let reply = self.called(service, level, &place, &name, arguments, position);
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
                    self.entered_task(service, level, site, (&place, &name, &options), position);
                    position.truncate(position.len() - steps.len());
                }
                Request::Block { site, options } => {
                    let steps = service.steps(level, &mut progress, site);
                    position.extend(steps);
                    self.entered_block(service, level, site, &options, position);
                    position.truncate(position.len() - steps.len());
                }
                Request::Rescue(_) => self.rescues(service, level, position),
                Request::Always => self.unwinds(service, level, position),
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
                    let reply = self.included(service, level, asked, position);
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
                    if !self.hides(level.frame) {
                        let session = self.play.session;
                        session.tell(Event::Said {
                            host: self.host.name.clone(),
                            text: session.secrets.redact(&text),
                        });
                    }
                    service.answer(Reply::Value(Value::UNDEFINED));
                }
            }
        }
        false
    }

    /// A script that goes on after a failure has dealt with it.
    pub(super) fn caught(&mut self, service: &mut Service<'_>) {
        if service.pending.take().is_some() {
            service.failed_in = None;
            self.host.count(|recap| {
                recap.failed = recap.failed.saturating_sub(1);
                recap.rescued += 1;
            });
            self.play.rescued(self.host);
        }
    }

    fn scope_of(&self, level: &Level<'_>) -> Result<Arc<Scope>, Reply> {
        self.play.scope(self.host, level.frame).map_err(wrong)
    }

    fn called(
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
            Ok(None) => return wrong(Problem::at(place, "this is no task").into()),
            Err(problems) => return wrong(problems),
        };
        self.result = None;
        let flow = self.task(&task, level.frame, position);
        let result = self.result.take();
        service.reply(flow, result)
    }

    /// Makes expressions of the texts that the module evaluates itself; only text that stands in
    /// the script may be one.
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

    fn entered_task(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        site: usize,
        (place, name, options): (&Place, &Node, &Map),
        position: &mut Position,
    ) {
        let script = service.script;
        let loader = &self.play.session.loader;
        let options = match loader.task_options(script, place, name, options) {
            Ok(options) => options,
            Err(problems) => return service.answer(wrong(problems)),
        };
        let frame = level.frame.inner(&options.shared, "vars of the task");
        let inner = Level {
            frame: &frame,
            options: Some(&options),
            around: Some(site),
        };
        self.entered(service, &inner, site, position);
    }

    fn entered_block(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        site: usize,
        options: &Map,
        position: &mut Position,
    ) {
        let options = self.play.session.loader.block_options(options);
        let (keywords, notify) = match options {
            Ok(options) => options,
            Err(problems) => return service.answer(wrong(problems)),
        };
        let mut frame = level.frame.inner(&keywords, "vars of a block");
        frame.notify = &notify;
        let inner = Level {
            frame: &frame,
            options: level.options,
            around: Some(site),
        };
        self.entered(service, &inner, site, position);
    }

    /// Lets the script into a function of `task` or `block`, unless nothing in it is to run.
    fn entered(
        &mut self,
        service: &mut Service<'_>,
        inner: &Level<'_>,
        site: usize,
        position: &mut Position,
    ) {
        let seen: Option<&[Item]> = service.script.tasks.get(&site).map(Vec::as_slice);
        let items = seen.unwrap_or_default();
        let any_tags = seen.is_none() || service.script.outline.computes_tags();
        if !self.may_take(items, inner.frame, any_tags) {
            return service.answer(Reply::Value(not_taken()));
        }
        if !self.holds(inner.frame) {
            self.result = None;
            let flow = self.items(items, inner.frame, position);
            let result = self.result.take();
            let reply = service.reply(flow, result);
            return service.answer(reply);
        }
        service.answer(Reply::Entered);
        self.serve(service, inner, position);
    }

    /// The second part of a block: it sees what failed, and has dealt with it if it ends well.
    fn rescues(&mut self, service: &mut Service<'_>, level: &Level<'_>, position: &mut Position) {
        let failure = service.pending.take();
        service.failed_in = None;
        let frame = Frame {
            parent: Some(level.frame),
            parameters: failure.as_ref().map(|(_, failure)| failure.layer()),
            ..Frame::default()
        };
        let inner = Level {
            frame: &frame,
            options: level.options,
            around: level.around,
        };
        service.answer(Reply::Entered);
        position.push(1.into());
        let well = self.serve(service, &inner, position);
        position.pop();
        if well && failure.is_some() {
            service.pending = failure;
            self.caught(service);
        }
    }

    /// The last part of a block: it runs though the run may have ended the script.
    fn unwinds(&mut self, service: &mut Service<'_>, level: &Level<'_>, position: &mut Position) {
        let pending = service.pending.take();
        let before = self.unwinding;
        self.unwinding |= matches!(service.over, Some(Flow::Stopped));
        let inner = Level {
            frame: level.frame,
            options: level.options,
            around: level.around,
        };
        service.answer(Reply::Entered);
        position.push(2.into());
        self.serve(service, &inner, position);
        position.pop();
        self.unwinding = before;
        if pending.is_some() {
            service.pending = pending;
        }
    }

    fn included(
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
                let flow = self.include(&include, level.frame, position);
                service.reply(flow, Some(Value::UNDEFINED))
            }
            Ok(None) => wrong(Problem::at(place, "this is no include").into()),
            Err(problems) => wrong(problems),
        }
    }

    fn notified(&mut self, service: &mut Service<'_>, level: &Level<'_>, handler: &Node) -> Reply {
        let scope = match self.scope_of(level) {
            Ok(scope) => scope,
            Err(reply) => return reply,
        };
        match self.play.notify(self.host, handler, &scope) {
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

fn expressions(node: &mut Node, script: &Script) -> Result<(), Problem> {
    match &mut node.data {
        Data::Unsafe(text) => {
            if !script.outline.holds_text(text) {
                let message = "an expression must stand in the script as it is";
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
