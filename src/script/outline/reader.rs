//! Reads the outline from the syntax tree.

use super::effects::act;
use super::{Call, Outline};
use crate::script::functions::{Function, closure};
use crate::script::place::offset;
use crate::script::program::Program;
use crate::source::SourceFile;
use rhai::{Expr, Stmt};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of calls to follow: functions calling functions could cause very many.
pub(super) const MOST: usize = 2000;

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
        let before = reader.calls.len();
        reader.read_statement(statement);
        let acts = act(reader.calls.get(before..).unwrap_or_default());
        if let Some(start) = offset(&program.file, statement.position()) {
            reader.outline.effects.statements.push((start, acts));
        }
    }
    let named = program.functions.values();
    let named = named.filter(|function| !function.name.starts_with("anon$"));
    reader.outline.effects.functions = named
        .filter_map(|function| function.range(&program.file))
        .collect();
    let mut outline = reader.outline;
    outline.calls = reader.calls;
    (outline.variables, outline.asked) = super::variables::needed(program);
    for program in program.with_imports() {
        let certain = super::certain::certain(program);
        outline
            .templates
            .extend(super::templates::of(program, &certain));
    }
    outline
}

pub(super) struct Reader<'p> {
    pub(super) file: &'p Arc<SourceFile>,
    pub(super) functions: &'p BTreeMap<String, Function>,
    /// The functions being read: one that calls itself is read once.
    pub(super) entered: Vec<String>,
    /// The surrounding call of `task` or `block`.
    pub(super) around: Option<usize>,
    /// The number of the statement in the script, or in the function passed to `around`.
    pub(super) statement: u32,
    /// Surrounding functions, conditions and loops.
    pub(super) nested: usize,
    pub(super) count: usize,
    pub(super) calls: Vec<Call>,
    pub(super) outline: Outline,
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

    pub(super) fn within(&mut self, read: impl FnOnce(&mut Self)) {
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

    pub(super) fn read_statement(&mut self, statement: &Stmt) {
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

    pub(super) fn read_all(&mut self, expressions: &[Expr]) {
        expressions
            .iter()
            .for_each(|expression| self.read_expression(expression));
    }

    /// Returns the function that an expression is.
    pub(super) fn closure(&self, expression: &Expr) -> Option<&'p Function> {
        closure(self.functions, expression)
    }

    pub(super) fn read_function(&mut self, function: &'p Function) {
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
}
