//! The TCP connection under an SSH connection.

use super::Failure;
use rustix::net::sockopt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What an SSH connection can use: TCP, a channel of another connection, or a command.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A TCP connection that acknowledges data immediately.
///
/// sshd keeps Nagle's algorithm on for sessions without a terminal, so its small packets wait for
/// our acknowledgement, which the kernel would delay for 40 ms.
pub(super) struct QuickStream(TcpStream);

impl QuickStream {
    /// Connects to one of the host's addresses, which share the remaining time.
    ///
    /// The connection counts as lost if sent data stays unacknowledged for as long as `silence`:
    /// keepalives do not notice a dead network while a large body waits in the socket's buffer.
    pub(super) async fn connect(
        host: &str,
        port: u16,
        until: Instant,
        silence: Option<Duration>,
    ) -> Result<Self, Failure> {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| {
                Failure::new(format!("cannot resolve {host}: {error}")).help(unresolved(host))
            })?
            .collect();
        let mut failure = Failure::new(format!("{host} has no address"));
        for (index, address) in addresses.iter().enumerate() {
            let left = until.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let connecting = TcpStream::connect(address);
            match tokio::time::timeout(share, connecting).await {
                Ok(Ok(stream)) => {
                    return Self::new(stream, silence)
                        .map_err(|error| Failure::new(error.to_string()));
                }
                Ok(Err(error)) => failure = not_connected(*address, &error),
                Err(_) => {
                    failure = Failure::new(format!("{address} did not answer in time")).help(
                        "check that the host is up and that no firewall drops the connection",
                    );
                }
            }
        }
        Err(failure)
    }

    fn new(stream: TcpStream, silence: Option<Duration>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        #[cfg(target_os = "linux")]
        if let Some(silence) = silence {
            let milliseconds = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
            sockopt::set_tcp_user_timeout(&stream, milliseconds)?;
        }
        Ok(Self(stream))
    }

    fn acknowledge_at_once(&self) {
        // The kernel forgets this after some packets. It only affects speed.
        #[cfg(target_os = "linux")]
        let _ = sockopt::set_tcp_quickack(&self.0, true);
    }
}

/// Returns what may be wrong with a name that has no address.
fn unresolved(host: &str) -> String {
    if let Some((user, name)) = host.split_once('@') {
        return format!("name the host {name}, and the user with `-u {user}` or `ansible_user`");
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => {
            format!("`{port}` after {name} is not a port: a port is a number from 1 to 65535")
        }
        _ => "check the name, or set `ansible_host` to an address".to_owned(),
    }
}

fn not_connected(address: SocketAddr, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            Failure::new(format!("connection to {address} refused"))
                .help("check that sshd is running and that the port is right (`ansible_port`)")
        }
        _ => Failure::new(format!("cannot connect to {address}: {error}")).help(
            "check that the host is up, that its address is right (`ansible_host`), and that there is a route to it",
        ),
    }
}

impl AsyncRead for QuickStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.0).poll_read(context, buffer);
        self.acknowledge_at_once();
        result
    }
}

impl AsyncWrite for QuickStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The problem was already reported: an error here would only hide it.
        Pin::new(&mut self.0).poll_shutdown(context).map(|_| Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::unresolved;

    #[test]
    fn a_name_without_an_address_says_what_may_be_wrong_with_it() {
        for (name, help) in [
            (
                "root@web1",
                "name the host web1, and the user with `-u root`",
            ),
            ("web1:99999", "`99999` after web1 is not a port"),
            ("web1:ssh", "`ssh` after web1 is not a port"),
            ("web1", "check the name"),
            ("fe80::1::2", "check the name"),
        ] {
            assert!(unresolved(name).starts_with(help), "{name}");
        }
    }
}
