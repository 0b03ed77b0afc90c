//! Calls in a script: of modules, of `task` and `block`, of includes.

use super::reader::{MOST, Reader};
use super::{Call, literal};
use crate::script::functions::Function;
use crate::script::place::{offset, place};
use crate::source::Place;
use crate::yaml::{Data, Map, Node};
use rhai::{Expr, FnCallExpr, Position};

/// Built-in functions that are also modules if called with a map.
const ALSO_MODULES: &[&str] = &["debug"];

impl<'p> Reader<'p> {
    pub(super) fn read_call(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        self.count += 1;
        if !call.namespace.is_empty() || call.op_token.is_some() {
            return self.read_all(&call.args);
        }
        if let Some(function) = self.functions.get(name) {
            self.read_all(&call.args);
            return self.within(|reader| reader.read_function(function));
        }
        let Some(at) = offset(self.file, position) else {
            return self.read_all(&call.args);
        };
        let key = (self.around, at);
        let statement = self.statement;
        let note = |reader: &mut Self| {
            let statements = reader.outline.statements.entry(key).or_default();
            statements.insert(statement);
        };
        let place = place(self.file, position);
        match name {
            "task" => {
                note(self);
                self.read_task(call, place, at);
            }
            "block" => {
                note(self);
                self.read_block(call, place, at);
            }
            "include_tasks" | "include_role" => {
                note(self);
                self.read_include(call, place);
            }
            "notify" => {
                if let Some(handler) = call.args.first() {
                    let handler = literal::node(self.file, handler);
                    self.calls.push(Call::Notify { place, handler });
                }
            }
            _ if is_module(call) => {
                note(self);
                self.read_module(call, place, at);
            }
            _ => self.read_all(&call.args),
        }
    }

    fn read_module(&mut self, call: &FnCallExpr, place: Place, at: usize) {
        self.read_all(&call.args);
        let arguments = match call.args.first() {
            None => Some(Map::new()),
            Some(text @ (Expr::StringConstant(..) | Expr::InterpolatedString(..))) => {
                let name = if call.name == "fail" {
                    "msg"
                } else {
                    "_raw_params"
                };
                let key = Node {
                    data: Data::Text(name.into()),
                    place: place.clone(),
                };
                Some(vec![(key, literal::node(self.file, text))])
            }
            Some(argument) => self.map(argument),
        };
        self.note_arguments(at, arguments.as_ref());
        self.calls.push(Call::Module {
            name: call.name.to_string(),
            place,
            arguments,
        });
    }

    fn note_arguments(&mut self, at: usize, arguments: Option<&Map>) {
        let tags = arguments.into_iter().flatten();
        let mut tags = tags.filter(|(key, _)| key.as_text() == Some("tags"));
        self.outline.computed_tags |= tags.any(|(_, value)| value.has_template());
        let places = arguments.into_iter().flatten().filter_map(|(key, value)| {
            let name = key.as_text()?.to_owned();
            Some((name, (key.place.clone(), value.place.clone())))
        });
        let places = places.collect();
        self.outline.arguments.insert(at, places);
    }

    fn map(&self, expression: &Expr) -> Option<Map> {
        match expression {
            Expr::Map(map, _) => Some(literal::entries(self.file, &map.0)),
            _ => None,
        }
    }

    /// `task(name, || …)` or `task(name, options, || …)`.
    fn read_task(&mut self, call: &FnCallExpr, place: Place, at: usize) {
        let Some((name, rest)) = call.args.split_first() else {
            return;
        };
        let options = rest.first().filter(|_| rest.len() > 1);
        self.read_all(call.args.get(..call.args.len() - 1).unwrap_or_default());
        let options = options.and_then(|options| self.map(options));
        self.note_arguments(at, options.as_ref());
        let name = match name {
            // A computed part of a name is shown as written.
            Expr::InterpolatedString(_, position) => {
                let place = crate::script::place::place(self.file, *position);
                let text = place.text().trim_matches('`').into();
                Node {
                    data: Data::Unsafe(text),
                    place,
                }
            }
            other => literal::node(self.file, other),
        };
        let top = self.nested == 0 && self.around.is_none();
        let inner = self.inside(at, 0, rest.last());
        self.calls.push(Call::Task {
            place,
            name,
            options: options.unwrap_or_default(),
            inner,
            top,
        });
    }

    /// `block(|| …, |error| …, || …)`, optionally preceded by options.
    fn read_block(&mut self, call: &FnCallExpr, place: Place, at: usize) {
        let options = call.args.first().and_then(|first| self.map(first));
        self.note_arguments(at, options.as_ref());
        let first = usize::from(self.closure_at(call, 0).is_none());
        let part = |reader: &mut Self, number: u32| {
            let index = first + number as usize;
            reader.inside(at, number, call.args.get(index))
        };
        let body = part(self, 0);
        let rescue = part(self, 1);
        let always = part(self, 2);
        self.calls.push(Call::Block {
            place,
            options: options.unwrap_or_default(),
            body,
            rescue,
            always,
        });
    }

    fn closure_at(&self, call: &FnCallExpr, index: usize) -> Option<&'p Function> {
        self.closure(call.args.get(index)?)
    }

    /// Returns the calls inside a function that is passed to the call at `at`, as its part
    /// `number`.
    fn inside(&mut self, at: usize, number: u32, function: Option<&Expr>) -> Vec<Call> {
        let Some(function) = function.and_then(|function| self.closure(function)) else {
            return Vec::new();
        };
        let name = function.name.clone();
        if self.entered.contains(&name) || self.count > MOST {
            return Vec::new();
        }
        let outer = std::mem::take(&mut self.calls);
        let around = self.around.replace(at);
        let statement = self.statement;
        self.entered.push(name);
        for (index, inner) in (number * 10_000..).zip(&function.body) {
            self.statement = index;
            self.read_statement(inner);
        }
        self.entered.pop();
        self.around = around;
        self.statement = statement;
        std::mem::replace(&mut self.calls, outer)
    }

    fn read_include(&mut self, call: &FnCallExpr, place: Place) {
        self.read_all(&call.args);
        let name = if call.name == "include_tasks" {
            "include_tasks"
        } else {
            "include_role"
        };
        let Some(what) = call.args.first() else {
            return;
        };
        let options = call.args.get(1).and_then(|options| self.map(options));
        self.calls.push(Call::Include {
            name,
            place,
            what: literal::node(self.file, what),
            options: options.unwrap_or_default(),
        });
    }
}

/// Whether a call that is not a function of the script is a module.
fn is_module(call: &FnCallExpr) -> bool {
    let name = call.name.as_str();
    let given_map = matches!(call.args.first(), Some(Expr::Map(..)));
    call.args.len() <= 1
        && (!crate::script::built_in_functions().contains(name)
            || (ALSO_MODULES.contains(&name) && given_map))
        && !crate::script::role::FUNCTIONS.contains(&name)
}
