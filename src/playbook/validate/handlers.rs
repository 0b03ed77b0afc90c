//! Handlers that are notified and exist nowhere.

use crate::playbook::{Around, Include, Task, Visited};
use crate::source::{Problem, did_you_mean};
use crate::yaml::Node;

/// The handlers of a play and who notifies them.
#[derive(Default)]
pub(super) struct Handlers {
    /// Names and topics that can be notified; with the role's name before it a name counts too.
    names: Vec<String>,
    notified: Vec<Node>,
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
        if let Some(name) = name {
            let name = text(name);
            self.names
                .extend(role.map(|role| format!("{role} : {name}")));
            self.names.push(name);
        }
        self.names.extend(topics.iter().map(text));
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
