//! What all plays and hosts of a run share.

use super::growing::Growing;
use super::stats::Stats;
use super::{Connector, HostState, Options};
use crate::archive::Store;
use crate::host::{Cancel, Traffic};
use crate::inventory::Inventory;
use crate::module::Registry;
use crate::playbook::Loader;
use crate::report::{Event, Recap, TaskResult};
use crate::script;
use crate::source::LocalPath;
use crate::template::Engine;
use crate::value::{self, Value};
use crate::vars::{Layer, Secrets};
use camino::{Utf8Path, Utf8PathBuf};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// Asks the user at the terminal: the question, and whether to echo the input.
pub type Ask = Box<dyn Fn(&str, bool) -> Result<String, Unanswered> + Send + Sync>;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// There is no terminal to ask at.
    NoTerminal,
    /// Another reason, in one sentence.
    Because(String),
}

/// What all plays and hosts of a run share.
pub struct Session {
    /// The modules.
    pub registry: Registry,
    /// The template engine.
    pub engine: Arc<Engine>,
    /// Loads roles and task files.
    pub loader: Loader,
    /// The hosts and groups known so far: tasks may add some.
    pub(super) growing: Growing,
    /// The user's options.
    pub options: Options,
    /// Values that are masked wherever they would be shown.
    pub secrets: Arc<Secrets>,
    /// Set when the user interrupts the run.
    pub cancel: Cancel,
    /// Connections to the hosts.
    pub connector: Connector,
    /// Asks the user at the terminal.
    pub ask: Ask,
    /// Archives read during this run.
    pub archives: Store,
    /// Where events are sent.
    pub events: Sender<Event>,
    /// Set once the user wants all further tasks to run without being asked.
    asks_no_more: AtomicBool,
    /// New files that were reported to hold a secret.
    private: Mutex<BTreeSet<(Arc<str>, Utf8PathBuf)>>,
    /// All hosts of the inventory, in its order.
    pub(super) hosts: Mutex<IndexMap<Arc<str>, Arc<HostState>>>,
    /// `--extra-vars`.
    pub(super) extra: Arc<Layer>,
    /// What tasks counted, shown after the recap.
    pub(super) stats: Stats,
    /// Runs the scripts of roles.
    scripts: OnceLock<Arc<script::Engine>>,
    started: Instant,
}

/// The parts of a session.
pub struct Parts {
    /// The modules.
    pub registry: Registry,
    /// The inventory.
    pub inventory: Inventory,
    /// Loads roles and task files.
    pub loader: Loader,
    /// The user's options.
    pub options: Options,
    /// The folder of the playbook.
    pub playbook_folder: LocalPath,
    /// Connections to the hosts.
    pub connector: Connector,
    /// Set when the user interrupts the run.
    pub cancel: Cancel,
    /// Asks the user at the terminal.
    pub ask: Ask,
    /// Where events are sent.
    pub events: Sender<Event>,
}

impl Session {
    /// Returns a session of these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let secrets = Arc::new(Secrets::default());
        let given = [&parts.options.password, &parts.options.become_password];
        given
            .into_iter()
            .flatten()
            .for_each(|secret| secrets.add(secret.reveal()));
        let hosts = parts.inventory.hosts().keys();
        let hosts = hosts
            .map(|name| (name.clone(), HostState::new(name.clone())))
            .collect();
        let engine = Engine::with(parts.options.extensions.clone());
        let engine = if parts.options.compat {
            engine.lenient()
        } else {
            engine
        };
        Arc::new(Self {
            registry: parts.registry,
            engine: Arc::new(engine),
            loader: parts.loader,
            growing: Growing::new(parts.inventory, parts.playbook_folder),
            extra: Layer::written("extra variables", &parts.options.extra_vars),
            options: parts.options,
            secrets,
            cancel: parts.cancel,
            connector: parts.connector,
            ask: parts.ask,
            events: parts.events,
            archives: Store::default(),
            asks_no_more: AtomicBool::new(false),
            private: Mutex::default(),
            hosts: Mutex::new(hosts),
            stats: Stats::default(),
            scripts: OnceLock::new(),
            started: Instant::now(),
        })
    }

    /// Returns the engine that runs the scripts of roles, created when the first one runs.
    pub(super) fn scripts(&self) -> Arc<script::Engine> {
        let make = || {
            let modules = self
                .registry
                .modules()
                .flat_map(|entry| entry.names.iter().map(String::as_str));
            Arc::new(script::role::engine(self.options.script_limits, modules))
        };
        self.scripts.get_or_init(make).clone()
    }

    /// Reports that the run is over, with the counts of each host that took part in a play.
    pub fn finish(&self) {
        let recap = self
            .all_hosts()
            .into_iter()
            .map(|host| (host.name.clone(), host.recap()));
        let touched = recap.filter(|(_, recap)| *recap != Recap::default());
        let mut traffic = Traffic::default();
        for host in self.connector.connected() {
            traffic = traffic + host.traffic();
        }
        self.tell(Event::RunFinished {
            recap: touched.collect(),
            stats: self.stats.shown(&self.secrets),
            check: self.options.check,
            elapsed: self.started.elapsed(),
            traffic,
        });
    }

    /// Returns the state of a host, which is added if it is not in the inventory (`delegate_to:
    /// localhost`).
    pub fn host(&self, name: &str) -> Arc<HostState> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(name) {
            return host.clone();
        }
        let host = HostState::new(name.into());
        hosts.insert(host.name.clone(), host.clone());
        host
    }

    /// Returns the state of a host, if there is one.
    pub(super) fn known_host(&self, name: &str) -> Option<Arc<HostState>> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(name).cloned()
    }

    /// Lets a failed host take part again: the user has seen the failure.
    pub fn forgive(&self, host: &HostState) {
        host.set_failed(false);
    }

    /// Drops the connections to a host: new ones are made when needed.
    pub fn disconnect(&self, host: &HostState) {
        self.connector.reset(&host.name);
    }

    /// Returns whether `--step` runs all further tasks without asking.
    pub(super) fn asks_no_more(&self) -> bool {
        self.asks_no_more.load(Ordering::SeqCst)
    }

    /// Runs all further tasks without asking.
    pub(super) fn ask_no_more(&self) {
        self.asks_no_more.store(true, Ordering::SeqCst);
    }

    /// Returns whether this run creates the file with a secret on a host for the first time.
    pub(super) fn is_first_private(&self, host: &Arc<str>, path: &Utf8Path) -> bool {
        let mut known = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((host.clone(), path.to_owned()))
    }

    /// Returns all hosts known so far.
    pub(super) fn all_hosts(&self) -> Vec<Arc<HostState>> {
        self.hosts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Sends an event. It is not an error if nobody is listening: the run continues.
    pub fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Masks all secrets in a result and makes it plain data, so that reporters cannot show any.
    pub(super) fn redact(&self, mut result: TaskResult) -> TaskResult {
        let mask = |text: &mut String| *text = self.secrets.redact(text);
        let mut json = value::to_json(&result.result);
        if let Some(fields) = json.as_object_mut() {
            // They are reported separately.
            fields.remove("diff");
            fields.remove("warnings");
        }
        self.secrets.add_named(&json);
        self.secrets.redact_json(&mut json);
        result.result = value::of(&json);
        result.message.iter_mut().for_each(mask);
        result.help.iter_mut().for_each(mask);
        result.item.iter_mut().for_each(mask);
        result.warnings.iter_mut().for_each(mask);
        result.diffs.iter_mut().for_each(|diff| {
            mask(&mut diff.before_header);
            mask(&mut diff.after_header);
            mask(&mut diff.text);
            // The result contains the texts.
            diff.contents = None;
        });
        if let Some(command) = &mut result.command {
            mask(&mut command.command);
            mask(&mut command.stdout);
            mask(&mut command.stderr);
        }
        if let Some(problem) = &mut result.problem {
            mask(&mut problem.message);
            mask(&mut problem.label);
            problem.help.iter_mut().for_each(mask);
        }
        result
    }

    /// Returns the value of `omit` in templates.
    pub(super) fn omit() -> Value {
        Value::from_object(Omit)
    }
}

/// Returns whether a value is `omit`: what has it is as if it were not given.
pub(super) fn is_omitted(value: &Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

/// The value of `omit`: arguments with it are left out.
#[derive(Debug)]
struct Omit;

impl minijinja::value::Object for Omit {
    fn render(self: &Arc<Self>, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("__omit_place_holder__")
    }
}
