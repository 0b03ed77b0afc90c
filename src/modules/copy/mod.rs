//! `copy`: puts files and folders of the controller, or of the host itself, on a host.

mod content;
mod folder;
mod remote;

use super::sent::{CONTENT_IN_DIRECTORY, Sent};
use super::sent_mode::SentMode;
use crate::change::{Attributes, Change, Mode};
use crate::files::SentFile;
use crate::host::Probe;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::source::{decrypted, is_encrypted};
use content::Content;
use std::path::{Path, PathBuf};

/// Puts a file, a folder or a given text on a host.
///
/// Without `mode` a new file gets 0666 minus the umask of the host's user, or 0600 if it contains a
/// secret; an existing file keeps its mode and owner. Files are replaced atomically.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the arguments of the module"
)]
pub(super) struct Copy {
    /// The file or folder, searched in `files/` of the role and the playbook. With a trailing slash
    /// only the contents of a folder are copied.
    src: Option<String>,
    /// The text itself, instead of `src`; a mapping or list is written as JSON.
    content: Option<Content>,
    /// The destination: a file, or a directory if it exists, ends in a slash or `src` is a folder.
    dest: String,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// Whether to replace a file with different content.
    #[serde(default = "crate::module::yes")]
    force: bool,
    /// Permission bits of files, such as "0644"; `preserve` keeps those of `src`.
    mode: Option<SentMode>,
    /// Permission bits of directories that are created or copied.
    directory_mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
    /// Whether `src` is a path of the host.
    #[serde(default)]
    remote_src: bool,
    /// Whether to write through a link at `dest` instead of replacing it.
    #[serde(default)]
    follow: bool,
    /// Whether to follow links in a folder instead of copying them; by default true in one of the
    /// controller, false in one of the host.
    local_follow: Option<bool>,
    /// SHA-1 that the file must have.
    checksum: Option<String>,
    /// A command that must accept the new file before it is moved into place; `%s` is its path.
    validate: Option<String>,
    /// Whether to decrypt a file that is encrypted with Ansible Vault; true by default.
    #[serde(default = "crate::module::yes")]
    decrypt: bool,
}

impl BuiltIn for Copy {
    const NAME: &'static str = "copy";
    const WRITES: Writes = Writes::File("dest");
    const PATHS: &'static [&'static str] = &["dest"];
    const EXAMPLE: &'static str = "\
- name: The hosts know each other
  copy:
    src: hosts
    dest: /etc/hosts
    mode: \"0644\"
    backup: true

- name: The broker's name is set
  copy:
    content: |
      brokerName=broker-a
    dest: /etc/rocketmq/broker.conf
    owner: rocketmq
    mode: \"0640\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("dest", "The destination."),
        ("src", "The source."),
        ("checksum", "SHA-1 of the file."),
        ("md5sum", "MD5 of the file, if it was changed."),
        ("backup_file", "The path of the backup."),
        ("state", "`file`, or `directory` for a folder."),
        ("mode", "Permission bits, as in \"0644\"."),
        ("owner", "User name; `uid` is the number."),
        ("group", "Group name; `gid` is the number."),
        ("size", "Size in bytes."),
    ];
}

impl Module for Copy {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        match (&self.src, &self.content) {
            (None, None) => Err(no_source()),
            (Some(src), None) if src.is_empty() => Err(no_source()),
            (Some(_), Some(_)) => Err(ModuleError::exclusive(&["src", "content"])),
            (Some(src), None) if self.remote_src => self.plan_remote(context, src),
            (Some(src), None) => self.plan_local(context, src),
            (None, Some(text)) => {
                if self.dest.ends_with('/') {
                    let message = "content needs a file as dest, not a directory";
                    return Err(ModuleError::refused(message).as_ansible(CONTENT_IN_DIRECTORY));
                }
                let file = SentFile::of(text.0.clone().into_bytes(), 0o600);
                self.plan_file(context, file, None)
            }
        }
    }
}

impl Copy {
    fn plan_local(&self, context: &PlanContext, src: &str) -> Result<Change, ModuleError> {
        let path = context.files.find("files", src)?;
        if path.is_dir() {
            return self.plan_folder(context, src, &path);
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| {
            ModuleError::refused(format!("the name of {} is not UTF-8", path.display()))
        })?;
        let file = self.read(&path)?;
        let mut change = self.plan_file(context, file, Some(name))?;
        change.returns("src", path.to_string_lossy().into_owned());
        Ok(change)
    }

    fn plan_file(
        &self,
        context: &PlanContext,
        file: SentFile,
        name: Option<&str>,
    ) -> Result<Change, ModuleError> {
        self.check(&file.digests.sha1)?;
        Sent {
            attributes: self.attributes(context.host, file.mode)?,
            file,
            name,
            dest: &self.dest,
            directory_mode: self.directory_mode.clone(),
            backup: self.backup,
            force: self.force,
            follow: self.follow,
            validate: self.validate.as_deref(),
        }
        .plan(context.host)
    }

    /// Returns the attributes of a file whose original has the permission bits `sent`.
    fn attributes(&self, host: &Probe, sent: u32) -> Result<Attributes, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.as_ref().map(|mode| mode.of(sent)),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(attributes.on(host)?)
    }

    fn directory_attributes(&self, host: &Probe) -> Result<Attributes, ModuleError> {
        let attributes = Attributes {
            mode: self.directory_mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(attributes.on(host)?)
    }

    fn read(&self, path: &Path) -> Result<SentFile, ModuleError> {
        if self.decrypt && is_encrypted(path) {
            let mode = SentFile::read(path)?.mode;
            return Ok(SentFile::of(decrypted(path)?.to_vec(), mode));
        }
        Ok(SentFile::read(path)?)
    }

    fn check(&self, sha1: &str) -> Result<(), ModuleError> {
        match &self.checksum {
            Some(wanted) if !wanted.eq_ignore_ascii_case(sha1) => Err(ModuleError::refused(
                format!("the file has the checksum {sha1}, not {wanted}"),
            )),
            _ => Ok(()),
        }
    }
}

fn no_source() -> ModuleError {
    ModuleError::refused("copy needs src or content").as_ansible("src (or content) is required")
}

/// Returns the last part of a path on the controller.
fn last_name(path: &Path) -> Option<PathBuf> {
    path.file_name().map(PathBuf::from)
}
