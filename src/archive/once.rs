//! A value that many threads request and one computes.

use crate::host::{HostError, Limits};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Values by key, each computed once; other requests wait for it in the meantime.
#[derive(Debug)]
pub(super) struct Once<K, V> {
    /// The computed values; `None` while one is being computed.
    values: Mutex<HashMap<K, Option<V>>>,
    changed: Condvar,
}

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self {
            values: Mutex::default(),
            changed: Condvar::new(),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Once<K, V> {
    /// Returns the value of `key`, computing it with `make` if necessary. A failure is not stored:
    /// the next request tries again. Fails if a limit is reached while another thread computes it.
    pub(super) fn get<E: From<HostError>>(
        &self,
        key: K,
        limits: &Limits,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        let mut values = self.values();
        while let Some(value) = values.get(&key) {
            if let Some(value) = value {
                return Ok(value.clone());
            }
            let waited = self.changed.wait_timeout(values, limits.patience()?);
            values = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        values.insert(key.clone(), None);
        drop(values);
        let making = Making { once: self, key };
        let value = make()?;
        self.values()
            .insert(making.key.clone(), Some(value.clone()));
        Ok(value)
    }

    fn values(&self) -> MutexGuard<'_, HashMap<K, Option<V>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the waiting threads when dropped, even after a panic.
struct Making<'o, K: Eq + Hash + Clone, V: Clone> {
    once: &'o Once<K, V>,
    key: K,
}

impl<K: Eq + Hash + Clone, V: Clone> Drop for Making<'_, K, V> {
    fn drop(&mut self) {
        let mut values = self.once.values();
        if let Some(None) = values.get(&self.key) {
            values.remove(&self.key);
        }
        drop(values);
        self.once.changed.notify_all();
    }
}
