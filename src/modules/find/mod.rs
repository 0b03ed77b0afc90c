//! `find`: lists the contents of directories of a host.

mod filter;

use super::byte_pattern::BytePattern;
use super::checksum::Algorithm;
use super::host_path::{host_path, is_directory, look, real_path};
use super::node_fields;
use crate::change::{Change, Mode};
use crate::host::{Answer, HostError, Kind, Node, Probe, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{Fields, Value, map};
use camino::{Utf8Path, Utf8PathBuf};
use filter::Filter;

/// Finds entries in directories of the host by name, kind, age, size, mode and content.
///
/// Nothing is changed. Links are never followed.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the arguments of the module"
)]
pub(super) struct Find {
    /// The directories.
    paths: Vec<String>,
    /// Patterns of names, with `*`, `?` and `[…]`; by default any name matches.
    #[serde(default)]
    patterns: Vec<String>,
    /// Patterns of names to leave out.
    #[serde(default)]
    excludes: Vec<String>,
    /// Whether patterns are regular expressions, which match from the start of a name.
    #[serde(default)]
    use_regex: bool,
    /// The kind of entries to return.
    #[serde(default)]
    file_type: FileType,
    /// Whether to descend into subdirectories.
    #[serde(default)]
    recurse: bool,
    /// How many levels to descend with `recurse`; by default all.
    depth: Option<u32>,
    /// Whether to return names that start with a dot.
    #[serde(default)]
    hidden: bool,
    /// Minimum age, as in `2d` (`s`, `m`, `h`, `d`, `w`); negative for a maximum.
    age: Option<String>,
    /// The time to use for `age`.
    #[serde(default)]
    age_stamp: AgeStamp,
    /// Minimum size, as in `10m` (`b`, `k`, `m`, `g`, `t`); negative for a maximum.
    size: Option<String>,
    /// Permission bits.
    mode: Option<Mode>,
    /// Whether all bits must equal `mode`, instead of any of them being set.
    #[serde(default = "crate::module::yes")]
    exact_mode: bool,
    /// A regular expression that a line of the file must match from its start.
    contains: Option<String>,
    /// Whether `contains` may match anywhere in the file.
    #[serde(default)]
    read_whole_file: bool,
    /// Whether to return the checksum of each file.
    #[serde(default)]
    get_checksum: bool,
    /// The checksum algorithm.
    #[serde(default)]
    checksum_algorithm: Algorithm,
    /// Maximum number of results.
    limit: Option<usize>,
}

/// The kind of entries to return.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum FileType {
    Any,
    Directory,
    #[default]
    File,
    Link,
}

/// The time to use for `age`.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AgeStamp {
    Atime,
    Ctime,
    #[default]
    Mtime,
}

impl BuiltIn for Find {
    const NAME: &'static str = "find";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("path", "paths"),
        ("name", "paths"),
        ("pattern", "patterns"),
        ("exclude", "excludes"),
        ("checksum", "checksum_algorithm"),
        ("checksum_algo", "checksum_algorithm"),
    ];
    const PATHS: &'static [&'static str] = &["paths"];
    const EXAMPLE: &'static str = "\
- name: Which logs are older than a week?
  find:
    paths: /data/rocketmq
    patterns: '*.log.*'
    age: 1w
    recurse: true
  register: old_logs
  # Later: loop: \"{{ old_logs.files }}\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        (
            "files",
            "A list of maps with `path`, `checksum` if asked for, and what `stat` returns of kind, \
             mode, owner, size and times.",
        ),
        ("matched", "The number of results."),
        ("examined", "The number of entries examined."),
        (
            "skipped_paths",
            "Paths that are not directories or cannot be read, each with the reason.",
        ),
        ("msg", "Whether all paths were examined."),
    ];
}

impl Module for Find {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.limit == Some(0) {
            return Err(ModuleError::refused("limit: it must be more than 0"));
        }
        let filter = Filter::of(self, context.host)?;
        let (found, skipped) = self.found(context.host)?;
        let examined = found.len();
        let mut told = Vec::new();
        for (path, node) in found {
            if self.limit == Some(told.len()) {
                break;
            }
            if !filter.takes(&path, &node)? {
                continue;
            }
            if let Some(pattern) = &filter.contains
                && !(node.kind == Kind::File && self.content_fits(context.host, &path, pattern)?)
            {
                continue;
            }
            told.push(self.told(context.host, &path, &node)?);
        }
        let mut change = Change::default();
        let is_cut = self.limit == Some(told.len());
        change.returns(
            "msg",
            if is_cut {
                "Limit of matches reached"
            } else if skipped.is_empty() {
                "All paths examined"
            } else {
                "Not all paths examined, check warnings for details"
            },
        );
        for (path, reason) in &skipped {
            change
                .warnings
                .push(format!("{path} was not searched: {reason}"));
        }
        change.returns("matched", told.len());
        change.returns("examined", examined);
        change.returns("skipped_paths", map(skipped));
        change.returns("files", told);
        Ok(change)
    }
}

impl Find {
    /// Lists all directories in one round trip. Returns their entries, those nearer to the top
    /// first, and the paths that are not directories or cannot be read.
    fn found(&self, host: &Probe) -> Result<(Vec<(Utf8PathBuf, Node)>, Fields), ModuleError> {
        let depth = match (self.recurse, self.depth) {
            (false, _) => Some(1),
            (true, None | Some(0)) => None,
            (true, depth) => depth,
        };
        let paths = self.paths.iter().map(|path| host_path(path));
        let paths: Vec<_> = paths.collect::<Result<_, _>>()?;
        let looks = |path: &Utf8PathBuf| [look(path, true), look(path, false)];
        let mut questions: Vec<_> = paths.iter().flat_map(looks).collect();
        let looked = questions.len();
        questions.extend(
            paths
                .iter()
                .cloned()
                .map(|path| Question::Tree { path, depth }),
        );
        let mut answers = match host.ask(&questions) {
            // A part of one of them cannot be read: the others are listed one by one.
            Err(HostError::Read { .. }) => {
                questions.truncate(looked);
                host.ask(&questions)?
            }
            answers => answers?,
        };
        let mut trees = answers.split_off(looked).into_iter().map(Answer::into_tree);
        let mut nodes = answers.into_iter().map(Answer::into_path);
        let (mut found, mut skipped) = (Vec::new(), Fields::new());
        for path in paths {
            let [leads_to, itself] = [(); 2].map(|()| nodes.next().flatten());
            let below = trees.next();
            if !is_directory(leads_to.as_ref()) {
                let reason = format!("'{path}' is not a directory");
                skipped.insert(path.into_string(), reason.into());
                continue;
            }
            let mut below = match below {
                _ if !is_directory(itself.as_ref()) => {
                    behind_link(host, &path, depth, &mut skipped)?
                }
                Some(below) => below,
                None => readable(host, &path, depth, &mut skipped)?,
            };
            below.sort_by_key(|(path, _)| path.components().count());
            found.append(&mut below);
        }
        Ok((found, skipped))
    }

    fn content_fits(
        &self,
        host: &Probe,
        path: &Utf8Path,
        pattern: &BytePattern,
    ) -> Result<bool, ModuleError> {
        let content = host.read(path)?;
        if self.read_whole_file {
            return pattern.is_match(&content);
        }
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            if pattern.fits_start(line)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn told(&self, host: &Probe, path: &Utf8Path, node: &Node) -> Result<Value, ModuleError> {
        let mut fields = Fields::new();
        fields.insert("path".to_owned(), path.as_str().into());
        node_fields::add(&mut fields, host, path, node)?;
        if self.get_checksum && node.kind == Kind::File {
            let content = self.checksum_algorithm.content();
            if let Some(node) = host.look(path, false, content)? {
                let checksum = self.checksum_algorithm.checksum(host, path, &node)?;
                fields.insert("checksum".to_owned(), checksum.into());
            }
        }
        Ok(map(fields))
    }
}

/// Returns the entries of the directory that a link leads to, under the link's own path.
fn behind_link(
    host: &Probe,
    link: &Utf8Path,
    depth: Option<u32>,
    skipped: &mut Fields,
) -> Result<Vec<(Utf8PathBuf, Node)>, ModuleError> {
    let real = real_path(host, link)?;
    let mut not_read = Fields::new();
    let below = readable(host, &real, depth, &mut not_read)?;
    let under_link = |path: &Utf8Path| path.strip_prefix(&real).map(|rest| link.join(rest)).ok();
    let not_read = not_read.into_iter();
    skipped.extend(not_read.filter_map(|(path, reason)| {
        Some((under_link(Utf8Path::new(&path))?.into_string(), reason))
    }));
    let below = below.into_iter();
    Ok(below
        .filter_map(|(path, node)| Some((under_link(&path)?, node)))
        .collect())
}

/// Returns what is in a directory, without the directories that cannot be read: those are skipped,
/// with the reason. What can be read is asked for at once.
fn readable(
    host: &Probe,
    directory: &Utf8Path,
    depth: Option<u32>,
    skipped: &mut Fields,
) -> Result<Vec<(Utf8PathBuf, Node)>, ModuleError> {
    match host.tree(directory, depth) {
        Err(HostError::Read { .. }) => {}
        found => return Ok(found?),
    }
    let mut found = match host.tree(directory, Some(1)) {
        Err(HostError::Read { reason, .. }) => {
            skipped.insert(directory.to_string(), reason.into());
            return Ok(Vec::new());
        }
        found => found?,
    };
    let directories: Vec<_> = found
        .iter()
        .filter(|(_, node)| node.kind == Kind::Directory)
        .map(|(path, _)| path.clone())
        .collect();
    let left = depth.map(|depth| depth.saturating_sub(1));
    for directory in directories.iter().filter(|_| left != Some(0)) {
        found.append(&mut readable(host, directory, left, skipped)?);
    }
    Ok(found)
}
