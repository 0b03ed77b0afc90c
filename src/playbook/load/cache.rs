//! What was made once and is shared by all threads that ask for it.

use crate::source::Result;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Results by key, failures too.
#[derive(Debug)]
pub(super) struct Cache<K, V>(Mutex<HashMap<K, Result<V>>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Returns what the key stands for, made by `make` if nobody asked before.
    ///
    /// The lock is not held meanwhile, since making one thing may need another; if two threads
    /// make the same, both get the first one's.
    pub(super) fn get(&self, key: K, make: impl FnOnce() -> Result<V>) -> Result<V> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = lock().get(&key) {
            return result.clone();
        }
        let result = make();
        lock().entry(key).or_insert(result).clone()
    }
}
