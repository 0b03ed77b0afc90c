//! Which facts of a host are variables of their own: a host says what it likes, and must not say
//! how it is reached, as whom tasks act on it, or what the run itself is.

use crate::change::Sets;
use crate::inventory::connection_variables;
use crate::template::Engine;
use crate::vars::RESERVED;

/// Beginnings of variables that are for connections, whatever comes after them; also those of
/// Ansible's that mean nothing here, since a playbook may be run by both.
const FOR_CONNECTIONS: &[&str] = &[
    "ansible_become_",
    "ansible_local_",
    "ansible_paramiko_ssh_",
    "ansible_psrp_",
    "ansible_ssh_",
    "ansible_winrm_",
];

/// Names of Ansible's that a fact cannot have, besides those that are in tables of their own.
const OTHERS: &[&str] = &[
    "ansible_async_path",
    "ansible_connection_user",
    "ansible_facts",
    "ansible_index_var",
    "ansible_loop",
    "ansible_loop_var",
    "ansible_module_compression",
    "ansible_network_os",
    "ansible_playbook_python",
    "ansible_rsync_path",
    "ansible_search_path",
];

/// Returns the variable that a fact is seen as beside `ansible_facts`; nothing if that name is
/// not for facts.
pub(super) fn variable(fact: &str) -> Option<String> {
    let name = if fact.starts_with("ansible_") {
        fact.to_owned()
    } else {
        format!("ansible_{fact}")
    };
    may_be_fact(&name).then_some(name)
}

/// Returns whether a fact may be a variable of the name that a module gives it.
pub(super) fn may_be_named(name: &str) -> bool {
    may_be_fact(name) && !Engine::has_function(name)
}

/// Returns a warning for each fact that is not seen as a variable.
pub(super) fn warnings(sets: &Sets) -> Vec<String> {
    let (facts, named) = match sets {
        Sets::Facts(facts) => (facts, false),
        Sets::NamedFacts(facts) => (facts, true),
        _ => return Vec::new(),
    };
    let is_kept_back = |fact: &&String| variable(fact).is_none() || named && !may_be_named(fact);
    let kept_back = facts.keys().filter(is_kept_back);
    kept_back
        .map(|fact| {
            format!(
                "the fact \"{fact}\" does not become a variable: it would override a variable of \
                 the connection or of the run"
            )
        })
        .collect()
}

fn may_be_fact(name: &str) -> bool {
    let is_key = name.starts_with("ansible_ssh_host_key_");
    let is_bridge = name.ends_with("_bridge") && !name.starts_with("ansible_become_");
    let for_connections = FOR_CONNECTIONS.iter().any(|start| name.starts_with(start));
    connection_variables::find(name).is_none()
        && !RESERVED.iter().any(|(reserved, _)| *reserved == name)
        && !OTHERS.contains(&name)
        && !name.ends_with("_interpreter")
        && (!for_connections || is_bridge || is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fact_takes_the_name_of_a_variable_that_steers() {
        let reserved = RESERVED.iter().map(|(name, _)| *name);
        let steering = connection_variables::names()
            .chain(reserved)
            .chain(OTHERS.iter().copied())
            .filter_map(|name| name.strip_prefix("ansible_"));
        let more = [
            "perl_interpreter",
            "become_x",
            "ssh_x",
            "winrm_port",
            "psrp_auth",
        ];
        for name in steering.chain(more) {
            assert_eq!(variable(name), None, "{name}");
            assert_eq!(variable(&format!("ansible_{name}")), None, "{name}");
        }
    }

    #[test]
    fn ordinary_facts_are_variables() {
        for name in [
            "hostname",
            "user_id",
            "python",
            "local",
            "ssh_host_key_rsa_public",
            "ssh_bridge",
            "eth0",
            "connections",
            "__class__",
        ] {
            assert_eq!(variable(name), Some(format!("ansible_{name}")), "{name}");
        }
    }
}
