//! The machine that a case declares.

use super::declared_command::{self, DeclaredCommand};
use super::keys;
use super::thing::{self, Kind, Thing};
use crate::host::{Group, Memory, User};
use crate::source::Problems;
use crate::value::{Fields, Value};
use crate::yaml::Node;
use camino::Utf8Path;

/// The default facts of every machine.
const FACTS: &[(&str, &str)] = &[
    ("system", "Linux"),
    ("os_family", "Debian"),
    ("distribution", "Debian"),
    ("architecture", "x86_64"),
    ("user_dir", "/root"),
];

/// Directories that every machine has.
const DIRECTORIES: &[&str] = &[
    "/etc",
    "/home",
    "/opt",
    "/root",
    "/run",
    "/srv",
    "/tmp",
    "/usr/local/bin",
    "/var/lib",
    "/var/log",
];

/// The machine before the run.
#[derive(Default)]
pub(super) struct Declared {
    things: Vec<Thing>,
    users: Vec<(String, u32)>,
    groups: Vec<(String, u32)>,
    /// The effects of its commands.
    pub(super) commands: Vec<DeclaredCommand>,
    facts: Fields,
}

impl Declared {
    /// Parses `host` of a case.
    pub(super) fn read(node: &Node, problems: &mut Problems) -> Self {
        let mut declared = Self::default();
        let known = [
            "files",
            "directories",
            "links",
            "users",
            "groups",
            "commands",
            "facts",
        ];
        for (key, value) in keys::entries(node, "host", &known, problems) {
            match key {
                "files" => declared.things.extend(thing::read(value, key, problems)),
                "directories" if value.as_list().is_some() => {
                    for item in value.as_list().unwrap_or_default() {
                        let path = keys::path(item, "a directory", problems);
                        declared.things.extend(path.map(Thing::directory));
                    }
                }
                "directories" => declared.things.extend(thing::read(value, key, problems)),
                "links" => declared.read_links(value, problems),
                "users" => declared.users = numbers(value, key, problems),
                "groups" => declared.groups = numbers(value, key, problems),
                "commands" => declared.commands = declared_command::read(value, problems),
                _ => declared.facts = facts(value, problems),
            }
        }
        declared
    }

    fn read_links(&mut self, node: &Node, problems: &mut Problems) {
        for (key, value) in keys::named(node, "links", problems) {
            let path = keys::path(key, "a link", problems);
            let target = keys::text(value, "the target of a link", problems);
            if let (Some(path), Some(target)) = (path, target) {
                self.things
                    .push(Thing::new(path, Kind::Link(target.into())));
            }
        }
    }

    /// Returns a new machine with this name.
    pub(super) fn machine(&self, name: &str) -> Memory {
        let mut machine = Memory::machine();
        for path in DIRECTORIES {
            machine = machine.directory(path);
        }
        for fact in ["hostname", "nodename", "fqdn"] {
            machine = machine.fact(fact, name);
        }
        for (fact, value) in FACTS {
            machine = machine.fact(fact, *value);
        }
        for (fact, value) in &self.facts {
            machine = machine.fact(fact, value.clone());
        }
        for (name, gid) in &self.groups {
            machine = machine.group(Group {
                name: name.clone(),
                gid: *gid,
                members: Vec::new(),
            });
        }
        for (name, uid) in &self.users {
            machine = machine.user(account(name, *uid));
        }
        for thing in &self.things {
            machine = match &thing.kind {
                Kind::File(content) => machine.file(&thing.path, content.as_str()),
                Kind::Directory => machine.directory(&thing.path),
                Kind::Link(target) => machine.symlink(&thing.path, target),
            };
            machine = self.own(machine, thing);
        }
        machine
    }

    /// Sets the mode and owner of a node.
    fn own(&self, machine: Memory, thing: &Thing) -> Memory {
        let usual = match thing.kind {
            Kind::File(_) => 0o644,
            Kind::Directory => 0o755,
            Kind::Link(_) => 0o777,
        };
        let number = |list: &[(String, u32)], name: &str| {
            let found = list.iter().find(|(known, _)| known == name);
            found.map_or(0, |(_, number)| *number)
        };
        let owner = thing.owner.as_deref().unwrap_or("root");
        let mut user = account(owner, number(&self.users, owner));
        let group = thing.group.as_deref().unwrap_or(owner);
        group.clone_into(&mut user.group);
        user.gid = match number(&self.groups, group) {
            0 => number(&self.users, group),
            gid => gid,
        };
        machine.owned(&thing.path, thing.mode.unwrap_or(usual), &user)
    }
}

/// Returns the account of a user whose group has the same name and number.
fn account(name: &str, uid: u32) -> User {
    let home = match name {
        "root" => "/root".into(),
        _ => Utf8Path::new("/home").join(name),
    };
    User {
        name: name.to_owned(),
        uid,
        gid: uid,
        group: name.to_owned(),
        home,
        shell: "/bin/sh".into(),
        ..User::default()
    }
}

/// Parses names, each with its number.
fn numbers(node: &Node, what: &str, problems: &mut Problems) -> Vec<(String, u32)> {
    let mut numbers = Vec::new();
    for (key, value) in keys::named(node, what, problems) {
        let number = keys::number(value, "the number of an account", problems);
        if let (Some(name), Some(number)) = (key.as_text(), number) {
            numbers.push((name.to_owned(), number.unsigned_abs()));
        }
    }
    numbers
}

fn facts(node: &Node, problems: &mut Problems) -> Fields {
    let named = keys::named(node, "facts", problems).into_iter();
    let fact = |(key, value): &(Node, Node)| -> Option<(String, Value)> {
        let name = key.as_text()?;
        let name = name.strip_prefix("ansible_").unwrap_or(name);
        Some((name.to_owned(), value.to_value()))
    };
    named.filter_map(fact).collect()
}
