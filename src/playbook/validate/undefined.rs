//! Variables that are used and that nothing can have defined.

use super::names::{Names, Used, is_judged};
use super::{Unread, ValidateOptions};
use crate::source::{Place, Problem, did_you_mean};
use crate::template::Engine;
use crate::yaml::Data;
use std::collections::{BTreeSet, HashSet};

/// What is known of variables besides what the playbook says.
pub(super) struct Known<'a> {
    pub(super) options: &'a ValidateOptions,
    /// The names that come from outside the playbook.
    pub(super) variables: &'a BTreeSet<String>,
    pub(super) engine: &'a Engine,
}

/// Levels of variables within variables that are looked through.
const MOST_LEVELS: usize = 16;

/// What to do about a fact of a host of which none are gathered.
const NO_FACTS: &str = "no play gathers facts: remove `gather_facts: false`, or add a task `setup`";

impl Names {
    /// Returns the problem of each name that nothing can have defined, and of each variable whose
    /// only value needs such a name, or is encrypted.
    pub(super) fn undefined(&self, known: &Known<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        // A template file may be used by several tasks.
        let mut told = HashSet::new();
        for used in &self.used {
            let Used {
                play, name, place, ..
            } = used;
            let problem = if name.contains('.') {
                self.no_member(name, place, known)
            } else if self.any && !used.before_any {
                None
            } else if used.before_registered
                && !used.is_defined
                && self.registered.contains(name)
                && !self.is_otherwise_defined(name, Some(*play), known)
            {
                Some(registered_later(name, place))
            } else if used.is_defined || self.is_defined(name, Some(*play), known) {
                let mut seen = HashSet::new();
                self.behind(name, place, known, &mut seen)
            } else {
                Some(self.nothing_defines(name, Some(*play), place, known))
            };
            if let Some(problem) = problem
                && told.insert((
                    problem.place.as_ref().map(ToString::to_string),
                    problem.message.clone(),
                ))
            {
                problems.push(problem);
            }
        }
        problems
    }

    /// Returns whether something may define a name: in any play if none is given.
    fn is_defined(&self, name: &str, play: Option<usize>, known: &Known<'_>) -> bool {
        self.registered.contains(name) || self.is_otherwise_defined(name, play, known)
    }

    /// Returns whether something but `register` may define a name.
    fn is_otherwise_defined(&self, name: &str, play: Option<usize>, known: &Known<'_>) -> bool {
        let by_play = match play {
            Some(play) => self
                .by_play
                .get(play)
                .is_some_and(|names| names.contains(name)),
            None => {
                self.written.contains_key(name)
                    || self.of_loops.contains(name)
                    || self.elsewhere.contains(name)
            }
        };
        let is_fact = name.starts_with("ansible_");
        by_play
            || known.variables.contains(name)
            || self.by_tasks.contains(name)
            || self.guards.contains(name)
            || known.options.unread.may_define(name)
            || is_fact && (self.facts || !matches!(known.options.unread, Unread::Nothing))
    }

    fn nothing_defines(
        &self,
        name: &str,
        play: Option<usize>,
        place: &Place,
        known: &Known<'_>,
    ) -> Problem {
        let message = format!("undefined variable \"{name}\"");
        let problem = Problem::at(place, message).label("undefined");
        if name.starts_with("ansible_") {
            return problem.help(NO_FACTS.to_owned());
        }
        let by_play = play.and_then(|play| self.by_play.get(play));
        let names = known
            .variables
            .iter()
            .chain(&self.by_tasks)
            .chain(&self.registered)
            .chain(by_play.into_iter().flatten())
            .map(String::as_str);
        let elsewhere = self.by_play.iter().position(|names| names.contains(name));
        let other_play = elsewhere.map(|_| {
            "it is defined in another play, but variables of a play end with the play".to_owned()
        });
        let in_script = place.file.path.extension().is_some_and(|end| end == "rhai");
        let in_its_place = in_script.then(|| {
            format!("read a variable that may be missing with vars.get(\"{name}\", other)")
        });
        problem.help(did_you_mean(name, names).or(other_play).or(in_its_place))
    }

    /// Returns what is wrong with the value of a variable that is used at a place, if it has one
    /// value only: it needs a name that nothing defines, or is encrypted.
    fn behind(
        &self,
        name: &str,
        place: &Place,
        known: &Known<'_>,
        seen: &mut HashSet<String>,
    ) -> Option<Problem> {
        if seen.len() > MOST_LEVELS || !seen.insert(name.to_owned()) || self.guards.contains(name) {
            return None;
        }
        let used = |problem: Problem| problem.related(place, format!("\"{name}\" is used here"));
        let is_set = self.by_tasks.contains(name)
            || self.registered.contains(name)
            || self.elsewhere.contains(name);
        if is_set || known.options.unread.may_define(name) {
            return None;
        }
        let written = self.written.get(name);
        if known.variables.contains(name) {
            let values = known.options.encrypted.get(name);
            let mut values = values.filter(|_| written.is_none())?.iter();
            return values.find_map(|value| value.undecrypted("this value").map(used));
        }
        let [node] = written?.as_slice() else {
            return None;
        };
        if let Data::Vault(_) = node.data {
            return node.undecrypted("this value").map(used);
        }
        if !matches!(node.data, Data::Text(_)) {
            return None;
        }
        known
            .engine
            .names(node)
            .iter()
            .find_map(|(inner, inner_place)| {
                let problem = if inner.contains('.') {
                    self.no_member(inner, inner_place, known)
                } else if !is_judged(inner)
                // The module `template` gives these to its file.
                || inner.starts_with("template_")
                {
                    None
                } else if self.is_defined(inner, None, known) {
                    return self.behind(inner, place, known, seen);
                } else {
                    Some(self.nothing_defines(inner, None, inner_place, known))
                };
                problem.map(used)
            })
    }

    /// Returns the problem of a group that the inventory lacks, or of a fact if none are gathered.
    fn no_member(&self, name: &str, place: &Place, known: &Known<'_>) -> Option<Problem> {
        let (of, member) = name.split_once('.')?;
        if self.guards.contains(member) {
            return None;
        }
        // That one host is asked for says nothing of others.
        if of == "hostvars" {
            let hosts = known.options.hosts.as_ref()?;
            return (!hosts.contains(member)).then(|| {
                Problem::at(place, format!("unknown host \"{member}\""))
                    .label("not in the inventory")
                    .help(did_you_mean(member, hosts.iter().map(String::as_str)))
            });
        }
        if self.guards.contains(of) {
            return None;
        }
        if of != "groups" {
            let may_be = self.is_defined(of, None, known) || self.any;
            return (!may_be).then(|| self.nothing_defines(of, None, place, known));
        }
        let groups = known.options.groups.as_ref()?;
        (!groups.contains(member)).then(|| {
            Problem::at(place, format!("unknown group \"{member}\""))
                .label("not in the inventory")
                .help(did_you_mean(member, groups.iter().map(String::as_str)))
                .help("to allow an empty group, add its name to the inventory".to_owned())
        })
    }
}

fn registered_later(name: &str, place: &Place) -> Problem {
    Problem::at(place, format!("undefined variable \"{name}\""))
        .label("undefined")
        .help("only a later task registers it: move that task up".to_owned())
}
