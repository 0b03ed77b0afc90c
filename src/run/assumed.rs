//! What is assumed of a host unless its variables say otherwise.

use super::frame::Frame;
use super::host_state::HostState;
use super::session::Session;
use crate::inventory::connection_variables;
use crate::value::{self, Fields, Value};
use crate::vars::{Layer, Variable};
use indexmap::IndexMap;
use std::sync::Arc;

/// Seconds for connecting, if neither an option nor `~/.ssh/config` sets them.
const CONNECT_TIMEOUT: u64 = 10;

/// The variables that tell how the current task reaches its host, under all of their names.
pub(super) const OF_CONNECTION: &[&str] = &[
    "ansible_connection",
    ADDRESS,
    "ansible_port",
    "ansible_user",
    "ansible_private_key_file",
    "ansible_timeout",
];

/// The variable that holds the address of a host.
const ADDRESS: &str = "ansible_host";

impl Session {
    /// Returns what holds of a host unless `layers` say otherwise: it is reached by its name, and its
    /// files say that they are managed. In a task, whose keywords are in `frame`, the variables of
    /// the connection are defined too, as in Ansible.
    pub(super) fn assumed(
        &self,
        host: &HostState,
        frame: Option<&Frame<'_>>,
        layers: &[Arc<Layer>],
    ) -> Arc<Layer> {
        let fields = Fields::from([
            ("ansible_managed".to_owned(), "Ansible managed".into()),
            // Of a host without facts, playbooks ask which of them it has.
            ("ansible_facts".to_owned(), value::map(Fields::new())),
        ]);
        let data = |(name, value): (String, Value)| (Arc::from(name), Variable::Data(value));
        let mut variables: IndexMap<Arc<str>, Variable> = fields.into_iter().map(data).collect();
        let given = |name: &str| {
            let mut layers = layers.iter().rev();
            layers.find_map(|layer| layer.variables.get(name))
        };
        let names = match frame {
            Some(_) => OF_CONNECTION,
            None => &[ADDRESS],
        };
        for variable in names
            .iter()
            .filter_map(|name| connection_variables::find(name))
        {
            let value = connection_variables::value(variable, given)
                .cloned()
                .or_else(|| self.usual(variable.name, host, frame, given(ADDRESS).is_some()));
            let aliases = variable.aliases.iter().filter(|_| frame.is_some());
            for name in std::iter::once(&variable.name).chain(aliases) {
                let assumed = value.clone().filter(|_| given(name).is_none());
                variables.extend(assumed.map(|value| (Arc::from(*name), value)));
            }
        }
        Arc::new(Layer {
            origin: "what is assumed of a host".to_owned(),
            variables,
            any_other: None,
        })
    }

    /// Returns what a connection variable would be if the inventory sets it under none of its names:
    /// the task's keyword, else the option.
    fn usual(
        &self,
        name: &str,
        host: &HostState,
        frame: Option<&Frame<'_>>,
        has_address: bool,
    ) -> Option<Variable> {
        let keyword = frame.and_then(|frame| {
            frame.nearest(|keywords| match name {
                "ansible_connection" => keywords.connection.as_ref(),
                "ansible_port" => keywords.port.as_ref(),
                "ansible_user" => keywords.remote_user.as_ref(),
                _ => None,
            })
        });
        if let Some(node) = keyword {
            return Some(Variable::Template(node.clone()));
        }
        let options = &self.options;
        let value: Option<Value> = match name {
            ADDRESS => Some(host.name.clone().into()),
            "ansible_connection" => Some(self.usual_connection(&host.name, has_address).into()),
            "ansible_user" => options.user.as_deref().map(Value::from),
            "ansible_private_key_file" => {
                let file = options.private_key.as_ref();
                file.map(|file| file.to_string_lossy().into_owned().into())
            }
            "ansible_timeout" => {
                let seconds = options.connect_timeout.map(|timeout| timeout.as_secs());
                Some(seconds.unwrap_or(CONNECT_TIMEOUT).into())
            }
            _ => None,
        };
        value.map(Variable::Data)
    }

    /// Returns the connection to a host if neither variables nor keywords name one.
    pub(super) fn usual_connection(&self, name: &str, has_address: bool) -> String {
        let is_own = name == "localhost" || self.inventory().is_implicit(name);
        let usual = || {
            if is_own && !has_address {
                "local"
            } else {
                "ssh"
            }
        };
        let option = self.options.connection.clone();
        option.unwrap_or_else(|| usual().to_owned())
    }
}
