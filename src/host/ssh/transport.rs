//! A host over SSH: its connections, made when needed.

use super::Failure;
use super::channel::SshChannel;
use super::connection::{Connection, NotOpened};
use super::forwarded::Forwarded;
use super::key_ring::KeyRing;
use super::reactor::Reactor;
use super::sessions::Place;
use super::target::Target;
use crate::host::shell::{Channel, Transport};
use crate::host::{HostError, Limits, REFUSED, Stream};
use russh::ChannelOpenFailure;
use russh::client::Msg;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The maximum number of connections to one host: one is used for everything unless its sessions
/// are used up.
const MOST_CONNECTIONS: usize = 4;

/// How long a port of another machine may take to answer.
const PORT_TIMEOUT: Duration = Duration::from_secs(5);

/// A host over SSH. Nothing is connected before the first call, and a lost connection is restored
/// by the first call after it.
pub struct SshTransport {
    reactor: Arc<Reactor>,
    keys: Arc<KeyRing>,
    target: Arc<Target>,
    through: Option<Arc<SshTransport>>,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    connections: Vec<Arc<Connection>>,
    /// The last attempt to connect, if it failed: everything that waited for it fails as well.
    failure: Option<(Instant, Failure)>,
}

impl Slot {
    /// Drops connections that cannot be used any more; open channels keep theirs.
    fn tidy(&mut self) {
        self.connections
            .retain(|connection| !connection.is_closed() && !connection.sessions().is_used_up());
    }
}

/// An open session.
pub(super) struct Session {
    pub(super) connection: Arc<Connection>,
    pub(super) channel: russh::Channel<Msg>,
    pub(super) place: Place,
}

impl SshTransport {
    pub(super) fn new(
        reactor: Arc<Reactor>,
        keys: Arc<KeyRing>,
        target: Target,
        through: Option<Arc<SshTransport>>,
    ) -> Self {
        Self {
            reactor,
            keys,
            target: Arc::new(target),
            through,
            slot: Mutex::default(),
        }
    }

    /// Returns the target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    async fn session(&self) -> Result<Session, Failure> {
        let mut was_lost = false;
        loop {
            let (connection, place) = self.place().await?;
            match connection.session().await {
                Ok(channel) => {
                    connection.sessions().was_allowed();
                    return Ok(Session {
                        connection,
                        channel,
                        place,
                    });
                }
                Err(NotOpened::Lost) if was_lost => return Err(connection.failure().await),
                Err(NotOpened::Lost) => was_lost = true,
                Err(NotOpened::Refused(..)) if connection.sessions().was_refused(place) => {}
                Err(NotOpened::Refused(reason, _)) => {
                    return Err(Failure::new(format!(
                        "{} refuses to open a session: {reason:?}",
                        self.target
                    )));
                }
            }
        }
    }

    /// Returns a connection that is expected to allow another session.
    async fn place(&self) -> Result<(Arc<Connection>, Place), Failure> {
        loop {
            let full = {
                let asked = Instant::now();
                let mut slot = self.slot.lock().await;
                slot.tidy();
                let found = slot.connections.iter().find_map(|connection| {
                    let place = connection.sessions().take()?;
                    Some((connection.clone(), place))
                });
                if let Some(found) = found {
                    return Ok(found);
                }
                match slot.connections.last() {
                    Some(last) if slot.connections.len() >= MOST_CONNECTIONS => last.clone(),
                    _ => self.connect(&mut slot, asked).await?,
                }
            };
            if let Some(place) = full.sessions().next().await {
                return Ok((full, place));
            }
        }
    }

    /// Returns a connection for uses without a session.
    async fn connection(&self) -> Result<Arc<Connection>, Failure> {
        let asked = Instant::now();
        let mut slot = self.slot.lock().await;
        slot.tidy();
        match slot.connections.first() {
            Some(connection) => Ok(connection.clone()),
            None => self.connect(&mut slot, asked).await,
        }
    }

    async fn connect(&self, slot: &mut Slot, asked: Instant) -> Result<Arc<Connection>, Failure> {
        if let Some((when, failure)) = &slot.failure
            && *when >= asked
        {
            return Err(failure.clone());
        }
        match self.connect_now().await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                slot.connections.push(connection.clone());
                slot.failure = None;
                Ok(connection)
            }
            Err(failure) => {
                slot.failure = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    async fn connect_now(&self) -> Result<Connection, Failure> {
        let through = match &self.through {
            None => None,
            Some(jump) => Some(
                Box::pin(jump.connection())
                    .await
                    .map_err(|failure| Failure {
                        reason: format!("jump host {}: {}", jump.target.name, failure.reason),
                        ..failure
                    })?,
            ),
        };
        Connection::open(self.target.clone(), through, &self.keys).await
    }

    /// Returns whether the host can connect to a port; `None` if it does not say.
    async fn can_connect(&self, host: &str, port: u16) -> Result<Option<bool>, Failure> {
        let mut was_lost = false;
        loop {
            let connection = self.connection().await?;
            let opening = connection.forward(host, port);
            match tokio::time::timeout(PORT_TIMEOUT, opening).await {
                Err(_) => return Ok(Some(false)),
                Ok(Ok(channel)) => {
                    // All that matters is that it was opened.
                    let _ = channel.close().await;
                    return Ok(Some(true));
                }
                Ok(Err(NotOpened::Refused(ChannelOpenFailure::ConnectFailed, _))) => {
                    return Ok(Some(false));
                }
                Ok(Err(NotOpened::Refused(..))) => return Ok(None),
                Ok(Err(NotOpened::Lost)) if was_lost => return Err(connection.failure().await),
                Ok(Err(NotOpened::Lost)) => was_lost = true,
            }
        }
    }
}

impl SshTransport {
    /// Opens a channel to a port as seen by the host.
    async fn forwarded(&self, host: &str, port: u16) -> Result<Forwarded, HostError> {
        let address = format!("{host}:{port}");
        let refused = |reason: &str| HostError::NotConnected {
            address: address.clone(),
            reason: reason.to_owned(),
        };
        let mut was_lost = false;
        loop {
            let connection = self.connection().await?;
            let opening = connection.forward(host, port);
            match tokio::time::timeout(PORT_TIMEOUT, opening).await {
                Err(_) => return Err(refused("nothing answers")),
                Ok(Ok(channel)) => {
                    let reactor = self.reactor.clone();
                    return Ok(Forwarded::new(reactor, connection, address, channel));
                }
                Ok(Err(NotOpened::Refused(ChannelOpenFailure::ConnectFailed, words))) => {
                    return Err(refused(reason_of(&words)));
                }
                Ok(Err(NotOpened::Refused(..))) => {
                    return Err(HostError::ForwardingForbidden {
                        host: self.target.to_string(),
                        address,
                    });
                }
                Ok(Err(NotOpened::Lost)) if was_lost => {
                    return Err(connection.failure().await.into());
                }
                Ok(Err(NotOpened::Lost)) => was_lost = true,
            }
        }
    }
}

impl Transport for SshTransport {
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError> {
        let channel = self.reactor.wait(limits, async {
            let session = self.session().await?;
            SshChannel::start(self.reactor.clone(), session, command).await
        })?;
        Ok(Box::new(channel))
    }

    fn connects(&self, host: &str, port: u16, limits: &Limits) -> Result<Option<bool>, HostError> {
        self.reactor
            .wait(limits, async { Ok(self.can_connect(host, port).await?) })
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        let forwarded = self.reactor.wait(limits, self.forwarded(host, port))?;
        Ok(Box::new(forwarded))
    }

    fn patience(&self) -> Duration {
        self.target.connect_timeout
    }

    fn describe(&self) -> String {
        self.target.to_string()
    }
}

/// Returns why a host could not connect, from the message of its sshd. OpenSSH returns the system's
/// message, or `open failed` if the attempt failed immediately, as without a route.
fn reason_of(words: &str) -> &str {
    match words {
        "" | "Connection refused" => REFUSED,
        "open failed" => "no way leads there",
        words => words,
    }
}
