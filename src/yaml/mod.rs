//! YAML as Ansible reads it (1.1 types, duplicate keys refused), with the place of every node.

mod mistake;
mod node;
mod read;
mod scalar;

pub use node::{Data, Map, Node};
pub use read::{read, read_documents, read_lenient};
