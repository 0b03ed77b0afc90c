//! The link between a script, on its own thread, and the host's thread, which carries out its
//! requests.

use super::{Reply, Request};
use crate::script::outline::Outline;
use crate::script::{Called, Console, Raised, Stop, budget};
use crate::source::Place;
use crate::value::Value;
use rhai::{Dynamic, NativeCallContext, Position};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// The script's side of the run.
pub struct Link {
    /// Where requests are sent.
    pub requests: Sender<Request>,
    /// Where replies arrive.
    pub replies: Receiver<Reply>,
    /// What is known of it before it runs.
    pub outline: Arc<Outline>,
    /// Its program.
    pub program: Arc<crate::script::Program>,
    /// The name of its host.
    pub host: String,
    /// Whether this is check mode.
    pub check_mode: bool,
    /// The handler to run, by its site; `None` to run the whole script.
    pub handler: Option<usize>,
    /// The console that it was typed into, if any.
    pub console: Option<Arc<Console>>,
}

struct Running {
    link: Link,
    /// Variables as of the last request for them; a task may change them.
    variables: Option<Value>,
    /// The depth of functions passed to `task` and `block`.
    depth: usize,
}

thread_local! {
    /// The script of a role that runs on this thread.
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Runs `work`, whose scripts send requests over this link.
pub(super) fn with<T>(link: Link, work: impl FnOnce() -> T) -> (T, Option<Link>) {
    let running = Running {
        link,
        variables: None,
        depth: 0,
    };
    let outer = RUNNING.replace(Some(running));
    let result = work();
    let running = RUNNING.replace(outer);
    (result, running.map(|running| running.link))
}

/// Returns a value from the link, or an error without one.
pub(super) fn about<T>(position: Position, read: impl FnOnce(&Link) -> T) -> Called<T> {
    RUNNING.with_borrow(|running| match running {
        Some(running) => Ok(read(&running.link)),
        None => Err(Raised::new("this is for the scripts of roles").at(position)),
    })
}

/// Returns the depth of functions passed to `task` and `block`.
pub(super) fn depth() -> usize {
    RUNNING.with_borrow(|running| running.as_ref().map_or(0, |running| running.depth))
}

/// Calls a function passed to `task` or `block` between entering and leaving a level of the run.
pub(super) fn inside(work: impl FnOnce() -> Called<Dynamic>) -> Called<Dynamic> {
    let result = deeper(work);
    let left = send(Request::Leave(result.is_ok()));
    if result.is_ok() && matches!(left, Some(Reply::Over)) {
        return Err(Stop::Over.error(Position::NONE));
    }
    result
}

/// Enters the last part of a block, which is always called.
pub(super) fn always() -> Called<()> {
    match send(Request::Always) {
        Some(Reply::Entered) => Ok(()),
        _ => Err(Stop::Over.error(Position::NONE)),
    }
}

fn send(request: Request) -> Option<Reply> {
    if !matches!(
        request,
        Request::Render { .. } | Request::Variables | Request::Log(_)
    ) {
        RUNNING.with_borrow_mut(|running| {
            if let Some(running) = running {
                running.variables = None;
            }
        });
    }
    let reply = about(Position::NONE, |link| {
        link.requests.send(request).ok()?;
        budget::waiting(|| link.replies.recv().ok())
    });
    reply.ok().flatten()
}

fn deeper<T>(work: impl FnOnce() -> T) -> T {
    let change = |by: fn(usize) -> usize| {
        RUNNING.with_borrow_mut(|running| {
            if let Some(running) = running {
                running.depth = by(running.depth);
            }
        });
    };
    change(|depth| depth + 1);
    let result = work();
    change(|depth| depth.saturating_sub(1));
    result
}

/// Sends a request to the run; the script waits for the reply.
pub(super) fn ask(position: Position, request: Request) -> Called<Reply> {
    if let Some(stop) = Stop::pending() {
        return Err(stop.error(position));
    }
    about(position, |_| ())?;
    match send(request).unwrap_or(Reply::Over) {
        Reply::Failed(raised) => Err(raised.at(position)),
        Reply::Wrong(problem) => {
            let mut raised = Raised::new(problem.message.clone());
            raised.problem = Some(problem);
            Err(raised.at(position))
        }
        Reply::NotKnown(reason) => Err(Stop::NotKnown(reason).error(position)),
        Reply::Over => Err(Stop::Over.error(position)),
        reply => Ok(reply),
    }
}

/// Requests a value from the run.
pub(super) fn value(position: Position, request: Request) -> Called<Dynamic> {
    match ask(position, request)? {
        Reply::Value(value) => crate::script::to_dynamic(&value),
        _ => Ok(Dynamic::UNIT),
    }
}

/// Returns the current variables of the host.
pub(super) fn variables(position: Position) -> Called<Value> {
    let known = RUNNING.with_borrow(|running| running.as_ref()?.variables.clone());
    if let Some(known) = known {
        return Ok(known);
    }
    let Reply::Value(value) = ask(position, Request::Variables)? else {
        return Ok(Value::UNDEFINED);
    };
    RUNNING.with_borrow_mut(|running| {
        if let Some(running) = running {
            running.variables = Some(value.clone());
        }
    });
    Ok(value)
}

/// Returns where a function was called, and the byte offset in the script.
pub(super) fn site(context: &NativeCallContext) -> Called<(Place, usize)> {
    let position = context.call_position();
    about(position, |link| {
        let source = context.call_source().unwrap_or_default();
        let place = link.program.place_in(source, position);
        let at = place.range.start;
        (place, at)
    })
}
