//! The installation of a running RocketMQ program, and the files it uses.

use super::Kind;
use super::command_line::CommandLine;
use crate::host::{Answer, Command, Content, HostError, Node, Probe, Process, Question};
use crate::rocketmq::properties;
use crate::rocketmq::topology::numbers;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// The default port of a program.
const NAMESERVER_PORT: u16 = 9876;
const BROKER_PORT: u16 = 10911;

/// From this version on, the commit log is in the store by default.
const COMMIT_LOG_IN_STORE: [u32; 1] = [5];

/// The largest configuration file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Services for logins: programs started from them do not belong to the service.
const LOGINS: [&str; 5] = ["ssh", "sshd", "dropbear", "getty", "user"];

/// The installation of a running RocketMQ program, and the files it uses.
#[derive(Debug, Default)]
pub(super) struct Installation {
    /// A broker's name.
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    /// The folder of the release, links resolved.
    pub(super) release: Option<Utf8PathBuf>,
    pub(super) file: Option<Utf8PathBuf>,
    /// Java's `user.home`.
    pub(super) home: Utf8PathBuf,
    /// A broker's store as configured.
    pub(super) configured_store: Option<Utf8PathBuf>,
    /// The folder of message files as configured.
    pub(super) configured_commit_log: Option<Utf8PathBuf>,
    /// The store, links resolved.
    pub(super) store: Option<Utf8PathBuf>,
    /// The folder of message files, links resolved.
    pub(super) commit_log: Option<Utf8PathBuf>,
    /// Its port, and those derived from it.
    pub(super) ports: Vec<u16>,
    pub(super) service: Option<String>,
}

impl Installation {
    /// Asks the host of a process.
    pub(super) fn of(
        host: &Probe,
        kind: Kind,
        process: &Process,
        line: &CommandLine,
    ) -> Result<Self, HostError> {
        let mut questions = vec![Question::User(process.uid.to_string())];
        questions.extend(line.file.iter().map(|path| Question::Path {
            path: path.clone(),
            follow: true,
            content: Content::UpTo(LARGEST),
        }));
        questions.extend(line.libraries.iter().map(|path| Question::Tree {
            // The slash has a link to a folder followed.
            path: path.join(""),
            depth: Some(1),
        }));
        let mut answers = host.ask(&questions)?.into_iter();
        let of_account = match answers.next() {
            Some(Answer::User(Some(user))) => user.home,
            _ => Utf8PathBuf::new(),
        };
        let file = line.file.as_ref().and_then(|_| answers.next());
        let settings = settings(file.and_then(Answer::into_path));
        let jars: Vec<_> = answers.map(Answer::into_tree).collect();
        let mut libraries = line.libraries.iter().zip(&jars);
        let found = libraries.find_map(|(folder, jars)| Some((folder, version(jars)?)));
        let mut its = Self {
            name: (kind == Kind::Broker)
                .then(|| settings.get("brokerName").cloned())
                .flatten(),
            version: found.as_ref().map(|(_, version)| version.clone()),
            file: line.file.clone(),
            home: line.home.clone().unwrap_or(of_account),
            ports: ports(kind, &settings),
            service: service(host, process.pid)?,
            ..Self::default()
        };
        if let Some((folder, _)) = found {
            its.release = real(host, &folder.join(".."))?;
        }
        if kind == Kind::Broker {
            its.find_store(host, &settings)?;
        }
        Ok(its)
    }

    /// Returns whether its store or its configuration is configured below that path.
    pub(super) fn uses(&self, path: &Utf8Path) -> bool {
        let store = self.configured_store.as_ref();
        store.is_some_and(|store| store.starts_with(path))
    }

    fn find_store(
        &mut self,
        host: &Probe,
        settings: &BTreeMap<String, String>,
    ) -> Result<(), HostError> {
        let of = |name: &str| {
            settings
                .get(name)
                .map(|path| Utf8PathBuf::from(path.trim()))
        };
        let usual = self.home.join("store");
        let store = of("storePathRootDir").unwrap_or_else(|| usual.clone());
        let version = numbers(self.version.as_deref().unwrap_or_default());
        let beside = if version.as_slice() >= COMMIT_LOG_IN_STORE.as_slice() {
            &store
        } else {
            &usual
        };
        let commit_log = of("storePathCommitLog").unwrap_or_else(|| beside.join("commitlog"));
        self.store = real(host, &store)?;
        self.commit_log = real(host, &commit_log)?;
        self.configured_store = Some(store);
        self.configured_commit_log = Some(commit_log);
        Ok(())
    }
}

/// Reads a configuration file, in which each byte is a character.
fn settings(file: Option<Node>) -> BTreeMap<String, String> {
    let content = file.and_then(|node| node.content).unwrap_or_default();
    let text: String = content.into_iter().map(char::from).collect();
    properties::read(&text)
}

/// Returns the version of a release from the names of its jars.
fn version(jars: &[(Utf8PathBuf, Node)]) -> Option<String> {
    jars.iter().find_map(|(path, _)| {
        let name = path.file_name()?.strip_suffix(".jar")?;
        let parts = ["rocketmq-broker-", "rocketmq-namesrv-"];
        let version = parts.iter().find_map(|part| name.strip_prefix(part))?;
        version
            .starts_with(|c: char| c.is_ascii_digit())
            .then(|| version.to_owned())
    })
}

/// Returns the ports of a program, the one it is identified by first.
fn ports(kind: Kind, settings: &BTreeMap<String, String>) -> Vec<u16> {
    let number = |name: &str| settings.get(name)?.trim().parse().ok();
    let listen: Option<u16> = number("listenPort");
    if kind == Kind::Nameserver {
        return vec![listen.unwrap_or(NAMESERVER_PORT)];
    }
    let listen = listen.unwrap_or(BROKER_PORT);
    let of_slaves = number("haListenPort").unwrap_or(listen.saturating_add(1));
    vec![listen, of_slaves, listen.saturating_sub(2)]
}

/// Returns a path with links resolved, if it exists.
pub(super) fn real(host: &Probe, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, HostError> {
    match host.query(&Command::new(["readlink", "-f", path.as_str()])) {
        Ok(output) => {
            let told = String::from_utf8_lossy(&output.stdout);
            let told = told.trim_end_matches('\n');
            Ok((!told.is_empty()).then(|| told.into()))
        }
        Err(HostError::Step { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the systemd service of a process.
fn service(host: &Probe, pid: u32) -> Result<Option<String>, HostError> {
    let file = format!("/proc/{pid}/cgroup");
    match host.query(&Command::new(["grep", "-s", "[.]service$", &file])) {
        Ok(output) => Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            .find_map(service_in)),
        Err(HostError::Step { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Parses `0::/system.slice/mq.service`.
fn service_in(line: &str) -> Option<String> {
    let (_, unit) = line.rsplit_once('/')?;
    let name = unit.strip_suffix(".service")?;
    let program = name.split('@').next().unwrap_or(name);
    (!LOGINS.contains(&program)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_read_from_the_control_group() {
        for (line, expected) in [
            ("0::/system.slice/mq-broker.service", Some("mq-broker")),
            ("1:name=systemd:/system.slice/mq@a.service", Some("mq@a")),
            ("0::/system.slice/ssh.service", None),
            (
                "0::/system.slice/system-getty.slice/getty@tty1.service",
                None,
            ),
            ("0::/user.slice/user-0.slice/user@0.service", None),
            ("0::/user.slice/user-0.slice/session-3.scope", None),
        ] {
            assert_eq!(service_in(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn ports_follow_from_the_configuration() {
        let read = |kind, text: &str| ports(kind, &properties::read(text));
        assert_eq!(read(Kind::Broker, ""), [10911, 10912, 10909]);
        assert_eq!(
            read(Kind::Broker, "listenPort = 11911 \n"),
            [11911, 11912, 11909]
        );
        assert_eq!(
            read(Kind::Broker, "haListenPort=1\nlistenPort=7"),
            [7, 1, 5]
        );
        assert_eq!(read(Kind::Nameserver, "listenPort=9999"), [9999]);
        assert_eq!(read(Kind::Nameserver, "brokerName=a"), [9876]);
    }
}
