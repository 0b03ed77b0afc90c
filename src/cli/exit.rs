//! What the exit codes mean.

use std::process::ExitCode;

/// How `rmqplay` ended; the codes are those of `ansible-playbook` if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything went well.
    Ok = 0,
    /// An error in a file other than a playbook, or on this machine.
    Error = 1,
    /// A task failed on a host, or a case of `rmqplay test`; with `--detailed-exitcode`: something changed, or would change.
    HostFailed = 2,
    /// With `--check --detailed-exitcode`: at least one task cannot be predicted, because it depends on something that check mode does not run.
    Unknown = 3,
    /// A host was unreachable, or a playbook is invalid.
    Unreachable = 4,
    /// Bad options.
    Usage = 5,
    /// Interrupted by the user.
    Interrupted = 99,
    /// A bug in rmqplay (a panic), whatever else happened.
    Internal = 250,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
