//! Names that the run itself defines.

/// Names that the run itself defines; no layer can override them.
pub const RESERVED: &[(&str, &str)] = &[
    ("inventory_hostname", "name of the host in the inventory"),
    ("inventory_hostname_short", "its part before the first dot"),
    ("inventory_dir", "folder of the inventory"),
    ("inventory_file", "path of the inventory"),
    ("group_names", "groups the host is in, sorted"),
    ("groups", "group name to its hosts"),
    ("hostvars", "host name to that host's variables and facts"),
    ("play_hosts", "hosts of the batch that have not failed"),
    (
        "ansible_play_hosts",
        "hosts of the play that have not failed",
    ),
    ("ansible_play_hosts_all", "hosts of the play"),
    (
        "ansible_play_batch",
        "hosts of the batch that have not failed",
    ),
    ("ansible_play_name", "name of the play"),
    ("playbook_dir", "folder of the playbook"),
    ("role_name", "name of the role the task is in"),
    ("ansible_role_name", "the same"),
    ("role_path", "folder of the role the task is in"),
    (
        "ansible_parent_role_names",
        "roles that brought this one in, the nearest first",
    ),
    ("role_names", "roles of the play"),
    ("ansible_play_role_names", "roles of the play"),
    (
        "ansible_dependent_role_names",
        "roles that those of the play depend on",
    ),
    (
        "ansible_role_names",
        "roles of the play and those they depend on",
    ),
    (
        "ansible_failed_task",
        "task that failed last on the host, if a rescue ran",
    ),
    ("ansible_failed_result", "result of that task"),
    (
        "ansible_search_path",
        "folders that a task's files are searched in",
    ),
    ("ansible_check_mode", "whether this is a check run"),
    ("ansible_diff_mode", "whether differences are shown"),
    ("ansible_verbosity", "number of -v"),
    ("ansible_run_tags", "tags asked for"),
    ("ansible_skip_tags", "tags left out"),
    ("ansible_limit", "what --limit said"),
    ("ansible_forks", "hosts at a time"),
    (
        "ansible_version",
        "the version of the Ansible language understood",
    ),
    ("rmqplay_version", "the version of rmqplay"),
    (
        "omit",
        "as the value of an argument: leave the argument out",
    ),
    ("vars", "all variables by name"),
];
