//! Keeping the hosts of a batch in step: no host starts a task while another is still before it.
//!
//! Every place in a play has a position, a path of numbers that grows as a host walks through the
//! play (block 2, its rescue part, task 3: `[2, 1, 3]`). A host that arrives at a position waits
//! until no other host of the batch stands before it. With the free strategy nobody waits.

use crate::host::Cancel;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A place in a play; later places compare greater.
pub(super) type Position = Vec<Step>;

/// One number of a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Decides which of two places is later.
    order: u32,
    /// Decides whether two places are the same task. It is another number only in a script, where
    /// hosts may come to a task after more or fewer others.
    task: u32,
}

impl Step {
    /// Returns the step of a script: its order, and which task it leads to.
    pub(super) fn of_script(order: u32, task: u32) -> Self {
        Self { order, task }
    }
}

impl From<u32> for Step {
    fn from(number: u32) -> Self {
        Self {
            order: number,
            task: number,
        }
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// Which task a position is at.
pub(super) type TaskKey = Vec<u32>;

/// Returns which task a position is at, the same for all hosts.
pub(super) fn task_key(position: &Position) -> TaskKey {
    position.iter().map(|step| step.task).collect()
}

/// Returns the place of a position: the same for all hosts that are there at a time.
pub(super) fn place(position: &Position) -> Vec<u32> {
    position.iter().map(|step| step.order).collect()
}

/// Where the hosts of a batch are, and what they decided together.
pub(super) struct Lockstep {
    in_step: bool,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// Where each host is that has not left; `None` before its first position.
    at: Vec<Option<Place>>,
    /// What a host did for all, by task.
    once: HashMap<TaskKey, Once>,
    /// Hosts within a throttled task, by task.
    inside: HashMap<TaskKey, usize>,
    /// Set when no host may start another task after this position.
    stopped_after: Option<Position>,
}

enum Place {
    Start,
    At(Position),
}

/// What became of a task that runs on one host for all.
#[derive(Default)]
struct Once {
    taken: bool,
    declined: Vec<usize>,
    outcome: Option<Box<dyn std::any::Any + Send>>,
}

/// What a host does at a task that runs once for all.
pub(super) enum Turn<T> {
    /// It is this host's turn.
    Take,
    /// Another host ran it; this came of it.
    Done(T),
    /// Every host found that it does not apply.
    NobodyDid {
        /// Whether this host is the one that says so for all.
        speaks: bool,
    },
}

impl Lockstep {
    /// Returns the state of a batch of `hosts`; `in_step` is the linear strategy.
    pub(super) fn new(hosts: usize, in_step: bool) -> Self {
        let at = (0..hosts).map(|_| Some(Place::Start)).collect();
        Self {
            in_step,
            state: Mutex::new(State {
                at,
                ..State::default()
            }),
            moved: Condvar::new(),
        }
    }

    /// Returns whether the hosts keep in step.
    pub(super) fn in_step(&self) -> bool {
        self.in_step
    }

    /// Moves a host to a position and waits for the others. Returns whether it may go on.
    pub(super) fn arrive(&self, host: usize, position: &Position, cancel: &Cancel) -> bool {
        let mut state = self.state();
        state.at[host] = Some(Place::At(position.clone()));
        self.moved.notify_all();
        while self.in_step && !cancel.is_cancelled() && state.anyone_before(position) {
            state = self.wait(state);
        }
        let may_go = |after: &Position| self.in_step && position <= after;
        state.stopped_after.as_ref().is_none_or(may_go) && !cancel.is_cancelled()
    }

    /// Returns where a host is.
    pub(super) fn position(&self, host: usize) -> Position {
        match &self.state().at[host] {
            Some(Place::At(position)) => position.clone(),
            _ => Position::new(),
        }
    }

    /// Takes a host out: it has finished, failed or ended the play.
    pub(super) fn leave(&self, host: usize) {
        self.state().at[host] = None;
        self.moved.notify_all();
    }

    /// Lets no host start another task.
    pub(super) fn stop(&self) {
        self.state().stopped_after = Some(Position::new());
        self.moved.notify_all();
    }

    /// Lets no host start another task than the one that this host is at, which all still carry out:
    /// what a run told does not depend on who was first.
    pub(super) fn stop_after(&self, host: usize) {
        let position = self.position(host);
        self.state().stopped_after.get_or_insert(position);
        self.moved.notify_all();
    }

    /// Decides who runs the task at `position` for all: the first host of those at it, then the
    /// next where the first declined. Returns when the decision about this host is made.
    pub(super) fn turn<T: Clone + Send + 'static>(
        &self,
        host: usize,
        position: &Position,
        cancel: &Cancel,
    ) -> Turn<T> {
        let mut state = self.state();
        loop {
            let first = state.first_at(position, self.in_step);
            let once = state.once.entry(task_key(position)).or_default();
            if let Some(outcome) = once
                .outcome
                .as_ref()
                .and_then(|any| any.downcast_ref::<T>())
            {
                return Turn::Done(outcome.clone());
            }
            if once.declined.contains(&host) && first.is_none() && !once.taken {
                let speaks = once.declined.first() == Some(&host);
                return Turn::NobodyDid { speaks };
            }
            if !once.taken
                && (first == Some(host) || !self.in_step)
                && !once.declined.contains(&host)
            {
                once.taken = true;
                return Turn::Take;
            }
            if cancel.is_cancelled() {
                return Turn::NobodyDid { speaks: false };
            }
            state = self.wait(state);
        }
    }

    /// Tells the others what came of the task at `position`, or that it does not apply here.
    pub(super) fn took<T: Send + 'static>(
        &self,
        host: usize,
        position: &Position,
        outcome: Option<T>,
    ) {
        let mut state = self.state();
        let once = state.once.entry(task_key(position)).or_default();
        once.taken = outcome.is_some();
        match outcome {
            Some(outcome) => once.outcome = Some(Box::new(outcome)),
            None => once.declined.push(host),
        }
        self.moved.notify_all();
    }

    /// Waits until fewer than `limit` hosts are within the task at `position`, and enters.
    pub(super) fn enter(&self, position: &Position, limit: usize, cancel: &Cancel) {
        let mut state = self.state();
        while !cancel.is_cancelled()
            && state.inside.get(&task_key(position)).copied().unwrap_or(0) >= limit
        {
            state = self.wait(state);
        }
        *state.inside.entry(task_key(position)).or_default() += 1;
    }

    /// Leaves a task that was entered.
    pub(super) fn exit(&self, position: &Position) {
        if let Some(inside) = self.state().inside.get_mut(&task_key(position)) {
            *inside -= 1;
        }
        self.moved.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes up now and then: a cancelled run notifies nobody here.
    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.moved.wait_timeout(state, Duration::from_millis(200));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl State {
    fn anyone_before(&self, position: &Position) -> bool {
        self.at.iter().flatten().any(|place| match place {
            Place::Start => true,
            Place::At(at) => at < position,
        })
    }

    /// Returns the first host at `position` that has not declined.
    fn first_at(&self, position: &Position, in_step: bool) -> Option<usize> {
        let declined = self
            .once
            .get(&task_key(position))
            .map(|once| once.declined.as_slice())
            .unwrap_or_default();
        self.at.iter().enumerate().find_map(|(host, place)| {
            let here = match place {
                Some(Place::At(at)) => at == position,
                // With the free strategy a host that is yet to come may still take it.
                Some(Place::Start) => !in_step,
                None => false,
            };
            (here && !declined.contains(&host)).then_some(host)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Runs `hosts` threads through `positions` and returns the order of (position, host).
    fn walk(hosts: usize, positions: &[Position], leaver: Option<usize>) -> Vec<(Position, usize)> {
        let lockstep = Lockstep::new(hosts, true);
        let order = Mutex::new(Vec::new());
        let cancel = Cancel::default();
        std::thread::scope(|scope| {
            for host in 0..hosts {
                let (lockstep, order, cancel) = (&lockstep, &order, &cancel);
                scope.spawn(move || {
                    for (index, position) in positions.iter().enumerate() {
                        if leaver == Some(host) && index == 1 {
                            break;
                        }
                        assert!(lockstep.arrive(host, position, cancel));
                        order.lock().unwrap().push((position.clone(), host));
                    }
                    lockstep.leave(host);
                });
            }
        });
        order.into_inner().unwrap()
    }

    #[test]
    fn no_host_starts_a_task_while_another_is_before_it() {
        let numbers: [&[u32]; 4] = [&[0], &[1, 0, 0], &[1, 0, 1], &[2]];
        let positions = numbers.map(|numbers| numbers.iter().copied().map(Step::from).collect());
        for leaver in [None, Some(1)] {
            let order = walk(8, &positions, leaver);
            assert!(
                order.is_sorted_by_key(|(position, _)| position.clone()),
                "{order:?}"
            );
        }
    }

    #[test]
    fn the_first_host_that_applies_runs_a_task_for_all() {
        let lockstep = Lockstep::new(3, true);
        let cancel = Cancel::default();
        let position = vec![Step::from(0)];
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for host in 0..3 {
                let (lockstep, cancel, position, results) =
                    (&lockstep, &cancel, &position, &results);
                scope.spawn(move || {
                    lockstep.arrive(host, position, cancel);
                    loop {
                        match lockstep.turn::<usize>(host, position, cancel) {
                            Turn::Take if host == 0 => lockstep.took::<usize>(host, position, None),
                            Turn::Take => lockstep.took(host, position, Some(host)),
                            Turn::Done(by) => break results.lock().unwrap().push((host, by)),
                            Turn::NobodyDid { .. } => panic!("host 1 does it"),
                        }
                    }
                    lockstep.leave(host);
                });
            }
        });
        let mut results = results.into_inner().unwrap();
        results.sort_unstable();
        assert_eq!(results, [(0, 1), (1, 1), (2, 1)]);
    }
}
