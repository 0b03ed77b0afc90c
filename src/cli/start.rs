//! A run from start to end, with its reporters.

use super::interrupt::Interrupt;
use super::options::{Format, SharedArguments};
use super::project::Project;
use super::session::Opening;
use super::watch::Held;
use super::{Exit, refuse, refuse_because};
use crate::internal_error::caught;
use crate::playbook::Playbook;
use crate::report::{
    AdHoc, AnsibleLines, Event, EventsFile, InOrder, JsonLines, LiveLine, Progress, Recap,
    Reporter, Screen, Verbosity, last_line,
};
use crate::run::{Options, Session};
use crate::source::{LocalPath, Place, Problems, Result};
use crate::vars::Layer;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// The inputs of a run.
pub(super) struct Start<'a> {
    pub(super) shared: &'a SharedArguments,
    pub(super) interrupt: &'a Interrupt,
    pub(super) options: Options,
    pub(super) roles_path: &'a [LocalPath],
    /// The folder of the first playbook.
    pub(super) folder: &'a LocalPath,
    /// The project's extensions.
    pub(super) project: Project,
    pub(super) shown: Shown,
    pub(super) sink: Sink,
}

/// The destination of text for people.
#[derive(Clone)]
pub(super) enum Sink {
    /// Standard output.
    Output,
    /// A buffer, to be shown later.
    Held(Held),
}

/// The form of text for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// As plays and tasks, with a recap.
    Playbook,
    /// As the output of a command on each host.
    Command,
}

/// Who writes text for people.
#[derive(Debug, Clone, Copy)]
enum Look {
    Screen,
    AnsibleLines,
    Command,
}

/// The outcome of loading playbooks.
pub(super) enum Plan {
    /// The playbooks to run.
    CarryOut(Vec<Prepared>),
    /// A text to show, without touching any host.
    Show(String),
}

impl Start<'_> {
    /// Loads the inventory, calls `plan` with the session to load playbooks, and runs them.
    pub(super) fn run(self, plan: impl FnOnce(&Arc<Session>) -> Result<Plan>) -> Exit {
        let line = (self.shared.output == Format::Text).then(LiveLine::new);
        let compat = self.options.compat;
        let verbosity = Verbosity {
            level: self.options.verbosity,
            diff: self.options.diff,
            check: self.options.check,
            width: terminal_width(),
            colour: colour_wanted(),
        };
        let opening = Opening {
            sources: &self.shared.hosts.sources,
            options: self.options,
            roles_path: self.roles_path,
            folder: self.folder,
            project: self.project,
            cancel: self.interrupt.cancel(),
            live_line: line.as_ref().map(|line| line.bar().clone()),
        };
        let (session, receiver) = match opening.open() {
            Ok(opened) => opened,
            Err(exit) => return exit,
        };
        let events_file = match self
            .shared
            .events
            .as_ref()
            .map(std::fs::File::create)
            .transpose()
        {
            Ok(file) => file,
            Err(error) => {
                let message = format!("cannot write the events file: {error}");
                return refuse_because(message, None, Exit::Error);
            }
        };
        let shard = session.options.shard;
        let shard = shard.map(|shard| (shard.number(), shard.of()));
        let last = shard.and(events_file.as_ref().map(std::fs::File::try_clone));
        let playbooks = match plan(&session) {
            Ok(Plan::CarryOut(playbooks)) => playbooks,
            Ok(Plan::Show(text)) => return super::print(&text),
            Err(problems) => return refuse(&problems, Exit::Unreachable),
        };
        self.interrupt.run_begins();
        let format = self.shared.output;
        let look = match self.shown {
            Shown::Command if verbosity.level == 0 => Look::Command,
            Shown::Playbook | Shown::Command if compat => Look::AnsibleLines,
            Shown::Playbook | Shown::Command => Look::Screen,
        };
        let sink = self.sink;
        let reporting = crate::host::start_thread(move || {
            // Scripts may read standard error, too.
            let progress = line.clone().map(|line| Progress::new(line, !compat));
            let make = || reporter(format, look, sink.clone(), verbosity, line.clone());
            let file = events_file
                .map(std::io::LineWriter::new)
                .map(EventsFile::new);
            let file = match shard {
                Some(shard) => file.map(|file| file.of_shard(shard)),
                None => file,
            };
            report(&receiver, &make, progress, file)
        });
        let reporting = match reporting {
            Ok(reporting) => reporting,
            Err(error) => {
                let help = crate::host::THREAD_HELP.to_owned();
                return refuse_because(error.to_string(), Some(help), Exit::Error);
            }
        };
        let result = carry_out(&session, &playbooks);
        let cancelled = session.cancel.is_cancelled();
        session.finish();
        drop(session);
        let (recap, events_error) = reporting.join().unwrap_or_default();
        let exit = match result {
            Err(problems) => refuse(&problems, Exit::Unreachable),
            Ok(()) if cancelled => Exit::Interrupted,
            Ok(()) => exit_of(&recap, self.shared.detailed_exitcode),
        };
        let ended =
            |file: std::io::Result<std::fs::File>| writeln!(file?, "{}", last_line(exit as u8));
        match events_error.or_else(|| last.and_then(|file| ended(file).err())) {
            None => exit,
            Some(error) => {
                let message = format!("cannot write the events file: {error}");
                refuse_because(message, None, Exit::Error)
            }
        }
    }
}

/// A playbook that is ready to run.
pub(super) struct Prepared {
    pub(super) playbook: Playbook,
    /// The answers to `vars_prompt` of each play.
    pub(super) prompted: Vec<Arc<Layer>>,
    /// The task to start at.
    pub(super) start_at: Option<Place>,
}

fn carry_out(session: &Arc<Session>, playbooks: &[Prepared]) -> std::result::Result<(), Problems> {
    for prepared in playbooks {
        if !session.playbook(
            &prepared.playbook,
            &prepared.prompted,
            prepared.start_at.as_ref(),
        )? {
            break;
        }
    }
    Ok(())
}

/// Shows events until the run is over; returns the recap, and the error of the events file, if any.
///
/// A reporter that panics misses that event alone. The recap is what counts most: if it is the
/// recap that it cannot show, a new reporter does.
fn report(
    events: &Receiver<Event>,
    make: &dyn Fn() -> Box<dyn Reporter>,
    mut progress: Option<Progress>,
    mut file: Option<EventsFile<std::io::LineWriter<std::fs::File>>>,
) -> (Vec<Recap>, Option<std::io::Error>) {
    let mut counted = Vec::new();
    let mut shown = caught(make).ok();
    loop {
        let event = match events.recv_timeout(Duration::from_secs(1)) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if let Some(progress) = &progress {
            progress.tick(&mut anstream::stderr());
        }
        let Some(event) = event else { continue };
        let told = caught(|| {
            if let Some(file) = &mut file {
                file.event(&event);
            }
            // Remove the live line before the last text is printed, so that it does not remain
            // below.
            if let Some(progress) = &mut progress {
                progress.event(&event);
            }
            shown.get_or_insert_with(make).event(&event);
        });
        if let Err(error) = told {
            let warning = warning(error.to_string());
            let _ = caught(|| {
                if matches!(event, Event::RunFinished { .. }) {
                    let mut fresh = make();
                    fresh.event(&warning);
                    fresh.event(&event);
                } else if let Some(shown) = &mut shown {
                    shown.event(&warning);
                }
            });
        }
        if let Event::RunFinished { recap, .. } = event {
            counted = recap.into_iter().map(|(_, recap)| recap).collect();
            break;
        }
    }
    let error = caught(|| file.and_then(EventsFile::finish));
    (counted, error.unwrap_or_default())
}

fn warning(text: String) -> Event {
    let host = "".into(); // of none
    Event::Warning { host, text }
}

/// Returns the reporter for standard output.
fn reporter(
    format: Format,
    look: Look,
    sink: Sink,
    verbosity: Verbosity,
    line: Option<LiveLine>,
) -> Box<dyn Reporter> {
    let out: Box<dyn Write> = match sink {
        Sink::Output => Box::new(anstream::stdout()),
        Sink::Held(held) if verbosity.colour => Box::new(held),
        Sink::Held(held) => Box::new(anstream::StripStream::new(Box::new(held) as Box<dyn Write>)),
    };
    match (format, look) {
        (Format::Json, _) => Box::new(JsonLines::new(std::io::stdout())),
        (Format::Text, Look::Command) => {
            let command = AdHoc::new(out, line, verbosity.diff, verbosity.colour);
            Box::new(InOrder::new(command))
        }
        (Format::Text, Look::AnsibleLines) => {
            Box::new(InOrder::new(AnsibleLines::new(out, verbosity, line)))
        }
        (Format::Text, Look::Screen) => Box::new(InOrder::new(Screen::new(out, verbosity, line))),
    }
}

pub(super) fn colour_wanted() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

fn exit_of(recap: &[Recap], detailed: bool) -> Exit {
    let any = |count: fn(&Recap) -> u32| recap.iter().any(|recap| count(recap) > 0);
    let bad = recap.iter().filter(|recap| recap.has_errors());
    let unreachable = bad.clone().any(|recap| recap.unreachable > 0);
    let failed = bad.clone().any(|recap| recap.failed > 0);
    match (detailed, unreachable, failed) {
        (true, true, _) | (true, _, true) => Exit::Error,
        // An unknown task may be a change too, so it takes precedence over known changes.
        (true, false, false) if any(|recap| recap.unknown) => Exit::Unknown,
        (true, false, false) if any(|recap| recap.changed) => Exit::HostFailed,
        (false, true, _) => Exit::Unreachable,
        (false, false, true) => Exit::HostFailed,
        _ => Exit::Ok,
    }
}

pub(super) fn terminal_width() -> usize {
    let (_, columns) = console_size();
    columns
}

/// Returns lines and columns; 24 and 80 without a terminal.
fn console_size() -> (usize, usize) {
    let (lines, columns) = console::Term::stdout().size_checked().unwrap_or((24, 80));
    (usize::from(lines), usize::from(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reporter with a bug: it panics on one kind of warning, and on the recap after one.
    struct Broken(Arc<std::sync::Mutex<Vec<String>>>, bool);

    impl Reporter for Broken {
        fn event(&mut self, event: &Event) {
            match event {
                Event::Warning { text, .. } => {
                    self.1 |= text.contains('\u{200b}');
                    assert!(!text.contains('\u{200b}'), "the reporter is broken");
                    self.0.lock().unwrap().push(text.clone());
                }
                Event::RunFinished { recap, .. } => {
                    assert!(!self.1, "no recap");
                    self.0
                        .lock()
                        .unwrap()
                        .push(format!("{} hosts", recap.len()));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_reporter_that_panics_shows_the_rest_and_keeps_the_recap() {
        let shown = Arc::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        for text in ["one", "two \u{200b}", "three"] {
            sender.send(warning(text.to_owned())).unwrap();
        }
        let counted = Recap {
            failed: 1,
            ..Recap::default()
        };
        let finished = Event::RunFinished {
            recap: vec![("a".into(), counted)],
            stats: Vec::new(),
            check: false,
            elapsed: std::time::Duration::ZERO,
            traffic: crate::host::Traffic::default(),
        };
        sender.send(finished).unwrap();
        let made = std::cell::Cell::new(0);
        let make = || -> Box<dyn Reporter> {
            made.set(made.get() + 1);
            assert!(made.get() > 1, "it cannot be made the first time");
            Box::new(Broken(Arc::clone(&shown), false))
        };
        let (recap, error) = report(&receiver, &make, None, None);
        assert_eq!((recap, error.is_none()), (vec![counted], true));
        let broken = "internal error in rmqplay: the reporter is broken";
        let again = "internal error in rmqplay: no recap";
        let expected = ["one", broken, "three", again, "1 hosts"];
        assert_eq!(*shown.lock().unwrap(), expected);
    }
}
