//! Asking ahead: the next tasks of a list are planned on a guess, and what they ask of their host
//! travels in one request. Each is then planned for real, from the answers.
//!
//! This is the only place that decides which tasks these are. A wrong guess does no harm (see
//! [`crate::host::Ahead`]), so it need not be certain what a task will ask.

use super::frame::Frame;
use super::repeat::{item_layer, loop_items};
use super::task::TaskRun;
use super::walk::Walk;
use crate::host::{Ahead, Guess, Host as _, HostError, Limits, Traffic, on_a_guess};
use crate::internal_error::caught;
use crate::playbook::{Item, Keywords, Task};
use crate::vars::Scope;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many plans are made on a guess before it is known whether the tasks change anything.
const AT_FIRST: usize = 8;

/// How often a window is asked about at most: a module may ask for content after it knows what is
/// there.
const ROUNDS: usize = 4;

/// How long the host may take to answer for a window. A file that hangs holds up its own task only.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tasks of a host that are asked about together.
#[derive(Default)]
pub(super) struct Window {
    /// The tasks, from the current one on, each with the first item of its loop that is not covered.
    covered: VecDeque<(Arc<Task>, usize)>,
    /// The host that was asked, and how often its machine may have changed by then.
    asked: Option<(Arc<Ahead>, u64)>,
    /// How many plans are made on a guess: twice as many as before while nothing changes, half as many if
    /// answers grew old, and one after a change, for a run that changes things goes on like that.
    size: usize,
    /// Whether answers were thrown away before they were used.
    lost: bool,
}

impl Window {
    /// Returns whether a task, or an item of its loop, is in the window, and leaves the tasks before it
    /// behind.
    fn covers(&mut self, task: &Task, item: usize) -> bool {
        let is_it = |(covered, items): &(Arc<Task>, usize)| {
            std::ptr::eq(Arc::as_ptr(covered), task) && item < *items
        };
        let (Some(place), Some((ahead, _))) = (self.covered.iter().position(is_it), &self.asked)
        else {
            return false;
        };
        if !ahead.is_fresh() {
            self.lost = true;
            return false;
        }
        ahead.next_task();
        self.covered.drain(..place);
        true
    }

    /// Ends the window: its answers are forgotten. Decides on the size of the next one.
    pub(super) fn end(&mut self, most: usize) {
        self.covered.clear();
        let lost = std::mem::take(&mut self.lost);
        let size = match self.asked.take() {
            None if self.size == 0 => AT_FIRST,
            None => self.size,
            Some((ahead, changes)) => {
                ahead.forget();
                if ahead.changes() != changes {
                    1
                } else if lost {
                    self.size / 2
                } else {
                    self.size * 2
                }
            }
        };
        self.size = size.clamp(1, most.max(1));
    }
}

/// What asking ahead has cost.
#[derive(Default)]
pub(super) struct Spent {
    pub(super) elapsed: Duration,
    pub(super) traffic: Traffic,
}

/// A task and what it inherits.
struct Framed<'f> {
    task: &'f Arc<Task>,
    frame: Frame<'f>,
}

/// One plan to be made on a guess: of a task, or of one item of its loop.
struct Plan<'f> {
    of: &'f Framed<'f>,
    item: usize,
    scope: Arc<Scope>,
}

impl Walk<'_, '_> {
    /// Asks what the first task of a list will ask of its host, and the tasks after it, unless that is
    /// known already.
    pub(super) fn ask_ahead(&self, run: &TaskRun<'_, '_>, list: &[Item]) -> Spent {
        let mut window = self.host.window();
        if window.covers(run.task, 0) {
            return Spent::default();
        }
        window.end(self.play.session.options.ahead);
        let (Some(Item::Task(first)), true) = (list.first(), self.can_guess(run)) else {
            return Spent::default();
        };
        let mut tasks = vec![Framed {
            task: first,
            frame: run.frame.clone(),
        }];
        tasks.extend(self.later(run, list, window.size));
        run.open(&mut window, &tasks, 0)
    }

    /// Returns whether the task may be planned on a guess.
    fn can_guess(&self, run: &TaskRun<'_, '_>) -> bool {
        let is_certain = self.doubt().is_none() && self.waits_for.is_none();
        is_certain && !self.play.session.options.step && self.is_plain(run.task, run.frame)
    }

    /// Returns whether a task surely runs on its host, once, as soon as the one before it has ended.
    fn is_plain(&self, task: &Task, frame: &Frame<'_>) -> bool {
        let registry = &self.play.session.registry;
        let entry = registry.get(&task.action.module);
        let is_built_in = entry.is_some_and(|entry| !entry.once && entry.file.is_none());
        let is_special = |keywords: &Keywords| {
            keywords.delegate_to.is_some()
                || keywords.run_once.is_some()
                || keywords.check_mode.is_some()
        };
        let mut keywords = frame.outwards().filter_map(|frame| frame.keywords);
        is_built_in
            && task.until.is_none()
            && task.r#async.is_none()
            && frame.tag_templates().next().is_none()
            && !keywords.any(is_special)
    }

    /// Returns the plain tasks that follow the first one of a list.
    fn later<'f>(&self, run: &TaskRun<'f, '_>, list: &'f [Item], size: usize) -> Vec<Framed<'f>> {
        let Some(parent) = run.frame.parent else {
            return Vec::new();
        };
        let framed = list.iter().skip(1).map_while(|item| {
            let Item::Task(task) = item else { return None };
            let frame = Frame {
                folder: Some(&task.folder),
                ..parent.inner(&task.keywords, "vars of the task")
            };
            self.is_plain(task, &frame)
                .then_some(Framed { task, frame })
        });
        let taken = framed.filter(|framed| self.takes(&framed.frame));
        taken.take(size.saturating_sub(1)).collect()
    }
}

impl TaskRun<'_, '_> {
    /// Asks what an item of a loop will ask, and the items after it, unless that is known already.
    pub(super) fn ask_ahead_of_item(&self, item: usize) -> Spent {
        let mut window = self.host.window();
        if self.doubt.is_some() || window.covers(self.task, item) {
            return Spent::default();
        }
        // A task that is not plain is not in the window either.
        let current = window.covered.front().map(|(task, _)| task.clone());
        let Some(task) = current.filter(|task| std::ptr::eq(Arc::as_ptr(task), self.task)) else {
            return Spent::default();
        };
        window.end(self.play.session.options.ahead);
        let tasks = [Framed {
            task: &task,
            frame: self.frame.clone(),
        }];
        self.open(&mut window, &tasks, item)
    }

    /// Begins a window with the current task, from an item of its loop on.
    fn open(&self, window: &mut Window, tasks: &[Framed<'_>], item: usize) -> Spent {
        let Some((ahead, limits)) = self.reached() else {
            return Spent::default();
        };
        window.asked = Some((ahead.clone(), ahead.changes()));
        let first = tasks.iter().take(1);
        window.covered = first.map(|first| (first.task.clone(), item + 1)).collect();
        // The first task of a host connects, and reports whether that is possible.
        if window.size < 2 || !ahead.is_connected() {
            return Spent::default();
        }
        let (started, before) = (Instant::now(), ahead.traffic());
        let guess = ahead.guess();
        let (plans, mut covered) = self.plans(&guess, tasks, item, window.size);
        let asked = caught(|| self.ask(&guess, &plans, &ahead, &limits));
        match asked {
            Ok(Ok(end)) => {
                if let Some(end) = plans.get(end) {
                    let is_it = |(task, _): &(Arc<Task>, usize)| Arc::ptr_eq(task, end.of.task);
                    let place = covered.iter().position(is_it).unwrap_or_default();
                    covered.truncate(place + 1);
                    covered
                        .back_mut()
                        .into_iter()
                        .for_each(|last| last.1 = end.item);
                }
                // The current task runs now, whatever was found out about it.
                if covered.front().is_some_and(|first| first.1 > item) {
                    window.covered = covered;
                }
            }
            // The tasks say themselves what is wrong.
            _ => {
                ahead.forget();
                window.lost = true;
            }
        }
        Spent {
            elapsed: started.elapsed(),
            traffic: ahead.traffic() - before,
        }
    }

    /// Returns the host that the task works on, if it can be asked ahead, and how long it may take to
    /// answer.
    fn reached(&self) -> Option<(Arc<Ahead>, Limits)> {
        let find = || {
            let scope = self.play.scope(self.host, self.frame).ok()?;
            let ahead = self.ahead(&scope)?;
            Some((ahead, self.limits(&scope).ok()?))
        };
        let (found, _) = on_a_guess(|| caught(find));
        let (ahead, limits) = found.ok()??;
        Some((ahead, limits.sooner(Instant::now() + PATIENCE)))
    }

    /// Returns the plans of tasks, and which tasks and items they cover. A loop whose items are not
    /// known yet is covered without a plan.
    fn plans<'f>(
        &self,
        guess: &Guess,
        tasks: &'f [Framed<'f>],
        first: usize,
        most: usize,
    ) -> (Vec<Plan<'f>>, VecDeque<(Arc<Task>, usize)>) {
        let mut plans = Vec::new();
        let mut covered = VecDeque::new();
        for (index, of) in tasks.iter().enumerate() {
            let first = if index == 0 { first } else { 0 };
            let room = most.saturating_sub(plans.len());
            if room == 0 {
                break;
            }
            let mut scopes = None;
            let guessed = guess.plan(|| scopes = self.scopes(of, first, room));
            if guessed.acts {
                break;
            }
            let end = match &scopes {
                None => usize::MAX,
                Some(scopes) => first + scopes.len().max(1),
            };
            covered.push_back((of.task.clone(), end));
            let numbered = (first..).zip(scopes.into_iter().flatten());
            plans.extend(numbered.map(|(item, scope)| Plan { of, item, scope }));
        }
        (plans, covered)
    }

    /// Returns the variables of a task, or those of the items of its loop from the `first` one on; `None`
    /// if the items are not known.
    fn scopes(&self, of: &Framed<'_>, first: usize, most: usize) -> Option<Vec<Arc<Scope>>> {
        let scope = self.play.scope(self.host, &of.frame).ok()?;
        let Some(repeat) = &of.task.repeat else {
            return Some(vec![scope]);
        };
        let is_simple = repeat.control.pause.is_none() && repeat.control.break_when.is_empty();
        let items = loop_items(repeat, &scope).ok().filter(|_| is_simple)?;
        let end = items.len().min(first.saturating_add(most));
        let layer = |item| scope.with(item_layer(repeat, repeat.variable(), &items, item));
        Some((first..end).map(layer).collect())
    }

    /// Makes the plans and asks what they ask, until they know all they need. Returns the number of the
    /// first plan that nothing is asked for: it has an effect on this machine, or the one before it
    /// changes the host.
    fn ask(
        &self,
        guess: &Arc<Guess>,
        plans: &[Plan<'_>],
        ahead: &Ahead,
        limits: &Limits,
    ) -> Result<usize, HostError> {
        let mut end = plans.len();
        let mut open: Vec<usize> = (0..end).collect();
        for _ in 0..ROUNDS {
            open.retain(|&number| {
                let Some(plan) = plans.get(number).filter(|_| number < end) else {
                    return false;
                };
                let mut changes = false;
                let guessed = guess.plan(|| changes = self.guess(plan, guess));
                if guessed.acts {
                    end = number;
                } else if changes {
                    end = number + 1;
                }
                guessed.asks
            });
            let wanted = guess.take();
            if wanted.is_empty() {
                break;
            }
            ahead.ask_ahead(&wanted, limits)?;
        }
        Ok(end)
    }

    /// Plans a task on a guess; returns whether it changes the host, as far as that is known.
    fn guess(&self, plan: &Plan<'_>, guess: &Arc<Guess>) -> bool {
        let run = TaskRun {
            play: self.play,
            host: self.host,
            task: plan.of.task,
            frame: &plan.of.frame,
            name: self.name.clone(),
            doubt: None,
            guess: Some(guess.clone()),
        };
        matches!(run.conditions(&plan.scope), Ok(None)) && run.changes_on_a_guess(&plan.scope)
    }
}
