//! `apt-get` and `dpkg`, of Debian and its derivatives.

use super::manager::{Manager, Wanted, ask, said};
use super::packages::{Move, Package, Packages};
use crate::glob;
use crate::host::{Command, Output};
use crate::module::{ModuleError, PlanContext};

/// Lists packages; the last columns are the state, in two letters, and what a package provides.
pub(super) const LIST: &[&str] = &[
    "dpkg-query",
    "-W",
    "-f=${Package}\\t${Architecture}\\t${Version}\\t${db:Status-Abbrev}\\t${Provides}\\n",
];

/// `apt-get` with the options of a task.
#[derive(Debug, Default)]
pub(super) struct AptGet {
    /// Options for all its commands.
    pub(super) options: Vec<String>,
    /// The command to use instead of `install`: `build-dep`.
    pub(super) instead: Option<&'static str>,
    /// Whether to change only installed packages.
    pub(super) only_upgrade: bool,
    /// Whether to remove packages with their configuration.
    pub(super) purge: bool,
}

impl AptGet {
    /// Returns the command line of `apt-get` that ends with these words.
    pub(super) fn words<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
        let start = ["apt-get", "-y", "-q"].map(str::to_owned);
        let options = self.options.iter().cloned();
        let end = words.into_iter().map(str::to_owned);
        start.into_iter().chain(options).chain(end).collect()
    }

    /// Returns whether the package of this name is installed in a matching version.
    fn has(
        &self,
        packages: &Packages,
        wanted: &Spec<'_>,
        context: &PlanContext,
    ) -> Result<bool, ModuleError> {
        for package in wanted.of(packages) {
            let fits = match wanted.version {
                None => true,
                Some(("=", version)) => package.has_version(version),
                Some((_, version)) => {
                    let words = [
                        "dpkg",
                        "--compare-versions",
                        &package.version,
                        "ge",
                        version,
                    ];
                    ask(context, self, Command::new(words))?.status == 0
                }
            };
            if fits {
                return Ok(true);
            }
        }
        let provides = |package: &Package| is_installed(package) && package.provides(wanted.name);
        Ok(wanted.version.is_none() && packages.iter().any(provides))
    }
}

impl Manager for AptGet {
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
        let mut open = Vec::new();
        for name in names {
            let spec = Spec::read(name);
            let is_file = name.contains('/');
            let is_there = spec.of(packages).next().is_some();
            match wanted {
                _ if self.only_upgrade && !is_there => {}
                Wanted::Present if is_file || self.instead.is_some() => open.push(name.clone()),
                Wanted::Present if !self.has(packages, &spec, context)? => open.push(name.clone()),
                Wanted::Present => {}
                Wanted::Latest => open.push(name.clone()),
                Wanted::Absent => {
                    let left = |package: &&Package| self.purge && !is_installed(package);
                    let known = packages.iter().filter(|package| spec.means(package));
                    let found = known.filter(|package| is_installed(package) || left(package));
                    open.extend(found.map(|package| package.name.clone()));
                }
            }
        }
        Ok(open)
    }

    fn act(&self, wanted: Wanted, names: &[String]) -> Vec<String> {
        let mut words = Vec::new();
        match (wanted, self.instead) {
            (Wanted::Absent, _) => {
                words.push("remove");
                words.extend(self.purge.then_some("--purge"));
            }
            (_, Some(instead)) => words.push(instead),
            (_, None) => {
                words.push("install");
                words.extend(self.only_upgrade.then_some("--only-upgrade"));
            }
        }
        // Names may begin with a hyphen.
        words.push("--");
        words.extend(names.iter().map(String::as_str));
        self.words(words)
    }

    fn trial(&self, act: &[String]) -> Vec<String> {
        let mut words = act.to_vec();
        words.insert(1, "-s".to_owned());
        words
    }

    fn moves(&self, output: &Output, packages: &Packages) -> Result<Vec<Move>, ModuleError> {
        if output.status != 0 {
            return Err(ModuleError::refused(said(output)));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text
            .lines()
            .filter_map(|line| read(line, packages))
            .collect())
    }

    fn settings(&self) -> &'static [&'static str] {
        &["/etc/apt"]
    }

    fn environment(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("DEBIAN_FRONTEND", "noninteractive"),
            ("DEBIAN_PRIORITY", "critical"),
            ("LC_ALL", "C"),
        ]
    }
}

/// A name as playbooks write it: `nginx`, `nginx=1.22*`, `nginx>=1.20`, `nginx:i386`, `php*`.
struct Spec<'s> {
    name: &'s str,
    architecture: Option<&'s str>,
    version: Option<(&'s str, &'s str)>,
}

impl<'s> Spec<'s> {
    fn read(text: &'s str) -> Self {
        let (name, version) = match text.split_once('=') {
            Some((name, version)) => match name.strip_suffix('>') {
                Some(name) => (name, Some((">=", version))),
                None => (name, Some(("=", version))),
            },
            None => (text, None),
        };
        let (name, architecture) = match name.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (name, None),
        };
        Self {
            name,
            architecture,
            version,
        }
    }

    fn means(&self, package: &Package) -> bool {
        glob::matches(self.name, &package.name)
            && self.architecture.is_none_or(|wanted| {
                package.architecture == wanted || package.architecture == "all"
            })
    }

    /// Returns the installed packages.
    fn of<'p>(&'p self, packages: &'p Packages) -> impl Iterator<Item = &'p Package> {
        let packages = packages.iter();
        packages.filter(|package| is_installed(package) && self.means(package))
    }
}

/// Returns whether a package is installed; of others only the configuration is left.
pub(super) fn is_installed(package: &Package) -> bool {
    let state = package.rest.strip_prefix('\t').unwrap_or_default();
    state.chars().nth(1) == Some('i')
}

impl Package {
    fn provides(&self, name: &str) -> bool {
        let provided = self.rest.rsplit('\t').next().unwrap_or_default();
        let mut names = provided.split(',').map(|one| one.split_whitespace().next());
        names.any(|one| one == Some(name))
    }
}

/// Parses a line of a simulation: `Inst NAME [OLD] (NEW FROM [ARCHITECTURE])`, `Remv NAME [OLD]`,
/// `Purg NAME [OLD]`.
fn read(line: &str, packages: &Packages) -> Option<Move> {
    let mut words = line.split_whitespace();
    let action = words.next()?;
    let named = words.next()?;
    let (name, foreign) = match named.split_once(':') {
        Some((name, architecture)) => (name, Some(architecture)),
        None => (named, None),
    };
    let old = |package: &&Package| {
        package.name == name && foreign.is_none_or(|only| only == package.architecture)
    };
    match action {
        "Inst" => {
            let (_, inner) = line.split_once('(')?;
            let version = inner.split_whitespace().next()?;
            let (inner, _) = inner.split_once(')')?;
            let (_, architecture) = inner.rsplit_once('[')?;
            // What the new version provides is taken to be what the old one did.
            let known = packages.iter().find(old).filter(|old| is_installed(old));
            Some(Move::Put(Package {
                name: name.to_owned(),
                architecture: architecture.trim_end_matches(']').to_owned(),
                version: version.to_owned(),
                rest: known.map_or_else(|| "\tii \t".to_owned(), |old| old.rest.clone()),
            }))
        }
        "Purg" => Some(Move::Remove {
            name: name.to_owned(),
            architecture: foreign.map(str::to_owned),
        }),
        "Remv" => {
            let package = packages.iter().find(old)?;
            Some(Move::Put(Package {
                // Its settings stay where it has any, which the trial does not say.
                rest: "\trc \t".to_owned(),
                ..package.clone()
            }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_of_apt_is_read() {
        let packages = Packages::read("curl\tamd64\t7.88\tii \t\nlibc6\ti386\t2.36\tii \t\n");
        let trial = "\
Reading package lists...
Inst tree (2.1.0-1 Debian:12.15/oldstable [amd64])
Inst libc6:i386 [2.36] (2.37 Debian:12.15/oldstable, Debian-Security:12/stable [i386]) []
Conf tree (2.1.0-1 Debian:12.15/oldstable [amd64])
Purg curl [7.88]
0 upgraded, 1 newly installed, 1 to remove and 139 not upgraded.
";
        let moves = trial.lines().filter_map(|line| read(line, &packages));
        let after = packages.after(moves.collect());
        assert_eq!(
            after.text(),
            "libc6\ti386\t2.37\tii \t\ntree\tamd64\t2.1.0-1\tii \t\n"
        );
    }

    #[test]
    fn a_name_may_have_a_version_and_an_architecture() {
        for (text, name, architecture, version) in [
            ("nginx", "nginx", None, None),
            ("nginx=1.22*", "nginx", None, Some(("=", "1.22*"))),
            ("nginx>=1.20", "nginx", None, Some((">=", "1.20"))),
            (
                "libc6:i386=2.36",
                "libc6",
                Some("i386"),
                Some(("=", "2.36")),
            ),
            ("g++", "g++", None, None),
        ] {
            let spec = Spec::read(text);
            assert_eq!(
                (spec.name, spec.architecture, spec.version),
                (name, architecture, version)
            );
        }
    }

    #[test]
    fn a_package_may_be_there_by_what_another_provides() {
        let line = "exim4\tall\t4.9\tii \tmail-transport-agent, smtp (= 4.9)\n";
        let packages = Packages::read(line);
        let package = packages.iter().next().unwrap();
        assert!(package.provides("mail-transport-agent") && package.provides("smtp"));
        assert!(!package.provides("mail"));
    }
}
