//! The one integration test target: each file beside this one is a feature.

mod inventory;
mod memory;
mod playbooks;
