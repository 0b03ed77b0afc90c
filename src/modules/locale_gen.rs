//! `locale_gen`: locales of a host with glibc.

use super::edited_file::{EditedFile, Writing};
use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};

/// The locales to generate, one on a line; others are comments.
const LIST: &str = "/etc/locale.gen";

/// Generates or removes locales, with `locale-gen` of Debian and its derivatives.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LocaleGen {
    /// The locales, such as `en_US.UTF-8` or `de_CH.UTF-8`.
    name: Vec<String>,
    /// Whether the locales should exist.
    #[serde(default)]
    state: Presence,
}

impl BuiltIn for LocaleGen {
    const NAME: &'static str = "locale_gen";
    const WRITES: Writes = Writes::Files(&[LIST]);
    const OTHER_NAMES: &'static [&'static str] = &["community.general.locale_gen"];
    const EXAMPLE: &'static str = "\
- name: Messages may be in German
  locale_gen:
    name: de_DE.UTF-8
";
    const RETURNS: &'static [(&'static str, &'static str)] =
        &[("name", "As given."), ("state", "As given.")];
}

impl Module for LocaleGen {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let teller = Command::new(["locale", "-a"]);
        let output = context.host.query(&teller)?;
        if output.lacks_program() {
            return Err(ModuleError::Refused {
                message: "the host has no program `locale`".to_owned(),
                help: Some("locale_gen is for hosts with glibc".to_owned()),
            });
        }
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        let exists = |name: &&String| before.lines().any(|line| plain(line) == plain(name));
        let wanted = self.state == Presence::Present;
        let open: Vec<_> = self
            .name
            .iter()
            .filter(|name| exists(name) != wanted)
            .collect();
        let mut change = Change::default();
        if !open.is_empty() {
            let file = EditedFile::open(context.host, LIST)?;
            file.existing("Path", Some("install the package locales"))?;
            let text = self.edited(file.text()?, &open)?;
            change = file.put(text.into_bytes(), "", Writing::default())?;
            change.result.shift_remove("msg");
            let after = if wanted {
                let new = open.iter().map(|name| format!("{}\n", plain(name)));
                before.clone() + &new.collect::<String>()
            } else {
                let goes = |line: &&str| open.iter().any(|name| plain(name) == plain(line));
                let kept = before.lines().filter(|line| !goes(line));
                kept.map(|line| format!("{line}\n")).collect()
            };
            change.steps.push(Step::Set(Setting {
                name: "locales".to_owned(),
                teller,
                before,
                after,
                setters: vec![Command::new(["locale-gen"])],
                brings_programs: false,
            }));
        }
        change.returns("name", crate::value::of(&self.name));
        change.returns("state", self.state.name());
        Ok(change)
    }
}

impl LocaleGen {
    /// Returns the list with the locales in use, or in comments.
    fn edited(&self, old: &str, open: &[&String]) -> Result<String, ModuleError> {
        let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
        for name in open {
            let is = |line: &&mut String| {
                let words = line.trim_start_matches(['#', ' ', '\t']);
                let first = words.split_whitespace().next();
                first.is_some_and(|first| plain(first) == plain(name))
            };
            let mut found = lines.iter_mut().filter(is).peekable();
            if found.peek().is_none() && self.state == Presence::Present {
                return Err(ModuleError::Refused {
                    message: format!("the host has no locale {name:?}"),
                    help: Some(format!("use a name of {LIST}")),
                });
            }
            for line in found {
                let entry = line.trim_start_matches(['#', ' ', '\t']).to_owned();
                *line = match self.state {
                    Presence::Present => entry,
                    Presence::Absent if line.starts_with('#') => continue,
                    Presence::Absent => format!("# {entry}"),
                };
            }
        }
        Ok(lines.iter().map(|line| format!("{line}\n")).collect())
    }
}

/// Returns a locale's name as `locale -a` prints it: `en_US.utf8` for `en_US.UTF-8`.
fn plain(name: &str) -> String {
    match name.trim().split_once('.') {
        Some((language, charset)) => {
            let charset = charset.to_lowercase().replace('-', "");
            format!("{language}.{charset}")
        }
        None => name.trim().to_owned(),
    }
}
