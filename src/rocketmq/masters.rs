//! The masters that a module changes.

use super::cluster_info::{ClusterInfo, Listed};
use super::wire::{Address, Client};
use crate::module::ModuleError;

/// Returns the masters of a cluster, as listed by the first nameserver that answers; only those
/// with the given names, if any. Fails if no master is found, or if a name is missing.
pub(super) fn masters(
    client: &mut Client,
    nameservers: &[Address],
    cluster: &str,
    names: &[String],
) -> Result<Vec<Listed>, ModuleError> {
    let mut reasons = Vec::new();
    for nameserver in nameservers {
        let info = match ClusterInfo::of(client, nameserver) {
            Ok(info) => info,
            Err(error) => {
                reasons.push(error.transient()?);
                continue;
            }
        };
        let mut found = info.brokers;
        found.retain(|broker| broker.id == 0 && broker.cluster == cluster);
        let missing = names.iter().find(|name| {
            let mut known = found.iter();
            !known.any(|broker| broker.name == **name)
        });
        if let Some(missing) = missing {
            let message = format!("nameserver {nameserver} lists no master {missing} of {cluster}");
            return Err(ModuleError::refused(message));
        }
        if !names.is_empty() {
            found.retain(|broker| names.contains(&broker.name));
        }
        if found.is_empty() {
            let message = format!("nameserver {nameserver} lists no master of {cluster}");
            return Err(ModuleError::refused(message));
        }
        return Ok(found);
    }
    if reasons.is_empty() {
        reasons.push("no nameserver is given".to_owned());
    }
    Err(ModuleError::refused(reasons.join("; ")))
}
