//! Expressions of a script as written, for messages.

use rhai::{ASTFlags, Expr, FnCallExpr, Position, Stmt};

/// Returns an expression as written, shortened; `None` if it would be long.
pub(super) fn written(expression: &Expr) -> Option<String> {
    Some(match expression {
        Expr::Unit(_) => "()".to_owned(),
        Expr::ThisPtr(_) => "this".to_owned(),
        Expr::Variable(variable, ..) => variable.1.to_string(),
        Expr::Property(property, _) => property.2.to_string(),
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => of_call(call)?,
        Expr::Dot(parts, ..) => format!("{}.{}", written(&parts.lhs)?, written(&parts.rhs)?),
        Expr::Index(parts, ..) => format!("{}[…]", written(&parts.lhs)?),
        Expr::Stmt(block) => match block.statements() {
            [Stmt::Expr(inner)] => written(inner)?,
            [Stmt::FnCall(call, _)] => of_call(call)?,
            _ => return None,
        },
        _ => return None,
    })
}

fn of_call(call: &FnCallExpr) -> Option<String> {
    let arguments = if call.args.is_empty() { "" } else { "…" };
    let named = call.op_token.is_none();
    named.then(|| format!("{}({arguments})", call.name))
}

/// Returns the method at the end of a chain such as `a.b[0].c()`.
pub(super) fn last_method(expression: &Expr) -> Option<(&FnCallExpr, Position)> {
    match expression {
        Expr::MethodCall(call, position) => Some((call, *position)),
        Expr::Dot(parts, ..) => last_method(&parts.rhs),
        Expr::Index(parts, flags, _) if !flags.contains(ASTFlags::BREAK) => last_method(&parts.rhs),
        _ => None,
    }
}
