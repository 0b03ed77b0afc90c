//! What the exit codes mean.

use std::process::ExitCode;

/// How `rmqplay` ends; the codes are `ansible-playbook`'s where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything went well.
    Ok = 0,
    /// A mistake in a file other than a playbook, or something on this machine.
    Error = 1,
    /// A task failed on a host, or a case of `rmqplay test`; with `--detailed-exitcode`: something changed, or would change.
    HostFailed = 2,
    /// With `--check --detailed-exitcode`: at least one task cannot be predicted, because it depends on something that check mode does not run.
    Unknown = 3,
    /// A host was unreachable, or a playbook cannot be read or is wrong.
    Unreachable = 4,
    /// Bad options.
    Usage = 5,
    /// Called off by the user.
    Interrupted = 99,
    /// rmqplay itself made a mistake (a panic), whatever else happened.
    Internal = 250,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
