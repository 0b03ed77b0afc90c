//! What the user may do with a path.

use super::{Plan, absolute};
use crate::host::shell::script::Library;
use crate::host::{Access, Answer, HostError};
use camino::Utf8Path;

const ACCESS: Library = Library {
    name: "access",
    text: include_str!("access.sh"),
};

/// Adds a question about what the user may do.
pub(super) fn ask<'a>(
    plan: &mut Plan<'a>,
    index: usize,
    path: &'a Utf8Path,
) -> Result<(), HostError> {
    let path = absolute(path)?;
    plan.call(&[&ACCESS], "rmq_access", [path], move |pieces, answers| {
        let piece = pieces.next()?;
        let access = Access {
            readable: piece.word.contains('r'),
            writable: piece.word.contains('w'),
            executable: piece.word.contains('x'),
        };
        answers.set(index, Answer::Access(access));
        Ok(())
    });
    Ok(())
}
