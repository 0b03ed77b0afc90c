//! `rmqplay repl`: a prompt for entering a role's script step by step, for one host.

mod entries;

use super::interrupt::Interrupt;
use super::options::HostArguments;
use super::project::{Project, user_folder};
use super::session::Opening;
use super::{Exit, print, refuse, refuse_because};
use crate::playbook::{Item, Playbook};
use crate::report::{Answers, Event, Reporter as _, pretty, printable};
use crate::run::{HostState, Session, TagFilter};
use crate::script::role::{FUNCTIONS, GLOBALS};
use crate::script::{Console, Reach};
use crate::source::{LocalPath, Problem, Result, SourceFile};
use crate::value::{self, Value};
use clap::Args;
use entries::{Entries, Entry};
use serde_json::json;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Try a role's script interactively on one host.
///
/// Modules are functions, as in roles written in Rhai: `stat(#{path: "/etc/hosts"}).stat.size`.
/// They act as in a run; with --check they change nothing. If standard input is not a terminal,
/// entries are read from it, and the first failure ends the session.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    hosts: HostArguments,
}

/// The help for the console.
const HELP: &str = "\
Every module is a function: stat(#{path: \"/etc/hosts\"}), command(\"uptime\").stdout
Names: host, vars, facts, groups, hostvars, check_mode
Functions: task(name, options, || …), block(|| …, |error| …), render(\"{{ … }}\"),
  include_tasks(file), include_role(name), log(text), fail(text), and those of Rhai
Variables and functions are kept for the next entry; an incomplete one continues on the next line.
:help, :quit (or ^D); ^C interrupts. Tab completes names.
";

/// Reads and runs entries until there are no more.
pub(super) fn execute(arguments: &Arguments, interrupt: &Interrupt) -> Exit {
    let options = match arguments.hosts.options("repl", TagFilter::default(), false) {
        Ok(options) => options,
        Err(problems) => return refuse(&problems, Exit::Usage),
    };
    let folder = LocalPath::start();
    let (check, diff) = (options.check, options.diff);
    let opening = Opening {
        sources: &arguments.hosts.sources,
        options,
        roles_path: &[],
        folder: &folder,
        project: Project::of([folder.clone()], &[], user_folder()),
        cancel: interrupt.cancel(),
        live_line: None,
    };
    let (session, events) = match opening.open() {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    let host = match only_host(&session, !arguments.hosts.sources.given().is_empty()) {
        Ok(host) => session.host(&host),
        Err(problem) => return refuse(&problem.into(), Exit::Usage),
    };
    let console = Arc::new(Console::new(Reach {
        folders: vec![folder.clone()],
        roots: vec![folder.clone()],
        globals: GLOBALS,
    }));
    let mut talk = Talk {
        session,
        host,
        interrupt,
        events,
        console,
        folder,
        shown: Answers::new(anstream::stdout(), anstream::stderr(), diff),
        check,
    };
    talk.talk()
}

/// Returns the only host: this machine if neither a host nor an inventory was `given`.
fn only_host(session: &Arc<Session>, given: bool) -> std::result::Result<Arc<str>, Problem> {
    let pattern = match session.options.limit {
        None if !given => "localhost",
        _ => "all",
    };
    let all = session.inventory().pattern(pattern);
    let hosts = all.and_then(|all| match &session.options.limit {
        Some(limit) => session.inventory().limit(all, limit),
        None => Ok(all),
    });
    let hosts = hosts.map_err(|problems| {
        let first = problems.0.into_iter().next();
        first.unwrap_or_else(|| Problem::new("the host is unknown"))
    })?;
    match hosts.as_slice() {
        [host] => Ok(host.clone()),
        hosts => {
            let names: Vec<_> = hosts.iter().take(5).map(AsRef::as_ref).collect();
            let more = if hosts.len() > names.len() {
                ", …"
            } else {
                ""
            };
            let message = format!(
                "these are {} hosts: {}{more}",
                hosts.len(),
                names.join(", ")
            );
            Err(Problem::new(message).help("name one: -l HOST".to_owned()))
        }
    }
}

/// A console for a host, with entries from the user or a file.
struct Talk<'a> {
    session: Arc<Session>,
    host: Arc<HostState>,
    interrupt: &'a Interrupt,
    events: Receiver<Event>,
    console: Arc<Console>,
    /// The folder for includes and imports.
    folder: LocalPath,
    shown: Answers<anstream::AutoStream<std::io::Stdout>, anstream::AutoStream<std::io::Stderr>>,
    check: bool,
}

impl Talk<'_> {
    fn talk(&mut self) -> Exit {
        let is_person = std::io::stdin().is_terminal();
        let modules = self.session.registry.modules();
        let words = modules.flat_map(|entry| entry.names.iter().cloned());
        let words = words.chain([FUNCTIONS, GLOBALS].concat().into_iter().map(str::to_owned));
        let mut entries = match Entries::open(words.collect(), self.console.clone()) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot read from the terminal: {error}");
                return refuse_because(message, None, Exit::Error);
            }
        };
        if let Err(exit) = self.gather() {
            return exit;
        }
        if is_person {
            self.interrupt.stays_at_prompt();
            let check = if self.check { ", in check mode" } else { "" };
            let name = printable(&self.host.name);
            print(&format!(
                "{name}{check}. Type :help for help, ^D to exit.\n"
            ));
        }
        loop {
            let prompt = format!("{}> ", printable(&self.host.name));
            let entry = match entries.next(&prompt) {
                Ok(Entry::Text(text)) => text,
                Ok(Entry::Dropped) => continue,
                Ok(Entry::End) => return Exit::Ok,
                Err(error) => {
                    let message = format!("cannot read what is typed: {error}");
                    return refuse_because(message, None, Exit::Error);
                }
            };
            match entry.trim() {
                "" => continue,
                ":help" => {
                    print(HELP);
                    continue;
                }
                ":quit" => return Exit::Ok,
                _ => {}
            }
            if let Err(exit) = self.carry_out(&entry)
                && !is_person
            {
                return exit;
            }
        }
    }

    /// Gathers facts about the host; an unreachable host ends the session.
    fn gather(&mut self) -> std::result::Result<(), Exit> {
        let play = json!([{"hosts": &*self.host.name, "gather_facts": true, "tasks": []}]);
        let file = SourceFile::new("<repl>", play.to_string());
        let playbook = self.session.loader.playbook_in(&file);
        self.run(playbook)
    }

    fn carry_out(&mut self, entry: &str) -> std::result::Result<(), Exit> {
        let playbook = self.playbook(entry);
        self.run(playbook)?;
        if let Some(value) = self.console.take_value() {
            print(&format!("{}\n", self.text(&value)));
        }
        Ok(())
    }

    /// Returns the playbook whose only task is the entry, checked like any other.
    fn playbook(&self, entry: &str) -> Result<Playbook> {
        let program = self.console.read(entry)?;
        let loader = &self.session.loader;
        let item: Item = loader.entry(program, &self.console, &self.folder)?;
        let play = json!([{"hosts": &*self.host.name, "gather_facts": false, "tasks": []}]);
        let mut playbook = loader.playbook_in(&SourceFile::new("<repl>", play.to_string()))?;
        if let Some(play) = playbook.plays.first_mut() {
            play.folder.clone_from(&self.folder);
            play.tasks = vec![item];
        }
        self.session.validate(&playbook, true)?;
        Ok(playbook)
    }

    fn run(&mut self, playbook: Result<Playbook>) -> std::result::Result<(), Exit> {
        let playbook = playbook.map_err(|problems| refuse(&problems, Exit::Unreachable))?;
        self.shown.unreachable = false;
        self.interrupt.run_begins();
        let (events, shown) = (&mut self.events, &mut self.shown);
        let session = &self.session;
        let result = std::thread::scope(|scope| {
            scope.spawn(move || {
                for event in &*events {
                    shown.event(&event);
                    if matches!(event, Event::RunFinished { .. }) {
                        break;
                    }
                }
            });
            let result = session.playbook(&playbook, &[], None);
            session.finish();
            result
        });
        let cancelled = self.session.cancel.is_cancelled();
        self.interrupt.run_ends();
        let failed = self.host.has_failed();
        self.session.forgive(&self.host);
        if cancelled || self.shown.unreachable {
            self.session.disconnect(&self.host);
        }
        match result {
            Err(problems) => Err(refuse(&problems, Exit::Unreachable)),
            Ok(_) if cancelled => Err(Exit::Interrupted),
            Ok(_) if self.shown.unreachable => Err(Exit::Unreachable),
            Ok(_) if failed => Err(Exit::HostFailed),
            Ok(_) => Ok(()),
        }
    }

    /// Formats a value for people, without secrets.
    fn text(&self, value: &Value) -> String {
        if let Some(reason) = value::unknown_in(value) {
            return reason.to_string();
        }
        let mut json = value::to_json(value);
        self.session.secrets.redact_json(&mut json);
        match json {
            serde_json::Value::String(text) => printable(&text).into_owned(),
            json => printable(&pretty(&json)).into_owned(),
        }
    }
}
