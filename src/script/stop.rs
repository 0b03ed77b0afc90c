//! Why a script ended where no `catch` of its own could keep it going.

use super::budget::Spent;
use crate::value::NotKnown;
use rhai::{Dynamic, EvalAltResult, Position};

/// Why a script ended where no `catch` of its own could keep it going.
#[derive(Debug, Clone)]
pub enum Stop {
    /// It used a value that check mode cannot know.
    NotKnown(NotKnown),
    /// Whoever runs it has decided that it ends here.
    Over,
    /// It used up what it had.
    Spent(String),
}

impl Stop {
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
            Spent::Cancelled => Self::Over,
        }
    }
}
