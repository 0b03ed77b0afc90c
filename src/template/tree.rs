//! Walks over minijinja's syntax tree.

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

/// Calls `visit` with the direct operands of `expression`, in their order.
pub(super) fn operands<'a, 's>(expression: &'a Expr<'s>, visit: &mut dyn FnMut(&'a Expr<'s>)) {
    match expression {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::Slice(slice) => {
            visit(&slice.expr);
            [&slice.start, &slice.stop, &slice.step]
                .into_iter()
                .flatten()
                .for_each(visit);
        }
        Expr::UnaryOp(operation) => visit(&operation.expr),
        Expr::BinOp(operation) => {
            visit(&operation.left);
            visit(&operation.right);
        }
        Expr::Compare(comparison) => {
            visit(&comparison.expr);
            comparison
                .ops
                .iter()
                .for_each(|operation| visit(&operation.expr));
        }
        Expr::IfExpr(choice) => {
            visit(&choice.true_expr);
            visit(&choice.test_expr);
            choice.false_expr.iter().for_each(visit);
        }
        Expr::Filter(filter) => {
            filter.expr.iter().for_each(&mut *visit);
            arguments(&filter.args, visit);
        }
        Expr::Test(test) => {
            visit(&test.expr);
            arguments(&test.args, visit);
        }
        Expr::GetAttr(attribute) => visit(&attribute.expr),
        Expr::GetItem(item) => {
            visit(&item.expr);
            visit(&item.subscript_expr);
        }
        Expr::Call(call) => {
            visit(&call.expr);
            arguments(&call.args, visit);
        }
        Expr::List(list) => list.items.iter().for_each(visit),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(visit),
        Expr::Map(map) => map.keys.iter().zip(&map.values).for_each(|(key, value)| {
            visit(key);
            visit(value);
        }),
    }
}

/// Calls `visit` with the arguments of a call, a filter or a test.
pub(super) fn arguments<'a, 's>(arguments: &'a [CallArg<'s>], visit: &mut dyn FnMut(&'a Expr<'s>)) {
    for argument in arguments {
        match argument {
            CallArg::Pos(expression)
            | CallArg::Kwarg(_, expression)
            | CallArg::PosSplat(expression)
            | CallArg::KwargSplat(expression) => visit(expression),
        }
    }
}

/// Calls `visit` with the statements directly in `statement`.
pub(super) fn statements<'a, 's>(statement: &'a Stmt<'s>, visit: &mut dyn FnMut(&'a Stmt<'s>)) {
    match statement {
        Stmt::Template(template) => template.children.iter().for_each(visit),
        Stmt::ForLoop(block) => block.body.iter().chain(&block.else_body).for_each(visit),
        Stmt::IfCond(block) => block
            .true_body
            .iter()
            .chain(&block.false_body)
            .for_each(visit),
        Stmt::WithBlock(block) => block.body.iter().for_each(visit),
        Stmt::SetBlock(block) => block.body.iter().for_each(visit),
        Stmt::AutoEscape(block) => block.body.iter().for_each(visit),
        Stmt::FilterBlock(block) => block.body.iter().for_each(visit),
        Stmt::Block(block) => block.body.iter().for_each(visit),
        Stmt::Macro(block) => block.body.iter().for_each(visit),
        Stmt::CallBlock(block) => block.macro_decl.body.iter().for_each(visit),
        _ => {}
    }
}

/// Calls `visit` with the expressions directly in `statement`, except targets of assignments.
pub(super) fn expressions<'a, 's>(statement: &'a Stmt<'s>, visit: &mut dyn FnMut(&'a Expr<'s>)) {
    match statement {
        Stmt::EmitExpr(emit) => visit(&emit.expr),
        Stmt::ForLoop(block) => {
            visit(&block.iter);
            block.filter_expr.iter().for_each(visit);
        }
        Stmt::IfCond(block) => visit(&block.expr),
        Stmt::WithBlock(block) => block.assignments.iter().for_each(|(_, value)| visit(value)),
        Stmt::Set(set) => visit(&set.expr),
        Stmt::SetBlock(set) => set.filter.iter().for_each(visit),
        Stmt::AutoEscape(block) => visit(&block.enabled),
        Stmt::FilterBlock(block) => visit(&block.filter),
        Stmt::Extends(extends) => visit(&extends.name),
        Stmt::Include(include) => visit(&include.name),
        Stmt::Import(import) => visit(&import.expr),
        Stmt::FromImport(import) => visit(&import.expr),
        Stmt::Macro(block) => block.defaults.iter().for_each(visit),
        Stmt::CallBlock(block) => {
            visit(&block.call.expr);
            arguments(&block.call.args, visit);
            block.macro_decl.defaults.iter().for_each(visit);
        }
        Stmt::Do(call) => {
            visit(&call.call.expr);
            arguments(&call.call.args, visit);
        }
        _ => {}
    }
}

/// Calls `visit` with `expression` and every expression in it, outer ones first.
pub(super) fn every_expression<'a, 's>(
    expression: &'a Expr<'s>,
    visit: &mut dyn FnMut(&'a Expr<'s>),
) {
    visit(expression);
    operands(expression, &mut |operand| every_expression(operand, visit));
}

/// Calls `visit` with `statement` and every statement in it.
pub(super) fn every_statement<'a, 's>(
    statement: &'a Stmt<'s>,
    visit: &mut dyn FnMut(&'a Stmt<'s>),
) {
    visit(statement);
    statements(statement, &mut |inner| every_statement(inner, visit));
}
