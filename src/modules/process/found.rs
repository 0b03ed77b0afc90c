//! The service of a program on a host run by systemd, and the steps that make it as declared.

use super::ProcessModule;
use super::differences::Difference;
use super::service::{Service, WANTED};
use super::unit::{self, Unit};
use crate::change::{Attributes, Change, EnsureFile, Mode, Replace};
use crate::host::{
    Answer, Body, Command, Content, Kind, Node, Ownership, Process, ProcessMatch, ServiceState,
    Setting, Step,
};
use crate::module::{ModuleError, PlanContext};
use camino::{Utf8Path, Utf8PathBuf};

/// The service on a host run by systemd.
pub(super) struct Found<'a> {
    service: &'a Service,
    file: Option<Node>,
    link: Option<Node>,
    has_folder: bool,
    /// Its state after the steps so far.
    state: ServiceState,
}

impl<'a> Found<'a> {
    /// Returns the service according to the answers and systemd, or `None` if systemd does not run
    /// the host.
    pub(super) fn of(
        service: &'a Service,
        context: &PlanContext,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Result<Option<Self>, ModuleError> {
        let mut nodes = answers.into_iter().map(Answer::into_path);
        let booted = nodes.next().flatten();
        if booted.is_none_or(|node| node.kind != Kind::Directory) {
            return Ok(None);
        }
        let (file, link) = (nodes.next().flatten(), nodes.next().flatten());
        let has_folder = nodes.next().flatten().is_some();
        let output = context
            .host
            .query(&ServiceState::question(&service.unit()))?;
        if output.status != 0 {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let message = format!("systemd does not report {}: {said}", service.unit());
            return Err(ModuleError::refused(message));
        }
        Ok(Some(Self {
            service,
            file,
            link,
            has_folder,
            state: ServiceState::read(&String::from_utf8_lossy(&output.stdout)),
        }))
    }

    /// Returns the name of the unit.
    pub(super) fn unit(&self) -> String {
        self.service.unit()
    }

    /// Returns what to do if the program does not become ready.
    pub(super) fn advice(&self) -> String {
        format!(
            "systemctl status {} shows how it ended; systemd restarts it until it has failed 5 \
             times in 5 minutes",
            self.unit()
        )
    }

    /// Refuses to touch a service with this name that runs another program, such as another
    /// cluster's.
    pub(super) fn check_main(
        &self,
        context: &PlanContext,
        programs: &[Process],
    ) -> Result<(), ModuleError> {
        let main = self.state.main_pid;
        if main == 0 {
            return Ok(());
        }
        for one in programs {
            if one.pid == main || self.holds(context, one)? {
                return Ok(());
            }
        }
        let all = context.host.processes(&ProcessMatch::default())?;
        // The shell of the unit becomes the program in a moment.
        let is_shell = |one: &Process| one.argv.iter().any(|word| word == unit::APPEND);
        match all.iter().find(|one| one.pid == main) {
            Some(other) if !is_shell(other) => Err(ModuleError::Refused {
                message: format!(
                    "the service {} runs another program: pid {main}, {}",
                    self.service.name,
                    Command::new(other.argv.clone()).display()
                ),
                help: Some(format!(
                    "use a different service.name; if it is the right program, recognise it by \
                     less than its command line, or stop it with: systemctl stop {}",
                    self.unit()
                )),
            }),
            _ => Ok(()),
        }
    }

    /// Returns whether a program belongs to the service, although a launcher may be its main
    /// process.
    fn holds(&self, context: &PlanContext, program: &Process) -> Result<bool, ModuleError> {
        let path = Utf8PathBuf::from(format!("/proc/{}/cgroup", program.pid));
        let file = context.host.look(&path, true, Content::UpTo(u64::MAX))?;
        let content = file.and_then(|node| node.content).unwrap_or_default();
        let end = format!("/{}", self.unit());
        Ok(String::from_utf8_lossy(&content)
            .lines()
            .any(|line| line.ends_with(&end)))
    }

    /// Adds the steps that make the unit file and its link as declared.
    pub(super) fn declare(
        &mut self,
        module: &ProcessModule,
        context: &PlanContext,
        change: &mut Change,
    ) -> Result<(), ModuleError> {
        let before = change.steps.len();
        let path = self.service.file();
        if let Some(Kind::Symlink { target }) = self.file.as_ref().map(|node| &node.kind)
            && target == "/dev/null"
        {
            return Err(ModuleError::Refused {
                message: format!("{} is masked: nothing can start it", self.unit()),
                help: Some(format!("unmask it with: systemctl unmask {}", self.unit())),
            });
        }
        let file = EnsureFile {
            path,
            body: Body::Bytes(self.text(module, context)?.into_bytes().into()),
            attributes: Attributes {
                mode: Some(Mode::of_bits(0o644)),
                ..Attributes::default()
            },
            backup: false,
            validate: None,
        };
        change.ensure_file(file, self.file.as_ref())?;
        if self.service.enabled {
            self.link(change)?;
        } else {
            change.ensure_absent(&self.service.link(), self.link.as_ref());
        }
        let is_known = self.state.load != "not-found";
        if change.steps.len() > before || self.state.needs_reload || !is_known {
            change.steps.push(self.reload());
        }
        Ok(())
    }

    fn text(&self, module: &ProcessModule, context: &PlanContext) -> Result<String, ModuleError> {
        let mut environment = context.environment.clone();
        environment.extend(module.environment.clone());
        let title = module.title();
        Unit {
            description: self.service.description.as_deref().unwrap_or(title),
            user: module.user.as_deref(),
            directory: module.chdir.as_deref().unwrap_or(Utf8Path::new("/")),
            environment: &environment,
            argv: &module.command.0,
            log: module.log.as_deref().unwrap_or(Utf8Path::new("/dev/null")),
            signal: module.signal_name()?,
            stop_timeout: module.stop_seconds(),
            settings: &self.service.settings,
        }
        .text()
    }

    fn link(&self, change: &mut Change) -> Result<(), ModuleError> {
        if !self.has_folder {
            change.steps.push(Step::Mkdir {
                path: WANTED.into(),
                ownership: Ownership::default(),
            });
        }
        let (path, found) = (self.service.link(), self.link.as_ref());
        change.ensure_symlink(&path, &self.service.file(), found, Replace::FilesToo, false)?;
        Ok(())
    }

    /// Adds the steps that keep the service from starting at boot, if declared.
    pub(super) fn disable(&mut self, change: &mut Change) {
        if !self.service.enabled && self.link.is_some() {
            change.ensure_absent(&self.service.link(), self.link.as_ref());
            change.steps.push(self.reload());
        }
    }

    fn reload(&mut self) -> Step {
        let after = ServiceState {
            load: "loaded".to_owned(),
            needs_reload: false,
            ..self.state.clone()
        };
        let argv = ["systemctl".to_owned(), "daemon-reload".to_owned()];
        self.set(after.clone(), after, argv.into())
    }

    /// Returns the step that makes systemd treat the service as stopped and not start it again;
    /// `has_ended` if earlier steps stopped its program. `None` if systemd already does.
    pub(super) fn stop(&mut self, has_ended: bool) -> Option<Step> {
        let (state, after) = (self.state.clone(), self.state.stopped());
        let before = if has_ended { after.clone() } else { state };
        let argv = ["systemctl".to_owned(), "stop".to_owned(), self.unit()];
        self.state
            .is_up()
            .then(|| self.set(before, after, argv.into()))
    }

    /// From then on check mode assumes that systemd reports `after`.
    fn set(&mut self, before: ServiceState, after: ServiceState, argv: Vec<String>) -> Step {
        self.state.clone_from(&after);
        Step::Set(Setting {
            name: format!("service {}", self.service.name),
            teller: ServiceState::question(&self.unit()),
            before: before.text(),
            after: after.text(),
            setters: vec![Command::new(argv)],
            brings_programs: false,
        })
    }

    /// Returns a difference if a program runs outside of this service. The child of a launcher is
    /// not the service's main process, but the launcher is.
    pub(super) fn difference(&self, running: &Process, is_launched: bool) -> Option<Difference> {
        let main = self.state.main_pid;
        let is_run = main == running.pid || is_launched && main != 0;
        (!is_run).then(|| Difference {
            what: "service",
            before: "none".to_owned(),
            after: self.service.name.clone(),
        })
    }

    /// Refuses what only root can do.
    pub(super) fn check_root(
        &self,
        context: &PlanContext,
        change: &Change,
    ) -> Result<(), ModuleError> {
        let facts = context.host.facts()?.0;
        let name = facts.get("user_id").map(ToString::to_string);
        let name = name.unwrap_or_default();
        let is_root = name == "root" || facts.get("user_uid").is_some_and(|uid| *uid == 0.into());
        if is_root || !change.is_changed() {
            return Ok(());
        }
        Err(ModuleError::Refused {
            message: format!("the service {} needs root, not {name}", self.service.name),
            help: Some(
                "set become: true, or remove `service` to start the program without systemd"
                    .to_owned(),
            ),
        })
    }
}
