//! Which parts of a script run in any case: nothing around them has a condition.

use crate::script::functions::{Function, closure};
use crate::script::program::Program;
use rhai::{ASTNode, Expr, FnCallExpr, FnPtr, Position, Stmt};
use std::collections::BTreeSet;

/// Options of `task` and `block` under which what is inside may not run, or may fail.
const CONDITIONS: &[&str] = &["failed_when", "ignore_errors", "when"];

/// Functions after which a script may have ended.
const ENDS: &[&str] = &["exit", "fail", "meta"];

/// Returns the positions of the expressions that a script, without its imports, evaluates in any
/// case.
pub(super) fn certain(program: &Program) -> BTreeSet<Position> {
    let mut walker = Walker {
        program,
        entered: BTreeSet::new(),
        ended: false,
        found: BTreeSet::new(),
    };
    walker.statements(program.ast.statements());
    walker.found
}

struct Walker<'p> {
    program: &'p Program,
    /// The functions that were followed.
    entered: BTreeSet<String>,
    /// Whether the script may have ended, or left the function.
    ended: bool,
    found: BTreeSet<Position>,
}

impl Walker<'_> {
    fn statements(&mut self, statements: &[Stmt]) {
        for statement in statements {
            if self.ended {
                return;
            }
            self.found.insert(statement.position());
            self.statement(statement);
            self.ended |= self.may_end(statement, &mut BTreeSet::new(), true);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(flow, _) | Stmt::While(flow, _) => self.expression(&flow.expr),
            Stmt::For(parts, _) => self.expression(&parts.2.expr),
            Stmt::Switch(parts, _) => self.expression(&parts.0),
            Stmt::Var(parts, ..) => self.expression(&parts.1),
            Stmt::Assignment(parts) => {
                self.expression(&parts.1.lhs);
                self.expression(&parts.1.rhs);
            }
            Stmt::FnCall(call, position) => self.call(call, *position),
            Stmt::Block(block) => self.statements(block.statements()),
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::BreakLoop(Some(value), ..) | Stmt::Return(Some(value), ..) => {
                self.expression(value);
            }
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr) {
        // A function captures variables, which are looked at when it is called.
        if closure(&self.program.functions, expression).is_some() {
            return;
        }
        self.found.insert(expression.position());
        match expression {
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.all(parts),
            Expr::Map(map, _) => map.0.iter().for_each(|(_, value)| self.expression(value)),
            Expr::Stmt(block) => self.statements(block.statements()),
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::MethodCall(call, _) => self.all(&call.args),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                self.expression(&parts.lhs);
                self.expression(&parts.rhs);
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                self.all(parts.get(..1).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn all(&mut self, expressions: &[Expr]) {
        expressions
            .iter()
            .for_each(|expression| self.expression(expression));
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) {
        self.found.insert(position);
        self.all(&call.args);
        if !call.namespace.is_empty() || call.op_token.is_some() {
            return;
        }
        let program = self.program;
        if let Some(function) = program.functions.get(call.name.as_str()) {
            return self.function(function);
        }
        let work = match (call.name.as_str(), call.args.as_slice()) {
            ("task", [_, work]) | ("block", [work]) => work,
            // What fails in a block with a second part is handled there.
            ("task", [_, options, work]) | ("block", [options, work]) if is_open(options) => work,
            _ => return,
        };
        if let Some(function) = closure(&program.functions, work) {
            self.function(function);
        }
    }

    fn function(&mut self, function: &Function) {
        if self.entered.insert(function.name.clone()) {
            self.statements(&function.body);
            // Whether this ended the script is asked of the statement that calls it.
            self.ended = false;
        }
    }

    /// Returns whether anything in a statement may end the script; with `returns` also whether it may
    /// leave the function that the statement is in.
    fn may_end(&self, statement: &Stmt, called: &mut BTreeSet<String>, returns: bool) -> bool {
        let mut ends = false;
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            ends |= self.node_ends(path, called, returns);
            !ends
        });
        ends
    }

    fn node_ends(
        &self,
        path: &[ASTNode<'_>],
        called: &mut BTreeSet<String>,
        returns: bool,
    ) -> bool {
        let name = match path.last() {
            Some(ASTNode::Stmt(Stmt::Return(_, options, _))) => {
                // `throw` ends more than the function.
                return returns || options.contains(rhai::ASTFlags::BREAK);
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
                call.name.to_string()
            }
            Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) => {
                let function = value.read_lock::<FnPtr>();
                function.map_or_else(String::new, |function| function.fn_name().to_owned())
            }
            _ => return false,
        };
        let Some(function) = self.program.functions.get(&name) else {
            return ENDS.contains(&name.as_str());
        };
        if !called.insert(name) {
            return false;
        }
        let mut statements = function.body.iter();
        statements.any(|statement| self.may_end(statement, called, false))
    }
}

/// Returns whether nothing in the options of a call keeps what is inside from running: options that
/// are not written there may.
fn is_open(options: &Expr) -> bool {
    let Expr::Map(map, _) = options else {
        return false;
    };
    map.0.iter().all(|(key, value)| match key.name.as_str() {
        "tags" => is_wanted(value),
        name => !CONDITIONS.contains(&name),
    })
}

/// Returns whether tags are written there, and `never` is none of them.
fn is_wanted(tags: &Expr) -> bool {
    match tags {
        Expr::StringConstant(tags, _) => !tags.contains("never"),
        Expr::Array(tags, _) => tags.iter().all(is_wanted),
        _ => false,
    }
}
