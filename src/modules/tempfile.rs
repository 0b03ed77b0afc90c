//! `tempfile`: a file or directory with an unpredictable name.

use super::file_result::FileResult;
use super::host_path::host_path;
use crate::change::{Attributes, Change, Mode};
use crate::host::{Body, Ownership, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt::Write;

/// Creates an empty file or directory that only the host's user can access, with an unpredictable
/// name.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tempfile {
    /// What to create.
    #[serde(default)]
    state: State,
    /// The directory to create it in; the default is the variable TMPDIR, or /tmp.
    path: Option<String>,
    /// The start of the name.
    #[serde(default = "usual_prefix")]
    prefix: String,
    /// The end of the name.
    #[serde(default)]
    suffix: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    File,
    Directory,
}

fn usual_prefix() -> String {
    "ansible.".to_owned()
}

impl BuiltIn for Tempfile {
    const NAME: &'static str = "tempfile";
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = "\
- name: A place for the backup
  tempfile:
    state: directory
    suffix: .backup
  register: place
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("path", "The file or directory."),
        ("state", "`file` or `directory`."),
        ("mode", "Permission bits, as in \"0600\"."),
        ("owner", "User name; `uid` is the number."),
    ];
}

impl Module for Tempfile {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let folder = match &self.path {
            Some(path) => host_path(path)?,
            None => {
                let environment = context.host.facts()?.0.get("env").cloned();
                let folder = environment.and_then(|all| all.get_attr("TMPDIR").ok());
                let folder = folder.as_ref().and_then(|folder| folder.as_str());
                host_path(folder.unwrap_or("/tmp"))?
            }
        };
        let path = folder.join(format!("{}{}{}", self.prefix, random()?, self.suffix));
        let mut change = Change::default();
        change.returns("path", path.as_str());
        let owned = |mode| Ownership {
            mode: Some(mode),
            ..Ownership::default()
        };
        let (state, mode) = match self.state {
            State::File => ("file", 0o600),
            State::Directory => ("directory", 0o700),
        };
        FileResult {
            found: None,
            above: None,
            attributes: &Attributes {
                mode: Some(Mode::of_bits(mode)),
                ..Attributes::default()
            },
            state,
            size: (self.state == State::File).then_some(0),
        }
        .add(&mut change, context.host)?;
        change.steps.push(match self.state {
            State::Directory => Step::Mkdir {
                path,
                ownership: owned(mode),
            },
            State::File => Step::Write {
                path,
                before: None,
                body: Body::Bytes(Vec::new().into()),
                ownership: owned(mode),
                backup: None,
                validate: None,
            },
        });
        Ok(change)
    }
}

/// Returns random letters and digits.
pub(super) fn random() -> Result<String, ModuleError> {
    let mut bytes = [0; 8];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| ModuleError::refused("cannot read random numbers on this machine"))?;
    let mut name = String::new();
    for byte in bytes {
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}
