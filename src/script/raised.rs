//! An error for scripts: the value of `catch` and of the second part of `block`.

use super::value::to_dynamic;
use crate::source::Problem;
use crate::value::Value;
use rhai::{Dynamic, Engine, EvalAltResult, Position};

/// An error for scripts; its fields are `msg`, `task` and `result`.
#[derive(Debug, Clone, Default)]
pub struct Raised {
    /// What went wrong, in one sentence.
    pub message: String,
    /// How to fix it.
    pub help: Vec<String>,
    /// The problem in another file that caused it.
    pub problem: Option<Box<Problem>>,
    /// The name of the task that failed.
    pub task: Option<String>,
    /// The result of the task that failed.
    pub result: Option<Value>,
    /// Identifies the failure of the run, so that it is recognised if thrown again.
    pub failure: Option<u64>,
}

impl Raised {
    /// Returns an error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// Adds a help text.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help.extend(help.into());
        self
    }

    /// Returns it as the error of a script.
    pub fn at(self, position: Position) -> Box<EvalAltResult> {
        EvalAltResult::ErrorRuntime(Dynamic::from(self), position).into()
    }

    /// Returns the error that ended a script, if it is of this kind.
    pub fn of(error: &EvalAltResult) -> Option<Raised> {
        match error {
            EvalAltResult::ErrorRuntime(token, _) => token.clone().try_cast(),
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
            | EvalAltResult::ErrorInModule(_, inner, _) => Self::of(inner),
            _ => None,
        }
    }

    pub(super) fn register(engine: &mut Engine) {
        engine.register_type_with_name::<Raised>("error");
        engine.register_get("msg", |error: &mut Raised| error.message.clone());
        engine.register_get("message", |error: &mut Raised| error.message.clone());
        engine.register_get("task", |error: &mut Raised| {
            error.task.clone().unwrap_or_default()
        });
        engine.register_get("result", |error: &mut Raised| {
            let result = error.result.as_ref();
            result.map_or(Ok(Dynamic::UNIT), to_dynamic)
        });
        engine.register_fn("to_string", |error: &mut Raised| error.message.clone());
        engine.register_fn("to_debug", |error: &mut Raised| error.message.clone());
    }
}
