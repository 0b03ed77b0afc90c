//! Functions of a script of which check mode does not know whether the run calls them.

use crate::script::{Called, Stop, Unknown};
use crate::value::NotKnown;
use rhai::{Dynamic, FnPtr, Position};

/// Calls functions for which `work` is the call, to see what they may do. Their result is not known,
/// nor is any variable of the script that they change.
pub(super) fn in_doubt<'f>(
    reason: NotKnown,
    functions: impl IntoIterator<Item = &'f FnPtr>,
    work: impl FnOnce() -> Called<Dynamic>,
) -> Called<Dynamic> {
    let captured = functions.into_iter().flat_map(FnPtr::curry).cloned();
    let held: Vec<Dynamic> = captured.filter(Dynamic::is_shared).collect();
    let shown = |variable: &Dynamic| format!("{variable:?}");
    let before: Vec<String> = held.iter().map(shown).collect();
    let result = work();
    for (mut variable, before) in held.into_iter().zip(before) {
        if shown(&variable) != before
            && let Some(mut value) = variable.write_lock::<Dynamic>()
        {
            *value = Dynamic::from(Unknown(reason.clone()));
        }
    }
    match result {
        Ok(_) => Ok(Dynamic::from(Unknown(reason))),
        Err(error) if Stop::of(&error).is_some() => Err(error),
        // What is wrong in it counts only if it is called.
        Err(_) => Err(Stop::NotKnown(reason).error(Position::NONE)),
    }
}
