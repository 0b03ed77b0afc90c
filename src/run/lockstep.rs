//! Keeping the hosts of a batch in step: no host starts a task while another is still before it.
//!
//! A host that arrives at a position waits until no other host of the batch is before it. With the
//! free strategy nobody waits.

use super::position::{Position, TaskKey, task_key};
use super::workers::let_others_go_first;
use crate::host::Cancel;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

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

#[derive(Default)]
struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    /// Where each host is; `None` once it has left.
    at: Vec<Option<Place>>,
    /// Wakes each host that waits.
    wakers: Vec<Option<Waker>>,
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
        let shared = Arc::new(Shared(Mutex::new(State::new(hosts))));
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
    pub(super) async fn arrive(&self, host: usize, position: &Position) -> bool {
        let place = Place::At(position.clone());
        self.shared
            .state()
            .move_to(host, Some(place.clone()), self.in_step);
        if self.in_step {
            poll_fn(|context| {
                let mut state = self.shared.state();
                if !state.is_anyone_before(&place) || self.cancel.is_cancelled() {
                    return Poll::Ready(());
                }
                state.waits(host, context)
            })
            .await;
        } else {
            // No host gets far ahead of those that wait for a thread.
            let_others_go_first().await;
        }
        let state = self.shared.state();
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
        self.shared.state().move_to(host, None, self.in_step);
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
    pub(super) async fn turn<T: Clone + Send + 'static>(
        &self,
        host: usize,
        position: &Position,
    ) -> Turn<T> {
        let task = task_key(position);
        poll_fn(|context| {
            let mut state = self.shared.state();
            if let Some(turn) = state.decided(host, position, &task, self.in_step) {
                return Poll::Ready(turn);
            }
            if self.cancel.is_cancelled() {
                return Poll::Ready(Turn::NobodyDid { speaks: false });
            }
            let undecided = state.undecided.entry(task.clone()).or_default();
            undecided.insert(host);
            state.waits(host, context)
        })
        .await
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
                state.decide(&task);
            }
            None => {
                once.declined.insert(host);
                once.first_declined.get_or_insert(host);
                state.wake_next(position, &task, self.in_step);
            }
        }
    }

    /// Waits until fewer than `limit` hosts are in the task at `position`, and enters.
    pub(super) async fn enter(&self, host: usize, position: &Position, limit: usize) {
        let task = task_key(position);
        poll_fn(|context| {
            let mut state = self.shared.state();
            let throttled = state.throttled.entry(task.clone()).or_default();
            throttled.waiting.remove(&host);
            if throttled.inside < limit || self.cancel.is_cancelled() {
                throttled.inside += 1;
                return Poll::Ready(());
            }
            throttled.waiting.insert(host);
            state.waits(host, context)
        })
        .await;
    }

    /// Leaves a task that was entered.
    pub(super) fn exit(&self, position: &Position) {
        let mut state = self.shared.state();
        let Some(throttled) = state.throttled.get_mut(&task_key(position)) else {
            return;
        };
        throttled.inside -= 1;
        if let Some(host) = throttled.waiting.pop_first() {
            state.wake(host);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        // A host that is about to wait holds the state: without it this could come too early.
        let mut state = self.state();
        (0..state.wakers.len()).for_each(|host| state.wake(host));
    }
}

impl State {
    fn new(hosts: usize) -> Self {
        Self {
            at: (0..hosts).map(|_| Some(Place::Start)).collect(),
            wakers: vec![None; hosts],
            places: BTreeMap::from([(Place::Start, (0..hosts).collect())]),
            ..Self::default()
        }
    }

    /// Lets a host wait until it is woken.
    fn waits<T>(&mut self, host: usize, context: &Context<'_>) -> Poll<T> {
        self.wakers[host] = Some(context.waker().clone());
        Poll::Pending
    }

    fn wake(&mut self, host: usize) {
        if let Some(waker) = self.wakers[host].take() {
            waker.wake();
        }
    }

    fn wake_each(&mut self, hosts: BTreeSet<usize>) {
        hosts.into_iter().for_each(|host| self.wake(host));
    }

    /// Moves a host, or takes it out, and wakes those that waited for that.
    fn move_to(&mut self, host: usize, place: Option<Place>, in_step: bool) {
        let floor = self.floor().cloned();
        let before = self.put(host, place);
        if in_step && self.floor() != floor.as_ref() {
            let there = self.places.first_key_value().map(|(_, hosts)| hosts);
            self.wake_each(there.cloned().unwrap_or_default());
        }
        let undecided: Vec<_> = self.undecided.keys().cloned().collect();
        for task in undecided {
            match &before {
                Some(Place::At(position)) => self.wake_next(position, &task, in_step),
                _ => self.decide(&task),
            }
        }
    }

    /// Returns what was decided for a host about a task that runs once for all; nothing if it is to
    /// wait.
    fn decided<T: Clone + Send + 'static>(
        &mut self,
        host: usize,
        position: &Position,
        task: &TaskKey,
        in_step: bool,
    ) -> Option<Turn<T>> {
        let once = self.once.entry(task.clone()).or_default();
        let outcome = once.outcome.as_ref();
        if let Some(outcome) = outcome.and_then(|any| any.downcast_ref::<T>()) {
            return Some(Turn::Done(outcome.clone()));
        }
        if once.taken {
            return None;
        }
        let speaks = once.first_declined == Some(host);
        let declined = once.declined.contains(&host);
        if declined && once.nobody {
            return Some(Turn::NobodyDid { speaks });
        }
        let first = self.first_at(position, task, in_step);
        let once = self.once.entry(task.clone()).or_default();
        if declined && first.is_none() {
            once.nobody = true;
            return Some(Turn::NobodyDid { speaks });
        }
        if !declined && (first == Some(host) || !in_step) {
            once.taken = true;
            return Some(Turn::Take);
        }
        None
    }

    /// Wakes the host whose turn the task is now; all that wait for it if there is none.
    fn wake_next(&mut self, position: &Position, task: &TaskKey, in_step: bool) {
        match self.first_at(position, task, in_step) {
            Some(host) if in_step => self.wake(host),
            _ => self.decide(task),
        }
    }

    /// Wakes all hosts that wait for the decision about a task.
    fn decide(&mut self, task: &TaskKey) {
        let hosts = self.undecided.remove(task).unwrap_or_default();
        self.wake_each(hosts);
    }

    /// Puts a host at a place and returns where it was.
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
    use super::super::workers::{self, Way};
    use super::*;
    use crate::run::position::Step;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Runs a way for each host on 4 threads.
    fn go<'w, W: Future<Output = ()> + Send + 'w>(hosts: usize, way: impl Fn(usize) -> W) {
        let ways = (0..hosts).map(|host| -> Way<'w> { Box::pin(way(host)) });
        workers::run(ways.collect(), 4, |work| work());
    }

    /// Takes `hosts` through `positions` and returns the order of (position, host).
    fn walk(hosts: usize, positions: &[Position], leaver: Option<usize>) -> Vec<(Position, usize)> {
        let lockstep = Lockstep::new(hosts, true, &Cancel::default());
        let order = Mutex::new(Vec::new());
        let (lockstep, order_of) = (&lockstep, &order);
        go(hosts, |host| async move {
            for (index, position) in positions.iter().enumerate() {
                if leaver == Some(host) && index == 1 {
                    break;
                }
                assert!(lockstep.arrive(host, position).await);
                order_of.lock().unwrap().push((position.clone(), host));
            }
            lockstep.leave(host);
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
    fn a_host_is_woken_once_a_task_however_many_there_are() {
        let tasks = 5;
        for hosts in [10, 1000] {
            let lockstep = Lockstep::new(hosts, true, &Cancel::default());
            let polls = AtomicUsize::new(0);
            let (lockstep, counted) = (&lockstep, &polls);
            go(hosts, |host| async move {
                let mut way = Box::pin(async move {
                    for task in 0..tasks {
                        lockstep.arrive(host, &vec![Step::from(task)]).await;
                    }
                    lockstep.leave(host);
                });
                poll_fn(|context| {
                    counted.fetch_add(1, Ordering::SeqCst);
                    way.as_mut().poll(context)
                })
                .await;
            });
            let polls = polls.into_inner();
            assert!(polls <= hosts * (tasks as usize + 1), "{polls} of {hosts}");
        }
    }

    #[test]
    fn the_first_host_that_applies_runs_a_task_for_all() {
        let lockstep = Lockstep::new(3, true, &Cancel::default());
        let position = vec![Step::from(0)];
        let results = Mutex::new(Vec::new());
        let (lockstep, position, kept) = (&lockstep, &position, &results);
        go(3, |host| async move {
            lockstep.arrive(host, position).await;
            let by = loop {
                match lockstep.turn::<usize>(host, position).await {
                    Turn::Take if host == 0 => lockstep.took::<usize>(host, position, None),
                    Turn::Take => lockstep.took(host, position, Some(host)),
                    Turn::Done(by) => break by,
                    Turn::NobodyDid { .. } => panic!("host 1 does it"),
                }
            };
            kept.lock().unwrap().push((host, by));
            lockstep.leave(host);
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
        let (lockstep, position, kept) = (&lockstep, &position, &speaking);
        go(64, |host| async move {
            lockstep.arrive(host, position).await;
            loop {
                match lockstep.turn::<usize>(host, position).await {
                    Turn::Take => lockstep.took::<usize>(host, position, None),
                    Turn::Done(by) => panic!("host {by} declined"),
                    Turn::NobodyDid { speaks: true } => break kept.lock().unwrap().push(host),
                    Turn::NobodyDid { speaks: false } => break,
                }
            }
            lockstep.leave(host);
        });
        assert_eq!(speaking.into_inner().unwrap(), [0]);
    }

    #[test]
    fn no_more_hosts_are_in_a_throttled_task_than_it_allows() {
        let lockstep = Lockstep::new(32, true, &Cancel::default());
        let position = vec![Step::from(0)];
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (lockstep, position) = (&lockstep, &position);
        let (inside, seen) = (&inside, &most);
        go(32, |host| async move {
            lockstep.arrive(host, position).await;
            lockstep.enter(host, position, 3).await;
            let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
            seen.fetch_max(now, Ordering::SeqCst);
            let_others_go_first().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            lockstep.exit(position);
            lockstep.leave(host);
        });
        assert!((1..=3).contains(&most.into_inner()));
    }

    #[test]
    fn a_cancelled_run_wakes_every_host_that_waits() {
        let cancel = Cancel::default();
        let lockstep = Lockstep::new(4, true, &cancel);
        let (lockstep, cancel) = (&lockstep, &cancel);
        go(4, |host| async move {
            // Host 0 never gets to where the others are.
            let place = vec![Step::from(u32::from(host > 0))];
            let may_go = lockstep.arrive(host, &place).await;
            if host == 0 {
                cancel.cancel();
            } else {
                assert!(!may_go);
            }
        });
    }
}
