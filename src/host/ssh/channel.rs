//! The pipes of a command over SSH.

use super::connection::Connection;
use super::reactor::Reactor;
use super::sessions::Place;
use super::transport::Session;
use crate::host::shell::{Backlog, Channel, Received};
use crate::host::{HostError, Limits};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use std::sync::Arc;

/// How many bytes are passed to the connection at once; larger pieces are not faster.
const PIECE: usize = 256 * 1024;

/// The pipes of a command over SSH.
pub(super) struct SshChannel {
    reactor: Arc<Reactor>,
    connection: Arc<Connection>,
    /// `None` once it is closed: unread data would block the whole connection.
    pipes: Option<Pipes>,
    arrived: Backlog,
    has_exited: bool,
}

struct Pipes {
    read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
    place: Place,
}

/// The meaning of a message from the host.
enum Meaning {
    News(Received),
    Nothing,
    End(Ending),
}

/// Why nothing more can arrive.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Closed,
    Lost,
    Refused,
}

impl SshChannel {
    /// Starts a command in a session without waiting for the host's answer: a refusal arrives
    /// through the channel.
    pub(super) async fn start(
        reactor: Arc<Reactor>,
        session: Session,
        command: &str,
    ) -> Result<Self, HostError> {
        let (read, write) = session.channel.split();
        // From here on the session is closed in any case.
        let channel = Self {
            reactor,
            connection: session.connection,
            pipes: Some(Pipes {
                read,
                write,
                place: session.place,
            }),
            arrived: Backlog::default(),
            has_exited: false,
        };
        if let Some(pipes) = &channel.pipes
            && pipes.write.exec(true, command).await.is_err()
        {
            return Err(channel.connection.failure().await.into());
        }
        Ok(channel)
    }

    /// Handles the message after which nothing more can arrive.
    async fn end(&mut self, ending: Ending) -> Result<(), HostError> {
        match ending {
            Ending::Closed => {
                self.pipes = None;
                Ok(())
            }
            Ending::Lost => {
                self.pipes = None;
                Err(self.connection.failure().await.into())
            }
            Ending::Refused => {
                self.close();
                Err(HostError::Unreachable {
                    reason: "the host refuses to run commands".to_owned(),
                    help: Some(
                        "check whether its sshd forces a command, or only allows SFTP".to_owned(),
                    ),
                })
            }
        }
    }

    /// Sends a piece, receiving what arrives in the meantime.
    async fn send_piece(&mut self, piece: &[u8]) -> Result<(), HostError> {
        let Some(pipes) = &mut self.pipes else {
            return Ok(());
        };
        let Pipes { read, write, .. } = pipes;
        let mut sending = Box::pin(write.data_bytes(piece.to_vec()));
        let ending = loop {
            // A command that has exited reads nothing more, though a child of it may hold its
            // pipes.
            if self.has_exited {
                return Ok(());
            }
            let message = tokio::select! {
                biased;
                sent = &mut sending => match sent {
                    Ok(()) => return Ok(()),
                    Err(_) => break Ending::Lost,
                },
                message = read.wait() => message,
            };
            match meaning(message) {
                Meaning::Nothing => {}
                Meaning::News(news) => {
                    self.has_exited |= matches!(news, Received::Exit(_));
                    self.arrived.push(news)?;
                }
                Meaning::End(ending) => break ending,
            }
        };
        drop(sending);
        self.end(ending).await
    }
}

impl Channel for SshChannel {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        let reactor = self.reactor.clone();
        for piece in bytes.chunks(PIECE) {
            reactor.wait(limits, self.send_piece(piece))?;
        }
        Ok(())
    }

    fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError> {
        let (reactor, connection) = (self.reactor.clone(), self.connection.clone());
        let Some(pipes) = &self.pipes else {
            return Ok(());
        };
        reactor.wait(limits, async {
            match pipes.write.eof().await {
                Ok(()) => Ok(()),
                Err(_) => Err(connection.failure().await.into()),
            }
        })
    }

    fn receive(&mut self, limits: &Limits) -> Result<Received, HostError> {
        let reactor = self.reactor.clone();
        loop {
            if let Some(news) = self.arrived.pop() {
                return Ok(news);
            }
            let Some(pipes) = &mut self.pipes else {
                return Ok(Received::Closed);
            };
            let message = reactor.wait(limits, async { Ok(pipes.read.wait().await) })?;
            match meaning(message) {
                Meaning::Nothing => {}
                Meaning::News(news) => {
                    self.has_exited |= matches!(news, Received::Exit(_));
                    return Ok(news);
                }
                Meaning::End(ending) => reactor.wait(limits, self.end(ending))?,
            }
        }
    }

    fn close(&mut self) {
        let Some(pipes) = self.pipes.take() else {
            return;
        };
        // Dropping the channel alone would leave the session open on the host. The host frees it
        // once it is notified.
        if let Some(handle) = self.reactor.handle() {
            handle.spawn(async move {
                drop(pipes.read);
                let _ = pipes.write.close().await;
                drop(pipes.place);
            });
        }
    }
}

impl Drop for SshChannel {
    fn drop(&mut self) {
        self.close();
    }
}

fn meaning(message: Option<ChannelMsg>) -> Meaning {
    match message {
        None => Meaning::End(Ending::Lost),
        Some(ChannelMsg::Close) => Meaning::End(Ending::Closed),
        Some(ChannelMsg::Failure) => Meaning::End(Ending::Refused),
        Some(ChannelMsg::Data { data }) if !data.is_empty() => {
            Meaning::News(Received::Stdout(data.into()))
        }
        Some(ChannelMsg::ExtendedData { data, ext: 1 }) if !data.is_empty() => {
            Meaning::News(Received::Stderr(data.into()))
        }
        Some(ChannelMsg::ExitStatus { exit_status }) => {
            Meaning::News(Received::Exit(exit_status.cast_signed()))
        }
        Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
            Meaning::News(Received::Exit(128 + number(&signal_name)))
        }
        Some(_) => Meaning::Nothing,
    }
}

/// Returns the number of a signal on Linux, or 0 if SSH has no name for it.
fn number(signal: &Sig) -> i32 {
    match signal {
        Sig::HUP => 1,
        Sig::INT => 2,
        Sig::QUIT => 3,
        Sig::ILL => 4,
        Sig::ABRT => 6,
        Sig::FPE => 8,
        Sig::KILL => 9,
        Sig::USR1 => 10,
        Sig::SEGV => 11,
        Sig::PIPE => 13,
        Sig::ALRM => 14,
        Sig::TERM => 15,
        Sig::Custom(_) => 0,
    }
}
