//! Connections to the hosts, each made once and shared.

use super::settings::Settings;
use super::target::{Machine, Target};
use crate::host::shell::Become;
use crate::host::{Account, Host, HostError, Limits, Memory, Overlay};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Creates a host from settings.
pub type Connect = Box<dyn Fn(&Settings) -> Result<Arc<dyn Host>, HostError> + Send + Sync>;

/// Connections to the hosts, each made once and shared, and what check mode predicted for them.
pub struct Connector {
    connect: Connect,
    hosts: Mutex<Vec<(Settings, Arc<dyn Host>)>>,
    targets: Mutex<HashMap<Machine, Arc<Target>>>,
    /// The hosts on which the run took a lock. They are kept when their connections are reset.
    locked: Mutex<Vec<Arc<dyn Host>>>,
    /// Whether the hosts have rights and programs, so that check mode can tell what they lack.
    is_real: bool,
}

impl Connector {
    /// Returns a connector that creates hosts with `connect`.
    pub fn new(connect: Connect) -> Self {
        Self {
            connect,
            hosts: Mutex::default(),
            targets: Mutex::default(),
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
    ) -> Result<Arc<dyn Host>, HostError> {
        let Some(changes) = predicted else {
            return self.real(settings);
        };
        let Some(wanted) = &settings.r#become else {
            return Ok(Arc::new(self.over(self.real(settings)?, changes)));
        };
        match changes.account(&wanted.user)? {
            Account::Unchanged => Ok(Arc::new(self.over(self.real(settings)?, changes))),
            // The machine does not have the user yet; root sees everything that the user would.
            Account::Made => {
                let mut root = settings.clone();
                root.r#become = Some(Become {
                    user: "root".to_owned(),
                    ..wanted.clone()
                });
                let host = self.over(self.real(&root)?, changes);
                Ok(Arc::new(host.acting_as(&wanted.user)))
            }
            Account::Removed => Err(HostError::Become {
                user: wanted.user.clone(),
                reason: "an earlier task removes this user".to_owned(),
            }),
        }
    }

    /// Drops the connections to a host: the next task makes a new one.
    pub(super) fn reset(&self, name: &str) {
        lock(&self.hosts).retain(|(settings, _)| &*settings.name != name);
    }

    /// Returns all hosts connected so far.
    pub(super) fn connected(&self) -> Vec<Arc<dyn Host>> {
        lock(&self.hosts)
            .iter()
            .map(|(_, host)| host.clone())
            .collect()
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
            let mut own = hosts.iter().filter(|(_, host)| Arc::ptr_eq(host, acting));
            let Some(machine) = own.next().map(|(settings, _)| settings.machine()) else {
                return;
            };
            let is_other = |(settings, host): &&(Settings, Arc<dyn Host>)| {
                let user = settings
                    .r#become
                    .as_ref()
                    .map(|wanted| wanted.user.as_str());
                !Arc::ptr_eq(host, acting)
                    && user.is_some_and(|user| user != "root")
                    && settings.machine() == machine
            };
            let others = hosts.iter().filter(is_other);
            others.map(|(_, host)| host.clone()).collect()
        };
        for host in others {
            host.close_idle(limits);
        }
    }

    /// Two threads may make the same connection at once: one of them is dropped, which is cheaper
    /// than waiting for each other.
    fn real(&self, settings: &Settings) -> Result<Arc<dyn Host>, HostError> {
        let find = |hosts: &[(Settings, Arc<dyn Host>)]| {
            hosts
                .iter()
                .find(|(known, _)| known == settings)
                .map(|(_, host)| host.clone())
        };
        if let Some(host) = find(&lock(&self.hosts)) {
            return Ok(host);
        }
        let host = (self.connect)(settings)?;
        let mut hosts = lock(&self.hosts);
        if let Some(earlier) = find(&hosts) {
            return Ok(earlier);
        }
        hosts.push((settings.clone(), host.clone()));
        Ok(host)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
