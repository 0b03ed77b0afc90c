//! Shows results in the order of the hosts, whichever of them is first.
//!
//! Hosts in step run one task at a time, each at its own speed. A host's results of a task are
//! shown once every host before it, in the play's order, has left the task. So the output does not
//! depend on which host is faster, and the results of a task stay together.

use super::{Event, Reporter, TaskId};
use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Passes the results of each task to another reporter in the order of the hosts.
pub struct InOrder<R: Reporter> {
    shown_by: R,
    /// The index of each host of the play.
    numbers: HashMap<Arc<str>, usize>,
    /// The place of each host of the play, by its index.
    at: Vec<Option<Vec<u32>>>,
    places: BTreeMap<Vec<u32>, Spot>,
}

/// A place in the play, with the hosts that reached it and still have results to show.
#[derive(Default)]
struct Spot {
    hosts: BTreeMap<usize, Here>,
    /// The task whose results are shown immediately: that of the first host.
    task: Option<TaskId>,
    /// The results of other tasks, shown when all hosts have moved on.
    later: Vec<Event>,
}

#[derive(Default)]
struct Here {
    has_left: bool,
    told: Vec<Event>,
}

impl<R: Reporter> InOrder<R> {
    /// Returns a reporter that passes the results to `shown_by`.
    pub fn new(shown_by: R) -> Self {
        Self {
            shown_by,
            numbers: HashMap::new(),
            at: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    fn moved(&mut self, host: &Arc<str>, to: Option<&[u32]>) {
        let Some(&number) = self.numbers.get(host) else {
            return;
        };
        if self.at[number].as_deref() == to {
            return;
        }
        let before = std::mem::replace(&mut self.at[number], to.map(<[u32]>::to_vec));
        if let Some(to) = to {
            let spot = self.places.entry(to.to_vec()).or_default();
            spot.hosts.insert(number, Here::default());
        }
        let Some(before) = before else { return };
        if let Some(here) = self.here(&before, number) {
            here.has_left = true;
        }
        self.show(&before);
    }

    /// Keeps a host's event at the host's place. Returns whether it has one.
    fn keep(&mut self, event: &Event) -> bool {
        let number = event.host().and_then(|host| self.numbers.get(host));
        let Some((number, place)) = number.and_then(|&number| {
            let place = self.at[number].clone()?;
            Some((number, place))
        }) else {
            return false;
        };
        let Some(here) = self.here(&place, number) else {
            return false;
        };
        here.told.push(event.clone());
        self.show(&place);
        true
    }

    fn here(&mut self, place: &[u32], number: usize) -> Option<&mut Here> {
        self.places.get_mut(place)?.hosts.get_mut(&number)
    }

    /// Shows the results that no earlier host can precede any more.
    fn show(&mut self, place: &[u32]) {
        let Some(spot) = self.places.get_mut(place) else {
            return;
        };
        while let Some(mut first) = spot.hosts.first_entry() {
            for event in first.get_mut().told.drain(..) {
                let task = event.task();
                spot.task = spot.task.or(task);
                if task.is_some() && task == spot.task {
                    self.shown_by.event(&event);
                } else {
                    spot.later.push(event);
                }
            }
            if !first.get().has_left {
                return;
            }
            first.remove();
        }
        let later = std::mem::take(&mut spot.later);
        self.places.remove(place);
        self.show_grouped(later);
        self.shown_by.settle();
    }

    /// Shows the results of several tasks, grouped by task.
    fn show_grouped(&mut self, events: Vec<Event>) {
        let mut tasks: IndexMap<Option<TaskId>, Vec<Event>> = IndexMap::new();
        for event in events {
            tasks.entry(event.task()).or_default().push(event);
        }
        for event in tasks.values().flatten() {
            self.shown_by.event(event);
        }
    }

    /// Shows everything kept: no host reports anything more.
    fn show_all(&mut self) {
        let places: Vec<_> = self.places.keys().cloned().collect();
        for place in places {
            if let Some(spot) = self.places.get_mut(&place) {
                spot.hosts
                    .values_mut()
                    .for_each(|here| here.has_left = true);
            }
            self.show(&place);
        }
        self.at.fill(None);
    }
}

impl<R: Reporter> Reporter for InOrder<R> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Reached { host, place } => self.moved(host, Some(place)),
            Event::Left { host } => self.moved(host, None),
            Event::PlayStarted { hosts, .. } => {
                self.show_all();
                self.numbers = hosts.iter().cloned().zip(0..).collect();
                self.at = vec![None; hosts.len()];
                self.shown_by.event(event);
            }
            Event::NoHosts { .. } | Event::RunFinished { .. } => {
                self.show_all();
                self.shown_by.event(event);
            }
            _ if self.keep(event) => {}
            _ => {
                self.shown_by.event(event);
                // Hosts that keep no order share no task whose results could be collected.
                if self.places.is_empty() && event.host().is_some() {
                    self.shown_by.settle();
                }
            }
        }
    }
}

impl<R: Reporter> Drop for InOrder<R> {
    fn drop(&mut self) {
        self.show_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::TaskName;
    use proptest::prelude::*;

    /// Records what is shown: the task and the line.
    #[derive(Default)]
    struct Kept(Vec<(Option<TaskId>, String)>);

    impl Reporter for &mut Kept {
        fn event(&mut self, event: &Event) {
            let text = match event {
                Event::Said { text, .. } => text.clone(),
                Event::Retrying { host, left, .. } => format!("{host} {left}"),
                _ => return,
            };
            self.0.push((event.task(), text));
        }
    }

    /// A line of a task, or of no task.
    fn told(task: Option<u8>, host: &Arc<str>, line: u32) -> Event {
        let host = host.clone();
        let Some(task) = task else {
            let text = format!("{host} says {line}");
            return Event::Said { host, text };
        };
        let task = Arc::new(TaskName {
            name: task.to_string(),
            action: String::new(),
            path: String::new(),
            handler: false,
            id: TaskId::of(task),
        });
        let left = line;
        Event::Retrying { task, host, left }
    }

    fn hosts() -> Vec<Arc<str>> {
        ["a", "b", "c", "d", "e"].map(Arc::from).to_vec()
    }

    fn started(kept: &mut Kept) -> InOrder<&mut Kept> {
        let mut reporter = InOrder::new(kept);
        let name = String::new();
        let hosts = hosts();
        reporter.event(&Event::PlayStarted { name, hosts });
        reporter
    }

    fn reach(reporter: &mut InOrder<&mut Kept>, host: &Arc<str>, place: u32) {
        let (host, place) = (host.clone(), vec![place]);
        reporter.event(&Event::Reached { host, place });
    }

    /// The lines that each host reports at a place; `None` for a host that does not reach it.
    type Place = Vec<Option<Vec<Option<u8>>>>;

    /// Returns what is shown if `choose` decides which host reports its next line.
    fn shown(
        places: &[Place],
        mut choose: impl FnMut(usize) -> usize,
    ) -> Vec<(Option<TaskId>, String)> {
        let mut kept = Kept::default();
        let mut reporter = started(&mut kept);
        for (number, place) in (0..).zip(places) {
            let mut left = Vec::new();
            // No host reports anything before all have arrived at a place.
            for (host, lines) in hosts().into_iter().zip(place) {
                let Some(lines) = lines else { continue };
                reach(&mut reporter, &host, number);
                let lines = lines
                    .iter()
                    .zip(0..)
                    .map(|(task, line)| told(*task, &host, line));
                left.push(lines.collect::<Vec<_>>().into_iter());
            }
            while !left.is_empty() {
                let chosen = choose(left.len());
                match left[chosen].next() {
                    Some(event) => reporter.event(&event),
                    None => drop(left.remove(chosen)),
                }
            }
        }
        drop(reporter);
        kept.0
    }

    /// Chooses by these numbers, over and over.
    fn by(choices: &[usize]) -> impl FnMut(usize) -> usize {
        let mut choices = choices.iter().cycle();
        move |left| choices.next().map_or(0, |choice| choice % left)
    }

    fn places() -> impl Strategy<Value = Vec<Place>> {
        let lines = prop::collection::vec(prop::option::weighted(0.8, 0..2_u8), 0..4);
        let place = prop::collection::vec(prop::option::weighted(0.8, lines), 5);
        prop::collection::vec(place, 1..5)
    }

    proptest! {
        #[test]
        fn which_host_was_faster_does_not_matter(
            places in places(),
            choices in prop::collection::vec(0..5_usize, 1..40),
        ) {
            let mixed = shown(&places, by(&choices));
            prop_assert_eq!(&mixed, &shown(&places, |_| 0));
            let told = places.iter().flatten().flatten().map(Vec::len).sum::<usize>();
            prop_assert_eq!(mixed.len(), told, "nothing is lost");
        }

        #[test]
        fn the_results_of_a_task_stand_together(
            lines in prop::collection::vec(prop::collection::vec((0..3_u8).prop_map(Some), 1..4), 5),
            choices in prop::collection::vec(0..5_usize, 1..40),
        ) {
            let place: Place = lines.into_iter().map(Some).collect();
            let mut headings: Vec<_> = shown(&[place], by(&choices)).into_iter().map(|(task, _)| task).collect();
            headings.dedup();
            let different: std::collections::HashSet<_> = headings.iter().collect();
            prop_assert_eq!(headings.len(), different.len());
        }
    }

    #[test]
    fn only_results_of_later_hosts_wait() {
        let mut kept = Kept::default();
        let mut reporter = started(&mut kept);
        let hosts = hosts();
        reach(&mut reporter, &hosts[0], 1);
        reach(&mut reporter, &hosts[1], 1);
        reporter.event(&told(Some(1), &hosts[1], 0));
        reporter.event(&told(Some(1), &hosts[0], 0));
        assert_eq!(reporter.shown_by.0.len(), 1, "a is still at work");
        reach(&mut reporter, &hosts[0], 2);
        assert_eq!(reporter.shown_by.0.len(), 2);
        reporter.event(&told(Some(1), &hosts[4], 0));
        assert_eq!(reporter.shown_by.0.len(), 3, "e keeps no order");
    }
}
