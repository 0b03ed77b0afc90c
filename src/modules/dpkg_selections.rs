//! `dpkg_selections`: what dpkg should do with packages.

use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Says what dpkg should do with a package: `hold` keeps it from being upgraded.
///
/// No package is installed or removed: use `apt` for that.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DpkgSelections {
    /// The package.
    name: String,
    /// What dpkg should do.
    selection: Selection,
}

/// What dpkg should do with a package.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Selection {
    /// Have it, in any version.
    Install,
    /// Keep it as it is.
    Hold,
    /// Remove it, but not its configuration.
    Deinstall,
    /// Remove it with its configuration.
    Purge,
}

impl BuiltIn for DpkgSelections {
    const NAME: &'static str = "dpkg_selections";
    const EXAMPLE: &'static str = "\
- name: The kernel stays
  dpkg_selections:
    name: linux-image-amd64
    selection: hold
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        (
            "before",
            "What dpkg should have done; `not present` for an unknown package.",
        ),
        ("after", "What it should do."),
    ];
}

impl Module for DpkgSelections {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let wanted = format!("{:?}", self.selection).to_lowercase();
        let teller = Command::new(["dpkg", "--get-selections", &self.name]);
        let output = context.host.query(&teller)?;
        if output.status != 0 {
            return Err(ModuleError::refused(super::package::said(&output)));
        }
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        if before.is_empty() && !output.stderr.is_empty() {
            return Err(ModuleError::Refused {
                message: format!("dpkg knows no package {:?}", self.name),
                help: Some("install it first, or check its name".to_owned()),
            });
        }
        let current = before
            .split_whitespace()
            .nth(1)
            .unwrap_or("not present")
            .to_owned();
        let mut change = Change::default();
        if current != wanted {
            change.steps.push(Step::Set(Setting {
                name: format!("selection of {}", self.name),
                teller,
                before,
                after: format!("{}\t{wanted}\n", self.name),
                setters: vec![Command {
                    stdin: Some(format!("{} {wanted}\n", self.name).into_bytes()),
                    ..Command::new(["dpkg", "--set-selections"])
                }],
                brings_programs: false,
            }));
        }
        change.returns("before", current);
        change.returns("after", wanted);
        Ok(change)
    }
}
