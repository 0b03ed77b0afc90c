//! Users and groups of a host.

use camino::Utf8PathBuf;

/// A user account as in `/etc/passwd`, with the groups it is a member of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Id of the primary group.
    pub gid: u32,
    /// Name of the primary group.
    pub group: String,
    /// Comment (GECOS).
    pub comment: String,
    /// Home directory.
    pub home: Utf8PathBuf,
    /// Login shell.
    pub shell: Utf8PathBuf,
    /// Names of the supplementary groups, sorted.
    pub groups: Vec<String>,
}

/// A group as in `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Group id.
    pub gid: u32,
    /// Names of its members, sorted.
    pub members: Vec<String>,
}
