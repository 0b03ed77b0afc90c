//! TCP connections of this machine.

use super::{HostError, Limits, REFUSED, Stream};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long a TCP connection may take to be accepted.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many bytes are read at once.
const PIECE: usize = 64 << 10;

/// Connects from this machine to the first address of a name that accepts it.
pub(super) fn connect(host: &str, port: u16, limits: &Limits) -> Result<TcpStream, HostError> {
    let address = format!("{host}:{port}");
    let name = host.to_owned();
    // A name lookup cannot be cancelled.
    let connected = limits.aside(move || connect_by_name(&name, port))?;
    connected.map_err(|reason| HostError::NotConnected { address, reason })
}

fn connect_by_name(host: &str, port: u16) -> Result<TcpStream, String> {
    let addresses = (host, port).to_socket_addrs();
    let addresses = addresses.map_err(|error| format!("unknown host name: {error}"))?;
    let mut reason = "the name has no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = told(&error),
        }
    }
    Err(reason)
}

fn told(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => REFUSED.to_owned(),
        ErrorKind::TimedOut => "nothing answers".to_owned(),
        _ => error.to_string(),
    }
}

/// A TCP connection of this machine.
pub(super) struct LocalStream {
    stream: TcpStream,
    address: String,
}

impl LocalStream {
    /// Returns the connection; messages call it `address`.
    pub(super) fn new(stream: TcpStream, address: String) -> Self {
        Self { stream, address }
    }

    fn broken(&self, error: &std::io::Error) -> HostError {
        HostError::NotConnected {
            address: self.address.clone(),
            reason: told(error),
        }
    }
}

impl Stream for LocalStream {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let patience = limits.patience()?.max(Duration::from_millis(1));
            let written = self
                .stream
                .set_write_timeout(Some(patience))
                .and_then(|()| self.stream.write(rest));
            match written {
                Ok(length) => rest = rest.get(length..).unwrap_or_default(),
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(())
    }

    fn receive(&mut self, limits: &Limits) -> Result<Vec<u8>, HostError> {
        let mut piece = vec![0; PIECE];
        loop {
            let patience = limits.patience()?.max(Duration::from_millis(1));
            let read = self
                .stream
                .set_read_timeout(Some(patience))
                .and_then(|()| self.stream.read(&mut piece));
            match read {
                Ok(length) => {
                    piece.truncate(length);
                    return Ok(piece);
                }
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }
}

impl Drop for LocalStream {
    fn drop(&mut self) {
        // The other side may have closed it already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Returns whether the time limit for blocking was reached without any event.
fn is_wait(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
