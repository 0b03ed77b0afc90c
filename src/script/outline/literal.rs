//! Literals of a script: texts, numbers, and lists and maps of them.

use crate::source::{Place, SourceFile};
use crate::value::Value;
use crate::yaml::{Data, Node};
use rhai::Expr;
use std::sync::Arc;

/// Returns a node for a value that a script computes.
pub fn computed(place: &Place) -> Node {
    Node {
        data: Data::Computed(Value::UNDEFINED),
        place: place.clone(),
    }
}

/// Returns the node of an expression.
pub(in crate::script) fn node(file: &Arc<SourceFile>, expression: &Expr) -> Node {
    let place = super::super::place::place(file, expression.position());
    let data = match expression {
        Expr::BoolConstant(value, _) => Data::Bool(*value),
        Expr::IntegerConstant(value, _) => Data::Integer(*value),
        Expr::FloatConstant(value, _) => Data::Float(**value),
        Expr::CharConstant(value, _) => Data::Unsafe(value.to_string().into()),
        Expr::StringConstant(text, _) => Data::Unsafe(text.as_str().into()),
        Expr::Unit(_) => Data::Null,
        Expr::Array(items, _) => Data::List(items.iter().map(|item| node(file, item)).collect()),
        Expr::Map(map, _) => Data::Map(entries(file, &map.0)),
        _ => return computed(&place),
    };
    Node { data, place }
}

/// Returns the entries of a map literal.
pub(super) fn entries(file: &Arc<SourceFile>, map: &[(rhai::Ident, Expr)]) -> crate::yaml::Map {
    let entry = |(name, value): &(rhai::Ident, Expr)| {
        let place = super::super::place::place(file, name.pos);
        let key = Node {
            data: Data::Text(name.name.as_str().into()),
            place,
        };
        (key, node(file, value))
    };
    map.iter().map(entry).collect()
}
