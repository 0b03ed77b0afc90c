//! One attempt at a task on one host: the only path, whatever asked for it.
//!
//! Arguments are rendered, the module is built and plans, and its change is applied. In check
//! mode the host is an overlay; nothing here knows that.

use super::background::Background;
use super::outcome::Outcome;
use super::rights_help;
use super::secret_files::keep_private;
use super::session::{Session, Unanswered, is_omitted};
use super::target::{Target, Turn};
use crate::change::{Change, Diff, Sets, Shows, Since};
use crate::files::Files;
use crate::host::{
    Ahead, Command, Host, HostError, Limits, Output, Overlay, Probe, Step, not_on_a_guess,
};
use crate::module::{
    ArgumentError, Entry, FOLDER_OF_JOBS, HostPaths, Module, ModuleError, PlanContext, Templates,
};
use crate::playbook::{Action, VARIABLE};
use crate::report::{Event, FailedCommand, Status};
use crate::source::{Problem, SourceFile};
use crate::template::{Syntax, TemplateError};
use crate::value::{self, Fields, NotKnown, Value};
use crate::vars::{Layer, Scope};
use crate::vault;
use crate::yaml::{Map, Node};
use minijinja::value::ValueKind;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Everything one attempt needs.
pub(super) struct Attempt<'a> {
    pub(super) session: &'a Session,
    pub(super) action: &'a Action,
    /// Arguments of `module_defaults` for this module.
    pub(super) defaults: &'a Map,
    pub(super) scope: &'a Arc<Scope>,
    pub(super) files: &'a Files,
    pub(super) environment: &'a BTreeMap<String, String>,
    pub(super) host: &'a Arc<dyn Host>,
    /// The machine that the host is.
    pub(super) target: &'a Target,
    /// The same host, if it was asked ahead and is really changed.
    pub(super) ahead: Option<&'a Ahead>,
    /// What check mode foresees of the machine, if the task really works on it all the same.
    pub(super) foreseen: Option<&'a Overlay>,
    pub(super) limits: &'a Limits,
    pub(super) diff: bool,
    /// How the task is left running, if it is.
    pub(super) background: Option<Background>,
    /// Whether `no_log` hides what the task does.
    pub(super) hidden: bool,
    /// The host whose task it is.
    pub(super) name: &'a Arc<str>,
}

/// The arguments of a task, rendered.
pub(super) struct Arguments {
    pub(super) fields: Fields,
    /// Those that the module evaluates itself, as written.
    raw: BTreeMap<String, Node>,
    /// Those that check mode does not know.
    pub(super) unknown: Fields,
}

impl Attempt<'_> {
    /// Makes the attempt and says what came of it.
    pub(super) fn run(&self) -> Outcome {
        let mut outcome = match self.background {
            None => self.made(),
            Some(background) => self.left_running(background),
        };
        rights_help::add(&mut outcome, self.host, self.limits);
        outcome
    }

    /// Makes the attempt to its end.
    pub(super) fn made(&self) -> Outcome {
        let first = match self.planned(false) {
            Ok((change, turn)) if !change.again => return self.carried_out(change, turn),
            Ok((change, turn)) => self.carried_out(change, turn),
            Err(outcome) => return *outcome,
        };
        if !matches!(first.status, Status::Ok | Status::Changed) {
            return first;
        }
        match self.planned(true) {
            Ok((change, turn)) => {
                let mut outcome = self.carried_out(change, turn);
                outcome.warnings.splice(0..0, first.warnings);
                if outcome.diffs.is_empty() && !first.diffs.is_empty() {
                    outcome.diffs = first.diffs;
                    let diff = first.result.get("diff").cloned();
                    outcome
                        .result
                        .extend(diff.map(|diff| ("diff".to_owned(), diff)));
                }
                outcome
            }
            Err(outcome) => *outcome,
        }
    }

    /// Returns the change, and the turn on the machine if it needs one; `again` says that it follows
    /// a first change of the same task.
    pub(super) fn planned(&self, again: bool) -> Result<(Change, Option<Turn<'_>>), Box<Outcome>> {
        let Some(entry) = self.session.registry.get(&self.action.module) else {
            let problem = self
                .session
                .registry
                .unknown(&self.action.module, &self.action.place);
            return Err(Box::new(problem.into()));
        };
        let arguments = self.arguments(entry)?;
        if let (false, Some(reason)) = (entry.any_argument, value::reason(&arguments.unknown)) {
            self.doubt(&self.written(entry, &arguments), &reason);
            let mut outcome = Outcome::not_predicted(&reason);
            outcome.sets = arguments.may_set(entry, &reason);
            return Err(Box::new(outcome));
        }
        let probe = Probe::new(self.host.clone(), self.limits.clone());
        let module = self.module(entry, &arguments, &probe)?;
        let context = self.context(&arguments, &probe, again);
        let plan = || module.plan(&context);
        let planned = self.target.planned(self.limits, self.ahead, plan);
        let (mut change, turn) = planned.map_err(|error| {
            let outcome = Outcome::from(if self.session.options.compat {
                error.in_words_of_ansible()
            } else {
                error
            });
            if let Some(reason) = &outcome.unknown {
                self.doubt(&self.written(entry, &arguments), reason);
            }
            Box::new(outcome)
        })?;
        keep_private(&mut change, self.session, self.name, self.hidden);
        Ok((change, turn))
    }

    /// Plans on a guess: the host notes what the plan asks. Returns whether it has steps; nothing else
    /// comes of it.
    pub(super) fn guess(&self) -> bool {
        let steps = || {
            let entry = self.session.registry.get(&self.action.module)?;
            let arguments = self.arguments(entry).ok()?;
            let is_known = arguments.unknown.is_empty();
            let probe = Probe::new(self.host.clone(), self.limits.clone());
            let module = self.module(entry, &arguments, &probe).ok()?;
            let context = self.context(&arguments, &probe, false);
            let change = module.plan(&context).ok().filter(|_| is_known)?;
            Some(change.steps)
        };
        steps().is_some_and(|steps| !steps.is_empty())
    }

    /// Returns the module with its arguments.
    fn module(
        &self,
        entry: &Entry,
        arguments: &Arguments,
        probe: &Probe,
    ) -> Result<Box<dyn Module>, Box<Outcome>> {
        let paths = HostPaths::new(probe, self.environment);
        let fields = paths
            .arguments(entry, arguments.fields.clone())
            .map_err(|error| Box::new(ModuleError::from(error).into()))?;
        entry
            .build(fields)
            .map_err(|error| Box::new(self.wrong_arguments(entry, arguments, &error)))
    }

    /// Returns what the module may use while it plans.
    fn context<'c>(
        &'c self,
        arguments: &'c Arguments,
        probe: &'c Probe,
        again: bool,
    ) -> PlanContext<'c> {
        PlanContext {
            host: probe,
            files: self.files,
            archives: &self.session.archives,
            templates: self,
            environment: self.environment,
            raw: &arguments.raw,
            unknown: &arguments.unknown,
            again,
        }
    }

    pub(super) fn carried_out(&self, change: Change, turn: Option<Turn<'_>>) -> Outcome {
        match self.needs_foreseen(&change) {
            None => self.applied(change, turn),
            Some(reason) => Outcome::not_predicted(&reason),
        }
    }

    fn applied(&self, change: Change, turn: Option<Turn<'_>>) -> Outcome {
        let shows_diff = self.diff || matches!(change.shows, Shows::Always);
        let diffs = if shows_diff {
            change.differences()
        } else {
            Vec::new()
        };
        let since = change.reports_output.then(Since::now);
        let applied = match &change.failed {
            Some(_) => Ok(None),
            None => self
                .ready_for(&change)
                .and_then(|()| change.apply_in_turn(self.host.as_ref(), self.limits, turn)),
        };
        // What failed before its steps were applied has changed nothing.
        let changed = change.failed.is_none() && change.is_changed();
        let mut outcome = match applied {
            Err(error) => failed_while_applying(&change, error),
            Ok(output) => {
                let output_or_none = output.as_ref();
                let lacked = output_or_none.and_then(|output| self.lacks_foreseen(&change, output));
                if let Some(reason) = lacked {
                    return Outcome::not_predicted(&reason);
                }
                let mut outcome = finished(&change, output.as_ref(), changed);
                let of_command = since.as_ref().map(Since::command);
                let of_pause = || change.since.as_ref().map(Since::pause);
                let times = of_command.or_else(of_pause).unwrap_or_default();
                if output.is_some_and(|output| output.not_run) {
                    self.not_run(&change, &times, &mut outcome);
                } else {
                    outcome.result.extend(times);
                }
                outcome
            }
        };
        if self.session.options.compat && change.reports_output {
            say_as_ansible(&mut outcome);
        }
        let mut set = |name: &str, value: Value| outcome.result.insert(name.to_owned(), value);
        if shows_diff {
            set(
                "diff",
                if self.hidden {
                    Diff::hidden(&diffs)
                } else {
                    Diff::all(&diffs, &change.shows)
                },
            );
        }
        if !change.warnings.is_empty() {
            set("warnings", change.warnings.iter().cloned().collect());
        }
        if self.diff {
            outcome.diffs = diffs;
        }
        outcome.warnings.extend(change.warnings);
        outcome.sets = change.sets;
        outcome.adds = change.adds;
        outcome.control = change.control;
        outcome
    }

    /// Sees to it that the change can be made: this run has its locks, and no shell kept for another
    /// user is in the way of what may change that user's account.
    pub(super) fn ready_for(&self, change: &Change) -> Result<(), HostError> {
        if change.steps.is_empty() {
            return Ok(());
        }
        let connector = &self.session.connector;
        connector.keeps_locks(self.limits)?;
        if change
            .steps
            .iter()
            .any(|step| matches!(step, Step::Lock(_)))
        {
            connector.takes_lock(self.host);
        }
        if change.steps.iter().any(Step::may_change_accounts) {
            connector.close_others(self.host, self.limits);
        }
        Ok(())
    }

    /// Returns the rendered arguments.
    pub(super) fn arguments(&self, entry: &Entry) -> Result<Arguments, Box<Outcome>> {
        let mut fields = Fields::new();
        let mut raw = BTreeMap::new();
        let mut unknown = Fields::new();
        let defaults = self.defaults.iter().filter(|(key, _)| {
            let name = key.as_text().map(|name| entry.canonical(name));
            let given = self
                .action
                .arguments
                .iter()
                .filter_map(|(key, _)| key.as_text());
            name.is_some()
                && !given
                    .map(|name| entry.canonical(name))
                    .any(|given| Some(given) == name)
        });
        for (key, node) in self.action.arguments.iter().chain(defaults) {
            if key.as_text() == Some(VARIABLE) {
                let given = self.render(node)?;
                if let Some(reason) = value::unknown_in(&given) {
                    return Err(Box::new(Outcome::not_predicted(&reason)));
                }
                let Some(given) = value::fields(&given) else {
                    return Err(Box::new(
                        node.unexpected("the arguments", "a mapping").into(),
                    ));
                };
                // What is written out wins over what the template gives.
                for (name, value) in given {
                    fields.entry(name).or_insert(value);
                }
                continue;
            }
            let key_value = self.render(key)?;
            if let Some(reason) = value::unknown_in(&key_value) {
                let mut outcome = Outcome::not_predicted(&reason);
                if entry.any_argument {
                    outcome.sets = Sets::unknown(&reason);
                }
                return Err(Box::new(outcome));
            }
            let name = key_value
                .as_str()
                .map_or_else(|| key_value.to_string(), str::to_owned);
            let canonical = entry.canonical(&name).to_owned();
            if entry.raw.contains(&canonical.as_str()) {
                fields.insert(canonical.clone(), node.to_value());
                raw.insert(canonical, node.clone());
                continue;
            }
            let rendered = self
                .render(node)
                .map_err(|outcome| self.not_rendered(entry, &name, outcome))?;
            if let Some(value) = without_omitted(rendered) {
                let any_number = self.session.options.compat;
                let value = entry.mode_as_text(&canonical, node, value, any_number);
                if name == "args" && entry.any_argument {
                    continue;
                }
                if value::unknown_in(&value).is_some() {
                    unknown.insert(canonical, value);
                } else {
                    fields.insert(name, value);
                }
            }
        }
        Ok(Arguments {
            fields,
            raw,
            unknown,
        })
    }

    /// Returns the failure of an argument's template, in the words of Ansible with `--compat`:
    /// playbooks for Ansible test for them.
    fn not_rendered(
        &self,
        entry: &Entry,
        argument: &str,
        mut outcome: Box<Outcome>,
    ) -> Box<Outcome> {
        if let (true, Some(problem)) = (self.session.options.compat, &mut outcome.problem) {
            problem.message = format!(
                "Task failed: Finalization of task args for 'ansible.builtin.{}' failed: Error \
                 while resolving value for '{argument}': {}",
                entry.name, problem.message
            );
            let message = problem.message.clone();
            outcome
                .result
                .insert("msg".to_owned(), message.clone().into());
            outcome.message = Some(message);
        }
        outcome
    }

    /// Returns the value of a node, which may be one that check mode does not know.
    fn render(&self, node: &Node) -> Result<Value, Box<Outcome>> {
        self.scope
            .render(node)
            .or_else(|error| error.not_known.as_ref().map(NotKnown::value).ok_or(error))
            .map_err(|error| Box::new(error.into()))
    }

    /// Returns the failure for arguments that do not fit the module.
    fn wrong_arguments(
        &self,
        entry: &Entry,
        arguments: &Arguments,
        error: &ArgumentError,
    ) -> Outcome {
        let mut problem = self.argument_problem(entry, error);
        if self.session.options.compat {
            let called = &self.action.module;
            let words = entry.in_words_of_ansible(called, &arguments.fields, error);
            problem.message = words.unwrap_or(problem.message);
        }
        problem.into()
    }

    fn argument_problem(&self, entry: &Entry, error: &ArgumentError) -> Problem {
        let named = error.argument.as_deref().and_then(|name| {
            let top = name.split('.').next().unwrap_or(name);
            let mut arguments = self.action.arguments.iter();
            arguments.find(|(key, _)| key.as_text().is_some_and(|key| entry.canonical(key) == top))
        });
        let place = match named {
            Some((key, value)) if value.place.range.is_empty() => &key.place,
            Some((_, value)) => &value.place,
            None => &self.action.place,
        };
        Problem::at(place, format!("{}: {error}", entry.name)).label(error.message.clone())
    }
}

impl Templates for Attempt<'_> {
    fn file(&self, path: &Path, syntax: &Syntax, variables: Fields) -> Result<String, ModuleError> {
        let mut problems = match SourceFile::read(path) {
            Ok(file) => {
                if file.is_secret {
                    vault::reveal(&file.text);
                }
                let scope = self.scope.with(Layer::data("template", variables));
                let context = scope.context();
                let engine = scope.engine();
                return engine
                    .text(&file, syntax, &context, scope.site())
                    .map_err(module_error);
            }
            Err(problems) => problems.0,
        };
        Err(problems
            .pop()
            .unwrap_or_else(|| Problem::new("the template cannot be read"))
            .into())
    }

    fn expression(&self, expression: &Node) -> Result<Value, ModuleError> {
        match self.scope.expression(expression) {
            Err(error) if error.undefined.is_some() => Ok(Value::UNDEFINED),
            Ok(value) => {
                let text = format!("{{{{ {} }}}}", expression.as_text().unwrap_or_default());
                let engine = self.scope.engine();
                // Of all variables, those that cannot be opened say so, and the rest is shown.
                let all = ["hostvars", "vars"]
                    .iter()
                    .any(|all| engine.mentions(&text, all));
                match self.scope.whole(&value, expression) {
                    Err(error) if !all && error.undefined.is_none() => Err(module_error(error)),
                    _ => Ok(value),
                }
            }
            result => result.map_err(module_error),
        }
    }

    fn first_false<'n>(&self, conditions: &'n [Node]) -> Result<Option<&'n Node>, ModuleError> {
        self.scope.first_false(conditions).map_err(module_error)
    }

    fn verbosity(&self) -> u8 {
        self.session.options.verbosity
    }

    fn is_lenient(&self) -> bool {
        self.session.options.compat
    }

    fn host_name(&self) -> String {
        self.name.to_string()
    }

    fn folder_of_jobs(&self) -> String {
        let given = self.environment.get("ANSIBLE_ASYNC_DIR").cloned();
        let variable = || Some(self.scope.get("ansible_async_dir")?.to_string());
        given
            .or_else(variable)
            .unwrap_or_else(|| FOLDER_OF_JOBS.to_owned())
    }

    fn run_name(&self) -> String {
        self.session.options.run_name.clone()
    }

    fn tell(&self, text: &str) {
        if !self.hidden && not_on_a_guess().is_ok() {
            self.session.tell(Event::Announced {
                host: self.name.clone(),
                text: self.session.secrets.redact(text),
            });
        }
    }

    fn ask(&self, prompt: &str, echo: bool) -> Result<Option<String>, ModuleError> {
        not_on_a_guess()?;
        let typed = (self.session.ask)(prompt, echo);
        if self.session.cancel.is_cancelled() {
            return Err(HostError::Cancelled.into());
        }
        match typed {
            Ok(typed) => Ok(Some(typed)),
            Err(Unanswered::NoTerminal) => Ok(None),
            Err(Unanswered::Because(reason)) => Err(ModuleError::refused(reason)),
        }
    }
}

fn module_error(error: TemplateError) -> ModuleError {
    match (error.not_known, error.reached) {
        (Some(reason), _) => ModuleError::NotKnown(reason),
        (None, Some(limit)) => HostError::from(limit).into(),
        (None, None) => ModuleError::Problem(error.problem),
    }
}

/// The exit code of a command that could not be started, as in Ansible: the error number of "no such
/// file or directory".
const NOT_STARTED: i32 = 2;

/// Some of the steps may be done: what was changed is not known, so the task counts as failed
/// and nothing more. Where a command had no end of its own, it is named.
fn failed_while_applying(change: &Change, error: HostError) -> Outcome {
    let running = matches!(error, HostError::WhileRunning(_));
    let not_started = change.reports_output && matches!(error, HostError::Step { .. });
    let command = change.result.get("cmd");
    let mut outcome = Outcome::from(error);
    if not_started {
        // Playbooks look for a program by running it, and ask for `rc` whether it is there or not.
        add_output(&mut outcome, &Output::default(), false);
        outcome.result.insert("rc".to_owned(), NOT_STARTED.into());
        if let Some(command) = command {
            outcome.result.insert("cmd".to_owned(), command.clone());
        }
    }
    if let (true, Some(command), Some(message)) = (running, command, &mut outcome.message) {
        *message += &format!(" while it ran: {}", command_line(command));
        let message = message.clone();
        outcome.result.insert("msg".to_owned(), message.into());
    }
    outcome
}

fn finished(change: &Change, output: Option<&Output>, changed: bool) -> Outcome {
    let status = match (&change.failed, &change.skipped) {
        (Some(_), _) => Status::Failed,
        (None, Some(_)) if !changed => Status::Ok,
        _ if changed => Status::Changed,
        _ => Status::Ok,
    };
    let mut outcome = Outcome::new(status);
    outcome.result = change.result.clone();
    outcome.result.insert("changed".to_owned(), changed.into());
    if let Some(message) = &change.failed {
        outcome.result.insert("failed".to_owned(), true.into());
        outcome
            .result
            .entry("msg".to_owned())
            .or_insert_with(|| message.clone().into());
        outcome.message = Some(message.clone());
    }
    if let Some(reason) = &change.skipped {
        outcome
            .result
            .entry("msg".to_owned())
            .or_insert_with(|| reason.clone().into());
    }
    if let Some(output) = output {
        outcome.result.extend(*output.returned.clone());
        // A dialogue may come to an end that counts as a failure, and still return its values.
        let failed = output.returned.get("failed").is_some_and(Value::is_true);
        if failed {
            outcome.status = Status::Failed;
            outcome.message = output.returned.get("msg").map(Value::to_string);
        }
        if change.reports_output && !output.not_run {
            add_output(&mut outcome, output, change.keeps_line_ends);
        }
    }
    if let Some(reason) = &change.unknown {
        outcome.say_unknown(reason);
    }
    outcome
}

/// Adds what a command left.
fn add_output(outcome: &mut Outcome, output: &Output, keeps_line_ends: bool) {
    let mut set = |name: &str, value: Value| outcome.result.insert(name.to_owned(), value);
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if keeps_line_ends {
            return text;
        }
        text.trim_end_matches(['\r', '\n']).to_owned()
    };
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let lines = |text: &str| text.lines().map(Value::from).collect::<Value>();
    set("rc", output.status.into());
    set("stdout_lines", lines(&stdout));
    set("stderr_lines", lines(&stderr));
    set("stdout", stdout.clone().into());
    set("stderr", stderr.clone().into());
    if output.status != 0 {
        let message = format!("the command ended with exit code {}", output.status);
        set("failed", true.into());
        set("msg", message.clone().into());
        let command = outcome
            .result
            .get("cmd")
            .map(command_line)
            .unwrap_or_default();
        outcome.status = Status::Failed;
        outcome.message = Some(message);
        outcome.command = Some(FailedCommand {
            command,
            status: output.status,
            stdout,
            stderr,
        });
    }
}

/// Gives the result of a command the `msg` that Ansible's has, for which playbooks test.
fn say_as_ansible(outcome: &mut Outcome) {
    let rc = outcome.result.get("rc").and_then(Value::as_i64);
    let message = match (rc, &outcome.command) {
        (Some(0), _) if outcome.status != Status::Failed => "",
        (Some(_), Some(_)) => "non-zero return code",
        _ => return,
    };
    let has_own = outcome.result.contains_key("msg") && outcome.command.is_none();
    if !has_own {
        let message = Value::from(message);
        outcome.result.insert("msg".to_owned(), message);
    }
}

pub(super) fn command_line(command: &Value) -> String {
    match command.try_iter() {
        Ok(words) if command.kind() == ValueKind::Seq => {
            Command::new(words.map(|word| word.to_string())).display()
        }
        _ => command.to_string(),
    }
}

/// Returns the value without what is `omit`; nothing where it is `omit` itself.
pub(super) fn without_omitted(value: Value) -> Option<Value> {
    if is_omitted(&value) {
        return None;
    }
    match value.kind() {
        ValueKind::Seq => {
            let items = value.try_iter().ok()?;
            Some(items.filter_map(without_omitted).collect())
        }
        ValueKind::Map => {
            let fields = value::fields(&value)?;
            let kept = fields
                .into_iter()
                .filter_map(|(key, item)| Some((key, without_omitted(item)?)));
            Some(value::map(kept.collect()))
        }
        _ => Some(value),
    }
}
