//! The link between a script, on a thread of its own, and the host's thread, on which everything
//! that it asks for is done.

use super::{Reply, Request};
use crate::script::outline::Outline;
use crate::script::{Called, Console, Raised, Stop, budget};
use crate::source::Place;
use crate::value::Value;
use rhai::{Dynamic, NativeCallContext, Position};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// What a script knows of the run it is part of.
pub struct Link {
    /// Takes what it asks.
    pub requests: Sender<Request>,
    /// Gives the answers.
    pub replies: Receiver<Reply>,
    /// What is seen of it before it runs.
    pub outline: Arc<Outline>,
    /// Its program.
    pub program: Arc<crate::script::Program>,
    /// The name of its host.
    pub host: String,
    /// Whether nothing is changed.
    pub check_mode: bool,
    /// The handler to run, by its site; nothing where the whole script runs.
    pub handler: Option<usize>,
    /// What it was typed into, if a person did.
    pub console: Option<Arc<Console>>,
}

struct Running {
    link: Link,
    /// Variables as they were when they were last asked for; a task may change them.
    variables: Option<Value>,
    /// Functions given to `task` and `block` around.
    depth: usize,
}

thread_local! {
    /// The script of a role that runs on this thread.
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Runs `work`, whose scripts ask over this link.
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

/// Returns something of the link; an error where there is none.
pub(super) fn about<T>(position: Position, read: impl FnOnce(&Link) -> T) -> Called<T> {
    RUNNING.with_borrow(|running| match running {
        Some(running) => Ok(read(&running.link)),
        None => Err(Raised::new("this is for the scripts of roles").at(position)),
    })
}

/// Returns how many functions given to `task` and `block` are around.
pub(super) fn depth() -> usize {
    RUNNING.with_borrow(|running| running.as_ref().map_or(0, |running| running.depth))
}

/// Calls a function given to `task` or `block`, which the run has gone into, and goes out again.
pub(super) fn inside(work: impl FnOnce() -> Called<Dynamic>) -> Called<Dynamic> {
    let result = deeper(work);
    let left = send(Request::Leave(result.is_ok()));
    if result.is_ok() && matches!(left, Some(Reply::Over)) {
        return Err(Stop::Over.error(Position::NONE));
    }
    result
}

/// Goes into the last part of a block: whatever happened before, it is called.
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

/// Asks the run; the script waits meanwhile.
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

/// Asks the run for a value.
pub(super) fn value(position: Position, request: Request) -> Called<Dynamic> {
    match ask(position, request)? {
        Reply::Value(value) => crate::script::to_dynamic(&value),
        _ => Ok(Dynamic::UNIT),
    }
}

/// Returns the variables of the host as they are now.
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

/// Returns where a function was called, and the byte of the script there.
pub(super) fn site(context: &NativeCallContext) -> Called<(Place, usize)> {
    let position = context.call_position();
    about(position, |link| {
        let source = context.call_source().unwrap_or_default();
        let place = link.program.place_in(source, position);
        let at = place.range.start;
        (place, at)
    })
}
