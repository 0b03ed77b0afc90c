//! `stat`: what stands at a path of the host.

use super::host_path::host_path;
use crate::change::Change;
use crate::host::{Command, Content, Kind, Node};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{self, Fields, Value};
use camino::Utf8Path;

/// Returns what stands at a path of the host; changes nothing.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stat {
    /// The path.
    path: String,
    /// Whether a symbolic link at the end is followed.
    #[serde(default)]
    follow: bool,
    /// Whether a file's checksum is returned.
    #[serde(default = "yes")]
    get_checksum: bool,
    /// Which checksum.
    #[serde(default)]
    checksum_algorithm: Algorithm,
    /// Accepted: the type of the content is not looked at.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    get_mime: bool,
    /// Accepted: attributes of file systems are not looked at.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    get_attributes: bool,
}

fn yes() -> bool {
    true
}

/// A checksum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Algorithm {
    /// SHA-1.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// MD5.
    Md5,
}

impl BuiltIn for Stat {
    const NAME: &'static str = "stat";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("name", "path"),
        ("checksum", "checksum_algorithm"),
        ("checksum_algo", "checksum_algorithm"),
        ("mime", "get_mime"),
        ("attributes", "get_attributes"),
    ];
    const EXAMPLE: &'static str = "\
- name: See whether the broker was stopped cleanly
  stat:
    path: /var/lib/rocketmq/store/abort
  register: abort_file
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "stat",
        "`exists`, and if so kind, mode, owner, size, times and checksum.",
    )];
}

impl Module for Stat {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let path = host_path(context.host, &self.path)?;
        let digest = self.get_checksum && self.checksum_algorithm == Algorithm::Sha256;
        let content = if digest {
            Content::Digest
        } else {
            Content::None
        };
        let mut change = Change::default();
        let Some(node) = context.host.look(&path, self.follow, content)? else {
            change.returns("stat", Value::from_pairs([("exists", false)]));
            return Ok(change);
        };
        let mut fields = described(&path, &node);
        if self.get_checksum && node.kind == Kind::File {
            let checksum = match &node.sha256 {
                Some(sha256) => sha256.clone(),
                None => self.checksum(&path, context)?,
            };
            fields.insert("checksum".to_owned(), checksum.into());
        }
        change.returns("stat", value::map(fields));
        Ok(change)
    }
}

impl Stat {
    fn checksum(&self, path: &Utf8Path, context: &PlanContext) -> Result<String, ModuleError> {
        let program = match self.checksum_algorithm {
            Algorithm::Sha1 => "sha1sum",
            Algorithm::Sha256 => "sha256sum",
            Algorithm::Sha512 => "sha512sum",
            Algorithm::Md5 => "md5sum",
        };
        let output = context
            .host
            .query(&Command::new([program, "--", path.as_str()]))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // A backslash before the sum says that the name is escaped after it.
        let word = text
            .split_whitespace()
            .next()
            .map(|word| word.trim_start_matches('\\'));
        match (output.status, word) {
            (0, Some(sum)) => Ok(sum.to_owned()),
            _ => Err(ModuleError::refused(format!(
                "cannot read {path}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            ))),
        }
    }
}

/// Returns Ansible's names for what is known of a node.
fn described(path: &Utf8Path, node: &Node) -> Fields {
    let mut fields = Fields::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("exists", true.into());
    set("path", path.as_str().into());
    set("isreg", (node.kind == Kind::File).into());
    set("isdir", (node.kind == Kind::Directory).into());
    set("islnk", matches!(node.kind, Kind::Symlink { .. }).into());
    if let Kind::Symlink { target } = &node.kind {
        let folder = path.parent().unwrap_or(Utf8Path::new("/"));
        set("lnk_target", target.as_str().into());
        set("lnk_source", folder.join(target).as_str().into());
    }
    set("mode", format!("{:04o}", node.mode).into());
    set("uid", node.uid.into());
    set("gid", node.gid.into());
    set("pw_name", node.owner.clone().into());
    set("gr_name", node.group.clone().into());
    set("size", node.size.into());
    set("mtime", node.modified.into());
    set("atime", node.accessed.into());
    set("ctime", node.changed.into());
    set("nlink", node.links.into());
    set("inode", node.inode.into());
    set("dev", node.device.into());
    let bits = [
        ("xusr", 0o100),
        ("wusr", 0o200),
        ("rusr", 0o400),
        ("xgrp", 0o010),
        ("wgrp", 0o020),
        ("rgrp", 0o040),
        ("xoth", 0o001),
        ("woth", 0o002),
        ("roth", 0o004),
        ("isuid", 0o4000),
        ("isgid", 0o2000),
    ];
    for (name, bit) in bits {
        set(name, (node.mode & bit != 0).into());
    }
    fields
}
