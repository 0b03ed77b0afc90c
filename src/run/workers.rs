//! Takes the hosts of a batch through a play on a few threads.
//!
//! A host's way through a play is a future: it holds a thread while its tasks run, and none while it
//! waits for other hosts. So the threads, and their stacks, are as many as `--forks` says, however
//! many hosts there are.

use super::play_run::lock;
use crate::host::Asker;
use crate::internal_error::caught;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake, Waker};
use std::thread::Builder;

/// Bytes of the stack of a thread; only what is used of them is real. Enough for values as deep as
/// [`crate::value::MAX_DEPTH`], and for what a play nests.
const STACK: usize = 32 << 20;

/// A host's way through a play.
pub(super) type Way<'w> = Pin<Box<dyn Future<Output = ()> + Send + 'w>>;

/// The threads that were started.
pub(super) struct Started {
    /// How many.
    pub(super) threads: usize,
    /// Why there are no more of them.
    pub(super) refused: Option<io::Error>,
}

/// Takes all hosts to the end of their ways on at most `threads` threads, each within `around`. If
/// the system refuses every thread, nothing runs.
pub(super) fn run(
    ways: Vec<Way<'_>>,
    threads: usize,
    around: impl Fn(&dyn Fn()) + Sync,
) -> Started {
    run_on(ways, threads, STACK, around)
}

fn run_on(
    ways: Vec<Way<'_>>,
    threads: usize,
    stack: usize,
    around: impl Fn(&dyn Fn()) + Sync,
) -> Started {
    let ready = Arc::new(Ready::new(ways.len()));
    let waker = |host| Waker::from(Arc::new(OfHost(host, ready.clone())));
    let hosts: Vec<_> = ways
        .into_iter()
        .enumerate()
        .map(|(host, way)| (Mutex::new(Some(way)), waker(host), Asker::new()))
        .collect();
    let escaped = Mutex::new(None);
    let work = || {
        while let Some(host) = ready.next() {
            let (way, waker, asker) = &hosts[host];
            let advance = || asker.asks(|| advance(&mut lock(way), waker));
            let is_over = caught(advance).unwrap_or_else(|error| {
                // Without its thread, all other hosts would wait forever.
                *lock(&escaped) = Some(error);
                true
            });
            ready.rests(host, is_over);
        }
    };
    let wanted = threads.min(hosts.len());
    let mut refused = None;
    let threads = std::thread::scope(|scope| {
        let started = (0..wanted).map_while(|_| {
            let thread = Builder::new().stack_size(stack);
            let started = thread.spawn_scoped(scope, || around(&work));
            started.map_err(|error| refused = Some(error)).ok()
        });
        started.count()
    });
    if let Some(error) = &*lock(&escaped) {
        panic!("{error}");
    }
    Started { threads, refused }
}

/// Continues on a way until it waits or ends; returns whether it has ended.
fn advance(way: &mut Option<Way<'_>>, waker: &Waker) -> bool {
    let Some(running) = way else { return true };
    let mut context = Context::from_waker(waker);
    let is_over = running.as_mut().poll(&mut context).is_ready();
    if is_over {
        *way = None;
    }
    is_over
}

/// Lets the other hosts that can continue do so first.
pub(super) async fn let_others_go_first() {
    let mut has_waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Which hosts can continue.
struct Ready {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    /// Hosts that can continue, in the order in which they could.
    hosts: VecDeque<usize>,
    /// What each host does.
    does: Box<[Does]>,
    /// How many have not ended.
    left: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It waits for other hosts.
    Wait,
    /// It waits for a thread.
    Queue,
    Run,
    /// It runs, and what it is about to wait for has come.
    RunOn,
    Nothing,
}

impl Ready {
    fn new(hosts: usize) -> Self {
        let queue = Queue {
            hosts: (0..hosts).collect(),
            does: vec![Does::Queue; hosts].into(),
            left: hosts,
        };
        Self {
            queue: Mutex::new(queue),
            changed: Condvar::new(),
        }
    }

    /// Waits for a host that can continue; there is none once all have ended.
    fn next(&self) -> Option<usize> {
        let is_idle = |queue: &mut Queue| queue.hosts.is_empty() && queue.left > 0;
        let waited = self.changed.wait_while(lock(&self.queue), is_idle);
        let mut queue = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        let host = queue.hosts.pop_front()?;
        queue.does[host] = Does::Run;
        Some(host)
    }

    /// Notes that a host waits, or has ended.
    fn rests(&self, host: usize, has_ended: bool) {
        let mut queue = lock(&self.queue);
        if has_ended {
            queue.does[host] = Does::Nothing;
            queue.left -= 1;
            if queue.left == 0 {
                self.changed.notify_all();
            }
        } else if queue.does[host] == Does::RunOn {
            self.put(&mut queue, host);
        } else {
            queue.does[host] = Does::Wait;
        }
    }

    fn wake(&self, host: usize) {
        let mut queue = lock(&self.queue);
        match queue.does[host] {
            Does::Wait => self.put(&mut queue, host),
            Does::Run => queue.does[host] = Does::RunOn,
            Does::Queue | Does::RunOn | Does::Nothing => {}
        }
    }

    fn put(&self, queue: &mut Queue, host: usize) {
        queue.does[host] = Does::Queue;
        queue.hosts.push_back(host);
        self.changed.notify_one();
    }
}

/// Wakes one host.
struct OfHost(usize, Arc<Ready>);

impl Wake for OfHost {
    fn wake(self: Arc<Self>) {
        self.1.wake(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn nothing_runs_and_nothing_panics_without_threads() {
        let ways = (0..3).map(|_| -> Way<'_> { Box::pin(async { panic!("it runs") }) });
        let started = run_on(ways.collect(), 2, 1 << 60, |work| work());
        assert_eq!(started.threads, 0);
        assert!(started.refused.is_some());
    }

    #[test]
    fn every_way_is_gone_to_its_end_whoever_waits_or_panics() {
        let (ended, inside, most) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let ways = (0..500).map(|host| -> Way<'_> {
            let (ended, inside, most) = (&ended, &inside, &most);
            Box::pin(async move {
                for _ in 0..3 {
                    let_others_go_first().await;
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
                ended.fetch_add(1, Ordering::SeqCst);
                assert!(host % 7 != 0, "this host panics");
            })
        });
        let error = caught(|| run(ways.collect(), 4, |work| work()));
        assert!(error.is_err_and(|error| error.to_string().contains("this host panics")));
        assert_eq!(ended.into_inner(), 500);
        assert!(
            (1..=4).contains(&most.into_inner()),
            "threads limit who runs"
        );
    }
}
