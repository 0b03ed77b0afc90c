//! `modprobe`: modules of a host's kernel.

mod persistent;

use super::edited_file::{EditedFile, Writing};
use super::words;
use crate::change::Change;
use crate::host::{Command, Content, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use persistent::Files;

/// Loads or unloads a module of the kernel, now and when the host starts.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Modprobe {
    /// The module.
    name: String,
    /// Whether the module should be loaded now.
    #[serde(default)]
    state: Presence,
    /// Its parameters, separated by blanks: `numdummies=2`.
    #[serde(default)]
    params: String,
    /// Whether the host loads the module with its parameters when it starts, in files of
    /// `/etc/modules-load.d` and `/etc/modprobe.d`.
    #[serde(default)]
    persistent: Persistent,
}

/// Whether a module is loaded when the host starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Persistent {
    /// The files stay as they are.
    #[default]
    Disabled,
    /// It is loaded.
    Present,
    /// It is not loaded.
    Absent,
}

impl BuiltIn for Modprobe {
    const NAME: &'static str = "modprobe";
    const OTHER_NAMES: &'static [&'static str] = &["community.general.modprobe"];
    const EXAMPLE: &'static str = "\
- name: Bridges are filtered
  modprobe:
    name: br_netfilter
    persistent: present
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "As given."),
        ("params", "As given."),
        ("state", "As given."),
    ];
}

impl Module for Modprobe {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let is_bad = |letter: char| letter.is_whitespace() || "/#;".contains(letter);
        if self.name.is_empty() || self.name.starts_with('-') || self.name.contains(is_bad) {
            return Err(ModuleError::refused(format!(
                "{:?} is not a valid name of a kernel module",
                self.name
            )));
        }
        let mut change = Change::default();
        change.steps.extend(self.loaded(context)?);
        if self.persistent != Persistent::Disabled {
            let files = Files::read(context)?;
            let params: Vec<_> = self.params.split_whitespace().collect();
            let new = match self.persistent {
                Persistent::Present => files.present(&self.name, &params),
                _ => files.absent(&self.name),
            };
            for (path, text) in new {
                let file = EditedFile::open(context.host, path.as_str())?;
                let writing = Writing {
                    attributes: file.mode_if_new(0o644),
                    ..Writing::default()
                };
                change
                    .steps
                    .extend(file.put(text.into_bytes(), "", writing)?.steps);
            }
        }
        change.returns("name", self.name.as_str());
        change.returns("params", self.params.as_str());
        change.returns("state", self.state.name());
        Ok(change)
    }
}

impl Modprobe {
    /// Returns the step that loads or unloads the module, if one is needed.
    fn loaded(&self, context: &PlanContext) -> Result<Option<Step>, ModuleError> {
        let teller = Command::new(["cat", "/proc/modules"]);
        let output = context.host.query(&teller)?;
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        // The kernel knows no hyphens.
        let kernel_name = self.name.replace('-', "_");
        let is_module = |line: &&str| line.split(' ').next() == Some(&kernel_name);
        let is_loaded = before.lines().any(|line| is_module(&line));
        let (after, setter) = match self.state {
            Presence::Present if !is_loaded && !self.is_built_in(context)? => {
                let words = words::split(&self.params)?;
                let program = ["modprobe", &self.name].map(str::to_owned);
                let command = Command::new(program.into_iter().chain(words));
                (
                    format!("{before}{kernel_name} 0 0 - Live 0x0000000000000000\n"),
                    command,
                )
            }
            Presence::Absent if is_loaded => {
                let others = before.lines().filter(|line| !is_module(line));
                let command = Command::new(["modprobe", "-r", &self.name]);
                (others.map(|line| format!("{line}\n")).collect(), command)
            }
            _ => return Ok(None),
        };
        Ok(Some(Step::Set(Setting {
            name: "modules of the kernel".to_owned(),
            teller,
            before,
            after,
            setters: vec![setter],
            brings_programs: false,
        })))
    }

    /// Returns whether the module is a part of the kernel itself.
    fn is_built_in(&self, context: &PlanContext) -> Result<bool, ModuleError> {
        let facts = context.host.facts()?;
        let Some(kernel) = facts.0.get("kernel") else {
            return Ok(false);
        };
        let path = format!("/lib/modules/{kernel}/modules.builtin");
        let path = camino::Utf8Path::new(&path);
        let found = context.host.look(path, true, Content::UpTo(1 << 20))?;
        let list = found.and_then(|node| node.content).unwrap_or_default();
        let file = format!("/{}.ko", self.name);
        let list = String::from_utf8_lossy(&list).into_owned();
        Ok(list.lines().any(|line| line.trim_end().ends_with(&file)))
    }
}
