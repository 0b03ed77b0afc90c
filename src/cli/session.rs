//! Sets up a session: the inventory, the project's extensions, and the connections.

use super::project::Project;
use super::sources::Sources;
use super::{Exit, connect, prompts, refuse};
use crate::host::Cancel;
use crate::playbook::{LoadOptions, Loader};
use crate::report::Event;
use crate::run::{Connector, Options, Parts, Session};
use crate::source::LocalPath;
use indicatif::ProgressBar;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// The inputs of a session.
pub(super) struct Opening<'a> {
    pub(super) sources: &'a Sources,
    pub(super) options: Options,
    pub(super) roles_path: &'a [LocalPath],
    /// The folder of the first playbook.
    pub(super) folder: &'a LocalPath,
    /// The project's extensions.
    pub(super) project: Project,
    pub(super) cancel: Cancel,
    /// The live line, which must be hidden while the user is asked.
    pub(super) live_line: Option<ProgressBar>,
}

impl Opening<'_> {
    /// Returns the session and its events; problems are already shown.
    pub(super) fn open(self) -> Result<(Arc<Session>, Receiver<Event>), Exit> {
        let inventory = self.sources.load(self.folder);
        let inventory = inventory.map_err(|problems| refuse(&problems, Exit::Error))?;
        let registry = self.project.registry();
        let added = registry.and_then(|registry| Ok((registry, self.project.extensions()?)));
        let (registry, extensions) =
            added.map_err(|problems| refuse(&problems, Exit::Unreachable))?;
        let (sender, receiver) = channel();
        let session = Session::new(Parts {
            registry,
            inventory,
            loader: Loader::new(LoadOptions {
                compat: self.options.compat,
                roles_path: self.roles_path.to_vec(),
            }),
            options: Options {
                extensions,
                ..self.options
            },
            playbook_folder: self.folder.clone(),
            connector: Connector::new(connect::connect(
                self.live_line.clone(),
                self.cancel.clone(),
            )),
            ask: prompts::person(self.live_line, self.cancel.clone()),
            cancel: self.cancel,
            events: sender,
        });
        Ok((session, receiver))
    }
}
