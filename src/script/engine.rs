//! The engine that runs scripts: what it allows and refuses.

use super::Called;
use super::budget::{self, Limits};
use super::comparisons;
use super::here;
use super::imports::Imported;
use super::in_place;
use super::lists;
use super::lookup::Lookup;
use super::nothing;
use super::raised::Raised;
use super::stop::Stop;
use super::unknown::Unknown;
use super::value::to_dynamic;
use crate::value::Value;
use rhai::packages::{Package, StandardPackage};
use rhai::{Dynamic, Engine, Map, NativeCallContext, OptimizationLevel, Position};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Functions of the language that scripts cannot use, and what to write instead: code built at run
/// time, an uninterruptible sleep, and a clock.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("eval", "a script cannot run code that it makes"),
    ("sleep", "use the module pause or wait_for"),
    ("timestamp", "use render(\"{{ now() }}\")"),
];

/// Returns an engine with the language and its standard functions for texts, numbers, lists and
/// maps; callers add what their scripts can reach. Build it once for all hosts: scripts leave
/// nothing in it.
pub fn engine(limits: Limits) -> Engine {
    let mut engine = language(&limits);
    // The engine's own operators would treat `()` as an empty text.
    engine.set_fast_operators(false);
    engine.disable_symbol("eval");
    // Names that are not keywords are refused when a script is parsed; a script that calls them in
    // another way gets an error.
    engine.register_fn("sleep", |_: i64| refused("sleep"));
    engine.register_fn("sleep", |_: f64| refused("sleep"));
    engine.register_fn("timestamp", || refused("timestamp"));
    // Keep the syntax tree as written, for the checks that read it.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_call_levels(limits.call_levels);
    engine.set_max_variables(limits.variables);
    engine.set_max_expr_depths(100, 100);
    engine.set_max_modules(100);
    engine.set_max_functions(1000);
    // Rhai restarts its own count in each function passed as a value, so count here.
    engine.on_progress(|_| {
        let stop = match Stop::pending() {
            Some(stop) => stop,
            None => budget::count()?.into(),
        };
        Some(Dynamic::from(stop))
    });
    here::register(&mut engine);
    engine.set_fail_on_invalid_map_property(true);
    // A key that may be missing is read with a default.
    engine.register_fn("get", |map: &mut Map, key: &str, other: Dynamic| {
        map.get(key).cloned().unwrap_or(other)
    });
    engine.register_fn("parse_json", |context: NativeCallContext, text: &str| {
        let value: serde_json::Result<Value> = serde_json::from_str(text);
        let value = value.map_err(|error| {
            let message = format!("this is not JSON: {error}");
            Raised::new(message).at(context.call_position())
        })?;
        to_dynamic(&value)
    });
    engine.set_module_resolver(Imported);
    Unknown::register(&mut engine);
    Raised::register(&mut engine);
    Lookup::register(&mut engine);
    nothing::register(&mut engine);
    comparisons::register(&mut engine);
    in_place::register(&mut engine, language(&limits));
    lists::register(&mut engine);
    engine
}

/// Returns the language with its standard functions unchanged.
fn language(limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    engine.set_max_string_size(limits.text);
    engine.set_max_array_size(limits.list);
    engine.set_max_map_size(limits.map);
    engine
}

fn refused(name: &str) -> Called<()> {
    let advice = REFUSED.iter().find(|(refused, _)| *refused == name);
    let help = advice.map(|(_, advice)| (*advice).to_owned());
    let message = format!("\"{name}\" cannot be used in a script");
    Err(Raised::new(message).help(help).at(Position::NONE))
}

/// Returns the names of the functions available to every script, sorted.
pub fn built_in_functions() -> &'static BTreeSet<String> {
    static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let engine = engine(Limits::default());
        let name = |function: rhai::FuncInfo<'_>| Some(function.metadata.name.to_string());
        let registered = engine.collect_fn_metadata(None, name, true);
        let keywords = [
            "Fn",
            "call",
            "curry",
            "is_def_fn",
            "is_def_var",
            "is_shared",
            "type_of",
            "exit",
        ];
        let keywords = keywords.into_iter().map(str::to_owned);
        registered.into_iter().chain(keywords).collect()
    });
    &NAMES
}
