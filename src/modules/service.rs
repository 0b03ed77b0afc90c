//! `service`: services of a host run by systemd.

use super::systemctl::{RETURNS, Unit, UnitState};
use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Starts, stops and enables services of a host run by systemd.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceModule {
    /// The service.
    name: String,
    /// Whether it should run.
    state: Option<UnitState>,
    /// Whether it should start at boot.
    enabled: Option<bool>,
    /// Ignored: only systemd is supported.
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    r#use: Option<String>,
}

impl BuiltIn for ServiceModule {
    const NAME: &'static str = "service";
    const EXAMPLE: &'static str = "\
- name: The exporter runs with the new configuration
  service:
    name: exporter
    state: restarted
";
    const RETURNS: &'static [(&'static str, &'static str)] = RETURNS;
}

impl Module for ServiceModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.state.is_none() && self.enabled.is_none() {
            return Err(ModuleError::refused("service needs state or enabled"));
        }
        Unit {
            name: &self.name,
            state: self.state,
            enabled: self.enabled,
            masked: None,
            daemon_reload: false,
            no_block: false,
        }
        .plan(context.host)
    }
}
