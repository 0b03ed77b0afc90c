//! Commands over a real sshd: their pipes, limits, jump hosts and lost connections.

use crate::ssh_login::stdout;
use crate::sshd::{Between, Sshd, Unanswering, connections, free_port, is_alone, run_test_alone};
use rmqplay::host::shell::{Channel, Received, Transport};
use rmqplay::host::ssh::{HostKeyPolicy, Route, SshTransport, Target};
use rmqplay::host::{Cancel, HostError, Limits};
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn no_limits() -> Limits {
    Limits::default()
}

fn soon() -> Limits {
    Limits::default().sooner(Instant::now() + Duration::from_millis(300))
}

/// Returns all that comes of a channel until it is closed.
fn rest(channel: &mut dyn Channel) -> (Vec<u8>, Vec<u8>, Option<i32>) {
    let (mut output, mut error, mut status) = (Vec::new(), Vec::new(), None);
    loop {
        match channel.receive(&no_limits()).unwrap() {
            Received::Stdout(bytes) => output.extend(bytes),
            Received::Stderr(bytes) => error.extend(bytes),
            Received::Exit(code) => status = Some(code),
            Received::Closed => return (output, error, status),
        }
    }
}

fn run(transport: &SshTransport, command: &str) -> Vec<u8> {
    let mut channel = transport.open(command, &no_limits()).unwrap();
    stdout(channel.as_mut(), &no_limits()).unwrap()
}

fn reason(error: HostError) -> String {
    match error {
        HostError::Unreachable { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_commands_streams_and_its_end_arrive() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    for (command, output, error, status) in [
        ("printf a; printf b >&2", "a", "b", 0),
        ("exit 7", "", "", 7),
        ("kill -9 $$", "", "", 137),
        ("kill -TERM $$", "", "", 143),
        ("printf '\\000\\377\\n'; true", "\0\u{fffd}\n", "", 0),
        ("/no/such/command 2>/dev/null", "", "", 127),
    ] {
        let mut channel = transport.open(command, &no_limits()).unwrap();
        let (out, err, code) = rest(channel.as_mut());
        assert_eq!(String::from_utf8_lossy(&out), output, "{command}");
        assert_eq!(String::from_utf8_lossy(&err), error, "{command}");
        assert_eq!(code, Some(status), "{command}");
        // It goes on saying so.
        assert_eq!(channel.receive(&no_limits()).unwrap(), Received::Closed);
    }
}

#[test]
fn what_is_sent_is_what_the_command_reads() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    let mut channel = transport.open("wc -c; echo read", &no_limits()).unwrap();
    channel.send(&vec![0; 100_000], &no_limits()).unwrap();
    channel.send(b"", &no_limits()).unwrap();
    channel.send(b"x", &no_limits()).unwrap();
    channel.finish_input(&no_limits()).unwrap();
    assert_eq!(
        stdout(channel.as_mut(), &no_limits()).unwrap(),
        b"100001\nread\n"
    );
}

#[test]
fn a_command_that_answers_before_it_has_read_everything_blocks_nobody() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    let mut channel = transport.open("cat", &no_limits()).unwrap();
    let body: Vec<u8> = (0..=255).cycle().take(20_000_000).collect();
    channel.send(&body, &no_limits()).unwrap();
    channel.finish_input(&no_limits()).unwrap();
    assert!(stdout(channel.as_mut(), &no_limits()).unwrap() == body);
}

#[test]
fn what_a_command_does_not_read_is_dropped() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    // The child keeps the pipes open and reads nothing.
    for command in [
        "exit 3",
        "sleep 1000 & exit 3",
        "exec 0</dev/null; sleep 0.1; exit 3",
    ] {
        let mut channel = transport.open(command, &no_limits()).unwrap();
        channel.send(&vec![0; 20_000_000], &no_limits()).unwrap();
        channel.finish_input(&no_limits()).unwrap();
        assert_eq!(
            channel.receive(&no_limits()).unwrap(),
            Received::Exit(3),
            "{command}"
        );
    }
    // The connection is as good as before.
    assert_eq!(run(&transport, "echo on"), b"on\n");
}

#[test]
fn a_limit_ends_the_wait_and_the_channel_goes_on() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    let mut channel = transport
        .open("read line; echo $line", &no_limits())
        .unwrap();
    assert!(matches!(channel.receive(&soon()), Err(HostError::TimedOut)));
    let called_off = Limits::default();
    called_off.cancel.cancel();
    assert!(matches!(
        channel.receive(&called_off),
        Err(HostError::Cancelled)
    ));
    channel.send(b"late\n", &no_limits()).unwrap();
    assert_eq!(stdout(channel.as_mut(), &no_limits()).unwrap(), b"late\n");
}

#[test]
fn a_command_that_reads_nothing_is_sent_to_until_the_deadline() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    let mut channel = transport.open("sleep 1000", &no_limits()).unwrap();
    let error = channel.send(&vec![0; 20_000_000], &soon()).unwrap_err();
    assert!(matches!(error, HostError::TimedOut));
}

#[test]
fn two_hundred_commands_in_turn_use_one_connection() {
    let sshd = Sshd::start("");
    let connections = connections();
    for _ in 0..100 {
        let transport = connections.transport(&sshd.target());
        assert_eq!(run(&transport, "echo x"), b"x\n");
        // One that is left to itself does not take up a place for good either.
        drop(transport.open("true", &no_limits()).unwrap());
    }
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
}

#[test]
fn more_sessions_than_a_connection_carries_use_another_one() {
    for (configuration, connections_used) in [("", 3), ("MaxSessions 4", 4)] {
        let sshd = Sshd::start(configuration);
        let transport = connections().transport(&sshd.target());
        let count = if configuration.is_empty() { 25 } else { 16 };
        let mut channels: Vec<_> = (0..count)
            .map(|_| transport.open("cat", &no_limits()).unwrap())
            .collect();
        for channel in &mut channels {
            channel.send(b"x", &no_limits()).unwrap();
            channel.finish_input(&no_limits()).unwrap();
            assert_eq!(stdout(channel.as_mut(), &no_limits()).unwrap(), b"x");
        }
        let log = sshd.log();
        assert_eq!(log.matches("Accepted publickey").count(), connections_used);
    }
}

#[test]
fn commands_that_were_left_running_do_not_use_up_the_host() {
    let sshd = Sshd::start("MaxSessions 3");
    let transport = connections().transport(&sshd.target());
    for _ in 0..10 {
        let mut channel = transport
            .open("echo begun; sleep 1000", &no_limits())
            .unwrap();
        assert!(matches!(
            channel.receive(&no_limits()),
            Ok(Received::Stdout(_))
        ));
        channel.close();
    }
    assert_eq!(run(&transport, "echo on"), b"on\n");
}

#[test]
fn sessions_that_no_connection_has_room_for_wait_for_one() {
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    std::thread::scope(|scope| {
        for _ in 0..80 {
            scope.spawn(|| assert_eq!(run(&transport, "echo x"), b"x\n"));
        }
    });
    assert!(sshd.log().matches("Accepted publickey").count() <= 4);
}

#[test]
fn a_host_that_allows_no_session_at_all_says_so() {
    let sshd = Sshd::start("MaxSessions 0");
    let transport = connections().transport(&sshd.target());
    let error = transport.open("true", &no_limits()).err().unwrap();
    let reason = reason(error);
    assert!(reason.contains("refuses to open a session"), "{reason}");
}

#[test]
fn a_connection_that_is_cut_fails_the_request_and_is_made_again_by_the_next_one() {
    let sshd = Sshd::start("");
    let way = Between::to(sshd.port);
    let target = Target {
        port: way.port,
        ..sshd.target()
    };
    sshd.know(&target);
    let transport = connections().transport(&target);
    for request in 1..3 {
        let mut channel = transport
            .open("echo begun; sleep 1000", &no_limits())
            .unwrap();
        let begun = channel.receive(&no_limits()).unwrap();
        assert_eq!(begun, Received::Stdout(b"begun\n".to_vec()));
        way.cut();
        let lost = reason(channel.receive(&no_limits()).unwrap_err());
        let expected =
            format!("the connection to {target} was lost: the host closed the connection");
        assert_eq!(lost, expected);
        assert_eq!(channel.receive(&no_limits()).unwrap(), Received::Closed);
        assert_eq!(run(&transport, "echo again"), b"again\n");
        assert_eq!(
            sshd.log().matches("Accepted publickey").count(),
            request + 1
        );
    }
}

#[test]
fn a_host_that_gives_no_sign_of_life_is_lost() {
    let sshd = Sshd::start("");
    let way = Between::to(sshd.port);
    let target = Target {
        port: way.port,
        alive_interval: Some(Duration::from_millis(100)),
        ..sshd.target()
    };
    sshd.know(&target);
    let transport = connections().transport(&target);
    let mut channel = transport.open("sleep 1000", &no_limits()).unwrap();
    way.fall_silent();
    let lost = reason(channel.receive(&no_limits()).unwrap_err());
    assert!(
        lost.ends_with("was lost: the host stopped responding"),
        "{lost}"
    );
}

#[test]
fn a_host_that_does_not_answer_is_unreachable_after_the_connect_timeout() {
    let sshd = Sshd::start("");
    // One accepts the connection and says nothing, the other does not even accept it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let unanswering = Unanswering::start();
    for port in [silent.local_addr().unwrap().port(), unanswering.port] {
        let target = Target {
            port,
            connect_timeout: Duration::from_millis(300),
            ..sshd.target()
        };
        let transport = connections().transport(&target);
        let error = transport.open("true", &no_limits()).err().unwrap();
        let reason = reason(error);
        assert!(reason.contains("did not answer"), "{reason}");
        // A deadline of the call, or the user, is sooner.
        let target = Target {
            connect_timeout: Duration::from_secs(1000),
            ..target
        };
        let transport = connections().transport(&target);
        let error = transport.open("true", &soon()).err().unwrap();
        assert!(matches!(error, HostError::TimedOut), "{error:?}");
        let cancel = Cancel::default();
        let limits = Limits {
            cancel: cancel.clone(),
            deadline: None,
        };
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| transport.open("true", &limits).err().unwrap());
            cancel.cancel();
            assert!(matches!(waiting.join().unwrap(), HostError::Cancelled));
        });
    }
}

#[test]
fn what_is_no_ssh_server_is_told() {
    let sshd = Sshd::start("");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target {
        port: listener.local_addr().unwrap().port(),
        ..sshd.target()
    };
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            client
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .unwrap();
        }
    });
    let transport = connections().transport(&target);
    let reason = reason(transport.open("true", &no_limits()).err().unwrap());
    assert!(
        reason.starts_with(&format!("cannot connect to {target}: ")),
        "{reason}"
    );
}

#[test]
fn those_who_wait_for_the_same_connection_fail_with_it() {
    let sshd = Sshd::start("");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let jump = Target {
        port,
        connect_timeout: Duration::from_secs(1),
        ..sshd.target()
    };
    let accepted = std::thread::spawn(move || {
        silent.set_nonblocking(false).unwrap();
        let first = silent.accept().unwrap();
        silent.set_nonblocking(true).unwrap();
        (first, silent)
    });
    let connections = connections();
    std::thread::scope(|scope| {
        for index in 0..20 {
            let target = Target {
                name: index.to_string(),
                route: Route::Jump(Box::new(jump.clone())),
                ..sshd.target()
            };
            let transport = connections.transport(&target);
            scope.spawn(move || {
                let reason = reason(transport.open("true", &no_limits()).err().unwrap());
                assert!(reason.starts_with("jump host 127.0.0.1: "), "{reason}");
            });
        }
    });
    let (_first, silent) = accepted.join().unwrap();
    assert!(silent.accept().is_err(), "there was a second attempt");
}

#[test]
fn a_jump_host_carries_the_connection_and_each_key_is_checked() {
    let (outer, inner, host) = (Sshd::start(""), Sshd::start(""), Sshd::start(""));
    let through = |first: &Target, next: &Sshd| Target {
        route: Route::Jump(Box::new(first.clone())),
        ..next.target()
    };
    let target = through(&through(&outer.target(), &inner), &host);
    let transport = connections().transport(&target);
    assert_eq!(run(&transport, "echo far"), b"far\n");
    assert_eq!(outer.log().matches("Accepted publickey").count(), 1);
    // Hosts behind the same jump host share the connection to it.
    let both = connections();
    run(&both.transport(&through(&outer.target(), &inner)), "true");
    run(&both.transport(&through(&outer.target(), &host)), "true");
    assert_eq!(outer.log().matches("Accepted publickey").count(), 2);
    // An unknown key of the jump host stops it there.
    std::fs::remove_file(outer.path("known_hosts")).unwrap();
    let transport = connections().transport(&target);
    let reason = reason(transport.open("true", &no_limits()).err().unwrap());
    assert!(
        reason.starts_with("jump host 127.0.0.1: jump host 127.0.0.1: the host key of"),
        "{reason}"
    );
    assert_eq!(inner.log().matches("Accepted publickey").count(), 2);
}

#[test]
fn a_jump_host_that_does_not_carry_on_says_why() {
    let (jump, host) = (Sshd::start(""), Sshd::start(""));
    let closed = Target {
        port: free_port(),
        route: Route::Jump(Box::new(jump.target())),
        ..host.target()
    };
    let transport = connections().transport(&closed);
    let told = reason(transport.open("true", &no_limits()).err().unwrap());
    let expected = format!(
        "{} cannot connect to 127.0.0.1:{}",
        jump.target(),
        closed.port
    );
    assert_eq!(told, expected);
    let jump = Sshd::start("AllowTcpForwarding no");
    let forbidden = Target {
        route: Route::Jump(Box::new(jump.target())),
        ..host.target()
    };
    let transport = connections().transport(&forbidden);
    let told = reason(transport.open("true", &no_limits()).err().unwrap());
    assert_eq!(told, format!("{} does not allow forwarding", jump.target()));
}

#[test]
fn an_unknown_key_behind_a_jump_host_is_learned_by_accept_new() {
    let (jump, host) = (Sshd::start(""), Sshd::start(""));
    std::fs::remove_file(host.path("known_hosts")).unwrap();
    let target = Target {
        route: Route::Jump(Box::new(jump.target())),
        host_key_policy: HostKeyPolicy::AcceptNew,
        ..host.target()
    };
    assert_eq!(run(&connections().transport(&target), "echo in"), b"in\n");
    let learned = std::fs::read_to_string(host.path("known_hosts")).unwrap();
    assert!(
        learned.starts_with(&format!("[127.0.0.1]:{} ", host.port)),
        "{learned}"
    );
}

#[test]
fn a_proxy_command_carries_the_connection() {
    let (jump, host) = (Sshd::start(""), Sshd::start(""));
    let command = format!(
        "ssh -F /dev/null -i {} -o UserKnownHostsFile={} -p {} -W 127.0.0.1:{} root@127.0.0.1",
        jump.path("id").display(),
        jump.path("known_hosts").display(),
        jump.port,
        host.port
    );
    let target = Target {
        route: Route::Command(command),
        ..host.target()
    };
    assert_eq!(run(&connections().transport(&target), "echo far"), b"far\n");
    let failing = Target {
        route: Route::Command("false".to_owned()),
        ..host.target()
    };
    let transport = connections().transport(&failing);
    let told = reason(transport.open("true", &no_limits()).err().unwrap());
    assert!(told.contains("the host closed the connection"), "{told}");
}

#[test]
fn a_port_is_open_closed_or_not_to_be_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port();
    let closed = free_port();
    let unanswering = Unanswering::start();
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    let connects = |transport: &SshTransport, port, limits: &Limits| {
        transport.connects("127.0.0.1", port, limits)
    };
    assert_eq!(
        connects(&transport, open, &no_limits()).unwrap(),
        Some(true)
    );
    assert_eq!(
        connects(&transport, closed, &no_limits()).unwrap(),
        Some(false)
    );
    let unknown = transport.connects("no-such-host.invalid", open, &no_limits());
    assert_eq!(unknown.unwrap(), Some(false));
    let late = connects(&transport, unanswering.port, &soon());
    assert!(matches!(late, Err(HostError::TimedOut)), "{late:?}");
    let unanswered = connects(&transport, unanswering.port, &no_limits());
    assert_eq!(unanswered.unwrap(), Some(false));
    for configuration in ["AllowTcpForwarding no", "PermitOpen none"] {
        let sshd = Sshd::start(configuration);
        let transport = connections().transport(&sshd.target());
        assert_eq!(
            connects(&transport, open, &no_limits()).unwrap(),
            None,
            "{configuration}"
        );
        assert_eq!(run(&transport, "echo on"), b"on\n");
        let forbidden = transport.connect("127.0.0.1", open, &no_limits());
        assert_eq!(
            forbidden.err().unwrap().to_string(),
            format!(
                "the sshd of {} does not allow forwarding, here to 127.0.0.1:{open}",
                sshd.target()
            )
        );
        let direct = rmqplay::host::Direct(transport);
        direct.connect("127.0.0.1", open, &no_limits()).unwrap();
    }
}

/// Bytes of a large file, and of the pieces it is sent in.
const LARGE: usize = 200_000_000;
const PIECE: usize = 250_000;

#[test]
fn large_bodies_pass_through_little_memory() {
    // In a process of its own, for the peak is one of the whole process.
    run_test_alone("ssh_channels::a_large_body_goes_and_comes");
}

#[test]
fn a_large_body_goes_and_comes() {
    if !is_alone() {
        return;
    }
    let sshd = Sshd::start("");
    let transport = connections().transport(&sshd.target());
    run(&transport, "true");
    let before = peak_memory();
    let mut channel = transport.open("wc -c", &no_limits()).unwrap();
    let piece = vec![7; PIECE];
    for _ in 0..LARGE / PIECE {
        channel.send(&piece, &no_limits()).unwrap();
    }
    channel.finish_input(&no_limits()).unwrap();
    let counted = stdout(channel.as_mut(), &no_limits()).unwrap();
    assert_eq!(counted, format!("{LARGE}\n").into_bytes());
    let command = format!("head -c {LARGE} /dev/zero");
    let mut channel = transport.open(&command, &no_limits()).unwrap();
    let mut received = 0;
    loop {
        match channel.receive(&no_limits()).unwrap() {
            Received::Stdout(bytes) => received += bytes.len(),
            Received::Closed => break,
            Received::Exit(0) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, LARGE);
    let grown = peak_memory() - before;
    assert!(grown < 32_000_000, "{grown} bytes");
}

/// Returns the most memory this process has had, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[test]
fn the_same_target_is_the_same_connection() {
    let sshd = Sshd::start("");
    let connections = connections();
    let first = connections.transport(&sshd.target());
    let second = connections.transport(&sshd.target());
    assert!(Arc::ptr_eq(&first, &second));
    let other = Target {
        user: "nobody".to_owned(),
        ..sshd.target()
    };
    assert!(!Arc::ptr_eq(&first, &connections.transport(&other)));
}
