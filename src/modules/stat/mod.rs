//! `stat`: what is at a path.

mod programs;

use super::checksum::Algorithm;
use super::host_path::{host_path, real_path};
use super::node_fields;
use crate::change::Change;
use crate::host::{Access, Answer, Content, HostError, Kind, Node, Probe, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{Fields, map};
use camino::Utf8Path;

/// Retrieves the status of a path: kind, size, mode, owner, times, checksum.
///
/// Nothing is changed. Times are whole seconds.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stat {
    /// The path.
    path: String,
    /// Whether to follow a link.
    #[serde(default)]
    follow: bool,
    /// Whether to return the checksum of a file.
    #[serde(default = "crate::module::yes")]
    get_checksum: bool,
    /// The checksum algorithm.
    #[serde(default)]
    checksum_algorithm: Algorithm,
    /// Whether to return `mimetype` and `charset`, from the host's program `file`; false by
    /// default.
    #[serde(default)]
    get_mime: bool,
    /// Whether to return `attributes`, `attr_flags` and `version`, from the host's program
    /// `lsattr`; false by default.
    #[serde(default)]
    get_attributes: bool,
}

impl BuiltIn for Stat {
    const NAME: &'static str = "stat";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("name", "path"),
        ("mime", "get_mime"),
        ("mime_type", "get_mime"),
        ("mime-type", "get_mime"),
        ("attr", "get_attributes"),
        ("attributes", "get_attributes"),
        ("checksum", "checksum_algorithm"),
        ("checksum_algo", "checksum_algorithm"),
    ];
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = "\
- name: Is there a configuration?
  stat:
    path: /etc/rocketmq/broker.conf
  register: configuration
  # Later: when: configuration.stat.exists
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "stat",
        "A map. Always `exists`; if it does: `path`, `isreg`, `isdir`, `islnk`, `ischr`, `isblk`, \
         `isfifo`, `issock`, `mode` as in \"0644\", `uid`, `gid`, `pw_name`, `gr_name`, `size`, \
         `inode`, `dev`, `nlink`, `atime`, `mtime`, `ctime`, `isuid`, `isgid`; `rusr`, `wusr`, \
         `xusr` and the same for `grp` and `oth`; `readable`, `writeable` and `executable` for \
         the task's user; `checksum` of a file that can be read; `lnk_target` and `lnk_source` \
         (with all links resolved) of a link.",
    )];
}

impl Module for Stat {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let path = host_path(&self.path)?;
        let (node, access) = self.look(context, &path)?;
        let mut stat = Fields::new();
        stat.insert("exists".to_owned(), node.is_some().into());
        if let Some(node) = node {
            stat.insert("path".to_owned(), path.as_str().into());
            node_fields::add(&mut stat, context.host, &path, &node)?;
            add_target(&mut stat, context.host, &path, &node)?;
            stat.insert("readable".to_owned(), access.readable.into());
            stat.insert("writeable".to_owned(), access.writable.into());
            stat.insert("executable".to_owned(), access.executable.into());
            if self.get_checksum && node.kind == Kind::File && access.readable {
                let algorithm = self.checksum_algorithm;
                let checksum = algorithm.checksum(context.host, &path, &node)?;
                stat.insert("checksum".to_owned(), checksum.into());
            }
            if self.get_mime {
                stat.extend(programs::mime(context.host, &path)?);
            }
            if self.get_attributes {
                stat.extend(programs::attributes(context.host, &path)?);
            }
        }
        let mut change = Change::default();
        change.returns("stat", map(stat));
        Ok(change)
    }
}

impl Stat {
    /// Asks what is at the path, and what the user may do with it.
    fn look(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
    ) -> Result<(Option<Node>, Access), ModuleError> {
        let ask = |content| {
            let look = Question::Path {
                path: path.to_owned(),
                follow: self.follow,
                content,
            };
            context.host.ask(&[look, Question::Access(path.to_owned())])
        };
        let wanted = if self.get_checksum {
            self.checksum_algorithm.content()
        } else {
            Content::None
        };
        let answers = match ask(wanted.clone()) {
            // A file that may not be read can still be looked at.
            Err(HostError::Read { .. }) if wanted != Content::None => ask(Content::None)?,
            answers => answers?,
        };
        let mut found = (None, Access::default());
        for answer in answers {
            match answer {
                Answer::Path(node) => found.0 = node,
                Answer::Access(access) => found.1 = access,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// Adds the target of a link.
fn add_target(
    stat: &mut Fields,
    host: &Probe,
    path: &Utf8Path,
    node: &Node,
) -> Result<(), ModuleError> {
    if let Kind::Symlink { target } = &node.kind {
        stat.insert("lnk_target".to_owned(), target.as_str().into());
        let source = real_path(host, path)?;
        stat.insert("lnk_source".to_owned(), source.as_str().into());
    }
    Ok(())
}
