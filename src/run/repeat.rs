//! Loops: a task repeated over items.

use super::ahead::Spent;
use super::keyword::{first_problem, render};
use super::outcome::Outcome;
use super::task::{Fallible, TaskRun};
use crate::change::Sets;
use crate::host::{Limits, Traffic};
use crate::playbook::{Loop, LoopControl};
use crate::report::Status;
use crate::source::Problem;
use crate::template::TemplateError;
use crate::value::{self, Fields, NotKnown, Value};
use crate::vars::{Layer, Scope};
use crate::yaml::{Data, Node};
use minijinja::value::ValueKind;
use std::sync::Arc;
use std::time::Duration;

impl TaskRun<'_, '_> {
    pub(super) fn looped(&self, repeat: &Loop, scope: &Arc<Scope>) -> Fallible<Outcome> {
        let items = match loop_items(repeat, scope) {
            Ok(items) => items,
            // A condition that is false without the item makes the loop unnecessary.
            Err(outcome) => match self.conditions(scope) {
                Ok(Some(skipped)) => return Ok(skipped),
                _ => return self.without_items(repeat, scope, outcome),
            },
        };
        let control = &repeat.control;
        let variable = repeat.variable();
        let mut run = self.clone();
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut scope = scope.clone();
        for (index, item) in items.iter().enumerate() {
            if let (Some(pause), true) = (&control.pause, index > 0) {
                let seconds = render(&scope, pause)?.to_string().parse().unwrap_or(0.0);
                let pause = Duration::try_from_secs_f64(seconds).unwrap_or_default();
                Limits {
                    deadline: None,
                    cancel: self.play.session.cancel.clone(),
                }
                .sleep(pause)
                .map_err(|error| Box::new(error.into()))?;
            }
            let about_item = item_fields(repeat, variable, &items, index);
            let item_scope = scope.with(Layer::data("the loop", about_item.clone()));
            let spent = if index > 0 {
                run.ask_ahead_of_item(index)
            } else {
                Spent::default()
            };
            let mut outcome = run.item(&item_scope).unwrap_or_else(|outcome| *outcome);
            outcome.spent(&spent);
            outcome.result.extend(about_item);
            outcome.item = Some(label(control.label.as_ref(), &item_scope, item));
            self.play.tell_item(self, &outcome, &scope);
            if !matches!(outcome.sets, Sets::Nothing) {
                // The next item sees what this one set.
                let fresh = self.play.scope(self.host, self.frame);
                scope = fresh.map_err(|problems| Box::new(first_problem(problems)))?;
            }
            let breaks = self.breaks(control, &item_scope, &outcome);
            let stop = outcome.cancelled || outcome.status == Status::Unreachable;
            outcomes.push(outcome);
            match breaks {
                _ if stop => break,
                Ok(true) => break,
                Ok(false) => {}
                // Whether there is another round is unknown.
                Err(reason) => run.doubt = Some(reason),
            }
        }
        Ok(aggregate(outcomes))
    }

    /// Returns the outcome of a loop whose items are missing or unknown; what does not depend on
    /// them is still checked.
    fn without_items(
        &self,
        repeat: &Loop,
        scope: &Arc<Scope>,
        outcome: Box<Outcome>,
    ) -> Fallible<Outcome> {
        let doubt = self.doubt.as_ref().or(outcome.unknown.as_ref());
        let Some(reason) = doubt else {
            return Err(outcome);
        };
        let items = [reason.value()];
        let scope = scope.with(item_layer(repeat, repeat.variable(), &items, 0));
        Ok(self.doubtful(&scope, reason))
    }

    fn breaks(
        &self,
        control: &LoopControl,
        scope: &Arc<Scope>,
        outcome: &Outcome,
    ) -> Result<bool, NotKnown> {
        if control.break_when.is_empty() {
            return Ok(false);
        }
        let scope = self.with_registered(scope, outcome);
        match scope.first_false(&control.break_when) {
            Ok(failing) => Ok(failing.is_none()),
            Err(error) => error.not_known.map_or(Ok(false), Err),
        }
    }
}

/// Returns the items of a loop.
pub(super) fn loop_items(repeat: &Loop, scope: &Arc<Scope>) -> Fallible<Vec<Value>> {
    let value = match &repeat.lookup {
        None => render(scope, &repeat.items)?,
        Some(lookup) => {
            let terms = match &repeat.items.data {
                // `with_items: some_list` names a variable without braces, as always.
                Data::Text(_) if !repeat.items.has_template() && lookup == "items" => scope
                    .expression(&repeat.items)
                    .or_else(|_| scope.render(&repeat.items)),
                _ => scope.render(&repeat.items),
            };
            let terms = terms.map_err(|error| Box::new(at_items(error, repeat)))?;
            if let Some(reason) = value::unknown_in(&terms) {
                return Err(Box::new(Outcome::not_predicted(&reason)));
            }
            let terms = match terms.kind() {
                ValueKind::Seq => terms.try_iter().map(Iterator::collect).unwrap_or_default(),
                _ => vec![terms],
            };
            scope
                .engine()
                .lookup(
                    lookup,
                    &terms,
                    &Fields::new(),
                    &scope.context(),
                    &scope.site().preferring(repeat.files),
                )
                .map_err(|error| Box::new(at_items(error, repeat)))?
        }
    };
    if let Some(reason) = not_known(&value) {
        return Err(Box::new(Outcome::not_predicted(&reason)));
    }
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Ok(value.try_iter().map(Iterator::collect).unwrap_or_default());
    }
    let what = match value.kind() {
        ValueKind::Map => "a mapping (use the filter dict2items)",
        ValueKind::String => "text",
        ValueKind::None => "nothing",
        _ => "no list",
    };
    let message = format!("a loop needs a list, not {what}");
    Err(Box::new(
        Problem::at(&repeat.items.place, message)
            .label("expected a list")
            .into(),
    ))
}

/// A lookup has no place of its own: it is reported at its loop.
fn at_items(error: TemplateError, repeat: &Loop) -> Outcome {
    let mut error = error;
    error
        .problem
        .place
        .get_or_insert_with(|| repeat.items.place.clone());
    error.into()
}

fn not_known(value: &Value) -> Option<NotKnown> {
    if value.kind() == ValueKind::Invalid {
        value::unknown_in(value)
    } else {
        None
    }
}

/// Returns the variables of one item as a layer.
pub(super) fn item_layer(
    repeat: &Loop,
    variable: &str,
    items: &[Value],
    index: usize,
) -> Arc<Layer> {
    Layer::data("the loop", item_fields(repeat, variable, items, index))
}

/// Returns the variables of one item.
fn item_fields(repeat: &Loop, variable: &str, items: &[Value], index: usize) -> Fields {
    let item = |index: usize| items.get(index).cloned();
    let mut fields = Fields::new();
    fields.insert(variable.to_owned(), item(index).unwrap_or_default());
    fields.insert("ansible_loop_var".to_owned(), variable.into());
    if let Some(name) = &repeat.control.index_var {
        fields.insert(name.clone(), index.into());
        fields.insert("ansible_index_var".to_owned(), name.clone().into());
    }
    if repeat.control.extended {
        let mut about = Fields::new();
        about.insert("index".to_owned(), (index + 1).into());
        about.insert("index0".to_owned(), index.into());
        about.insert("first".to_owned(), (index == 0).into());
        about.insert("last".to_owned(), (index + 1 == items.len()).into());
        about.insert("length".to_owned(), items.len().into());
        about.insert("revindex".to_owned(), (items.len() - index).into());
        about.insert("revindex0".to_owned(), (items.len() - index - 1).into());
        if !repeat.control.without_all_items {
            about.insert("allitems".to_owned(), items.iter().cloned().collect());
        }
        if let Some(previous) = index.checked_sub(1).and_then(item) {
            about.insert("previtem".to_owned(), previous);
        }
        if let Some(next) = item(index + 1) {
            about.insert("nextitem".to_owned(), next);
        }
        fields.insert("ansible_loop".to_owned(), value::map(about));
    }
    fields
}

/// Returns how an item is shown.
fn label(label: Option<&Node>, scope: &Arc<Scope>, item: &Value) -> String {
    let shown = |value: &Value| match value::unknown_in(value) {
        Some(_) => value::to_json(value).to_string(),
        None => value.to_string(),
    };
    match label.map(|label| scope.render(label)) {
        Some(Ok(value)) => shown(&value),
        Some(Err(error)) if error.not_known.is_some() => format!("({})", value::UNKNOWN),
        _ => shown(item),
    }
}

/// Returns whether a round of a loop changes something, failed or not, or why that is not known.
fn changed(outcomes: &[Outcome]) -> Result<bool, NotKnown> {
    let says = |outcome: &Outcome| outcome.result.get("changed").is_some_and(Value::is_true);
    if outcomes.iter().any(says) {
        return Ok(true);
    }
    let mut rounds = outcomes.iter().map(Outcome::changed);
    rounds.find(Result::is_err).unwrap_or(Ok(false))
}

/// Returns the outcome of a loop from those of its items.
fn aggregate(mut outcomes: Vec<Outcome>) -> Outcome {
    let count = outcomes.len();
    let any = |status| outcomes.iter().any(|outcome| outcome.status == status);
    let skipped = outcomes
        .iter()
        .all(|outcome| outcome.status == Status::Skipped);
    let status = if any(Status::Unreachable) {
        Status::Unreachable
    } else if any(Status::Failed) {
        Status::Failed
    } else if any(Status::Unknown) {
        Status::Unknown
    } else if skipped {
        Status::Skipped
    } else if any(Status::Changed) {
        Status::Changed
    } else {
        Status::Ok
    };
    let mut whole = Outcome::new(status);
    let results: Value = outcomes.iter().map(Outcome::registered).collect();
    let changed = changed(&outcomes).map_or_else(|reason| reason.value(), Value::from);
    let mut unknown = outcomes.iter();
    let unknown = unknown.find(|outcome| outcome.status == Status::Unknown);
    whole.message = unknown.and_then(|outcome| outcome.message.clone());
    let reason = outcomes.iter().find_map(|outcome| outcome.unknown.clone());
    let failing = outcomes.iter().find_map(|outcome| {
        let failed = outcome.result.get("failed");
        failed.and_then(value::unknown_in)
    });
    let perhaps_skipped = outcomes
        .iter()
        .all(|outcome| outcome.status == Status::Skipped || outcome.unknown.is_some());
    let mut set = |name: &str, value: Value| whole.result.insert(name.to_owned(), value);
    set("results", results);
    set("changed", changed);
    if let Some(reason) = failing.as_ref().or(reason.as_ref()) {
        set("failed", reason.value());
    }
    if let (Some(reason), true) = (&reason, perhaps_skipped) {
        set("skipped", reason.value());
    }
    match status {
        Status::Unknown => {
            set("unknown", true.into());
        }
        Status::Skipped if count == 0 => {
            set("skipped", true.into());
            set("skipped_reason", "No items in the list".into());
        }
        Status::Skipped => {
            set("skipped", true.into());
            set("msg", "All items skipped".into());
        }
        Status::Failed | Status::Unreachable => {
            set("failed", true.into());
            set("msg", "One or more items failed".into());
        }
        _ => {
            set("msg", "All items completed".into());
        }
    }
    whole.items = Some(count);
    whole.cancelled = outcomes.iter().any(|outcome| outcome.cancelled);
    whole.elapsed = outcomes.iter().map(|outcome| outcome.elapsed).sum();
    whole.traffic = outcomes
        .iter()
        .fold(Traffic::default(), |sum, outcome| sum + outcome.traffic);
    whole.delegated_to = outcomes
        .iter()
        .find_map(|outcome| outcome.delegated_to.clone());
    whole.control = outcomes.iter().find_map(|outcome| outcome.control);
    for outcome in &mut outcomes {
        whole.diffs.append(&mut outcome.diffs);
        whole.warnings.append(&mut outcome.warnings);
    }
    if let Some(failed) = outcomes
        .iter()
        .position(|outcome| matches!(outcome.status, Status::Failed | Status::Unreachable))
    {
        let failed = outcomes.swap_remove(failed);
        whole.message = failed.message;
        whole.problem = failed.problem;
        whole.command = failed.command;
        whole.help = failed.help;
    }
    whole
}
