//! Variables of a task on a host: their origins, their precedence, and their values.

mod all;
mod layer;
mod reserved;
mod scope;
mod secret_forms;
mod secrets;

pub use all::{AllVariables, HostVars, Hosts};
pub use layer::{Layer, Variable};
pub use reserved::RESERVED;
pub use scope::Scope;
pub use secrets::Secrets;
