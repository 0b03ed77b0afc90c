//! What a role's script asks of the run, and what it is answered.

use crate::script::{Diagnosis, Raised};
use crate::source::{Place, Problem};
use crate::value::{NotKnown, Value};
use crate::yaml::{Map, Node};

/// What a role's script asks of the run. A `site` is the byte of the script at which it asks.
#[derive(Debug)]
pub enum Request {
    /// To carry out a module.
    Module {
        /// Where it is called.
        place: Place,
        /// The site.
        site: usize,
        /// Its name.
        name: String,
        /// Its arguments.
        arguments: Map,
    },
    /// To go into `task`: what follows belongs to it, until `Leave`.
    Task {
        /// Where it is called.
        place: Place,
        /// The site.
        site: usize,
        /// Its name.
        name: Node,
        /// Its keywords.
        options: Map,
    },
    /// To go into `block`.
    Block {
        /// The site.
        site: usize,
        /// Its keywords.
        options: Map,
        /// Whether it has a second part.
        has_rescue: bool,
    },
    /// To go into the second part of a block, after this failure.
    Rescue(Raised),
    /// To go into the last part of a block, though the run may have ended the script.
    Always,
    /// To go out again; `false` after an error.
    Leave(bool),
    /// To include tasks or a role.
    Include {
        /// Where it is called.
        place: Place,
        /// The site.
        site: usize,
        /// `include_tasks` or `include_role`.
        name: &'static str,
        /// The file or the role.
        what: Node,
        /// Keywords and further arguments.
        options: Map,
    },
    /// To notify a handler.
    Notify(Node),
    /// The text, or the value, of a template.
    Render {
        /// The template.
        template: Node,
        /// Variables besides those of the host.
        variables: Map,
    },
    /// All variables by name.
    Variables,
    /// To tell those who watch the run.
    Log(String),
    /// Nothing more: how it ended.
    Finished(Result<(), Box<Diagnosis>>),
}

/// What a script is answered.
#[derive(Debug)]
pub enum Reply {
    /// It is done; this is the result.
    Value(Value),
    /// The script may go in.
    Entered,
    /// What was asked for failed.
    Failed(Raised),
    /// What was asked for is a mistake of the script's.
    Wrong(Box<Problem>),
    /// It depends on what check mode cannot know.
    NotKnown(NotKnown),
    /// The script ends here.
    Over,
}
