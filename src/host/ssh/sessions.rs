//! How many sessions a connection has, and how many its host is expected to allow.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many sessions sshd allows on one connection by default (`MaxSessions`).
const MOST: usize = 10;

/// How many sessions a connection has, and how many its host is expected to allow.
#[derive(Debug)]
pub(super) struct Sessions {
    count: Mutex<Count>,
    freed: Notify,
}

#[derive(Debug)]
struct Count {
    open: usize,
    most: usize,
    /// Whether the host has ever allowed one.
    proven: bool,
}

/// The right to one session, returned when dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Sessions>);

impl Sessions {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            count: Mutex::new(Count {
                open: 0,
                most: MOST,
                proven: false,
            }),
            freed: Notify::new(),
        })
    }

    /// Returns a place if one is free.
    pub(super) fn take(self: &Arc<Self>) -> Option<Place> {
        let mut count = self.count();
        if count.open >= count.most {
            return None;
        }
        count.open += 1;
        Some(Place(self.clone()))
    }

    /// Waits for a place; returns `None` if there can be none any more.
    pub(super) async fn next(self: &Arc<Self>) -> Option<Place> {
        loop {
            let freed = self.freed.notified();
            if let Some(place) = self.take() {
                return Some(place);
            }
            if self.is_used_up() {
                return None;
            }
            freed.await;
        }
    }

    /// Returns whether no session is available here, now or later.
    pub(super) fn is_used_up(&self) -> bool {
        self.count().most == 0
    }

    /// Records that the host has allowed a session.
    pub(super) fn was_allowed(&self) {
        self.count().proven = true;
    }

    /// Records that the host has refused a session, so that no more are requested than it has now:
    /// commands that were left running count for it, and some hosts allow less than sshd's default.
    /// Returns whether it has ever allowed one.
    pub(super) fn was_refused(&self, place: Place) -> bool {
        drop(place);
        let mut count = self.count();
        count.most = count.open;
        self.freed.notify_waiters();
        count.proven
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.count().open -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_for_no_more_sessions_than_it_allows() {
        let sessions = Sessions::new();
        let mut places: Vec<_> = std::iter::from_fn(|| sessions.take()).collect();
        assert_eq!(places.len(), MOST);
        sessions.was_allowed();
        places.truncate(4);
        let fifth = sessions.take().unwrap();
        assert!(sessions.was_refused(fifth));
        assert!(sessions.take().is_none());
        places.pop();
        assert!(sessions.take().is_some());
        assert!(!sessions.is_used_up());
    }

    #[test]
    fn a_host_that_allows_none_is_used_up() {
        let sessions = Sessions::new();
        let first = sessions.take().unwrap();
        assert!(!sessions.was_refused(first));
        assert!(sessions.take().is_none() && sessions.is_used_up());
    }
}
