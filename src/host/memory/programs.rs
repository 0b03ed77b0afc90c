//! How steps that start and end programs affect the state that check mode predicts.

use super::overlay::{Edit, Here, Started, State};
use super::source::Source;
use super::view::{Stop, View};
use crate::host::{Content, Kind, Ownership, Process, ServiceState, StartProcess};
use camino::Utf8PathBuf;

/// Process ids of programs that were not really started start here: Linux never uses ids this high.
const FIRST_PID: u32 = 1 << 22;

/// Signals that do not end a program by default.
const HARMLESS: &[&str] = &["0", "CONT", "CHLD", "URG", "WINCH", "HUP", "USR1", "USR2"];

impl View<'_> {
    /// Returns a program that check mode assumes is running from now on, and its log.
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

    /// The program would have written to its log, so its content is unknown.
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
    /// Records a program as running, with its ports open, and its service.
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

    /// Records a program as ended if the signal ends programs, with its ports closed.
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

/// Returns an executable that the program is recognised by.
fn executable(start: &StartProcess) -> Utf8PathBuf {
    let path = Utf8PathBuf::from(program(start));
    match &start.recognise.executable {
        None => path,
        Some(wanted) if !wanted.contains('/') && path.file_name() == Some(wanted) => path,
        Some(wanted) => Utf8PathBuf::from("/").join(wanted),
    }
}

/// Returns an argument vector that the program is recognised by: a script may replace the words it
/// was started with.
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
