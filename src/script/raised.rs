//! An error as scripts see it: what `catch` and the second part of `block` are given.

use super::value::to_dynamic;
use crate::source::Problem;
use crate::value::Value;
use rhai::{Dynamic, Engine, EvalAltResult, Position};

/// An error as scripts see it; its fields are `msg`, `task` and `result`.
#[derive(Debug, Clone, Default)]
pub struct Raised {
    /// What went wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Vec<String>,
    /// A mistake in another file that it is about.
    pub problem: Option<Box<Problem>>,
    /// The name of the task that failed.
    pub task: Option<String>,
    /// The result of the task that failed.
    pub result: Option<Value>,
    /// Which failure of the run it is, so that one thrown again is known.
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

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help.extend(help.into());
        self
    }

    /// Returns it as the error of a script.
    pub fn at(self, position: Position) -> Box<EvalAltResult> {
        EvalAltResult::ErrorRuntime(Dynamic::from(self), position).into()
    }

    /// Returns the error that a script ended with, if it is of this kind.
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
