//! What a script calls, as far as can be seen before it runs: its tasks, with those of their
//! arguments that stand in the script itself.
//!
//! Nothing is run for it. Every branch counts, a function counts where it is called, and what a
//! script computes is not known.

mod calls;
mod literal;
mod reader;
mod variables;

use super::program::Program;
use crate::source::Place;
use crate::yaml::{Map, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use literal::computed;
pub(in crate::script) use literal::node as literal;

/// What a script calls that concerns a host.
#[derive(Debug, Clone)]
pub enum Call {
    /// A module.
    Module {
        /// Its name.
        name: String,
        /// Where it is called.
        place: Place,
        /// Its arguments; nothing where they are computed as a whole.
        arguments: Option<Map>,
    },
    /// `task(name, options, || …)`.
    Task {
        /// Where it is called.
        place: Place,
        /// The name.
        name: Node,
        /// The keywords.
        options: Map,
        /// What it calls.
        inner: Vec<Call>,
        /// Whether it stands at the top of the script, in no function and no condition.
        top: bool,
    },
    /// `block(options, || …, |error| …, || …)`.
    Block {
        /// Where it is called.
        place: Place,
        /// The keywords.
        options: Map,
        /// What it calls.
        body: Vec<Call>,
        /// What it calls after a failure.
        rescue: Vec<Call>,
        /// What it calls in any case.
        always: Vec<Call>,
    },
    /// `include_tasks` or `include_role`.
    Include {
        /// Which of them.
        name: &'static str,
        /// Where it is called.
        place: Place,
        /// The file or the role.
        what: Node,
        /// The keywords and further arguments.
        options: Map,
    },
    /// `notify(name)`.
    Notify {
        /// Where it is called.
        place: Place,
        /// The handler.
        handler: Node,
    },
}

impl Call {
    /// Returns where it is called.
    pub fn place(&self) -> &Place {
        match self {
            Self::Module { place, .. }
            | Self::Task { place, .. }
            | Self::Block { place, .. }
            | Self::Include { place, .. }
            | Self::Notify { place, .. } => place,
        }
    }
}

/// What is seen of a script before it runs.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// What it calls, in the order in which it is written.
    pub calls: Vec<Call>,
    /// The statements that a call stands in, by the call of `task` or `block` around it and its
    /// own byte: what hosts that take different ways through a script are kept in step by.
    pub(super) statements: HashMap<(Option<usize>, usize), BTreeSet<u32>>,
    /// The places of arguments that stand in the script: by the byte of the call, each argument's
    /// name with the places of the name and the value.
    pub(super) arguments: HashMap<usize, BTreeMap<String, (Place, Place)>>,
    /// All texts that stand in the script.
    pub(super) texts: BTreeSet<String>,
    /// The variables of the host that it needs, each with its place.
    pub variables: Vec<(String, Place)>,
    computed_tags: bool,
}

impl Outline {
    pub(super) fn of(program: &Program) -> Self {
        reader::read(program)
    }

    /// Returns the number of the statement that a call stands in, of those not before `last`.
    pub fn statement(&self, around: Option<usize>, call: usize, last: u32) -> u32 {
        let statements = self.statements.get(&(around, call));
        let next = statements.and_then(|statements| statements.range(last..).next());
        next.copied().unwrap_or(last)
    }

    /// Returns the places of an argument's name and value, where the script itself has them.
    pub fn argument(&self, call: usize, name: &str) -> Option<&(Place, Place)> {
        self.arguments.get(&call)?.get(name)
    }

    /// Returns whether the tags of something in it are computed.
    pub fn computes_tags(&self) -> bool {
        self.computed_tags
    }

    /// Returns whether a text stands in the script as it is.
    pub fn holds_text(&self, text: &str) -> bool {
        self.texts.contains(text)
    }
}
