//! The unit of work that a task names, and the registry that turns a name and arguments into one.

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

pub use arguments::{ArgumentError, from_fields, from_value, items};
pub use context::{PlanContext, Templates};
pub use error::ModuleError;
pub use host_paths::HostPaths;
pub use presence::Presence;
pub use registry::{Entry, Make, Registry};
pub use writes::Writes;

use crate::change::Change;

/// Returns the default of an argument that is true unless something else is said.
pub fn yes() -> bool {
    true
}

/// What one task wants of a host. The implementing struct *is* the module's arguments.
pub trait Module: Send {
    /// Returns what must be done on the host, which it may look at but not change.
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError>;
}

/// A built-in module: its argument struct, with what the registry must know about it.
///
/// The struct derives `Deserialize` with `deny_unknown_fields`, and `JsonSchema`; the doc comment
/// of the struct and of its fields are the module's documentation.
pub trait BuiltIn: Module + serde::de::DeserializeOwned + schemars::JsonSchema + 'static {
    /// The name in playbooks.
    const NAME: &'static str;
    /// Further names in playbooks.
    const OTHER_NAMES: &'static [&'static str] = &[];
    /// Further names of arguments, each with the name it stands for.
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
    /// Arguments that are expressions for the module itself to evaluate: they are not rendered.
    const RAW: &'static [&'static str] = &[];
    /// Arguments that are paths of the host: modules get them from the root, without `$NAME` and `~`.
    const PATHS: &'static [&'static str] = &[];
    /// Those that may be relative to something else, such as a link's target: modules get them
    /// without `$NAME` and `~`.
    const RELATIVE_PATHS: &'static [&'static str] = &[];
    /// The argument that text after the module's name goes to (`command: ls -l`).
    const FREE_FORM: Option<&'static str> = None;
    /// Whether any argument name is taken (`set_fact`).
    const ANY_ARGUMENT: bool = false;
    /// Whether it acts once for all hosts, as with `run_once`: a question is asked once.
    const ONCE: bool = false;
    /// What it changes, for check mode when it cannot plan because an argument is not known.
    const WRITES: Writes = Writes::Nothing;
    /// Tasks that show its use; a test runs them.
    const EXAMPLE: &'static str;
    /// Return values: name and meaning.
    const RETURNS: &'static [(&'static str, &'static str)] = &[];
}
