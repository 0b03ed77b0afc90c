//! `apt`: packages of Debian and what is made from it.

use super::apt_get::AptGet;
use super::index::Index;
use super::manager::{self, Wanted};
use crate::change::Change;
use crate::host::{Command, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Installs, upgrades and removes packages with `apt-get`.
///
/// What would be done is found out by apt's own simulation, so check mode shows every package that
/// comes or goes with those that are named.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::modules) struct Apt {
    /// Packages: `nginx`, `nginx=1.22*`, `nginx>=1.20`, `libc6:i386`, `php*`.
    name: Vec<String>,
    /// What becomes of them.
    state: State,
    /// Whether the index of packages is brought up to date first.
    update_cache: Option<bool>,
    /// Seconds for which the index counts as up to date.
    cache_valid_time: u64,
    /// How often a fetch that fails is tried again.
    update_cache_retries: Option<u32>,
    /// Has no effect: apt decides how long it waits before it tries again.
    update_cache_retry_max_delay: Option<u32>,
    /// A package file of the host.
    deb: Option<String>,
    /// The release that packages come from.
    default_release: Option<String>,
    /// Whether recommended packages come with it; by default as apt is set up.
    install_recommends: Option<bool>,
    /// Whether all packages are brought to their newest versions.
    upgrade: Upgrade,
    /// Whether packages that nothing needs any more are removed.
    autoremove: bool,
    /// Whether fetched packages are removed from the cache that no release has any more.
    autoclean: bool,
    /// Whether all fetched packages are removed from the cache.
    clean: bool,
    /// Whether settings are removed with their packages.
    purge: bool,
    /// Whether only packages that are there are upgraded.
    only_upgrade: bool,
    /// Whether the task fails if packages would be removed.
    fail_on_autoremove: bool,
    /// Options of dpkg, with commas between.
    #[serde(default = "dpkg_options")]
    dpkg_options: String,
    /// Whether packages without a valid signature are taken, and downgrades and changes of held
    /// packages are made.
    force: bool,
    /// Whether packages without a valid signature are taken.
    allow_unauthenticated: bool,
    /// Whether a package may be brought to an older version.
    allow_downgrade: bool,
    /// Whether the versions of held packages may change.
    allow_change_held_packages: bool,
    /// Seconds to wait for another apt to end.
    #[serde(default = "lock_timeout")]
    lock_timeout: u32,
    /// Has no effect: it is always `apt-get` that is used.
    force_apt_get: bool,
    /// Has no effect: no library is needed.
    auto_install_module_deps: Option<bool>,
}

/// What becomes of packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// They are there.
    #[default]
    Present,
    /// The same.
    Installed,
    /// They are there in the newest version.
    Latest,
    /// They are gone.
    Absent,
    /// The same.
    Removed,
    /// What is needed to build them is there.
    BuildDep,
    /// Packages whose dependencies are missing are repaired.
    Fixed,
}

/// How all packages are upgraded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Upgrade {
    /// Not at all.
    #[default]
    No,
    /// Nothing is removed.
    Safe,
    /// What is in the way is removed.
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
    const EXAMPLE: &'static str = "\
- name: The web server is there
  apt:
    name: [nginx, curl]
    update_cache: true
    cache_valid_time: 3600
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "cache_updated",
        "Whether the index of packages was brought up to date.",
    )];
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
        manager::transaction(apt, context, packages, apt.words(words.iter().copied()))
    }

    /// Returns the words for what is done about all packages rather than those that are named.
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

/// Files that are fetched again when needed do not count as a change.
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
