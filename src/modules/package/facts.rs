//! `package_facts`: the packages of a host as facts.

use super::apk::Apk;
use super::apt_get::{AptGet, is_installed};
use super::dnf::Dnf;
use super::manager::{self, Manager, ask};
use crate::change::{Change, Sets};
use crate::host::{Answer, Command};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::modules::host_path::look;
use crate::value::{self, Fields, Value};
use camino::Utf8Path;
use indexmap::IndexMap;
use std::collections::HashMap;

/// Gathers the packages of a host, with their versions, as `ansible_facts.packages`.
///
/// It asks dpkg, rpm or apk, whichever the host has.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::modules) struct PackageFacts {
    /// Package managers to ask.
    #[serde(default = "automatic")]
    manager: Vec<Source>,
    /// Whether to stop at the first that has packages.
    #[serde(default)]
    strategy: Strategy,
}

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Source {
    /// The host's own.
    Auto,
    Apk,
    Apt,
    Rpm,
    Dnf,
    Dnf5,
    Yum,
    Zypper,
}

/// Whether to stop at the first that has packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Strategy {
    /// Stop there.
    #[default]
    First,
    /// Ask all of them.
    All,
}

fn automatic() -> Vec<Source> {
    vec![Source::Auto]
}

/// The lists of package managers, each with the places of the program or list that it needs.
const LISTS: [(List, &[&str]); 3] = [
    (List::Apk, &["/lib/apk/db/installed"]),
    (List::Apt, &["/usr/bin/dpkg-query"]),
    (List::Rpm, &["/usr/bin/rpm", "/bin/rpm"]),
];

/// Tells the section of each Debian package.
const SECTIONS: [&str; 3] = [
    "dpkg-query",
    "-W",
    "-f=${Package}\\t${Architecture}\\t${Section}\\n",
];

/// A list of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Apk,
    Apt,
    Rpm,
}

impl BuiltIn for PackageFacts {
    const NAME: &'static str = "package_facts";
    const EXAMPLE: &'static str = "\
- name: See which packages there are
  package_facts:
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "ansible_facts",
        "`packages`: by name, each a list of its versions with `name`, `version`, `release`, `arch` and \
         `source`.",
    )];
}

impl Module for PackageFacts {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut packages: IndexMap<String, Vec<Value>> = IndexMap::new();
        let mut warnings = Vec::new();
        for list in self.lists(context)? {
            let found = match list.packages(context) {
                // Busybox has an rpm that lists nothing.
                Err(ModuleError::Refused { message, .. }) => {
                    let name = format!("{list:?}").to_lowercase();
                    warnings.push(format!("cannot list packages with {name}: {message}"));
                    continue;
                }
                found => found?,
            };
            for (name, package) in found {
                packages.entry(name).or_default().push(value::map(package));
            }
            if self.strategy == Strategy::First && !packages.is_empty() {
                break;
            }
        }
        if packages.is_empty() {
            return Err(ModuleError::Refused {
                message: "no package manager found: expected dpkg, rpm or apk".to_owned(),
                help: Some("check for a file of the package with stat instead".to_owned()),
            });
        }
        packages.sort_keys();
        let packages = packages
            .into_iter()
            .map(|(name, versions)| (name, versions.into()));
        let facts = Fields::from([("packages".to_owned(), value::map(packages.collect()))]);
        let mut change = Change::default();
        change.returns("ansible_facts", value::map(facts.clone()));
        change.warnings = warnings;
        change.sets = Sets::NamedFacts(facts);
        Ok(change)
    }
}

impl PackageFacts {
    /// Returns the lists to read, those that the host has.
    fn lists(&self, context: &PlanContext) -> Result<Vec<List>, ModuleError> {
        let paths = LISTS.iter().flat_map(|(_, paths)| *paths);
        let paths: Vec<_> = paths.map(|path| Utf8Path::new(*path)).collect();
        let questions: Vec<_> = paths.iter().map(|path| look(path, true)).collect();
        let answers = context.host.ask(&questions)?;
        let found = answers
            .into_iter()
            .map(|node| Answer::into_path(node).is_some());
        let found: HashMap<_, _> = paths.into_iter().zip(found).collect();
        let is_there = |list: &List| {
            let mut lists = LISTS.iter().filter(|(known, _)| known == list);
            lists.any(|(_, paths)| {
                paths
                    .iter()
                    .any(|path| found.get(Utf8Path::new(path)) == Some(&true))
            })
        };
        let mut lists = Vec::new();
        for source in &self.manager {
            let asked: &[List] = match source {
                Source::Auto => &[List::Apk, List::Apt, List::Rpm],
                Source::Apk => &[List::Apk],
                Source::Apt => &[List::Apt],
                Source::Rpm | Source::Dnf | Source::Dnf5 | Source::Yum | Source::Zypper => {
                    &[List::Rpm]
                }
            };
            lists.extend(asked.iter().copied().filter(is_there));
        }
        let mut seen = Vec::new();
        lists.retain(|list| {
            !seen.contains(list) && {
                seen.push(*list);
                true
            }
        });
        Ok(lists)
    }
}

impl List {
    /// Returns the packages, each with its name.
    fn packages(self, context: &PlanContext) -> Result<Vec<(String, Fields)>, ModuleError> {
        let (manager, source): (Box<dyn Manager>, _) = match self {
            Self::Apk => (Box::new(Apk::default()), "apk"),
            Self::Apt => (Box::new(AptGet::default()), "apt"),
            Self::Rpm => (Box::new(Dnf::default()), "rpm"),
        };
        let packages = manager::packages(manager.as_ref(), context)?;
        let sections = match self {
            Self::Apt => sections(manager.as_ref(), context)?,
            _ => HashMap::new(),
        };
        let own = packages.iter().find(|package| package.name == "dpkg");
        let own = own
            .map(|package| package.architecture.clone())
            .unwrap_or_default();
        let mut found = Vec::new();
        for package in packages.iter() {
            if self == Self::Apt && !is_installed(package) {
                continue;
            }
            let architecture = &package.architecture;
            let is_foreign =
                self == Self::Apt && ![own.as_str(), "all"].contains(&architecture.as_str());
            let name = if is_foreign {
                format!("{}:{architecture}", package.name)
            } else {
                package.name.clone()
            };
            let mut fields = Fields::from([("name".to_owned(), name.as_str().into())]);
            fields.extend(self.version(&package.version));
            fields.insert("arch".to_owned(), architecture.as_str().into());
            fields.insert("source".to_owned(), source.into());
            let key = (package.name.clone(), architecture.clone());
            if let Some(section) = sections.get(&key) {
                fields.insert("category".to_owned(), section.as_str().into());
            }
            found.push((name, fields));
        }
        Ok(found)
    }

    /// Returns the parts of a version.
    fn version(self, text: &str) -> Fields {
        let field = |name: &str, value: Value| (name.to_owned(), value);
        match self {
            Self::Apt => Fields::from([field("version", text.into())]),
            Self::Apk => {
                let (version, release) = text.rsplit_once('-').unwrap_or((text, ""));
                let fields = [
                    field("version", version.into()),
                    field("release", release.into()),
                ];
                Fields::from(fields)
            }
            Self::Rpm => {
                let (epoch, rest) = match text.split_once(':') {
                    Some((epoch, rest)) => (epoch.into(), rest),
                    None => (().into(), text),
                };
                let (version, release) = rest.split_once('-').unwrap_or((rest, ""));
                Fields::from([
                    field("version", version.into()),
                    field("release", release.into()),
                    field("epoch", epoch),
                ])
            }
        }
    }
}

/// Returns the section of each package, by name and architecture.
fn sections(
    manager: &dyn Manager,
    context: &PlanContext,
) -> Result<HashMap<(String, String), String>, ModuleError> {
    let output = ask(context, manager, Command::new(SECTIONS))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| {
        let mut columns = line.splitn(3, '\t').map(str::to_owned);
        Some(((columns.next()?, columns.next()?), columns.next()?))
    });
    Ok(lines.collect())
}
