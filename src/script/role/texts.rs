//! `render`, and `log` and `print`, which tell those who watch the run.

use super::{Request, link, nodes};
use crate::script::Called;
use crate::yaml::{Data, Node};
use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn(
        "render",
        |context: NativeCallContext, template: ImmutableString| {
            render(&context, &template, &rhai::Map::new())
        },
    );
    engine.register_fn(
        "render",
        |context: NativeCallContext, template: ImmutableString, variables: rhai::Map| {
            render(&context, &template, &variables)
        },
    );
    for name in ["log", "print"] {
        engine.register_fn(name, |context: NativeCallContext, what: Dynamic| {
            // What lists and maps hold is shown as it is, nothing as `()`.
            let shown = if what.is_array() || what.is_map() {
                "to_debug"
            } else {
                "to_string"
            };
            let text = context.call_native_fn::<ImmutableString>(shown, (what,))?;
            link::value(context.call_position(), Request::Log(text.to_string()))
        });
    }
}

fn render(
    context: &NativeCallContext,
    template: &ImmutableString,
    variables: &rhai::Map,
) -> Called<Dynamic> {
    let position = context.call_position();
    nodes::written_here(template, position)?;
    let (place, site) = link::site(context)?;
    let variables = nodes::entries(variables, &place, site, position)?;
    let template = Node {
        data: Data::Text(template.as_str().into()),
        place,
    };
    link::value(
        position,
        Request::Render {
            template,
            variables,
        },
    )
}
