//! Templates and expressions as Ansible renders them, on minijinja.
//!
//! A text is compiled once (`sources`): `code` rewrites what minijinja does differently from
//! Jinja2 with Ansible's rules (`rewrite`), `environment` holds the filters, tests and functions,
//! `engine` renders, and `error` leads a failure back to the place in the user's file.

mod call;
mod checks;
mod code;
mod edits;
mod engine;
mod environment;
mod error;
mod filters;
mod free_names;
mod guarded;
mod inside;
mod native;
mod rewrite;
mod site;
mod sources;
mod syntax;
mod text;
mod tree;

pub use engine::Engine;
pub use error::TemplateError;
pub use site::Site;
pub use syntax::Syntax;

#[cfg(test)]
mod tests;
