//! Figures of SSH to this machine, printed by
//! `RMQPLAY_FIGURES=1 cargo test --release ssh_speed -- --nocapture`.

use crate::sshd::{Sshd, connections};
use rmqplay::host::Limits;
use rmqplay::host::shell::{Channel, Received, Transport};
use rmqplay::host::ssh::SshTransport;
use std::time::{Duration, Instant};

#[test]
fn figures() {
    if std::env::var_os("RMQPLAY_FIGURES").is_none() {
        return;
    }
    let sshd = Sshd::start("");
    let first = typical(20, || {
        let transport = connections().transport(&sshd.target());
        time(|| run_to_end(&transport, "true"))
    });
    println!("connect, log in, first command: {first}");
    let transport = connections().transport(&sshd.target());
    let next = typical(200, || time(|| run_to_end(&transport, "true")));
    println!("a command on a warm connection: {next}");
    let limits = Limits::default();
    let command = "while read -r line; do echo \"$line\"; done";
    let mut shell = transport.open(command, &limits).unwrap();
    let request = typical(2000, || {
        time(|| {
            shell.send(b"hello\n", &limits).unwrap();
            assert!(matches!(shell.receive(&limits), Ok(Received::Stdout(_))));
        })
    });
    println!("a request to a shell that is kept: {request}");
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

fn typical(count: usize, mut measure: impl FnMut() -> Duration) -> String {
    let mut times: Vec<_> = (0..count).map(|_| measure()).collect();
    times.sort();
    format!("median {:?}, best {:?}", times[count / 2], times[0])
}
