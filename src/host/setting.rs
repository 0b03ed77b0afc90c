//! What one command of a machine tells and others set.

use super::Command;

/// What one command of a machine tells and others set: a kernel parameter, the state of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What it is, for differences: `unit sshd.service`.
    pub name: String,
    /// Tells it, and changes nothing.
    pub teller: Command,
    /// What that prints now.
    pub before: String,
    /// What it will print.
    pub after: String,
    /// Set it, in this order.
    pub setters: Vec<Command>,
    /// Whether programs may come to the machine with it.
    pub brings_programs: bool,
}
