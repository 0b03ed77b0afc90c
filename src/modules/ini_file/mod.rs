//! `ini_file`: options in an INI file.

mod text;

use super::edited_file::{EditedFile, Writing};
use crate::change::{Attributes, Change, Mode, Shows};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use text::{Edit, Text};

/// Sets or removes options in a file with sections, and keeps everything else in it.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IniFile {
    /// The file.
    path: String,
    /// The section, added if it is missing; by default the lines before the first section.
    section: Option<String>,
    /// What the section contains, if several have its name: the first one with these options is
    /// used.
    #[serde(default)]
    section_has_values: Vec<Condition>,
    /// The option; without it, the section itself is added or removed.
    option: Option<String>,
    /// Its value.
    value: Option<String>,
    /// Its values, one on a line each.
    values: Option<Vec<String>>,
    /// Whether the option should be set.
    #[serde(default)]
    state: Presence,
    /// Whether other lines with the option are removed; else the values are only added or removed.
    #[serde(default = "crate::module::yes")]
    exclusive: bool,
    /// Whether to write `option=value` instead of `option = value`.
    #[serde(default)]
    no_extra_spaces: bool,
    /// Whether to leave a line alone that differs only in blanks around `=`.
    #[serde(default)]
    ignore_spaces: bool,
    /// Whether to write the option alone if it has no value.
    #[serde(default)]
    allow_no_value: bool,
    /// Whether to replace a line that sets the option in a comment.
    #[serde(default = "crate::module::yes")]
    modify_inactive_option: bool,
    /// Whether to create a missing file and its directories.
    #[serde(default = "crate::module::yes")]
    create: bool,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// Whether to follow a link at the path instead of replacing it.
    #[serde(default)]
    follow: bool,
    /// Permission bits, such as "0644" or "u=rw,g=r,o="; by default a new file gets 0666 minus the
    /// umask of the host's user.
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
}

/// An option that a section contains.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Condition {
    /// The option.
    option: String,
    /// Its value.
    value: Option<String>,
    /// Values of which it has one.
    values: Option<Vec<String>>,
}

impl BuiltIn for IniFile {
    const NAME: &'static str = "ini_file";
    const OTHER_NAMES: &'static [&'static str] = &["community.general.ini_file"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("dest", "path")];
    const WRITES: Writes = Writes::File("path");
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = "\
- name: The journal may use 1 GB
  ini_file:
    path: /etc/systemd/journald.conf
    section: Journal
    option: SystemMaxUse
    value: 1G
    no_extra_spaces: true
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("path", "The file."),
        ("msg", "What was done."),
        ("backup_file", "The path of the backup."),
    ];
}

impl Module for IniFile {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let file = EditedFile::read(context.host, &self.path, self.follow)?;
        if !self.create {
            file.existing("Destination", Some("create: true makes it"))?;
        }
        let mut text = Text::of(file.text()?);
        let conditions: Vec<_> = self
            .section_has_values
            .iter()
            .map(Condition::pair)
            .collect();
        let edit = self.edit(&conditions);
        match self.state {
            Presence::Present => text.set(edit),
            Presence::Absent => text.remove(&edit),
        }
        let path = file.path.clone();
        let new = match &file.content {
            _ if text.is_changed => Some(text.text().into_bytes()),
            content => content.clone(),
        };
        let mut change = match new {
            Some(new) => file.put(new, "", self.writing(context)?)?,
            None => Change::default(),
        };
        change.shows = Shows::One;
        change.returns("path", path.as_str());
        change.returns("msg", text.message);
        Ok(change)
    }
}

impl IniFile {
    fn check(&self) -> Result<(), ModuleError> {
        let both = |value: &Option<String>, values: &Option<Vec<String>>| {
            value.is_some() && values.is_some()
        };
        let mut conditions = self.section_has_values.iter();
        if both(&self.value, &self.values) || conditions.any(|one| both(&one.value, &one.values)) {
            return Err(ModuleError::refused(
                "value and values are mutually exclusive",
            ));
        }
        let has_value =
            self.value.is_some() || self.values.as_ref().is_some_and(|all| !all.is_empty());
        if self.state == Presence::Present && !self.allow_no_value && !has_value {
            return Err(ModuleError::Refused {
                message: "state: present needs value or values".to_owned(),
                help: Some("allow_no_value: true writes the option alone".to_owned()),
            });
        }
        Ok(())
    }

    fn edit<'a>(&'a self, conditions: &'a [(String, Vec<String>)]) -> Edit<'a> {
        let mut values: Vec<String> = Vec::new();
        for value in self.value.iter().chain(self.values.iter().flatten()) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        Edit {
            section: self.section.as_deref().filter(|name| !name.is_empty()),
            conditions,
            option: self.option.as_deref().filter(|name| !name.is_empty()),
            values,
            exclusive: self.exclusive,
            allow_no_value: self.allow_no_value,
            modify_inactive: self.modify_inactive_option,
            ignore_spaces: self.ignore_spaces,
            equals: if self.no_extra_spaces { "=" } else { " = " },
        }
    }

    fn writing(&self, context: &PlanContext) -> Result<Writing<'static>, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(Writing {
            attributes: attributes.on(context.host)?,
            backup: self.backup,
            ..Writing::default()
        })
    }
}

impl Condition {
    fn pair(&self) -> (String, Vec<String>) {
        let values = self.value.iter().chain(self.values.iter().flatten());
        (self.option.clone(), values.cloned().collect())
    }
}
