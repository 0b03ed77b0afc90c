//! TLS on a connection of the host.

use super::request::Pipe;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
};
use std::sync::Arc;

/// Whom to trust, and who the client is. The texts are PEM.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust {
    /// Whether any certificate will do.
    pub(super) anybody: bool,
    /// Certificates of authorities, instead of those of this machine.
    pub(super) authorities: Option<Vec<u8>>,
    /// The client's certificates and key.
    pub(super) client: Option<(Vec<u8>, Vec<u8>)>,
}

/// Returns the connection to a server with TLS on it.
pub(super) fn secured(
    trust: &Trust,
    host: &str,
    pipe: Pipe,
) -> Result<StreamOwned<ClientConnection, Pipe>, String> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| format!("{host:?} is not a valid host name"))?;
    let config = config(trust).map_err(|reason| format!("TLS: {reason}"))?;
    let connection = ClientConnection::new(Arc::new(config), name);
    let connection = connection.map_err(|error| error.to_string())?;
    Ok(StreamOwned::new(connection, pipe))
}

fn config(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let builder = if trust.anybody {
        let verifier = Arc::new(Anybody(provider));
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
    } else {
        builder.with_root_certificates(roots(trust)?)
    };
    let Some((certificates, key)) = &trust.client else {
        return Ok(builder.with_no_client_auth());
    };
    let key = PrivateKeyDer::from_pem_slice(key);
    let key = key.map_err(|error| format!("client_key: {error}"))?;
    let client = builder.with_client_auth_cert(pem(certificates, "client_cert")?, key);
    client.map_err(|error| error.to_string())
}

fn roots(trust: &Trust) -> Result<RootCertStore, String> {
    let certificates = match &trust.authorities {
        Some(text) => pem(text, "ca_path")?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    Ok(roots)
}

fn pem(text: &[u8], argument: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
    certificates.map_err(|error| format!("{argument}: {error}"))
}

/// Accepts any certificate (`validate_certs: false`).
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
