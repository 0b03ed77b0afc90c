//! `task(name, options, || …)`: what the function calls has this name and these keywords.

use super::doubt::in_doubt;
use super::{Reply, Request, link, nodes};
use crate::script::place::article;
use crate::script::value::unknown_in;
use crate::script::{Called, Raised, Stop, to_dynamic};
use crate::yaml::Map;
use rhai::{Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn(
        "task",
        |context: NativeCallContext, name: ImmutableString, work: FnPtr| {
            task(&context, &name, &rhai::Map::new(), &work)
        },
    );
    engine.register_fn(
        "task",
        |context: NativeCallContext, name: ImmutableString, options: rhai::Map, work: FnPtr| {
            task(&context, &name, &options, &work)
        },
    );
    // What is given instead: these are only called where the types of the others do not fit.
    engine.register_fn(
        "task",
        |context: NativeCallContext, name: Dynamic, work: Dynamic| {
            refused(&context, &name, None, &work)
        },
    );
    engine.register_fn(
        "task",
        |context: NativeCallContext, name: Dynamic, options: Dynamic, work: Dynamic| {
            refused(&context, &name, Some(&options), &work)
        },
    );
}

/// Says which argument is of the wrong type.
fn refused(
    context: &NativeCallContext,
    name: &Dynamic,
    options: Option<&Dynamic>,
    work: &Dynamic,
) -> Called<Dynamic> {
    for given in [name, work].into_iter().chain(options) {
        if let Some(reason) = unknown_in(given) {
            return Stop::NotKnown(reason).now();
        }
    }
    let options = options.filter(|options| !options.is_map());
    let (what, wanted, found) = match options {
        _ if !name.is_string() => ("the name of a task", "a text", name),
        Some(options) => ("the options of a task", "a map", options),
        None => ("the last argument of task", "a function", work),
    };
    let found = article(found.type_name());
    let message = format!("{what} must be {wanted}, not {found}");
    let help = "write task(\"name\", || …) or task(\"name\", #{…}, || …)".to_owned();
    Err(Raised::new(message).help(help).at(context.call_position()))
}

fn task(
    context: &NativeCallContext,
    name: &str,
    options: &rhai::Map,
    work: &FnPtr,
) -> Called<Dynamic> {
    let position = context.call_position();
    let (place, site) = link::site(context)?;
    let handler = link::about(position, |link| link.handler)?;
    if link::depth() == 0 && handler.is_some_and(|handler| handler != site) {
        return Ok(Dynamic::UNIT);
    }
    let options: Map = nodes::given(options, ("task", "option"), &place, site, position)?;
    let request = Request::Task {
        name: nodes::text(name, &place),
        place,
        site,
        options,
    };
    match link::ask(position, request)? {
        Reply::Value(result) => to_dynamic(&result),
        Reply::EnteredInDoubt(reason) => in_doubt(reason, [work], || {
            link::inside(|| work.call_within_context(context, ()))
        }),
        _ => link::inside(|| work.call_within_context(context, ())),
    }
}
