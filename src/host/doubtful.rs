//! What a task of which check mode does not know whether it runs may leave on a machine.

use super::{Setting, Step};
use camino::Utf8PathBuf;

/// A part of a machine that check mode no longer knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubtful {
    /// Whether something is at a path, what it is, and everything below it.
    Path(Utf8PathBuf),
    /// A file that may be written; if a directory is there, only its attributes.
    File(Utf8PathBuf),
    /// Owner, mode and times of what is at a path.
    Attributes(Utf8PathBuf),
    /// A user account.
    User(String),
    /// A group.
    Group(String),
    /// What a command tells, by its words.
    Told(Vec<String>),
    /// Whether a TCP port of the machine is open.
    Port(u16),
    /// Which programs run.
    Processes,
    /// Which programs are installed.
    Programs,
}

impl Step {
    /// Returns the parts of the machine that are not known if nobody knows whether this step is
    /// carried out. A command may do anything: like one that check mode does not run, it is taken
    /// to leave everything as it is.
    pub fn leaves(&self) -> Vec<Doubtful> {
        match self {
            Step::Write { path, backup, .. } => {
                let paths = [path].into_iter().chain(backup);
                paths.cloned().map(Doubtful::Path).collect()
            }
            Step::Copy { to, backup, .. } => {
                let paths = [to].into_iter().chain(backup);
                paths.cloned().map(Doubtful::Path).collect()
            }
            Step::Mkdir { path, .. }
            | Step::Symlink { path, .. }
            | Step::Hardlink { path, .. }
            | Step::Remove { path, .. } => vec![Doubtful::Path(path.clone())],
            Step::Rename { from, to } => {
                [from, to].map(|path| Doubtful::Path(path.clone())).to_vec()
            }
            Step::Attributes { path, .. } | Step::Touch { path, .. } => {
                vec![Doubtful::Attributes(path.clone())]
            }
            Step::Unpack(unpack) => {
                let entries = unpack.entries.iter();
                entries
                    .map(|entry| Doubtful::File(unpack.directory.join(&entry.path)))
                    .collect()
            }
            Step::StartProcess(start) => {
                let ports = start.ports.iter().map(|port| Doubtful::Port(*port));
                ports
                    .chain([Doubtful::Processes, Doubtful::File(start.log.clone())])
                    .collect()
            }
            Step::SignalProcess { ports, .. } => {
                let ports = ports.iter().map(|port| Doubtful::Port(*port));
                ports.chain([Doubtful::Processes]).collect()
            }
            Step::User {
                before,
                after,
                home,
                ..
            } => {
                let users = before.iter().chain(after);
                let named = users.clone().map(|user| Doubtful::User(user.name.clone()));
                let homes = users
                    .clone()
                    .filter(|_| *home)
                    .map(|user| Doubtful::Path(user.home.clone()));
                let groups = users
                    .clone()
                    .map(|user| Doubtful::Group(user.group.clone()));
                named.chain(homes).chain(groups).collect()
            }
            Step::Group { before, after, .. } => {
                let groups = before.iter().chain(after);
                groups
                    .map(|group| Doubtful::Group(group.name.clone()))
                    .collect()
            }
            Step::Set(Setting {
                teller,
                brings_programs,
                ..
            }) => {
                let programs = brings_programs.then_some(Doubtful::Programs);
                let told = Doubtful::Told(teller.argv.clone());
                std::iter::once(told).chain(programs).collect()
            }
            Step::EndMarked(_)
            | Step::Run { .. }
            | Step::Fetch(_)
            | Step::Wait(_)
            | Step::Lock(_)
            | Step::Talk(_) => Vec::new(),
        }
    }
}
