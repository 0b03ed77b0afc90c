//! Carrying out playbooks: plays, batches of hosts, blocks, loops, handlers, tasks.

mod argument_spec;
mod attempt;
mod conclude;
mod connector;
mod frame;
mod gather;
mod handlers;
mod host_state;
mod include;
mod keyword;
mod lockstep;
mod options;
mod outcome;
mod play;
mod play_run;
mod play_variables;
mod repeat;
mod role;
mod session;
mod set_up;
mod settings;
mod steps;
mod tags;
mod task;
mod tell;
mod validate;
mod variables;
mod walk;

pub use connector::{Connect, Connector};
pub use host_state::HostState;
pub use options::Options;
pub use outcome::Outcome;
pub use session::{Ask, Parts, Session};
pub use settings::{Connection, Settings, SshSettings, Tcp};
pub use tags::TagFilter;
