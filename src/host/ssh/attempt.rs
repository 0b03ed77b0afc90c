//! The credentials to log in with, and the order in which they are tried.

use super::certificate::{Certificates, Held, UserCertificate};
use super::key_ring::{KeyFile, KeyRing};
use super::target::Target;
use russh::MethodKind;
use russh::keys::Certificate;
use russh::keys::agent::AgentIdentity;
use std::collections::VecDeque;
use std::path::PathBuf;

/// A credential to log in with.
pub(super) enum Attempt {
    AgentKey(Box<AgentIdentity>),
    Certificate(Box<UserCertificate>),
    KeyFile(PathBuf, KeyFile),
    KeyboardInteractive,
    Password,
}

/// Returns the credentials in order: keys that the user named (from the agent if it has them),
/// other keys of the agent, keys that need a passphrase, the password. The certificates of a key
/// come before it.
///
/// Hosts hang up after a few keys (six by default), so the user's keys come before all the others
/// that an agent may hold. Key files that cannot be read are listed in `skipped`.
pub(super) fn in_order(
    target: &Target,
    keys: &KeyRing,
    mut of_agent: Vec<AgentIdentity>,
    skipped: &mut Vec<String>,
) -> VecDeque<Attempt> {
    let (mut named, mut locked) = (VecDeque::new(), Vec::new());
    let identities = &target.identity_files;
    let mut certificates = Certificates::read(&target.certificate_files, identities, skipped);
    for path in &target.identity_files {
        let file = match keys.read(path) {
            Ok(Some(file)) => file,
            Ok(None) => {
                if target.keys_are_named {
                    let path = path.display();
                    skipped.push(format!("key {path}: No such file or directory"));
                }
                continue;
            }
            Err(reason) => {
                skipped.push(format!("key {}: {reason}", path.display()));
                continue;
            }
        };
        let public = file.public_key().map(|key| key.key_data().clone());
        let held = of_agent
            .iter()
            .position(|identity| public.as_ref() == Some(identity.public_key().key_data()));
        let certificates = certificates.take(public.as_ref());
        match (held, &file) {
            (Some(index), _) => {
                let identity = of_agent.remove(index);
                let held = || Held::Agent(Box::new(identity.clone()));
                named.extend(with_certificates(certificates, held));
                named.push_back(Attempt::AgentKey(Box::new(identity)));
            }
            (None, KeyFile::Open(_)) => {
                let held = || Held::File(path.clone(), file.clone());
                named.extend(with_certificates(certificates, held));
                named.push_back(Attempt::KeyFile(path.clone(), file));
            }
            (None, KeyFile::Locked(_)) => {
                let held = || Held::File(path.clone(), file.clone());
                locked.extend(with_certificates(certificates, held));
                locked.push(Attempt::KeyFile(path.clone(), file));
            }
        }
    }
    // Certificates of keys that only the agent has.
    for identity in &of_agent {
        let certificates = certificates.take(Some(identity.public_key().key_data()));
        named.extend(with_certificates(certificates, || {
            Held::Agent(Box::new(identity.clone()))
        }));
    }
    if target.identities_only {
        of_agent.clear();
    }
    let of_agent = of_agent.into_iter();
    named.extend(of_agent.map(|key| Attempt::AgentKey(Box::new(key))));
    named.extend(locked);
    if target.password.is_some() {
        named.extend([Attempt::KeyboardInteractive, Attempt::Password]);
    }
    named
}

fn with_certificates(
    certificates: Vec<(PathBuf, Certificate)>,
    held: impl Fn() -> Held,
) -> impl Iterator<Item = Attempt> {
    let certificates = certificates.into_iter();
    certificates.map(move |(path, certificate)| {
        let key = held();
        Attempt::Certificate(Box::new(UserCertificate {
            path,
            certificate,
            key,
        }))
    })
}

impl Attempt {
    /// Returns its SSH authentication method.
    pub(super) fn method(&self) -> MethodKind {
        match self {
            Self::AgentKey(_) | Self::Certificate(_) | Self::KeyFile(..) => MethodKind::PublicKey,
            Self::KeyboardInteractive => MethodKind::KeyboardInteractive,
            Self::Password => MethodKind::Password,
        }
    }
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AgentKey(identity) => {
                let key = identity.public_key();
                let (algorithm, comment) = (key.algorithm(), identity.comment());
                write!(formatter, "{} of the agent ({comment})", algorithm.as_str())
            }
            Self::Certificate(certificate) => certificate.fmt(formatter),
            Self::KeyFile(path, _) => write!(formatter, "key {}", path.display()),
            Self::KeyboardInteractive => formatter.write_str("password (keyboard-interactive)"),
            Self::Password => formatter.write_str("password"),
        }
    }
}
