//! Who asks a host: a thread, or a host of the run, whose tasks run on one thread after another.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Who asks a host. What was asked ahead is for the tasks of whoever asked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker(u64);

thread_local! {
    /// A thread asks for itself unless it says otherwise.
    static CURRENT: Cell<Asker> = Cell::new(Asker::new());
}

impl Asker {
    /// Returns another one than all before.
    #[expect(clippy::new_without_default, reason = "no two are the same")]
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self(NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns who asks on this thread now.
    pub(super) fn current() -> Self {
        CURRENT.get()
    }

    /// Does `work`, which asks as this one.
    pub fn asks<T>(self, work: impl FnOnce() -> T) -> T {
        /// A panic ends it, too.
        struct Outer(Asker);
        impl Drop for Outer {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _outer = Outer(CURRENT.replace(self));
        work()
    }
}
