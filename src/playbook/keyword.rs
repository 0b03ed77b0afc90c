//! The keywords of plays, roles, blocks and tasks: where each is allowed and what it takes.

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
    /// The kind of value it takes.
    pub kind: Kind,
    /// Where it is allowed.
    pub levels: &'static [Level],
    /// What it means, in one line.
    pub meaning: &'static str,
}

/// A level at which keywords are allowed.
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
    /// `apply` of an include, whose keywords go to the included tasks.
    Apply,
}

impl Level {
    /// Returns the name for messages: `a play`.
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

/// Returns the keyword with this name at any level.
pub fn keyword(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Returns the names of the keywords allowed at `level`.
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

/// Every keyword, sorted by name; tasks and includes also allow `with_LOOKUP`.
#[rustfmt::skip]
pub const KEYWORDS: &[Keyword] = &[
    entry("action", Any, TASK, "the module and its arguments in one: `copy src=a dest=b`"),
    entry("always", Items, &[Block], "tasks that run whether or not the block failed"),
    entry("any_errors_fatal", Boolean, SHARED, "a failure on one host ends the play for all"),
    entry("args", Arguments, &[Task, Handler, Import, Include], "more arguments of the module"),
    entry("async", Whole, TASK, "seconds the task may take"),
    entry("become", Boolean, SHARED, "run as another user"),
    entry("become_exe", Text, SHARED, "the program that changes the user"),
    entry("become_flags", Text, SHARED, "options for that program"),
    entry("become_method", Text, SHARED, "how to change the user, such as sudo"),
    entry("become_user", Text, SHARED, "the user to become"),
    entry("block", Items, &[Block], "tasks that belong together"),
    entry("changed_when", Conditions, TASK, "when the task counts as changed"),
    entry("check_mode", Boolean, SHARED, "only predict, or run even with --check"),
    entry("collections", Texts, SHARED_AND_INCLUDE, "accepted, but has no effect"),
    entry("connection", Text, SHARED, "how to reach hosts: ssh or local"),
    entry("debugger", Any, SHARED_AND_INCLUDE, "accepted, but has no effect"),
    entry("delay", Number, TASK, "seconds between attempts of `until`"),
    entry("delegate_facts", Boolean, BELOW_PLAY, "facts belong to the delegate host"),
    entry("delegate_to", Text, BELOW_PLAY, "the host to run the task on instead"),
    entry("diff", Boolean, SHARED, "show differences, or never"),
    entry("environment", Environment, SHARED, "environment variables"),
    entry("fact_path", Text, &[Play], "folder of local facts"),
    entry("failed_when", Conditions, TASK, "when the task counts as failed"),
    entry("force_handlers", Boolean, &[Play], "run notified handlers on failed hosts too"),
    entry("gather_facts", Boolean, &[Play], "whether to gather facts at the start"),
    entry("gather_subset", Texts, &[Play], "which facts to gather"),
    entry("gather_timeout", Whole, &[Play], "seconds that gathering may take"),
    entry("handlers", Items, &[Play], "tasks that run once when notified"),
    entry("hosts", Texts, &[Play], "the hosts: a pattern or a list of patterns"),
    entry("ignore_errors", Boolean, SHARED_AND_INCLUDE, "continue after a failure"),
    entry("ignore_unreachable", Boolean, SHARED, "continue with an unreachable host"),
    entry("import_playbook", Text, &[ImportPlaybook], "insert the plays of another file"),
    entry("listen", Texts, &[Handler, Include], "topics that notify this handler too"),
    entry("local_action", Any, TASK, "like `action`, but on the controller"),
    entry("loop", Any, TASK_OR_INCLUDE, "repeat the task for each item"),
    entry("loop_control", Mapping, TASK_OR_INCLUDE, "variable names, label, pause and end of a loop"),
    entry("max_fail_percentage", Percent, &[Play], "end the play if more hosts have failed"),
    entry("module_defaults", Mappings, SHARED, "default arguments by module"),
    entry("name", Text, NAMED, "the name to show"),
    entry("no_log", Boolean, SHARED_AND_INCLUDE, "never show arguments and results"),
    entry("notify", Texts, &[Block, Task, Handler, Import, Apply], "handlers to run after a change"),
    entry("order", Text, &[Play], "the order of the hosts"),
    entry("poll", Whole, TASK, "with `async`: 0 leaves the task running in the background"),
    entry("port", Whole, SHARED, "the port of sshd"),
    entry("post_tasks", Items, &[Play], "tasks that run last"),
    entry("pre_tasks", Items, &[Play], "tasks that run before the roles"),
    entry("register", Text, TASK_OR_INCLUDE, "the variable for the result"),
    entry("remote_user", Text, SHARED, "the user to log in as"),
    entry("rescue", Items, &[Block], "tasks that run if the block failed"),
    entry("retries", Whole, TASK, "number of attempts of `until`, by default 3"),
    entry("role", Text, &[Role], "the name of the role"),
    entry("roles", List, &[Play], "roles that run before the tasks"),
    entry("run_once", Boolean, SHARED_AND_INCLUDE, "run on the first host only; the result is for all"),
    entry("serial", Any, &[Play], "hosts at a time: a number, a percentage or a list of these"),
    entry("strategy", Text, &[Play], "how hosts go through the tasks: linear, free or host_pinned"),
    entry("tags", Texts, ALL, "names for --tags and --skip-tags"),
    entry("tasks", Items, &[Play], "the tasks"),
    entry("throttle", Whole, SHARED, "hosts at a time for a task"),
    entry("timeout", Whole, SHARED_AND_INCLUDE, "seconds a task may take"),
    entry("until", Conditions, TASK, "repeat the task until this is true"),
    entry("user", Text, &[Play], "an older name of `remote_user`"),
    entry("vars", Mapping, ALL, "variables"),
    entry("vars_files", Any, &[Play], "files of variables; of a nested list, the first that exists"),
    entry("vars_prompt", Mappings, &[Play], "variables to ask for at the start"),
    entry("when", Conditions, CONDITIONAL, "run only if this is true"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_and_named_once() {
        assert!(KEYWORDS.is_sorted_by(|a, b| a.name < b.name));
    }
}
