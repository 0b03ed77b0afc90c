//! `assemble`: one file of all the files of a directory.

use super::byte_pattern::BytePattern;
use super::host_path::{host_path, is_directory};
use super::sent::Sent;
use crate::change::{Attributes, Change, Mode, Shows};
use crate::files::{FolderKind, SentFile};
use crate::host::{Answer, Content, Kind, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use camino::Utf8PathBuf;

/// Writes a file from all the files of a directory, in the order of their names.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assemble {
    /// The directory with the parts.
    src: String,
    /// The file.
    dest: String,
    /// A line between the parts; `\n` in it is a line break.
    delimiter: Option<String>,
    /// A Python regular expression; only parts whose names match are used.
    regexp: Option<String>,
    /// Whether to leave out parts whose names start with a dot.
    #[serde(default)]
    ignore_hidden: bool,
    /// Whether the directory is on the host; else it is on this machine, beside role and playbook.
    #[serde(default = "crate::module::yes")]
    remote_src: bool,
    /// Ignored: parts that are encrypted are used as they are.
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    decrypt: Option<bool>,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it replaces the old one; `%s` in it is the
    /// new file's path.
    validate: Option<String>,
    /// Permission bits, such as "0644"; by default a new file gets 0666 minus the umask of the
    /// host's user.
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
}

impl BuiltIn for Assemble {
    const NAME: &'static str = "assemble";
    const WRITES: Writes = Writes::File("dest");
    const PATHS: &'static [&'static str] = &["dest"];
    const RELATIVE_PATHS: &'static [&'static str] = &["src"];
    const EXAMPLE: &'static str = "\
- name: The host file of all parts
  assemble:
    src: /etc/hosts.d
    dest: /etc/hosts
    mode: \"0644\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("src", "As given."),
        ("dest", "The file."),
        ("checksum", "SHA-1 of the file."),
        ("md5sum", "MD5 of the file."),
        ("msg", "`OK`."),
        ("backup_file", "The path of the backup."),
        ("mode", "Permission bits, as in \"0644\"."),
        ("owner", "User name; `uid` is the number."),
        ("group", "Group name; `gid` is the number."),
        ("size", "Bytes."),
        ("state", "`file`."),
    ];
}

impl Module for Assemble {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let pattern = self.regexp.as_deref();
        let pattern = pattern
            .map(|pattern| BytePattern::compile("regexp", pattern))
            .transpose()?;
        let fits = |name: &str| -> Result<bool, ModuleError> {
            if self.ignore_hidden && name.starts_with('.') {
                return Ok(false);
            }
            pattern
                .as_ref()
                .map_or(Ok(true), |pattern| pattern.is_match(name.as_bytes()))
        };
        let parts = if self.remote_src {
            remote(context, &self.src, fits)?
        } else {
            local(context, &self.src, fits)?
        };
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        let file = SentFile::of(self.joined(&parts), 0o644);
        let digests = file.digests.clone();
        let mut change = Sent {
            file,
            name: None,
            dest: &self.dest,
            attributes: attributes.on(context.host)?,
            directory_mode: None,
            backup: self.backup,
            force: true,
            follow: false,
            validate: self.validate.as_deref(),
        }
        .plan(context.host)?;
        change.shows = Shows::One;
        change.returns("src", self.src.as_str());
        change.returns("checksum", digests.sha1);
        change.returns("md5sum", digests.md5);
        change.returns("msg", "OK");
        Ok(change)
    }
}

impl Assemble {
    /// Puts the parts together. Each begins on a line of its own.
    fn joined(&self, parts: &[Vec<u8>]) -> Vec<u8> {
        let delimiter = self.delimiter.as_deref().map(unescaped).unwrap_or_default();
        let mut joined = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                let is_cut = |text: &[u8]| text.last().is_some_and(|last| *last != b'\n');
                if is_cut(&joined) {
                    joined.push(b'\n');
                }
                joined.extend_from_slice(delimiter.as_bytes());
                if is_cut(delimiter.as_bytes()) {
                    joined.push(b'\n');
                }
            }
            joined.extend_from_slice(part);
        }
        joined
    }
}

/// Returns the parts in a directory of the host.
fn remote(
    context: &PlanContext,
    src: &str,
    fits: impl Fn(&str) -> Result<bool, ModuleError>,
) -> Result<Vec<Vec<u8>>, ModuleError> {
    let folder = host_path(src)?;
    let found = context.host.look(&folder, true, Content::None)?;
    if !is_directory(found.as_ref()) {
        let what = found.map_or("does not exist", |_| "is not a directory");
        return Err(ModuleError::refused(format!("src: {folder} {what}")));
    }
    let mut paths = Vec::new();
    for (path, node) in context.host.tree(&folder, Some(1))? {
        let name = path.file_name().unwrap_or_default().to_owned();
        if node.kind != Kind::Directory && fits(&name)? {
            paths.push(folder.join(name));
        }
    }
    paths.sort();
    let question = |path: &Utf8PathBuf| Question::Path {
        path: path.clone(),
        follow: true,
        content: Content::UpTo(1 << 20),
    };
    let questions: Vec<_> = paths.iter().map(question).collect();
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let answers = context
        .host
        .ask(&questions)?
        .into_iter()
        .map(Answer::into_path);
    let mut parts = Vec::new();
    for (path, node) in paths.iter().zip(answers) {
        match node {
            Some(node) if node.kind == Kind::File => parts.push(match node.content {
                Some(content) => content,
                None => context.host.read(path)?,
            }),
            _ => {}
        }
    }
    Ok(parts)
}

/// Returns the parts in a directory of this machine.
fn local(
    context: &PlanContext,
    src: &str,
    fits: impl Fn(&str) -> Result<bool, ModuleError>,
) -> Result<Vec<Vec<u8>>, ModuleError> {
    let folder = context.files.find("files", src)?;
    let mut parts = Vec::new();
    for entry in crate::files::folder(&folder, true)? {
        let name = entry.name.as_str();
        if entry.kind == FolderKind::File && !name.contains('/') && fits(name)? {
            parts.push(crate::files::read(&entry.path)?);
        }
    }
    Ok(parts)
}

/// Returns a text with the escapes of Python that delimiters use.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let escaped = match letter {
            '\\' => letters.next(),
            _ => None,
        };
        match (letter, escaped) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('t')) => plain.push('\t'),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some('\\')) => plain.push('\\'),
            (letter, escaped) => plain.extend([letter].into_iter().chain(escaped)),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn delimiters_may_have_escapes() {
        for (text, plain) in [
            ("### next ###", "### next ###"),
            (r"\n#\t\\\x", "\n#\t\\\\x"),
            ("\\", "\\"),
        ] {
            assert_eq!(unescaped(text), plain);
        }
    }
}
