//! `sysctl`: parameters of a host's kernel.

use super::host_path::host_path;
use crate::change::{Attributes, Change, EnsureFile, Mode, file_question};
use crate::host::{Answer, Body, Command, Kind, Node, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use crate::value::Value;
use minijinja::value::ValueKind;

/// Keeps a parameter of the kernel in a file that is read when the host starts, and sets it.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KernelParameter {
    /// The parameter, such as `vm.swappiness`.
    name: String,
    /// Its value.
    #[schemars(with = "Option<String>")]
    value: Option<Value>,
    /// Whether the file has it.
    #[serde(default)]
    state: Presence,
    /// The file.
    #[serde(default = "usual_file")]
    sysctl_file: String,
    /// Whether the kernel reads the file again if it was changed.
    #[serde(default = "crate::module::yes")]
    reload: bool,
    /// Whether the kernel's value is compared and set, whatever is in the file.
    #[serde(default)]
    sysctl_set: bool,
    /// Whether parameters of the file are passed over that the kernel does not know.
    #[serde(default)]
    ignoreerrors: bool,
}

fn usual_file() -> String {
    "/etc/sysctl.conf".to_owned()
}

impl BuiltIn for KernelParameter {
    const NAME: &'static str = "sysctl";
    const WRITES: Writes = Writes::File("sysctl_file");
    const OTHER_NAMES: &'static [&'static str] = &["ansible.posix.sysctl"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("key", "name"), ("val", "value")];
    const PATHS: &'static [&'static str] = &["sysctl_file"];
    const EXAMPLE: &'static str = "\
- name: Files of the store may be mapped
  sysctl:
    name: vm.max_map_count
    value: 655360
    sysctl_file: /etc/sysctl.d/rocketmq.conf
    sysctl_set: true
";
}

impl Module for KernelParameter {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let value = self.wanted()?;
        let path = host_path(&self.sysctl_file)?;
        let answers = context.host.ask(&[file_question(path.clone())])?;
        let found = answers.into_iter().next().and_then(Answer::into_path);
        let old = match &found {
            Some(node) => text(context, &path, node)?,
            None => String::new(),
        };
        let mut change = Change::default();
        let new = self.edited(&old, value.as_deref());
        if new != old {
            let file = EnsureFile {
                path: path.clone(),
                body: Body::Bytes(new.into_bytes().into()),
                attributes: Attributes {
                    // Kernel parameters are never secret.
                    mode: found.is_none().then(|| Mode::of_bits(0o644)),
                    ..Attributes::default()
                },
                backup: false,
                validate: None,
            };
            change.ensure_file(file, found.as_ref())?;
        }
        let reads_again = self.reload && change.is_changed();
        if let (Some(value), true) = (&value, reads_again || self.sysctl_set) {
            self.set(
                &mut change,
                context,
                value,
                reads_again.then_some(path.as_str()),
            )?;
        } else if reads_again {
            let command = Command::new(self.argv(&["-p", path.as_str()]));
            let any_status = false;
            change.steps.push(Step::Run {
                command,
                any_status,
            });
        }
        Ok(change)
    }
}

impl KernelParameter {
    /// Returns the value with its parts separated by single spaces.
    fn wanted(&self) -> Result<Option<String>, ModuleError> {
        if self.name.is_empty() || self.name.contains(['=', '\n', ' ']) {
            return Err(ModuleError::refused(
                "name: it must be the name of a parameter",
            ));
        }
        if self.state == Presence::Absent {
            return Ok(None);
        }
        let value = match &self.value {
            Some(value) if value.kind() == ValueKind::Bool => u8::from(value.is_true()).to_string(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        let value = parts(&value);
        if value.is_empty() {
            return Err(ModuleError::refused(
                "value cannot be empty with state: present",
            ));
        }
        Ok(Some(value))
    }

    /// Returns the file's text with this parameter set once, in its first position, or removed.
    fn edited(&self, text: &str, value: Option<&str>) -> String {
        let mut out = String::with_capacity(text.len() + 64);
        let mut is_there = value.is_none();
        for line in text.lines() {
            let name = line.split_once('=').map(|(name, _)| name.trim());
            let is_comment = line.trim_start().starts_with(['#', ';']);
            if is_comment || name != Some(self.name.as_str()) {
                out = out + line + "\n";
                continue;
            }
            if let (Some(value), false) = (value, is_there) {
                is_there = true;
                let is_same = line
                    .split_once('=')
                    .is_some_and(|(_, old)| parts(old) == value);
                out += &if is_same {
                    format!("{line}\n")
                } else {
                    self.line(value)
                };
            }
        }
        match value {
            Some(value) if !is_there => out + &self.line(value),
            _ => out,
        }
    }

    fn line(&self, value: &str) -> String {
        format!("{}={value}\n", self.name)
    }

    /// Sets the kernel's value, by reloading the file if it was changed.
    fn set(
        &self,
        change: &mut Change,
        context: &PlanContext,
        value: &str,
        file: Option<&str>,
    ) -> Result<(), ModuleError> {
        let teller = Command::new(["sysctl", "-n", &self.name]);
        let output = context.host.query(&teller)?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let assignment = format!("{}={value}", self.name);
        let is_set = parts(&told) == value;
        let mut setters = Vec::new();
        if let Some(file) = file {
            setters.push(Command::new(self.argv(&["-p", file])));
        }
        if self.sysctl_set && !is_set {
            setters.push(Command::new(self.argv(&["-w", &assignment])));
        }
        if !setters.is_empty() {
            change.steps.push(Step::Set(Setting {
                name: format!("kernel parameter {}", self.name),
                teller,
                before: told,
                after: format!("{value}\n"),
                setters,
                brings_programs: false,
            }));
        }
        Ok(())
    }

    fn argv<'a>(&self, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut argv = vec!["sysctl"];
        if self.ignoreerrors {
            argv.push("-e");
        }
        argv.extend(arguments);
        argv
    }
}

/// Returns the parts of a value separated by single spaces.
fn parts(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(
    context: &PlanContext,
    path: &camino::Utf8Path,
    node: &Node,
) -> Result<String, ModuleError> {
    if node.kind != Kind::File {
        let kind = node.kind.name();
        return Err(ModuleError::refused(format!(
            "{path} is {kind}, not a file"
        )));
    }
    let content = match &node.content {
        Some(content) => content.clone(),
        None => context.host.read(path)?,
    };
    String::from_utf8(content).map_err(|_| ModuleError::refused(format!("{path} is not UTF-8")))
}
