//! A machine that several hosts of a run may act on, and which of them may change it now.
//!
//! A plan of a module is only valid while the machine stays unchanged. Tasks are planned in
//! parallel; a plan with steps that depend on what was found takes the machine's turn, and is made
//! again if another host of the run has changed the machine in the meantime. Commands and waits
//! take no turn, so fifty of them still run at a time on one machine.

use super::settings::{Connection, Settings};
use crate::change::Change;
use crate::host::{Ahead, Cancel, HostError, Limits, Overlay, Step};
use crate::module::ModuleError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The port of sshd unless another one is given.
const SSH_PORT: u16 = 22;

/// The machine that settings lead to, the same for all names, users and keys that lead there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Machine {
    /// This one.
    Here,
    /// One reached by SSH.
    At {
        /// Name or address, in lower case.
        address: String,
        /// Port.
        port: u16,
        /// Arguments of ssh: the same address may be another machine behind another jump host.
        arguments: String,
    },
}

impl Settings {
    /// Returns the machine that these settings lead to.
    pub(super) fn machine(&self) -> Machine {
        match &self.connection {
            Connection::Local(_) => Machine::Here,
            Connection::Ssh(ssh) => Machine::At {
                address: ssh.address.to_ascii_lowercase(),
                port: ssh.port.unwrap_or(SSH_PORT),
                arguments: ssh.arguments.clone(),
            },
        }
    }
}

/// A machine that several hosts of a run may act on.
#[derive(Default)]
pub(super) struct Target {
    /// What check mode predicted for the machine, the same for all hosts that act on it.
    pub(super) overlay: Overlay,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    taken: bool,
    ended: u64,
}

/// The right to change a machine; dropping it ends the turn.
pub(super) struct Turn<'a> {
    target: &'a Target,
    cancel: Cancel,
}

impl Target {
    /// Returns the result of `plan`, and the machine's turn if the plan depends on what was found.
    /// A failed plan may have seen a half-made change, so it counts as dependent.
    ///
    /// A plan that was made from what was asked `ahead`, before the task began, is made again if it
    /// has steps or fails: answers from earlier only ever decide that there is nothing to do.
    pub(super) fn planned(
        &self,
        limits: &Limits,
        ahead: Option<&Ahead>,
        plan: impl Fn() -> Result<Change, ModuleError>,
    ) -> Result<(Change, Option<Turn<'_>>), ModuleError> {
        let mut seen = self.turns().ended;
        let mut planned = plan();
        let does_nothing = |change: &Change| change.steps.is_empty();
        if let Some(ahead) = ahead.filter(|ahead| ahead.was_used())
            && !planned.as_ref().is_ok_and(does_nothing)
        {
            ahead.forget();
            seen = self.turns().ended;
            planned = plan();
        }
        let depends = |change: &Change| change.steps.iter().any(Step::depends_on_what_was_found);
        if !planned.as_ref().map_or(true, depends) {
            return Ok((planned?, None));
        }
        let turn = self.turn(limits)?;
        let is_fresh = self.turns().ended == seen;
        let change = if is_fresh { planned } else { plan() }?;
        Ok((change, Some(turn)))
    }

    /// Waits until no other host changes the machine.
    fn turn(&self, limits: &Limits) -> Result<Turn<'_>, HostError> {
        limits.wait_for(|| !std::mem::replace(&mut self.turns().taken, true))?;
        Ok(Turn {
            target: self,
            cancel: limits.cancel.clone(),
        })
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        {
            let mut turns = self.target.turns();
            turns.taken = false;
            turns.ended += 1;
        }
        self.cancel.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8PathBuf;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn change_of_a_file() -> Change {
        let path = Utf8PathBuf::from("/a");
        let directory = false;
        Change {
            steps: vec![Step::Remove { path, directory }],
            ..Change::default()
        }
    }

    #[test]
    fn only_one_host_changes_a_machine_and_each_sees_what_the_others_did() {
        let (target, limits) = (Target::default(), Limits::default());
        let (done, start) = (AtomicUsize::new(0), Barrier::new(20));
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    start.wait();
                    let seen = AtomicUsize::new(0);
                    let plan = || {
                        seen.store(done.load(Ordering::SeqCst), Ordering::SeqCst);
                        Ok(change_of_a_file())
                    };
                    let (_, turn) = target.planned(&limits, None, plan).unwrap();
                    assert!(turn.is_some());
                    // The machine stays as it was planned for while the turn lasts.
                    assert_eq!(done.fetch_add(1, Ordering::SeqCst), seen.into_inner());
                });
            }
        });
        assert_eq!(done.into_inner(), 20);
    }

    #[test]
    fn what_depends_on_nothing_waits_for_nobody() {
        let (target, limits) = (Target::default(), Limits::default());
        let _held = target.turn(&limits).unwrap();
        let (_, turn) = target
            .planned(&limits, None, || Ok(Change::default()))
            .unwrap();
        assert!(turn.is_none());
    }

    #[test]
    fn whoever_is_alone_plans_once() {
        let (target, limits) = (Target::default(), Limits::default());
        for _ in 0..2 {
            let plans = AtomicUsize::new(0);
            let plan = || {
                plans.fetch_add(1, Ordering::SeqCst);
                Ok(change_of_a_file())
            };
            target.planned(&limits, None, plan).unwrap();
            assert_eq!(plans.into_inner(), 1);
        }
    }

    #[test]
    fn an_interrupt_wakes_whoever_waits_for_a_turn() {
        let (target, limits) = (Target::default(), Limits::default());
        let held = target.turn(&limits).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| target.turn(&limits).map(|_| ()));
            limits.cancel.cancel();
            assert!(matches!(waiting.join().unwrap(), Err(HostError::Cancelled)));
        });
        drop(held);
    }
}
