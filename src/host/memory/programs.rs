//! What the steps that start and end programs do to check mode's picture of a machine.

use super::overlay::{Edit, Here, Started, State};
use super::source::Source;
use super::view::{Stop, View};
use crate::host::{Content, Kind, Ownership, Process, ServiceState, StartProcess};
use camino::Utf8PathBuf;

/// Process ids of programs that were not really started begin here: Linux gives out none as high.
const FIRST_PID: u32 = 1 << 22;

/// Signals that a program survives unless it decides otherwise.
const HARMLESS: &[&str] = &["0", "CONT", "CHLD", "URG", "WINCH", "HUP", "USR1", "USR2"];

impl View<'_> {
    /// Returns a program that check mode takes as running from now on, and its log.
    pub(super) fn start(&self, start: &StartProcess) -> Result<(Started, Option<Edit>), Stop> {
        let user = if let Some(name) = &start.user {
            self.owner(name)?
        } else {
            let user = self.acting()?;
            (user.uid, user.name)
        };
        let process = Process {
            pid: 0,
            started: 0,
            executable: executable(start),
            argv: argv(start),
            directory: start.directory.clone(),
            uid: user.0,
            user: user.1,
            start: None,
        };
        let started = Started {
            process,
            ports: start.ports.clone(),
            service: start.service.clone(),
        };
        Ok((started, self.log(start)?))
    }

    /// The program would have written to its log, so nobody knows what is in it.
    fn log(&self, start: &StartProcess) -> Result<Option<Edit>, Stop> {
        let found = self.find(&start.log, true, &Content::None)?;
        if start.user.is_none() {
            self.way(&start.log)?;
        }
        let private = Ownership {
            mode: Some(0o600),
            ..Ownership::default()
        };
        let node = match found.here {
            Some(here) if here.node.kind == Kind::File => here.node,
            Some(_) => return Ok(None),
            None => self.new_node(&found.path, Kind::File, &private)?,
        };
        let reason = format!(
            "depends on what {} writes to {}, which check mode does not start",
            program(start),
            start.log
        );
        let here = Here::new(node, Source::Unknown(reason));
        Ok(Some(Edit::Put(found.path, here.into())))
    }
}

impl State {
    /// Takes a program as running, with its ports open, as its service.
    pub(super) fn run(&mut self, mut started: Started) {
        let number = self.number();
        started.process.pid = FIRST_PID + number;
        started.process.started = u64::MAX - u64::from(u32::MAX) + u64::from(number);
        self.ports
            .extend(started.ports.iter().map(|port| (*port, true)));
        if let Some(service) = &started.service {
            let told = ServiceState::running(started.process.pid).text();
            let question = ServiceState::question(service);
            self.settings.insert(question.argv, told);
        }
        self.started.push(started);
    }

    /// Takes a program as ended if the signal is one that ends programs, with its ports closed.
    pub(super) fn signal(&mut self, pid: u32, started: u64, signal: &str, ports: &[u16]) {
        if HARMLESS.contains(&signal) {
            return;
        }
        let meant = |one: &Started| one.process.pid == pid && one.process.started == started;
        let mut closed = ports.to_vec();
        let ended: Vec<_> = self.started.extract_if(.., |one| meant(one)).collect();
        closed.extend(ended.iter().flat_map(|one| &one.ports));
        if ended.is_empty() {
            self.ended.insert((pid, started));
        }
        self.ports
            .extend(closed.into_iter().map(|port| (port, false)));
    }
}

fn program(start: &StartProcess) -> &str {
    start.argv.first().map_or("the program", String::as_str)
}

/// Returns an executable by which the program will be recognised.
fn executable(start: &StartProcess) -> Utf8PathBuf {
    let path = Utf8PathBuf::from(program(start));
    match &start.recognise.executable {
        None => path,
        Some(wanted) if !wanted.contains('/') && path.file_name() == Some(wanted) => path,
        Some(wanted) => Utf8PathBuf::from("/").join(wanted),
    }
}

/// Returns an argument vector by which the program will be recognised: a script that is started
/// may put other words in its place.
fn argv(start: &StartProcess) -> Vec<String> {
    let mut argv = start.argv.clone();
    let wanted = start.recognise.main_class.iter();
    for word in wanted.chain(&start.recognise.arguments) {
        if !argv.iter().skip(1).any(|argument| argument == word) {
            argv.push(word.clone());
        }
    }
    argv
}
