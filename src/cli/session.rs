//! Setting up a session: the inventory, what the project adds, and the way to the hosts.

use super::project::Project;
use super::sources::Sources;
use super::{Exit, connect, refuse};
use crate::host::Cancel;
use crate::playbook::{LoadOptions, Loader};
use crate::report::Event;
use crate::run::{Ask, Connector, Options, Parts, Session};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// What a session is made of.
pub(super) struct Opening<'a> {
    pub(super) sources: &'a Sources,
    pub(super) options: Options,
    pub(super) roles_path: &'a [PathBuf],
    /// The folder of the first playbook.
    pub(super) folder: &'a Path,
    /// What the project adds.
    pub(super) project: Project,
    pub(super) cancel: Cancel,
    pub(super) ask: Ask,
}

impl Opening<'_> {
    /// Returns the session and what it tells; problems are shown already.
    pub(super) fn open(self) -> Result<(Arc<Session>, Receiver<Event>), Exit> {
        let inventory = self.sources.load();
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
            playbook_folder: self.folder.to_owned(),
            connector: Connector::new(connect::connect()),
            cancel: self.cancel,
            ask: self.ask,
            events: sender,
        });
        Ok((session, receiver))
    }
}
