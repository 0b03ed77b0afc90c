//! The inventory of a run, to which tasks may add hosts and groups.

use super::host_state::HostState;
use super::session::Session;
use crate::change::Addition;
use crate::inventory::Inventory;
use crate::source::{Place, Problem};
use crate::value::Value;
use crate::yaml::Node;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// The inventory of a run, to which tasks may add hosts and groups.
pub(super) struct Growing {
    inventory: RwLock<Inventory>,
    /// How often something was added: what was made of the inventory before is out of date then.
    additions: AtomicU64,
    /// The value of `groups`, the same for all hosts.
    pub(super) groups: Cached<Value>,
}

impl Growing {
    pub(super) fn new(inventory: Inventory) -> Self {
        Self {
            inventory: RwLock::new(inventory),
            additions: AtomicU64::new(0),
            groups: Cached::default(),
        }
    }

    /// Returns how often something was added so far.
    pub(super) fn additions(&self) -> u64 {
        self.additions.load(Ordering::SeqCst)
    }
}

/// A value made of the inventory, made again once something was added.
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
        let additions = growing.additions();
        let kept = |cached: &Option<(u64, T)>| match cached {
            Some((of, value)) if *of == additions => Some(value.clone()),
            _ => None,
        };
        if let Some(value) = kept(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(value);
        }
        let value = make()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((additions, value.clone()));
        Ok(value)
    }
}

impl Session {
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
            growing.additions.fetch_add(1, Ordering::SeqCst);
        }
        Ok(is_new)
    }
}
