//! A script in place of a tasks file.

use super::{Item, RoleName};
use crate::script::outline::Outline;
use crate::script::{Console, Program};
use crate::source::{LocalPath, Place};
use crate::yaml::Node;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A script in place of a tasks file, or one handler in it.
#[derive(Debug, Clone)]
pub struct Script {
    /// The start of the file.
    pub place: Place,
    /// The program to run.
    pub program: Arc<Program>,
    /// What is known of it before it runs.
    pub outline: Arc<Outline>,
    /// The role it belongs to.
    pub role: Option<Arc<RoleName>>,
    /// The folder of its file.
    pub folder: LocalPath,
    /// Whether its tasks are handlers.
    pub handlers: bool,
    /// The tasks known before it runs: for lists and checks, and for when none of it should run.
    /// Computed tasks are missing.
    pub items: Vec<Item>,
    /// The same for each call of `task` and `block`, by its byte offset.
    pub tasks: BTreeMap<usize, Vec<Item>>,
    /// The handler, if this is not the whole script.
    pub handler: Option<ScriptHandler>,
    /// The console that it was typed into, if any.
    pub console: Option<Arc<Console>>,
}

/// A handler that is a `task` of a script.
#[derive(Debug, Clone)]
pub struct ScriptHandler {
    /// Its name.
    pub name: Node,
    /// The topics it listens to.
    pub listen: Vec<Node>,
    /// The byte offset of its task.
    pub site: usize,
}
