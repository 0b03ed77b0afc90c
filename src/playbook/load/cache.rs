//! Values that are computed once and shared by all threads.

use crate::source::Result;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Results by key, including failures.
#[derive(Debug)]
pub(super) struct Cache<K, V>(Mutex<HashMap<K, Result<V>>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Returns the value of the key, computing it with `make` if necessary.
    ///
    /// The lock is not held meanwhile, since computing one value may need another; if two threads
    /// compute the same one, both get the first result.
    pub(super) fn get(&self, key: K, make: impl FnOnce() -> Result<V>) -> Result<V> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = lock().get(&key) {
            return result.clone();
        }
        let result = make();
        lock().entry(key).or_insert(result).clone()
    }
}
