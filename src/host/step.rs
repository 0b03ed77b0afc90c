//! A change to a machine as data: the complete vocabulary of mutation.

use super::{
    Aging, Command, Fetched, Group, HostError, Lock, NewHome, Ownership, Setting, StartProcess,
    Talk, User, Wait, sha256,
};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use std::path::PathBuf;
use std::sync::Arc;

/// One change to a machine.
/// Each step carries what is needed to show it as a difference, and to refuse it if the machine has
/// changed since the step was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Creates or replaces a regular file with this content, atomically.
    Write {
        /// The path. A symbolic link there is replaced unless the planner resolved it.
        path: Utf8PathBuf,
        /// The regular file that is there, `None` if there is none; if this has changed, nothing is
        /// written.
        before: Option<Before>,
        /// The content.
        body: Body,
        /// Owner and mode of the file; parts not given are kept. A new file then belongs to the
        /// user, with mode 0666 minus the user's umask.
        ownership: Ownership,
        /// The path of a backup of the old file.
        backup: Option<Utf8PathBuf>,
        /// A command that must succeed on the new file before it replaces the old one; `%s` in its
        /// words is the path of the new file.
        validate: Option<Vec<String>>,
    },
    /// Creates a directory; its parent exists.
    Mkdir {
        /// The path.
        path: Utf8PathBuf,
        /// Owner and mode; by default the user's own and 0777 minus the umask.
        ownership: Ownership,
    },
    /// Creates a symbolic link, atomically replacing what is there.
    Symlink {
        /// The link.
        path: Utf8PathBuf,
        /// Its target, as written in the link.
        target: Utf8PathBuf,
        /// The previous target; `None` if nothing was there. If this has changed, nothing is done.
        before: Option<Utf8PathBuf>,
    },
    /// Creates a hard link, atomically replacing what is there.
    Hardlink {
        /// The new name.
        path: Utf8PathBuf,
        /// The existing file.
        target: Utf8PathBuf,
    },
    /// Sets owner, group and mode of a path.
    Attributes {
        /// The path.
        path: Utf8PathBuf,
        /// The parts that change, before.
        before: Ownership,
        /// The parts that change, after.
        after: Ownership,
        /// Whether to change the target of a symbolic link instead of the link.
        follow: bool,
    },
    /// Creates an empty file with mode 0666 minus the umask, or sets the times of an existing path.
    Touch {
        /// The path; a symbolic link is followed.
        path: Utf8PathBuf,
        /// Modification time in seconds since 1970; now if `None`.
        modified: Option<i64>,
        /// Access time in seconds since 1970; now if `None`.
        accessed: Option<i64>,
    },
    /// Removes a file, a link, or a directory with its contents; mounts below it are not entered.
    Remove {
        /// The path.
        path: Utf8PathBuf,
        /// Whether it is a directory.
        directory: bool,
    },
    /// Moves a file within one file system.
    Rename {
        /// The old name.
        from: Utf8PathBuf,
        /// The new name; anything there is replaced.
        to: Utf8PathBuf,
    },
    /// Copies a file of the host to another path of the host, atomically.
    Copy {
        /// The existing file.
        from: Utf8PathBuf,
        /// The new file.
        to: Utf8PathBuf,
        /// The regular file at `to`, as for `Write`.
        before: Option<Before>,
        /// SHA-256 of the existing file.
        sha256: String,
        /// Owner and mode of the new file.
        ownership: Ownership,
        /// The path of a backup of the old file.
        backup: Option<Utf8PathBuf>,
    },
    /// Unpacks the entries of an archive below a directory.
    Unpack(Arc<Unpack>),
    /// Keeps a file of the machine on this machine. Returns its digests.
    Fetch(Fetched),
    /// Runs a command.
    Run {
        /// The command.
        command: Command,
        /// Whether the caller judges an exit code other than 0, instead of it being an error.
        any_status: bool,
    },
    /// Starts a program that outlives the connection.
    StartProcess(StartProcess),
    /// Sends a signal to one process.
    SignalProcess {
        /// Process id.
        pid: u32,
        /// Its start time: a different process with the same pid is left alone.
        started: u64,
        /// Name without `SIG`: `TERM`, `KILL`, `HUP`.
        signal: String,
        /// Its argument vector, to show to the user.
        argv: Vec<String>,
        /// Ports it listens on; after any signal that ends it, check mode assumes that they are
        /// closed.
        ports: Vec<u16>,
    },
    /// Kills all programs with this in their environment, as `NAME=VALUE`. The output has a line
    /// for each: the process id, a space, and its command line.
    EndMarked(String),
    /// Creates, changes or removes a user account.
    User {
        /// The account before.
        before: Option<User>,
        /// The account after; `None` removes it.
        after: Option<User>,
        /// Whether it is a system account.
        system: bool,
        /// Whether to create the home directory, or remove it with the account.
        home: bool,
        /// How the home directory is created.
        new_home: NewHome,
        /// Whether another account may have the same number.
        shares_number: bool,
        /// Whether to remove the account although its user is logged in.
        forced: bool,
        /// Password hash as in `/etc/shadow`, if it should be set. Sent over standard input.
        password: Option<String>,
        /// How long the account and its password are valid.
        aging: Aging,
    },
    /// Creates, changes or removes a group.
    Group {
        /// The group before.
        before: Option<Group>,
        /// The group after; `None` removes it.
        after: Option<Group>,
        /// Whether it is a system group.
        system: bool,
    },
    /// Sets what a command tells.
    Set(Setting),
    /// Waits until conditions are met; changes nothing.
    Wait(Wait),
    /// Takes a lock until the end of the run; changes nothing permanent. Fails with
    /// [`HostError::Locked`](super::HostError::Locked) if another run holds it.
    Lock(Lock),
    /// Exchanges data over TCP connections of the machine.
    Talk(Talk),
}

/// What was at a path when a step was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// SHA-256 of the file in lower-case hexadecimal.
    pub sha256: String,
    /// Its bytes if they were fetched, for the difference.
    pub content: Option<Arc<[u8]>>,
    /// Its size in bytes.
    pub size: u64,
    /// Its owner and mode if the step changes them, for the difference.
    pub ownership: Ownership,
}

/// The content of a file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
    /// A file of the controller, streamed.
    File {
        /// Its path on the controller.
        path: PathBuf,
        /// Its length.
        size: u64,
        /// Its SHA-256 in lower-case hexadecimal.
        sha256: String,
    },
}

/// The entries of an archive that are missing or different below a directory.
///
/// They are sent as one uncompressed tar stream whatever the format of the archive, so a host only
/// needs `tar`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpack {
    /// The archive's name, for messages.
    pub name: String,
    /// The directory, which must exist.
    pub directory: Utf8PathBuf,
    /// The tar stream on the controller, made from the archive with only the entries below. Its
    /// owners are ignored in favour of theirs.
    pub tar: PathBuf,
    /// Size of the stream in bytes.
    pub size: u64,
    /// The entries: relative path and node (content `None`, `sha256` set for files).
    pub entries: Vec<UnpackEntry>,
}

/// One entry of an [`Unpack`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackEntry {
    /// Path below the directory.
    pub path: Utf8PathBuf,
    /// Its kind.
    pub kind: super::Kind,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group, if they are not left to the unpacking user.
    pub ownership: Ownership,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of a file.
    pub sha256: Option<String>,
    /// Modification time in seconds since 1970.
    pub modified: i64,
    /// Offset of the content in the tar stream, so that a later task can read it in check mode.
    pub offset: u64,
    /// What is there now, if anything.
    pub before: Option<Before>,
}

/// Fails if a path is not to be removed, on any kind of host: the root directory, or one that leads
/// upwards.
pub(super) fn check_removable(path: &Utf8Path) -> Result<(), HostError> {
    let is_named = |component| matches!(component, Utf8Component::Normal(_));
    let climbs = |component| matches!(component, Utf8Component::ParentDir);
    if path.components().any(is_named) && !path.components().any(climbs) {
        return Ok(());
    }
    Err(HostError::Step {
        action: format!("remove {path}"),
        reason: "it is the root directory or leads upwards".to_owned(),
    })
}

impl Before {
    /// Returns a file whose bytes are all known.
    pub fn of(content: Vec<u8>) -> Self {
        Self {
            sha256: sha256(&content),
            size: content.len() as u64,
            content: Some(content.into()),
            ownership: Ownership::default(),
        }
    }
}

impl Body {
    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { size, .. } => *size,
        }
    }

    /// Returns a reader of the content.
    pub fn reader(&self) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        Ok(match self {
            Body::Bytes(bytes) => Box::new(&**bytes),
            Body::File { path, .. } => Box::new(std::fs::File::open(path)?),
        })
    }

    /// Returns the SHA-256 in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        match self {
            Body::Bytes(bytes) => sha256(bytes),
            Body::File { sha256, .. } => sha256.clone(),
        }
    }
}

impl Step {
    /// Returns whether the step is only valid while the machine is as it was when it was planned.
    pub fn depends_on_what_was_found(&self) -> bool {
        !matches!(
            self,
            Step::Run { .. } | Step::Wait(_) | Step::Lock(_) | Step::Talk(_)
        )
    }

    /// Returns whether the step may change users or groups: their own steps, and all that runs
    /// programs.
    pub fn may_change_accounts(&self) -> bool {
        matches!(
            self,
            Step::User { .. } | Step::Group { .. } | Step::Run { .. } | Step::Set(_)
        )
    }

    /// Returns the directory that it creates, if any.
    pub fn made_directory(&self) -> Option<&Utf8Path> {
        match self {
            Step::Mkdir { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Returns whether the step changes anything (waiting and locking do not).
    pub fn is_change(&self) -> bool {
        match self {
            Step::Wait(_) | Step::Lock(_) => false,
            Step::Talk(talk) => talk.change.is_some(),
            _ => true,
        }
    }
}
