//! A machine rmqplay can inspect and change. Knows nothing of tasks or playbooks.

mod access;
mod account;
mod ahead;
mod asker;
mod command;
mod digest;
mod direct;
mod doubtful;
mod draft;
mod error;
mod facts;
mod fetched;
mod here;
mod limits;
mod local;
mod lock;
mod memory;
mod needs;
mod node;
mod probe;
mod process;
mod question;
mod secret;
mod service_state;
mod setting;
pub mod shell;
pub mod ssh;
mod step;
mod stream;
mod talk;
mod tcp;
mod thread;
mod traffic;
mod wait;

pub use access::Access;
pub use account::{Aging, Group, NewHome, User};
pub use ahead::{Ahead, Changes, Guess, Guessed, not_on_a_guess, on_a_guess};
pub use asker::Asker;
pub use command::{Command, CommandScript, Output};
pub use digest::{Digesting, Digests, sha256};
pub use direct::Direct;
pub use doubtful::Doubtful;
pub use draft::Draft;
pub use error::{HostError, REFUSED, RUN_AGAIN};
pub use facts::Facts;
pub use fetched::Fetched;
pub use here::{unchanged_here, unchanged_within};
pub use limits::{Cancel, Limits, Reached};
pub use local::Local;
pub use lock::Lock;
pub use memory::{Account, Memory, Overlay, Serve};
pub use node::{Kind, Node, Ownership, may_follow};
pub use probe::Probe;
pub use process::{Process, ProcessMatch, START_MARK, StartProcess};
pub use question::{Answer, Content, Question};
pub use secret::{MASK, Secret};
pub use service_state::ServiceState;
pub use setting::Setting;
pub use shell::quote_lines;
pub use ssh::known_hosts::{NAME_SALT, hashed_name, names_host};
pub use step::{Before, Body, Step, Unpack, UnpackEntry};
pub use stream::{Connect, Stream};
pub use talk::{Dialogue, Difference, Talk};
pub use thread::{THREAD_HELP, start_thread};
pub use traffic::Traffic;
pub use wait::{Condition, Wait, look, poll};

/// A machine: the only door through which rmqplay reads or changes anything.
///
/// Every call may block until `limits` says stop. Paths are absolute.
pub trait Host: Send + Sync {
    /// Answers the questions in their order, in as few round trips as it can (one, if the answers
    /// are small). Changes nothing.
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError>;

    /// Runs a command that does not change the machine (the caller's word). Its exit code is in
    /// the output; only a command that could not be run is an error.
    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError>;

    /// Copies a file of the machine to `sink`, whatever its size, and returns its length.
    fn fetch(
        &self,
        path: &camino::Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError>;

    /// Makes a TCP connection from the machine to a port, and returns it; within 5 s, or it fails
    /// with [`HostError::NotConnected`]. It is to find something out: what changes anything on the
    /// other side is a [`Step::Talk`].
    fn connect(&self, host: &str, port: u16, limits: &Limits)
    -> Result<Box<dyn Stream>, HostError>;

    /// Makes one change. The only mutating method. The output is that of a `Step::Run`, or what a
    /// `Step::Talk` returned, and empty for other steps; an overlay answers `Output::not_run`.
    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError>;

    /// Takes note that these parts are not known any more, for this reason. Only check mode's
    /// picture of a machine can be in doubt: a machine is what it is.
    fn doubt(
        &self,
        parts: &[Doubtful],
        reason: &crate::value::NotKnown,
        limits: &Limits,
    ) -> Result<(), HostError> {
        let _ = (parts, reason, limits);
        Ok(())
    }

    /// Returns why programs of the machine do not see this part as this host shows it: check mode has
    /// changed it. A real machine has no such difference.
    fn foreseen(
        &self,
        part: &Doubtful,
        limits: &Limits,
    ) -> Result<Option<crate::value::NotKnown>, HostError> {
        let _ = (part, limits);
        Ok(None)
    }

    /// Makes changes in their order, in as few round trips as it can, and returns their outputs. The
    /// first that fails is the last that is tried.
    fn apply_all(&self, steps: &[Step], limits: &Limits) -> Result<Vec<Output>, HostError> {
        let one = |step| {
            limits.check()?;
            self.apply(step, limits)
        };
        steps.iter().map(one).collect()
    }

    /// Fails if a lock that this run took here was lost, so that another run may have it.
    fn keeps_locks(&self, _limits: &Limits) -> Result<(), HostError> {
        Ok(())
    }

    /// Ends what is kept open for the next task and waits until it is gone from the machine: the next
    /// task starts anew.
    fn close_idle(&self, _limits: &Limits) {}

    /// Returns how often a conversation with the machine was begun; 0 if it was never reached. What is
    /// in memory needs none.
    fn connections(&self) -> u64 {
        1
    }

    /// Returns what the conversation with the machine has cost so far.
    fn traffic(&self) -> Traffic;
}
