//! A TCP connection made by a host.

use super::connection::Connection;
use super::reactor::Reactor;
use crate::host::{HostError, Limits, Stream};
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use std::sync::Arc;

/// A TCP connection made by a host, through its SSH connection.
pub(super) struct Forwarded {
    reactor: Arc<Reactor>,
    connection: Arc<Connection>,
    address: String,
    read: ChannelReadHalf,
    /// `None` after it is closed.
    write: Option<ChannelWriteHalf<Msg>>,
}

impl Forwarded {
    pub(super) fn new(
        reactor: Arc<Reactor>,
        connection: Arc<Connection>,
        address: String,
        channel: Channel<Msg>,
    ) -> Self {
        let (read, write) = channel.split();
        Self {
            reactor,
            connection,
            address,
            read,
            write: Some(write),
        }
    }
}

impl Stream for Forwarded {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        let connection = self.connection.clone();
        let Some(write) = &self.write else {
            return Err(HostError::NotConnected {
                address: self.address.clone(),
                reason: "the connection was closed".to_owned(),
            });
        };
        self.reactor.wait(limits, async {
            match write.data_bytes(bytes.to_vec()).await {
                Ok(()) => Ok(()),
                Err(_) => Err(connection.failure().await.into()),
            }
        })
    }

    fn receive(&mut self, limits: &Limits) -> Result<Vec<u8>, HostError> {
        let connection = self.connection.clone();
        let (reactor, read) = (self.reactor.clone(), &mut self.read);
        reactor.wait(limits, async {
            loop {
                match read.wait().await {
                    Some(ChannelMsg::Data { data }) if !data.is_empty() => return Ok(data.into()),
                    Some(ChannelMsg::Eof | ChannelMsg::Close) => return Ok(Vec::new()),
                    Some(_) => {}
                    None => return Err(connection.failure().await.into()),
                }
            }
        })
    }
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        let Some(write) = self.write.take() else {
            return;
        };
        // Dropping it alone would leave it open on the host.
        if let Some(handle) = self.reactor.handle() {
            handle.spawn(async move {
                let _ = write.close().await;
            });
        }
    }
}
