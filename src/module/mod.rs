//! The unit of work behind a task, and the registry that builds one from a name and arguments.

mod ansible_words;
mod argument;
mod arguments;
mod choice;
mod context;
mod elsewhere;
mod error;
mod host_paths;
pub mod manual;
mod page;
mod presence;
mod registry;
mod writes;

pub use arguments::{ArgumentError, Fault, from_fields, from_value, items};
pub use context::{FOLDER_OF_JOBS, PlanContext, Templates};
pub use error::ModuleError;
pub use host_paths::HostPaths;
pub use presence::Presence;
pub use registry::{Entry, Make, Registry};
pub use writes::Writes;

use crate::change::Change;

/// Returns the default of an argument that is true unless set.
pub fn yes() -> bool {
    true
}

/// One task's desired state of a host. The implementing struct *is* the module's arguments.
pub trait Module: Send {
    /// Returns the steps the host needs. The probe is read-only.
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError>;

    /// Returns what its arguments alone show to be doubtful, for `rmqplay check`.
    fn doubt(&self) -> Option<String> {
        None
    }
}

/// A built-in module: its argument struct and what the registry must know about it.
///
/// The struct derives `Deserialize` with `deny_unknown_fields`, and `JsonSchema`; the doc comment
/// of the struct and of its fields are the module's documentation.
pub trait BuiltIn: Module + serde::de::DeserializeOwned + schemars::JsonSchema + 'static {
    /// The name in playbooks.
    const NAME: &'static str;
    /// Further names in playbooks.
    const OTHER_NAMES: &'static [&'static str] = &[];
    /// Argument aliases, each with the argument it is for.
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
    /// Arguments that the module evaluates itself: they are not rendered first.
    const RAW: &'static [&'static str] = &[];
    /// Arguments that are paths on the host: modules get them absolute, with `$NAME` and `~`
    /// expanded.
    const PATHS: &'static [&'static str] = &[];
    /// Paths that may be relative to something else, such as a link's target: modules get them with
    /// `$NAME` and `~` expanded.
    const RELATIVE_PATHS: &'static [&'static str] = &[];
    /// The argument that holds free text after the module's name (`command: ls -l`).
    const FREE_FORM: Option<&'static str> = None;
    /// Whether the module takes any argument name (`set_fact`).
    const ANY_ARGUMENT: bool = false;
    /// Whether the module runs once for all hosts, like `run_once`: a prompt appears once.
    const ONCE: bool = false;
    /// What the module changes, for check mode if an unknown argument keeps it from planning.
    const WRITES: Writes = Writes::Nothing;
    /// Example tasks for the documentation; a test runs them.
    const EXAMPLE: &'static str;
    /// Return values: name and meaning.
    const RETURNS: &'static [(&'static str, &'static str)] = &[];
}
