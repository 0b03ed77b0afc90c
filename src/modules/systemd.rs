//! `systemd`: units of systemd.

use super::systemctl::{RETURNS, Unit, UnitState};
use crate::change::Change;
use crate::host::{Command, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Starts, stops, enables and masks units of systemd.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SystemdModule {
    /// The unit, with or without `.service`.
    name: Option<String>,
    /// Whether it should run.
    state: Option<UnitState>,
    /// Whether it should start at boot.
    enabled: Option<bool>,
    /// Whether it should be masked, so that nothing can start it.
    masked: Option<bool>,
    /// Whether systemd should reload its unit files first.
    #[serde(default)]
    daemon_reload: bool,
    /// Whether to return without waiting for a start or stop.
    #[serde(default)]
    no_block: bool,
    /// The scope of the unit: only `system` is supported.
    #[serde(default)]
    #[expect(dead_code, reason = "there is one scope")]
    scope: Scope,
}

/// The scope of a unit.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Scope {
    #[default]
    System,
}

impl BuiltIn for SystemdModule {
    const NAME: &'static str = "systemd";
    const OTHER_NAMES: &'static [&'static str] = &["systemd_service"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("service", "name"),
        ("unit", "name"),
        ("daemon-reload", "daemon_reload"),
    ];
    const EXAMPLE: &'static str = "\
- name: The exporter runs, now and after the next start
  systemd:
    name: exporter
    state: started
    enabled: true
    daemon_reload: true
";
    const RETURNS: &'static [(&'static str, &'static str)] = RETURNS;
}

impl Module for SystemdModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let wants = self.state.is_some() || self.enabled.is_some() || self.masked.is_some();
        let Some(name) = &self.name else {
            if wants || !self.daemon_reload {
                return Err(ModuleError::refused("systemd needs the name of a unit"));
            }
            let command = Command::new(["systemctl", "daemon-reload"]);
            let any_status = false;
            return Ok(Change {
                steps: vec![Step::Run {
                    command,
                    any_status,
                }],
                changed: Some(false),
                ..Change::default()
            });
        };
        Unit {
            name,
            state: self.state,
            enabled: self.enabled,
            masked: self.masked,
            daemon_reload: self.daemon_reload,
            no_block: self.no_block,
        }
        .plan(context.host)
    }
}
