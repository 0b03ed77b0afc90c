//! `apt`: packages of Debian and its derivatives.

use super::apt_get::AptGet;
use super::index::Index;
use super::manager::{self, Wanted};
use crate::change::Change;
use crate::host::{Command, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};

/// Installs, upgrades and removes packages with `apt-get`.
///
/// The changes are determined by apt's own simulation, so check mode also shows the dependencies
/// that are installed or removed.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::modules) struct Apt {
    /// Packages: `nginx`, `nginx=1.22*`, `nginx>=1.20`, `libc6:i386`, `php*`.
    name: Vec<String>,
    /// The desired state of the packages.
    state: State,
    /// Whether to update the package index first.
    update_cache: Option<bool>,
    /// How many seconds the index counts as up to date.
    cache_valid_time: u64,
    /// How often to retry a failed download of the index.
    update_cache_retries: Option<u32>,
    /// Ignored: apt decides how long it waits between retries.
    update_cache_retry_max_delay: Option<u32>,
    /// A package file on the host.
    deb: Option<String>,
    /// The release to take packages from.
    default_release: Option<String>,
    /// Whether to install recommended packages too; the default is apt's configuration.
    install_recommends: Option<bool>,
    /// Whether to upgrade all packages to their newest versions.
    upgrade: Upgrade,
    /// Whether to remove packages that are no longer needed.
    autoremove: bool,
    /// Whether to remove downloaded packages that are no longer available.
    autoclean: bool,
    /// Whether to remove all downloaded packages.
    clean: bool,
    /// Whether to remove packages with their configuration.
    purge: bool,
    /// Whether to upgrade only installed packages.
    only_upgrade: bool,
    /// Whether to fail if packages would be removed.
    fail_on_autoremove: bool,
    /// Options of dpkg, separated by commas.
    #[serde(default = "dpkg_options")]
    dpkg_options: String,
    /// Whether to accept packages without a valid signature, downgrades, and changes of held
    /// packages.
    force: bool,
    /// Whether to accept packages without a valid signature.
    allow_unauthenticated: bool,
    /// Whether to allow downgrades.
    allow_downgrade: bool,
    /// Whether to allow changes of held packages.
    allow_change_held_packages: bool,
    /// How many seconds to wait for another apt to finish.
    #[serde(default = "lock_timeout")]
    lock_timeout: u32,
    /// Ignored: `apt-get` is always used.
    force_apt_get: bool,
    /// Ignored: no library is needed.
    auto_install_module_deps: Option<bool>,
}

/// The desired state of packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum State {
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
    /// Their build dependencies are installed.
    BuildDep,
    /// Missing dependencies are repaired.
    Fixed,
}

/// How to upgrade all packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Upgrade {
    /// Not at all.
    #[default]
    No,
    /// Without removing packages.
    Safe,
    /// Removing packages if necessary.
    Full,
}

impl<'de> serde::Deserialize<'de> for Upgrade {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.to_lowercase().as_str() {
            "no" | "false" => Ok(Self::No),
            "yes" | "true" | "safe" => Ok(Self::Safe),
            "full" | "dist" => Ok(Self::Full),
            _ => Err(serde::de::Error::custom(format!(
                "expected one of no, yes, safe, full, dist, found \"{text}\""
            ))),
        }
    }
}

impl schemars::JsonSchema for Upgrade {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Upgrade".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "enum": ["no", "yes", "safe", "full", "dist"] })
    }
}

fn dpkg_options() -> String {
    "force-confdef,force-confold".to_owned()
}

fn lock_timeout() -> u32 {
    60
}

impl BuiltIn for Apt {
    const NAME: &'static str = "apt";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("package", "name"),
        ("pkg", "name"),
        ("update-cache", "update_cache"),
        ("default-release", "default_release"),
        ("install-recommends", "install_recommends"),
        ("allow-unauthenticated", "allow_unauthenticated"),
        ("allow-downgrade", "allow_downgrade"),
        ("allow_downgrades", "allow_downgrade"),
        ("allow-downgrades", "allow_downgrade"),
    ];
    const PATHS: &'static [&'static str] = &["deb"];
    const WRITES: Writes = Writes::Packages(&[super::apt_get::LIST]);
    const EXAMPLE: &'static str = "\
- name: The web server is there
  apt:
    name: [nginx, curl]
    update_cache: true
    cache_valid_time: 3600
";
    const RETURNS: &'static [(&'static str, &'static str)] =
        &[("cache_updated", "Whether the package index was updated.")];
}

impl Module for Apt {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let apt = self.apt_get();
        let index = Index {
            paths: &[
                "/var/lib/apt/periodic/update-success-stamp",
                "/var/lib/apt/lists",
            ],
            update: &["apt-get", "-q", "update"],
            valid: self.cache_valid_time,
        };
        if self.update_cache.unwrap_or(self.cache_valid_time > 0)
            && let Some(mut change) = index.update(context, &apt)?
        {
            change.again = self.wants_packages();
            change.changed = Some(!change.again);
            change.returns("cache_updated", true);
            return Ok(change);
        }
        let mut change = match self.packages(context, &apt) {
            // In check mode the index may lack what the host's update would bring.
            Err(error @ ModuleError::Refused { .. }) => match index.doubt(context, &apt) {
                Some(doubt) => return Err(ModuleError::NotKnown(doubt)),
                None => return Err(error),
            },
            planned => planned?,
        };
        change.returns("cache_updated", context.again);
        Ok(change)
    }
}

impl Apt {
    /// Returns the module for the arguments of `package`.
    pub(super) fn of(name: Vec<String>, wanted: Wanted) -> Self {
        let state = match wanted {
            Wanted::Present => State::Present,
            Wanted::Latest => State::Latest,
            Wanted::Absent => State::Absent,
        };
        Self {
            name,
            state,
            dpkg_options: dpkg_options(),
            lock_timeout: lock_timeout(),
            ..Self::default()
        }
    }

    fn wants_packages(&self) -> bool {
        let state = self.state == State::Fixed;
        let whole = self.upgrade != Upgrade::No || self.autoremove || self.autoclean || self.clean;
        !self.name.is_empty() || self.deb.is_some() || state || whole
    }

    fn packages(&self, context: &PlanContext, apt: &AptGet) -> Result<Change, ModuleError> {
        let wanted = match self.state {
            State::Latest => Wanted::Latest,
            State::Absent | State::Removed => Wanted::Absent,
            _ => Wanted::Present,
        };
        let mut names = self.name.clone();
        names.extend(self.deb.clone());
        let Some(words) = self.of_all_packages(names.is_empty()) else {
            return manager::plan(apt, context, wanted, &names);
        };
        if words.first().is_some_and(|word| word.ends_with("clean")) {
            return Ok(cleaned(context, apt, words));
        }
        let packages = manager::packages(apt, context)?;
        manager::transaction(apt, context, &packages, apt.words(words.iter().copied()))
    }

    /// Returns the words for what is done to all packages rather than to named ones.
    fn of_all_packages(&self, none_named: bool) -> Option<&'static [&'static str]> {
        match (self.upgrade, self.state) {
            (Upgrade::Full, _) => Some(&["dist-upgrade"]),
            (Upgrade::Safe, _) => Some(&["upgrade", "--with-new-pkgs"]),
            (_, State::Fixed) => Some(&["install", "--fix-broken"]),
            _ if !none_named => None,
            _ if self.autoremove && self.purge => Some(&["autoremove", "--purge"]),
            _ if self.autoremove => Some(&["autoremove"]),
            _ if self.clean => Some(&["clean"]),
            _ if self.autoclean => Some(&["autoclean"]),
            _ => None,
        }
    }

    fn apt_get(&self) -> AptGet {
        let mut options = vec![
            "-o".to_owned(),
            format!("DPkg::Lock::Timeout={}", self.lock_timeout),
        ];
        for option in self.dpkg_options.split(',').filter(|text| !text.is_empty()) {
            options.extend(["-o".to_owned(), format!("Dpkg::Options::=--{option}")]);
        }
        if let Some(recommends) = self.install_recommends {
            let value = if recommends { "yes" } else { "no" };
            options.extend(["-o".to_owned(), format!("APT::Install-Recommends={value}")]);
        }
        if let Some(retries) = self.update_cache_retries {
            options.extend(["-o".to_owned(), format!("Acquire::Retries={retries}")]);
        }
        if let Some(release) = &self.default_release {
            options.extend(["-t".to_owned(), release.clone()]);
        }
        let flags = [
            (self.autoremove, "--auto-remove"),
            (self.fail_on_autoremove, "--no-remove"),
            (
                self.allow_unauthenticated || self.force,
                "--allow-unauthenticated",
            ),
            (self.allow_downgrade || self.force, "--allow-downgrades"),
            (
                self.allow_change_held_packages || self.force,
                "--allow-change-held-packages",
            ),
        ];
        let given = flags.iter().filter(|(given, _)| *given);
        options.extend(given.map(|(_, flag)| (*flag).to_owned()));
        AptGet {
            options,
            instead: (self.state == State::BuildDep).then_some("build-dep"),
            only_upgrade: self.only_upgrade,
            purge: self.purge,
        }
    }
}

/// Downloads that are repeated when needed do not count as a change.
fn cleaned(context: &PlanContext, apt: &AptGet, words: &[&str]) -> Change {
    let command = Command::new(apt.words(words.iter().copied()));
    Change {
        steps: vec![Step::Run {
            command: manager::with_environment(context, apt, command),
            any_status: false,
        }],
        changed: Some(false),
        ..Change::default()
    }
}
