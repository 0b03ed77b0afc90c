//! `include_tasks` and `include_role`, and `notify`.

use super::{Request, link, nodes};
use crate::script::Called;
use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

pub(super) fn register(engine: &mut Engine) {
    for name in ["include_tasks", "include_role"] {
        engine.register_fn(
            name,
            move |context: NativeCallContext, what: ImmutableString| {
                include(&context, name, &what, &rhai::Map::new())
            },
        );
        engine.register_fn(
            name,
            move |context: NativeCallContext, what: ImmutableString, options: rhai::Map| {
                include(&context, name, &what, &options)
            },
        );
    }
    engine.register_fn(
        "notify",
        |context: NativeCallContext, name: ImmutableString| {
            let (place, _) = link::site(&context)?;
            let request = Request::Notify(nodes::text(&name, &place));
            link::value(context.call_position(), request)
        },
    );
}

fn include(
    context: &NativeCallContext,
    name: &'static str,
    what: &str,
    options: &rhai::Map,
) -> Called<Dynamic> {
    let position = context.call_position();
    let (place, site) = link::site(context)?;
    let request = Request::Include {
        name,
        what: nodes::text(what, &place),
        options: nodes::given(options, (name, "option"), &place, site, position)?,
        place,
        site,
    };
    link::value(position, request)
}
