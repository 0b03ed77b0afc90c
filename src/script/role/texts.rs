//! `render`, and `log` and `print`, which write to the report of the run.

use super::{Request, link, nodes};
use crate::script::Called;
use crate::yaml::{Data, Node};
use rhai::{Array, Dynamic, Engine, FLOAT, INT, ImmutableString, Map, NativeCallContext};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn(
        "render",
        |context: NativeCallContext, template: ImmutableString| {
            render(&context, &template, &Map::new())
        },
    );
    engine.register_fn(
        "render",
        |context: NativeCallContext, template: ImmutableString, variables: rhai::Map| {
            render(&context, &template, &variables)
        },
    );
    engine.register_fn("log", say);
    engine.register_fn("print", say);
    // Rhai has its own functions with these names: one prints, the other is the logarithm.
    macro_rules! say {
        ($name:literal, $($what:ty),*) => {
            $(engine.register_fn($name, |context: NativeCallContext, what: $what| {
                say(context, Dynamic::from(what))
            });)*
        };
    }
    say!(
        "print",
        ImmutableString,
        char,
        INT,
        FLOAT,
        bool,
        Array,
        Map,
        ()
    );
    say!("log", FLOAT);
}

/// Writes to the report of the run. Items of lists and maps are shown as they are, nothing as `()`.
fn say(context: NativeCallContext, what: Dynamic) -> Called<Dynamic> {
    let shown = if what.is_array() || what.is_map() {
        "to_debug"
    } else {
        "to_string"
    };
    let text = context.call_native_fn::<ImmutableString>(shown, (what,))?;
    link::value(context.call_position(), Request::Log(text.to_string()))
}

fn render(
    context: &NativeCallContext,
    template: &ImmutableString,
    variables: &Map,
) -> Called<Dynamic> {
    let position = context.call_position();
    nodes::written_here(template, position)?;
    let (place, site) = link::site(context)?;
    let variables = nodes::given(variables, ("render", "variable"), &place, site, position)?;
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
