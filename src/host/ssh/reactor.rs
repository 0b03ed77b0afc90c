//! Lets ordinary threads wait for asynchronous work.

use crate::host::{HostError, Limits};
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle, Runtime};

/// How often a waiting thread checks whether the user has cancelled the run.
const CANCEL_INTERVAL: Duration = Duration::from_millis(100);

/// The threads that handle all connections.
#[derive(Debug)]
pub(super) struct Reactor(Option<Runtime>);

impl Reactor {
    /// Starts the threads: two are enough for a gigabit network (one core encrypts 300 MB/s).
    pub(super) fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("ssh")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Waits on an ordinary thread until `future` is done or a limit is reached.
    pub(super) fn wait<T>(
        &self,
        limits: &Limits,
        future: impl Future<Output = Result<T, HostError>>,
    ) -> Result<T, HostError> {
        let Some(runtime) = &self.0 else {
            return Err(HostError::Cancelled);
        };
        runtime.block_on(within(limits, future))
    }

    /// Returns the handle for tasks that nobody waits for.
    pub(super) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        // Name lookups cannot be cancelled, so do not wait for them.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

async fn within<T>(
    limits: &Limits,
    future: impl Future<Output = Result<T, HostError>>,
) -> Result<T, HostError> {
    let mut future = pin!(future);
    loop {
        if limits.cancel.is_cancelled() {
            return Err(HostError::Cancelled);
        }
        let look = Instant::now() + CANCEL_INTERVAL;
        let until = limits.deadline.map_or(look, |deadline| deadline.min(look));
        tokio::select! {
            biased;
            result = &mut future => return result,
            () = tokio::time::sleep_until(until.into()) => {}
        }
        if limits
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            return Err(HostError::TimedOut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Cancel;
    use std::future::{pending, ready};

    #[test]
    fn a_limit_ends_the_wait_and_what_is_ready_is_returned_whatever_the_limits() {
        let reactor = Reactor::start().unwrap();
        let past = Limits {
            deadline: Some(Instant::now()),
            cancel: Cancel::default(),
        };
        let never = || pending::<Result<(), HostError>>();
        assert!(matches!(
            reactor.wait(&past, never()),
            Err(HostError::TimedOut)
        ));
        assert_eq!(reactor.wait(&past, ready(Ok(1))).unwrap(), 1);
        let limits = Limits::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| reactor.wait(&limits, never()));
            limits.cancel.cancel();
            let result = waiting.join().unwrap();
            assert!(matches!(result, Err(HostError::Cancelled)));
        });
    }
}
