//! Panics: bugs of rmqplay itself. None ends a run without a recap, and none goes unnoticed.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

/// A bug of rmqplay itself: a panic that ended the work of a thread.
#[derive(Debug)]
pub struct InternalError(String);

impl fmt::Display for InternalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "internal error in rmqplay: {}", self.0)
    }
}

impl std::error::Error for InternalError {}

/// What to do about an internal error.
pub const HELP: &str =
    "this is a bug: please report it with the output of this run and of `rmqplay --version`";

/// The places in the source where this process has panicked.
static NOTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs `work`, and returns a panic in it as an error.
///
/// The caller must clean up after unfinished `work`: callers give up the task or the host.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, InternalError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| InternalError(text(&*payload)))
}

/// Does `work`, and returns a panic in it as an error, as [`caught`] does.
pub async fn caught_in<T>(work: impl Future<Output = T>) -> Result<T, InternalError> {
    let mut work = pin!(work);
    poll_fn(|context| match caught(|| work.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(error) => Poll::Ready(Err(error)),
    })
    .await
}

/// From now on records where any thread of this process panics, even in libraries, before `then`
/// sees it.
pub fn note_panics(then: impl Fn(&PanicHookInfo<'_>) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |info| {
        let place = info
            .location()
            .map_or_else(String::new, ToString::to_string);
        noted().push(place);
        then(info);
    }));
}

/// Returns where this process has panicked, as far as it was recorded.
pub fn places() -> Vec<String> {
    noted().clone()
}

fn noted() -> std::sync::MutexGuard<'static, Vec<String>> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        assert_eq!(caught(|| 1).unwrap(), 1);
        let empty: Vec<u8> = Vec::new();
        let number = empty.len();
        let error = caught(|| assert_eq!(number, 7, "seven")).unwrap_err();
        assert!(error.to_string().contains("seven"), "{error}");
        let error = caught(|| std::panic::panic_any(3)).unwrap_err();
        assert_eq!(error.to_string(), "internal error in rmqplay: it panicked");
    }
}
