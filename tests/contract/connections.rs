//! TCP connections that a host makes.

use super::Contract;
use rmqplay::host::{HostError, Limits};
use std::io::{Read, Write};
use std::net::TcpListener;

pub(super) const CLAUSES: &[super::Clause] = &[
    ("what_is_sent_is_answered", what_is_sent_is_answered),
    ("a_closed_port_is_told", a_closed_port_is_told),
    ("limits_hold_for_connections", limits_hold_for_connections),
];

/// The answer is what was sent, backwards, and then the end.
fn what_is_sent_is_answered(contract: &Contract) {
    let Some(listener) = listener(contract) else {
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut sent = vec![0; 300_000];
        stream.read_exact(&mut sent).unwrap();
        sent.reverse();
        stream.write_all(&sent).unwrap();
    });
    let limits = Limits::default();
    let mut stream = contract.host.connect("127.0.0.1", port, &limits).unwrap();
    let mut sent: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    stream.send(&sent, &limits).unwrap();
    let mut answer = Vec::new();
    loop {
        let piece = stream.receive(&limits).unwrap();
        if piece.is_empty() {
            break;
        }
        answer.extend(piece);
    }
    sent.reverse();
    assert!(answer == sent, "{} bytes arrived", answer.len());
    server.join().unwrap();
}

fn a_closed_port_is_told(contract: &Contract) {
    let refused = contract.host.connect("127.0.0.1", 1, &Limits::default());
    let error = refused.err().unwrap();
    assert_eq!(
        error.to_string(),
        "cannot communicate with 127.0.0.1:1: connection refused"
    );
}

fn limits_hold_for_connections(contract: &Contract) {
    let Some(listener) = listener(contract) else {
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let limits = Limits::default();
    let mut silent = contract.host.connect("127.0.0.1", port, &limits).unwrap();
    let past = limits.sooner(std::time::Instant::now());
    assert!(matches!(silent.receive(&past), Err(HostError::TimedOut)));
    limits.cancel.cancel();
    assert!(matches!(silent.receive(&limits), Err(HostError::Cancelled)));
}

/// Returns a port that listens on this machine; none where the host is one in memory.
fn listener(contract: &Contract) -> Option<TcpListener> {
    let reaches_this_machine = contract
        .scratch
        .parent()
        .is_some_and(camino::Utf8Path::exists);
    reaches_this_machine.then(|| TcpListener::bind("127.0.0.1:0").unwrap())
}
