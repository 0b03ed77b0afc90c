//! `template`: a template rendered on the controller and put on a host.

use super::sent::Sent;
use super::sent_mode::SentMode;
use crate::change::{Attributes, Change};
use crate::files::{SentFile, about_template};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::template::Syntax;

/// Renders a template with the task's variables and puts the result on a host.
///
/// Without `mode` a new file gets 0666 minus the umask of the host's user, or 0600 if it contains a
/// secret; an existing file keeps its mode and owner.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the arguments of the module"
)]
pub(super) struct TemplateModule {
    /// The template, searched in `templates/` of the role and the playbook.
    src: String,
    /// The destination: a file, or a directory if it exists or ends in a slash.
    dest: String,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// Whether to replace a file with different content.
    #[serde(default = "crate::module::yes")]
    force: bool,
    /// Whether to write through a link at `dest` instead of replacing it.
    #[serde(default)]
    follow: bool,
    /// Permission bits, such as "0644"; `preserve` keeps those of `src`.
    mode: Option<SentMode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
    /// A command that must accept the new file before it is moved into place; `%s` is its path.
    validate: Option<String>,
    /// The line break of the result: `\n`, `\r` or `\r\n`.
    newline_sequence: Option<String>,
    /// The start of a statement; `{%` by default.
    block_start_string: Option<String>,
    /// The end of a statement; `%}` by default.
    block_end_string: Option<String>,
    /// The start of an expression; `{{` by default.
    variable_start_string: Option<String>,
    /// The end of an expression; `}}` by default.
    variable_end_string: Option<String>,
    /// The start of a comment; `{#` by default.
    comment_start_string: Option<String>,
    /// The end of a comment; `#}` by default.
    comment_end_string: Option<String>,
    /// Whether to remove the line break after a statement.
    #[serde(default = "crate::module::yes")]
    trim_blocks: bool,
    /// Whether to remove spaces before a statement.
    #[serde(default)]
    lstrip_blocks: bool,
    /// The encoding of the result; only `utf-8` is supported.
    output_encoding: Option<String>,
}

impl BuiltIn for TemplateModule {
    const NAME: &'static str = "template";
    const WRITES: Writes = Writes::File("dest");
    const PATHS: &'static [&'static str] = &["dest"];
    const EXAMPLE: &'static str = "\
- name: The broker is configured
  template:
    src: broker.conf.j2
    dest: /etc/rocketmq/broker.conf
    owner: rocketmq
    mode: \"0640\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("dest", "The destination."),
        ("src", "The template."),
        ("checksum", "SHA-1 of the file."),
        ("md5sum", "MD5 of the file, if it was changed."),
        ("backup_file", "The path of the backup."),
        ("state", "`file`."),
        ("mode", "Permission bits, as in \"0644\"."),
        ("owner", "User name; `uid` is the number."),
        ("group", "Group name; `gid` is the number."),
        ("size", "Size in bytes."),
    ];
}

impl Module for TemplateModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if let Some(encoding) = &self.output_encoding
            && !["utf-8", "utf8"].contains(&encoding.to_lowercase().as_str())
        {
            let message = format!("output_encoding can only be utf-8, not {encoding}");
            return Err(ModuleError::refused(message));
        }
        let syntax = self.syntax()?;
        let path = context.files.find("templates", &self.src)?;
        let mut about = about_template(&path, &self.src);
        about.insert("template_destpath".to_owned(), self.dest.as_str().into());
        let rendered = context.templates.file(&path, &syntax, about)?;
        let mode = match self.mode {
            Some(SentMode::Preserve) => SentFile::read(&path)?.mode,
            _ => 0o600,
        };
        let name = path.file_name().map(|name| name.to_string_lossy());
        let mut change = Sent {
            file: SentFile::of(rendered.into_bytes(), mode),
            name: name.as_deref(),
            dest: &self.dest,
            attributes: Attributes {
                mode: self.mode.as_ref().map(|wanted| wanted.of(mode)),
                owner: self.owner.clone(),
                group: self.group.clone(),
            }
            .on(context.host)?,
            directory_mode: None,
            backup: self.backup,
            force: self.force,
            follow: self.follow,
            validate: self.validate.as_deref(),
        }
        .plan(context.host)?;
        change.returns("src", path.to_string_lossy().into_owned());
        Ok(change)
    }
}

impl TemplateModule {
    fn syntax(&self) -> Result<Syntax, ModuleError> {
        let usual = Syntax::default();
        let pair = |start: &Option<String>, end: &Option<String>, usual: (String, String)| {
            let (usual_start, usual_end) = usual;
            (
                start.clone().unwrap_or(usual_start),
                end.clone().unwrap_or(usual_end),
            )
        };
        Ok(Syntax {
            trim_blocks: self.trim_blocks,
            lstrip_blocks: self.lstrip_blocks,
            newline_sequence: match self.newline_sequence.as_deref() {
                None | Some("\n" | "\\n") => "\n".to_owned(),
                Some("\r" | "\\r") => "\r".to_owned(),
                Some("\r\n" | "\\r\\n") => "\r\n".to_owned(),
                Some(other) => {
                    let message = format!("newline_sequence is \\n, \\r or \\r\\n, not {other:?}");
                    return Err(ModuleError::refused(message));
                }
            },
            variable: pair(
                &self.variable_start_string,
                &self.variable_end_string,
                usual.variable,
            ),
            block: pair(
                &self.block_start_string,
                &self.block_end_string,
                usual.block,
            ),
            comment: pair(
                &self.comment_start_string,
                &self.comment_end_string,
                usual.comment,
            ),
        })
    }
}
