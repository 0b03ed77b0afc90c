//! A task, and the keywords shared by tasks, blocks, roles and plays.

use super::load::short_name;
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
    /// A tasks file or a role that is read when a host reaches it (`include_*`).
    Include(Arc<Include>),
    /// A role imported in a list of tasks (`import_role`); `import_tasks` is a block.
    Role(Arc<RoleUse>),
    /// A script in place of a tasks file, or a handler in one.
    Script(Arc<Script>),
}

/// A module and its arguments, with all keywords.
#[derive(Debug, Clone)]
pub struct Task {
    /// Where the task starts.
    pub place: Place,
    /// Its name as written; may contain templates.
    pub name: Option<Node>,
    /// The role, which is shown before the task's name, and whose folders are searched first.
    pub role: Option<Arc<super::RoleName>>,
    /// The folder of the file it was read from, searched for files and templates too.
    pub folder: LocalPath,
    /// Its module and arguments.
    pub action: Action,
    /// Keywords shared with blocks, roles and plays.
    pub keywords: Keywords,
    /// `loop`, `with_*`.
    pub repeat: Option<Loop>,
    /// `register`.
    pub register: Option<Node>,
    /// `notify`: names of handlers; may contain templates.
    pub notify: Vec<Node>,
    /// `listen` of a handler.
    pub listen: Vec<Node>,
    /// `changed_when`: all must be true.
    pub changed_when: Option<Vec<Node>>,
    /// `failed_when`: all must be true.
    pub failed_when: Option<Vec<Node>>,
    /// `until`, `retries`, `delay`.
    pub until: Option<Until>,
    /// `async`: how many seconds it may take.
    pub r#async: Option<Node>,
    /// `poll`: seconds between checks; 0 to continue immediately.
    pub poll: Option<Node>,
}

/// The module of a task and its arguments.
#[derive(Debug, Clone)]
pub struct Action {
    /// The name as written, without `ansible.builtin.` and `ansible.legacy.`; with `action:` it may
    /// be a template.
    pub module: String,
    /// The place of the name.
    pub place: Place,
    /// The arguments. Free text (`command: ls`) is the single entry `_raw_params`, and `key=value`
    /// text is split. Arguments from one template (`set_fact: "{{ x }}"`, `args: "{{ x }}"`) are
    /// the entry `_variable_params`: a mapping once rendered, overridden by the others.
    pub arguments: Map,
}

impl Action {
    /// Returns the same arguments for the module of this name.
    #[must_use]
    pub fn with_module(&self, name: &str) -> Self {
        Self {
            module: short_name(name).to_owned(),
            ..self.clone()
        }
    }
}

/// `until`, `retries` and `delay`.
#[derive(Debug, Clone)]
pub struct Until {
    /// All must be true; without any, the task is repeated until it does not fail.
    pub conditions: Vec<Node>,
    /// The number of attempts; 3 by default.
    pub retries: Option<Node>,
    /// Seconds between attempts; 5 by default.
    pub delay: Option<Node>,
}

/// What a task is repeated over.
#[derive(Debug, Clone)]
pub struct Loop {
    /// `None` for `loop`, or the lookup of `with_LOOKUP`: `items`, `dict`, `first_found`, …
    pub lookup: Option<String>,
    /// The items: a list, or an expression that evaluates to one.
    pub items: Node,
    /// The kind of files that the task works with, where a lookup of files searches first: `files`,
    /// `templates` or `vars`.
    pub files: &'static str,
    /// `loop_control`.
    pub control: LoopControl,
}

impl Loop {
    /// Returns the name of the variable for the item.
    pub fn variable(&self) -> &str {
        self.control.loop_var.as_deref().unwrap_or("item")
    }
}

/// `loop_control`, with Ansible's defaults.
#[derive(Debug, Clone, Default)]
pub struct LoopControl {
    /// The variable for the item; `item` by default. May be a template.
    pub loop_var: Option<String>,
    /// The variable for the index, starting at 0. May be a template.
    pub index_var: Option<String>,
    /// What is shown instead of the item.
    pub label: Option<Node>,
    /// Seconds between items.
    pub pause: Option<Node>,
    /// Whether `ansible_loop` is set.
    pub extended: bool,
    /// Whether to leave out `ansible_loop.allitems` (`extended_allitems: false`).
    pub without_all_items: bool,
    /// The loop ends after an item for which all are true.
    pub break_when: Vec<Node>,
}

/// Keywords shared by plays, roles, blocks and tasks, each as written; empty if not set.
///
/// The one nearest to the task wins, except that `when`, `tags`, `vars` and `environment` add up.
#[derive(Debug, Clone, Default)]
pub struct Keywords {
    /// `when`: all must be true.
    pub when: Vec<Node>,
    /// `tags`.
    pub tags: Vec<String>,
    /// Those of `tags` that are templates: which tags they mean is known once a host gets there.
    pub tag_templates: Vec<Node>,
    /// `vars`.
    pub vars: Map,
    /// `environment`: mappings, or templates that evaluate to one, in order.
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
    /// `debugger`: parsed and ignored, as without a terminal.
    pub debugger: Option<Node>,
}
