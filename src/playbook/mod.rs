//! Playbooks and roles as data, every node with its place.

mod block;
mod include;
mod play;
mod role;
mod task;

pub use block::Block;
pub use include::{Include, IncludeKind};
pub use play::{Play, Playbook, Serial, Strategy};
pub use role::{Role, RoleName, RoleUse};
pub use task::{Action, Item, Keywords, Loop, LoopControl, Task, Until};
