//! Reads the outline from the syntax tree.

use super::{Call, Outline, literal};
use crate::script::functions::Function;
use crate::script::place::{offset, place};
use crate::script::program::Program;
use crate::source::{Place, SourceFile};
use crate::yaml::{Data, Map, Node};
use rhai::{Expr, FnCallExpr, FnPtr, Position, Stmt};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Calls beyond this are not looked at: functions that call functions could make very many.
const MOST: usize = 2000;

/// Built-in functions that are modules as well where they are given a map.
const ALSO_MODULES: &[&str] = &["debug"];

pub(super) fn read(program: &Program) -> Outline {
    let mut reader = Reader {
        file: &program.file,
        functions: &program.functions,
        entered: Vec::new(),
        around: None,
        statement: 0,
        nested: 0,
        count: 0,
        calls: Vec::new(),
        outline: Outline::default(),
    };
    reader.texts(program);
    for (number, statement) in (0..).zip(program.ast.statements()) {
        reader.statement = number;
        reader.read_statement(statement);
    }
    let mut outline = reader.outline;
    outline.calls = reader.calls;
    outline
}

struct Reader<'p> {
    file: &'p Arc<SourceFile>,
    functions: &'p BTreeMap<String, Function>,
    /// The functions being read: one that calls itself is read once.
    entered: Vec<String>,
    /// The call of `task` or `block` around.
    around: Option<usize>,
    /// The number of the statement in the script, or in the function that `around` was given.
    statement: u32,
    /// Functions, conditions and loops around.
    nested: usize,
    count: usize,
    calls: Vec<Call>,
    outline: Outline,
}

impl<'p> Reader<'p> {
    fn texts(&mut self, program: &Program) {
        program.ast.walk(&mut |path: &[rhai::ASTNode<'_>]| {
            if let Some(rhai::ASTNode::Expr(Expr::StringConstant(text, _))) = path.last() {
                self.outline.texts.insert(text.to_string());
            }
            true
        });
    }

    fn within(&mut self, read: impl FnOnce(&mut Self)) {
        self.nested += 1;
        read(self);
        self.nested -= 1;
    }

    fn read_statements(&mut self, statements: &[Stmt]) {
        self.within(|reader| {
            for statement in statements {
                reader.read_statement(statement);
            }
        });
    }

    fn read_statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(flow, _)
            | Stmt::While(flow, _)
            | Stmt::Do(flow, ..)
            | Stmt::TryCatch(flow, _) => {
                self.read_expression(&flow.expr);
                self.read_statements(flow.body.statements());
                self.read_statements(flow.branch.statements());
            }
            Stmt::For(parts, _) => {
                self.read_expression(&parts.2.expr);
                self.read_statements(parts.2.body.statements());
            }
            Stmt::Switch(parts, _) => self.within(|reader| {
                reader.read_expression(&parts.0);
                for case in &parts.1.expressions {
                    reader.read_expression(&case.lhs);
                    reader.read_expression(&case.rhs);
                }
            }),
            Stmt::Var(parts, ..) => self.read_expression(&parts.1),
            Stmt::Assignment(parts) => {
                self.read_expression(&parts.1.lhs);
                self.read_expression(&parts.1.rhs);
            }
            Stmt::FnCall(call, position) => self.read_call(call, *position),
            Stmt::Block(block) => self.read_statements(block.statements()),
            Stmt::Expr(expression) => self.read_expression(expression),
            Stmt::BreakLoop(Some(value), ..) | Stmt::Return(Some(value), ..) => {
                self.read_expression(value);
            }
            _ => {}
        }
    }

    fn read_expression(&mut self, expression: &Expr) {
        if let Some(function) = self.closure(expression) {
            return self.within(|reader| reader.read_function(function));
        }
        match expression {
            Expr::InterpolatedString(parts, _) => self.read_all(parts),
            Expr::Array(items, _) => self.read_all(items),
            Expr::Map(map, _) => map
                .0
                .iter()
                .for_each(|(_, value)| self.read_expression(value)),
            Expr::Stmt(block) => self.read_statements(block.statements()),
            Expr::FnCall(call, position) => self.read_call(call, *position),
            Expr::MethodCall(call, _) => self.read_all(&call.args),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                self.read_expression(&parts.lhs);
                self.read_expression(&parts.rhs);
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                self.within(|reader| reader.read_all(parts));
            }
            _ => {}
        }
    }

    fn read_all(&mut self, expressions: &[Expr]) {
        expressions
            .iter()
            .for_each(|expression| self.read_expression(expression));
    }

    /// Returns the function that an expression is: `|| …`, with or without variables from around
    /// it, or the name of a function.
    fn closure(&self, expression: &Expr) -> Option<&'p Function> {
        let name = match expression {
            Expr::DynamicConstant(value, _) => value
                .read_lock::<FnPtr>()
                .map(|function| function.fn_name().to_owned()),
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Share(_), Stmt::Expr(inner)] => match inner.as_ref() {
                    Expr::FnCall(curried, _) => {
                        return self.closure(curried.args.first()?);
                    }
                    _ => None,
                },
                _ => None,
            },
            Expr::Variable(variable, ..) => Some(variable.1.to_string()),
            _ => None,
        };
        self.functions.get(&name?)
    }

    fn read_function(&mut self, function: &'p Function) {
        let name = function.name.clone();
        if self.entered.contains(&name) || self.count > MOST {
            return;
        }
        self.entered.push(name);
        function
            .body
            .iter()
            .for_each(|statement| self.read_statement(statement));
        self.entered.pop();
    }

    fn read_call(&mut self, call: &FnCallExpr, position: Position) {
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
            // What is computed in a name is shown as it is written.
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

    /// `block(|| …, |error| …, || …)`, the options before them.
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

    /// Returns the calls of a function given to the call at `at`, as its part `number`.
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

/// Whether a call that is no function of the script is one of a module.
fn is_module(call: &FnCallExpr) -> bool {
    let name = call.name.as_str();
    let given_map = matches!(call.args.first(), Some(Expr::Map(..)));
    call.args.len() <= 1
        && (!crate::script::built_in_functions().contains(name)
            || (ALSO_MODULES.contains(&name) && given_map))
        && !crate::script::role::FUNCTIONS.contains(&name)
}
