//! `fetch`: a file of a host, kept on this machine.

use super::host_path::host_path;
use crate::change::Change;
use crate::files::SentFile;
use crate::host::{Content, Fetched, HostError, Kind, Node, Step, unchanged_here};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::source::LocalPath;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// Copies a file of a host to this machine.
///
/// It is kept as `DEST/HOST/PATH`, for example `logs/web1/var/log/syslog`, unless `flat` is set.
/// Missing directories are created.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Fetch {
    /// The file of the host; links are followed. It must not be a directory.
    src: String,
    /// The directory of this machine, from the playbook's folder; with `flat` the file itself, or a
    /// directory if it ends in a slash.
    dest: String,
    /// Whether to leave out the host's name and the directories of `src`.
    #[serde(default)]
    flat: bool,
    /// Whether to fail if the file is missing or cannot be read.
    #[serde(default = "crate::module::yes")]
    fail_on_missing: bool,
    /// Whether to fail if the file changes while it is copied.
    #[serde(default = "crate::module::yes")]
    validate_checksum: bool,
}

impl BuiltIn for Fetch {
    const NAME: &'static str = "fetch";
    const PATHS: &'static [&'static str] = &["src"];
    const EXAMPLE: &'static str = "\
- name: Keep the names that each host knows
  fetch:
    src: /etc/hosts
    dest: /var/tmp/fetched
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("dest", "The file of this machine."),
        ("file", "The file of the host, if nothing changed."),
        ("checksum", "SHA-1 of the content."),
        ("md5sum", "MD5 of the content."),
        ("remote_checksum", "The same as `checksum`, if it changed."),
        ("remote_md5sum", "Always null, as in Ansible."),
        (
            "msg",
            "Why nothing was fetched, with `fail_on_missing: false`.",
        ),
    ];
}

impl Module for Fetch {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let source = host_path(&self.src)?;
        let found = context.host.look(&source, true, Content::Digest);
        let node = match fetchable(&source, found) {
            Ok(node) => node,
            Err(error) if self.fail_on_missing => return Err(error),
            Err(error) => return ignored(&source, error),
        };
        let dest = self.dest(context, &source)?;
        unchanged_here(&dest).map_err(HostError::from)?;
        let mut change = Change::default();
        change.returns("dest", dest.to_string_lossy().into_owned());
        let present = dest.exists().then(|| SentFile::read(&dest));
        let present = present
            .transpose()
            .map_err(|error| ModuleError::refused(error.to_string()))?;
        let wanted = node.digest().unwrap_or_default();
        match present {
            Some(present) if present.digests.sha256 == wanted => {
                change.returns("file", source.as_str());
                change.returns("checksum", present.digests.sha1);
                change.returns("md5sum", present.digests.md5);
            }
            present => {
                change.returns("remote_md5sum", ());
                change.steps.push(Step::Fetch(Fetched {
                    from: source,
                    to: dest.to_path_buf(),
                    sha256: wanted,
                    validate: self.validate_checksum,
                    before: present.map(|present| present.digests.sha256),
                }));
            }
        }
        Ok(change)
    }
}

impl Fetch {
    /// Returns the file of this machine.
    fn dest(&self, context: &PlanContext, source: &Utf8Path) -> Result<LocalPath, ModuleError> {
        let dest = context.files.kept_at(&self.dest);
        if !self.flat {
            let host = context.templates.host_name();
            if host.contains('/') || host.starts_with('.') {
                let message = format!("the host's name {host:?} cannot be the name of a directory");
                return Err(ModuleError::refused(message));
            }
            return Ok(dest.join(host).join(below_root(source)));
        }
        let is_folder = dest.is_dir();
        if !self.dest.ends_with('/') {
            if is_folder {
                let message = "dest is an existing directory, use a trailing slash if you want to \
                               fetch src into that directory";
                return Err(ModuleError::refused(message));
            }
            return Ok(dest);
        }
        let dest = dest.join(source.file_name().unwrap_or_default());
        if dest.is_dir() {
            return Err(ModuleError::refused(format!(
                "calculated dest '{}' is an existing directory, use another path that does not \
                 point to an existing directory",
                dest.display()
            )));
        }
        Ok(dest)
    }
}

/// Returns a path of the host without what leads upwards, to be put below a directory.
fn below_root(path: &Utf8Path) -> Utf8PathBuf {
    let mut below = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::Normal(name) => below.push(name),
            Utf8Component::ParentDir => {
                below.pop();
            }
            _ => {}
        }
    }
    below
}

/// Returns the file of the host, if it can be fetched.
fn fetchable(
    source: &Utf8Path,
    found: Result<Option<Node>, HostError>,
) -> Result<Node, ModuleError> {
    let node = found?.ok_or_else(|| {
        ModuleError::refused(format!("there is no file {source}"))
            .as_ansible("the remote file does not exist, not transferring, ignored")
    })?;
    match node.kind {
        Kind::File => Ok(node),
        Kind::Directory => Err(ModuleError::refused(format!(
            "{source} is a directory: fetch copies one file"
        ))
        .as_ansible("remote file is a directory, fetch cannot work on directories")),
        _ => Err(ModuleError::refused(format!(
            "{source} is not a regular file"
        ))),
    }
}

/// Returns the result for a file that is missing or cannot be read, which does not count.
fn ignored(source: &Utf8Path, error: ModuleError) -> Result<Change, ModuleError> {
    // A lost host, and what check mode does not know, is not a missing file.
    let is_of_file = matches!(
        &error,
        ModuleError::Refused { .. }
            | ModuleError::Known { .. }
            | ModuleError::Host(HostError::Step { .. } | HostError::Read { .. })
    );
    if !is_of_file {
        return Err(error);
    }
    let mut words = error.in_words_of_ansible().to_string();
    if !words.ends_with("ignored") {
        words += ", not transferring, ignored";
    }
    let mut change = Change::default();
    change.returns("file", source.as_str());
    change.returns("msg", words);
    Ok(change)
}
