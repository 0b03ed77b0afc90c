//! A lock that one run at a time holds on a machine.

/// A lock that one run at a time holds on a machine, until the run ends, in whatever way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lock {
    /// Its name, of letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// The run that wants it: who, on which machine, which playbook and since when. What is different
    /// is another run.
    pub holder: String,
}
