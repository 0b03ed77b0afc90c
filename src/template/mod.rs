//! Ansible's templates and expressions, based on minijinja.
//!
//! A text is compiled once (`sources`): `code` rewrites what minijinja does differently from Jinja2
//! with Ansible's rules (`rewrite`), `environment` has the filters, tests and functions, `engine`
//! renders, and `error` maps failures to places in the user's file.

mod attribute;
mod bounds;
mod call;
mod changeable;
mod check;
mod checks;
mod code;
mod compare;
mod condition;
mod crypt;
mod cycle;
mod decided;
mod edits;
mod engine;
mod environment;
mod error;
mod extension;
mod filters;
mod format;
mod free_names;
mod functions;
mod guarded;
mod inside;
mod layout;
mod level;
mod lines;
mod lookups;
mod methods;
mod native;
mod numbers;
mod operators;
mod parse;
mod paths;
mod random;
mod reach;
pub mod regex;
mod replacement;
mod rewrite;
mod site;
mod sources;
mod syntax;
mod text;
mod time;
mod tree;
mod undefined_part;
mod unknown_names;
mod url;

pub use checks::{compare_versions, order_by_version};
pub use engine::Engine;
pub use error::TemplateError;
pub use extension::{Extension, Extensions, Run};
pub use free_names::Included;
pub use replacement::{Piece, Replacement};
pub use site::Site;
pub use syntax::Syntax;

#[cfg(test)]
mod tests;
