//! A group of tasks, and what to do when one of them fails.

use super::{Item, Keywords};
use crate::source::Place;
use crate::yaml::Node;

/// A group of tasks, and what to do when one of them fails.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where the block starts.
    pub place: Place,
    /// Its name as written.
    pub name: Option<Node>,
    /// Keywords that its items inherit.
    pub keywords: Keywords,
    /// The items.
    pub block: Vec<Item>,
    /// Runs if one of them failed; the failure then counts as rescued.
    pub rescue: Vec<Item>,
    /// Runs in either case.
    pub always: Vec<Item>,
    /// `notify` of a block: every changed task in it notifies these handlers.
    pub notify: Vec<Node>,
}
