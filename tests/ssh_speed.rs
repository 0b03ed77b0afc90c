//! Figures of SSH to this machine, printed by
//! `cargo test --release ssh_speed -- --ignored --nocapture`.

use crate::sshd::{Sshd, connections};
use rmqplay::host::Limits;
use rmqplay::host::shell::{Channel, Received, Transport};
use rmqplay::host::ssh::SshTransport;
use std::time::{Duration, Instant};

#[test]
#[ignore = "prints figures"]
fn figures() {
    let sshd = Sshd::start("");
    show("connect, log in, first command", 20, || {
        let transport = connections().transport(&sshd.target());
        time(|| run_to_end(&transport, "true"))
    });
    let transport = connections().transport(&sshd.target());
    show("a command on a warm connection", 200, || {
        time(|| run_to_end(&transport, "true"))
    });
    let limits = Limits::default();
    let command = "while read -r line; do echo \"$line\"; done";
    let mut shell = transport.open(command, &limits).unwrap();
    show("a request to a shell that is kept", 2000, || {
        time(|| {
            shell.send(b"hello\n", &limits).unwrap();
            assert!(matches!(shell.receive(&limits), Ok(Received::Stdout(_))));
        })
    });
    let upload = time(|| {
        let mut channel = transport.open("cat >/dev/null", &limits).unwrap();
        let piece = vec![1; 250_000];
        for _ in 0..800 {
            channel.send(&piece, &limits).unwrap();
        }
        channel.finish_input(&limits).unwrap();
        to_end(channel.as_mut());
    });
    let download = time(|| run_to_end(&transport, "head -c 200000000 /dev/zero"));
    for (name, took) in [("upload", upload), ("download", download)] {
        println!("{name}: {:.0} MB/s", 200.0 / took.as_secs_f64());
    }
}

fn run_to_end(transport: &SshTransport, command: &str) {
    let channel = transport.open(command, &Limits::default());
    to_end(channel.unwrap().as_mut());
}

fn to_end(channel: &mut dyn Channel) {
    while channel.receive(&Limits::default()).unwrap() != Received::Closed {}
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn show(name: &str, count: usize, mut measure: impl FnMut() -> Duration) {
    let mut times: Vec<_> = (0..count).map(|_| measure()).collect();
    times.sort();
    println!("{name}: median {:?}, best {:?}", times[count / 2], times[0]);
}
