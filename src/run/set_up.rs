//! What an attempt is made with: the connection, its limits, the environment, default arguments.

use super::assumed::OF_CONNECTION;
use super::attempt::{Attempt, without_omitted};
use super::background::Background;
use super::connector::Known;
use super::facts;
use super::frame::Frame;
use super::keyword::{first_problem, flag, render, text, whole};
use super::outcome::Outcome;
use super::target::Target;
use super::task::{Fallible, TaskRun};
use super::tell::is_hidden;
use super::unpredicted::known_user;
use crate::change::Sets;
use crate::files::Files;
use crate::host::{Ahead, Host, Limits, Overlay};
use crate::inventory::connection_variables::find;
use crate::playbook::{Action, Keywords};
use crate::report::Status;
use crate::value::{self, Fields, NotKnown};
use crate::vars::{Layer, Scope};
use crate::yaml::{Data, Map, Node};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The machine a task works on.
struct Reached {
    host: Arc<dyn Host>,
    target: Arc<Target>,
    /// The same host, if it can be asked ahead.
    ahead: Option<Arc<Ahead>>,
    /// Whether check mode only predicts what the task does.
    is_predicted: bool,
    /// What check mode foresees there, if the task really works on it all the same.
    foreseen: Option<Overlay>,
    /// The name of the host that acts instead.
    delegated_to: Option<String>,
    /// The variables of the task there.
    scope: Arc<Scope>,
}

/// What is done about a keyword whose value check mode does not know.
#[derive(Clone, Copy)]
enum Unknown {
    /// The task is unknown, too.
    Fails,
    /// It is left out, to find out what the task may leave.
    Ignored,
}

impl Unknown {
    /// Returns the value, or another one where the value is not known and that does not matter.
    fn or<T>(self, value: Fallible<T>, other: impl FnOnce() -> Fallible<T>) -> Fallible<T> {
        match (self, value) {
            (Self::Ignored, Err(outcome)) if outcome.unknown.is_some() => other(),
            (_, value) => value,
        }
    }
}

impl TaskRun<'_, '_> {
    /// Makes one attempt, and gives the host the variables that it sets.
    pub(super) fn attempt(&self, scope: &Arc<Scope>) -> Fallible<Outcome> {
        let attempted = self.prepared(scope, Unknown::Fails, |attempt| {
            let (started, before) = (Instant::now(), attempt.host.traffic());
            let mut outcome = attempt.run();
            outcome.elapsed = started.elapsed();
            let deadline = attempt.limits.deadline.filter(|_| outcome.timed_out);
            let limit = deadline.filter(|deadline| *deadline <= Instant::now());
            // A program may have a limit of its own, which is its failure.
            outcome.timed_out = limit.is_some();
            if let Some(limit) = limit {
                let seconds =
                    (limit.duration_since(started) + Duration::from_millis(500)).as_secs();
                let period = value::map(Fields::from([("period".to_owned(), seconds.into())]));
                outcome.result.insert("timedout".to_owned(), period);
            }
            outcome.traffic = attempt.host.traffic() - before;
            outcome.warnings.extend(facts::warnings(&outcome.sets));
            outcome
        });
        let (mut outcome, delegated_to) = match attempted {
            Ok(attempted) => attempted,
            // How the task runs is not known, but what it may leave is.
            Err(outcome) => match &outcome.unknown {
                Some(reason) => return Ok(self.doubtful(scope, reason)),
                None => return Err(outcome),
            },
        };
        outcome.delegated_to = delegated_to;
        if !outcome.counts_as_failed() {
            self.set(&mut outcome, scope)?;
            self.add(&mut outcome)?;
        }
        Ok(outcome)
    }

    /// Returns the outcome of a task of which nobody knows whether it runs: what it may leave is
    /// not known from now on.
    pub(super) fn doubtful(&self, scope: &Arc<Scope>, reason: &NotKnown) -> Outcome {
        let mut outcome = Outcome::not_predicted(reason);
        // What is wrong with the task counts only if it runs.
        let Ok(((sets, control), delegated_to)) =
            self.prepared(scope, Unknown::Ignored, |attempt| attempt.may_leave(reason))
        else {
            return outcome;
        };
        outcome.delegated_to = delegated_to;
        outcome.control = control;
        outcome.sets = perhaps(&sets, scope, reason);
        let _ = self.set(&mut outcome, scope);
        outcome
    }

    /// Plans the task on a guess, so that its questions are noted; returns whether it changes the host,
    /// as far as that is known.
    pub(super) fn changes_on_a_guess(&self, scope: &Arc<Scope>) -> bool {
        let is_check = self.play.session.options.check;
        let changes = |attempt: &Attempt<'_>| attempt.guess() && !is_check;
        let guessed = self.prepared(scope, Unknown::Fails, changes);
        guessed.is_ok_and(|(changes, _)| changes)
    }

    /// Returns the host that the task works on, if it can be asked ahead.
    pub(super) fn ahead(&self, scope: &Arc<Scope>) -> Option<Arc<Ahead>> {
        self.connect(scope, self.frame).ok()?.ahead
    }

    /// Does something with an attempt at the task that is ready to be made; returns what came of
    /// it, and the host it is delegated to.
    fn prepared<T>(
        &self,
        scope: &Arc<Scope>,
        unknown: Unknown,
        work: impl FnOnce(&Attempt<'_>) -> T,
    ) -> Fallible<(T, Option<String>)> {
        let session = self.play.session;
        let frame = self.frame;
        self.judges(scope)?;
        let diff = flag(frame, |keywords| keywords.diff.as_ref(), scope);
        let diff = unknown
            .or(diff, || Ok(None))?
            .unwrap_or(session.options.diff);
        let Reached {
            host,
            target,
            ahead,
            is_predicted,
            foreseen,
            delegated_to,
            scope,
        } = &unknown.or(self.connect(scope, frame), || {
            // As far as the keywords are known that decide where and as whom.
            let without = Frame::default();
            self.connect(scope, &without)
        })?;
        let usual = || {
            Ok(Limits {
                deadline: None,
                cancel: session.cancel.clone(),
            })
        };
        let limits = unknown.or(self.limits(scope), usual)?;
        let files = Files {
            folders: self.frame.folders(),
        };
        let action = self.action(scope)?;
        let attempt = Attempt {
            session,
            action: &action,
            defaults: &self.module_defaults(&action.module),
            scope,
            files: &files,
            environment: &unknown.or(self.environment(scope), || Ok(BTreeMap::new()))?,
            host,
            target,
            ahead: ahead.as_deref().filter(|_| !is_predicted),
            foreseen: foreseen.as_ref(),
            limits: &limits,
            diff,
            background: self.background(scope)?.map(|seconds| Background {
                seconds,
                is_predicted: *is_predicted,
            }),
            hidden: is_hidden(frame, Some(scope)),
            name: &self.host.name,
        };
        Ok((limits.hold(|| work(&attempt)), delegated_to.clone()))
    }

    /// Returns the module and its arguments; with `action: "{{ x }}"` the module depends on
    /// variables.
    fn action(&self, scope: &Arc<Scope>) -> Fallible<Cow<'_, Action>> {
        let action = &self.task.action;
        if !action.module.contains("{{") {
            return Ok(Cow::Borrowed(action));
        }
        let written = Node {
            data: Data::Text(action.module.as_str().into()),
            place: action.place.clone(),
        };
        let name = scope
            .render(&written)
            .map_err(|error| Box::new(error.into()))?;
        Ok(Cow::Owned(action.with_module(&name.to_string())))
    }

    /// Fails if a keyword that only counts once the task has ended is neither true nor false: then
    /// it is too late to say so. One that check mode does not know may not even be needed.
    fn judges(&self, scope: &Arc<Scope>) -> Fallible<()> {
        let keywords: [fn(&Keywords) -> Option<&Node>; 4] = [
            |keywords| keywords.ignore_errors.as_ref(),
            |keywords| keywords.ignore_unreachable.as_ref(),
            |keywords| keywords.any_errors_fatal.as_ref(),
            |keywords| keywords.no_log.as_ref(),
        ];
        let mut read = keywords
            .map(|keyword| flag(self.frame, keyword, scope))
            .into_iter();
        let wrong = read.find_map(|read| read.err().filter(|wrong| wrong.unknown.is_none()));
        wrong.map_or(Ok(()), Err)
    }

    /// Gives the host the variables that the task sets. With `delegate_facts` they are those of the
    /// host that acts, and of no other: `run_once` hands nothing of them on.
    fn set(&self, outcome: &mut Outcome, scope: &Arc<Scope>) -> Fallible<()> {
        let delegated = flag(
            self.frame,
            |keywords| keywords.delegate_facts.as_ref(),
            scope,
        )?;
        match &outcome.delegated_to {
            Some(name) if delegated == Some(true) => {
                let sets = std::mem::take(&mut outcome.sets);
                self.play.session.host(name).set(&sets);
            }
            _ => self.host.set(&outcome.sets),
        }
        Ok(())
    }

    /// Adds what the task adds to the run: the host of the task is in a new group, not the one that
    /// acts instead.
    fn add(&self, outcome: &mut Outcome) -> Fallible<()> {
        let Some(addition) = outcome.adds.take() else {
            return Ok(());
        };
        let place = &self.task.action.place;
        let is_new = self.play.session.add(&addition, self.host, place);
        if is_new.map_err(|problem| Box::new(problem.into()))? {
            outcome.status = Status::Changed;
            outcome.result.insert("changed".to_owned(), true.into());
        }
        Ok(())
    }

    /// Returns how many seconds a task may take that is left running.
    fn background(&self, scope: &Arc<Scope>) -> Fallible<Option<u32>> {
        let Some(poll) = &self.task.poll else {
            return Ok(None);
        };
        let is_left = whole(Some(poll), scope)? == Some(0);
        let seconds = whole(self.task.r#async.as_ref(), scope)?;
        Ok(seconds.filter(|seconds| is_left && *seconds > 0))
    }

    pub(super) fn limits(&self, scope: &Arc<Scope>) -> Fallible<Limits> {
        let default = self.play.session.options.task_timeout;
        // A task is waited for as long as `async` says; nothing cuts its connection meanwhile.
        let given = self.frame.nearest(|keywords| keywords.timeout.as_ref());
        let seconds = match whole(given, scope)? {
            // What is left running has its own limit.
            None if self.background(scope)?.is_some() => None,
            None => whole(self.task.r#async.as_ref(), scope)?,
            given => given,
        };
        let timeout = seconds.map_or(default, |seconds| Duration::from_secs(u64::from(seconds)));
        let deadline = (!timeout.is_zero()).then(|| Instant::now() + timeout);
        Ok(Limits {
            deadline,
            cancel: self.play.session.cancel.clone(),
        })
    }

    /// Returns the machine the task works on; `frame` has the keywords that count for it.
    fn connect(&self, scope: &Arc<Scope>, frame: &Frame<'_>) -> Fallible<Reached> {
        let session = self.play.session;
        let delegate = text(frame, |keywords| keywords.delegate_to.as_ref(), scope)?;
        let delegate = delegate.map(|name| session.inventory().host_named(&name).to_owned());
        let mut seen = scope.clone();
        let folder = &self.play.play.folder;
        let settings = match &delegate {
            None => session.settings(&self.host.name, scope, frame, scope, folder)?,
            Some(name) => {
                let other = session.host(name);
                let connection = session
                    .host_scope(&other, Some(frame))
                    .map_err(|problems| Box::new(first_problem(problems)))?;
                let names = OF_CONNECTION.iter().filter_map(|name| find(name));
                let names =
                    names.flat_map(|variable| variable.aliases.iter().chain([&variable.name]));
                let taken = names.filter(|name| !scope.is_given(name));
                let taken =
                    taken.filter_map(|name| Some(((*name).to_owned(), connection.get(name)?)));
                seen = scope.with(Layer::data("the host delegated to", taken.collect()));
                session.settings(name, &connection, frame, scope, folder)?
            }
        };
        let place = frame.nearest(|keywords| keywords.delegate_to.as_ref());
        if let (Some(name), Some(node)) = (&delegate, place)
            && let Some(problem) = session.other_shard(name, &node.place)
        {
            return Err(Box::new(problem.into()));
        }
        let target = session.connector.target(&settings);
        let predicted = self.predicted(scope, frame, &settings.machine(), &target)?;
        let is_real = session.options.check && predicted.is_none();
        let foreseen = is_real.then(|| target.overlay.clone());
        if let (Some(foreseen), Some(wanted)) = (&foreseen, &settings.r#become) {
            known_user(foreseen, &wanted.user)?;
        }
        let is_predicted = predicted.is_some();
        let Known { host, ahead } = session
            .connector
            .host(&settings, predicted, self.guess.as_ref())
            .map_err(|error| Box::new(error.into()))?;
        Ok(Reached {
            host,
            target,
            ahead,
            is_predicted,
            foreseen,
            delegated_to: delegate,
            scope: seen,
        })
    }

    fn environment(&self, scope: &Arc<Scope>) -> Fallible<BTreeMap<String, String>> {
        let mut environment = BTreeMap::new();
        let nodes = self.frame.inwards().filter_map(|frame| frame.keywords);
        for node in nodes.flat_map(|keywords| &keywords.environment) {
            let Some(value) = without_omitted(render(scope, node)?) else {
                continue;
            };
            if let Some(reason) = value::unknown_in(&value) {
                return Err(Box::new(Outcome::not_predicted(&reason)));
            }
            let Some(fields) = value::fields(&value) else {
                return Err(Box::new(node.unexpected("environment", "a mapping").into()));
            };
            let texts = fields.into_iter().filter(|(_, value)| !value.is_none());
            environment.extend(texts.map(|(name, value)| (name, value.to_string())));
        }
        Ok(environment)
    }

    /// Returns the default arguments of the task's module, what is nearer to the task first.
    fn module_defaults(&self, module: &str) -> Map {
        let mut defaults = Map::new();
        for keywords in self.frame.outwards().filter_map(|frame| frame.keywords) {
            for (name, arguments) in &keywords.module_defaults {
                let name = name.as_text().unwrap_or_default();
                let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
                let given: Vec<_> = defaults
                    .iter()
                    .map(|(key, _): &(Node, Node)| key.to_value())
                    .collect();
                if short == module {
                    let missing = arguments.as_map().into_iter().flatten();
                    let missing = missing.filter(|(key, _)| !given.contains(&key.to_value()));
                    defaults.extend(missing.cloned());
                }
            }
        }
        defaults
    }
}

/// Returns what is known of variables that a task sets if it runs: they have another value then,
/// or one at all.
fn perhaps(sets: &Sets, scope: &Arc<Scope>, reason: &NotKnown) -> Sets {
    let value = |is_there: bool| {
        if is_there {
            reason.value()
        } else {
            reason.perhaps_missing().value()
        }
    };
    let unknown = |name: &str| (name.to_owned(), value(scope.get(name).is_some()));
    match sets {
        Sets::Nothing | Sets::Unknown { .. } => sets.clone(),
        Sets::Facts(facts) | Sets::NamedFacts(facts) => {
            let known = scope
                .get("ansible_facts")
                .and_then(|facts| value::fields(&facts));
            let is_there = |name: &str| known.iter().any(|known| known.contains_key(name));
            let names = facts.keys();
            let facts = names.map(|name| (name.clone(), value(is_there(name))));
            let facts = facts.collect();
            match sets {
                Sets::NamedFacts(_) => Sets::NamedFacts(facts),
                _ => Sets::Facts(facts),
            }
        }
        Sets::Variables(variables) => {
            Sets::Variables(variables.keys().map(|name| unknown(name)).collect())
        }
        Sets::Cacheable(variables) => {
            Sets::Cacheable(variables.keys().map(|name| unknown(name)).collect())
        }
        Sets::Included(variables) => {
            let names = variables.iter().filter_map(|(key, _)| key.as_text());
            Sets::Variables(names.map(unknown).collect())
        }
    }
}
