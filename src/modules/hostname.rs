//! `hostname`: sets the name of a host.

use crate::change::{Attributes, Change, EnsureFile, Mode, Sets, Shows, file_question};
use crate::host::{Answer, Body, Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::value::Fields;

/// The file with the name that the host gets at boot.
const FILE: &str = "/etc/hostname";

/// Sets the host's name, now and for the next boot.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Hostname {
    /// The name.
    name: String,
    /// Ignored: all hosts are handled in the same way.
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    r#use: Option<String>,
}

impl BuiltIn for Hostname {
    const NAME: &'static str = "hostname";
    const WRITES: Writes = Writes::Files(&[FILE]);
    const EXAMPLE: &'static str = "\
- name: The host knows its name
  hostname:
    name: \"{{ inventory_hostname }}\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("name", "The name.")];
}

impl Module for Hostname {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let is_name = !self.name.is_empty() && self.name.len() <= 64 && self.name.chars().all(fits);
        if !is_name || self.name.starts_with(['-', '.']) {
            return Err(ModuleError::refused(format!(
                "{:?} is not a valid host name: use at most 64 letters, digits, - and .",
                self.name
            )));
        }
        let teller = Command::new(["uname", "-n"]);
        let told = context.host.query(&teller)?.stdout;
        let answers = context.host.ask(&[file_question(FILE.into())])?;
        let found = answers.into_iter().next().and_then(Answer::into_path);
        let mut change = Change::default();
        let file = EnsureFile {
            path: FILE.into(),
            body: Body::Bytes(format!("{}\n", self.name).into_bytes().into()),
            attributes: Attributes {
                // Everybody on the host may know its name.
                mode: found.is_none().then(|| Mode::of_bits(0o644)),
                ..Attributes::default()
            },
            backup: false,
            validate: None,
        };
        change.ensure_file(file, found.as_ref())?;
        let told = String::from_utf8_lossy(&told).into_owned();
        if told.trim() != self.name {
            change.steps.push(Step::Set(Setting {
                name: "name of the host".to_owned(),
                teller,
                before: told,
                after: format!("{}\n", self.name),
                setters: vec![Command::new(["hostname", &self.name])],
                brings_programs: false,
            }));
        }
        change.shows = Shows::One;
        change.returns("name", self.name.as_str());
        let short = self.name.split('.').next().unwrap_or(&self.name);
        change.sets = Sets::Facts(Fields::from_iter([
            ("hostname".to_owned(), short.into()),
            ("nodename".to_owned(), self.name.as_str().into()),
        ]));
        Ok(change)
    }
}
