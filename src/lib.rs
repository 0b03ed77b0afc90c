//! rmqplay: idempotent playbooks over SSH.
//!
//! ```text
//!  YAML task ────┐                                               ┌─ terminal
//!  Rhai role ────┤                                               │
//!  ad-hoc exec ──┴─► Task ─► Session::run ─► one host ─► Event ──┴─ json lines, events file
//!                                              │
//!                   render args → build module → plan(Probe) → Change → apply(Step)…
//!                                                     │                     │
//!                                                     └──────► Host ◄───────┘
//!                                    ssh │ local │ memory (alone: test fake; over a host: --check)
//! ```
//!
//! The folders, each importing only from those above it (`tests/architecture.rs` holds the list):

pub mod archive;
pub mod change;
pub mod cli;
pub mod files;
#[doc(hidden)]
pub mod foreign;
pub mod glob;
pub mod host;
pub mod internal_error;
pub mod inventory;
pub mod module;
pub mod modules;
pub mod playbook;
pub mod report;
pub mod rocketmq;
pub mod run;
pub mod script;
pub mod source;
pub mod template;
pub mod value;
pub mod vars;
pub mod vault;
pub mod yaml;
