//! What a host reports about a program, in one round trip.

use super::ProcessModule;
use super::found::Found;
use super::service::Service;
use crate::host::{Answer, Content, Node, Process, ProcessMatch, Question};
use crate::module::{ModuleError, PlanContext};

/// What a host reports about a program.
pub(super) struct Now<'a> {
    /// The recognised programs.
    pub(super) programs: Vec<Process>,
    /// Whether all ports that show its readiness are open.
    pub(super) has_open_ports: bool,
    /// The directory it should run in.
    pub(super) directory: Option<Node>,
    /// The service it should run as, if systemd runs the host.
    pub(super) service: Option<Found<'a>>,
}

impl<'a> Now<'a> {
    pub(super) fn look(
        module: &'a ProcessModule,
        context: &PlanContext,
        recognise: &ProcessMatch,
    ) -> Result<Self, ModuleError> {
        let ports = module.ready.open_ports();
        let mut questions = vec![Question::Processes(recognise.clone())];
        questions.extend(ports.iter().map(crate::host::Condition::question));
        questions.extend(module.chdir.clone().map(|path| Question::Path {
            path,
            follow: true,
            content: Content::None,
        }));
        let own = questions.len();
        questions.extend(module.service.iter().flat_map(Service::questions));
        let mut answers = context.host.ask(&questions)?;
        let of_service = answers.split_off(own.min(answers.len()));
        let mut now = Self {
            programs: Vec::new(),
            has_open_ports: true,
            directory: None,
            service: match &module.service {
                Some(service) => Found::of(service, context, of_service)?,
                None => None,
            },
        };
        for answer in answers {
            match answer {
                Answer::Processes(found) => now.programs = found,
                Answer::Port(open) => now.has_open_ports &= open,
                Answer::Path(node) => now.directory = node,
                _ => {}
            }
        }
        Ok(now)
    }
}
