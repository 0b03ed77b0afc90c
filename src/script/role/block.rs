//! `block(options, || …, |error| …, || …)`: the work, what to do if it fails, and what to do in
//! either case.

use super::doubt::in_doubt;
use super::{Reply, Request, link, nodes};
use crate::script::problem::summary;
use crate::script::{Called, Raised, Stop, here, to_dynamic};
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("block", |context: NativeCallContext, a: Dynamic| {
        block(&context, vec![a])
    });
    engine.register_fn(
        "block",
        |context: NativeCallContext, a: Dynamic, b: Dynamic| block(&context, vec![a, b]),
    );
    engine.register_fn(
        "block",
        |context: NativeCallContext, a: Dynamic, b: Dynamic, c: Dynamic| {
            block(&context, vec![a, b, c])
        },
    );
    engine.register_fn(
        "block",
        |context: NativeCallContext, a: Dynamic, b: Dynamic, c: Dynamic, d: Dynamic| {
            block(&context, vec![a, b, c, d])
        },
    );
}

fn block(context: &NativeCallContext, mut given: Vec<Dynamic>) -> Called<Dynamic> {
    let position = context.call_position();
    let (place, site) = link::site(context)?;
    let options = match given
        .first()
        .cloned()
        .and_then(Dynamic::try_cast::<rhai::Map>)
    {
        Some(options) => {
            drop(given.remove(0));
            nodes::given(&options, ("block", "option"), &place, site, position)?
        }
        None => Vec::new(),
    };
    let parts: Vec<Option<FnPtr>> = given.into_iter().map(Dynamic::try_cast::<FnPtr>).collect();
    let part = |index: usize| parts.get(index).and_then(Option::as_ref);
    let Some(body) = part(0) else {
        let message = "block needs a function: block(|| { … })";
        return Err(Raised::new(message).at(position));
    };
    let request = Request::Block {
        site,
        options,
        has_rescue: part(1).is_some(),
    };
    let work = || called(context, body, part(1), part(2));
    match link::ask(position, request)? {
        Reply::Value(result) => to_dynamic(&result),
        Reply::EnteredInDoubt(reason) => in_doubt(reason, parts.iter().flatten(), work),
        _ => work(),
    }
}

/// Calls the parts of a block.
fn called(
    context: &NativeCallContext,
    body: &FnPtr,
    rescue: Option<&FnPtr>,
    always: Option<&FnPtr>,
) -> Called<Dynamic> {
    let position = context.call_position();
    link::inside(|| {
        let mut result = body.call_within_context::<Dynamic>(context, ());
        if let (Err(error), Some(rescue)) = (&result, rescue)
            && let Some(raised) = rescuable(error)
        {
            link::ask(position, Request::Rescue(raised.clone()))?;
            result = link::inside(|| call_with(context, rescue, raised));
        }
        if let Some(always) = always {
            let work = || {
                link::always()?;
                link::inside(|| always.call_within_context::<Dynamic>(context, ()))
            };
            let last = match &result {
                Ok(_) => work(),
                // Keep the place of the failure.
                Err(_) => here::apart(work),
            };
            if result.is_ok() {
                drop(last?);
            }
        }
        result
    })
}

/// Returns the error to pass to the second part, or `None` if it cannot be rescued.
fn rescuable(error: &EvalAltResult) -> Option<Raised> {
    if Stop::of(error).is_some() || error.is_system_exception() || error.is_pseudo_error() {
        return None;
    }
    let raised = Raised::of(error);
    Some(raised.unwrap_or_else(|| Raised::new(summary(error))))
}

/// The second part takes the error as a parameter, or no parameter.
fn call_with(context: &NativeCallContext, rescue: &FnPtr, raised: Raised) -> Called<Dynamic> {
    let parameters = link::about(context.call_position(), |link| {
        link.program.parameters(rescue)
    })?;
    if parameters == Some(0) {
        rescue.call_within_context(context, ())
    } else {
        rescue.call_within_context(context, (raised,))
    }
}
