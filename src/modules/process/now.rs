//! What a host says about a program, asked at once.

use super::ProcessModule;
use crate::host::{Answer, Content, Node, Process, ProcessMatch, Question};
use crate::module::{ModuleError, PlanContext};

/// What a host says about a program.
pub(super) struct Now {
    /// The programs that are recognised.
    pub(super) programs: Vec<Process>,
    /// Whether all ports are open that tell that it is ready.
    pub(super) has_open_ports: bool,
    /// The directory it should run in.
    pub(super) directory: Option<Node>,
}

impl Now {
    pub(super) fn look(
        module: &ProcessModule,
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
        let mut now = Self {
            programs: Vec::new(),
            has_open_ports: true,
            directory: None,
        };
        for answer in context.host.ask(&questions)? {
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
