//! A lock that only one run at a time can hold on a machine.

/// A lock that only one run at a time can hold on a machine, until the run ends, for whatever
/// reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lock {
    /// Its name, which consists of letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// The run that wants it: who, on which machine, which playbook and since when. A different
    /// text is another run.
    pub holder: String,
}
