//! A real OpenSSH server of a test's own, on a port of 127.0.0.1, and what may come between.
//!
//! It runs in its own mount and process name space: what it changes in `/etc` stays there, its root
//! has an empty home and the password `secret`, and everything it started ends with it, or with the
//! test program. That needs root or sudo.

#![expect(
    clippy::disallowed_methods,
    reason = "a test starts sshd, ssh-agent and ssh-keygen"
)]

use rmqplay::host::ssh::{AskPassphrase, Connections, HostKeyPolicy, Route, Target};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// A running sshd.
pub(crate) struct Sshd {
    /// Holds `host_key`, `id` (a key it accepts), `authorized_keys` and `known_hosts`.
    pub(crate) folder: TempDir,
    pub(crate) port: u16,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Sshd {
    /// Starts one with these lines in its configuration, before all others.
    pub(crate) fn start(configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        keygen(&folder.path().join("host_key"), "ed25519", "");
        keygen(&folder.path().join("id"), "ed25519", "");
        let authorized = folder.path().join("authorized_keys");
        std::fs::copy(folder.path().join("id.pub"), authorized).unwrap();
        Self::start_in(folder, configuration)
    }

    /// Starts one with the files that are in `folder`.
    pub(crate) fn start_in(folder: TempDir, configuration: &str) -> Self {
        let path = folder.path().display();
        let port = free_port();
        let password = run(Command::new("openssl").args(["passwd", "-6", "secret"]));
        let shadow = format!("root:{}:19000::::::\n", password.trim());
        std::fs::write(folder.path().join("shadow"), shadow).unwrap();
        let configuration = format!(
            "{configuration}\nListenAddress 127.0.0.1\nPort {port}\nHostKey {path}/host_key\n\
             AuthorizedKeysFile {path}/authorized_keys\nStrictModes no\nUsePAM no\n\
             PermitRootLogin yes\nPidFile none\nMaxStartups 100\nLogLevel VERBOSE\n"
        );
        std::fs::write(folder.path().join("sshd_config"), configuration).unwrap();
        let script = format!(
            "mount -t tmpfs none /run && mkdir /run/sshd /run/etc /run/work &&
             mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work none /etc &&
             cp {path}/shadow /etc/shadow && mount -t tmpfs none /root && mount -t tmpfs none /var/tmp || exit
             exec 3<&0
             {{ read -r end <&3; while kill -s TERM 1; do sleep 0.1; done; }} &
             exec /usr/sbin/sshd -D -e -f {path}/sshd_config 3<&-"
        );
        // sshd is the first process of the name space, so it reaps all others, and with its end the
        // kernel ends them. It is told to by our end of the pipe, again and again, for it does not
        // listen to signals from the start.
        let mut child = as_root("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["sh", "-c", &script])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        while !first.contains("Server listening") {
            let read = lines.read_line(&mut first).unwrap();
            assert!(read > 0, "sshd ended: {first}");
        }
        let log = Arc::new(Mutex::new(String::new()));
        let written = log.clone();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                written.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let sshd = Self {
            folder,
            port,
            child,
            log,
        };
        sshd.know(&sshd.target());
        sshd
    }

    /// Returns the connection to it by its key, with its host key in `known_hosts`.
    pub(crate) fn target(&self) -> Target {
        Target {
            name: "127.0.0.1".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: "root".to_owned(),
            route: Route::Direct,
            identity_files: vec![self.path("id")],
            keys_are_named: false,
            certificate_files: Vec::new(),
            identities_only: false,
            agent: None,
            password: None,
            key_alias: None,
            known_hosts: vec![self.path("known_hosts")],
            hash_known_hosts: false,
            host_key_policy: HostKeyPolicy::Strict,
            connect_timeout: Duration::from_secs(30),
            algorithms: rmqplay::host::ssh::Algorithms::default(),
            alive_interval: Some(Duration::from_secs(15)),
        }
    }

    /// Writes its host key down as that of `target`.
    pub(crate) fn know(&self, target: &Target) {
        let key = std::fs::read_to_string(self.path("host_key.pub")).unwrap();
        let line = format!("[{}]:{} {key}", target.host, target.port);
        let mut options = std::fs::OpenOptions::new();
        let file = options.create(true).append(true);
        let mut file = file.open(self.path("known_hosts")).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }

    /// Returns a file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns what it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn as_root(program: &str) -> Command {
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// An agent with some keys.
pub(crate) struct Agent {
    pub(crate) socket: PathBuf,
    child: Child,
}

impl Agent {
    pub(crate) fn start(folder: &Path, keys: &[&Path]) -> Self {
        let socket = folder.join("agent");
        let mut child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It says where it listens as soon as it does.
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        for key in keys {
            run(Command::new("ssh-add")
                .env("SSH_AUTH_SOCK", &socket)
                .arg(key));
        }
        Self { socket, child }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A TCP connection in between that can be cut, or made silent.
pub(crate) struct Between {
    pub(crate) port: u16,
    pipes: Arc<Mutex<Vec<TcpStream>>>,
    silent: Arc<AtomicBool>,
}

impl Between {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let between = Self {
            port: listener.local_addr().unwrap().port(),
            pipes: Arc::default(),
            silent: Arc::default(),
        };
        let (pipes, silent) = (between.pipes.clone(), between.silent.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let silent = silent.clone();
                    std::thread::spawn(move || forward(from, to, &silent));
                }
                pipes.lock().unwrap().extend([client, server]);
            }
        });
        between
    }

    /// Ends all connections through it.
    pub(crate) fn cut(&self) {
        for pipe in self.pipes.lock().unwrap().drain(..) {
            let _ = pipe.shutdown(Shutdown::Both);
        }
    }

    /// From now on swallows everything.
    pub(crate) fn fall_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool) {
    let mut buffer = vec![0; 65536];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        if length == 0 {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
        if !silent.load(Ordering::SeqCst) && to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

/// A port that neither accepts nor refuses connections, as behind a firewall that drops them.
pub(crate) struct Unanswering {
    pub(crate) port: u16,
    _full: (rustix::fd::OwnedFd, Vec<TcpStream>),
}

impl Unanswering {
    pub(crate) fn start() -> Self {
        use rustix::net::{self, AddressFamily, SocketType};
        let socket = net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        net::bind(&socket, &address).unwrap();
        // Its queue has one place: with that taken the kernel drops what comes.
        net::listen(&socket, 0).unwrap();
        let address = std::net::SocketAddr::try_from(net::getsockname(&socket).unwrap()).unwrap();
        let taken = TcpStream::connect(address).unwrap();
        Self {
            port: address.port(),
            _full: (socket, vec![taken]),
        }
    }
}

/// Makes a key pair.
pub(crate) fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-a", "1", "-t", kind, "-N", passphrase]);
    if kind == "rsa" {
        command.args(["-b", "2048"]);
    }
    run(command.args(["-C", "test", "-f"]).arg(path));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Returns connections that ask nobody for a passphrase.
pub(crate) fn connections() -> Connections {
    let nobody: AskPassphrase = Box::new(|_| None);
    Connections::new(nobody).unwrap()
}

/// Returns a port on which nothing listens.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Gives a key a passphrase.
pub(crate) fn lock(key: &Path, passphrase: &str) {
    let mut command = Command::new("ssh-keygen");
    run(command
        .args(["-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f"])
        .arg(key));
}

/// Writes a key in another format.
pub(crate) fn convert(key: &Path, format: &str, passphrase: &str) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-p", "-a", "1", "-P", passphrase, "-N", passphrase]);
    run(command.args(["-m", format, "-f"]).arg(key));
}

/// Runs a line of shell here.
pub(crate) fn shell(line: &str) {
    run(Command::new("sh").args(["-c", line]));
}

/// Set in a process that runs one test alone.
const ALONE: &str = "RMQPLAY_TEST_ALONE";

/// Runs a test of this program in a process of its own, where `is_alone` says so.
pub(crate) fn run_test_alone(name: &str) {
    let test = std::env::current_exe().unwrap();
    let alone = format!("{ALONE}=1");
    let output = program(&["env", &alone, test.to_str().unwrap(), "--exact", name]);
    assert!(output.contains(" 1 passed"), "{output}");
}

/// Returns whether this process runs one test alone.
pub(crate) fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// Runs a program here, which must succeed, and returns what it wrote.
pub(crate) fn program(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {text}");
    text.into_owned()
}
