//! Connections to the hosts, each made once and shared.

use super::settings::Settings;
use crate::host::{Host, HostError, Memory, Overlay};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Makes a host from settings.
pub type Connect = Box<dyn Fn(&Settings) -> Result<Arc<dyn Host>, HostError> + Send + Sync>;

/// Connections to the hosts, each made once and shared, and what check mode thinks it did there.
pub struct Connector {
    connect: Connect,
    hosts: Mutex<Vec<(Settings, Arc<dyn Host>)>>,
    overlays: Mutex<HashMap<Arc<str>, Overlay>>,
}

impl Connector {
    /// Returns a connector that makes hosts by `connect`.
    pub fn new(connect: Connect) -> Self {
        Self {
            connect,
            hosts: Mutex::default(),
            overlays: Mutex::default(),
        }
    }

    /// Returns the host; with `check` an overlay that only remembers what is done to it. All users
    /// of a host see the same overlay.
    pub(super) fn host(
        &self,
        settings: &Settings,
        check: bool,
    ) -> Result<Arc<dyn Host>, HostError> {
        let real = self.real(settings)?;
        if !check {
            return Ok(real);
        }
        let changes = lock(&self.overlays)
            .entry(settings.name.clone())
            .or_default()
            .clone();
        Ok(Arc::new(Memory::over(real, changes)))
    }

    /// Forgets the connections to a host: the next task makes a new one.
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

    /// Two threads may make the same connection at once: one of them is dropped again, which
    /// costs less than to wait for each other.
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
