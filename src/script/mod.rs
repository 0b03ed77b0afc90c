//! Scripts in the language Rhai: the engine and its limits, conversion of values, and scripts read
//! from files.
//!
//! A script can access only what is registered for it: no files, processes, network or environment,
//! and no way to sleep.

mod budget;
mod comparisons;
pub mod console;
mod early;
mod engine;
pub mod filters;
mod functions;
mod habits;
mod here;
mod imports;
mod in_place;
mod lists;
mod lookup;
pub mod module;
mod names;
mod nothing;
pub mod outline;
mod place;
mod problem;
mod program;
mod raised;
pub mod reference;
mod results;
pub mod role;
mod shapes;
mod stop;
mod unknown;
mod value;
mod written;

pub use budget::{Budget, Limits, within};
pub use console::Console;
pub use engine::{built_in_functions, engine};
pub use lookup::Lookup;
pub use problem::Diagnosis;
pub use program::{Program, Reach};
pub use raised::Raised;
pub use stop::Stop;
pub use unknown::Unknown;
pub use value::{to_dynamic, to_fields, to_value};

/// The engine that runs scripts, and the values in them.
pub use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext};

/// What a function that scripts call returns.
pub type Called<T> = Result<T, Box<rhai::EvalAltResult>>;

#[cfg(test)]
mod tests;
