//! A connection through a command of the user.

use super::Failure;
use super::stream::Stream;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader, Join, ReadBuf};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A command whose standard input and output are the connection; it ends with it.
struct ProxyCommand {
    pipes: Join<ChildStdout, ChildStdin>,
    _child: Child,
}

/// Starts a `ProxyCommand`, which is a line of shell by definition.
pub(super) fn start(command: &str) -> Result<impl Stream + use<>, Failure> {
    let failure =
        |reason: String| Failure::new(format!("cannot run ProxyCommand `{command}`: {reason}"));
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failure(error.to_string()))?;
    if let Some(complaints) = child.stderr.take() {
        let command = command.to_owned();
        tokio::spawn(async move {
            let mut lines = BufReader::new(complaints).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                tracing::warn!(command, "{line}");
            }
        });
    }
    match (child.stdout.take(), child.stdin.take()) {
        (Some(output), Some(input)) => Ok(ProxyCommand {
            pipes: tokio::io::join(output, input),
            _child: child,
        }),
        _ => Err(failure("it has no pipes".to_owned())),
    }
}

impl AsyncRead for ProxyCommand {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.pipes).poll_read(context, buffer)
    }
}

impl AsyncWrite for ProxyCommand {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.pipes).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.pipes).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        // The problem was already reported: an error here would only hide it.
        Pin::new(&mut self.pipes)
            .poll_shutdown(context)
            .map(|_| Ok(()))
    }
}
