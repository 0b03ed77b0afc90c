//! Sends the events of a play.

use super::frame::Frame;
use super::host_state::HostState;
use super::keyword::flag;
use super::outcome::Outcome;
use super::play_run::PlayRun;
use super::position::{Position, place, task_key};
use super::task::TaskRun;
use super::walk::Walk;
use crate::playbook::{Include, IncludeKind, RoleName, Task};
use crate::report::{Event, Status, TaskId, TaskName, TaskResult};
use crate::source::Place;
use crate::value::{self, Value};
use crate::vars::Scope;
use crate::yaml::Node;
use std::sync::Arc;

/// The name of a task before secrets are masked.
pub(super) struct Called<'a> {
    pub(super) name: String,
    pub(super) role: Option<&'a RoleName>,
    pub(super) action: String,
    pub(super) handler: bool,
}

impl PlayRun<'_> {
    /// Returns a task's name as shown, at a position of the play.
    pub(super) fn task_name(
        &self,
        task: &Task,
        scope: Option<&Arc<Scope>>,
        handler: bool,
        position: &Position,
    ) -> Arc<TaskName> {
        let action = task.action.module.clone();
        let name = shown_name(task.name.as_ref(), scope, &action);
        let written = shown_name(task.name.as_ref(), None, &action);
        let name = Called {
            name,
            role: task.role.as_deref(),
            action,
            handler,
        };
        self.named(name, &task.place, &written, position)
    }

    /// Returns a name as shown, without secrets. Hosts at the same position are at the same task
    /// only if its place and its unrendered name are the same too: an include may have read other
    /// files for them, and a script chooses names.
    pub(super) fn named(
        &self,
        name: Called<'_>,
        place: &Place,
        written: &str,
        position: &Position,
    ) -> Arc<TaskName> {
        let batch = self.batch.first().map(|host| &host.name);
        let path = place.path_and_line();
        let id = TaskId::of((batch, task_key(position), &path, name.handler, written));
        let shown = match name.role {
            Some(role) => format!("{} : {}", role.name, name.name),
            None => name.name,
        };
        Arc::new(TaskName {
            name: self.session.secrets.redact(&shown),
            action: name.action,
            path,
            handler: name.handler,
            id,
        })
    }

    /// Reports that a host reached a position, if the hosts of the play keep in step.
    pub(super) fn tell_reached(&self, host: &HostState, position: &Position) {
        if self.lockstep.in_step() {
            let (host, place) = (host.name.clone(), place(position));
            self.session.tell(Event::Reached { host, place });
        }
    }

    pub(super) fn tell_started(&self, run: &TaskRun<'_, '_>) {
        let (task, host) = (run.name.clone(), run.host.name.clone());
        self.session.tell(Event::TaskStarted { task, host });
    }

    pub(super) fn tell_item(&self, run: &TaskRun<'_, '_>, outcome: &Outcome, scope: &Arc<Scope>) {
        let result = self.result(run, outcome, Some(scope));
        self.session.tell(Event::ItemFinished(Box::new(result)));
    }

    pub(super) fn tell_finished(
        &self,
        run: &TaskRun<'_, '_>,
        outcome: &Outcome,
        scope: Option<&Arc<Scope>>,
    ) {
        let result = self.result(run, outcome, scope);
        self.session.tell(Event::TaskFinished(Box::new(result)));
    }

    /// Returns the result for reporters, without what `no_log` hides.
    fn result(
        &self,
        run: &TaskRun<'_, '_>,
        outcome: &Outcome,
        scope: Option<&Arc<Scope>>,
    ) -> TaskResult {
        let hidden = is_hidden(run.frame, scope);
        let result = task_result(&run.name, &run.host.name, outcome);
        self.session
            .redact(if hidden { censored(result) } else { result })
    }

    /// Reports the outcome of an include: one line, as in Ansible.
    pub(super) fn tell_include(
        &self,
        walk: &Walk<'_, '_>,
        include: &Include,
        outcome: &Outcome,
        position: &Position,
    ) {
        let action = match include.kind {
            IncludeKind::Tasks(_) => "include_tasks",
            IncludeKind::Role { .. } => "include_role",
        };
        let written = shown_name(include.name.as_ref(), None, action);
        let name = Called {
            name: written.clone(),
            role: include.role.as_deref(),
            action: action.to_owned(),
            handler: walk.in_handler,
        };
        let task = self.named(name, &include.place, &written, position);
        self.tell_made(walk.host, &task, outcome);
    }

    /// Counts and reports the outcome of a script, apart from its tasks.
    pub(super) fn tell_of_script(
        &self,
        host: &HostState,
        task: &Arc<TaskName>,
        outcome: &Outcome,
        hidden: bool,
    ) {
        host.count(|recap| recap.count(outcome.status, false, false));
        let result = task_result(task, &host.name, outcome);
        let result = if hidden { censored(result) } else { result };
        let result = self.session.redact(result);
        self.session.tell(Event::TaskFinished(Box::new(result)));
    }

    /// Counts and reports the outcome of a task that the run itself created.
    pub(super) fn tell_made(&self, host: &HostState, task: &Arc<TaskName>, outcome: &Outcome) {
        host.count(|recap| recap.count(outcome.status, outcome.ignored, false));
        let result = self.session.redact(task_result(task, &host.name, outcome));
        self.session.tell(Event::TaskFinished(Box::new(result)));
    }
}

/// Returns whether `no_log` hides the output of a frame's task. If it cannot be evaluated, it does:
/// what was shown cannot be taken back.
pub(super) fn is_hidden(frame: &Frame<'_>, scope: Option<&Arc<Scope>>) -> bool {
    match scope {
        None => frame.nearest(|keywords| keywords.no_log.as_ref()).is_some(),
        Some(scope) => flag(frame, |keywords| keywords.no_log.as_ref(), scope)
            .map_or(true, |hidden| hidden == Some(true)),
    }
}

fn shown_name(name: Option<&Node>, scope: Option<&Arc<Scope>>, action: &str) -> String {
    let Some(node) = name else {
        return action.to_owned();
    };
    let rendered = scope.and_then(|scope| scope.render(node).ok());
    let usable = rendered.filter(value::can_be_shown);
    usable.unwrap_or_else(|| node.to_value()).to_string()
}

fn task_result(task: &Arc<TaskName>, host: &Arc<str>, outcome: &Outcome) -> TaskResult {
    TaskResult {
        task: task.clone(),
        host: host.clone(),
        delegated_to: outcome.delegated_to.clone(),
        status: outcome.status,
        ignored: outcome.ignored,
        item: outcome.item.clone(),
        that: outcome.that,
        items: outcome.items,
        message: outcome.message.clone(),
        problem: outcome.problem.clone(),
        command: outcome.command.clone(),
        help: outcome.help.clone(),
        result: outcome.value(),
        diffs: outcome.diffs.clone(),
        warnings: outcome.warnings.clone(),
        elapsed: outcome.elapsed,
        traffic: outcome.traffic,
    }
}

const CENSORED: &str =
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

fn censored(mut result: TaskResult) -> TaskResult {
    let changed = result.status == Status::Changed;
    result.result = Value::from_pairs([
        ("censored", Value::from(CENSORED)),
        ("changed", Value::from(changed)),
    ]);
    result.message = result.message.is_some().then(|| CENSORED.to_owned());
    result.item = result
        .item
        .is_some()
        .then(|| "(censored due to no_log)".to_owned());
    result.problem = None;
    result.command = None;
    result.help = None;
    result.diffs.clear();
    result.warnings.clear();
    result
}
