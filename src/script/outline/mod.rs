//! What a script calls, as far as can be seen before it runs: its tasks, with those arguments that
//! are literals.
//!
//! Nothing is run to find out. Every branch counts, a function counts where it is called, and
//! computed values are unknown.

mod calls;
mod certain;
mod effects;
mod literal;
mod reader;
mod templates;
mod variables;

use super::program::Program;
use crate::source::Place;
use crate::yaml::{Map, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use literal::computed;
pub(in crate::script) use literal::node as literal;
pub use templates::Written;

/// A call that concerns a host.
#[derive(Debug, Clone)]
pub enum Call {
    /// A module.
    Module {
        /// Its name.
        name: String,
        /// Where it is called.
        place: Place,
        /// Its arguments, or `None` if they are computed as a whole.
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
        /// Whether it is at the top level of the script, outside of functions and conditions.
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
        /// What it calls in either case.
        always: Vec<Call>,
    },
    /// `include_tasks` or `include_role`.
    Include {
        /// Which of the two.
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

/// What is known of a script before it runs.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// Its calls, in the order in which they are written.
    pub calls: Vec<Call>,
    /// The statements that contain a call, by the call of `task` or `block` around it and its own
    /// byte offset: they keep hosts that take different paths through a script in step.
    pub(super) statements: HashMap<(Option<usize>, usize), BTreeSet<u32>>,
    /// The places of literal arguments: by the byte offset of the call, each argument's name with
    /// the places of its name and value.
    pub(super) arguments: HashMap<usize, BTreeMap<String, (Place, Place)>>,
    /// All text literals of the script.
    pub(super) texts: BTreeSet<String>,
    /// The host variables that it needs in any case, each with its place.
    pub variables: Vec<(String, Place)>,
    /// The templates and expressions that are written in it and in what it imports.
    pub templates: Vec<Written>,
    /// The names that it may give a value or ask for.
    asked: BTreeSet<String>,
    computed_tags: bool,
    effects: effects::Effects,
}

impl Outline {
    pub(super) fn of(program: &Program) -> Self {
        reader::read(program)
    }

    /// Returns the number of the statement that contains a call, ignoring those before `last`.
    pub fn statement(&self, around: Option<usize>, call: usize, last: u32) -> u32 {
        let statements = self.statements.get(&(around, call));
        let next = statements.and_then(|statements| statements.range(last..).next());
        next.copied().unwrap_or(last)
    }

    /// Returns the places of an argument's name and value, if it is a literal.
    pub fn argument(&self, call: usize, name: &str) -> Option<&(Place, Place)> {
        self.arguments.get(&call)?.get(name)
    }

    /// Returns whether the script may give a name a value, or asks whether it has one.
    pub fn asks_for(&self, name: &str) -> bool {
        self.asked.contains(name)
    }

    /// Returns whether any tags are computed.
    pub fn computes_tags(&self) -> bool {
        self.computed_tags
    }

    /// Returns whether the script contains this text as a literal.
    pub fn holds_text(&self, text: &str) -> bool {
        self.texts.contains(text)
    }
}
