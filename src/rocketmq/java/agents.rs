//! Java agents among the additional options.

use crate::host::{HostError, Probe};
use std::collections::BTreeSet;

/// Returns what keeps Java from starting with these options: an agent that is loaded twice, or
/// whose file is missing. Agents are not tested by starting Java, since they may write files, or
/// listen on a port that is in use.
pub(super) fn problem(host: &Probe, options: &[String]) -> Result<Option<String>, HostError> {
    let mut seen = BTreeSet::new();
    for (kind, name) in options.iter().filter_map(|option| agent(option)) {
        if !seen.insert(name) {
            return Ok(Some(format!("Java would load the agent {name} twice")));
        }
        let is_file = kind != "-agentlib" && name.starts_with('/');
        if is_file && host.stat(name.into())?.is_none() {
            return Ok(Some(format!("the agent {name} does not exist")));
        }
    }
    Ok(None)
}

/// Returns the option that loads an agent, and the agent's name or file.
fn agent(option: &str) -> Option<(&str, &str)> {
    let (kind, rest) = option.split_once(':')?;
    let name = rest.split('=').next()?;
    ["-agentlib", "-agentpath", "-javaagent"]
        .contains(&kind)
        .then_some((kind, name))
}
