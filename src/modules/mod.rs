//! The built-in modules, one file each.

mod ping;

use crate::module::Registry;

/// Returns the registry of all built-in modules. A new module is a file, its `mod` line above and
/// its line here, both sorted by name.
pub fn built_in() -> Registry {
    let mut registry = Registry::default();
    registry.add::<ping::Ping>();
    registry
}
