//! What a host reports about itself, in as few round trips as possible.

use super::PreflightModule;
use super::store::{self, Store};
use crate::host::{Answer, Command, Content, HostError, Kind, Probe, Process, Question, User};
use crate::value::Fields;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a host reports about itself.
pub(super) struct Machine {
    pub(super) facts: Fields,
    /// How many seconds its clock is ahead of this machine's, as far as that can be measured.
    pub(super) clock: i64,
    pub(super) hosts_file: String,
    /// The running processes of each program.
    pub(super) running: Vec<Vec<Process>>,
    /// The limits of the user that programs run as, if it is a different user that already exists.
    user_limits: Vec<String>,
    /// The relevant lines of files below `/proc`.
    lines: BTreeMap<String, Vec<String>>,
    /// The disks of all folders; a missing folder is on the disk of its nearest existing parent.
    pub(super) disks: Vec<(Utf8PathBuf, Disk)>,
    /// The contents of the stores, each with its broker's name.
    pub(super) stores: Vec<(String, Store)>,
}

/// A disk and its usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) mount: String,
    /// Bytes.
    pub(super) available: u64,
    /// Percent, as `df` rounds it.
    pub(super) used: u64,
}

/// Which lines to keep from files below `/proc`: listening sockets, limits, memory, and parameters
/// that are a single number.
const PATTERNS: [&str; 5] = [
    " 0A ",
    "^Max open files",
    "^Max processes",
    "^Mem",
    "^[0-9]*$",
];

impl Machine {
    /// Asks a host.
    pub(super) fn look(module: &PreflightModule, host: &Probe) -> Result<Self, HostError> {
        let folders = module.folders();
        let hosts_file = Question::Path {
            path: "/etc/hosts".into(),
            follow: true,
            content: Content::UpTo(1 << 20),
        };
        let mut questions = vec![Question::Facts, hosts_file];
        questions.extend(module.user.clone().map(Question::User));
        let programs = module.programs.iter();
        questions.extend(programs.map(|program| Question::Processes(program.recognise())));
        let ancestors = folders.iter().flat_map(|(_, folder)| folder.ancestors());
        questions.extend(ancestors.map(|path| Question::Path {
            path: path.to_owned(),
            follow: true,
            content: Content::None,
        }));
        for (_, store) in module.stores() {
            questions.extend(store::questions(store));
        }
        let before = now();
        let mut answers = host.ask(&questions)?.into_iter();
        let after = now();
        let mut next = || answers.next();
        let facts = match next() {
            Some(Answer::Facts(facts)) => facts.0,
            _ => Fields::new(),
        };
        let hosts_file = next().and_then(Answer::into_path);
        let hosts_file = hosts_file.and_then(|node| node.content).unwrap_or_default();
        let has_user = module.user.is_some()
            && matches!(next(), Some(Answer::User(Some(user))) if !is_logged_in(&facts, &user));
        let running = module.programs.iter().map(|_| match next() {
            Some(Answer::Processes(found)) => found,
            _ => Vec::new(),
        });
        let running: Vec<_> = running.collect();
        let mut there = Vec::new();
        for (_, folder) in &folders {
            let nodes: Vec<_> = folder.ancestors().map(|path| (path, next())).collect();
            let found = nodes
                .into_iter()
                .find(|(_, answer)| is_directory(answer.as_ref()));
            there.push(
                found
                    .map_or(Utf8Path::new("/"), |(path, _)| path)
                    .to_owned(),
            );
        }
        let stores = module.stores();
        let stores = stores.map(|(name, _)| (name.to_owned(), Store::read(&mut next)));
        let stores = stores.collect();
        let pids = running.iter().flatten().map(|process| process.pid);
        Ok(Self {
            clock: ahead(&facts, before, after),
            user_limits: match &module.user {
                Some(user) if has_user => limits_of(host, user)?,
                _ => Vec::new(),
            },
            lines: lines(host, module, pids)?,
            disks: disks(host, &there)?,
            facts,
            hosts_file: String::from_utf8_lossy(&hosts_file).into_owned(),
            running,
            stores,
        })
    }

    /// Returns a fact as text.
    pub(super) fn fact(&self, name: &str) -> &str {
        let fact = self.facts.get(name).and_then(|value| value.as_str());
        fact.unwrap_or_default()
    }

    /// Returns lines of a file below `/proc`.
    pub(super) fn lines(&self, path: &str) -> &[String] {
        self.lines.get(path).map_or(&[], Vec::as_slice)
    }

    /// Returns the limits that programs start with, in the form of `/proc/self/limits`.
    pub(super) fn limits_at_start(&self) -> &[String] {
        if self.user_limits.is_empty() {
            return self.lines("/proc/self/limits");
        }
        &self.user_limits
    }

    /// Returns a kernel parameter, or `None` if the kernel does not have it.
    pub(super) fn parameter(&self, name: &str) -> Option<u64> {
        let path = parameter_path(name);
        self.lines(&path).first()?.trim().parse().ok()
    }

    /// Returns an amount of `/proc/meminfo` in bytes.
    pub(super) fn memory(&self, name: &str) -> Option<u64> {
        let lines = self.lines("/proc/meminfo").iter();
        let mut amounts = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let amount = amounts.next()?.trim().trim_end_matches("kB").trim();
        Some(amount.parse::<u64>().ok()? << 10)
    }
}

fn is_directory(answer: Option<&Answer>) -> bool {
    matches!(answer, Some(Answer::Path(Some(node))) if node.kind == Kind::Directory)
}

fn is_logged_in(facts: &Fields, user: &User) -> bool {
    let name = facts.get("user_id").and_then(|name| name.as_str());
    name == Some(user.name.as_str())
}

/// Becomes the user the way a program's start does, since PAM sets some of the limits.
fn limits_of(host: &Probe, user: &str) -> Result<Vec<String>, HostError> {
    let argv = ["su", "-s", "/bin/sh", user, "-c", "cat /proc/self/limits"];
    match host.query(&Command::new(argv)) {
        Ok(output) if output.status == 0 => {
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            Ok(printed.lines().map(str::to_owned).collect())
        }
        Ok(_) | Err(HostError::Step { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn parameter_path(name: &str) -> String {
    format!("/proc/sys/{}", name.replace('.', "/"))
}

/// Returns the seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or_default()
    })
}

/// The host reported its time, in whole seconds, between these two moments.
fn ahead(facts: &Fields, before: i64, after: i64) -> i64 {
    let time = facts.get("date_time");
    let epoch = time.and_then(|time| time.get_attr("epoch").ok());
    let told: Option<i64> = epoch.and_then(|epoch| epoch.as_str()?.parse().ok());
    match told {
        Some(told) if told < before => told - before,
        Some(told) if told > after => told - after,
        _ => 0,
    }
}

/// Reads all files below `/proc` in one round trip.
fn lines(
    host: &Probe,
    module: &PreflightModule,
    pids: impl Iterator<Item = u32>,
) -> Result<BTreeMap<String, Vec<String>>, HostError> {
    let mut argv = vec!["grep".to_owned(), "-sH".to_owned()];
    for pattern in PATTERNS {
        argv.extend(["-e".to_owned(), pattern.to_owned()]);
    }
    let files = [
        "/proc/self/limits",
        "/proc/meminfo",
        "/proc/net/tcp",
        "/proc/net/tcp6",
    ];
    argv.extend(files.map(str::to_owned));
    argv.extend(module.parameters().map(parameter_path));
    argv.extend(pids.map(|pid| format!("/proc/{pid}/limits")));
    let output = host.query(&Command::new(argv))?;
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some((file, line)) = line.split_once(':') {
            let of_file = lines.entry(file.to_owned()).or_default();
            of_file.push(line.to_owned());
        }
    }
    Ok(lines)
}

/// Asks for the disks of existing folders.
fn disks(host: &Probe, folders: &[Utf8PathBuf]) -> Result<Vec<(Utf8PathBuf, Disk)>, HostError> {
    let argv = ["df", "-P", "-k"].into_iter();
    let argv = argv.chain(folders.iter().map(|folder| folder.as_str()));
    let output = host.query(&Command::new(argv))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let told = printed.lines().skip(1).filter_map(disk);
    Ok(folders.iter().cloned().zip(told).collect())
}

/// Parses `overlay 1000 700 300 70% /var/lib`; the first and last column may contain spaces.
fn disk(line: &str) -> Option<Disk> {
    let words: Vec<_> = line.split_whitespace().collect();
    let at = words.iter().rposition(|word| {
        let number = word.strip_suffix('%');
        number.is_some_and(|number| number.parse::<u64>().is_ok())
    })?;
    let available: u64 = words.get(at.checked_sub(1)?)?.parse().ok()?;
    Some(Disk {
        mount: words.get(at + 1..)?.join(" "),
        available: available << 10,
        used: words.get(at)?.trim_end_matches('%').parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_df_prints_is_read() {
        let line = "map auto home    24680 12340  12340      50% /net/my home";
        let expected = Disk {
            mount: "/net/my home".to_owned(),
            available: 12_340 << 10,
            used: 50,
        };
        assert_eq!(disk(line), Some(expected));
        assert_eq!(disk("Filesystem 1024-blocks Used Available Capacity"), None);
    }

    #[test]
    fn a_clock_is_ahead_as_far_as_can_be_told() {
        let facts = |epoch: &str| {
            let time = crate::value::map(Fields::from_iter([(
                "epoch".to_owned(),
                crate::value::Value::from(epoch),
            )]));
            Fields::from_iter([("date_time".to_owned(), time)])
        };
        for (told, expected) in [("100", 0), ("103", 0), ("90", -10), ("110", 7), ("", 0)] {
            assert_eq!(ahead(&facts(told), 100, 103), expected, "{told}");
        }
    }
}
