//! A task.

use super::Reader;
use super::action::text_node;
use super::item::Keys;
use super::keywords::Entry;
use super::play::one_or_many;
use super::scope::Scope;
use crate::playbook::{Action, Item, Keywords, Level, Task};
use crate::source::{Place, Problem};
use crate::yaml::{Data, Node};
use std::sync::Arc;

impl Reader<'_> {
    pub(super) fn task(&mut self, node: &Node, scope: &Scope) -> Option<Item> {
        let level = if scope.handlers {
            Level::Handler
        } else {
            Level::Task
        };
        let Keys {
            entries,
            with,
            others,
        } = self.keys(node, level);
        let found = self.action(node, &entries, &others, level);
        let mut repeat = self.repeat(&entries, &with);
        let until = self.until(&entries);
        let found = found?;
        if self.refuse_call_as_action(&found.action) {
            return None;
        }
        if let Some(repeat) = &mut repeat {
            repeat.files = kind_of_files(&found.action.module);
        }
        let mut task = Task {
            place: node.place.clone(),
            name: None,
            role: scope.role.clone(),
            folder: scope.folder.clone(),
            action: found.action,
            keywords: Keywords::default(),
            repeat,
            register: None,
            notify: Vec::new(),
            listen: Vec::new(),
            changed_when: None,
            failed_when: None,
            until,
            r#async: None,
            poll: None,
        };
        for entry in &entries {
            self.task_keyword(&mut task, entry);
        }
        if let Some(place) = &found.local {
            self.act_on_this_machine(&mut task, place);
        }
        self.check_meta(&task, scope);
        Some(Item::Task(Arc::new(task)))
    }

    /// An import or include is not a module, so `action` cannot name it.
    fn refuse_call_as_action(&mut self, action: &Action) -> bool {
        let module = &action.module;
        let refused = super::call::NAMES.contains(&module.as_str());
        if refused {
            let message = format!("{module} must be the key of the task itself");
            let advice = format!("write \"{module}: …\" instead of \"action: {module} …\"");
            self.report(Problem::at(&action.place, message).help(advice));
        }
        refused
    }

    /// Handles a `local_action` at `place`.
    fn act_on_this_machine(&mut self, task: &mut Task, place: &Place) {
        if let Some(host) = &task.keywords.delegate_to {
            let message = "this task has both local_action and delegate_to";
            let problem = Problem::at(&host.place, message).label("delegates to another host");
            self.report(problem.related(place, "acts on this machine"));
        }
        task.keywords.delegate_to = Some(text_node("localhost", place));
    }

    fn task_keyword(&mut self, task: &mut Task, entry: &Entry<'_>) {
        let value = entry.value;
        if self.set_shared(&mut task.keywords, entry) {
            return;
        }
        match entry.name {
            "name" => task.name = Some(value.clone()),
            "register" => {
                self.check_variable_name(value);
                task.register = Some(value.clone());
            }
            "notify" => task.notify = one_or_many(value),
            "listen" => task.listen = one_or_many(value),
            "changed_when" => task.changed_when = self.judging(entry),
            "failed_when" => task.failed_when = self.judging(entry),
            "async" => task.r#async = Some(value.clone()),
            "poll" => task.poll = Some(value.clone()),
            _ => {}
        }
    }

    /// Returns the conditions that judge a result; an empty list judges nothing.
    fn judging(&mut self, entry: &Entry<'_>) -> Option<Vec<Node>> {
        if matches!(entry.value.data, Data::Null) {
            let message = format!("{} needs a condition", entry.name);
            let help = format!("remove {0}, or write, for example: {0}: false", entry.name);
            self.report(Problem::at(&entry.value.place, message).help(help));
        }
        Some(self.conditions(entry)).filter(|conditions| !conditions.is_empty())
    }

    /// `end_role` needs a role to end.
    fn check_meta(&mut self, task: &Task, scope: &Scope) {
        if task.action.module != "meta" {
            return;
        }
        let ends_role = task
            .action
            .arguments
            .iter()
            .any(|(_, value)| value.as_text() == Some("end_role"));
        if ends_role && (scope.role.is_none() || scope.handlers) {
            let message = "end_role is only allowed in tasks of a role";
            self.report(Problem::at(&task.action.place, message));
        }
    }
}

/// Returns the kind of files that a module works with.
fn kind_of_files(module: &str) -> &'static str {
    match module {
        "template" => "templates",
        "include_vars" => "vars",
        _ => "files",
    }
}
