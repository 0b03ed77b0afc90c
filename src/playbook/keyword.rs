//! The keywords of plays, roles, blocks and tasks: where each may stand and what it takes.

use super::Kind;
use Kind::{
    Any, Arguments, Boolean, Conditions, Environment, Items, List, Mapping, Mappings, Number,
    Percent, Text, Texts, Whole,
};
use Level::{Apply, Block, Handler, Import, ImportPlaybook, Include, Play, Role, Task};

/// A keyword of the playbook language.
#[derive(Debug)]
pub struct Keyword {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Where it may stand.
    pub levels: &'static [Level],
    /// What it means, in one line.
    pub meaning: &'static str,
}

/// Where a keyword may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A play.
    Play,
    /// `import_playbook` among plays.
    ImportPlaybook,
    /// An entry of `roles` or of a role's dependencies.
    Role,
    /// A block.
    Block,
    /// A task.
    Task,
    /// A handler.
    Handler,
    /// `import_tasks` and `import_role`.
    Import,
    /// `include_tasks` and `include_role`.
    Include,
    /// What `apply` of an include gives to the included tasks.
    Apply,
}

impl Level {
    /// Returns how messages call it: `a play`.
    pub fn name(self) -> &'static str {
        match self {
            Play => "a play",
            ImportPlaybook => "import_playbook",
            Role => "a role",
            Block => "a block",
            Task => "a task",
            Handler => "a handler",
            Import => "an import",
            Include => "an include",
            Apply => "apply",
        }
    }
}

/// Returns the keyword of this name, wherever it may stand.
pub fn keyword(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Returns the names of the keywords that may stand at `level`.
pub fn names(level: Level) -> impl Iterator<Item = &'static str> {
    KEYWORDS
        .iter()
        .filter(move |keyword| keyword.levels.contains(&level))
        .map(|keyword| keyword.name)
}

const TASK: &[Level] = &[Task, Handler];
const TASK_OR_INCLUDE: &[Level] = &[Task, Handler, Include];
const SHARED: &[Level] = &[Play, Role, Block, Task, Handler, Import, Apply];
const SHARED_AND_INCLUDE: &[Level] = &[Play, Role, Block, Task, Handler, Import, Include, Apply];
const BELOW_PLAY: &[Level] = &[Role, Block, Task, Handler, Import, Apply];
const NAMED: &[Level] = &[
    Play,
    ImportPlaybook,
    Role,
    Block,
    Task,
    Handler,
    Import,
    Include,
];
const ALL: &[Level] = &[
    Play,
    ImportPlaybook,
    Role,
    Block,
    Task,
    Handler,
    Import,
    Include,
    Apply,
];
const CONDITIONAL: &[Level] = &[
    ImportPlaybook,
    Role,
    Block,
    Task,
    Handler,
    Import,
    Include,
    Apply,
];

const fn entry(
    name: &'static str,
    kind: Kind,
    levels: &'static [Level],
    meaning: &'static str,
) -> Keyword {
    Keyword {
        name,
        kind,
        levels,
        meaning,
    }
}

/// Every keyword, sorted by name; beside them stands `with_LOOKUP` on tasks and includes.
#[rustfmt::skip]
pub const KEYWORDS: &[Keyword] = &[
    entry("action", Any, TASK, "the module and its arguments in one: `copy src=a dest=b`"),
    entry("always", Items, &[Block], "tasks that run whether the block failed or not"),
    entry("any_errors_fatal", Boolean, SHARED, "a failure on one host ends the play for all"),
    entry("args", Arguments, &[Task, Handler, Import, Include], "further arguments of the module"),
    entry("async", Whole, TASK, "seconds the task may run in the background"),
    entry("become", Boolean, SHARED, "act as another user"),
    entry("become_exe", Text, SHARED, "the program that changes the user"),
    entry("become_flags", Text, SHARED, "options for that program"),
    entry("become_method", Text, SHARED, "how to change the user, such as sudo"),
    entry("become_user", Text, SHARED, "the user to become"),
    entry("block", Items, &[Block], "tasks that belong together"),
    entry("changed_when", Conditions, TASK, "when the task counts as changed"),
    entry("check_mode", Boolean, SHARED, "only predict, or act even under --check"),
    entry("collections", Texts, SHARED_AND_INCLUDE, "accepted and without effect"),
    entry("connection", Text, SHARED, "how hosts are reached: ssh or local"),
    entry("debugger", Any, SHARED_AND_INCLUDE, "accepted and without effect"),
    entry("delay", Number, TASK, "seconds between two tries of `until`"),
    entry("delegate_facts", Boolean, BELOW_PLAY, "facts belong to the host delegated to"),
    entry("delegate_to", Text, BELOW_PLAY, "the host that acts instead"),
    entry("diff", Boolean, SHARED, "show differences, or never"),
    entry("environment", Environment, SHARED, "environment variables"),
    entry("fact_path", Text, &[Play], "folder of local facts"),
    entry("failed_when", Conditions, TASK, "when the task counts as failed"),
    entry("force_handlers", Boolean, &[Play], "notified handlers run on failed hosts too"),
    entry("gather_facts", Boolean, &[Play], "whether facts are gathered at the start"),
    entry("gather_subset", Texts, &[Play], "which facts are gathered"),
    entry("gather_timeout", Whole, &[Play], "seconds that gathering may take"),
    entry("handlers", Items, &[Play], "tasks that run once when notified"),
    entry("hosts", Texts, &[Play], "the hosts: a pattern or a list of patterns"),
    entry("ignore_errors", Boolean, SHARED_AND_INCLUDE, "go on after a failure"),
    entry("ignore_unreachable", Boolean, SHARED, "go on with a host that could not be reached"),
    entry("import_playbook", Text, &[ImportPlaybook], "puts the plays of another file here"),
    entry("listen", Texts, &[Handler, Include], "topics that notify this handler too"),
    entry("local_action", Any, TASK, "as `action`, on the machine rmqplay runs on"),
    entry("loop", Any, TASK_OR_INCLUDE, "repeat the task for each item"),
    entry("loop_control", Mapping, TASK_OR_INCLUDE, "names, label, pause and end of a loop"),
    entry("max_fail_percentage", Percent, &[Play], "more failed hosts than this end the play"),
    entry("module_defaults", Mappings, SHARED, "default arguments by module"),
    entry("name", Text, NAMED, "what is shown"),
    entry("no_log", Boolean, SHARED_AND_INCLUDE, "arguments and results are never shown"),
    entry("notify", Texts, &[Block, Task, Handler, Import, Apply], "handlers to run after a change"),
    entry("order", Text, &[Play], "the order of the hosts"),
    entry("poll", Whole, TASK, "seconds between two looks at an `async` task"),
    entry("port", Whole, SHARED, "the port of sshd"),
    entry("post_tasks", Items, &[Play], "tasks that run last"),
    entry("pre_tasks", Items, &[Play], "tasks that run before the roles"),
    entry("register", Text, TASK_OR_INCLUDE, "the variable that takes the result"),
    entry("remote_user", Text, SHARED, "the user to log in as"),
    entry("rescue", Items, &[Block], "tasks that run when the block failed"),
    entry("retries", Whole, TASK, "how often `until` tries, 3 if not given"),
    entry("role", Text, &[Role], "the name of the role"),
    entry("roles", List, &[Play], "roles that run before the tasks"),
    entry("run_once", Boolean, SHARED_AND_INCLUDE, "only the first host acts, the result is for all"),
    entry("serial", Any, &[Play], "hosts at a time: a number, a percentage or a list of these"),
    entry("strategy", Text, &[Play], "how hosts go through the tasks: linear, free or host_pinned"),
    entry("tags", Texts, ALL, "names for --tags and --skip-tags"),
    entry("tasks", Items, &[Play], "the tasks"),
    entry("throttle", Whole, SHARED, "hosts at a time for a task"),
    entry("timeout", Whole, SHARED_AND_INCLUDE, "seconds a task may take"),
    entry("until", Conditions, TASK, "repeat the task until this holds"),
    entry("user", Text, &[Play], "an older name of `remote_user`"),
    entry("vars", Mapping, ALL, "variables"),
    entry("vars_files", Any, &[Play], "files of variables; of a list within, the first that exists"),
    entry("vars_prompt", Mappings, &[Play], "variables asked for at the start"),
    entry("when", Conditions, CONDITIONAL, "only where this holds"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_and_named_once() {
        assert!(KEYWORDS.is_sorted_by(|a, b| a.name < b.name));
    }
}
