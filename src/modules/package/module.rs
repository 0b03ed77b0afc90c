//! `package`: packages with the host's own package manager.

use super::apk::Apk;
use super::apt::Apt;
use super::dnf::Dnf;
use super::manager::Wanted;
use crate::change::Change;
use crate::host::{Answer, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::modules::host_path::look;
use camino::Utf8Path;

/// Installs, upgrades and removes packages with the host's own package manager: apt, dnf, yum or
/// apk.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::modules) struct PackageModule {
    /// Packages, named as in the host's package manager.
    name: Vec<String>,
    /// The desired state of the packages.
    #[serde(default)]
    state: State,
    /// The package manager; the default is the host's own.
    #[serde(default, rename = "use")]
    manager: Choice,
}

/// The desired state of packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Installed.
    #[default]
    Present,
    /// The same as `present`.
    Installed,
    /// Installed in the newest version.
    Latest,
    /// Not installed.
    Absent,
    /// The same as `absent`.
    Removed,
}

impl State {
    pub(super) fn of(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Present => Self::Present,
            Wanted::Latest => Self::Latest,
            Wanted::Absent => Self::Absent,
        }
    }

    pub(super) fn wanted(self) -> Wanted {
        match self {
            Self::Present | Self::Installed => Wanted::Present,
            Self::Latest => Wanted::Latest,
            Self::Absent | Self::Removed => Wanted::Absent,
        }
    }
}

/// A package manager.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Choice {
    /// The host's own.
    #[default]
    Auto,
    Apt,
    Dnf,
    Dnf5,
    Yum,
    Apk,
}

/// The programs that identify a host's package manager.
const PROGRAMS: &[(&str, Choice)] = &[
    ("/usr/bin/dnf5", Choice::Dnf),
    ("/usr/bin/dnf", Choice::Dnf),
    ("/usr/bin/yum", Choice::Yum),
    ("/usr/bin/apt-get", Choice::Apt),
    ("/sbin/apk", Choice::Apk),
];

impl BuiltIn for PackageModule {
    const NAME: &'static str = "package";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("pkg", "name")];
    const WRITES: Writes =
        Writes::Packages(&[super::apt_get::LIST, super::dnf::LIST, super::apk::TELLER]);
    const EXAMPLE: &'static str = "\
- name: The program is there
  package:
    name: curl
";
}

impl Module for PackageModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let (name, wanted) = (self.name.clone(), self.state.wanted());
        let choice = match self.manager {
            Choice::Auto => found(context)?,
            choice => choice,
        };
        match choice {
            Choice::Apt | Choice::Auto => Apt::of(name, wanted).plan(context),
            Choice::Apk => Apk::of(name, wanted).plan(context),
            Choice::Dnf | Choice::Dnf5 | Choice::Yum => Dnf::of(name, wanted).plan(context),
        }
    }
}

/// Returns the host's package manager. On a Debian-like host apt is only used if the system is
/// built with it.
fn found(context: &PlanContext) -> Result<Choice, ModuleError> {
    let mut questions: Vec<Question> = PROGRAMS
        .iter()
        .map(|(path, _)| look(Utf8Path::new(path), true))
        .collect();
    questions.push(look(Utf8Path::new("/etc/debian_version"), true));
    let answers = context.host.ask(&questions)?;
    let there: Vec<bool> = answers
        .into_iter()
        .map(|answer| Answer::into_path(answer).is_some())
        .collect();
    let programs = || PROGRAMS.iter().zip(&there).filter(|(_, there)| **there);
    let has_apt = programs().any(|((_, choice), _)| *choice == Choice::Apt);
    if has_apt && there.last() == Some(&true) {
        return Ok(Choice::Apt);
    }
    match programs().next() {
        Some(((_, choice), _)) => Ok(*choice),
        None => Err(ModuleError::Refused {
            message: "no package manager found: expected apt-get, dnf, yum or apk".to_owned(),
            help: Some("install packages with command, or use another host".to_owned()),
        }),
    }
}
