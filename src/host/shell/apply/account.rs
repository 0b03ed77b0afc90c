//! Creates, changes and removes users and groups.

use super::conclude;
use crate::host::shell::ask::ACCOUNTS;
use crate::host::shell::script::{Library, Script};
use crate::host::shell::shell_host::{BASE, ShellHost};
use crate::host::{Aging, Group, HostError, Limits, NewHome, User};
use camino::Utf8Path;

const ACCOUNT: Library = Library {
    name: "account",
    text: include_str!("account.sh"),
};

/// How an account is created, changed or removed.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    /// A system account.
    pub(super) system: bool,
    /// With its home directory.
    pub(super) home: bool,
    /// How that is created.
    pub(super) new_home: &'a NewHome,
    /// Even if another account has its number.
    pub(super) shares_number: bool,
    /// Even while its user is logged in.
    pub(super) forced: bool,
    /// The hash of the password to set.
    pub(super) password: Option<&'a str>,
    /// How long the account and its password are valid.
    pub(super) aging: &'a Aging,
}

/// Creates, changes or removes a user.
pub(super) fn change_user(
    host: &ShellHost,
    before: Option<&User>,
    after: Option<&User>,
    how: How,
    limits: &Limits,
) -> Result<(), HostError> {
    let mut calls = Calls::default();
    let name = match (before, after) {
        (None, None) => return Ok(()),
        (None, Some(user)) => {
            calls.add_user(user, how);
            &user.name
        }
        (Some(before), Some(user)) => {
            calls.change_user(before, user, how);
            &user.name
        }
        (Some(user), None) => {
            calls.remove_user(user, how);
            &user.name
        }
    };
    if let (Some(user), true) = (after, how.home) {
        let home = user.home.as_str();
        let mode = format!("{:05o}", how.new_home.bits());
        let skeleton = how.new_home.skeleton.as_deref();
        let skeleton = skeleton.map_or("/etc/skel", Utf8Path::as_str);
        calls.then(&["rmq_home", &user.name, &user.group, home, &mode, skeleton]);
    }
    if let Some(hash) = how.password {
        calls.then(&["rmq_password", name, hash]);
    }
    if !how.aging.is_empty() {
        calls.set_aging(name, how.aging);
    }
    calls.make(host, &format!("change the user {name}"), limits)
}

/// Creates, changes or removes a group.
pub(super) fn change_group(
    host: &ShellHost,
    before: Option<&Group>,
    after: Option<&Group>,
    system: bool,
    limits: &Limits,
) -> Result<(), HostError> {
    let mut calls = Calls::default();
    let name = match (before, after) {
        (None, None) => return Ok(()),
        (None, Some(group)) => {
            calls.add_group(&group.name, group.gid, system);
            &group.name
        }
        (Some(before), Some(group)) => {
            if before.gid != group.gid {
                let gid = group.gid.to_string();
                calls.either(
                    "groupmod",
                    &[&["groupmod", "-g", &gid, "--", &group.name]],
                    &[],
                );
            }
            &group.name
        }
        (Some(group), None) => {
            let name = group.name.as_str();
            calls.either(
                "groupdel",
                &[&["groupdel", "--", name]],
                &[&["delgroup", name]],
            );
            name
        }
    };
    calls.make(host, &format!("change the group {name}"), limits)
}

/// Program calls, each made only if the previous one succeeded.
struct Calls(Script);

impl Default for Calls {
    fn default() -> Self {
        let mut script = Script::with(&[&BASE, &ACCOUNTS, &ACCOUNT]);
        script.raw(":");
        Self(script)
    }
}

impl Calls {
    /// Adds one call.
    fn then(&mut self, words: &[&str]) {
        self.0.raw(" && ");
        self.words(words);
    }

    fn words(&mut self, words: &[&str]) {
        for word in words {
            self.0.raw(" ");
            self.0.word(word);
        }
    }

    /// Adds the calls for a host with `program`, or otherwise those for the programs of busybox.
    fn either(&mut self, program: &str, shadow: &[&[&str]], busybox: &[&[&str]]) {
        let all = |calls: &mut Self, list: &[&[&str]]| {
            for words in list {
                calls.0.raw("rmq_do");
                calls.words(words);
                calls.0.raw(" && ");
            }
            calls.0.raw(":; ");
        };
        self.0.raw(&format!(" && if rmq_has {program}; then "));
        all(self, shadow);
        if let Some(other) = busybox.first().and_then(|words| words.first()) {
            self.0.raw(&format!("elif rmq_has {other}; then "));
            all(self, busybox);
        }
        self.0.raw(&format!("else rmq_lacks {program}; fi"));
    }

    fn make(mut self, host: &ShellHost, action: &str, limits: &Limits) -> Result<(), HostError> {
        self.0.raw("; rmq_piece \"$?\";");
        conclude(
            &host.request(&self.0, limits)?,
            action,
            Utf8Path::new("/etc/passwd"),
        )
    }

    /// Creates a group. The system chooses its number if that is 0.
    fn add_group(&mut self, name: &str, gid: u32, system: bool) {
        let gid = gid.to_string();
        let mut shadow = vec!["groupadd"];
        let mut busybox = vec!["addgroup"];
        if system {
            shadow.push("-r");
            busybox.push("-S");
        }
        if gid != "0" {
            shadow.extend(["-g", &gid]);
            busybox.extend(["-g", &gid]);
        }
        shadow.extend(["--", name]);
        busybox.push(name);
        self.either("groupadd", &[&shadow], &[&busybox]);
    }

    /// Makes a user, and its primary group if there is none. The system chooses its number where
    /// that is 0.
    fn add_user(&mut self, user: &User, how: How) {
        if !user.group.is_empty() {
            self.0.raw(" && { rmq_find_entry group ");
            self.0.word(&user.group);
            self.0.raw(" >/dev/null || { :");
            self.add_group(&user.group, user.gid, how.system);
            self.0.raw("; }; }");
        }
        let uid = user.uid.to_string();
        let groups = user.groups.join(",");
        let mut shadow = vec!["useradd", "-M"];
        let mut busybox = vec!["adduser", "-D", "-H"];
        if how.system {
            shadow.push("-r");
            busybox.push("-S");
        }
        if uid != "0" {
            shadow.extend(["-u", &uid]);
            if how.shares_number {
                shadow.push("-o");
            }
            busybox.extend(["-u", &uid]);
        }
        for (text, option, other) in [
            (user.group.as_str(), "-g", "-G"),
            (&user.comment, "-c", "-g"),
            (user.home.as_str(), "-d", "-h"),
            (user.shell.as_str(), "-s", "-s"),
        ] {
            if !text.is_empty() {
                shadow.extend([option, text]);
                busybox.extend([other, text]);
            }
        }
        if !groups.is_empty() {
            shadow.extend(["-G", &groups]);
        }
        shadow.extend(["--", &user.name]);
        busybox.push(&user.name);
        let joins = user
            .groups
            .iter()
            .map(|group| ["addgroup", &user.name, group]);
        let joins: Vec<_> = joins.collect();
        let mut busybox: Vec<&[&str]> = vec![&busybox];
        busybox.extend(joins.iter().map(<[&str; 3]>::as_slice));
        self.either("useradd", &[&shadow], &busybox);
    }

    fn change_user(&mut self, before: &User, user: &User, how: How) {
        let (uid, groups) = (user.uid.to_string(), user.groups.join(","));
        let mut words = vec!["usermod"];
        if before.uid != user.uid {
            words.extend(["-u", &uid]);
            if how.shares_number {
                words.push("-o");
            }
        }
        if before.group != user.group {
            words.extend(["-g", &user.group]);
        }
        if before.comment != user.comment {
            words.extend(["-c", &user.comment]);
        }
        if before.home != user.home {
            words.extend(["-d", user.home.as_str()]);
            if how.home {
                words.push("-m");
            }
        }
        if before.shell != user.shell {
            words.extend(["-s", user.shell.as_str()]);
        }
        let only_groups = words.len() == 1;
        if before.groups != user.groups {
            words.extend(["-G", &groups]);
        } else if only_groups {
            return;
        }
        words.extend(["--", &user.name]);
        // Busybox can change nothing else.
        let joined = user
            .groups
            .iter()
            .filter(|group| !before.groups.contains(group));
        let left = before
            .groups
            .iter()
            .filter(|group| !user.groups.contains(group));
        let joined = joined.map(|group| ["addgroup", &user.name, group]);
        let left = left.map(|group| ["delgroup", &user.name, group]);
        let memberships: Vec<_> = joined.chain(left).collect();
        let memberships: Vec<&[&str]> = memberships.iter().map(<[&str; 3]>::as_slice).collect();
        let busybox: &[&[&str]] = if only_groups { &memberships } else { &[] };
        self.either("usermod", &[&words], busybox);
    }

    fn set_aging(&mut self, name: &str, aging: &Aging) {
        let fields: Vec<_> = aging
            .fields()
            .map(|field| [field.option.to_owned(), field.days.to_string()])
            .collect();
        let mut words = vec!["chage"];
        words.extend(fields.iter().flatten().map(String::as_str));
        words.extend(["--", name]);
        self.either("chage", &[&words], &[]);
    }

    fn remove_user(&mut self, user: &User, how: How) {
        let name = user.name.as_str();
        let (mut shadow, mut busybox) = (vec!["userdel"], vec!["deluser"]);
        if how.home {
            shadow.push("-r");
            busybox.push("--remove-home");
        }
        // Busybox removes it in any case.
        if how.forced {
            shadow.push("-f");
        }
        shadow.extend(["--", name]);
        busybox.push(name);
        self.either("userdel", &[&shadow], &[&busybox]);
    }
}
