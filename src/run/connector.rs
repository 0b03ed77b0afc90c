//! Connections to the hosts, each made once and shared.

use super::settings::{Connection, Settings};
use super::target::{Machine, Target};
use crate::host::shell::Become;
use crate::host::{Account, Ahead, Changes, Guess, Host, HostError, Limits, Memory, Overlay};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Creates a host from settings.
pub type Connect = Box<dyn Fn(&Settings) -> Result<Arc<dyn Host>, HostError> + Send + Sync>;

/// Connections to the hosts, each made once and shared, and what check mode predicted for them.
pub struct Connector {
    connect: Connect,
    hosts: Mutex<Hosts>,
    targets: Mutex<HashMap<Machine, Arc<Target>>>,
    /// What may have changed any of the machines: what runs on one may well change another.
    changes: Changes,
    /// The hosts on which the run took a lock. They are kept when their connections are reset.
    locked: Mutex<Vec<Arc<dyn Host>>>,
    /// Whether the hosts have rights and programs, so that check mode can tell what they lack.
    is_real: bool,
}

/// The hosts by their names, each with all settings by which the run connects to it.
#[derive(Default)]
struct Hosts(HashMap<Arc<str>, Vec<(Settings, Known)>>);

impl Hosts {
    fn get(&self, wanted: &Settings) -> Option<Known> {
        let mut known = self.0.get(&wanted.name)?.iter();
        let found = known.find(|(settings, _)| settings == wanted);
        found.map(|(_, known)| known.clone())
    }

    fn add(&mut self, settings: &Settings, known: &Known) {
        let of_name = self.0.entry(settings.name.clone()).or_default();
        of_name.push((settings.clone(), known.clone()));
    }

    fn all(&self) -> impl Iterator<Item = &(Settings, Known)> {
        self.0.values().flatten()
    }
}

/// A host that the run connects to.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) host: Arc<dyn Host>,
    /// The real host in it, if it can be asked ahead.
    pub(super) ahead: Option<Arc<Ahead>>,
}

impl Connector {
    /// Returns a connector that creates hosts with `connect`.
    pub fn new(connect: Connect) -> Self {
        Self {
            connect,
            hosts: Mutex::default(),
            targets: Mutex::default(),
            changes: Changes::default(),
            locked: Mutex::default(),
            is_real: true,
        }
    }

    /// Returns the same for machines that a case declares: it names outputs of commands, and no rights
    /// or programs.
    #[must_use]
    pub fn to_declared_machines(self) -> Self {
        Self {
            is_real: false,
            ..self
        }
    }

    /// Returns check mode over a host.
    fn over(&self, below: Arc<dyn Host>, changes: Overlay) -> Memory {
        let host = Memory::over(below, changes);
        if self.is_real {
            host
        } else {
            host.without_judgement()
        }
    }

    /// Returns what all hosts of the run share that act on one machine, as whichever user.
    pub(super) fn target(&self, settings: &Settings) -> Arc<Target> {
        lock(&self.targets)
            .entry(settings.machine())
            .or_default()
            .clone()
    }

    /// Returns what all hosts of the run share that act on this machine.
    pub(super) fn this_machine(&self) -> Arc<Target> {
        lock(&self.targets)
            .entry(Machine::Here)
            .or_default()
            .clone()
    }

    /// Returns the host; with `predicted`, one that only remembers the changes to its machine.
    pub(super) fn host(
        &self,
        settings: &Settings,
        predicted: Option<Overlay>,
        guess: Option<&Arc<Guess>>,
    ) -> Result<Known, HostError> {
        let Some(changes) = predicted else {
            return self.real(settings, guess);
        };
        let over = |settings: &Settings| {
            let Known { host, ahead } = self.real(settings, guess)?;
            Ok((self.over(host, changes.clone()), ahead))
        };
        let whole = |(host, ahead): (Memory, _)| Known {
            host: Arc::new(host),
            ahead,
        };
        let Some(wanted) = &settings.r#become else {
            return over(settings).map(whole);
        };
        match changes.account(&wanted.user)? {
            Account::Unchanged => over(settings).map(whole),
            // The machine does not have the user yet; root sees everything that the user would.
            Account::Made => {
                let mut root = settings.clone();
                root.r#become = Some(Become {
                    user: "root".to_owned(),
                    ..wanted.clone()
                });
                let (host, ahead) = over(&root)?;
                Ok(whole((host.acting_as(&wanted.user), ahead)))
            }
            Account::Removed => Err(HostError::Become {
                user: wanted.user.clone(),
                reason: "an earlier task removes this user".to_owned(),
            }),
        }
    }

    /// Drops the connections to a host: the next task makes a new one.
    pub(super) fn reset(&self, name: &str) {
        lock(&self.hosts).0.remove(name);
    }

    /// Returns all hosts connected so far.
    pub(super) fn connected(&self) -> Vec<Arc<dyn Host>> {
        let hosts = lock(&self.hosts);
        hosts.all().map(|(_, known)| known.host.clone()).collect()
    }

    /// Remembers that the run takes a lock on this host.
    pub(super) fn takes_lock(&self, host: &Arc<dyn Host>) {
        let mut locked = lock(&self.locked);
        if !locked.iter().any(|known| Arc::ptr_eq(known, host)) {
            locked.push(host.clone());
        }
    }

    /// Fails if a lock that the run took on any host was lost: whoever else takes it relies on this
    /// run changing nothing more.
    pub(super) fn keeps_locks(&self, limits: &Limits) -> Result<(), HostError> {
        let hosts = lock(&self.locked).clone();
        hosts.iter().try_for_each(|host| host.keeps_locks(limits))
    }

    /// Ends the idle shells of users who were become on the machine of `acting`, other than its own
    /// and root's: a shell keeps the groups of when it started, and an account cannot be changed
    /// while a process of it runs.
    pub(super) fn close_others(&self, acting: &Arc<dyn Host>, limits: &Limits) {
        let others: Vec<_> = {
            let hosts = lock(&self.hosts);
            let is_own = |known: &Known| Arc::ptr_eq(&known.host, acting);
            let mut own = hosts.all().filter(|(_, known)| is_own(known));
            let Some(machine) = own.next().map(|(settings, _)| settings.machine()) else {
                return;
            };
            let is_other = |(settings, known): &&(Settings, Known)| {
                let user = settings
                    .r#become
                    .as_ref()
                    .map(|wanted| wanted.user.as_str());
                !is_own(known)
                    && user.is_some_and(|user| user != "root")
                    && settings.machine() == machine
            };
            let others = hosts.all().filter(is_other);
            others.map(|(_, known)| known.host.clone()).collect()
        };
        for host in others {
            host.close_idle(limits);
        }
    }

    /// Two threads may make the same connection at once: one of them is dropped, which is cheaper
    /// than waiting for each other.
    ///
    /// For a guess, returns the guess instead if it is about this host.
    fn real(&self, settings: &Settings, guess: Option<&Arc<Guess>>) -> Result<Known, HostError> {
        let known = lock(&self.hosts).get(settings);
        if let Some(guess) = guess {
            let ahead = known.and_then(|known| known.ahead);
            let is_it = ahead.is_some_and(|ahead| guess.is_about(&ahead));
            let host: Arc<dyn Host> = guess.clone();
            return is_it
                .then_some(Known { host, ahead: None })
                .ok_or(HostError::NotAsked);
        }
        if let Some(known) = known {
            return Ok(known);
        }
        let ahead = Ahead::over((self.connect)(settings)?, self.changes.clone());
        let host = Known {
            host: ahead.clone(),
            ahead: match settings.connection {
                // What templates do on this machine changes it unseen.
                Connection::Local(_) => None,
                Connection::Ssh(_) => Some(ahead),
            },
        };
        let mut hosts = lock(&self.hosts);
        if let Some(earlier) = hosts.get(settings) {
            return Ok(earlier);
        }
        hosts.add(settings, &host);
        Ok(host)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
