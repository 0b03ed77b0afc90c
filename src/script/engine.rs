//! The engine that runs scripts: what it allows, and what it refuses.

use super::budget::{self, Limits};
use super::imports::Imported;
use super::lookup::Lookup;
use super::raised::Raised;
use super::stop::Stop;
use super::unknown::{self, Unknown};
use crate::source::did_you_mean;
use rhai::packages::{Package, StandardPackage};
use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Map, OptimizationLevel, Target};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What scripts may not write: code made at run time, and what reaches out of the script.
const REFUSED: &[&str] = &["eval", "sleep", "timestamp"];

/// Returns an engine with the language and its standard functions on texts, numbers, lists and
/// maps; whoever runs scripts adds what these may reach. Build it once for all hosts: a script
/// keeps nothing in it.
pub fn engine(limits: Limits) -> Engine {
    let mut engine = Engine::new_raw();
    StandardPackage::new().register_into_engine(&mut engine);
    for symbol in REFUSED {
        engine.disable_symbol(*symbol);
    }
    // The syntax tree stays as it was written, for the checks that read it.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_call_levels(limits.call_levels);
    engine.set_max_string_size(limits.text);
    engine.set_max_array_size(limits.list);
    engine.set_max_map_size(limits.map);
    engine.set_max_variables(limits.variables);
    engine.set_max_expr_depths(64, 32);
    engine.set_max_modules(100);
    engine.set_max_functions(1000);
    // Rhai's own count starts anew in each function that is handed on, so ours counts.
    engine.on_progress(|_| {
        let stop = match unknown::used() {
            Some(reason) => Stop::NotKnown(reason),
            None => budget::count()?.into(),
        };
        Some(Dynamic::from(stop))
    });
    engine.on_map_missing_property(missing_key);
    engine.set_module_resolver(Imported);
    Unknown::register(&mut engine);
    Raised::register(&mut engine);
    Lookup::register(&mut engine);
    engine
}

/// Returns the names of the functions that every script has, sorted.
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

/// A key that a map does not have: near ones are told, and a map that holds what check mode cannot
/// know may yet have it.
fn missing_key<'a>(
    map: &'a mut Map,
    key: &str,
    _: EvalContext,
) -> Result<Target<'a>, Box<EvalAltResult>> {
    if let Some(unknown) = map.values().find_map(|value| {
        let unknown = value.clone().try_cast::<Unknown>();
        unknown.filter(|_| map.contains_key("changed"))
    }) {
        return Err(Stop::NotKnown(unknown.0).error(rhai::Position::NONE));
    }
    let near = did_you_mean(key, map.keys().map(rhai::Identifier::as_str));
    let skipped = map
        .get("skipped")
        .is_some_and(|skipped| skipped.as_bool() == Ok(true));
    let advice = skipped.then(|| "the task was left out, so it has no such result".to_owned());
    Err(Raised::new(format!("the map has no key \"{key}\""))
        .help(advice.or(near))
        .at(rhai::Position::NONE))
}
