//! `task(name, options, || …)`: what the function calls has this name and these keywords.

use super::{Reply, Request, link, nodes};
use crate::script::{Called, to_dynamic};
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
    let options: Map = nodes::entries(options, &place, site, position)?;
    let request = Request::Task {
        name: nodes::text(name, &place),
        place,
        site,
        options,
    };
    match link::ask(position, request)? {
        Reply::Value(result) => to_dynamic(&result),
        _ => link::inside(|| work.call_within_context(context, ())),
    }
}
