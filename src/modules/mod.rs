//! The built-in modules, one file each.

mod command;
mod guard;
mod ping;
mod process;
mod raw;
mod script;
mod shell;
mod wait_for;
mod words;

use crate::module::Registry;

/// Returns the registry of all built-in modules. A new module is a file, its `mod` line above and
/// its line here, both sorted by name.
pub fn built_in() -> Registry {
    let mut registry = Registry::default();
    registry.add::<command::CommandModule>();
    registry.add::<ping::Ping>();
    registry.add::<process::ProcessModule>();
    registry.add::<raw::Raw>();
    registry.add::<script::Script>();
    registry.add::<shell::Shell>();
    registry.add::<wait_for::WaitFor>();
    registry
}
