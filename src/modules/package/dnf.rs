//! `dnf`, `dnf5` and `yum`: packages of Fedora and its derivatives.

use super::dnf_table;
use super::index::Index;
use super::manager::{self, Manager, Wanted, ask, said};
use super::module::State;
use super::packages::{Move, Package, Packages};
use crate::change::Change;
use crate::glob;
use crate::host::{Command, Output};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};

/// Lists packages.
pub(super) const LIST: &[&str] = &["rpm", "-qa", "--qf", "%{NAME}\\t%{ARCH}\\t%{EVR}\\n"];

/// Installs, upgrades and removes packages with `dnf`, or the host's `dnf` or `yum`.
///
/// The changes are determined by a transaction that is not confirmed; dnf may download its package
/// index for it.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::modules) struct Dnf {
    /// Packages: `nginx`, `nginx-1.20*`, `nginx.x86_64`, `@group`, the path or URL of a package
    /// file. `*` with `state: latest` upgrades all.
    name: Vec<String>,
    /// The desired state of the packages.
    state: State,
    /// Whether to update the package index first.
    update_cache: bool,
    /// Whether to upgrade only installed packages.
    update_only: bool,
    /// Whether to remove packages that are no longer needed.
    autoremove: bool,
    /// Whether to allow downgrades.
    allow_downgrade: bool,
    /// Whether to remove conflicting packages.
    allowerasing: bool,
    /// Whether to accept older versions if the newest cannot be installed.
    nobest: Option<bool>,
    /// Whether to accept only the newest versions.
    best: Option<bool>,
    /// Whether to skip packages that cannot be installed.
    skip_broken: bool,
    /// Whether to install recommended packages too.
    install_weak_deps: Option<bool>,
    /// Whether to skip signature checks.
    disable_gpg_check: bool,
    /// Whether to verify the certificates of repositories.
    sslverify: Option<bool>,
    /// Repositories to use in addition to the enabled ones.
    enablerepo: Vec<String>,
    /// Repositories not to use.
    disablerepo: Vec<String>,
    /// Packages not to change.
    exclude: Vec<String>,
    /// Whether to apply only security updates.
    security: bool,
    /// Whether to apply only bug fixes.
    bugfix: bool,
    /// Whether to use only the cached index.
    cacheonly: bool,
    /// A different configuration file.
    conf_file: Option<String>,
    /// The release to take packages from.
    releasever: Option<String>,
    /// Ignored: dnf itself waits.
    lock_timeout: Option<i32>,
    /// Ignored: the host's own program is used.
    use_backend: Option<String>,
    /// Ignored: no library is needed.
    auto_install_module_deps: Option<bool>,
    /// Ignored: dnf downloads URLs itself.
    validate_certs: Option<bool>,
}

impl BuiltIn for Dnf {
    const NAME: &'static str = "dnf";
    const OTHER_NAMES: &'static [&'static str] = &["dnf5", "yum"];
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("pkg", "name"), ("expire-cache", "update_cache")];
    const PATHS: &'static [&'static str] = &["conf_file"];
    const WRITES: Writes = Writes::Packages(&[LIST]);
    const EXAMPLE: &'static str = "\
- name: The web server is there
  dnf:
    name: [nginx, curl]
";
}

impl Module for Dnf {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let index = Index {
            paths: &["/var/cache/dnf", "/var/cache/libdnf5"],
            update: &["dnf", "-y", "-q", "makecache", "--refresh"],
            valid: 0,
        };
        if self.update_cache
            && let Some(mut change) = index.update(context, self)?
        {
            change.again = self.autoremove || !self.name.is_empty();
            change.changed = Some(!change.again);
            return Ok(change);
        }
        let all = self.name.iter().any(|name| name == "*");
        if all && self.state.wanted() == Wanted::Latest {
            return self.whole(context, "upgrade");
        }
        if self.name.is_empty() && self.autoremove {
            return self.whole(context, "autoremove");
        }
        manager::plan(self, context, self.state.wanted(), &self.name)
    }
}

impl Dnf {
    /// Returns the module for the arguments of `package`.
    pub(super) fn of(name: Vec<String>, wanted: Wanted) -> Self {
        Self {
            name,
            state: State::of(wanted),
            ..Self::default()
        }
    }

    fn whole(&self, context: &PlanContext, verb: &str) -> Result<Change, ModuleError> {
        let packages = manager::packages(self, context)?;
        manager::transaction(self, context, &packages, self.words(verb, &[]))
    }

    fn words(&self, verb: &str, names: &[String]) -> Vec<String> {
        let mut words = vec!["dnf".to_owned(), "-y".to_owned()];
        let given = |name: &str, values: &[String]| {
            let values = values.iter();
            values
                .map(|value| format!("--{name}={value}"))
                .collect::<Vec<_>>()
        };
        words.extend(given("enablerepo", &self.enablerepo));
        words.extend(given("disablerepo", &self.disablerepo));
        words.extend(given("exclude", &self.exclude));
        words.extend(given("config", self.conf_file.as_slice()));
        words.extend(given("releasever", self.releasever.as_slice()));
        let set = |name: &str, value: bool| format!("--setopt={name}={}", u8::from(value));
        let best = self.best.or(self.nobest.map(|nobest| !nobest));
        words.extend(best.map(|best| set("best", best)));
        words.extend(
            self.install_weak_deps
                .map(|weak| set("install_weak_deps", weak)),
        );
        words.extend(self.sslverify.map(|verify| set("sslverify", verify)));
        let flags = [
            (self.disable_gpg_check, "--nogpgcheck"),
            (self.cacheonly, "--cacheonly"),
            (self.allowerasing, "--allowerasing"),
            (self.skip_broken, "--skip-broken"),
            (self.security && verb == "upgrade", "--security"),
            (self.bugfix && verb == "upgrade", "--bugfix"),
        ];
        let flags = flags.iter().filter(|(given, _)| *given);
        words.extend(flags.map(|(_, flag)| (*flag).to_owned()));
        words.push(verb.to_owned());
        words.extend(names.iter().cloned());
        words
    }

    /// Returns the names that no package has itself, but some package provides.
    fn provided(
        &self,
        context: &PlanContext,
        names: &[String],
    ) -> Result<Vec<String>, ModuleError> {
        let mut provided = Vec::new();
        for name in names {
            let plain = !name.starts_with('@') && !name.contains("://");
            let words = ["rpm", "-q", "--quiet", "--whatprovides", name];
            if plain && ask(context, self, Command::new(words))?.status == 0 {
                provided.push(name.clone());
            }
        }
        Ok(provided)
    }
}

impl Manager for Dnf {
    fn teller(&self) -> Command {
        Command::new(LIST.iter().copied())
    }

    fn open(
        &self,
        packages: &Packages,
        wanted: Wanted,
        names: &[String],
        context: &PlanContext,
    ) -> Result<Vec<String>, ModuleError> {
        let is_there = |name: &&String| packages.iter().any(|package| package.is_called(name));
        let (there, missing): (Vec<String>, Vec<String>) =
            names.iter().cloned().partition(|name| is_there(&name));
        Ok(match wanted {
            Wanted::Latest if self.update_only => there,
            Wanted::Latest => names.to_vec(),
            Wanted::Present if self.update_only => Vec::new(),
            Wanted::Present => {
                let provided = self.provided(context, &missing)?;
                let is_open = |name: &String| !provided.contains(name);
                missing.into_iter().filter(is_open).collect()
            }
            Wanted::Absent => {
                let group = |name: &&String| name.starts_with('@');
                let groups = missing.iter().filter(group).cloned();
                there.iter().cloned().chain(groups).collect()
            }
        })
    }

    fn act(&self, wanted: Wanted, names: &[String]) -> Vec<String> {
        match wanted {
            Wanted::Absent => self.words("remove", names),
            Wanted::Latest if self.update_only => self.words("upgrade", names),
            Wanted::Present | Wanted::Latest => self.words("install", names),
        }
    }

    fn trial(&self, act: &[String]) -> Vec<String> {
        let mut words = act.to_vec();
        if let Some(word) = words.get_mut(1) {
            "--assumeno".clone_into(word);
        }
        words
    }

    fn moves(&self, output: &Output, _packages: &Packages) -> Result<Vec<Move>, ModuleError> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let moves = dnf_table::read(&text);
        // Without a transaction there is nothing to abort.
        if output.status != 0 && moves.is_empty() {
            return Err(ModuleError::refused(said(output)));
        }
        Ok(moves)
    }

    fn settings(&self) -> &'static [&'static str] {
        &["/etc/dnf", "/etc/yum.repos.d", "/etc/yum.conf"]
    }

    fn environment(&self) -> &'static [(&'static str, &'static str)] {
        &[("LC_ALL", "C.UTF-8"), ("COLUMNS", "500")]
    }
}

impl Package {
    /// Returns whether a name refers to the package: `NAME`, `NAME.ARCH`, `NAME-VERSION`,
    /// `NAME-VERSION-RELEASE`, each with `.ARCH` too, and globs.
    fn is_called(&self, name: &str) -> bool {
        let Self {
            name: own,
            architecture,
            version,
            ..
        } = self;
        let bare = version
            .split_once(':')
            .map_or(version.as_str(), |(_, rest)| rest);
        let upstream = bare.split('-').next().unwrap_or(bare);
        let forms = [
            own.clone(),
            format!("{own}-{upstream}"),
            format!("{own}-{bare}"),
            format!("{own}-{version}"),
        ];
        forms.iter().any(|form| {
            glob::matches(name, form) || glob::matches(name, &format!("{form}.{architecture}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_goes_by_many_names() {
        let packages = Packages::read("bind-utils\tx86_64\t32:9.16.23-14.el9\n");
        let package = packages.iter().next().unwrap();
        for (name, expected) in [
            ("bind-utils", true),
            ("bind-utils.x86_64", true),
            ("bind-utils-9.16.23", true),
            ("bind-utils-9.16*", true),
            ("bind-utils-9.16.23-14.el9", true),
            ("bind-utils-9.16.23-14.el9.x86_64", true),
            ("bind-utils-32:9.16.23-14.el9", true),
            ("bind*", true),
            ("bind", false),
            ("bind-utils.i686", false),
            ("bind-utils-9.18", false),
        ] {
            assert_eq!(package.is_called(name), expected, "{name}");
        }
    }
}
