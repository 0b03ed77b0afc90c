//! Why a script ended when none of its `catch` blocks could handle it.

use super::Called;
use super::budget::Spent;
use crate::host::Reached;
use crate::source::Problem;
use crate::value::NotKnown;
use rhai::{Dynamic, EvalAltResult, Position};
use std::cell::RefCell;

/// Why a script ended when none of its `catch` blocks could handle it.
#[derive(Debug, Clone)]
pub enum Stop {
    /// It used a value that check mode cannot know.
    NotKnown(NotKnown),
    /// The run decided that it ends here.
    Over,
    /// It reached a limit.
    Spent(String),
    /// It made a mistake that its `catch` blocks cannot handle.
    Wrong(Box<Problem>),
}

thread_local! {
    /// Why the script on this thread ends at its next operation. Rhai itself drops some errors,
    /// such as those in a text with `${…}`.
    static PENDING: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

impl Stop {
    /// Ends the script, even if Rhai drops the returned error.
    pub(super) fn now<T>(self) -> Called<T> {
        PENDING.set(Some(self.clone()));
        Err(self.error(Position::NONE))
    }

    /// Returns why the script cannot continue.
    pub(super) fn pending() -> Option<Stop> {
        PENDING.with_borrow(Clone::clone)
    }

    /// Forgets why a script could not continue, before another one runs on this thread.
    pub(super) fn forget() {
        PENDING.set(None);
    }

    /// Returns the error that ends a script.
    pub fn error(self, position: Position) -> Box<EvalAltResult> {
        EvalAltResult::ErrorTerminated(Dynamic::from(self), position).into()
    }

    /// Returns why an error ended a script, if it is of this kind.
    pub fn of(error: &EvalAltResult) -> Option<Stop> {
        match error {
            EvalAltResult::ErrorTerminated(token, _) => token.clone().try_cast(),
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
            | EvalAltResult::ErrorInModule(_, inner, _) => Self::of(inner),
            _ => None,
        }
    }
}

impl From<Spent> for Stop {
    fn from(spent: Spent) -> Self {
        match spent {
            Spent::Operations(number) => Self::Spent(format!(
                "the script does not end: it was stopped after {number} operations"
            )),
            Spent::Time(time) => Self::Spent(format!(
                "the script does not end: it was stopped after {} seconds",
                time.as_secs()
            )),
            Spent::TaskTime => Self::Spent(Reached::Deadline.to_string()),
            Spent::Cancelled => Self::Over,
        }
    }
}
