//! `get_url`: a file of the web put on a host.

use super::file_result::FileResult;
use super::host_path::{host_path, is_directory, look, names_directory};
use super::sent::Sent;
use super::web;
use crate::change::{Attributes, Change, Mode};
use crate::files::SentFile;
use crate::files::download::{Algorithm, Checksum, file_name};
use crate::host::{Answer, Content, Kind, Node, Probe, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use camino::{Utf8Path, Utf8PathBuf};

/// Puts a file of the web on a host.
///
/// This machine fetches it, once for all hosts, and keeps it if it has a checksum; a host needs no
/// way out. A file that is there already is only replaced if its checksum is another, or with
/// `force`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetUrl {
    /// The address, of https or http.
    url: String,
    /// Where it goes: a file, or a directory if it exists or ends in a slash.
    dest: String,
    /// What the file must have: `sha256:…` or `sha512:…` with the digest, or with the address of a
    /// list of digests.
    checksum: Option<String>,
    /// Whether to use it without a warning though nothing proves that it is the right one: it comes by
    /// http, without a checksum.
    #[serde(default)]
    insecure: bool,
    /// Whether a file that is there is replaced though there is no checksum.
    #[serde(default)]
    force: bool,
    /// Whether the file that is replaced is kept beside it.
    #[serde(default)]
    backup: bool,
    /// Permission bits, such as "0644"; by default a new file gets what the umask of the host's user
    /// leaves of 0666.
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
}

impl BuiltIn for GetUrl {
    const NAME: &'static str = "get_url";
    const WRITES: Writes = Writes::File("dest");
    const PATHS: &'static [&'static str] = &["dest"];
    const EXAMPLE: &'static str = "\
- name: The exporter is there
  get_url:
    url: https://example.com/exporter.jar
    dest: /usr/local/rocketmq-5.3.3/exporter.jar
    checksum: sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
    mode: \"0644\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("url", "The address."),
        ("dest", "Where it is."),
        ("checksum_src", "SHA-1 of the file, if it was fetched."),
        ("md5sum", "MD5 of the file, if it was changed."),
        ("backup_file", "Where the old file is kept."),
        ("msg", "What was done."),
        ("state", "`file`."),
        ("mode", "Permission bits, as in \"0644\"."),
        ("owner", "User name; `uid` is the number."),
        ("group", "Group name; `gid` is the number."),
        ("size", "Bytes."),
    ];
}

impl Module for GetUrl {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let checksum = web::checksum(self.checksum.as_deref())?;
        let name = file_name(&self.url);
        let (path, found) = self.place(context.host, &name)?;
        let mut change = match &found {
            Some(found) if self.stays(checksum.as_ref(), found) => {
                self.kept(context, &path, found)?
            }
            _ => self.sent(context, checksum, &path)?,
        };
        change.returns("url", self.url.as_str());
        change.returns("dest", path.as_str());
        Ok(change)
    }

    fn doubt(&self) -> Option<String> {
        web::doubt(&self.url, self.checksum.as_deref(), self.insecure)
    }
}

impl GetUrl {
    /// Returns the destination, and the file that is already there.
    fn place(&self, host: &Probe, name: &str) -> Result<(Utf8PathBuf, Option<Node>), ModuleError> {
        let dest = host_path(&self.dest)?;
        let inside = dest.join(name);
        let digest = |path: &Utf8Path| Question::Path {
            path: path.to_owned(),
            follow: false,
            content: Content::Digest,
        };
        let answers = host.ask(&[look(&dest, true), digest(&dest), digest(&inside)])?;
        let nodes: Vec<_> = answers.into_iter().map(Answer::into_path).collect();
        let [leads_to, itself, below] = nodes.as_slice() else {
            return Err(ModuleError::refused(
                "the host did not report what is at the path",
            ));
        };
        let (path, found) = if names_directory(&self.dest) || is_directory(leads_to.as_ref()) {
            (inside, below)
        } else {
            (dest, itself)
        };
        let file = found.clone().filter(|node| node.kind == Kind::File);
        Ok((path, file))
    }

    /// Returns whether the existing file is the wanted one.
    fn stays(&self, checksum: Option<&Checksum>, found: &Node) -> bool {
        match checksum {
            None => !self.force,
            Some(Checksum::Digest(digest)) => {
                digest.algorithm == Algorithm::Sha256
                    && found.digest().as_ref() == Some(&digest.hex)
            }
            Some(Checksum::List { .. }) => false,
        }
    }

    fn attributes(&self, host: &Probe) -> Result<Attributes, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(attributes.on(host)?)
    }

    fn kept(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
        found: &Node,
    ) -> Result<Change, ModuleError> {
        let attributes = self.attributes(context.host)?;
        let mut change = Change::default();
        change.ensure_attributes(path, found, &attributes, false);
        FileResult {
            found: Some(found),
            above: None,
            attributes: &attributes,
            state: "file",
            size: Some(found.size),
        }
        .add(&mut change, context.host)?;
        change.returns("msg", "file already exists");
        Ok(change)
    }

    fn sent(
        &self,
        context: &PlanContext,
        checksum: Option<Checksum>,
        path: &Utf8Path,
    ) -> Result<Change, ModuleError> {
        let fetched = web::download(context, &self.url, checksum, self.insecure)?;
        let file = SentFile::read(&fetched.path)?;
        let (sha1, size) = (file.digests.sha1.clone(), file.body.size());
        let mut change = Sent {
            file,
            name: path.file_name(),
            dest: if names_directory(&self.dest) {
                &self.dest
            } else {
                path.as_str()
            },
            attributes: self.attributes(context.host)?,
            directory_mode: None,
            backup: self.backup,
            force: true,
            follow: false,
            validate: None,
        }
        .plan(context.host)?;
        change.warnings.extend(fetched.doubt);
        change.returns("checksum_src", sha1);
        change.returns("msg", format!("OK ({size} bytes)"));
        Ok(change)
    }
}
