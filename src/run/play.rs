//! A play: its hosts, in batches.

use super::play_run::PlayRun;
use super::session::{Session, is_omitted};
use crate::internal_error::{self, caught};
use crate::inventory::Meant;
use crate::playbook::{Play, Playbook, Serial};
use crate::report::Event;
use crate::source::{Place, Problem, Problems, Result};
use crate::value;
use crate::vars::{Layer, Scope};
use crate::yaml::Node;
use std::sync::Arc;

impl Session {
    /// Runs all plays of a playbook, or those from the task at `start_at` on. Returns whether
    /// another playbook may follow.
    pub fn playbook(
        self: &Arc<Self>,
        playbook: &Playbook,
        prompted: &[Arc<Layer>],
        start_at: Option<&Place>,
    ) -> Result<bool> {
        let mut start_at = start_at;
        for (index, play) in playbook.plays.iter().enumerate() {
            if start_at.is_some_and(|place| !play.has_task_at(place)) {
                continue;
            }
            let prompted = prompted.get(index).cloned().unwrap_or_default();
            let start_at = start_at.take();
            let played = caught(|| self.play(play, prompted, start_at));
            let goes_on = played.unwrap_or_else(|error| {
                let problem = Problem::new(error.to_string());
                Err(problem.help(internal_error::HELP.to_owned()).into())
            })?;
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the hosts of a play in the order in which they run.
    pub fn hosts_of(self: &Arc<Self>, play: &Play) -> Result<Vec<Arc<str>>> {
        let Meant { mut hosts, unknown } = self.hosts_meant(play)?;
        for problem in unknown {
            tracing::warn!("{problem}");
        }
        if let Some(limit) = &self.options.limit {
            hosts = self.inventory().limit(hosts, limit)?;
        }
        hosts.retain(|host| self.has_host(host));
        self.order(play, &mut hosts)?;
        Ok(hosts)
    }

    /// Returns the hosts that a play names, ignoring the limit of the run.
    pub(super) fn hosts_meant(self: &Arc<Self>, play: &Play) -> Result<Meant> {
        let scope = self.play_scope();
        let rendered = scope.render(&play.hosts).map_err(|error| *error.problem)?;
        let patterns: Vec<String> = match rendered.try_iter() {
            Ok(items) if rendered.as_str().is_none() => {
                items.map(|item| item.to_string()).collect()
            }
            _ => vec![rendered.to_string()],
        };
        let patterns: Vec<_> = patterns.iter().map(String::as_str).collect();
        let at = |problem: Problem| match problem.place {
            Some(_) => problem,
            None => Problem {
                place: Some(play.hosts.place.clone()),
                ..problem
            },
        };
        let all = |problems: Vec<Problem>| problems.into_iter().map(at).collect();
        match self.inventory().patterns(&patterns) {
            Ok(meant) => Ok(Meant {
                unknown: all(meant.unknown),
                ..meant
            }),
            Err(problems) => Err(Problems(all(problems.0))),
        }
    }

    /// Returns the name of a play as shown.
    pub fn play_name(self: &Arc<Self>, play: &Play) -> String {
        let node = play.name.as_ref().unwrap_or(&play.hosts);
        let rendered = self.play_scope().render(node);
        let shown = rendered.ok().filter(value::can_be_shown);
        let value = shown.unwrap_or_else(|| node.to_value());
        match value.try_iter() {
            Ok(items) if value.as_str().is_none() => items
                .map(|item| item.to_string())
                .collect::<Vec<_>>()
                .join(","),
            _ => value.to_string(),
        }
    }

    fn play(
        self: &Arc<Self>,
        play: &Play,
        prompted: Arc<Layer>,
        start_at: Option<&Place>,
    ) -> Result<bool> {
        self.enter(&play.folder);
        let name = self.play_name(play);
        let wanted = self.hosts_of(play)?;
        let all: Vec<_> = wanted.iter().map(|host| self.host(host)).collect();
        let mut hosts = all.clone();
        hosts.retain(|host| !host.has_failed());
        if hosts.is_empty() {
            self.tell(Event::NoHosts { name });
            // Every host failed earlier: later plays have nothing to do either.
            return Ok(wanted.is_empty());
        }
        let names = hosts.iter().map(|host| host.name.clone()).collect();
        self.tell(Event::PlayStarted { name, hosts: names });
        let scope = self.play_scope();
        let percentage = match &play.max_fail_percentage {
            None => None,
            Some(node) => Some(percentage(node, &scope)?),
        };
        let mut rest = hosts.as_slice();
        for size in batches(&play.serial, hosts.len(), &scope)? {
            let (batch, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            batch.iter().for_each(|host| host.start_play());
            let run = PlayRun::new(
                self,
                play,
                &all,
                batch,
                prompted.clone(),
                percentage,
                start_at,
            );
            if !run.run() {
                let hosts_are_left = batch.iter().any(|host| !host.has_failed());
                return Ok(hosts_are_left && !run.is_fatal() && !self.cancel.is_cancelled());
            }
        }
        Ok(true)
    }

    /// Returns the variables that the keywords of a play may use: extra variables, and what is
    /// known about all hosts.
    pub fn play_scope(self: &Arc<Self>) -> Arc<Scope> {
        let site = Arc::new(self.site(&[self.playbook_folder()]));
        let magic = Layer::data(
            "the inventory",
            [
                ("groups".to_owned(), self.groups()),
                ("hostvars".to_owned(), self.hostvars()),
                ("omit".to_owned(), Session::omit()),
            ]
            .into(),
        );
        Scope::new(
            vec![magic, self.extra.clone()],
            self.engine.clone(),
            site,
            self.secrets.clone(),
        )
    }

    fn order(self: &Arc<Self>, play: &Play, hosts: &mut [Arc<str>]) -> Result<()> {
        let Some(node) = &play.order else {
            return Ok(());
        };
        let order = self
            .play_scope()
            .render(node)
            .map_err(|error| *error.problem)?
            .to_string();
        match order.as_str() {
            "inventory" => {}
            "reverse_inventory" => hosts.reverse(),
            "sorted" => hosts.sort(),
            "reverse_sorted" => hosts.sort_by(|a, b| b.cmp(a)),
            "shuffle" => shuffle(hosts),
            _ => {
                let known = "inventory, reverse_inventory, sorted, reverse_sorted or shuffle";
                return Err(node.unexpected("order", known).into());
            }
        }
        Ok(())
    }
}

/// Any order will do, so the hasher's random seed decides.
fn shuffle(hosts: &mut [Arc<str>]) {
    use std::hash::BuildHasher as _;
    let seed = std::collections::hash_map::RandomState::new();
    hosts.sort_by_cached_key(|host| seed.hash_one(host));
}

fn percentage(node: &Node, scope: &Arc<Scope>) -> Result<f64> {
    let value = scope.render(node).map_err(|error| *error.problem)?;
    let text = value.to_string();
    let number = text.trim_end_matches('%').parse();
    number.map_err(|_| node.unexpected("max_fail_percentage", "a number").into())
}

/// Returns the sizes of the batches; the last one repeats until all hosts are in one.
fn batches(serial: &[Serial], hosts: usize, scope: &Arc<Scope>) -> Result<Vec<usize>> {
    let mut sizes = Vec::new();
    let mut rest = hosts;
    let mut wanted = serial.iter();
    let mut last = hosts;
    while rest > 0 {
        if let Some(serial) = wanted.next() {
            last = batch_size(serial, hosts, scope)?;
        }
        let size = if last == 0 { rest } else { last.min(rest) };
        sizes.push(size);
        rest -= size;
    }
    Ok(sizes)
}

fn batch_size(serial: &Serial, hosts: usize, scope: &Arc<Scope>) -> Result<usize> {
    match serial {
        Serial::Hosts(number) => Ok(*number),
        Serial::Percent(percent) => Ok((hosts * usize::from(*percent) / 100).max(1)),
        Serial::Template(node) => {
            let value = scope.render(node).map_err(|error| *error.problem)?;
            if is_omitted(&value) {
                return Ok(0);
            }
            let value = value.to_string();
            match value.strip_suffix('%') {
                Some(percent) => match percent.trim().parse() {
                    Ok(percent) => batch_size(&Serial::Percent(percent), hosts, scope),
                    Err(_) => Err(node.unexpected("serial", "a number or a percentage").into()),
                },
                None => value
                    .parse()
                    .map_err(|_| node.unexpected("serial", "a number or a percentage").into()),
            }
        }
    }
}
