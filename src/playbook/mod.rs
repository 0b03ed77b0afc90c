//! Playbooks and roles as data, every node with its place.

mod block;
mod include;
mod keyword;
mod kind;
mod list;
pub mod load;
mod play;
mod role;
mod script;
mod search;
mod task;
mod validate;
mod walk;

pub use block::Block;
pub use include::{Include, IncludeKind};
pub use keyword::{KEYWORDS, Keyword, Level, keyword, names as keyword_names};
pub use kind::{Kind, boolean};
pub use list::{ListedPlay, ListedTask, list_tasks};
pub use load::{LoadOptions, Loader, RoleFiles, TaskOptions, VARIABLE};
pub use play::{Play, Playbook, Serial, Strategy};
pub use role::{Role, RoleName, RoleUse};
pub use script::{Script, ScriptHandler};
pub use search::{search_folders, variables_file};
pub use task::{Action, Item, Keywords, Loop, LoopControl, Task, Until};
pub use validate::{Unread, ValidateOptions, validate};
pub use walk::{Around, Visited, is_unconditional, walk};
