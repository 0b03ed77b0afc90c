//! `lineinfile`: keeps a line in a file, or out of it.

mod lines;

use super::byte_pattern::BytePattern;
use super::edited_file::{EditedFile, Writing};
use crate::change::{Attributes, Change, Mode};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use lines::{Place, Search, WantedLine};

/// Keeps one line in a file, or keeps lines out of it.
///
/// A line found by `regexp` or `search_string` is replaced; otherwise the line is inserted. The
/// pattern should match the new line too, or each run replaces or adds another line.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineInFile {
    /// The file; a link is followed.
    path: String,
    /// Whether the line should exist. `absent` removes all lines found by `regexp`, `search_string`
    /// or `line`.
    #[serde(default)]
    state: Presence,
    /// The line.
    line: Option<String>,
    /// A Python regular expression; the last line that matches is replaced.
    regexp: Option<String>,
    /// A text; the last line that contains it is replaced.
    search_string: Option<String>,
    /// Whether `line` contains groups of `regexp` (`\1`, `\g<name>`); without a match nothing is
    /// done.
    #[serde(default)]
    backrefs: bool,
    /// Insert a new line after the last line that matches this regular expression; at the end of
    /// the file for `EOF`, without a match, and by default; at its start for `BOF`.
    insertafter: Option<String>,
    /// Insert a new line before the last line that matches this regular expression; at the start of
    /// the file for `BOF`, at its end without a match.
    insertbefore: Option<String>,
    /// Whether to use the first match instead of the last.
    #[serde(default)]
    firstmatch: bool,
    /// Whether to create a missing file and its directories.
    #[serde(default)]
    create: bool,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it replaces the old one; `%s` in it is the
    /// new file's path.
    validate: Option<String>,
    /// Permission bits, such as "0644" or "u=rw,g=r,o="; by default a new file gets 0666 minus the
    /// umask of the host's user.
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
}

impl BuiltIn for LineInFile {
    const NAME: &'static str = "lineinfile";
    const OTHER_NAMES: &'static [&'static str] = &["line_in_file"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("destfile", "path"),
        ("name", "path"),
        ("regex", "regexp"),
        ("value", "line"),
    ];
    const WRITES: Writes = Writes::File("path");
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = r"- name: The broker has this name
  lineinfile:
    path: /etc/rocketmq/broker.conf
    regexp: '^brokerName\s*='
    line: brokerName=broker-a

- name: The host file does not name the old host
  lineinfile:
    path: /etc/hosts
    search_string: old.host.name
    state: absent
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("msg", "What was done."),
        ("found", "The number of removed lines (`absent`)."),
        ("backup", "The path of the backup, or empty."),
    ];
}

impl Module for LineInFile {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let file = EditedFile::open(context.host, &self.path)?;
        let mut change = match self.state {
            Presence::Present => self.plan_present(context, file)?,
            Presence::Absent => self.plan_absent(context, file)?,
        };
        let backup = change.result.shift_remove("backup_file");
        change.returns("backup", backup.unwrap_or_else(|| "".into()));
        change.warnings.extend(self.warning());
        Ok(change)
    }
}

impl LineInFile {
    fn check(&self) -> Result<(), ModuleError> {
        let clash = [
            (
                "insertafter",
                self.insertafter.is_some(),
                "insertbefore",
                self.insertbefore.is_some(),
            ),
            (
                "regexp",
                self.regexp.is_some(),
                "search_string",
                self.search_string.is_some(),
            ),
            (
                "backrefs",
                self.backrefs,
                "search_string",
                self.search_string.is_some(),
            ),
        ];
        for (one, is_one, other, is_other) in clash {
            if is_one && is_other {
                return Err(ModuleError::exclusive(&[one, other]));
            }
        }
        if self.state == Presence::Present && self.backrefs && self.regexp.is_none() {
            return Err(ModuleError::refused("backrefs needs regexp"));
        }
        Ok(())
    }

    fn plan_present(&self, context: &PlanContext, file: EditedFile) -> Result<Change, ModuleError> {
        let line = self
            .line
            .as_deref()
            .ok_or_else(|| ModuleError::refused("state: present needs line"))?;
        if !self.create {
            file.existing("Destination", Some("create: true makes it"))?;
        }
        let wanted = WantedLine {
            line,
            search: self.search()?,
            backrefs: self.backrefs,
            place: self.place()?,
            first: self.firstmatch,
        };
        let mut lines = lines::of(file.content.as_deref().unwrap_or_default());
        let message = wanted.put(&mut lines)?;
        if message.is_empty() && file.content.is_none() {
            let mut change = Change::default();
            change.returns("msg", "");
            return Ok(change);
        }
        file.put(lines.concat(), message, self.writing(context)?)
    }

    fn plan_absent(&self, context: &PlanContext, file: EditedFile) -> Result<Change, ModuleError> {
        let search = match (self.search()?, &self.line) {
            (Some(search), _) => search,
            (None, Some(line)) => Search::Line(line.as_bytes()),
            (None, None) => {
                let message = "state: absent needs line, search_string or regexp";
                return Err(ModuleError::refused(message));
            }
        };
        let Some(content) = &file.content else {
            let mut change = Change::default();
            change.returns("msg", "file not present");
            return Ok(change);
        };
        let mut kept = Vec::new();
        let mut found = 0;
        for line in lines::of(content) {
            if search.finds(&line)? {
                found += 1;
            } else {
                kept.push(line);
            }
        }
        let message = match found {
            0 => String::new(),
            found => format!("{found} line(s) removed"),
        };
        let mut change = file.put(kept.concat(), &message, self.writing(context)?)?;
        change.returns("found", found);
        Ok(change)
    }

    fn search(&self) -> Result<Option<Search<'_>>, ModuleError> {
        Ok(match (&self.regexp, &self.search_string) {
            (Some(regexp), _) => Some(Search::Pattern(BytePattern::compile("regexp", regexp)?)),
            (None, Some(text)) => Some(Search::Text(text.as_bytes())),
            (None, None) => None,
        })
    }

    fn place(&self) -> Result<Place, ModuleError> {
        let given = |place: &'_ Option<String>| place.clone().filter(|place| !place.is_empty());
        Ok(
            match (given(&self.insertafter), given(&self.insertbefore)) {
                (Some(after), _) if after == "EOF" => Place::End,
                (Some(after), _) if after == "BOF" => Place::Start,
                (Some(after), _) => Place::After(BytePattern::compile("insertafter", &after)?),
                (None, Some(before)) if before == "BOF" => Place::Start,
                (None, Some(before)) => {
                    Place::Before(BytePattern::compile("insertbefore", &before)?)
                }
                (None, None) => Place::End,
            },
        )
    }

    fn writing(&self, context: &PlanContext) -> Result<Writing<'_>, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        }
        .on(context.host)?;
        Ok(Writing {
            attributes,
            backup: self.backup,
            validate: self.validate.as_deref(),
            folder: None,
        })
    }

    /// Every line contains an empty text.
    fn warning(&self) -> Option<String> {
        let is_empty = |text: &Option<String>| text.as_ref().is_some_and(String::is_empty);
        let (argument, help) = if is_empty(&self.regexp) {
            let help = " If this is desired, use '^' to match every line in the file and avoid \
                        this warning.";
            ("regular expression", help)
        } else if is_empty(&self.search_string) {
            ("search string", "")
        } else {
            return None;
        };
        // Playbooks for Ansible test for this text.
        Some(format!(
            "The {argument} is an empty string, which will match every line in the file. This may \
             have unintended consequences, such as replacing the last line in the file rather than \
             appending.{help}"
        ))
    }
}
