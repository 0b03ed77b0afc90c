//! Which run holds a lock.

use super::Plan;
use crate::host::shell::lock::LOCK;
use crate::host::shell::unfinished::UNFINISHED;
use crate::host::{Answer, Lock};

/// Adds the question which other run holds a lock.
pub(super) fn ask<'a>(plan: &mut Plan<'a>, index: usize, lock: &'a Lock) {
    let words = [&lock.name, &lock.holder];
    plan.call(
        &[&UNFINISHED, &LOCK],
        "rmq_ask_lock",
        words,
        move |pieces, answers| {
            let piece = pieces.next()?;
            let holder = String::from_utf8_lossy(&piece.bytes).trim().to_owned();
            answers.set(
                index,
                Answer::Lock((piece.word == "held").then_some(holder)),
            );
            Ok(())
        },
    );
}
