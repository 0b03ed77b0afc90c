//! `apk`: packages of Alpine.

use super::index::Index;
use super::manager::{self, Manager, Wanted, said};
use super::module::State;
use super::packages::{Move, Package, Packages};
use crate::change::Change;
use crate::host::{Command, Output};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};

/// Lists packages from apk's own database, which has a paragraph for each.
const LIST: &str =
    r#"/^P:/{n=substr($0,3)}/^V:/{v=substr($0,3)}/^A:/{print(n"\t"substr($0,3)"\t"v)}"#;

/// The command that does.
pub(super) const TELLER: &[&str] = &["awk", LIST, "/lib/apk/db/installed"];

/// Installs, upgrades and removes packages with `apk`.
///
/// The changes are determined by apk's own simulation.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::modules) struct Apk {
    /// Packages: `nginx`, `nginx=1.26.3-r0`, `nginx>1.26`.
    name: Vec<String>,
    /// The desired state of the packages.
    state: State,
    /// Whether to update the package index first.
    update_cache: bool,
    /// Whether to upgrade all packages to their newest versions.
    upgrade: bool,
    /// Whether to change all packages to the available versions, even older ones.
    available: bool,
    /// Whether to discard the index.
    no_cache: bool,
    /// Repositories to use instead of the host's own.
    repository: Vec<String>,
    /// Ignored: the host's own file is always used.
    world: Option<String>,
}

impl BuiltIn for Apk {
    const NAME: &'static str = "apk";
    const OTHER_NAMES: &'static [&'static str] = &["community.general.apk"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("package", "name"),
        ("pkg", "name"),
        ("update-cache", "update_cache"),
    ];
    const WRITES: Writes = Writes::Packages(&[TELLER]);
    const EXAMPLE: &'static str = "\
- name: The web server is there
  apk:
    name: nginx
";
}

impl Module for Apk {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let index = Index {
            paths: &["/var/cache/apk"],
            update: &["apk", "update"],
            valid: 0,
        };
        if self.update_cache
            && let Some(mut change) = index.update(context, self)?
        {
            change.again = self.upgrade || !self.name.is_empty();
            change.changed = Some(!change.again);
            return Ok(change);
        }
        let planned = if self.upgrade {
            let mut act = self.words(&["upgrade"]);
            act.extend(self.available.then(|| "--available".to_owned()));
            manager::packages(self, context)
                .and_then(|packages| manager::transaction(self, context, &packages, act))
        } else {
            manager::plan(self, context, self.state.wanted(), &self.name)
        };
        planned.map_err(|error| match error {
            ModuleError::Refused { .. } => match index.doubt(context, self) {
                Some(doubt) => ModuleError::NotKnown(doubt),
                None => error,
            },
            error => error,
        })
    }
}

impl Apk {
    /// Returns the module for the arguments of `package`.
    pub(super) fn of(name: Vec<String>, wanted: Wanted) -> Self {
        Self {
            name,
            state: State::of(wanted),
            ..Self::default()
        }
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        all.insert(0, "apk".to_owned());
        all.extend(self.no_cache.then(|| "--no-cache".to_owned()));
        for repository in &self.repository {
            all.extend(["--repository".to_owned(), repository.clone()]);
        }
        all
    }
}

/// Returns the name in `nginx>1.26`.
fn bare(name: &str) -> &str {
    let end = name.find(['=', '<', '>', '~', '@']);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

impl Manager for Apk {
    fn teller(&self) -> Command {
        Command::new(TELLER.iter().copied())
    }

    fn open(
        &self,
        packages: &Packages,
        wanted: Wanted,
        names: &[String],
        _context: &PlanContext,
    ) -> Result<Vec<String>, ModuleError> {
        let is_there = |name: &&String| {
            let exact = name.split_once('=').map(|(_, version)| version);
            let named = |package: &&Package| package.name == bare(name);
            let mut found = packages.iter().filter(named);
            found.any(|package| exact.is_none_or(|version| package.version == version))
        };
        let has_range = |name: &&String| name.contains(['<', '>', '~', '@']);
        let open = names.iter().filter(|name| match wanted {
            Wanted::Present => has_range(name) || !is_there(name),
            Wanted::Latest => true,
            Wanted::Absent => packages.iter().any(|package| package.name == bare(name)),
        });
        Ok(open.cloned().collect())
    }

    fn act(&self, wanted: Wanted, names: &[String]) -> Vec<String> {
        let mut words = match wanted {
            Wanted::Present => self.words(&["add"]),
            Wanted::Latest => self.words(&["add", "--upgrade"]),
            Wanted::Absent => self.words(&["del"]),
        };
        words.extend(names.iter().cloned());
        words
    }

    fn trial(&self, act: &[String]) -> Vec<String> {
        let mut words = act.to_vec();
        words.insert(2, "--simulate".to_owned());
        words
    }

    fn moves(&self, output: &Output, packages: &Packages) -> Result<Vec<Move>, ModuleError> {
        if output.status != 0 {
            return Err(ModuleError::refused(said(output)));
        }
        let mut architecture = packages.iter().map(|package| package.architecture.as_str());
        let architecture = architecture
            .find(|one| *one != "noarch")
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text
            .lines()
            .filter_map(|line| read(line, architecture))
            .collect())
    }

    fn settings(&self) -> &'static [&'static str] {
        &["/etc/apk"]
    }

    fn environment(&self) -> &'static [(&'static str, &'static str)] {
        &[("LC_ALL", "C")]
    }
}

/// Parses a line of a simulation: `(1/2) Installing tree (2.2.1-r0)`, `(2/2) Upgrading a (1 -> 2)`,
/// `(1/1) Purging tree (2.2.1-r0)`.
fn read(line: &str, architecture: &str) -> Option<Move> {
    let (_, rest) = line.strip_prefix('(')?.split_once(") ")?;
    let (action, rest) = rest.split_once(' ')?;
    let (name, versions) = rest.split_once(" (")?;
    let version = versions.trim_end_matches(')');
    let version = version.rsplit(" -> ").next().unwrap_or(version);
    match action {
        "Installing" | "Upgrading" | "Downgrading" | "Replacing" => Some(Move::Put(Package {
            name: name.to_owned(),
            architecture: architecture.to_owned(),
            version: version.to_owned(),
            rest: String::new(),
        })),
        "Purging" => Some(Move::Remove {
            name: name.to_owned(),
            architecture: None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_of_apk_is_read() {
        let packages = Packages::read("a\tx86_64\t1-r0\nmusl\tx86_64\t1.2-r0\nold\tx86_64\t1\n");
        let simulation = "\
(1/3) Installing tree (2.2.1-r0)
(2/3) Upgrading musl (1.2-r0 -> 1.3-r0)
(3/3) Purging old (1)
OK: 8 MiB in 3 packages
";
        let moves = simulation.lines().filter_map(|line| read(line, "x86_64"));
        assert_eq!(
            packages.after(moves.collect()).text(),
            "a\tx86_64\t1-r0\nmusl\tx86_64\t1.3-r0\ntree\tx86_64\t2.2.1-r0\n"
        );
    }
}
