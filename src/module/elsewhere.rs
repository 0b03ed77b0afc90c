//! Modules of Ansible that are not part of rmqplay, and what to use instead.

/// What does the work of most modules that are missing.
const INSTEAD: &str = "use command or shell, or write a module in Rhai: see docs/rhai-modules.md, or rmqplay new module NAME";

/// Collections that Ansible brings, whose modules go by their short names too.
const COLLECTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "ansible.builtin",
        &[
            ("expect", "use command with stdin"),
            ("iptables", "use command: iptables"),
            ("mount_facts", "use command: findmnt --json"),
            ("reboot", "use command: reboot, then wait_for_connection"),
            ("subversion", "use command: svn"),
            ("sysvinit", "use service"),
        ],
    ),
    (
        "ansible.posix",
        &[
            ("acl", "use command: setfacl"),
            ("at", "use command: at"),
            ("firewalld", "use command: firewall-cmd"),
            ("patch", "use command: patch"),
            (
                "synchronize",
                "use copy or unarchive, or command: rsync with delegate_to: localhost",
            ),
        ],
    ),
    (
        "community.general",
        &[
            ("archive", "use command: tar"),
            ("capabilities", "use command: setcap"),
            ("composer", "use command: composer"),
            ("cpanm", "use command: cpanm"),
            ("dconf", "use command: dconf"),
            (
                "filesystem",
                "use command: mkfs with creates, or a condition on blkid",
            ),
            ("gem", "use command: gem"),
            ("git_config", "use command: git config"),
            ("homebrew", "use command: brew"),
            ("htpasswd", "use lineinfile with the filter password_hash"),
            ("java_keystore", "use command: keytool"),
            ("lvg", "use command: vgcreate"),
            ("lvol", "use command: lvcreate"),
            ("make", "use command: make"),
            ("npm", "use command: npm"),
            ("nmcli", "use command: nmcli"),
            ("openrc", "use service"),
            ("pacman", INSTEAD),
            ("parted", "use command: parted"),
            ("sefcontext", "use command: semanage fcontext"),
            ("seport", "use command: semanage port"),
            ("snap", "use command: snap"),
            ("ufw", "use command: ufw"),
            ("xml", "use replace, or template for the whole file"),
            ("zypper", INSTEAD),
        ],
    ),
];

/// A module of Ansible that is not part of rmqplay.
pub(super) struct Elsewhere<'a> {
    /// Its name with that of its collection.
    pub(super) full_name: String,
    /// What to use instead.
    pub(super) instead: &'a str,
}

/// Returns the module of Ansible that a name means, by its short name or its full one. Any name
/// of three parts is that of a module in a collection.
pub(super) fn elsewhere(name: &str) -> Option<Elsewhere<'static>> {
    let named = COLLECTIONS.iter().find_map(|(collection, modules)| {
        let below = name.strip_prefix(collection);
        let short = below
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(name);
        let (short, instead) = modules.iter().find(|(known, _)| *known == short)?;
        Some(Elsewhere {
            full_name: format!("{collection}.{short}"),
            instead,
        })
    });
    let of_collection = || Elsewhere {
        full_name: name.to_owned(),
        instead: INSTEAD,
    };
    named.or_else(|| (name.split('.').count() == 3).then(of_collection))
}
