//! `slurp`: the content of a file of the host as a value.

use super::host_path::host_path;
use crate::change::Change;
use crate::host::{Content, HostError, Kind};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Returns the content of a file, in base64 since it may be binary.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Slurp {
    /// The file.
    src: String,
}

/// Files up to this size in bytes come with the first answer.
const AT_ONCE: u64 = 1024 * 1024;

impl BuiltIn for Slurp {
    const NAME: &'static str = "slurp";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("path", "src")];
    const PATHS: &'static [&'static str] = &["src"];
    const EXAMPLE: &'static str = "\
- name: Read the names that the host knows
  slurp:
    src: /etc/hosts
  register: hosts
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        (
            "content",
            "The content in base64; decode it with the filter b64decode.",
        ),
        ("encoding", "`base64`."),
        ("source", "The file."),
    ];
}

impl Module for Slurp {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let path = host_path(&self.src)?;
        let unreadable = |error: HostError| match error {
            error @ HostError::Step { .. } => {
                ModuleError::from(error).as_ansible(format!("File is not readable: {path}"))
            }
            error => error.into(),
        };
        let node = context
            .host
            .look(&path, true, Content::UpTo(AT_ONCE))
            .map_err(unreadable)?;
        let node = node.ok_or_else(|| {
            ModuleError::refused(format!("there is no file {path}"))
                .as_ansible(format!("File not found: {path}"))
        })?;
        if node.kind == Kind::Directory {
            let message = format!("{path} is a directory, not a file");
            let words = format!("Source is a directory and must be a file: {path}");
            return Err(ModuleError::refused(message).as_ansible(words));
        }
        let content = match node.content {
            Some(content) => content,
            None => context.host.read(&path).map_err(unreadable)?,
        };
        let mut change = Change::default();
        change.returns("content", STANDARD.encode(content));
        change.returns("encoding", "base64");
        change.returns("source", path.as_str());
        Ok(change)
    }
}
