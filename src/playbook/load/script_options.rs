//! The options of `task` and `block` in scripts: the keywords of tasks and blocks.

use super::Reader;
use super::play::one_or_many;
use crate::playbook::{Keywords, Level, Script, keyword, keyword_names};
use crate::source::{Place, Problem, Result, did_you_mean};
use crate::yaml::{Data, Map, Node};

/// Task keywords for which scripts have other means.
const NOT_IN_SCRIPTS: &[&str] = &[
    "action",
    "args",
    "debugger",
    "local_action",
    "loop",
    "loop_control",
    "name",
];

/// The keywords that a call of `task` sets for the modules in it.
#[derive(Debug, Clone)]
pub struct TaskOptions {
    /// Where it is called.
    pub place: Place,
    /// The name.
    pub name: Node,
    /// Keywords only for tasks, such as `register`.
    pub own: Map,
    /// Keywords for everything inside, such as `become`.
    pub shared: Keywords,
}

impl super::Loader {
    /// Returns the keywords of a call of `task`.
    pub fn task_options(
        &self,
        script: &Script,
        place: &Place,
        name: &Node,
        options: &Map,
    ) -> Result<TaskOptions> {
        let mut reader = Reader::new(self);
        let options = reader.task_options(script.handlers, place, name, options);
        reader.finish(options)
    }

    /// Returns the keywords of a call of `block`, and the handlers that it notifies.
    pub fn block_options(&self, options: &Map) -> Result<(Keywords, Vec<Node>)> {
        let mut reader = Reader::new(self);
        let options = reader.block_options(options);
        reader.finish(options)
    }
}

impl Reader<'_> {
    pub(super) fn task_options(
        &mut self,
        handlers: bool,
        place: &Place,
        name: &Node,
        options: &Map,
    ) -> TaskOptions {
        let node = self.options_node(options, level_of(handlers), place);
        self.options_of(place, name, &node)
    }

    /// Returns the options that are known before the script runs; checks all of them.
    pub(super) fn seen_task_options(
        &mut self,
        handlers: bool,
        place: &Place,
        name: &Node,
        options: &Map,
    ) -> TaskOptions {
        let node = self.options_node(options, level_of(handlers), place);
        self.options_of(place, name, &seen_node(node))
    }

    fn options_of(&mut self, place: &Place, name: &Node, node: &Node) -> TaskOptions {
        let options = node.as_map().cloned().unwrap_or_default();
        let (shared, own): (Map, Map) = options
            .into_iter()
            .partition(|(key, _)| is_shared(key.as_text().unwrap_or_default()));
        let shared = Node {
            data: Data::Map(shared),
            place: place.clone(),
        };
        TaskOptions {
            place: place.clone(),
            name: name.clone(),
            own,
            shared: self.shared_keywords(&shared, Level::Task, |_| false),
        }
    }

    pub(super) fn block_options(&mut self, options: &Map) -> (Keywords, Vec<Node>) {
        let Some((first, _)) = options.first() else {
            return (Keywords::default(), Vec::new());
        };
        let node = self.options_node(options, Level::Block, &first.place);
        self.block_options_of(&node)
    }

    /// Returns the options that are known before the script runs; checks all of them.
    pub(super) fn seen_block_options(&mut self, options: &Map) -> (Keywords, Vec<Node>) {
        let Some((first, _)) = options.first() else {
            return (Keywords::default(), Vec::new());
        };
        let node = self.options_node(options, Level::Block, &first.place);
        self.block_options_of(&seen_node(node))
    }

    fn block_options_of(&mut self, node: &Node) -> (Keywords, Vec<Node>) {
        let notify = node.get("notify").map_or_else(Vec::new, one_or_many);
        (self.shared_keywords(node, Level::Block, |_| false), notify)
    }

    /// Returns the options that are allowed at this level; reports others.
    fn options_node(&mut self, options: &Map, level: Level, place: &Place) -> Node {
        let mut good = Map::new();
        for (key, value) in options {
            let name = key.as_text().unwrap_or_default();
            let is_known = keyword_names(level).any(|known| known == name);
            if is_known && !NOT_IN_SCRIPTS.contains(&name) {
                good.push((key.clone(), value.clone()));
                continue;
            }
            let what = if level == Level::Block {
                "block"
            } else {
                "task"
            };
            let near = keyword_names(level).filter(|known| !NOT_IN_SCRIPTS.contains(known));
            let advice = match name {
                "loop" | "with_items" => Some("write a loop: for item in list { … }".to_owned()),
                _ => did_you_mean(name, near),
            };
            let message = format!("{what} has no option \"{name}\"");
            self.report(Problem::at(&key.place, message).help(advice));
        }
        let node = Node {
            data: Data::Map(good),
            place: place.clone(),
        };
        // Values of the wrong kind are reported here.
        let entries = self.entries(&node, level, |_| false);
        let good = entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        Node {
            data: Data::Map(good),
            place: place.clone(),
        }
    }
}

fn level_of(handlers: bool) -> Level {
    if handlers {
        Level::Handler
    } else {
        Level::Task
    }
}

/// Removes computed values from options, also inside lists and maps. All names of variables are
/// kept, so that their uses are known.
pub(super) fn seen(options: &Map) -> Map {
    let entries = options.iter().filter_map(|(key, value)| {
        let data = match &value.data {
            Data::List(items) => {
                let known = items.iter().filter(|item| !is_computed(item));
                Data::List(known.cloned().collect())
            }
            Data::Map(vars) if key.as_text() == Some("vars") => Data::Map(named(vars)),
            Data::Map(entries) => Data::Map(without_computed(entries)),
            Data::Computed(_) => return None,
            data => data.clone(),
        };
        let place = value.place.clone();
        Some((key.clone(), Node { data, place }))
    });
    entries.collect()
}

fn seen_node(options: Node) -> Node {
    let known = options.as_map().map(seen).unwrap_or_default();
    Node {
        data: Data::Map(known),
        ..options
    }
}

fn named(vars: &Map) -> Map {
    let entries = vars.iter().map(|(key, value)| {
        let mut value = value.clone();
        if is_computed(&value) {
            value.data = Data::Null;
        }
        (key.clone(), value)
    });
    entries.collect()
}

fn is_computed(node: &Node) -> bool {
    match &node.data {
        Data::Computed(_) => true,
        Data::List(items) => items.iter().any(is_computed),
        Data::Map(entries) => entries.iter().any(|(_, value)| is_computed(value)),
        _ => false,
    }
}

fn without_computed(map: &Map) -> Map {
    let known = map.iter().filter(|(_, value)| !is_computed(value));
    known.cloned().collect()
}

fn is_shared(name: &str) -> bool {
    keyword(name).is_some_and(|known| known.levels.contains(&Level::Block)) && name != "notify"
}
