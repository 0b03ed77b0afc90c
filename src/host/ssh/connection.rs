//! One SSH connection, established and authenticated once, and then shared by all channels to its
//! host.

use super::authentication::log_in;
use super::handler::{Handler, Refusal, explain};
use super::key_ring::KeyRing;
use super::lost::Lost;
use super::sessions::Sessions;
use super::stream::{QuickStream, Stream};
use super::target::{Route, Target};
use super::{Failure, algorithms, host_key};
use crate::host::RUN_AGAIN;
use russh::client::{Config, Handle, Msg};
use russh::{Channel, ChannelOpenFailure};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc, oneshot};

/// How many bytes a host may send on a channel without waiting for us. The throughput is at most
/// this divided by the round trip: 8 MiB / 50 ms = 160 MB/s.
const WINDOW: u32 = 8 << 20;

/// How many messages of a channel may be unread before the whole connection waits.
const UNREAD_MESSAGES: usize = 512;

/// After how many unanswered keep-alive requests a connection counts as lost.
const UNANSWERED: u32 = 3;

/// How long the text of a refusal may arrive after the refusal itself: both are in one message.
const WORDS_TIMEOUT: Duration = Duration::from_secs(1);

/// One SSH connection.
pub(super) struct Connection {
    handle: Handle<Handler>,
    target: Arc<Target>,
    lost: Lost,
    /// The host's message each time it refused a channel; each is taken once.
    refusals: Mutex<mpsc::UnboundedReceiver<String>>,
    sessions: Arc<Sessions>,
    /// Keeps the connection that it goes through alive.
    _through: Option<Arc<Connection>>,
}

/// Why a channel was not opened.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// The host refused, with this message.
    Refused(ChannelOpenFailure, String),
    /// The connection is closed.
    Lost,
}

enum Kind {
    Session,
    Forward(String, u16),
}

impl Connection {
    /// Connects and logs in within the target's time limit.
    pub(super) async fn open(
        target: Arc<Target>,
        through: Option<Arc<Connection>>,
        keys: &KeyRing,
    ) -> Result<Self, Failure> {
        let until = Instant::now() + target.connect_timeout;
        let too_late = || {
            let time = target.connect_timeout;
            Failure::new(format!("{target} did not answer within {time:?}"))
                .help("check that the host is up and that no firewall drops the connection")
        };
        let config = Arc::new(config(&target)?);
        let greeting = async {
            let stream = stream(&target, through.as_deref(), until).await?;
            let (sender, lost) = Lost::of_new_connection();
            let (words, refusals) = mpsc::unbounded_channel();
            let handler = Handler {
                target: target.clone(),
                lost: sender,
                refusals: words,
            };
            let connecting = russh::client::connect_stream(config, stream, handler);
            let handle = connecting.await.map_err(|refusal| match refusal {
                Refusal::HostKey(failure) => failure,
                Refusal::Ssh(error) => {
                    let reason = format!("cannot connect to {target}: {}", explain(&error));
                    let failure = Failure::new(reason);
                    match error {
                        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
                            failure.help(algorithms::advice(kind, &theirs))
                        }
                        _ => failure,
                    }
                }
            })?;
            Ok((handle, lost, refusals))
        };
        let greeting = tokio::time::timeout_at(until.into(), greeting).await;
        let (mut handle, lost, refusals) = greeting.map_err(|_| too_late())??;
        log_in(&mut handle, &target, keys, &lost, until).await?;
        tracing::debug!(host = %target, "connected");
        Ok(Self {
            handle,
            target,
            lost,
            refusals: Mutex::new(refusals),
            sessions: Sessions::new(),
            _through: through,
        })
    }

    /// Returns whether no channel can be opened any more.
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Returns the failure of a lost connection.
    pub(super) async fn failure(&self) -> Failure {
        let reason = self.lost.reason().await;
        Failure::new(format!(
            "the connection to {} was lost: {reason}",
            self.target
        ))
        .help(RUN_AGAIN)
    }

    /// Returns the sessions it carries.
    pub(super) fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// Opens a channel for a command.
    pub(super) async fn session(self: &Arc<Self>) -> Result<Channel<Msg>, NotOpened> {
        self.channel(Kind::Session).await
    }

    /// Opens a channel to a TCP port as seen by the host.
    pub(super) async fn forward(
        self: &Arc<Self>,
        host: &str,
        port: u16,
    ) -> Result<Channel<Msg>, NotOpened> {
        self.channel(Kind::Forward(host.to_owned(), port)).await
    }

    /// A task of its own opens the channel: if nobody waits for it any more when the host has
    /// opened it, it must be closed again.
    async fn channel(self: &Arc<Self>, kind: Kind) -> Result<Channel<Msg>, NotOpened> {
        let connection = self.clone();
        let (reply, answer) = oneshot::channel();
        tokio::spawn(async move {
            let handle = &connection.handle;
            let opened = match kind {
                Kind::Session => handle.channel_open_session().await,
                Kind::Forward(host, port) => {
                    let port = u32::from(port);
                    handle
                        .channel_open_direct_tcpip(host, port, "127.0.0.1", 0)
                        .await
                }
            };
            let opened = match opened {
                Ok(channel) => Ok(channel),
                Err(russh::Error::ChannelOpenFailure(reason)) => {
                    Err(NotOpened::Refused(reason, connection.words().await))
                }
                Err(_) => Err(NotOpened::Lost),
            };
            if let Err(Ok(unwanted)) = reply.send(opened) {
                let _ = unwanted.close().await;
            }
        });
        match answer.await {
            Ok(opened) => opened,
            Err(_) => Err(NotOpened::Lost),
        }
    }

    /// Returns the text of the latest refusal. Two simultaneous ones may be swapped.
    async fn words(&self) -> String {
        let mut refusals = self.refusals.lock().await;
        let words = tokio::time::timeout(WORDS_TIMEOUT, refusals.recv());
        words.await.ok().flatten().unwrap_or_default()
    }
}

fn config(target: &Target) -> Result<Config, Failure> {
    let mut preferred = target.algorithms.preferred().map_err(Failure::new)?;
    preferred.key = Cow::Owned(host_key::known_first(target, &preferred.key)?);
    Ok(Config {
        preferred,
        window_size: WINDOW,
        channel_buffer_size: UNREAD_MESSAGES,
        keepalive_interval: target.alive_interval,
        keepalive_max: UNANSWERED as usize,
        ..Config::default()
    })
}

/// Returns the stream that the connection uses.
async fn stream(
    target: &Target,
    through: Option<&Connection>,
    until: Instant,
) -> Result<Box<dyn Stream>, Failure> {
    match (&target.route, through) {
        (Route::Command(command), _) => Ok(Box::new(super::proxy_command::start(command)?)),
        (_, None) => {
            let silence = target
                .alive_interval
                .map(|interval| interval * (UNANSWERED + 1));
            let connecting = QuickStream::connect(&target.host, target.port, until, silence);
            Ok(Box::new(connecting.await?))
        }
        (_, Some(jump)) => {
            let (host, port) = (target.host.clone(), u32::from(target.port));
            let opening = jump
                .handle
                .channel_open_direct_tcpip(host, port, "127.0.0.1", 0);
            match opening.await {
                Ok(channel) => Ok(Box::new(channel.into_stream())),
                Err(russh::Error::ChannelOpenFailure(reason)) => {
                    let words = jump.words().await;
                    if matches!(reason, ChannelOpenFailure::AdministrativelyProhibited) {
                        let forbidden = format!("{} does not allow forwarding", jump.target);
                        return Err(Failure::new(forbidden)
                            .help("set `AllowTcpForwarding yes` in its sshd_config"));
                    }
                    tracing::debug!(host = %jump.target, "no connection: {words}");
                    Err(Failure::new(format!(
                        "{} cannot connect to {}:{}",
                        jump.target, target.host, target.port
                    )))
                }
                Err(_) => Err(jump.failure().await),
            }
        }
    }
}
