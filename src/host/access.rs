//! What a user may do with a path.

use super::{Kind, Node, User};

/// What a user may do with a path; all false if it does not exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access {
    /// Whether it can be read, or listed if it is a directory.
    pub readable: bool,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether it can be run, or entered if it is a directory.
    pub executable: bool,
}

impl Access {
    /// Returns what the permission bits allow a user to do.
    pub fn of(node: &Node, user: &User) -> Self {
        if user.uid == 0 {
            return Self {
                readable: true,
                writable: true,
                executable: node.kind == Kind::Directory || node.mode & 0o111 != 0,
            };
        }
        let bits = if node.uid == user.uid {
            node.mode >> 6
        } else if node.gid == user.gid || user.groups.contains(&node.group) {
            node.mode >> 3
        } else {
            node.mode
        };
        Self {
            readable: bits & 0o4 != 0,
            writable: bits & 0o2 != 0,
            executable: bits & 0o1 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_the_nearest_class_count() {
        let owner = User {
            uid: 500,
            gid: 500,
            ..User::default()
        };
        let with = |uid, gid, groups: &[&str]| User {
            uid,
            gid,
            groups: groups.iter().map(ToString::to_string).collect(),
            ..User::default()
        };
        for (mode, user, expected) in [
            (0o077, with(500, 500, &[]), ""),
            (0o607, with(500, 1, &[]), "rw"),
            (0o750, with(501, 500, &[]), "rx"),
            (0o740, with(501, 501, &["team"]), "r"),
            (0o701, with(501, 501, &["other"]), "x"),
            (0o000, with(0, 0, &[]), "rw"),
            (0o001, with(0, 0, &[]), "rwx"),
        ] {
            let mut node = Node::new(Kind::File, mode, &owner);
            node.group = "team".to_owned();
            let access = Access::of(&node, &user);
            let shown = [
                (access.readable, "r"),
                (access.writable, "w"),
                (access.executable, "x"),
            ];
            let shown = shown.map(|(may, letter)| if may { letter } else { "" });
            assert_eq!(shown.concat(), expected, "{mode:o} {user:?}");
        }
    }
}
