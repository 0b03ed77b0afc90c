//! All built-in modules.

use crate::module::Registry;

/// Returns all built-in modules: those for any host, and those for RocketMQ.
pub fn registry() -> Registry {
    let mut registry = crate::modules::built_in();
    crate::rocketmq::add_to(&mut registry);
    registry
}
