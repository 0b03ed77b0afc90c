//! A task and the keywords that tasks, blocks, roles and plays share.

use super::{Block, Include, RoleUse, Script};
use crate::source::{LocalPath, Place};
use crate::yaml::{Map, Node};
use std::sync::Arc;

/// One entry of a list of tasks.
#[derive(Debug, Clone)]
pub enum Item {
    /// A task.
    Task(Arc<Task>),
    /// A block of items.
    Block(Arc<Block>),
    /// A file of tasks or a role that is read when the host gets there (`include_*`).
    Include(Arc<Include>),
    /// A role imported among tasks (`import_role`); `import_tasks` is a block.
    Role(Arc<RoleUse>),
    /// A script in place of a file of tasks, or a handler in one.
    Script(Arc<Script>),
}

/// A module and its arguments, with everything that says when and how it runs.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where the task starts.
    pub place: Place,
    /// Its name as written; may hold templates.
    pub name: Option<Node>,
    /// The role whose name is shown before the task's, and whose folders are searched first.
    pub role: Option<Arc<super::RoleName>>,
    /// The folder of the file it was read from, searched for files and templates too.
    pub folder: LocalPath,
    /// What it does.
    pub action: Action,
    /// Keywords that blocks, roles and plays know as well.
    pub keywords: Keywords,
    /// `loop`, `with_*`.
    pub repeat: Option<Loop>,
    /// `register`.
    pub register: Option<Node>,
    /// `notify`: names of handlers; may hold templates.
    pub notify: Vec<Node>,
    /// `listen` of a handler.
    pub listen: Vec<Node>,
    /// `changed_when`: all must hold.
    pub changed_when: Option<Vec<Node>>,
    /// `failed_when`: all must hold.
    pub failed_when: Option<Vec<Node>>,
    /// `until`, `retries`, `delay`.
    pub until: Option<Until>,
    /// `async`: seconds it may run in the background.
    pub r#async: Option<Node>,
    /// `poll`: seconds between two looks at it; 0 to go on at once.
    pub poll: Option<Node>,
}

/// The module of a task and what it is given.
#[derive(Debug, Clone)]
pub struct Action {
    /// The name as written, `ansible.builtin.` and `ansible.legacy.` removed; with `action:` it may
    /// be a template.
    pub module: String,
    /// Where the name stands.
    pub place: Place,
    /// The arguments; a free form (`command: ls`) is the one entry `_raw_params` here, and
    /// `key=value` text is taken apart. Arguments that come as one template (`set_fact: "{{ x }}"`,
    /// `args: "{{ x }}"`) are the entry `_variable_params`: a mapping once rendered, under the
    /// others.
    pub arguments: Map,
}

/// `until`, `retries` and `delay`.
#[derive(Debug, Clone)]
pub struct Until {
    /// All must hold; without any the task is repeated until it does not fail.
    pub conditions: Vec<Node>,
    /// How often at the most; 3 if not given.
    pub retries: Option<Node>,
    /// Seconds between two tries; 5 if not given.
    pub delay: Option<Node>,
}

/// What a task is repeated over.
#[derive(Debug, Clone)]
pub struct Loop {
    /// `None` for `loop`, or the lookup of `with_LOOKUP`: `items`, `dict`, `first_found`, …
    pub lookup: Option<String>,
    /// The items: a list, or an expression that gives one.
    pub items: Node,
    /// The kind of files that the task is about, which a lookup of files looks for first: `files`,
    /// `templates` or `vars`.
    pub files: &'static str,
    /// `loop_control`.
    pub control: LoopControl,
}

impl Loop {
    /// Returns the name of the variable that holds the item.
    pub fn variable(&self) -> &str {
        self.control.loop_var.as_deref().unwrap_or("item")
    }
}

/// `loop_control`; absent means Ansible's defaults.
#[derive(Debug, Clone, Default)]
pub struct LoopControl {
    /// The variable that holds the item; `item` if not given. May be a template.
    pub loop_var: Option<String>,
    /// The variable that holds the index, from 0. May be a template.
    pub index_var: Option<String>,
    /// What is shown instead of the item.
    pub label: Option<Node>,
    /// Seconds between two items.
    pub pause: Option<Node>,
    /// Whether `ansible_loop` is set.
    pub extended: bool,
    /// Whether `ansible_loop.allitems` is left out (`extended_allitems: false`).
    pub without_all_items: bool,
    /// The loop ends after an item for which all hold.
    pub break_when: Vec<Node>,
}

/// Keywords that plays, roles, blocks and tasks share; each as written, empty where not given.
///
/// What is nearer to the task wins, but `when`, `tags`, `vars` and `environment` add up.
#[derive(Debug, Clone, Default)]
pub struct Keywords {
    /// `when`: all must hold.
    pub when: Vec<Node>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `vars`.
    pub vars: Map,
    /// `environment`: mappings, or templates that give one, in order.
    pub environment: Vec<Node>,
    /// `module_defaults`: module name to arguments.
    pub module_defaults: Map,
    /// `become`.
    pub r#become: Option<Node>,
    /// `become_user`.
    pub become_user: Option<Node>,
    /// `become_method`.
    pub become_method: Option<Node>,
    /// `become_flags`.
    pub become_flags: Option<Node>,
    /// `become_exe`.
    pub become_exe: Option<Node>,
    /// `remote_user`.
    pub remote_user: Option<Node>,
    /// `connection`.
    pub connection: Option<Node>,
    /// `port`.
    pub port: Option<Node>,
    /// `delegate_to`.
    pub delegate_to: Option<Node>,
    /// `delegate_facts`.
    pub delegate_facts: Option<Node>,
    /// `run_once`.
    pub run_once: Option<Node>,
    /// `ignore_errors`.
    pub ignore_errors: Option<Node>,
    /// `ignore_unreachable`.
    pub ignore_unreachable: Option<Node>,
    /// `any_errors_fatal`.
    pub any_errors_fatal: Option<Node>,
    /// `no_log`.
    pub no_log: Option<Node>,
    /// `check_mode`.
    pub check_mode: Option<Node>,
    /// `diff`.
    pub diff: Option<Node>,
    /// `timeout` in seconds.
    pub timeout: Option<Node>,
    /// `throttle`: hosts at a time for this task.
    pub throttle: Option<Node>,
    /// `debugger`: read and ignored, as without a terminal.
    pub debugger: Option<Node>,
}
