//! Asks a host whether it would accept a key, before the user is asked for its passphrase.

use russh::Signer;
use russh::keys::HashAlg;
use russh::keys::agent::AgentIdentity;

/// A signer that signs nothing: it is called only if the host accepts the key.
pub(super) struct Probe;

/// The host accepts the key.
pub(super) struct Accepted;

impl From<russh::SendError> for Accepted {
    fn from(_: russh::SendError) -> Self {
        Self
    }
}

impl Signer for Probe {
    type Error = Accepted;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        _: Option<HashAlg>,
        _: Vec<u8>,
    ) -> Result<Vec<u8>, Accepted> {
        Err(Accepted)
    }
}
