//! Callbacks of a connection: they check the host key, and remember why the connection was lost.

use super::target::Target;
use super::{Failure, host_key};
use russh::client::{DisconnectReason, Session};
use russh::keys::PublicKeyOrCertificate;
use russh::{ChannelId, ChannelOpenFailure};
use std::io::ErrorKind;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Callbacks of a connection.
pub(super) struct Handler {
    pub(super) target: Arc<Target>,
    /// Receives the reason when the connection is lost; dropped when it ends.
    pub(super) lost: watch::Sender<Option<String>>,
    /// Receives the host's message whenever it refuses to open a channel.
    pub(super) refusals: mpsc::UnboundedSender<String>,
}

/// Why a connection failed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A protocol error.
    Ssh(russh::Error),
    /// The host key was refused.
    HostKey(Failure),
}

impl From<russh::Error> for Refusal {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl russh::client::Handler for Handler {
    type Error = Refusal;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Refusal> {
        let (target, key) = (self.target.clone(), shown.public_key());
        // Files are read here, and may be locked: other connections continue in the meantime.
        let check = tokio::task::spawn_blocking(move || host_key::check(&target, &key));
        match check.await {
            Ok(result) => result.map(|()| true).map_err(Refusal::HostKey),
            Err(error) => {
                let reason = format!("cannot check the host key: {error}");
                Err(Refusal::HostKey(Failure::new(reason)))
            }
        }
    }

    async fn channel_open_failure(
        &mut self,
        _channel: ChannelId,
        _reason: ChannelOpenFailure,
        description: &str,
        _language: &str,
        _session: &mut Session,
    ) -> Result<(), Refusal> {
        // Nobody is listening if the connection is being given up.
        let _ = self.refusals.send(description.to_owned());
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Refusal>) -> Result<(), Refusal> {
        let (text, result) = match reason {
            DisconnectReason::ReceivedDisconnect(info) => (info.message, Ok(())),
            DisconnectReason::Error(Refusal::Ssh(error)) => {
                (explain(&error), Err(Refusal::Ssh(error)))
            }
            DisconnectReason::Error(Refusal::HostKey(failure)) => {
                (failure.reason.clone(), Err(Refusal::HostKey(failure)))
            }
        };
        self.lost.send_replace(Some(text));
        result
    }
}

/// Explains a protocol error to the user.
pub(super) fn explain(error: &russh::Error) -> String {
    use russh::Error;
    match error {
        Error::Disconnect | Error::HUP | Error::SendError | Error::RecvError => {
            "the host closed the connection".to_owned()
        }
        Error::IO(error)
            if matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
            ) =>
        {
            "the host closed the connection".to_owned()
        }
        Error::IO(error) if error.kind() == ErrorKind::TimedOut => {
            "the host stopped responding".to_owned()
        }
        Error::KeepaliveTimeout => "the host stopped responding".to_owned(),
        Error::Version => "the server does not support SSH 2".to_owned(),
        Error::NoCommonAlgo { kind, ours, theirs } => format!(
            "no {kind:?} algorithm in common: the host offers {}, rmqplay {}",
            theirs.join(", "),
            ours.join(", ")
        ),
        other => other.to_string(),
    }
}
