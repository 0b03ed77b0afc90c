//! `replace`: replaces every match of a regular expression in a file.

use super::edited_file::{EditedFile, Writing};
use crate::change::{Attributes, Change, Mode, Shows};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::template::regex::{self, Flags};
use std::ops::Range;

/// Replaces every match of a regular expression in a file.
///
/// The replacement must not match again, or each run changes the file.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplaceModule {
    /// The file, which must exist; a link is followed.
    path: String,
    /// A Python regular expression. `^` and `$` match at every line; `.` does not match a line
    /// break.
    regexp: String,
    /// The replacement for each match, empty by default; `\1` and `\g<name>` are groups of the
    /// match.
    #[serde(default)]
    replace: String,
    /// Replace only after the first match of this regular expression, in which `.` matches line
    /// breaks too.
    after: Option<String>,
    /// Replace only before the first match of this regular expression, in which `.` matches line
    /// breaks too.
    before: Option<String>,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it replaces the old one; `%s` in it is the
    /// new file's path.
    validate: Option<String>,
    /// The encoding of the file.
    #[serde(default)]
    encoding: Encoding,
    /// Permission bits, such as "0644" or "u=rw,g=r,o=".
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
enum Encoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8", alias = "utf8", alias = "UTF-8", alias = "UTF8")]
    Utf8,
}

impl BuiltIn for ReplaceModule {
    const NAME: &'static str = "replace";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("dest", "path"), ("destfile", "path"), ("name", "path")];
    const WRITES: Writes = Writes::File("path");
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = r"- name: The old name is nowhere in the hosts file
  replace:
    path: /etc/hosts
    regexp: '(\s+)old\.host\.name(\s+.*)?$'
    replace: '\1new.host.name\2'
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("msg", "The number of replaced matches."),
        ("rc", "Always 0."),
        ("backup_file", "The path of the backup."),
    ];
}

impl Module for ReplaceModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let file = EditedFile::open(context.host, &self.path)?;
        let path = &file.path;
        let text = std::str::from_utf8(file.existing("Path", None)?)
            .map_err(|_| ModuleError::refused(format!("{path} is not text in UTF-8")))?;
        let mut change = match self.section(text)? {
            Err(pattern) => {
                let mut change = Change::default();
                change.returns(
                    "msg",
                    format!(
                        "Pattern for before/after params did not match the given file: {pattern}"
                    ),
                );
                change
            }
            Ok(section) => {
                let (text, message) = self.replaced(text, section)?;
                file.put(text.into(), &message, self.writing(context)?)?
            }
        };
        change.shows = Shows::One;
        change.returns("rc", 0);
        Ok(change)
    }
}

impl ReplaceModule {
    /// Returns the part of the text to search, or the pattern that did not match.
    fn section(&self, text: &str) -> Result<Result<Range<usize>, String>, ModuleError> {
        let given =
            |pattern: &Option<String>| pattern.clone().filter(|pattern| !pattern.is_empty());
        let pattern = match (given(&self.after), given(&self.before)) {
            (None, None) => return Ok(Ok(0..text.len())),
            (Some(after), Some(before)) => format!("{after}(?P<subsection>.*?){before}"),
            (Some(after), None) => format!("{after}(?P<subsection>.*)"),
            (None, Some(before)) => format!("(?P<subsection>.*){before}"),
        };
        let wrong = |error| wrong("after or before", &error);
        // `.` matches line breaks.
        let compiled =
            regex::compile(&format!("(?s){pattern}"), Flags::default()).map_err(wrong)?;
        let found = regex::search(&compiled, text).map_err(wrong)?;
        let section = found.and_then(|found| found.name("subsection").map(|group| group.range()));
        Ok(section.ok_or(pattern))
    }

    /// Returns the new text and what was done.
    fn replaced(&self, text: &str, section: Range<usize>) -> Result<(String, String), ModuleError> {
        let flags = Flags {
            multiline: true,
            ..Flags::default()
        };
        let compiled =
            regex::compile(&self.regexp, flags).map_err(|error| wrong("regexp", &error))?;
        let old = text.get(section.clone()).unwrap_or_default();
        let (new, count) = regex::replace(&compiled, old, &self.replace, 0)
            .map_err(|error| wrong("replace", &error))?;
        if new == old {
            return Ok((text.to_owned(), String::new()));
        }
        let mut text = text.to_owned();
        text.replace_range(section, &new);
        Ok((text, format!("{count} replacements made")))
    }

    fn writing(&self, context: &PlanContext) -> Result<Writing<'_>, ModuleError> {
        let Encoding::Utf8 = self.encoding;
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(Writing {
            attributes: attributes.on(context.host)?,
            backup: self.backup,
            validate: self.validate.as_deref(),
            folder: None,
        })
    }
}

fn wrong(argument: &str, error: &minijinja::Error) -> ModuleError {
    let detail = error.detail().unwrap_or("invalid regular expression");
    ModuleError::refused(format!("{argument}: {detail}"))
}
