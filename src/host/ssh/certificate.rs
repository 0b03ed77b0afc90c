//! User certificates: public keys signed by an authority, with their private keys.

use super::key_ring::KeyFile;
use crate::source::regular;
use russh::Signer;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode as _;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PrivateKey};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::net::UnixStream;

/// A certificate of the user, and the signer for its key.
pub(super) struct UserCertificate {
    pub(super) path: PathBuf,
    pub(super) certificate: Certificate,
    pub(super) key: Held,
}

/// Where a private key is.
pub(super) enum Held {
    Agent(Box<AgentIdentity>),
    File(PathBuf, KeyFile),
}

impl UserCertificate {
    /// Returns the hash for signatures: SHA-512 for RSA keys; others determine it themselves.
    pub(super) fn hash(&self) -> Option<HashAlg> {
        let rsa = self.certificate.algorithm().is_rsa();
        rsa.then_some(HashAlg::Sha512)
    }
}

impl std::fmt::Display for UserCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "certificate {}", self.path.display())?;
        let end = self.certificate.valid_before_time();
        if end.is_some_and(|end| end < SystemTime::now()) {
            formatter.write_str(" (expired)")?;
        }
        Ok(())
    }
}

/// The usable certificates, read from their files.
pub(super) struct Certificates(Vec<(PathBuf, Certificate)>);

impl Certificates {
    /// Reads the configured files (`CertificateFile`) and those next to the keys; unreadable ones
    /// are noted in `skipped`.
    pub(super) fn read(named: &[PathBuf], keys: &[PathBuf], skipped: &mut Vec<String>) -> Self {
        let mut read = Vec::new();
        let mut add = |path: PathBuf, is_named: bool| match of_file(&path) {
            Ok(Some(certificate)) => read.push((path, certificate)),
            Ok(None) if !is_named => {}
            Ok(None) => skipped.push(format!(
                "certificate {}: No such file or directory",
                path.display()
            )),
            Err(reason) => skipped.push(format!("certificate {}: {reason}", path.display())),
        };
        named.iter().for_each(|path| add(path.clone(), true));
        for key in keys {
            let mut name = key.clone().into_os_string();
            name.push("-cert.pub");
            let path = PathBuf::from(name);
            if !named.contains(&path) {
                add(path, false);
            }
        }
        Self(read)
    }

    /// Removes and returns those for this key.
    pub(super) fn take(&mut self, key: Option<&KeyData>) -> Vec<(PathBuf, Certificate)> {
        let is_of = |certificate: &Certificate| Some(certificate.public_key()) == key;
        let taken = self.0.extract_if(.., |(_, certificate)| is_of(certificate));
        taken.collect()
    }
}

fn of_file(path: &Path) -> Result<Option<Certificate>, String> {
    match regular::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let certificate = Certificate::from_openssh(text.trim());
            certificate
                .map(Some)
                .map_err(|_| "not a certificate".to_owned())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// The signer for a certificate.
pub(super) enum Signing<'a> {
    Key(Arc<PrivateKey>),
    /// The agent has the key, but not the certificate.
    Agent(&'a mut AgentClient<UnixStream>, &'a AgentIdentity),
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSigned {
    #[error("the key cannot sign: {0}")]
    Key(String),
    #[error("the agent reported: {0}")]
    Agent(String),
    #[error(transparent)]
    Lost(#[from] russh::SendError),
}

impl Signer for Signing<'_> {
    type Error = NotSigned;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        mut signed: Vec<u8>,
    ) -> Result<Vec<u8>, NotSigned> {
        match self {
            Self::Key(key) => {
                let signature = key.try_sign(&signed);
                let signature = signature.map_err(|error| NotSigned::Key(error.to_string()))?;
                let encoded = signature
                    .encode_vec()
                    .and_then(|bytes| bytes.encode(&mut signed));
                encoded.map_err(|error| NotSigned::Key(error.to_string()))?;
                Ok(signed)
            }
            Self::Agent(agent, identity) => agent
                .auth_sign(identity, hash, signed)
                .await
                .map_err(|error| NotSigned::Agent(error.to_string())),
        }
    }
}
