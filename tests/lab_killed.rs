//! A run that is killed leaves nothing half done, and the next one finishes.

use crate::lab_cluster::{Cluster, HOSTS};
use crate::lab_hosts::{Lab, wanted};
use crate::sshd::program;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const LAB: &str = "killed";

/// Every so many messages of rmqplay it is killed, as long as its deployment gets on.
const STRIDE: usize = 3;

/// Files that are written whole: the others belong to programs of the host.
const OURS: [&str; 5] = [
    "/etc/hosts",
    "/usr/local/rocketmq-3.2.6/",
    "/var/lib/rocketmq/conf/",
    "/var/lib/rocketmq/broker-a/store/.cluster",
    "/var/lib/rocketmq/broker-b/store/.cluster",
];

#[test]
fn a_deployment_killed_anywhere_leaves_old_or_new_and_a_rerun_finishes() {
    if wanted() {
        Lab::up(LAB, HOSTS, "debian").test("lab_killed::controller_");
    }
}

/// The run that is under way, by its process id, and how many messages it may still send.
struct Victim {
    process: u32,
    left: usize,
    killed: bool,
    /// Whether the host still gets the message with which it is killed.
    delivers: bool,
}

impl Victim {
    /// Counts a message, and kills the run with the last one; returns whether the host gets it.
    fn passes(&mut self) -> bool {
        if self.killed {
            return false;
        }
        self.left -= 1;
        if self.left > 0 {
            return true;
        }
        program(&["kill", "-KILL", &self.process.to_string()]);
        self.killed = true;
        self.delivers
    }
}

/// Stands between rmqplay and the hosts, and kills it.
struct Watch {
    victim: Arc<Mutex<Victim>>,
    inventory: tempfile::NamedTempFile,
}

impl Watch {
    fn hosts() -> Self {
        let victim = Arc::new(Mutex::new(Victim {
            process: 0,
            left: 0,
            killed: true,
            delivers: false,
        }));
        let mut hosts = "all:\n  hosts:\n".to_owned();
        for number in 1..=HOSTS {
            let (name, address) = (200 + number, format!("192.168.2.{}", 200 + number));
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let way = format!("-o HostName=127.0.0.1 -p {port} -o HostKeyAlias={address}");
            let _ = writeln!(
                hosts,
                "    centos{name}: {{ansible_ssh_common_args: '{way}'}}"
            );
            let victim = victim.clone();
            std::thread::spawn(move || carry(&listener, &address, &victim));
        }
        let inventory = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
        std::fs::write(inventory.path(), hosts).unwrap();
        Self { victim, inventory }
    }

    /// Starts a deployment that is killed with that message; returns whether it was.
    fn kill_at(&self, cluster: &Cluster, message: usize, events: &Path) -> bool {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
        command.args(["run", "playbooks/deploy.yml", "--events"]);
        command.arg(events).args(&cluster.options);
        command.arg("-i").arg(self.inventory.path());
        command.current_dir(crate::lab_hosts::root());
        let mut victim = self.victim.lock().unwrap();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        *victim = Victim {
            process: child.id(),
            left: message,
            killed: false,
            delivers: message.is_multiple_of(2),
        };
        drop(victim);
        let status = child.wait().unwrap();
        let killed = self.victim.lock().unwrap().killed;
        assert!(killed || status.success(), "{status}");
        killed
    }
}

fn carry(listener: &TcpListener, address: &str, victim: &Arc<Mutex<Victim>>) {
    for client in listener.incoming().map_while(Result::ok) {
        let server = TcpStream::connect((address, 22)).unwrap();
        for end in [&client, &server] {
            end.set_nodelay(true).unwrap();
        }
        let (answers, asker) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || forward(answers, asker, || true));
        let victim = victim.clone();
        std::thread::spawn(move || forward(client, server, || victim.lock().unwrap().passes()));
    }
}

/// Carries on what comes, as long as it passes.
fn forward(mut from: TcpStream, mut to: TcpStream, passes: impl Fn() -> bool) {
    let mut buffer = vec![0; 65536];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        if length == 0 || !passes() || to.write_all(&buffer[..length]).is_err() {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
    }
}

/// Returns the files that are written whole, host by host, each with its line of `tests/lab
/// written`; fails if anything is left that was meant to be moved or removed.
fn files(cluster: &Cluster) -> BTreeMap<(usize, String), String> {
    let mut files = BTreeMap::new();
    for host in 1..=HOSTS {
        let written = cluster.lab.run(&["written", &host.to_string()]);
        for line in written.lines() {
            assert!(!line.contains("rmqplay"), "left behind: {line}");
            let (path, rest) = line.split_once('\t').unwrap();
            if OURS.iter().any(|ours| path.starts_with(ours)) && rest.starts_with('f') {
                files.insert((host, path.to_owned()), rest.to_owned());
            }
        }
    }
    files
}

/// Waits for the end of the shells on the hosts that nobody talks to any more.
fn settle(cluster: &Cluster) {
    let shells = |host: usize| {
        let processes = cluster.lab.run(&["processes", &host.to_string()]);
        processes.contains("rmq_l")
    };
    let settled = (0..200).any(|_| !(1..=HOSTS).any(shells));
    assert!(settled, "shells are left on the hosts");
}

#[test]
fn controller_kills_deployments() {
    let Some(lab) = Lab::of_controller(LAB) else {
        return;
    };
    let cluster = Cluster::new(lab, &[]);
    let watch = Watch::hosts();
    let events = tempfile::NamedTempFile::new().unwrap();
    let mut seen: Vec<(usize, _)> = Vec::new();
    let (mut message, mut stride, mut most, mut last) = (1, STRIDE, 0, None);
    while watch.kill_at(&cluster, message, events.path()) {
        settle(&cluster);
        seen.push((message, files(&cluster)));
        let told = std::fs::read_to_string(events.path()).unwrap();
        let told = told.lines().count();
        eprintln!("killed at {message}: {told} tasks told");
        if told > most {
            // The body that was passed over is there now, and not sent again.
            let from = last.filter(|_| stride > STRIDE).unwrap_or(message);
            (most, last, stride) = (told, Some(from), STRIDE);
            message = from + STRIDE;
        } else {
            // A long body is many messages: not every one of them is tried.
            stride *= 2;
            message += stride;
        }
    }
    assert!(seen.len() > 20, "only {} runs were killed", seen.len());
    let (code, text, told) = cluster.play("deploy", &[]);
    assert_eq!(code, 0, "{text}");
    let changed = told.iter().find(|(_, _, status, _)| status == "changed");
    assert_eq!(changed, None, "{text}");
    let whole = files(&cluster);
    for (message, files) in &seen {
        for (file, line) in files {
            assert_eq!(
                whole.get(file),
                Some(line),
                "{file:?} after message {message}"
            );
        }
    }
}
