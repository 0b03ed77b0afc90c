//! What a script may do to its host, as far as can be seen before it runs.

use super::{Call, Outline};
use crate::source::Place;
use std::ops::Range;

/// Modules that only look and print messages.
const HARMLESS: &[&str] = &[
    "assert", "debug", "fail", "find", "pause", "ping", "slurp", "stat",
];

/// Options of `task` that have an effect on what follows.
const NOTED: &[&str] = &["notify", "register"];

/// What the statements of a script may do.
#[derive(Debug, Clone, Default)]
pub(super) struct Effects {
    /// Where each statement at the top level starts, and whether it calls what has an effect.
    pub(super) statements: Vec<(usize, bool)>,
    /// Where the named functions are.
    pub(super) functions: Vec<Range<usize>>,
}

impl Outline {
    /// Returns whether the rest of a script, from a place in it on, may change the host, set a
    /// variable, notify a handler or include something.
    pub fn acts_from(&self, place: &Place, script: &Place) -> bool {
        let Effects {
            statements,
            functions,
        } = &self.effects;
        let at = place.range.start;
        // A function may be called from anywhere.
        let anywhere =
            place.file != script.file || functions.iter().any(|function| function.contains(&at));
        let from = if anywhere {
            0
        } else {
            // A loop may go on with what comes before the place.
            let before = statements.iter().rposition(|(start, _)| *start <= at);
            before.unwrap_or_default()
        };
        statements.iter().skip(from).any(|(_, acts)| *acts)
    }
}

/// Returns whether any of these calls has an effect.
pub(super) fn act(calls: &[Call]) -> bool {
    calls.iter().any(|call| match call {
        Call::Module { name, .. } => !HARMLESS.contains(&name.as_str()),
        Call::Task { options, inner, .. } => {
            let mut keys = options.iter().filter_map(|(key, _)| key.as_text());
            keys.any(|key| NOTED.contains(&key)) || act(inner)
        }
        Call::Block {
            options,
            body,
            rescue,
            always,
            ..
        } => {
            let mut keys = options.iter().filter_map(|(key, _)| key.as_text());
            keys.any(|key| NOTED.contains(&key))
                || [body, rescue, always].iter().any(|part| act(part))
        }
        Call::Include { .. } | Call::Notify { .. } => true,
    })
}
