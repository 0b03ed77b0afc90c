//! A script in place of a file of tasks.

use super::{Item, RoleName};
use crate::script::outline::Outline;
use crate::script::{Console, Program};
use crate::source::{LocalPath, Place};
use crate::yaml::Node;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A script in place of a file of tasks, or one handler in it.
#[derive(Debug, Clone)]
pub struct Script {
    /// The start of the file.
    pub place: Place,
    /// What is run.
    pub program: Arc<Program>,
    /// What is seen of it before it runs.
    pub outline: Arc<Outline>,
    /// The role it belongs to.
    pub role: Option<Arc<RoleName>>,
    /// The folder of its file.
    pub folder: LocalPath,
    /// Whether its tasks are handlers.
    pub handlers: bool,
    /// The tasks that are seen in it before it runs: for lists, for checks, and where none of it
    /// is to run. What it computes is not in them.
    pub items: Vec<Item>,
    /// The same for each call of `task` and `block`, by the byte at which it stands.
    pub tasks: BTreeMap<usize, Vec<Item>>,
    /// The handler that this is; nothing for the whole script.
    pub handler: Option<ScriptHandler>,
    /// What it was typed into, if a person did.
    pub console: Option<Arc<Console>>,
}

/// A handler that is a `task` of a script.
#[derive(Debug, Clone)]
pub struct ScriptHandler {
    /// Its name.
    pub name: Node,
    /// The topics it listens to.
    pub listen: Vec<Node>,
    /// The byte at which its task stands.
    pub site: usize,
}
