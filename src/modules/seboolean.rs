//! `seboolean`: booleans of SELinux.

use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Switches a boolean of SELinux.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SeBoolean {
    /// The boolean, such as `httpd_can_network_connect`.
    name: String,
    /// Whether it should be on.
    state: bool,
    /// Whether to switch it for later starts of the host too; that is compared as well.
    #[serde(default)]
    persistent: bool,
    /// Whether to switch it for later starts although SELinux is disabled.
    #[serde(default)]
    ignore_selinux_state: bool,
}

impl BuiltIn for SeBoolean {
    const NAME: &'static str = "seboolean";
    const OTHER_NAMES: &'static [&'static str] = &["ansible.posix.seboolean"];
    const EXAMPLE: &'static str = "\
- name: The web server may open connections
  seboolean:
    name: httpd_can_network_connect
    state: true
    persistent: true
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "As given."),
        ("state", "As given."),
        ("persistent", "As given."),
    ];
}

impl Module for SeBoolean {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let (teller, before) = self.booleans(context)?;
        let line = before
            .lines()
            .find(|line| line.split_whitespace().next() == Some(&self.name));
        let Some(line) = line else {
            let message = format!("SELinux has no boolean {:?}", self.name);
            return Err(ModuleError::refused(message));
        };
        let word = if self.state { "on" } else { "off" };
        let letters = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
        let mut words = line.split(letters).filter(|word| !word.is_empty()).skip(1);
        let count = if self.persistent { 2 } else { 1 };
        let is_set = words.by_ref().take(count).all(|found| found == word);
        let mut change = Change::default();
        if !is_set {
            let new = if self.persistent {
                format!("{} ({word} , {word})", self.name)
            } else {
                format!("{} --> {word}", self.name)
            };
            let flag: &[&str] = if self.persistent { &["-P"] } else { &[] };
            let argument = format!("{}={word}", self.name);
            let words = ["setsebool"]
                .iter()
                .chain(flag)
                .copied()
                .chain([argument.as_str()]);
            change.steps.push(Step::Set(Setting {
                name: "booleans of SELinux".to_owned(),
                teller,
                after: before.replace(line, &new),
                setters: vec![Command::new(words)],
                before,
                brings_programs: false,
            }));
        }
        change.returns("name", self.name.as_str());
        change.returns("state", self.state);
        change.returns("persistent", self.persistent);
        Ok(change)
    }
}

impl SeBoolean {
    /// Returns the command that lists booleans, and what it prints.
    fn booleans(&self, context: &PlanContext) -> Result<(Command, String), ModuleError> {
        let teller = if self.persistent {
            // `NAME (STATE , DEFAULT) …`: the state now, and that of later starts.
            Command::new(["semanage", "boolean", "-l", "-n"])
        } else {
            Command::new(["getsebool", &self.name])
        };
        let output = context.host.query(&teller)?;
        if output.lacks_program() && self.persistent {
            return Err(ModuleError::Refused {
                message: "persistent needs the program semanage, which the host lacks".to_owned(),
                help: Some("install policycoreutils-python-utils".to_owned()),
            });
        }
        if output.status != 0 && !self.ignore_selinux_state {
            return Err(ModuleError::Refused {
                message: format!("`{}` exited with {}", teller.display(), output.status),
                help: Some("SELinux must be enabled, and the boolean must exist".to_owned()),
            });
        }
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((teller, told))
    }
}
