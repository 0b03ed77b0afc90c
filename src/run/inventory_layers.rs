//! The variables that the inventory gives a host, as layers that hosts share.

use super::host_state::HostState;
use super::play_run::lock;
use super::session::Session;
use crate::inventory::{VariableLayer, Variables};
use crate::source::Problems;
use crate::vars::{Layer, Variable};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Layers made of variables of the inventory, each made once: a group's is the same for all its
/// hosts.
#[derive(Default)]
pub(super) struct InventoryLayers(Mutex<HashMap<usize, Made>>);

struct Made {
    layer: Arc<Layer>,
    /// What it was made of. It is kept, so no other variables are ever at its address.
    _of: Arc<Variables>,
}

impl InventoryLayers {
    fn get(&self, read: VariableLayer) -> Arc<Layer> {
        let mut known = lock(&self.0);
        let made = known.entry(Arc::as_ptr(&read.variables).addr());
        let make = || Made {
            layer: layer(&read),
            _of: read.variables.clone(),
        };
        made.or_insert_with(make).layer.clone()
    }
}

fn layer(read: &VariableLayer) -> Arc<Layer> {
    let variables = read.variables.iter();
    let written = variables.map(|(name, node)| (name.clone(), Variable::Template(node.clone())));
    Arc::new(Layer {
        origin: read.origin.clone(),
        variables: written.collect(),
        any_other: None,
    })
}

impl Session {
    /// Returns the host's variables from the inventory and the folders beside it and the playbook.
    pub(super) fn inventory_layers(&self, host: &HostState) -> Result<Arc<[Arc<Layer>]>, Problems> {
        host.inventory
            .get(&self.growing, || self.read_inventory_layers(host))
    }

    fn read_inventory_layers(&self, host: &HostState) -> Result<Arc<[Arc<Layer>]>, Problems> {
        let inventory = self.inventory();
        let known = inventory.hosts().contains_key(&host.name) || inventory.is_implicit(&host.name);
        let read = if known {
            inventory.host_variables(&host.name, Some(&self.playbook_folder()))?
        } else {
            // A machine that only `delegate_to` names.
            Vec::new()
        };
        let layers = &self.growing.layers;
        Ok(read.into_iter().map(|read| layers.get(read)).collect())
    }
}
