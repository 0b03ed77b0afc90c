//! Templates and expressions with Ansible's meaning.

mod syntax;

pub use syntax::Syntax;
