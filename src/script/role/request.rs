//! The requests of a role's script to the run, and the replies.

use crate::script::{Diagnosis, Raised};
use crate::source::{Place, Problem};
use crate::value::{NotKnown, Value};
use crate::yaml::{Map, Node};

/// A request of a role's script to the run. A `site` is the byte offset in the script that it comes
/// from.
#[derive(Debug)]
pub enum Request {
    /// Run a module.
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
    /// Enter `task`: what follows belongs to it, until `Leave`.
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
    /// Enter `block`.
    Block {
        /// The site.
        site: usize,
        /// Its keywords.
        options: Map,
        /// Whether it has a second part.
        has_rescue: bool,
    },
    /// Enter the second part of a block, after this failure.
    Rescue(Raised),
    /// Enter the last part of a block, even if the run has ended the script.
    Always,
    /// Leave the level; `false` after an error.
    Leave(bool),
    /// Include tasks or a role.
    Include {
        /// Where it is called.
        place: Place,
        /// The site.
        site: usize,
        /// `include_tasks` or `include_role`.
        name: &'static str,
        /// The file or the role.
        what: Node,
        /// Keywords and other arguments.
        options: Map,
    },
    /// Notify a handler.
    Notify(Node),
    /// Return the text, or the value, of a template.
    Render {
        /// The template.
        template: Node,
        /// Variables in addition to those of the host.
        variables: Map,
    },
    /// Return all variables by name.
    Variables,
    /// Print a message.
    Log(String),
    /// The end of the script, with its outcome.
    Finished(Result<(), Box<Diagnosis>>),
}

/// A reply to a script.
#[derive(Debug)]
pub enum Reply {
    /// It is done, with this result.
    Value(Value),
    /// The script may enter.
    Entered,
    /// The script may enter, but whether it does in the run is not known, for this reason.
    EnteredInDoubt(NotKnown),
    /// The request failed.
    Failed(Raised),
    /// The request is a mistake of the script.
    Wrong(Box<Problem>),
    /// It depends on something that check mode cannot know.
    NotKnown(NotKnown),
    /// The script must end here.
    Over,
}
