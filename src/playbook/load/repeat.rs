//! `loop`, `with_*`, `loop_control` and `until`.

use super::Reader;
use super::keywords::Entry;
use crate::playbook::{Loop, LoopControl, Until, boolean};
use crate::source::{Problem, did_you_mean};
use crate::yaml::{Data, Node};

const CONTROL_KEYS: &[&str] = &[
    "break_when",
    "extended",
    "extended_allitems",
    "index_var",
    "label",
    "loop_var",
    "pause",
];

impl Reader<'_> {
    /// Returns the loop of a task; `with` are its `with_*` entries.
    pub(super) fn repeat(&mut self, entries: &[Entry<'_>], with: &[Entry<'_>]) -> Option<Loop> {
        let named = |name: &str| entries.iter().find(|entry| entry.name == name);
        let control = named("loop_control");
        let loops: Vec<&Entry<'_>> = named("loop").into_iter().chain(with).collect();
        let first = match loops.as_slice() {
            [] => {
                if let Some(control) = control {
                    let message = "loop_control without a loop";
                    self.report_unless_compat(Problem::at(&control.key.place, message));
                }
                return None;
            }
            [first] => first,
            [first, second, ..] => {
                let message = format!(
                    "this task has two loops: {} and {}",
                    first.name, second.name
                );
                let problem = Problem::at(&second.key.place, message).label("a second loop");
                self.report(problem.related(&first.key.place, "the first loop"));
                return None;
            }
        };
        let lookup = first.name.strip_prefix("with_").map(str::to_owned);
        let literal = matches!(first.value.data, Data::Map(_) | Data::List(_));
        let fits = match (&lookup, &first.value.data) {
            (_, Data::Null) => false,
            (None, Data::List(_)) | (Some(_), _) => true,
            (None, _) => first.value.has_template() && !literal,
        };
        if !fits {
            let expected = "a list or a template that gives one";
            let bare = first.value.as_text().map(str::trim);
            let advice = bare.map(|name| format!("write a variable as \"{{{{ {name} }}}}\""));
            self.report(first.value.unexpected(first.name, expected).help(advice));
        }
        Some(Loop {
            lookup: lookup.map(|name| super::action::short_name(&name).to_owned()),
            items: first.value.clone(),
            files: "files",
            control: control.map_or_else(LoopControl::default, |entry| self.loop_control(entry)),
        })
    }

    fn loop_control(&mut self, entry: &Entry<'_>) -> LoopControl {
        let mut control = LoopControl::default();
        for (key, value) in entry.value.as_map().into_iter().flatten() {
            let value = match value.decrypted("this value of loop_control") {
                Ok(value) => value,
                Err(problem) => {
                    self.report(problem);
                    continue;
                }
            };
            let value = &*value;
            match key.as_text() {
                Some("loop_var") => control.loop_var = self.variable_name(value),
                Some("index_var") => control.index_var = self.variable_name(value),
                Some("label") => control.label = Some(value.clone()),
                Some("pause") => control.pause = Some(value.clone()),
                Some("extended") => control.extended = self.literal_boolean("extended", value),
                Some("extended_allitems") => {
                    control.without_all_items = !self.literal_boolean("extended_allitems", value);
                }
                Some("break_when") => {
                    let name = "break_when";
                    control.break_when = self.conditions(&Entry { name, key, value });
                }
                _ => {
                    let name = key.to_value().to_string();
                    let message = format!("unknown key \"{name}\" in loop_control");
                    let advice = did_you_mean(&name, CONTROL_KEYS.iter().copied());
                    self.report(Problem::at(&key.place, message).help(advice));
                }
            }
        }
        control
    }

    fn variable_name(&mut self, value: &Node) -> Option<String> {
        if !value.has_template() {
            self.check_variable_name(value);
        }
        value.as_text().map(str::to_owned)
    }

    fn literal_boolean(&mut self, name: &str, value: &Node) -> bool {
        boolean(value).unwrap_or_else(|| {
            self.report(value.unexpected(name, "a boolean"));
            false
        })
    }

    /// Returns the retries of a task.
    pub(super) fn until(&mut self, entries: &[Entry<'_>]) -> Option<Until> {
        let named = |name: &str| entries.iter().find(|entry| entry.name == name);
        let (until, retries) = (named("until"), named("retries"));
        if let (Some(delay), None, None) = (named("delay"), until, retries) {
            let message = "delay without until or retries has no effect";
            self.report_unless_compat(Problem::at(&delay.key.place, message));
        }
        if until.is_none() && retries.is_none() {
            return None;
        }
        Some(Until {
            conditions: until
                .map(|entry| self.conditions(entry))
                .unwrap_or_default(),
            retries: retries.map(|entry| entry.value.clone()),
            delay: named("delay").map(|entry| entry.value.clone()),
        })
    }
}
