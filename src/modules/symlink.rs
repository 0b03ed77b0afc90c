//! `symlink`: a symbolic link that is switched atomically.

use super::file_result::FileResult;
use super::host_path::{host_path, is_directory, look, target_of};
use crate::change::{Attributes, Change, Replace};
use crate::host::Kind;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use camino::Utf8PathBuf;

/// Creates a symbolic link, or switches it atomically: it always leads to the old or the new
/// target, and never is missing.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SymlinkModule {
    /// The link.
    path: String,
    /// Its target; a relative path starts in the link's directory.
    src: String,
    /// Whether the link may replace a file or an empty directory, and whether its target may be
    /// missing.
    #[serde(default)]
    force: bool,
}

impl BuiltIn for SymlinkModule {
    const NAME: &'static str = "symlink";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("dest", "path"), ("name", "path"), ("target", "src")];
    const WRITES: Writes = Writes::Tree("path");
    const PATHS: &'static [&'static str] = &["path"];
    const RELATIVE_PATHS: &'static [&'static str] = &["src"];
    const EXAMPLE: &'static str = "\
- name: The release in use is 5.3.3
  symlink:
    path: /usr/local/rocketmq
    src: rocketmq-5.3.3
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("dest", "The link."),
        ("src", "Its target, as written in the link."),
        ("previous", "Its previous target, if it changes."),
        ("state", "`link`."),
    ];
}

impl Module for SymlinkModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let path = host_path(&self.path)?;
        // Relative to the link, so it stays as it is written.
        let target = Utf8PathBuf::from(&self.src);
        let place = target_of(&path, &target);
        let answers = context
            .host
            .ask(&[look(&path, false), look(&place, true)])?;
        let mut nodes = answers.into_iter().map(crate::host::Answer::into_path);
        let (found, leads_to) = (nodes.next().flatten(), nodes.next().flatten());
        if leads_to.is_none() && !self.force {
            return Err(ModuleError::Refused {
                message: format!("there is nothing at {place}, the target of the link"),
                help: Some("set force: true to create the link anyway".to_owned()),
            });
        }
        let replace = if self.force {
            Replace::FilesToo
        } else {
            Replace::LinksOnly
        };
        let is_empty = self.force
            && is_directory(found.as_ref())
            && context.host.tree(&path, Some(1))?.is_empty();
        let mut change = Change::default();
        change.ensure_symlink(&path, &target, found.as_ref(), replace, is_empty)?;
        change.returns("dest", path.as_str());
        change.returns("src", target.as_str());
        let old = found.filter(|node| matches!(node.kind, Kind::Symlink { .. }));
        if let (Some(Kind::Symlink { target: previous }), false) =
            (old.as_ref().map(|node| &node.kind), change.steps.is_empty())
        {
            change.returns("previous", previous.as_str());
        }
        FileResult {
            found: old.as_ref(),
            above: None,
            attributes: &Attributes::default(),
            state: "link",
            size: Some(target.as_str().len() as u64),
        }
        .add(&mut change, context.host)?;
        Ok(change)
    }
}
