//! What a module may use while it plans.

use super::ModuleError;
use crate::archive::Store;
use crate::files::Files;
use crate::host::Probe;
use crate::template::Syntax;
use crate::value::{Fields, Value};
use crate::yaml::Node;
use std::collections::BTreeMap;
use std::path::Path;

/// What a module may use while it plans.
pub struct PlanContext<'a> {
    /// The host, to look at.
    pub host: &'a Probe,
    /// Where files and templates of the controller are searched.
    pub files: &'a Files,
    /// Archives that this run has read, for all its hosts.
    pub archives: &'a Store,
    /// Templates and expressions with the task's variables.
    pub templates: &'a dyn Templates,
    /// The task's `environment`, for commands.
    pub environment: &'a BTreeMap<String, String>,
    /// The arguments named in `BuiltIn::RAW`, as written.
    pub raw: &'a BTreeMap<String, Node>,
    /// The arguments of a module that takes any (`set_fact`) whose values check mode cannot know.
    pub unknown: &'a Fields,
    /// Whether the module plans again, after the steps of a first change ([`Change::again`]).
    ///
    /// [`Change::again`]: crate::change::Change::again
    pub again: bool,
}

/// What a module may ask of the run: templates and expressions with the variables of the task at
/// hand, and the person at the terminal.
pub trait Templates {
    /// Renders a template file of the controller.
    fn file(&self, path: &Path, syntax: &Syntax) -> Result<String, ModuleError>;

    /// Evaluates an expression, such as `debug`'s `var`; the value is undefined if a variable in
    /// it is.
    fn expression(&self, expression: &Node) -> Result<Value, ModuleError>;

    /// Returns the first condition that does not hold, such as of `assert`'s `that`.
    fn first_false<'n>(&self, conditions: &'n [Node]) -> Result<Option<&'n Node>, ModuleError>;

    /// Returns the verbosity of the run (number of `-v`).
    fn verbosity(&self) -> u8;

    /// Returns whether what Ansible accepts without a word is accepted so.
    fn is_lenient(&self) -> bool {
        false
    }

    /// Returns the run in words: which playbook, who, on which machine and since when.
    fn run_name(&self) -> String {
        "a run".to_owned()
    }

    /// Asks the person at the terminal, who sees what they type if `echo`; nothing where nobody
    /// can be asked. Fails if they call the run off instead.
    fn ask(&self, prompt: &str, echo: bool) -> Result<Option<String>, ModuleError> {
        let _ = (prompt, echo);
        Ok(None)
    }
}
