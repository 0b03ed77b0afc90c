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

/// The folder of jobs of the background, unless `ansible_async_dir` names another.
pub const FOLDER_OF_JOBS: &str = "~/.ansible_async";

/// Everything a module can use while it plans.
pub struct PlanContext<'a> {
    /// The host, read-only.
    pub host: &'a Probe,
    /// Where to search for files and templates of the controller.
    pub files: &'a Files,
    /// Archives read during this run, shared by all its hosts.
    pub archives: &'a Store,
    /// Templates and expressions with the task's variables.
    pub templates: &'a dyn Templates,
    /// The task's `environment`, for commands.
    pub environment: &'a BTreeMap<String, String>,
    /// The arguments named in `BuiltIn::RAW`, as written.
    pub raw: &'a BTreeMap<String, Node>,
    /// Arguments whose values check mode cannot know, of a module that takes any (`set_fact`).
    pub unknown: &'a Fields,
    /// Whether the module plans again, after the steps of a first change ([`Change::again`]).
    ///
    /// [`Change::again`]: crate::change::Change::again
    pub again: bool,
}

/// What a module can ask of the run: rendering with the variables of the current task, and input
/// from the user at the terminal.
pub trait Templates {
    /// Renders a template file of the controller with further variables.
    fn file(&self, path: &Path, syntax: &Syntax, variables: Fields) -> Result<String, ModuleError>;

    /// Evaluates an expression, such as `debug`'s `var`. Returns undefined if the expression uses
    /// an undefined variable.
    fn expression(&self, expression: &Node) -> Result<Value, ModuleError>;

    /// Returns the first false condition, such as one of `assert`'s `that`.
    fn first_false<'n>(&self, conditions: &'n [Node]) -> Result<Option<&'n Node>, ModuleError>;

    /// Returns the verbosity of the run (number of `-v`).
    fn verbosity(&self) -> u8;

    /// Returns whether to accept silently what only Ansible accepts.
    fn is_lenient(&self) -> bool {
        false
    }

    /// Returns the host's name in the inventory.
    fn host_name(&self) -> String {
        "localhost".to_owned()
    }

    /// Returns the folder of the host in which jobs of the background keep their files.
    fn folder_of_jobs(&self) -> String {
        FOLDER_OF_JOBS.to_owned()
    }

    /// Describes the run: its playbook, user, machine and start time.
    fn run_name(&self) -> String {
        "a run".to_owned()
    }

    /// Shows a text to the user while the task runs.
    fn tell(&self, text: &str) {
        let _ = text;
    }

    /// Asks the user at the terminal and echoes their input if `echo`. Returns `None` if there is
    /// no terminal, and an error if the user aborts the run or ends the input.
    fn ask(&self, prompt: &str, echo: bool) -> Result<Option<String>, ModuleError> {
        let _ = (prompt, echo);
        Ok(None)
    }
}
