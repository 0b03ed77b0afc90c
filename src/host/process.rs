//! Running programs of a host.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// A running program as /proc shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot: with the pid it names the process for good.
    pub started: u64,
    /// `/proc/PID/exe`; empty where it cannot be read.
    pub executable: Utf8PathBuf,
    /// The argument vector.
    pub argv: Vec<String>,
    /// The working directory; empty where it cannot be read.
    pub directory: Utf8PathBuf,
    /// User id it runs as.
    pub uid: u32,
    /// Name of that user, or the number as text.
    pub user: String,
}

/// How to recognise a program; all that is given must hold. Zombies and kernel threads never do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessMatch {
    /// `/proc/PID/exe`: the whole path, or the file name alone.
    pub executable: Option<String>,
    /// An argument that is exactly this (a Java main class, for one).
    pub main_class: Option<String>,
    /// Arguments that must all be there, each exactly.
    pub arguments: Vec<String>,
    /// User name or number.
    pub user: Option<String>,
}

impl ProcessMatch {
    /// Returns whether this process is meant.
    pub fn matches(&self, process: &Process) -> bool {
        let has = |word: &String| process.argv.iter().skip(1).any(|argument| argument == word);
        self.executable
            .as_deref()
            .is_none_or(|wanted| is_executable(&process.executable, wanted))
            && self.main_class.as_ref().is_none_or(has)
            && self.arguments.iter().all(has)
            && self
                .user
                .as_deref()
                .is_none_or(|user| process.user == user || process.uid.to_string() == user)
    }
}

/// A replaced program's path ends in ` (deleted)`; it is still that program.
fn is_executable(path: &Utf8Path, wanted: &str) -> bool {
    let path = path
        .as_str()
        .strip_suffix(" (deleted)")
        .unwrap_or(path.as_str());
    if wanted.contains('/') {
        path == wanted
    } else {
        Utf8Path::new(path).file_name() == Some(wanted)
    }
}

/// A program to be started so that it outlives the connection: a session of its own, no standard
/// input, output appended to a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartProcess {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Working directory.
    pub directory: Utf8PathBuf,
    /// Variables added to the environment.
    pub environment: BTreeMap<String, String>,
    /// The user it runs as, if another than the connection's.
    pub user: Option<String>,
    /// Where standard output and error go.
    pub log: Utf8PathBuf,
    /// How it is found again; check mode shows a process of this shape from then on.
    pub recognise: ProcessMatch,
    /// Ports it will listen on; check mode takes them as open from then on.
    pub ports: Vec<u16>,
}
