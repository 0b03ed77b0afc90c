//! The settings of Ansible that rmqplay uses, and those that need no word.

/// A setting of Ansible that rmqplay uses.
#[derive(Debug)]
pub(in crate::cli) struct Setting {
    /// Its name here.
    pub(in crate::cli) name: &'static str,
    /// Its variables of the environment; the first one counts.
    pub(in crate::cli) environment: &'static [&'static str],
    /// Its sections and keys in `ansible.cfg`.
    pub(in crate::cli) keys: &'static [(&'static str, &'static str)],
    /// What its value is.
    pub(in crate::cli) kind: Kind,
    /// What counts without it, for `rmqplay config`.
    pub(in crate::cli) default: &'static str,
}

/// What the value of a setting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    /// Any text.
    Text,
    /// `true`, `yes`, `on`, `1` and their opposites.
    Boolean,
    /// A whole number from the given one.
    Whole(u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A path.
    Path,
    /// Paths separated by `:`.
    Folders,
    /// Inventory sources separated by `,`.
    Sources,
    /// Texts separated by `,`.
    Texts,
    /// Vault IDs separated by `,`.
    VaultIds,
}

const fn setting(
    name: &'static str,
    environment: &'static [&'static str],
    keys: &'static [(&'static str, &'static str)],
    kind: Kind,
    default: &'static str,
) -> Setting {
    Setting {
        name,
        environment,
        keys,
        kind,
        default,
    }
}

/// The section of most settings.
const MAIN: &str = "defaults";
/// The section of those of `become`.
const BECOME: &str = "privilege_escalation";

/// All settings that rmqplay uses, sorted by name.
pub(in crate::cli) const SETTINGS: &[Setting] = &[
    setting(
        "ask_pass",
        &["ANSIBLE_ASK_PASS"],
        &[(MAIN, "ask_pass")],
        Kind::Boolean,
        "false",
    ),
    setting(
        "ask_vault_pass",
        &["ANSIBLE_ASK_VAULT_PASS"],
        &[(MAIN, "ask_vault_pass")],
        Kind::Boolean,
        "false",
    ),
    setting(
        "become",
        &["ANSIBLE_BECOME"],
        &[(BECOME, "become")],
        Kind::Boolean,
        "false",
    ),
    setting(
        "become_ask_pass",
        &["ANSIBLE_BECOME_ASK_PASS"],
        &[(BECOME, "become_ask_pass")],
        Kind::Boolean,
        "false",
    ),
    setting(
        "become_method",
        &["ANSIBLE_BECOME_METHOD"],
        &[(BECOME, "become_method")],
        Kind::Text,
        "sudo",
    ),
    setting(
        "become_password_file",
        &["ANSIBLE_BECOME_PASSWORD_FILE"],
        &[(MAIN, "become_password_file")],
        Kind::Path,
        "",
    ),
    setting(
        "become_user",
        &["ANSIBLE_BECOME_USER"],
        &[(BECOME, "become_user")],
        Kind::Text,
        "root",
    ),
    setting(
        "connection_password_file",
        &["ANSIBLE_CONNECTION_PASSWORD_FILE"],
        &[(MAIN, "connection_password_file")],
        Kind::Path,
        "",
    ),
    setting(
        "diff_always",
        &["ANSIBLE_DIFF_ALWAYS"],
        &[("diff", "always")],
        Kind::Boolean,
        "false",
    ),
    setting(
        "force_handlers",
        &["ANSIBLE_FORCE_HANDLERS"],
        &[(MAIN, "force_handlers")],
        Kind::Boolean,
        "false",
    ),
    setting(
        "forks",
        &["ANSIBLE_FORKS"],
        &[(MAIN, "forks")],
        Kind::Whole(1),
        "50",
    ),
    setting(
        "gathering",
        &["ANSIBLE_GATHERING"],
        &[(MAIN, "gathering")],
        Kind::Word(&["implicit", "explicit", "smart"]),
        "implicit",
    ),
    setting(
        "host_key_checking",
        &["ANSIBLE_SSH_HOST_KEY_CHECKING", "ANSIBLE_HOST_KEY_CHECKING"],
        &[
            ("ssh_connection", "host_key_checking"),
            (MAIN, "host_key_checking"),
        ],
        Kind::Boolean,
        "true",
    ),
    setting(
        "inventory",
        &["RMQPLAY_INVENTORY", "ANSIBLE_INVENTORY"],
        &[(MAIN, "inventory")],
        Kind::Sources,
        "the project's own",
    ),
    setting(
        "private_key_file",
        &["ANSIBLE_PRIVATE_KEY_FILE"],
        &[(MAIN, "private_key_file")],
        Kind::Path,
        "",
    ),
    setting(
        "remote_user",
        &["ANSIBLE_REMOTE_USER"],
        &[(MAIN, "remote_user")],
        Kind::Text,
        "User of ~/.ssh/config, else the local user",
    ),
    setting(
        "roles_path",
        &["ANSIBLE_ROLES_PATH"],
        &[(MAIN, "roles_path")],
        Kind::Folders,
        "~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles",
    ),
    setting(
        "run_tags",
        &["ANSIBLE_RUN_TAGS"],
        &[("tags", "run")],
        Kind::Texts,
        "",
    ),
    setting(
        "skip_tags",
        &["ANSIBLE_SKIP_TAGS"],
        &[("tags", "skip")],
        Kind::Texts,
        "",
    ),
    setting(
        "task_timeout",
        &["ANSIBLE_TASK_TIMEOUT"],
        &[(MAIN, "task_timeout")],
        Kind::Whole(0),
        "1800",
    ),
    setting(
        "timeout",
        &["ANSIBLE_SSH_TIMEOUT", "ANSIBLE_TIMEOUT"],
        &[("ssh_connection", "timeout"), (MAIN, "timeout")],
        Kind::Whole(1),
        "ConnectTimeout of ~/.ssh/config, else 10",
    ),
    setting(
        "transport",
        &["ANSIBLE_TRANSPORT"],
        &[(MAIN, "transport")],
        Kind::Text,
        "ssh",
    ),
    setting(
        "vault_encrypt_identity",
        &["ANSIBLE_VAULT_ENCRYPT_IDENTITY"],
        &[(MAIN, "vault_encrypt_identity")],
        Kind::Text,
        "",
    ),
    setting(
        "vault_identity_list",
        &["ANSIBLE_VAULT_IDENTITY_LIST"],
        &[(MAIN, "vault_identity_list")],
        Kind::VaultIds,
        "",
    ),
    setting(
        "vault_password_file",
        &["ANSIBLE_VAULT_PASSWORD_FILE"],
        &[(MAIN, "vault_password_file")],
        Kind::Path,
        "",
    ),
    setting(
        "verbosity",
        &["ANSIBLE_VERBOSITY"],
        &[(MAIN, "verbosity")],
        Kind::Whole(0),
        "0",
    ),
];

/// Settings without a meaning here: they tune Python, the way Ansible connects, or warnings that
/// rmqplay does not have. They are ignored silently.
pub(super) const SILENT: &[&str] = &[
    "action_warnings",
    "allow_world_readable_tmpfiles",
    "ansible_home",
    "any_unparsed_is_failed",
    "color",
    "command_warnings",
    "config",
    "control_path",
    "control_path_dir",
    "cow_path",
    "cow_selection",
    "cow_whitelist",
    "deprecation_warnings",
    "devel_warning",
    "executable",
    "force_color",
    "internal_poll_interval",
    "interpreter_python",
    "inventory_unparsed_warning",
    "local_tmp",
    "localhost_warning",
    "module_compression",
    "module_set_locale",
    "nocolor",
    "nocows",
    "pipelining",
    "poll_interval",
    "python_interpreter",
    "remote_tmp",
    "retries",
    "retry_files_enabled",
    "retry_files_save_path",
    "scp_if_ssh",
    "sftp_batch_mode",
    "ssh_executable",
    "ssh_pipelining",
    "ssh_retries",
    "system_warnings",
    "transfer_method",
    "usetty",
];

/// Why some settings that people often have do nothing here; others are only named.
pub(super) const REASONS: &[(&str, &str)] = &[
    (
        "stdout_callback",
        "rmqplay has its own output; see --output and --compat",
    ),
    (
        "callbacks_enabled",
        "rmqplay has no callback plugins; see --events",
    ),
    (
        "callback_whitelist",
        "rmqplay has no callback plugins; see --events",
    ),
    (
        "callback_result_format",
        "rmqplay has its own output; see --output",
    ),
    ("fact_caching", "facts are gathered in each run"),
    ("fact_caching_connection", "facts are gathered in each run"),
    ("fact_caching_timeout", "facts are gathered in each run"),
    ("log_path", "use --events FILE"),
    ("strategy_plugins", "rmqplay has no strategy plugins"),
    (
        "library",
        "rmqplay does not run Python modules; see docs/rhai-modules.md",
    ),
    (
        "filter_plugins",
        "rmqplay does not run Python filters; see docs/rhai-extensions.md",
    ),
    ("lookup_plugins", "rmqplay does not run Python plugins"),
    ("action_plugins", "rmqplay does not run Python plugins"),
    ("callback_plugins", "rmqplay does not run Python plugins"),
    ("inventory_plugins", "rmqplay does not run Python plugins"),
    (
        "hash_behaviour",
        "maps of variables replace each other; use the filter combine",
    ),
    (
        "ssh_args",
        "set the variable ansible_ssh_args, or ~/.ssh/config",
    ),
    (
        "ssh_common_args",
        "set the variable ansible_ssh_common_args, or ~/.ssh/config",
    ),
    (
        "ssh_extra_args",
        "set the variable ansible_ssh_extra_args, or ~/.ssh/config",
    ),
];
