//! One change to a machine: the whole vocabulary of mutation, as data.

use super::{Command, Group, Lock, Ownership, Setting, StartProcess, Talk, User, Wait, sha256};
use camino::{Utf8Path, Utf8PathBuf};
use std::path::PathBuf;
use std::sync::Arc;

/// One change to a machine.
///
/// Each carries what is needed to show it as a difference and to refuse it where the machine is
/// no longer as it was when the step was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Makes a regular file with this content, atomically.
    Write {
        /// Where. A symbolic link there is replaced unless the planner resolved it.
        path: Utf8PathBuf,
        /// The regular file that stands there, `None` where there is none; if it is another thing
        /// by now, nothing is written.
        before: Option<Before>,
        /// The content.
        body: Body,
        /// Owner and mode of the file; parts not given stay as they are. A new file is then the
        /// user's own and has the mode that the user's umask leaves of 0666.
        ownership: Ownership,
        /// Where the old file is copied to first.
        backup: Option<Utf8PathBuf>,
        /// A command that must succeed on the new file before it takes the old one's place; its
        /// words may hold `%s`, the path of the new file.
        validate: Option<Vec<String>>,
    },
    /// Makes a directory; its parent exists.
    Mkdir {
        /// Where.
        path: Utf8PathBuf,
        /// Owner and mode; if not given, the user's own and what the umask leaves of 0777.
        ownership: Ownership,
    },
    /// Makes a symbolic link, atomically in place of what stands there.
    Symlink {
        /// The link.
        path: Utf8PathBuf,
        /// Where it points, as written in the link.
        target: Utf8PathBuf,
        /// Where it pointed; `None` where nothing stood there. If it is otherwise by now, nothing
        /// is done.
        before: Option<Utf8PathBuf>,
    },
    /// Makes a hard link, atomically in place of what stands there.
    Hardlink {
        /// The new name.
        path: Utf8PathBuf,
        /// The existing file.
        target: Utf8PathBuf,
    },
    /// Sets owner, group and mode of what stands there.
    Attributes {
        /// What is changed.
        path: Utf8PathBuf,
        /// The parts that change, as they are.
        before: Ownership,
        /// The parts that change, as they will be.
        after: Ownership,
        /// Whether a symbolic link's target is meant rather than the link.
        follow: bool,
    },
    /// Makes an empty file of the mode that the umask leaves of 0666, or sets the times of what stands there.
    Touch {
        /// What is touched; a symbolic link's target is meant.
        path: Utf8PathBuf,
        /// Modification time in seconds since 1970; now if `None`.
        modified: Option<i64>,
        /// Access time in seconds since 1970; now if `None`.
        accessed: Option<i64>,
    },
    /// Removes a file, a link, or a directory with all in it; mounts below are not entered.
    Remove {
        /// What is removed.
        path: Utf8PathBuf,
        /// Whether it is a directory.
        directory: bool,
    },
    /// Moves a file within one file system.
    Rename {
        /// The old name.
        from: Utf8PathBuf,
        /// The new name; what stands there is replaced.
        to: Utf8PathBuf,
    },
    /// Copies a file of the host to another place of the host, atomically.
    Copy {
        /// The existing file.
        from: Utf8PathBuf,
        /// The new file.
        to: Utf8PathBuf,
        /// The regular file that stands at `to`, as for `Write`.
        before: Option<Before>,
        /// SHA-256 of the existing file.
        sha256: String,
        /// Owner and mode of the new file.
        ownership: Ownership,
        /// Where the old file is copied to first.
        backup: Option<Utf8PathBuf>,
    },
    /// Puts the entries of an archive below a directory.
    Unpack(Arc<Unpack>),
    /// Runs a command.
    Run {
        /// The command.
        command: Command,
        /// Whether an exit code other than 0 is for the caller to judge rather than an error.
        any_status: bool,
    },
    /// Starts a program that outlives the connection.
    StartProcess(StartProcess),
    /// Sends a signal to one process.
    SignalProcess {
        /// Process id.
        pid: u32,
        /// Its start time: another process with that pid is left alone.
        started: u64,
        /// Name without `SIG`: `TERM`, `KILL`, `HUP`.
        signal: String,
        /// Its argument vector, to show what is meant.
        argv: Vec<String>,
        /// Ports it listens on; after any signal that ends it, check mode takes them as closed.
        ports: Vec<u16>,
    },
    /// Ends all programs that have this in their environment, as `NAME=VALUE`. The output has a
    /// line for each: process id, a blank, and the command line that it ran with.
    EndMarked(String),
    /// Makes, changes or removes a user account.
    User {
        /// The account as it is.
        before: Option<User>,
        /// The account as it will be; `None` removes it.
        after: Option<User>,
        /// A system account.
        system: bool,
        /// Whether the home directory is made, or removed with the account.
        home: bool,
        /// Password hash as in `/etc/shadow`, if it is to be set. Goes by standard input.
        password: Option<String>,
    },
    /// Makes, changes or removes a group.
    Group {
        /// The group as it is.
        before: Option<Group>,
        /// The group as it will be; `None` removes it.
        after: Option<Group>,
        /// A system group.
        system: bool,
    },
    /// Sets what a command tells.
    Set(Setting),
    /// Waits until something holds; changes nothing.
    Wait(Wait),
    /// Takes a lock that the run holds until it ends; changes nothing that stays. Fails with
    /// [`HostError::Locked`](super::HostError::Locked) if another run has it.
    Lock(Lock),
    /// Says something over TCP connections of the machine.
    Talk(Talk),
}

/// What stood at a path when a step was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// SHA-256 of the file in lower-case hexadecimal.
    pub sha256: String,
    /// Its bytes where they were fetched, for the difference.
    pub content: Option<Arc<[u8]>>,
    /// Its size in bytes.
    pub size: u64,
    /// Who owned it and its mode, where the step changes them, for the difference.
    pub ownership: Ownership,
}

/// The content of a file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes at hand.
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
/// They are sent as one uncompressed tar stream, whatever the archive was, so a host needs `tar`
/// alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpack {
    /// The archive's name, for messages.
    pub name: String,
    /// The directory, which exists.
    pub directory: Utf8PathBuf,
    /// The tar stream on the controller, made from the archive with only the entries below. The
    /// owners that it names do not count, only those below.
    pub tar: PathBuf,
    /// Bytes of the stream.
    pub size: u64,
    /// What will be there: relative path and node (content `None`, `sha256` given for files).
    pub entries: Vec<UnpackEntry>,
}

/// One entry of an [`Unpack`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackEntry {
    /// Path below the directory.
    pub path: Utf8PathBuf,
    /// What it will be.
    pub kind: super::Kind,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group where they are set rather than left to the unpacking user.
    pub ownership: Ownership,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of a file.
    pub sha256: Option<String>,
    /// Modification time in seconds since 1970.
    pub modified: i64,
    /// Where the content starts in the tar stream, so that a later task can read it in check mode.
    pub offset: u64,
    /// What stands there now: `None` for nothing.
    pub before: Option<Before>,
}

impl Before {
    /// Returns what stood there, of which all bytes are known.
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
    /// Returns the number of bytes.
    pub fn size(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File { size, .. } => *size,
        }
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
    /// Returns whether the step is only right while the machine is as it was when it was planned.
    pub fn depends_on_what_was_found(&self) -> bool {
        !matches!(
            self,
            Step::Run { .. } | Step::Wait(_) | Step::Lock(_) | Step::Talk(_)
        )
    }

    /// Returns the directory that it makes, if it makes one.
    pub fn made_directory(&self) -> Option<&Utf8Path> {
        match self {
            Step::Mkdir { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Returns whether the step changes anything at all (waiting and locking do not).
    pub fn is_change(&self) -> bool {
        match self {
            Step::Wait(_) | Step::Lock(_) => false,
            Step::Talk(talk) => talk.change.is_some(),
            _ => true,
        }
    }
}
