//! The entries of a list of tasks: tasks, blocks, imports and includes.

use super::Reader;
use super::keywords::Entry;
use super::play::one_or_many;
use super::scope::Scope;
use crate::playbook::{Block, Item, Keywords, Level, keyword};
use crate::source::Problem;
use crate::yaml::Node;
use std::sync::Arc;

/// Keywords of plays that are modules in a list of tasks.
const ALSO_MODULES: &[&str] = &["gather_facts", "user"];

/// The tasks of a block among handlers are handlers of their own: each runs when it is notified, so
/// there is no block that could fail or end. As in Ansible, `rescue` and `always` never run.
fn drop_other_parts(block: &mut Block) {
    for (name, part) in [("rescue", &mut block.rescue), ("always", &mut block.always)] {
        if !std::mem::take(part).is_empty() {
            let message = format!("{name} of a block among handlers never runs");
            let advice = "notify a handler that includes a file with the block".to_owned();
            tracing::warn!("{}", Problem::at(&block.place, message).help(advice));
        }
    }
}

/// A task's keys, classified: keywords, loops and candidates for the module.
pub(super) struct Keys<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) with: Vec<Entry<'a>>,
    pub(super) others: Vec<Entry<'a>>,
}

impl Reader<'_> {
    /// Returns the items of a list of tasks; null means an empty list.
    pub(super) fn items(&mut self, list: &Node, scope: &Scope) -> Vec<Item> {
        let nodes = list.as_list().unwrap_or_default();
        nodes
            .iter()
            .filter_map(|node| self.item(node, scope))
            .collect()
    }

    fn item(&mut self, node: &Node, scope: &Scope) -> Option<Item> {
        let Some(map) = node.as_map() else {
            self.report(node.unexpected("a task", "a mapping"));
            return None;
        };
        let has = |name: &str| map.iter().find(|(key, _)| key.as_text() == Some(name));
        if has("block").is_some() {
            return self.block(node, scope);
        }
        if let Some((key, _)) = has("rescue").or_else(|| has("always")) {
            let name = key.as_text().unwrap_or_default();
            let message = format!("{name} without block");
            self.report(Problem::at(&key.place, message).label("the block is missing"));
            return None;
        }
        if let Some((key, _)) = has("hosts") {
            let message = "a play is not allowed among tasks";
            self.report(Problem::at(&key.place, message).label("hosts belongs to a play"));
            return None;
        }
        let module = map.iter().filter_map(|(key, _)| key.as_text()).find(|key| {
            let name = super::action::short_name(key);
            super::call::NAMES.contains(&name) && keyword(key).is_none()
        });
        match module.map(super::action::short_name) {
            Some("import_tasks") => self.import_tasks(node, scope),
            Some("import_role") => self.import_role(node, scope),
            Some("include_tasks" | "include_role") => self.include(node, scope),
            Some(_) => {
                self.removed_include(node);
                None
            }
            None => self.task(node, scope),
        }
    }

    fn removed_include(&mut self, node: &Node) {
        let key = node.entry("include").map_or(node, |(key, _)| key);
        self.report(
            Problem::at(&key.place, "Ansible has removed include")
                .help("write import_tasks, or include_tasks if it depends on the host".to_owned()),
        );
    }

    fn block(&mut self, node: &Node, scope: &Scope) -> Option<Item> {
        let mut block = Block {
            place: node.place.clone(),
            name: None,
            keywords: Keywords::default(),
            block: Vec::new(),
            rescue: Vec::new(),
            always: Vec::new(),
            notify: Vec::new(),
        };
        for entry in self.entries(node, Level::Block, |_| false) {
            if self.set_shared(&mut block.keywords, &entry) {
                continue;
            }
            match entry.name {
                "name" => block.name = Some(entry.value.clone()),
                "block" => block.block = self.items(entry.value, scope),
                "rescue" => block.rescue = self.items(entry.value, scope),
                "always" => block.always = self.items(entry.value, scope),
                "notify" => block.notify = one_or_many(entry.value),
                _ => {}
            }
        }
        if scope.handlers {
            drop_other_parts(&mut block);
        }
        Some(Item::Block(Arc::new(block)))
    }

    /// Returns a task's keys; keywords that are unknown or of other levels are among the others or
    /// reported.
    pub(super) fn keys<'a>(&mut self, node: &'a Node, level: Level) -> Keys<'a> {
        let is_with = |name: &str| name.starts_with("with_");
        let is_other =
            |name: &str| is_with(name) || ALSO_MODULES.contains(&name) || keyword(name).is_none();
        let entries = self.entries(node, level, is_other);
        let rest = node
            .as_map()
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| {
                let name = key.as_text().filter(|name| is_other(name))?;
                Some(Entry { name, key, value })
            });
        let (with, others) = rest.partition(|entry| is_with(entry.name));
        Keys {
            entries,
            with,
            others,
        }
    }
}
