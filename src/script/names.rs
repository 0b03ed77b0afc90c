//! Undefined variables of a script, found before it runs.

use super::engine::{REFUSED, built_in_functions};
use super::functions::Function;
use super::habits;
use super::place::place;
use super::program::Program;
use crate::source::{Place, Problem, Problems, SourceFile, did_you_mean};
use rhai::{Expr, FnCallExpr, Position, Stmt, StmtBlock};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Returns the problems with the names that a script uses; `globals` are defined outside of it.
pub(super) fn check(program: &Program, globals: &[&str]) -> Problems {
    let mut checker = Checker {
        file: &program.file,
        globals,
        functions: &program.functions,
        scopes: vec![Vec::new()],
        problems: Problems::default(),
    };
    checker.statements(program.ast.statements());
    for function in program.functions.values() {
        checker.scopes = vec![function.parameters.clone()];
        checker.statements(&function.body);
    }
    checker.problems.once()
}

struct Checker<'p> {
    file: &'p Arc<SourceFile>,
    globals: &'p [&'p str],
    functions: &'p BTreeMap<String, Function>,
    scopes: Vec<Vec<String>>,
    problems: Problems,
}

impl Checker<'_> {
    fn define(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(name.to_owned());
        }
    }

    fn place(&self, position: Position) -> Place {
        place(self.file, position)
    }

    fn block(&mut self, block: &StmtBlock, names: &[&str]) {
        self.scopes
            .push(names.iter().map(|name| (*name).to_owned()).collect());
        self.statements(block.statements());
        self.scopes.pop();
    }

    fn statements(&mut self, statements: &[Stmt]) {
        statements
            .iter()
            .for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.block(&flow.body, &[]);
                self.block(&flow.branch, &[]);
            }
            Stmt::TryCatch(flow, _) => {
                self.block(&flow.body, &[]);
                match &flow.expr {
                    Expr::Variable(caught, ..) => self.block(&flow.branch, &[caught.1.as_str()]),
                    _ => self.block(&flow.branch, &[]),
                }
            }
            Stmt::For(parts, _) => {
                let (item, counter, flow) = parts.as_ref();
                self.expression(&flow.expr);
                let mut names = vec![item.name.as_str()];
                names.extend(counter.as_ref().map(|counter| counter.name.as_str()));
                self.block(&flow.body, &names);
            }
            Stmt::Switch(parts, position) => {
                self.switched(&parts.0, *position);
                for case in &parts.1.expressions {
                    self.expression(&case.lhs);
                    self.expression(&case.rhs);
                }
            }
            Stmt::Var(parts, ..) => {
                self.expression(&parts.1);
                self.define(parts.0.name.as_str());
            }
            Stmt::Assignment(parts) => {
                self.expression(&parts.1.lhs);
                self.expression(&parts.1.rhs);
            }
            Stmt::FnCall(call, position) => {
                self.called_by_name(call, *position);
                self.call(call, *position);
            }
            Stmt::Block(block) => self.block(block, &[]),
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::BreakLoop(Some(value), ..) | Stmt::Return(Some(value), ..) => {
                self.expression(value);
            }
            Stmt::Import(import, _) => self.expression(&import.0),
            _ => {}
        }
    }

    /// A value that is unknown in check mode would silently take the last case, so `switch` must
    /// check that its value is known.
    fn switched(&mut self, value: &Expr, position: Position) {
        self.expression(value);
        let literal = value.is_constant();
        let known = matches!(value, Expr::FnCall(call, _) if call.name == "known" || call.name == "type_of");
        if !literal && !known {
            let at = self.place(position);
            let message = "switch needs a value that is known in check mode too";
            let advice = "write switch known(…)".to_owned();
            self.problems.push(Problem::at(&at, message).help(advice));
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.all(parts),
            Expr::Map(map, _) => map.0.iter().for_each(|(_, value)| self.expression(value)),
            Expr::Variable(variable, _, position) if variable.2.is_empty() => {
                self.used(variable.1.as_str(), *position);
            }
            Expr::Stmt(block) => self.block(block, &[]),
            Expr::FnCall(call, position) => {
                self.called_by_name(call, *position);
                self.call(call, *position);
            }
            Expr::MethodCall(call, position) => self.call(call, *position),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                self.expression(&parts.lhs);
                self.expression(&parts.rhs);
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => self.all(parts),
            _ => {}
        }
    }

    fn all(&mut self, expressions: &[Expr]) {
        expressions
            .iter()
            .for_each(|expression| self.expression(expression));
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) {
        let refused = REFUSED.iter().find(|(name, _)| call.name == *name);
        if let Some((name, advice)) =
            refused.filter(|(name, _)| !self.functions.contains_key(*name))
        {
            let message = format!("\"{name}\" cannot be used in a script");
            let at = self.place(position);
            self.problems
                .push(Problem::at(&at, message).help((*advice).to_owned()));
        }
        self.all(&call.args);
    }

    /// A variable that holds a function is not a function of that name.
    fn called_by_name(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        let is_function = !call.namespace.is_empty()
            || self.functions.contains_key(name)
            || built_in_functions().contains(name);
        if !is_function && self.scopes.iter().flatten().any(|known| known == name) {
            let message = format!("\"{name}\" is a variable, not a function");
            let help = format!("call the function that it holds: {name}.call(…)");
            let at = self.place(position);
            self.problems.push(Problem::at(&at, message).help(help));
        }
    }

    fn used(&mut self, name: &str, position: Position) {
        let local = self.scopes.iter().flatten().any(|known| known == name);
        if local || self.globals.contains(&name) || self.functions.contains_key(name) {
            return;
        }
        let known = self.scopes.iter().flatten().map(String::as_str);
        let near = did_you_mean(name, known.chain(self.globals.iter().copied()));
        let advice = habits::advice_on(name).map(str::to_owned);
        let in_role = !self.globals.is_empty();
        let variable = format!("variables of the playbook are in vars: vars.{name}");
        let at = self.place(position);
        let problem = Problem::at(&at, format!("there is no variable \"{name}\""));
        self.problems
            .push(problem.help(advice.or(near).or(Some(variable).filter(|_| in_role))));
    }
}
