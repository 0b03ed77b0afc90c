//! One batch of hosts going through one play together.

use super::failed_block::FailedBlock;
use super::frame::Frame;
use super::handlers::{Handler, notified_by};
use super::host_state::HostState;
use super::lockstep::Lockstep;
use super::outcome::Outcome;
use super::play_variables::PublicRole;
use super::position::Position;
use super::session::Session;
use super::steps::Steps;
use super::walk::Walk;
use super::workers::{self, Started, Way};
use crate::host::THREAD_HELP;
use crate::playbook::{Item, Play, RoleUse, Task};
use crate::report::{Event, Recap, Status};
use crate::source::{Place, Problem, did_you_mean};
use crate::value::NotKnown;
use crate::vars::{Layer, Scope};
use crate::yaml::Node;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// One batch of hosts going through one play together.
pub(super) struct PlayRun<'p> {
    pub(super) session: &'p Arc<Session>,
    pub(super) play: &'p Play,
    pub(super) lockstep: Lockstep,
    /// The task that gathers facts, where facts are gathered.
    pub(super) gather: Option<Arc<Task>>,
    pub(super) name: String,
    /// All hosts of the play, also those that failed in an earlier one; those of this batch.
    pub(super) play_hosts: &'p [Arc<HostState>],
    pub(super) batch: &'p [Arc<HostState>],
    handlers: RwLock<Arc<Vec<Handler>>>,
    pub(super) public: RwLock<Vec<PublicRole>>,
    /// `vars` of the play.
    pub(super) vars: Arc<Layer>,
    /// Variables of `vars_prompt`.
    pub(super) prompted: Arc<Layer>,
    /// What the play gives each host if it has `vars_files`, read once a host.
    pub(super) play_layers: Mutex<HashMap<Arc<str>, Vec<Arc<Layer>>>>,
    /// Names whose value the play gives, as of the position that hosts reached last.
    pub(super) magic: RwLock<Arc<Layer>>,
    magic_at: Mutex<Position>,
    /// Whether a host has failed, or no longer counts as failed, since then.
    is_magic_old: AtomicBool,
    /// How many hosts of the batch have failed.
    failed: AtomicUsize,
    ended: AtomicBool,
    is_fatal: AtomicBool,
    pub(super) failed_blocks: Mutex<Vec<FailedBlock>>,
    max_fail_percentage: Option<f64>,
    /// The task before which nothing runs but the gathering of facts.
    pub(super) start_at: Option<&'p Place>,
    /// What the person said about each task.
    pub(super) steps: Steps,
}

impl<'p> PlayRun<'p> {
    pub(super) fn new(
        session: &'p Arc<Session>,
        play: &'p Play,
        play_hosts: &'p [Arc<HostState>],
        batch: &'p [Arc<HostState>],
        prompted: Arc<Layer>,
        max_fail_percentage: Option<f64>,
        start_at: Option<&'p Place>,
    ) -> Self {
        let run = Self {
            session,
            play,
            lockstep: Lockstep::new(
                batch.len(),
                play.strategy == crate::playbook::Strategy::Linear,
                &session.cancel,
            ),
            gather: super::gather::task(play, session.options.gathering),
            name: session.play_name(play),
            play_hosts,
            batch,
            handlers: RwLock::default(),
            public: RwLock::default(),
            vars: Layer::written("vars of the play", &play.keywords.vars),
            prompted,
            play_layers: Mutex::default(),
            magic: RwLock::default(),
            magic_at: Mutex::default(),
            is_magic_old: AtomicBool::new(false),
            failed: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            is_fatal: AtomicBool::new(false),
            failed_blocks: Mutex::default(),
            max_fail_percentage,
            start_at,
            steps: Steps::new(session),
        };
        for used in static_roles(play) {
            run.add_role(&used);
        }
        let mut handlers = run.handlers().as_ref().clone();
        Handler::collect(&play.handlers, None, &[], &mut handlers);
        *write(&run.handlers) = Arc::new(handlers);
        run.refresh_magic();
        run
    }

    /// Takes all hosts of the batch through the play, on as many threads as hosts may work at a time.
    /// Returns whether the play goes on with the next batch.
    pub(super) fn run(&self) -> bool {
        for host in self.batch {
            self.tell_reached(host, &Position::new());
        }
        // Without check mode there is nothing in it.
        let here = &self.session.connector.this_machine().overlay;
        let way = |(index, host)| -> Way<'_> { Box::pin(Walk::new(self, host, index).play()) };
        let ways = self.batch.iter().enumerate().map(way).collect();
        let forks = self.session.options.forks;
        let started = workers::run(ways, forks, |work| here.stand_for_this_machine(work));
        self.tell_refused(&started);
        let all_failed = self.batch.iter().all(|host| host.has_failed());
        let cancelled = self.session.cancel.is_cancelled();
        !all_failed && !cancelled && !self.ended.load(Ordering::SeqCst)
    }

    /// Says that the system refused threads. Without any, no host can take part in the play.
    fn tell_refused(&self, started: &Started) {
        let Some(error) = &started.refused else {
            return;
        };
        if started.threads > 0 {
            let threads = started.threads;
            tracing::warn!(
                "hosts run on {threads} threads only, cannot start another one: {error} \
                 ({THREAD_HELP})"
            );
            return;
        }
        for index in 0..self.batch.len() {
            self.left_out(
                index,
                &format!("cannot start a thread: {error} ({THREAD_HELP})"),
            );
        }
    }

    /// Counts a host as failed that cannot take part in the rest of the play, and says why.
    pub(super) fn left_out(&self, index: usize, reason: &str) {
        let host = &self.batch[index];
        host.count(|recap| recap.count(Status::Failed, false, false));
        self.mark(host, true);
        let text = format!("{}: {reason}; the rest of the play was not run", host.name);
        let text = self.session.secrets.redact(&text);
        let host = host.name.clone();
        self.session.tell(Event::Warning { host, text });
        self.left(index);
    }

    /// Takes a host out of the play.
    pub(super) fn left(&self, index: usize) {
        let host = self.batch[index].name.clone();
        self.session.tell(Event::Left { host });
        self.lockstep.leave(index);
    }

    /// Adds a role's handlers, and its variables where they are public.
    pub(super) fn add_role(&self, used: &Arc<RoleUse>) {
        for dependency in &used.role.dependencies {
            self.add_role(dependency);
        }
        let mut found = Vec::new();
        Handler::collect(&used.role.handlers, Some(used), &[], &mut found);
        if !found.is_empty() {
            let mut handlers = write(&self.handlers);
            let handlers = Arc::make_mut(&mut handlers);
            for handler in found {
                // Of a role that is used twice, handlers see what was given to it last, as in Ansible.
                match handlers.iter_mut().find(|known| known.is_same(&handler)) {
                    Some(known) => *known = handler,
                    None => handlers.push(handler),
                }
            }
        }
        if used.public {
            let mut public = write(&self.public);
            if !public
                .iter()
                .any(|known| Arc::ptr_eq(&known.role, &used.role))
            {
                public.push(PublicRole::of(&used.role));
            }
        }
    }

    /// Adds the roles that tasks import, which were read only now.
    pub(super) fn add_imported_roles(&self, items: &[Item]) {
        let mut roles = Vec::new();
        imported(items, &mut roles);
        roles.iter().for_each(|used| self.add_role(used));
    }

    pub(super) fn handlers(&self) -> Arc<Vec<Handler>> {
        read(&self.handlers).clone()
    }

    /// Marks all handlers to be run perhaps.
    pub(super) fn notify_any(&self, host: &HostState, doubt: &NotKnown) {
        (0..self.handlers().len()).for_each(|handler| host.notify(handler, Some(doubt)));
    }

    /// Marks the handlers that a name of `notify` means; with `doubt` they run perhaps.
    pub(super) fn notify(
        &self,
        host: &HostState,
        node: &Node,
        scope: &Arc<Scope>,
        doubt: Option<&NotKnown>,
    ) -> Result<(), Box<Outcome>> {
        let value = match scope.render(node) {
            Ok(value) => value,
            Err(error) => {
                let Some(reason) = &error.not_known else {
                    return Err(Box::new(error.into()));
                };
                self.notify_any(host, reason);
                return Ok(());
            }
        };
        let names: Vec<String> = match value.try_iter() {
            Ok(items) if value.as_str().is_none() => items.map(|item| item.to_string()).collect(),
            _ => vec![value.to_string()],
        };
        let handlers = self.handlers();
        for name in names {
            let found = notified_by(&handlers, &name, scope);
            if found.is_empty() {
                let known: Vec<_> = handlers.iter().filter_map(Handler::written_name).collect();
                let problem = Problem::at(&node.place, format!("no handler is named \"{name}\""))
                    .help(did_you_mean(&name, known.iter().map(String::as_str)));
                return Err(Box::new(problem.into()));
            }
            found
                .into_iter()
                .for_each(|handler| host.notify(handler, doubt));
        }
        Ok(())
    }

    /// Notes that a host failed, and stops the batch where that was one too many.
    pub(super) fn failed(&self, host: &HostState, index: usize, fatal: bool) {
        self.mark(host, true);
        let failed = self.failed.load(Ordering::SeqCst);
        let percent = 100.0 * count(failed) / count(self.batch.len());
        if fatal
            || self
                .max_fail_percentage
                .is_some_and(|limit| percent > limit)
        {
            self.is_fatal.store(true, Ordering::SeqCst);
            self.ended.store(true, Ordering::SeqCst);
            self.lockstep.stop_after(index);
        }
    }

    /// Returns whether a failure was one too many: then no further play may follow.
    pub(super) fn is_fatal(&self) -> bool {
        self.is_fatal.load(Ordering::SeqCst)
    }

    /// Takes back a failure that a rescue dealt with.
    pub(super) fn rescued(&self, host: &HostState) {
        self.mark(host, false);
    }

    /// Marks a host as failed, or takes that back.
    pub(super) fn mark(&self, host: &HostState, failed: bool) {
        if host.set_failed(failed) == failed {
            return;
        }
        if failed {
            self.failed.fetch_add(1, Ordering::SeqCst);
        } else {
            self.failed.fetch_sub(1, Ordering::SeqCst);
        }
        self.is_magic_old.store(true, Ordering::SeqCst);
    }

    /// Brings the names that depend on who has failed up to date for a host that reached a position. In
    /// step, that is done once for all hosts, so that they see the same.
    pub(super) fn freshen_magic(&self, position: &Position) {
        let mut at = lock(&self.magic_at);
        if self.lockstep.in_step() && *at == *position {
            return;
        }
        at.clone_from(position);
        if self.is_magic_old.swap(false, Ordering::SeqCst) {
            self.refresh_magic();
        }
    }

    /// Takes back the failures of all hosts.
    pub(super) fn clear_errors(&self) {
        for host in self.batch {
            self.mark(host, false);
            host.count(Recap::clear_errors);
        }
    }

    /// Ends the play after this batch.
    pub(super) fn end_play(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.lockstep.stop();
    }

    /// Says which handlers were notified on a host and did not run.
    pub(super) fn finished(&self, host: &HostState) {
        let handlers = self.handlers();
        let names: Vec<_> = host
            .drain_notified()
            .into_iter()
            .filter_map(|index| handlers.get(index)?.written_name())
            .map(|name| format!("\"{name}\""))
            .collect();
        if !names.is_empty() {
            let text = format!("{}: notified but not run: {}", host.name, names.join(", "));
            let host = host.name.clone();
            self.session.tell(Event::Warning { host, text });
        }
    }

    /// Returns the frame that all tasks of the play are in.
    pub(super) fn root(&self) -> Frame<'_> {
        // Its `vars` are among the play's layers, where they are below `vars_files` and role vars.
        Frame {
            keywords: Some(&self.play.keywords),
            folder: Some(&self.play.folder),
            ..Frame::default()
        }
    }
}

/// Returns the roles that the play uses or imports, as far as can be seen before it runs.
fn static_roles(play: &Play) -> Vec<Arc<RoleUse>> {
    let mut roles = play.roles.clone();
    for items in [&play.pre_tasks, &play.tasks, &play.post_tasks] {
        imported(items, &mut roles);
    }
    for used in play.roles.clone() {
        imported(&used.role.tasks, &mut roles);
    }
    roles
}

fn imported(items: &[Item], roles: &mut Vec<Arc<RoleUse>>) {
    for item in items {
        match item {
            Item::Role(used) => {
                roles.push(used.clone());
                imported(&used.role.tasks, roles);
            }
            Item::Block(block) => {
                for items in [&block.block, &block.rescue, &block.always] {
                    imported(items, roles);
                }
            }
            Item::Task(_) | Item::Include(_) | Item::Script(_) => {}
        }
    }
}

/// Hosts are few enough for an exact number.
fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

pub(super) fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
