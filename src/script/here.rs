//! The current position of the script that runs on this thread.
//!
//! An error that stops a script immediately (a limit, an unknown value) loses its place on the way
//! out, since the engine sets it to the call of each function that it leaves. So the place is
//! recorded here.

use rhai::debugger::{DebuggerCommand, DebuggerEvent};
use rhai::{ASTNode, Engine, Expr, Position};
use std::cell::RefCell;

/// The position of a script.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    /// The name of its file.
    pub(super) source: String,
    pub(super) position: Position,
    /// The depth of function calls.
    pub(super) level: usize,
}

thread_local! {
    static HERE: RefCell<Here> = RefCell::default();
}

/// Records every statement and every call before it runs.
pub(super) fn register(engine: &mut Engine) {
    #[expect(
        deprecated,
        reason = "marked so because Rhai may change it in a new version"
    )]
    engine.register_debugger(
        |_, debugger| debugger,
        |context, event, node, source, position| {
            // Nothing runs on the way out of a function.
            let steps = matches!(event, DebuggerEvent::Start | DebuggerEvent::Step);
            let is_noted = match node {
                ASTNode::Stmt(_) => steps,
                ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)) => {
                    steps && call.op_token.is_none()
                }
                _ => false,
            };
            if is_noted && !position.is_none() {
                note(source.unwrap_or_default(), position, context.call_level());
            }
            Ok(DebuggerCommand::StepInto)
        },
    );
}

fn note(source: &str, position: Position, level: usize) {
    HERE.with_borrow_mut(|here| {
        here.position = position;
        here.level = level;
        if here.source != source {
            source.clone_into(&mut here.source);
        }
    });
}

/// Runs `work`, and restores the position afterwards.
pub(super) fn apart<T>(work: impl FnOnce() -> T) -> T {
    let outer = HERE.take();
    let result = work();
    HERE.set(outer);
    result
}

/// Returns the position of the script.
pub(super) fn now() -> Here {
    HERE.with_borrow(Clone::clone)
}
