//! The inventory of a run, to which tasks may add hosts and groups, and plays the variables beside their
//! playbook.

use super::host_state::HostState;
use super::inventory_layers::InventoryLayers;
use super::session::Session;
use crate::change::Addition;
use crate::inventory::Inventory;
use crate::source::{LocalPath, Place, Problem};
use crate::value::Value;
use crate::vars::Layer;
use crate::yaml::Node;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// The inventory of a run, to which tasks may add hosts and groups.
pub(super) struct Growing {
    inventory: RwLock<Inventory>,
    /// The folder of the playbook whose play runs.
    folder: RwLock<LocalPath>,
    /// How often either changed: what was made of them before is out of date then.
    changes: AtomicU64,
    /// The value of `groups`, the same for all hosts.
    pub(super) groups: Cached<Value>,
    /// Names that rmqplay itself gives a value, the same for all hosts.
    pub(super) magic: Cached<Arc<Layer>>,
    pub(super) layers: InventoryLayers,
}

impl Growing {
    pub(super) fn new(inventory: Inventory, folder: LocalPath) -> Self {
        Self {
            inventory: RwLock::new(inventory),
            folder: RwLock::new(folder),
            changes: AtomicU64::new(0),
            groups: Cached::default(),
            magic: Cached::default(),
            layers: InventoryLayers::default(),
        }
    }

    /// Returns how often something changed so far.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }
}

/// A value made of the inventory, made again once something changed.
pub(super) struct Cached<T>(Mutex<Option<(u64, T)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Cached<T> {
    /// Returns the value that is kept, or the one that `make` returns.
    pub(super) fn get<E>(
        &self,
        growing: &Growing,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let changes = growing.changes();
        let kept = |cached: &Option<(u64, T)>| match cached {
            Some((of, value)) if *of == changes => Some(value.clone()),
            _ => None,
        };
        if let Some(value) = kept(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(value);
        }
        let value = make()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((changes, value.clone()));
        Ok(value)
    }
}

impl Session {
    /// Returns the folder of the playbook whose play runs, or is about to.
    pub(super) fn playbook_folder(&self) -> LocalPath {
        let folder = &self.growing.folder;
        folder
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Continues with a playbook in this folder: the variables beside it count from now on.
    pub(super) fn enter(&self, folder: &LocalPath) {
        if self.playbook_folder() == *folder {
            return;
        }
        let entered = self.growing.folder.write();
        *entered.unwrap_or_else(PoisonError::into_inner) = folder.clone();
        self.growing.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns the hosts and groups known so far.
    pub fn inventory(&self) -> RwLockReadGuard<'_, Inventory> {
        let inventory = &self.growing.inventory;
        inventory.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that tasks may add hosts and groups: then an unknown name is not certainly a slip.
    pub(super) fn expect_additions(&self) {
        let inventory = &self.growing.inventory;
        let mut inventory = inventory.write().unwrap_or_else(PoisonError::into_inner);
        inventory.expect_additions();
    }

    /// Adds what a task of a host adds to the run. Returns whether anything is new.
    pub(super) fn add(
        &self,
        addition: &Addition,
        host: &Arc<HostState>,
        place: &Place,
    ) -> Result<bool, Problem> {
        let growing = &self.growing;
        let write = || {
            let inventory = growing.inventory.write();
            inventory.unwrap_or_else(PoisonError::into_inner)
        };
        let is_new = match addition {
            Addition::Host {
                name,
                groups,
                variables,
            } => {
                let variables = variables.iter();
                let variables = variables
                    .map(|(name, value)| (Arc::from(name.as_str()), Node::of(value, place)))
                    .collect();
                let is_new = write().add_host(name, groups, variables, place)?;
                self.host(name);
                is_new
            }
            Addition::Group { name, parents } => {
                write().add_to_group(&host.name, name, parents, place)?
            }
            Addition::Stats {
                values,
                per_host,
                aggregate,
            } => {
                let of_host = per_host.then(|| host.name.clone());
                self.stats.add(of_host, values, *aggregate);
                false
            }
        };
        if is_new {
            growing.changes.fetch_add(1, Ordering::SeqCst);
        }
        Ok(is_new)
    }
}
