//! Checks that the key a host presents is the host's.

use super::Failure;
use super::known_hosts::{self, KnownHosts, NewKey, Standing};
use super::target::{HostKeyPolicy, Route, Target};
use russh::keys::{Algorithm, HashAlg, PublicKey};
use std::path::Path;

/// Returns these algorithms with those of the host's known keys first, so that a host with several
/// keys presents one that can be compared.
pub(super) fn known_first(
    target: &Target,
    algorithms: &[Algorithm],
) -> Result<Vec<Algorithm>, Failure> {
    let known = read(target)?;
    let (name, port) = key_name(target);
    let known = known.algorithms(name, port);
    let is_known = |algorithm: &Algorithm| match algorithm {
        Algorithm::Rsa { .. } => known.contains(&"ssh-rsa"),
        other => known.contains(&other.as_str()),
    };
    let (mut first, rest): (Vec<_>, Vec<_>) = algorithms.iter().cloned().partition(is_known);
    first.extend(rest);
    Ok(first)
}

/// Checks the key that a host presents, before anything secret is sent. With
/// [`HostKeyPolicy::AcceptNew`] an unknown key is stored.
pub(super) fn check(target: &Target, key: &PublicKey) -> Result<(), Failure> {
    let bytes = key.to_bytes().map_err(|error| {
        Failure::new(format!(
            "cannot read the host key of {}: {error}",
            target.name
        ))
    })?;
    let (host, port) = key_name(target);
    let standing = read(target)?.standing(host, port, &bytes);
    let file = target.known_hosts.first();
    let algorithm = key.algorithm();
    let standing = match (standing, target.host_key_policy, file) {
        (Standing::Unknown { .. }, HostKeyPolicy::AcceptNew, Some(file)) => {
            let new = NewKey {
                host,
                port,
                algorithm: algorithm.as_str(),
                key: &bytes,
                hashed: target.hash_known_hosts,
            };
            known_hosts::learn(file, &new).map_err(|error| {
                Failure::new(format!("cannot write to {}: {error}", file.display()))
            })?
        }
        (standing, _, _) => standing,
    };
    let shown = format!(
        "{} {}",
        algorithm.as_str(),
        key.fingerprint(HashAlg::Sha256)
    );
    match standing {
        Standing::Known => Ok(()),
        Standing::Unknown { authority } => {
            let failure = unknown(target, key, &shown);
            Err(match authority {
                None => failure,
                Some(line) => Failure::new(format!(
                    "{}; host certificates are not supported, so {line} is ignored",
                    failure.reason
                ))
                .help(failure.help.unwrap_or_default()),
            })
        }
        Standing::Changed { line } => Err(changed(target, &shown, &line)),
        Standing::Revoked { line } => Err(Failure::new(format!(
            "the host key of {} is revoked by {line}: {shown}",
            target.name
        ))
        .help("give the host a new key, and find out how the old one was lost")),
    }
}

fn read(target: &Target) -> Result<KnownHosts, Failure> {
    KnownHosts::read(&target.known_hosts).map_err(|error| {
        Failure::new(error.to_string()).help("without it no host key can be trusted")
    })
}

/// Returns the host and port under which the key is looked up. As in ssh, an alias is used
/// unchanged.
fn key_name(target: &Target) -> (&str, u16) {
    match &target.key_alias {
        Some(alias) => (alias, 22),
        None => (&target.host, target.port),
    }
}

fn unknown(target: &Target, key: &PublicKey, shown: &str) -> Failure {
    let short = match key.algorithm() {
        Algorithm::Ed25519 => "ed25519",
        Algorithm::Ecdsa { .. } => "ecdsa",
        _ => "rsa",
    };
    let mut help = format!(
        "compare it with the output of `ssh-keygen -lf /etc/ssh/ssh_host_{short}_key.pub` on the \
         host, then accept it with `rmqplay … --accept-new`"
    );
    let direct = target.route == Route::Direct && target.key_alias.is_none();
    if let (true, Some(file)) = (direct, target.known_hosts.first()) {
        let port = match target.port {
            22 => String::new(),
            port => format!("-p {port} "),
        };
        help = format!(
            "{help} or with `ssh-keyscan -t {short} {port}{} >> {}`",
            target.host,
            file.display()
        );
    }
    Failure::new(format!(
        "the host key of {} is not known: {shown}",
        target.name
    ))
    .help(help)
}

fn changed(target: &Target, shown: &str, line: &known_hosts::Line) -> Failure {
    let (host, port) = key_name(target);
    let name = known_hosts::name_of(host, port);
    Failure::new(format!(
        "the host key of {} has changed: it shows {shown}, but {line} has a different key",
        target.name
    ))
    .help(format!(
        "somebody may be intercepting the connection; only if you know that the host was \
         reinstalled, remove the old key with `ssh-keygen -f {} -R '{name}'`",
        Path::display(&line.file)
    ))
}
