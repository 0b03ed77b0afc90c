//! Nothing, `()`, is not text. Rhai itself treats it as an empty text, so that `"/srv/" + ()` would
//! be a path; here it is an error that names the culprit. Lists and maps cannot be added to a text
//! with `+` either.

use super::imports::running;
use super::place::place;
use super::stop::Stop;
use super::value::to_value;
use super::written::written;
use super::{Called, Program};
use crate::source::{Place, Problem, SourceFile};
use crate::value::{self, Value};
use rhai::{
    ASTNode, Array, Dynamic, Engine, Expr, FnCallExpr, ImmutableString, Map, NativeCallContext,
    Position, Stmt, Variant,
};

type Text = ImmutableString;

const HELP: &str = "say what it is then: value ?? \"none\", or if value == () { … } else { … }";
const LIST: &str = "write list.join(\", \"), or list + [item] for a list with one more item";
const MAP: &str = "write the key that is meant: map.key, or to_json(map)";

pub(super) fn register(engine: &mut Engine) {
    never_added::<()>(engine, "is nothing, `()`", HELP);
    never_added::<Array>(engine, "is a list", LIST);
    never_added::<Map>(engine, "is a map", MAP);
    for name in ["to_string", "print"] {
        engine.register_fn(name, |context: NativeCallContext, (): ()| {
            refused::<Text>(&context, 0, "is nothing, `()`", HELP)
        });
        engine.register_fn(name, |context: NativeCallContext, list: &mut Array| {
            shown(&context, Dynamic::from_array(list.clone()))
        });
        engine.register_fn(name, |context: NativeCallContext, map: &mut Map| {
            shown(&context, Dynamic::from_map(map.clone()))
        });
    }
}

/// Refuses to add a value of this type to a text, on either side.
fn never_added<T: Variant + Clone>(engine: &mut Engine, what: &'static str, help: &'static str) {
    engine.register_fn("+", move |context: NativeCallContext, _: Text, _: T| {
        refused::<Text>(&context, 1, what, help)
    });
    engine.register_fn("+", move |context: NativeCallContext, _: T, _: Text| {
        refused::<Text>(&context, 0, what, help)
    });
    for name in ["+=", "append"] {
        engine.register_fn(
            name,
            move |context: NativeCallContext, _: &mut Text, _: T| {
                refused::<()>(&context, 1, what, help)
            },
        );
    }
}

/// Returns a list or a map as text, or an error if it contains nothing.
fn shown(context: &NativeCallContext, value: Dynamic) -> Called<Text> {
    if to_value(&value).is_ok_and(|value| holds_nothing(&value)) {
        return refused(context, 0, "holds nothing, `()`", HELP);
    }
    context.call_native_fn("to_debug", (value,))
}

fn holds_nothing(value: &Value) -> bool {
    let fields = || value::fields(value).unwrap_or_default();
    value.is_none()
        || match value.kind() {
            minijinja::value::ValueKind::Seq => {
                let mut items = value.try_iter().into_iter().flatten();
                items.any(|item| holds_nothing(&item))
            }
            minijinja::value::ValueKind::Map => fields().values().any(holds_nothing),
            _ => false,
        }
}

/// Stops the script because the operand with this index is not text.
fn refused<T>(context: &NativeCallContext, operand: usize, what: &str, help: &str) -> Called<T> {
    let position = context.call_position();
    let source = context.call_source().unwrap_or_default();
    let program = running();
    let program = program.as_ref().map(|program| {
        let named = program.named(source);
        named.unwrap_or(program)
    });
    let (name, at) = match program {
        Some(program) => {
            let found = operand_at(program, position, operand);
            let at = found.as_ref().map_or(position, |(_, at)| *at);
            (found.map(|(name, _)| name), place(&program.file, at))
        }
        None => (None, Place::start_of(&SourceFile::new("", ""))),
    };
    let named = name.map_or_else(|| "a part of this".to_owned(), |name| format!("`{name}`"));
    let message = format!("{named} {what}, so it cannot become text");
    let problem = Problem::at(&at, message).help(help.to_owned());
    Stop::Wrong(Box::new(problem)).now()
}

/// Returns how an operand is written, and where: the operand of the operator or call at a position,
/// or the part of a text there.
fn operand_at(program: &Program, at: Position, operand: usize) -> Option<(String, Position)> {
    let mut found = None;
    let mut note = |expression: Option<&Expr>| {
        let named = expression.and_then(|expression| {
            let name = written(expression)?;
            Some((name, start_of(expression)))
        });
        found = found.take().or(named);
    };
    let of_call = |call: &FnCallExpr| call.args.get(operand).cloned();
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(Expr::InterpolatedString(parts, _))) => {
                note(parts.iter().find(|part| part.position() == at));
            }
            Some(ASTNode::Expr(Expr::FnCall(call, position))) if *position == at => {
                note(of_call(call).as_ref());
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) if *position == at => {
                note(of_call(call).as_ref());
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) if *position == at => {
                note(
                    operand
                        .checked_sub(1)
                        .and_then(|index| call.args.get(index)),
                );
            }
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) if parts.0.position() == at => {
                note(Some(&parts.1.rhs));
            }
            _ => {}
        }
        true
    });
    found
}

/// Returns where an expression starts, without the braces of `${…}`.
fn start_of(expression: &Expr) -> Position {
    match expression {
        Expr::Stmt(block) => match block.statements().first() {
            Some(first) => first.position(),
            None => block.position(),
        },
        other => other.start_position(),
    }
}
