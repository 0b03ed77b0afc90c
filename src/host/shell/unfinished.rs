//! What is made under a name of ours and then moved to its place, and what removes it otherwise.

use super::login::random_word;
use super::script::Library;
use crate::host::HostError;

/// What makes a shell remove whatever is unfinished when it ends.
pub(super) const UNFINISHED: Library = Library {
    name: "unfinished",
    text: include_str!("unfinished.sh"),
};

/// Shell text that removes what shells that were killed have left.
pub(super) const SWEEP: &str = "rmq_sweep;";

/// Returns a name for something that is moved to its place when it is complete.
pub(super) fn temporary_name() -> Result<String, HostError> {
    Ok(format!(".rmqplay-{}", random_word()?))
}
