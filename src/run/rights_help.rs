//! What to do if the user of a task lacks the rights for it.

use super::outcome::Outcome;
use crate::host::{Host, Limits, Probe};
use crate::report::Status;
use std::sync::Arc;

/// What systems say of lacking rights.
const LACKING: [&str; 2] = ["Permission denied", "Operation not permitted"];

/// Says how to get the rights that a failed task lacks, unless root lacks them too.
pub(super) fn add(outcome: &mut Outcome, host: &Arc<dyn Host>, limits: &Limits) {
    let says_so = |message: &String| LACKING.iter().any(|lacking| message.contains(lacking));
    let is_known = outcome.help.is_some() || outcome.problem.is_some() || outcome.command.is_some();
    if outcome.status != Status::Failed || is_known || !outcome.message.iter().any(says_so) {
        return;
    }
    // Without the facts there is nothing to add to the message.
    let Ok(facts) = Probe::new(host.clone(), limits.clone()).facts() else {
        return;
    };
    let user = facts.0.get("user_id").and_then(|user| user.as_str());
    if let Some(user) = user.filter(|user| *user != "root") {
        outcome.help = Some(format!(
            "{user} lacks the right: add `become: true`, or set become_user to a user who has it"
        ));
    }
}
