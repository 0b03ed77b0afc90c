//! All SSH connections of a run.

use super::key_ring::{AskPassphrase, KeyRing};
use super::reactor::Reactor;
use super::target::{Route, Target};
use super::transport::SshTransport;
use std::sync::{Arc, Mutex, PoisonError};

/// All SSH connections of a run: one to each target, including jump hosts, shared by all users.
pub struct Connections {
    reactor: Arc<Reactor>,
    keys: Arc<KeyRing>,
    transports: Mutex<Vec<Arc<SshTransport>>>,
}

impl Connections {
    /// Starts the threads that handle the connections. `ask` is called, by one thread at a time,
    /// for the passphrase of a key that a host would accept.
    pub fn new(ask: AskPassphrase) -> std::io::Result<Self> {
        Ok(Self {
            reactor: Arc::new(Reactor::start()?),
            keys: Arc::new(KeyRing::new(ask)),
            transports: Mutex::default(),
        })
    }

    /// Returns the transport to a target. It connects when it is first used.
    pub fn transport(&self, target: &Target) -> Arc<SshTransport> {
        let mut transports = self
            .transports
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.find_or_add(&mut transports, target)
    }

    fn find_or_add(
        &self,
        transports: &mut Vec<Arc<SshTransport>>,
        target: &Target,
    ) -> Arc<SshTransport> {
        if let Some(known) = transports.iter().find(|known| known.target() == target) {
            return known.clone();
        }
        let through = match &target.route {
            Route::Jump(jump) => Some(self.find_or_add(transports, jump)),
            Route::Direct | Route::Command(_) => None,
        };
        let (reactor, keys) = (self.reactor.clone(), self.keys.clone());
        let transport = Arc::new(SshTransport::new(reactor, keys, target.clone(), through));
        transports.push(transport.clone());
        transport
    }
}
