//! Handlers that are notified and exist nowhere.

use crate::playbook::{Around, Include, Task, Visited};
use crate::source::{Place, Problem, did_you_mean};
use crate::yaml::Node;
use std::collections::HashMap;

/// The handlers of a play and who notifies them.
#[derive(Default)]
pub(super) struct Handlers {
    /// Names and topics that can be notified; with the role's name before it a name counts too.
    names: Vec<String>,
    notified: Vec<Node>,
    /// Where each list of handlers, a role's or the play's, has a name first.
    first: HashMap<(Option<String>, String), Place>,
    /// Handlers whose name their list has before.
    twice: Vec<Problem>,
    /// An include that depends on variables may bring any handler.
    any: bool,
}

impl Handlers {
    pub(super) fn visit(&mut self, visited: Visited<'_>, around: &Around<'_>) {
        match visited {
            Visited::Task(task) => {
                self.notified.extend(task.notify.iter().cloned());
                if around.handlers {
                    self.handler(task);
                }
            }
            Visited::Block(block) => self.notified.extend(block.notify.iter().cloned()),
            Visited::Include(include) => {
                self.any |= !include.is_literal();
                self.notified.extend(include.apply_notify.iter().cloned());
                if around.handlers {
                    self.included(include);
                }
            }
            Visited::Role(_) | Visited::Script(_) => {}
        }
    }

    fn handler(&mut self, task: &Task) {
        let role = task.role.as_ref().map(|role| role.name.as_str());
        self.add(task.name.as_ref(), role, &task.listen);
    }

    fn included(&mut self, include: &Include) {
        let role = include.role.as_ref().map(|role| role.name.as_str());
        self.add(include.name.as_ref(), role, &include.listen);
    }

    fn add(&mut self, name: Option<&Node>, role: Option<&str>, topics: &[Node]) {
        let text = |node: &Node| node.to_value().to_string();
        if let Some(node) = name {
            let name = text(node);
            self.called(role, &name, node);
            self.names
                .extend(role.map(|role| format!("{role} : {name}")));
            self.names.push(name);
        }
        self.names.extend(topics.iter().map(text));
    }

    /// Notes the name of a handler. A role used twice brings its handlers twice.
    fn called(&mut self, role: Option<&str>, name: &str, node: &Node) {
        let key = (role.map(str::to_owned), name.to_owned());
        let first = self.first.entry(key).or_insert_with(|| node.place.clone());
        if *first != node.place && !node.has_template() {
            let message = format!(
                "two handlers are called \"{name}\": only the first runs, of {}",
                first.path_and_line()
            );
            self.twice.push(Problem::at(&node.place, message));
        }
    }

    /// Returns what works, but is hardly meant.
    pub(super) fn warnings(&self) -> &[Problem] {
        &self.twice
    }

    /// Returns the problem of each literal name that no handler has.
    pub(super) fn problems(self) -> Vec<Problem> {
        // The name of a handler may be a template, which could become any name.
        let templated = self.names.iter().any(|name| name.contains("{{"));
        if self.any || templated {
            return Vec::new();
        }
        let unknown = |node: &&Node| {
            !node.has_template()
                && node
                    .as_text()
                    .is_some_and(|name| !self.names.iter().any(|known| known == name))
        };
        let problem = |node: &Node| {
            let name = node.as_text().unwrap_or_default();
            let all = match self.names.as_slice() {
                [] => Some("the play has no handlers".to_owned()),
                _ => None,
            };
            Problem::at(&node.place, format!("there is no handler \"{name}\""))
                .label("notified here")
                .help(did_you_mean(name, self.names.iter().map(String::as_str)))
                .help(all)
        };
        self.notified.iter().filter(unknown).map(problem).collect()
    }
}
