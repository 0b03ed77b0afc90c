//! Files created under a temporary name and then moved to their place, and their removal otherwise.

use super::login::random_word;
use super::script::Library;
use crate::host::HostError;

/// Makes a shell remove unfinished files when it ends.
pub(super) const UNFINISHED: Library = Library {
    name: "unfinished",
    text: include_str!("unfinished.sh"),
};

/// Shell text that removes what killed shells have left behind.
pub(super) const SWEEP: &str = "rmq_sweep;";

/// What the names of such files begin with.
pub(super) const TEMPORARY: &str = ".rmqplay-";

/// Returns a temporary name for something that is moved to its place when complete.
pub(super) fn temporary_name() -> Result<String, HostError> {
    Ok(format!("{TEMPORARY}{}", random_word()?))
}
