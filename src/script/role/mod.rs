//! Scripts in place of a role's YAML: modules are functions, and the run carries out their changes
//! as it does for tasks in YAML.

mod block;
mod doubt;
mod include;
mod link;
mod module;
mod nodes;
mod request;
mod task;
mod texts;

pub use link::Link;
pub use request::{Reply, Request};

use super::{Budget, Called, Limits, Lookup, to_dynamic};
use crate::value::Value;
use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Position};

/// The functions of roles that are not modules.
pub const FUNCTIONS: &[&str] = &[
    "block",
    "include_role",
    "include_tasks",
    "log",
    "notify",
    "print",
    "render",
    "task",
];

/// The names defined in scripts of roles.
pub const GLOBALS: &[&str] = &["check_mode", "facts", "groups", "host", "hostvars", "vars"];

/// Returns the engine for scripts of roles, with these modules. One engine serves all hosts.
pub fn engine<'m>(limits: Limits, modules: impl IntoIterator<Item = &'m str>) -> Engine {
    let mut engine = super::engine(limits);
    #[expect(
        deprecated,
        reason = "marked so because Rhai may change it in a new version"
    )]
    engine.on_var(global);
    task::register(&mut engine);
    block::register(&mut engine);
    include::register(&mut engine);
    texts::register(&mut engine);
    for name in modules {
        module::register(&mut engine, name);
    }
    engine
}

/// Runs the script of a link on this thread, and reports to the run how it ended.
pub fn run(engine: &Engine, budget: Budget, link: Link) {
    let program = link.program.clone();
    let console = link.console.clone();
    let (result, link) = link::with(link, || match console {
        Some(console) => console.run(&program, engine, budget),
        None => program.run(engine, budget).map(|_| ()),
    });
    if let Some(link) = link {
        // The host's thread may have stopped waiting: then nobody needs the result.
        let _ = link.requests.send(Request::Finished(result));
    }
}

/// Returns the value of a name that the script does not define itself.
fn global(
    name: &str,
    index: usize,
    _: EvalContext<'_, '_, '_, '_, '_, '_>,
) -> Result<Option<Dynamic>, Box<EvalAltResult>> {
    if index > 0 || !GLOBALS.contains(&name) {
        return Ok(None);
    }
    let position = Position::NONE;
    let of_host = |name: &str| -> Called<Value> {
        let variables = link::variables(position)?;
        Ok(variables.get_item(&Value::from(name)).unwrap_or_default())
    };
    let lookup = |value: Value, what: &'static str, inner: Option<&'static str>| {
        Dynamic::from(Lookup { value, what, inner })
    };
    Ok(Some(match name {
        "host" => link::about(position, |link| link.host.clone())?.into(),
        "check_mode" => link::about(position, |link| link.check_mode)?.into(),
        "vars" => lookup(link::variables(position)?, "variable", None),
        "facts" => lookup(of_host("ansible_facts")?, "fact", None),
        "hostvars" => lookup(of_host("hostvars")?, "host", Some("variable")),
        _ => to_dynamic(&of_host(name)?)?,
    }))
}
