//! `timezone`: the time zone of a host, and of its hardware clock.

use super::edited_file::{EditedFile, Writing};
use super::host_path::{look, target_of};
use crate::change::{Attributes, Change, Mode, Replace};
use crate::host::{Answer, Kind};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use camino::Utf8Path;

/// The time zones of a host.
const ZONES: &str = "/usr/share/zoneinfo";

/// The link to the host's own.
const LINK: &str = "/etc/localtime";

/// The name of the time zone, on Debian and its derivatives.
const NAME: &str = "/etc/timezone";

/// What the hardware clock shows is in its third line.
const CLOCK: &str = "/etc/adjtime";

/// Sets the time zone of a host. Programs that run already may keep the old one.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Timezone {
    /// The time zone, such as `Europe/Berlin` or `UTC`.
    name: Option<String>,
    /// What the hardware clock shows.
    hwclock: Option<Clock>,
}

/// What a hardware clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
enum Clock {
    /// The local time.
    #[serde(rename = "local")]
    Local,
    /// The time of UTC.
    #[serde(rename = "UTC")]
    Utc,
}

impl BuiltIn for Timezone {
    const NAME: &'static str = "timezone";
    const WRITES: Writes = Writes::Files(&[LINK, NAME, CLOCK]);
    const OTHER_NAMES: &'static [&'static str] = &["community.general.timezone"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("rtc", "hwclock")];
    const EXAMPLE: &'static str = "\
- name: The clock shows local time
  timezone:
    hwclock: local
";
}

impl Module for Timezone {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.name.is_none() && self.hwclock.is_none() {
            return Err(ModuleError::refused("timezone needs name or hwclock"));
        }
        let mut change = Change::default();
        if let Some(name) = &self.name {
            set_zone(context, name, &mut change)?;
        }
        if let Some(clock) = self.hwclock {
            let file = EditedFile::open(context.host, CLOCK)?;
            if let Some(text) = adjusted(file.text()?, clock) {
                let steps = file.put(text.into_bytes(), "", readable())?.steps;
                change.steps.extend(steps);
            }
        }
        Ok(change)
    }
}

fn set_zone(context: &PlanContext, name: &str, change: &mut Change) -> Result<(), ModuleError> {
    let unknown = || ModuleError::Refused {
        message: format!("the host has no time zone {name:?}"),
        help: Some(format!(
            "use the name of a file in {ZONES}; the package tzdata has them"
        )),
    };
    if name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(unknown());
    }
    let zone = Utf8Path::new(ZONES).join(name);
    let link = Utf8Path::new(LINK);
    let questions = [
        look(&zone, true),
        look(link, false),
        look(Utf8Path::new(NAME), true),
    ];
    let mut answers = context
        .host
        .ask(&questions)?
        .into_iter()
        .map(Answer::into_path);
    let mut next = || answers.next().flatten();
    let (found_zone, found_link, found_name) = (next(), next(), next());
    if found_zone.is_none_or(|node| node.kind != Kind::File) {
        return Err(unknown());
    }
    let is_set = match found_link.as_ref().map(|node| &node.kind) {
        Some(Kind::Symlink { target }) => target_of(link, target) == zone,
        _ => false,
    };
    if !is_set {
        change.ensure_symlink(link, &zone, found_link.as_ref(), Replace::FilesToo, false)?;
    }
    if found_name.is_some() {
        let file = EditedFile::open(context.host, NAME)?;
        if file.text()?.trim() != name {
            let text = format!("{name}\n").into_bytes();
            change.steps.extend(file.put(text, "", readable())?.steps);
        }
    }
    Ok(())
}

/// Returns the new text of `/etc/adjtime`, if it differs; a missing file means UTC.
fn adjusted(text: &str, clock: Clock) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let is_local = lines.get(2).is_some_and(|line| line.trim() == "LOCAL");
    if is_local == (clock == Clock::Local) {
        return None;
    }
    let usual = ["0.0 0 0.0", "0", "UTC"];
    lines.extend(usual.iter().skip(lines.len()));
    if let Some(line) = lines.get_mut(2) {
        *line = if clock == Clock::Local {
            "LOCAL"
        } else {
            "UTC"
        };
    }
    Some(lines.join("\n") + "\n")
}

/// Everybody on the host may know its time zone.
fn readable() -> Writing<'static> {
    Writing {
        attributes: Attributes {
            mode: Some(Mode::of_bits(0o644)),
            ..Attributes::default()
        },
        ..Writing::default()
    }
}
