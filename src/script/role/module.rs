//! Modules as functions: of a map of arguments, of free text, or of nothing.

use super::{Request, link, nodes};
use crate::script::Called;
use crate::yaml::{Data, Map, Node};
use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

pub(super) fn register(engine: &mut Engine, name: &str) {
    let module = name.to_owned();
    engine.register_fn(
        name,
        move |context: NativeCallContext, arguments: rhai::Map| {
            let (place, site) = link::site(&context)?;
            let position = context.call_position();
            let arguments = nodes::entries(&arguments, &place, site, position)?;
            call(&context, &module, arguments)
        },
    );
    let module = name.to_owned();
    engine.register_fn(name, move |context: NativeCallContext| {
        call(&context, &module, Map::new())
    });
    let module = name.to_owned();
    // The text of `fail` is its message.
    let argument = if name == "fail" { "msg" } else { "_raw_params" };
    engine.register_fn(
        name,
        move |context: NativeCallContext, text: ImmutableString| {
            let (place, _) = link::site(&context)?;
            let key = Node {
                data: Data::Text(argument.into()),
                place: place.clone(),
            };
            let value = nodes::text(&text, &place);
            call(&context, &module, vec![(key, value)])
        },
    );
}

fn call(context: &NativeCallContext, name: &str, arguments: Map) -> Called<Dynamic> {
    let (place, site) = link::site(context)?;
    let request = Request::Module {
        place,
        site,
        name: name.to_owned(),
        arguments,
    };
    link::value(context.call_position(), request)
}
