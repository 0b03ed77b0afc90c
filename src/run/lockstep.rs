//! Keeping the hosts of a batch in step: no host starts a task while another is still before it.
//!
//! A host that arrives at a position waits until no other host of the batch is before it. With the
//! free strategy nobody waits.

use super::position::{Position, TaskKey, task_key};
use crate::host::Cancel;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Where the hosts of a batch are, and what they decided together.
///
/// A waiting host is woken by what it waits for and by nothing else: with thousands of hosts,
/// waking all of them at each move would cost more than their tasks.
pub(super) struct Lockstep {
    in_step: bool,
    cancel: Cancel,
    shared: Arc<Shared>,
    /// Wakes everyone when the run is cancelled, for as long as this is kept.
    _on_cancel: Arc<dyn Fn() + Send + Sync>,
}

struct Shared {
    state: Mutex<State>,
    /// One for each host.
    woken: Box<[Condvar]>,
}

#[derive(Default)]
struct State {
    /// Where each host is; `None` once it has left.
    at: Vec<Option<Place>>,
    /// The hosts at each place. The first place is the floor: nobody is before it.
    places: BTreeMap<Place, BTreeSet<usize>>,
    /// What a host did for all, by task.
    once: HashMap<TaskKey, Once>,
    /// Hosts that wait for the decision about a task that runs once for all, by task.
    undecided: HashMap<TaskKey, BTreeSet<usize>>,
    /// Throttled tasks that hosts are in.
    throttled: HashMap<TaskKey, Throttled>,
    /// Set when no host may start another task after this position.
    stopped_after: Option<Position>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Before the first position.
    Start,
    At(Position),
}

/// The result of a task that runs on one host for all.
#[derive(Default)]
struct Once {
    taken: bool,
    declined: BTreeSet<usize>,
    first_declined: Option<usize>,
    /// Whether every host declined.
    nobody: bool,
    outcome: Option<Box<dyn std::any::Any + Send>>,
}

#[derive(Default)]
struct Throttled {
    inside: usize,
    waiting: BTreeSet<usize>,
}

/// What a host does at a task that runs once for all.
pub(super) enum Turn<T> {
    /// It is this host's turn.
    Take,
    /// Another host ran it, with this result.
    Done(T),
    /// Every host found that it does not apply.
    NobodyDid {
        /// Whether this host is the one that says so for all.
        speaks: bool,
    },
}

impl Lockstep {
    /// Returns the state of a batch of `hosts`; `in_step` is the linear strategy.
    pub(super) fn new(hosts: usize, in_step: bool, cancel: &Cancel) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(hosts)),
            woken: (0..hosts).map(|_| Condvar::new()).collect(),
        });
        let woken = Arc::clone(&shared);
        let on_cancel: Arc<dyn Fn() + Send + Sync> = Arc::new(move || woken.wake_all());
        cancel.on_cancel(&on_cancel);
        Self {
            in_step,
            cancel: cancel.clone(),
            shared,
            _on_cancel: on_cancel,
        }
    }

    /// Returns whether the hosts keep in step.
    pub(super) fn in_step(&self) -> bool {
        self.in_step
    }

    /// Moves a host to a position and waits for the others. Returns whether it may go on.
    pub(super) fn arrive(&self, host: usize, position: &Position) -> bool {
        let mut state = self.shared.state();
        let place = Place::At(position.clone());
        self.shared
            .put(&mut state, host, Some(place.clone()), self.in_step);
        while self.in_step && !self.cancel.is_cancelled() && state.is_anyone_before(&place) {
            state = self.shared.wait(host, state);
        }
        let may_go = |after: &Position| self.in_step && position <= after;
        state.stopped_after.as_ref().is_none_or(may_go) && !self.cancel.is_cancelled()
    }

    /// Returns where a host is.
    pub(super) fn position(&self, host: usize) -> Position {
        match &self.shared.state().at[host] {
            Some(Place::At(position)) => position.clone(),
            _ => Position::new(),
        }
    }

    /// Takes a host out: it has finished, failed or ended the play.
    pub(super) fn leave(&self, host: usize) {
        let mut state = self.shared.state();
        self.shared.put(&mut state, host, None, self.in_step);
    }

    /// Lets no host start another task.
    pub(super) fn stop(&self) {
        self.shared.state().stopped_after = Some(Position::new());
    }

    /// Lets no host start another task than the one that this host is at, which all others still
    /// run, so that the results do not depend on which host was first.
    pub(super) fn stop_after(&self, host: usize) {
        let position = self.position(host);
        self.shared.state().stopped_after.get_or_insert(position);
    }

    /// Decides who runs the task at `position` for all: the first host of those at it, then the
    /// next if the first declined. Returns when the decision about this host is made.
    pub(super) fn turn<T: Clone + Send + 'static>(
        &self,
        host: usize,
        position: &Position,
    ) -> Turn<T> {
        let task = task_key(position);
        let mut state = self.shared.state();
        loop {
            let once = state.once.entry(task.clone()).or_default();
            let outcome = once.outcome.as_ref();
            if let Some(outcome) = outcome.and_then(|any| any.downcast_ref::<T>()) {
                return Turn::Done(outcome.clone());
            }
            if !once.taken {
                let speaks = once.first_declined == Some(host);
                let declined = once.declined.contains(&host);
                if declined && once.nobody {
                    return Turn::NobodyDid { speaks };
                }
                let first = state.first_at(position, &task, self.in_step);
                let once = state.once.entry(task.clone()).or_default();
                if declined && first.is_none() {
                    once.nobody = true;
                    return Turn::NobodyDid { speaks };
                }
                if !declined && (first == Some(host) || !self.in_step) {
                    once.taken = true;
                    return Turn::Take;
                }
            }
            if self.cancel.is_cancelled() {
                return Turn::NobodyDid { speaks: false };
            }
            let undecided = state.undecided.entry(task.clone()).or_default();
            undecided.insert(host);
            state = self.shared.wait(host, state);
        }
    }

    /// Tells the others the result of the task at `position`, or that it does not apply here.
    pub(super) fn took<T: Send + 'static>(
        &self,
        host: usize,
        position: &Position,
        outcome: Option<T>,
    ) {
        let task = task_key(position);
        let mut state = self.shared.state();
        let once = state.once.entry(task.clone()).or_default();
        once.taken = outcome.is_some();
        match outcome {
            Some(outcome) => {
                once.outcome = Some(Box::new(outcome));
                self.shared.decide(&mut state, &task);
            }
            None => {
                once.declined.insert(host);
                once.first_declined.get_or_insert(host);
                self.shared
                    .wake_next(&mut state, position, &task, self.in_step);
            }
        }
    }

    /// Waits until fewer than `limit` hosts are in the task at `position`, and enters.
    pub(super) fn enter(&self, host: usize, position: &Position, limit: usize) {
        let task = task_key(position);
        let mut state = self.shared.state();
        loop {
            let throttled = state.throttled.entry(task.clone()).or_default();
            throttled.waiting.remove(&host);
            if throttled.inside < limit || self.cancel.is_cancelled() {
                throttled.inside += 1;
                return;
            }
            throttled.waiting.insert(host);
            state = self.shared.wait(host, state);
        }
    }

    /// Leaves a task that was entered.
    pub(super) fn exit(&self, position: &Position) {
        let mut state = self.shared.state();
        let Some(throttled) = state.throttled.get_mut(&task_key(position)) else {
            return;
        };
        throttled.inside -= 1;
        if let Some(host) = throttled.waiting.pop_first() {
            self.shared.woken[host].notify_one();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, host: usize, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let waited = self.woken[host].wait(state);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        // A host that is about to wait holds the state: without it this could come too early.
        let _state = self.state();
        self.woken.iter().for_each(Condvar::notify_one);
    }

    /// Moves a host, or takes it out, and wakes those that waited for that.
    fn put(&self, state: &mut State, host: usize, place: Option<Place>, in_step: bool) {
        let floor = state.floor().cloned();
        let before = state.put(host, place);
        if in_step && state.floor() != floor.as_ref() {
            let there = state.places.first_key_value().map(|(_, hosts)| hosts);
            for host in there.into_iter().flatten() {
                self.woken[*host].notify_one();
            }
        }
        let undecided: Vec<_> = state.undecided.keys().cloned().collect();
        for task in undecided {
            match &before {
                Some(Place::At(position)) => self.wake_next(state, position, &task, in_step),
                _ => self.decide(state, &task),
            }
        }
    }

    /// Wakes the host whose turn the task is now; all that wait for it if there is none.
    fn wake_next(&self, state: &mut State, position: &Position, task: &TaskKey, in_step: bool) {
        match state.first_at(position, task, in_step) {
            Some(host) if in_step => self.woken[host].notify_one(),
            _ => self.decide(state, task),
        }
    }

    /// Wakes all hosts that wait for the decision about a task.
    fn decide(&self, state: &mut State, task: &TaskKey) {
        for host in state.undecided.remove(task).into_iter().flatten() {
            self.woken[host].notify_one();
        }
    }
}

impl State {
    fn new(hosts: usize) -> Self {
        Self {
            at: (0..hosts).map(|_| Some(Place::Start)).collect(),
            places: BTreeMap::from([(Place::Start, (0..hosts).collect())]),
            ..Self::default()
        }
    }

    /// Moves a host and returns where it was.
    fn put(&mut self, host: usize, place: Option<Place>) -> Option<Place> {
        let before = std::mem::replace(&mut self.at[host], place.clone());
        if let Some(place) = &before
            && let Some(hosts) = self.places.get_mut(place)
        {
            hosts.remove(&host);
            if hosts.is_empty() {
                self.places.remove(place);
            }
        }
        if let Some(place) = place {
            self.places.entry(place).or_default().insert(host);
        }
        before
    }

    /// Returns the place that nobody is before.
    fn floor(&self) -> Option<&Place> {
        self.places.first_key_value().map(|(place, _)| place)
    }

    fn is_anyone_before(&self, place: &Place) -> bool {
        self.floor().is_some_and(|floor| floor < place)
    }

    /// Returns the first host at `position` that has not declined the task.
    fn first_at(&self, position: &Position, task: &TaskKey, in_step: bool) -> Option<usize> {
        let declined = self.once.get(task).map(|once| &once.declined);
        let has_not = |host: &&usize| declined.is_none_or(|declined| !declined.contains(host));
        // With the free strategy a host that is yet to come may still take it.
        let start = (!in_step).then_some(Place::Start);
        let places = start.into_iter().chain([Place::At(position.clone())]);
        let hosts = places.filter_map(|place| self.places.get(&place));
        hosts
            .filter_map(|hosts| {
                // Hosts decline in their order: those behind the last one have not been asked.
                let last = declined.and_then(BTreeSet::last);
                let later = last.and_then(|last| hosts.range(last + 1..).next());
                later.or_else(|| hosts.iter().find(has_not))
            })
            .min()
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::position::Step;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Runs `hosts` threads through `positions` and returns the order of (position, host).
    fn walk(hosts: usize, positions: &[Position], leaver: Option<usize>) -> Vec<(Position, usize)> {
        let lockstep = Lockstep::new(hosts, true, &Cancel::default());
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for host in 0..hosts {
                let (lockstep, order) = (&lockstep, &order);
                scope.spawn(move || {
                    for (index, position) in positions.iter().enumerate() {
                        if leaver == Some(host) && index == 1 {
                            break;
                        }
                        assert!(lockstep.arrive(host, position));
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
        let lockstep = Lockstep::new(3, true, &Cancel::default());
        let position = vec![Step::from(0)];
        let results = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for host in 0..3 {
                let (lockstep, position, results) = (&lockstep, &position, &results);
                scope.spawn(move || {
                    lockstep.arrive(host, position);
                    loop {
                        match lockstep.turn::<usize>(host, position) {
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

    #[test]
    fn a_task_that_every_host_declines_is_reported_by_the_first() {
        let lockstep = Lockstep::new(64, true, &Cancel::default());
        let position = vec![Step::from(0)];
        let speaking = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for host in 0..64 {
                let (lockstep, position, speaking) = (&lockstep, &position, &speaking);
                scope.spawn(move || {
                    lockstep.arrive(host, position);
                    loop {
                        match lockstep.turn::<usize>(host, position) {
                            Turn::Take => lockstep.took::<usize>(host, position, None),
                            Turn::Done(by) => panic!("host {by} declined"),
                            Turn::NobodyDid { speaks: true } => {
                                break speaking.lock().unwrap().push(host);
                            }
                            Turn::NobodyDid { speaks: false } => break,
                        }
                    }
                    lockstep.leave(host);
                });
            }
        });
        assert_eq!(speaking.into_inner().unwrap(), [0]);
    }

    #[test]
    fn no_more_hosts_are_in_a_throttled_task_than_it_allows() {
        let lockstep = Lockstep::new(32, true, &Cancel::default());
        let position = vec![Step::from(0)];
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for host in 0..32 {
                let (lockstep, position) = (&lockstep, &position);
                let (inside, most) = (&inside, &most);
                scope.spawn(move || {
                    lockstep.arrive(host, position);
                    lockstep.enter(host, position, 3);
                    let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    lockstep.exit(position);
                    lockstep.leave(host);
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
    }

    #[test]
    fn a_cancelled_run_wakes_every_host_that_waits() {
        let cancel = Cancel::default();
        let lockstep = Lockstep::new(4, true, &cancel);
        let (first, later) = (vec![Step::from(0)], vec![Step::from(1)]);
        std::thread::scope(|scope| {
            let waits = |host| {
                let (lockstep, later) = (&lockstep, &later);
                scope.spawn(move || lockstep.arrive(host, later))
            };
            // Host 0 never gets to where the others are.
            let waiting = [waits(1), waits(2), waits(3)];
            lockstep.arrive(0, &first);
            cancel.cancel();
            for host in waiting {
                assert!(!host.join().unwrap());
            }
        });
    }
}
