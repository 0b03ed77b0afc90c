//! One host's way through a play: sections, blocks, roles and includes.

use super::failed_task;
use super::frame::Frame;
use super::host_state::HostState;
use super::keyword::{first_problem, flag, number, truth};
use super::options::Gathering;
use super::outcome::Outcome;
use super::play_run::{PlayRun, lock};
use super::position::{Position, Step};
use super::task::TaskRun;
use crate::internal_error::{caught, caught_in};
use crate::playbook::{Block, Item, Task};
use crate::source::Place;
use crate::value::{NotKnown, Value};
use crate::vars::Scope;
use minijinja::value::ValueKind;
use std::pin::Pin;
use std::sync::Arc;

/// How a host goes on after an item.
pub(super) enum Flow {
    /// With the next one.
    Next,
    /// The item failed: the nearest rescue decides.
    Failed(Box<Failure>),
    /// The rest of the role is left out.
    EndRole,
    /// The rest of the play is left out for this host, without failure.
    EndHost,
    /// Nothing else may start on any host: called off, or another host's failure ends the play.
    Stopped,
}

/// What failed, for `rescue`.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) task: Value,
    pub(super) outcome: Outcome,
    /// It failed on another host, and for all of them.
    pub(super) elsewhere: bool,
}

/// Why it was not known whether the host gets to something, before it went into that.
#[must_use]
pub(super) struct Before(Option<NotKnown>);

/// One host's way through a play.
pub(super) struct Walk<'a, 'p> {
    pub(super) play: &'a PlayRun<'p>,
    pub(super) host: &'a Arc<HostState>,
    /// The host's number in its batch.
    pub(super) index: usize,
    pub(super) in_handler: bool,
    /// Within `always` after a stop: tasks run all the same.
    pub(super) unwinding: bool,
    /// The task before which nothing runs, until the host has come to it.
    pub(super) waits_for: Option<&'p Place>,
    /// Scripts that the host is within.
    pub(super) scripts: usize,
    /// Includes that the host is within.
    pub(super) includes: usize,
    /// The result of the last task, for the script that asked for it.
    pub(super) result: Option<Value>,
    /// Where the blocks begin that the host is in the first part of, and that have a rescue.
    pub(super) rescued_by: Vec<Position>,
    /// Why it is not known whether the host gets to what comes next, in check mode.
    pub(super) doubt: Option<NotKnown>,
    /// The same for the rest of the role.
    pub(super) role_doubt: Option<NotKnown>,
    /// The same for the rest of the run: it is unknown what ran before.
    pub(super) lost: Option<NotKnown>,
}

impl<'a, 'p> Walk<'a, 'p> {
    pub(super) fn new(play: &'a PlayRun<'p>, host: &'a Arc<HostState>, index: usize) -> Self {
        Self {
            play,
            host,
            index,
            in_handler: false,
            unwinding: false,
            waits_for: play.start_at,
            scripts: 0,
            includes: 0,
            result: None,
            rescued_by: Vec::new(),
            doubt: None,
            role_doubt: None,
            lost: host.lost(),
        }
    }

    /// Returns why it is not known whether the host gets to what comes next.
    pub(super) fn doubt(&self) -> Option<&NotKnown> {
        let nearest = self.doubt.as_ref().or(self.role_doubt.as_ref());
        nearest.or(self.lost.as_ref())
    }

    /// Continues after unknown tasks: they may have set any variable, notified any handler and changed
    /// anything on the host.
    pub(super) fn lose(&mut self, reason: &NotKnown) {
        self.play.notify_any(self.host, reason);
        self.host.lose(reason);
        self.lost = self.host.lost();
    }

    /// Goes into something of which it is not known whether the host gets to it, if there is a `doubt`.
    /// [`Walk::after_doubt`] takes what is returned.
    pub(super) fn in_doubt(&mut self, doubt: Option<NotKnown>) -> Option<Before> {
        let doubt = doubt?;
        Some(Before(self.doubt.replace(doubt)))
    }

    /// Leaves what [`Walk::in_doubt`] went into.
    pub(super) fn after_doubt(&mut self, before: Option<Before>) {
        if let Some(Before(doubt)) = before {
            self.doubt = doubt;
        }
    }

    /// Walks through the whole play.
    pub(super) async fn play(mut self) {
        match caught_in(self.whole_play()).await {
            Ok(()) => self.play.left(self.index),
            Err(error) => self.play.left_out(self.index, &error.to_string()),
        }
    }

    async fn whole_play(&mut self) {
        let play = self.play;
        let root = play.root();
        let flow = self.sections(&root).await;
        if matches!(flow, Flow::Failed(_)) {
            Box::pin(self.failed(&root)).await;
        }
        self.play.finished(self.host);
    }

    async fn sections(&mut self, root: &Frame<'_>) -> Flow {
        let play = self.play.play;
        let gathers = match self.gathers(root) {
            Ok(gathers) => gathers,
            Err(flow) => return flow,
        };
        if let Some(task) = self.play.gather.as_ref().filter(|_| gathers) {
            let waits_for = self.waits_for.take();
            let task = Item::Task(task.clone());
            let flow = self.item(&task, root, &mut vec![0.into()]).await;
            self.waits_for = waits_for;
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        let roles: Vec<_> = play.roles.iter().cloned().map(Item::Role).collect();
        let sections: [&[Item]; 4] = [&play.pre_tasks, &roles, &play.tasks, &play.post_tasks];
        for (number, items) in (1..).step_by(2).zip(sections) {
            let mut position = vec![Step::from(number)];
            let flow = self.items(items, root, &mut position).await;
            if !matches!(flow, Flow::Next) {
                return flow;
            }
            // Handlers run after pre_tasks, after roles and tasks, and after post_tasks.
            if number != 3 {
                let mut position = vec![Step::from(number + 1)];
                let flow = self.flush_handlers(root, &mut position).await;
                if !matches!(flow, Flow::Next) {
                    return flow;
                }
            }
        }
        Flow::Next
    }

    /// Returns whether facts are gathered on this host, or how it goes on where that is not known.
    fn gathers(&mut self, root: &Frame<'_>) -> Result<bool, Flow> {
        let play = self.play;
        let (Some(node), Some(task)) = (&play.play.gather_facts, &play.gather) else {
            let is_smart = play.session.options.gathering == Gathering::Smart;
            return Ok(!is_smart || !self.host.has_facts());
        };
        let scope = play.scope(self.host, root).map_err(first_problem);
        scope
            .map_err(Box::new)
            .and_then(|scope| truth(node, &scope))
            .map(|wanted| wanted.unwrap_or(true))
            .map_err(|outcome| {
                let name = play.task_name(task, None, false, &vec![0.into()]);
                play.tell_made(self.host, &name, &outcome);
                let failed = failed_task::of(task, None);
                self.fails(failed, *outcome, self.is_fatal_in(root))
            })
    }

    /// A host that failed still runs its notified handlers where that was asked for.
    async fn failed(&mut self, root: &Frame<'_>) {
        self.play.mark(self.host, true);
        let play = self.play;
        let force = match (&play.play.force_handlers, play.scope(self.host, root)) {
            _ if play.session.options.force_handlers => true,
            (Some(node), Ok(scope)) => matches!(truth(node, &scope), Ok(Some(true))),
            _ => false,
        };
        if force {
            self.unwinding = true;
            self.flush_handlers(root, &mut vec![u32::MAX.into()]).await;
        }
    }

    /// Walks through a list of items.
    pub(super) async fn items(
        &mut self,
        items: &[Item],
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        for (index, item) in items.iter().enumerate() {
            position.push(u32::try_from(index).unwrap_or(u32::MAX).into());
            let flow = match item {
                Item::Task(task) => self.first_of(task, &items[index..], frame, position).await,
                _ => self.item(item, frame, position).await,
            };
            position.pop();
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    /// Walks through an item. Items contain items, so each has its own memory.
    pub(super) fn item<'f>(
        &'f mut self,
        item: &'f Item,
        frame: &'f Frame<'f>,
        position: &'f mut Position,
    ) -> Pin<Box<dyn Future<Output = Flow> + Send + 'f>> {
        match item {
            Item::Task(task) => Box::pin(self.task(task, frame, position)),
            Item::Block(block) => Box::pin(self.block(block, frame, position)),
            Item::Role(used) => Box::pin(self.role(used, frame, position)),
            Item::Include(include) => Box::pin(self.include(include, frame, position)),
            Item::Script(script) => Box::pin(self.script(script, frame, position)),
        }
    }

    async fn block(&mut self, block: &Block, frame: &Frame<'_>, position: &mut Position) -> Flow {
        let mut inner = frame.inner(&block.keywords, "vars of a block");
        inner.notify = &block.notify;
        let mut flow = self.first_part(block, &inner, position).await;
        if let (Flow::Failed(failure), false) = (&flow, block.rescue.is_empty()) {
            let failure = failure.clone();
            self.host.set_variables(failure.variables());
            // As in Ansible, also if the rescue fails.
            self.rescued(&failure);
            flow = self.part(1, &block.rescue, &inner, position).await;
        }
        if !block.always.is_empty() {
            let before = self.unwinding;
            self.unwinding |= self.is_stopped(&flow);
            let had_failed = self.host.has_failed();
            let last = self.part(2, &block.always, &inner, position).await;
            self.unwinding = before;
            let is_cleared = had_failed && !self.host.has_failed();
            if matches!(flow, Flow::Next) || (is_cleared && matches!(flow, Flow::Failed(_))) {
                flow = last;
            }
        }
        flow
    }

    async fn first_part(
        &mut self,
        block: &Block,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        if block.rescue.is_empty() {
            return self.part(0, &block.block, frame, position).await;
        }
        self.rescued_by.push(position.clone());
        let flow = self.part(0, &block.block, frame, position).await;
        self.rescued_by.pop();
        flow
    }

    async fn part(
        &mut self,
        number: u32,
        items: &[Item],
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        position.push(number.into());
        let flow = self.items(items, frame, position).await;
        position.pop();
        flow
    }

    /// Runs a task of which nobody knows what comes after it.
    pub(super) async fn task(
        &mut self,
        task: &Arc<Task>,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        self.first_of(task, &[], frame, position).await
    }

    /// Runs the first task of a list.
    async fn first_of(
        &mut self,
        task: &Arc<Task>,
        list: &[Item],
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let own = frame.inner(&task.keywords, "vars of the task");
        if !self.has_begun(&task.place) || !self.takes(&own) {
            return Flow::Next;
        }
        if let Some(flow) = self.held_up(position).await {
            return flow;
        }
        let own = Frame {
            folder: Some(&task.folder),
            ..own
        };
        // What a host needs to run a task, it does not need while it waits for others.
        Box::pin(self.now(task, list, &own, position)).await
    }

    /// Runs a task that no host is before.
    async fn now(
        &mut self,
        task: &Arc<Task>,
        list: &[Item],
        own: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let play = self.play;
        let scope = match play.scope(self.host, own) {
            Ok(scope) => scope,
            Err(problems) => {
                let name = play.task_name(task, None, self.in_handler, position);
                let run = TaskRun {
                    play,
                    host: self.host,
                    task,
                    frame: own,
                    name,
                    doubt: self.doubt().cloned(),
                    guess: None,
                };
                return self.end(&run, first_problem(problems), None).await;
            }
        };
        let name = play.task_name(task, Some(&scope), self.in_handler, position);
        if !play.steps.take(play.session, position, &name.name) {
            return Flow::Next;
        }
        let run = TaskRun {
            play,
            host: self.host,
            task,
            frame: own,
            name,
            doubt: self.doubt().cloned(),
            guess: None,
        };
        let mut keywords = own.outwards().filter_map(|frame| frame.keywords);
        if let Some(problem) = keywords.find_map(|keywords| play.session.spans_shards(keywords)) {
            return self.end(&run, problem.into(), Some(&scope)).await;
        }
        match flag(own, |keywords| keywords.run_once.as_ref(), &scope) {
            Err(outcome) => self.end(&run, *outcome, Some(&scope)).await,
            Ok(wanted) if wanted == Some(true) || self.is_for_all(task) => {
                self.once(&run, &scope, position).await
            }
            Ok(_) => {
                let outcome = self.throttled(&run, &scope, position, list).await;
                self.end(&run, outcome, Some(&scope)).await
            }
        }
    }

    /// Returns whether a task's module acts once for all hosts.
    fn is_for_all(&self, task: &Task) -> bool {
        let entry = self.play.session.registry.get(&task.action.module);
        entry.is_some_and(|entry| entry.once)
    }

    pub(super) async fn throttled(
        &self,
        run: &TaskRun<'_, '_>,
        scope: &Arc<Scope>,
        position: &Position,
        list: &[Item],
    ) -> Outcome {
        let throttle = run.frame.nearest(|keywords| keywords.throttle.as_ref());
        let limit = match number(throttle, scope, 0) {
            Ok(limit) => limit as usize,
            Err(outcome) => return *outcome,
        };
        let lockstep = &self.play.lockstep;
        if limit > 0 {
            lockstep.enter(self.index, position, limit).await;
        }
        self.play.tell_started(run);
        let spent = self.ask_ahead(run, list);
        let mut outcome = caught(|| run.run(scope)).unwrap_or_else(Outcome::from);
        outcome.spent(&spent);
        if limit > 0 {
            lockstep.exit(position);
        }
        outcome
    }

    /// Waits at a position for the hosts before it; returns why this one does not go on there.
    pub(super) async fn held_up(&self, position: &Position) -> Option<Flow> {
        self.play.tell_reached(self.host, position);
        let may_go = self.play.lockstep.arrive(self.index, position).await;
        self.play.freshen_magic(position);
        if !may_go && !self.unwinding {
            return Some(Flow::Stopped);
        }
        if self.rescued_by.is_empty() {
            return None;
        }
        let failed = lock(&self.play.failed_blocks);
        let mut failures = failed
            .iter()
            .filter_map(|block| block.failure(&self.rescued_by, position));
        Some(Flow::Failed(Box::new(failures.next()?)))
    }

    /// Returns whether the task at which the user wants to start is behind, or is this one.
    pub(super) fn has_begun(&mut self, place: &Place) -> bool {
        if self.waits_for == Some(place) {
            self.waits_for = None;
        }
        self.waits_for.is_none()
    }

    /// Returns whether the run takes tasks with these tags; handlers run whatever their tags.
    pub(super) fn takes(&self, frame: &Frame<'_>) -> bool {
        if self.in_handler {
            return true;
        }
        let rendered = self.rendered_tags(frame);
        let mut tags = frame.tags();
        tags.extend(rendered.iter().map(String::as_str));
        self.play.session.options.tags.takes(&tags)
    }

    /// Returns the tags that templates name; one that cannot be rendered names none.
    fn rendered_tags(&self, frame: &Frame<'_>) -> Vec<String> {
        let mut templates = frame.tag_templates().peekable();
        if templates.peek().is_none() {
            return Vec::new();
        }
        let Ok(scope) = self.play.scope(self.host, frame) else {
            return Vec::new();
        };
        let values = templates.filter_map(|template| scope.render(template).ok());
        let texts = values.flat_map(|value| match (value.kind(), value.try_iter()) {
            (ValueKind::Seq, Ok(items)) => items.map(|item| item.to_string()).collect(),
            _ => vec![value.to_string()],
        });
        let split = |text: String| {
            let tags = text.split(',').map(|tag| tag.trim().to_owned());
            tags.collect::<Vec<_>>()
        };
        texts.flat_map(split).collect()
    }
}

impl Failure {
    /// Returns the variables that `rescue` and what follows see.
    pub(super) fn variables(&self) -> [(String, Value); 2] {
        [
            ("ansible_failed_task".to_owned(), self.task.clone()),
            ("ansible_failed_result".to_owned(), self.outcome.value()),
        ]
    }
}
