//! One part of the hosts: several runs share an inventory, each with a shard of it.
//!
//! What depends on the hosts of all shards is refused, unless the user lets it hold for each shard.

use super::session::Session;
use crate::playbook::{Keywords, Play, Playbook, Visited, walk};
use crate::source::{Place, Problem, Problems};
use crate::yaml::{Data, Node};
use std::fmt;
use std::sync::Arc;

/// Names by which every shard reaches its own machine.
const OWN: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const HELP: &str = "run this without --shard, or let it hold for each shard with --per-shard";

/// One of the parts of the hosts of an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// Returns the shard with this number, from 1; nothing if there are fewer.
    pub fn new(number: usize, of: usize) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Returns its number, from 1.
    pub fn number(self) -> usize {
        self.number
    }

    /// Returns how many shards there are.
    pub fn of(self) -> usize {
        self.of
    }

    /// Returns whether it has the host at this position of the inventory. Hosts are dealt like cards,
    /// so that shards differ by one host at most.
    fn has(self, position: usize) -> bool {
        position % self.of == self.number - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

impl Session {
    /// Returns whether this run has a host. A machine that the inventory does not name, such as this
    /// one, is one of every shard.
    pub(super) fn has_host(&self, name: &str) -> bool {
        let Some(shard) = self.options.shard else {
            return true;
        };
        let inventory = self.inventory();
        let position = inventory.hosts().get_index_of(name);
        position.is_none_or(|position| shard.has(position))
    }

    /// Returns the problem of a task that would work on a host of another shard.
    pub(super) fn other_shard(&self, name: &str, place: &Place) -> Option<Problem> {
        let shard = self.options.shard?;
        if self.options.per_shard || OWN.contains(&name) || self.has_host(name) {
            return None;
        }
        let message = format!("\"{name}\" is not a host of this shard ({shard})");
        Some(Problem::at(place, message).help(HELP.to_owned()))
    }

    /// Returns the problem of keywords whose effect depends on the hosts of all shards.
    pub(super) fn spans_shards(&self, keywords: &Keywords) -> Option<Problem> {
        let shard = self.options.shard.filter(|_| !self.options.per_shard)?;
        let given = [
            ("run_once", &keywords.run_once),
            ("any_errors_fatal", &keywords.any_errors_fatal),
            ("throttle", &keywords.throttle),
        ];
        let set = |node: &Node| !matches!(node.data, Data::Bool(false) | Data::Integer(0));
        let mut given = given.into_iter();
        given.find_map(|(name, node)| {
            let node = node.as_ref().filter(|node| set(node))?;
            Some(spans(name, shard, &node.place))
        })
    }

    /// Adds what is certain to depend on the hosts of all shards.
    pub(super) fn fits_shard(self: &Arc<Self>, playbook: &Playbook, problems: &mut Problems) {
        let Some(shard) = self.options.shard.filter(|_| !self.options.per_shard) else {
            return;
        };
        for play in &playbook.plays {
            let of_play = [
                ("serial", play.serial_place.as_ref()),
                ("max_fail_percentage", place_of(play)),
            ];
            let of_play = of_play.into_iter();
            let of_play = of_play.filter_map(|(name, place)| Some(spans(name, shard, place?)));
            of_play.for_each(|problem| problems.push(problem));
            let mut add = |keywords: &Keywords| {
                let literal = keywords.delegate_to.as_ref();
                let literal = literal.filter(|node| !node.has_template());
                let delegate = literal.and_then(|node| Some((node.as_text()?, &node.place)));
                let delegated = delegate.and_then(|(name, place)| self.other_shard(name, place));
                let found = self.spans_shards(keywords).into_iter().chain(delegated);
                for problem in found {
                    // Tasks of a role that is used twice are visited twice.
                    if !problems.0.contains(&problem) {
                        problems.push(problem);
                    }
                }
            };
            add(&play.keywords);
            walk(play, Some(&self.loader), &mut |visited, _| match visited {
                Visited::Task(task) => add(&task.keywords),
                Visited::Block(block) => add(&block.keywords),
                Visited::Role(used) => add(&used.keywords),
                Visited::Include(include) => {
                    add(&include.keywords);
                    add(&include.apply);
                }
                Visited::Script(_) => {}
            });
        }
    }
}

fn place_of(play: &Play) -> Option<&Place> {
    play.max_fail_percentage.as_ref().map(|node| &node.place)
}

fn spans(keyword: &str, shard: Shard, place: &Place) -> Problem {
    let message = format!("`{keyword}` depends on all hosts, and this run has shard {shard} only");
    Problem::at(place, message).help(HELP.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_in_one_shard_and_shards_differ_by_one_host_at_most() {
        assert_eq!(Shard::new(0, 4), None);
        assert_eq!(Shard::new(5, 4), None);
        let shards: Vec<_> = (1..=4).filter_map(|number| Shard::new(number, 4)).collect();
        for position in 0..10 {
            let of = shards.iter().filter(|shard| shard.has(position));
            assert_eq!(of.count(), 1);
        }
        let sizes = shards
            .iter()
            .map(|shard| (0..10).filter(|at| shard.has(*at)).count());
        assert_eq!(sizes.collect::<Vec<_>>(), [3, 3, 2, 2]);
    }
}
