//! Sends content to the standard input of a request.

use crate::host::shell::session::Session;
use crate::host::{Body, HostError, Limits};
use crate::source::regular;
use std::io::Read;
use std::path::Path;

/// How many bytes are sent at once: a file of any size needs no more memory.
const PIECE: usize = 256 << 10;

/// Sends a body.
pub(super) fn send_body(
    session: &mut Session,
    body: &Body,
    limits: &Limits,
) -> Result<(), HostError> {
    match body {
        Body::Bytes(bytes) => {
            for piece in bytes.chunks(PIECE) {
                session.send_bytes(piece, limits)?;
            }
            Ok(())
        }
        Body::File { path, .. } => send_file(session, path, limits),
    }
}

/// Sends a file of the controller. The digest on the host shows whether the file is still the one
/// that was planned with.
pub(super) fn send_file(
    session: &mut Session,
    path: &Path,
    limits: &Limits,
) -> Result<(), HostError> {
    let failed = |source| HostError::Local {
        path: path.to_owned(),
        source,
    };
    let mut file = regular::open(path).map_err(failed)?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(failed)?;
        match piece.get(..length) {
            Some([]) | None => return Ok(()),
            Some(bytes) => session.send_bytes(bytes, limits)?,
        }
    }
}
