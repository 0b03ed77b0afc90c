//! `unarchive`: unpacks an archive on a host.

mod comparison;
mod source;

use super::guard;
use super::host_path::host_path;
use crate::archive::{Archive, Choice, Selected};
use crate::change::{Attributes, Change, Mode};
use crate::host::{
    Answer, Before, Content, Kind, Node, Ownership, Probe, Question, Step, Unpack, UnpackEntry,
};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::modules::web;
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};
use comparison::Comparison;
use std::sync::Arc;

/// Unpacks an archive of this machine, of the host (`remote_src`) or from a URL into a directory of
/// the host.
///
/// The archive is read on this machine and compared with the host entry by entry: kind, content,
/// link target and mode, not times. Only differences are sent, as plain tar, so the host only needs
/// `tar`, whatever the format of the archive is: tar, tar.gz, tar.bz2, tar.xz, tar.zst or zip,
/// detected by its content. Files that are not in the archive are left alone.
///
/// Files belong to the user who unpacks unless `owner` or `group` are given; the owners in the
/// archive are ignored. Write permissions for group and others, set-user-ID and the like are
/// ignored too, unless `mode` sets them. Hard links become separate files. An archive that would
/// write outside of `dest` is refused as a whole, and nothing is ever written through a link of the
/// host.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of Ansible's"
)]
pub(super) struct Unarchive {
    /// The archive: a file of this machine, searched like `src` of `copy`; a file of the host with
    /// `remote_src`; or a URL that starts with `https://` or `http://`, which this machine
    /// downloads to `~/.cache/rmqplay`.
    src: String,
    /// The directory, which must exist.
    dest: String,
    /// Whether `src` is a file of the host.
    #[serde(default)]
    remote_src: bool,
    /// The opposite of `remote_src`, as in old playbooks.
    copy: Option<bool>,
    /// The checksum of the archive: `sha256:…` or `sha512:…`, with the digest or with the URL of a
    /// list of digests. An http URL should have one.
    checksum: Option<String>,
    /// Whether to use a URL without a warning although nothing authenticates its content.
    #[serde(default)]
    insecure: bool,
    /// A path or glob of the host; if it exists, nothing is done.
    creates: Option<String>,
    /// Patterns of paths: only matching entries, and everything below them, are unpacked.
    #[serde(default)]
    include: Vec<String>,
    /// Patterns of paths: matching entries, and everything below them, are not unpacked.
    #[serde(default)]
    exclude: Vec<String>,
    /// Whether to keep files of the host that are newer than the archive's.
    #[serde(default)]
    keep_newer: bool,
    /// Whether to return the entries as `files`.
    #[serde(default)]
    list_files: bool,
    /// How many folders to strip from the start of each path.
    #[serde(default)]
    strip_components: usize,
    /// For Ansible's playbooks: only `--strip-components=N` is accepted.
    #[serde(default)]
    extra_opts: Vec<String>,
    /// Whether to decrypt an archive of this machine that is encrypted with Ansible Vault; true by
    /// default.
    #[serde(default = "crate::module::yes")]
    decrypt: bool,
    /// The owner of all entries.
    owner: Option<String>,
    /// The group of all entries.
    group: Option<String>,
    /// The mode of all entries, such as `u=rwX,go=rX`.
    mode: Option<Mode>,
}

impl BuiltIn for Unarchive {
    const NAME: &'static str = "unarchive";
    const OTHER_NAMES: &'static [&'static str] = &["untar"];
    const WRITES: Writes = Writes::Tree("dest");
    const PATHS: &'static [&'static str] = &["dest", "creates"];
    const EXAMPLE: &'static str = "\
- name: The release is unpacked, without its topmost folder
  unarchive:
    src: release.tar.gz
    dest: /usr/local/rocketmq-5.3.3
    strip_components: 1

- name: The release comes from the web
  unarchive:
    src: https://example.com/release.zip
    checksum: sha512:https://example.com/release.zip.sha512
    dest: /usr/local
    creates: /usr/local/rocketmq-5.3.3/bin
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("src", "The archive as given."),
        ("dest", "The directory."),
        ("handler", "The archive's format: `tar.gz`, `zip`, …"),
        ("state", "`directory`."),
        ("files", "The paths in the archive, with `list_files`."),
        ("unpacked", "The number of entries that are sent."),
    ];
}

impl Module for Unarchive {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let choice = self.choice()?;
        let dest = host_path(&self.dest)?;
        let mut change = Change::default();
        change.returns("src", self.src.as_str());
        change.returns("dest", dest.as_str());
        let creates = self.creates.as_deref();
        let done = guard::nothing_to_do(context, None, creates, None)?;
        change.skipped = done.map(|done| done.stdout);
        if change.skipped.is_some() {
            return Ok(change);
        }
        let fetched = self.fetch(context)?;
        change.warnings.extend(fetched.doubt);
        let archive = context
            .archives
            .open(&fetched.path, context.host.limits())?;
        let selected = archive.select(&choice)?;
        change.returns("handler", archive.format.name());
        change.returns("state", "directory");
        if self.list_files {
            let paths = selected.iter().map(|one| one.path.as_str());
            change.returns("files", paths.collect::<Value>());
        }
        let mut comparison =
            Comparison::new(&dest, self.attributes(context.host)?, self.keep_newer);
        let found = look(context, &dest, &selected)?;
        for (one, node) in selected.into_iter().zip(&found) {
            comparison.add(one, node.as_ref())?;
        }
        change.returns("unpacked", comparison.missing.len());
        change.steps.append(&mut comparison.removed);
        if !comparison.missing.is_empty() {
            let missing = std::mem::take(&mut comparison.missing);
            change
                .steps
                .push(self.unpack(context, &archive, &dest, missing)?);
        }
        change.steps.append(&mut comparison.adjusted);
        Ok(change)
    }

    fn doubt(&self) -> Option<String> {
        let url = Some(&self.src).filter(|src| src.contains("://"))?;
        web::doubt(url, self.checksum.as_deref(), self.insecure)
    }
}

impl Unarchive {
    fn attributes(&self, host: &Probe) -> Result<Attributes, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(attributes.on(host)?)
    }

    fn choice(&self) -> Result<Choice, ModuleError> {
        if !self.include.is_empty() && !self.exclude.is_empty() {
            return Err(ModuleError::refused(
                "include and exclude are mutually exclusive",
            ));
        }
        let mut strip_components = self.strip_components;
        let mut options = self.extra_opts.iter();
        while let Some(option) = options.next() {
            let count = match option.as_str() {
                "--strip-components" | "--strip" => options.next().map(String::as_str),
                option => (option.strip_prefix("--strip-components="))
                    .or_else(|| option.strip_prefix("--strip=")),
            };
            strip_components = count.and_then(|count| count.parse().ok()).ok_or_else(|| {
                ModuleError::refused(format!(
                    "extra_opts: {option} is not supported, since rmqplay unpacks the archive \
                     itself; only --strip-components=N is"
                ))
            })?;
        }
        Ok(Choice {
            strip_components,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
        })
    }

    fn unpack(
        &self,
        context: &PlanContext,
        archive: &Archive,
        dest: &Utf8Path,
        mut missing: Vec<(Selected, Option<Before>)>,
    ) -> Result<Step, ModuleError> {
        if missing.iter().any(|(entry, _)| entry.mode.is_none()) {
            let usual = 0o777 & !context.host.facts()?.umask();
            for (entry, _) in &mut missing {
                entry.mode.get_or_insert(usual);
            }
        }
        let (entries, before): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
        let stream = context
            .archives
            .stream(archive, &entries, context.host.limits())?;
        let entries = entries.into_iter().zip(before).zip(&stream.offsets);
        Ok(Step::Unpack(Arc::new(Unpack {
            name: archive.name(),
            directory: dest.to_owned(),
            tar: stream.path.clone(),
            size: stream.size,
            entries: entries
                .map(|((entry, before), offset)| self.entry(entry, before, *offset))
                .collect(),
        })))
    }

    fn entry(&self, selected: Selected, before: Option<Before>, offset: u64) -> UnpackEntry {
        UnpackEntry {
            mode: selected.mode.unwrap_or(USUAL_OF_FOLDERS),
            ownership: Ownership {
                mode: None,
                owner: self.owner.clone(),
                group: self.group.clone(),
            },
            path: selected.path,
            kind: selected.kind,
            size: selected.size,
            sha256: selected.sha256,
            modified: selected.modified,
            offset,
            before,
        }
    }
}

/// The mode that a symbolic mode modifies for a folder without an entry in the archive.
const USUAL_OF_FOLDERS: u32 = 0o755;

/// Returns the node at the path of each entry, in one request with that of `dest`.
fn look(
    context: &PlanContext,
    dest: &Utf8Path,
    selected: &[Selected],
) -> Result<Vec<Option<Node>>, ModuleError> {
    let question = |path: Utf8PathBuf, follow, content| Question::Path {
        path,
        follow,
        content,
    };
    let mut questions = vec![question(dest.to_owned(), true, Content::None)];
    questions.extend(selected.iter().map(|one| {
        let wanted = match one.kind {
            Kind::File => Content::Digest,
            _ => Content::None,
        };
        question(dest.join(&one.path), false, wanted)
    }));
    let answers = context.host.ask(&questions)?;
    let mut nodes = answers.into_iter().map(|answer| match answer {
        Answer::Path(node) => node,
        _ => None,
    });
    match nodes.next().flatten() {
        Some(node) if node.kind == Kind::Directory => Ok(nodes.collect()),
        other => Err(ModuleError::Refused {
            message: match other {
                Some(node) => format!("dest {dest} is {}, not a directory", node.kind.name()),
                None => format!("dest {dest} does not exist"),
            },
            help: Some("create it with a task `file` and `state: directory`".to_owned()),
        }),
    }
}
