//! The name of what is undefined within a list or a map that an expression writes out.

use super::code::is_path;
use super::parse;
use super::tree;
use minijinja::machinery::ast::Expr;
use minijinja::syntax::SyntaxConfig;

/// Returns the first path such as `a.b` that is an item of a list or a map in the template `text`
/// and that `is_undefined` says is undefined.
pub(super) fn path(text: &str, is_undefined: impl Fn(&str) -> bool) -> Option<String> {
    let template = parse::template(text, &SyntaxConfig::default()).ok()?;
    let mut found = None;
    let mut look = |item: &Expr<'_>| {
        if let (None, Some(path)) = (&found, path_text(item)) {
            found = is_undefined(&path).then_some(path);
        }
    };
    tree::every_statement(&template, &mut |statement| {
        tree::expressions(statement, &mut |expression| {
            tree::every_expression(expression, &mut |part| match part {
                Expr::List(list) => list.items.iter().for_each(&mut look),
                Expr::Tuple(tuple) => tuple.items.iter().for_each(&mut look),
                Expr::Map(map) => map.values.iter().for_each(&mut look),
                _ => {}
            });
        });
    });
    found
}

/// Returns the text of a path of names.
fn path_text(expression: &Expr<'_>) -> Option<String> {
    match expression {
        Expr::Var(variable) => Some(variable.id.to_owned()),
        Expr::GetAttr(attribute) if is_path(&attribute.expr) => Some(format!(
            "{}.{}",
            path_text(&attribute.expr)?,
            attribute.name
        )),
        _ => None,
    }
}
