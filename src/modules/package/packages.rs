//! The packages of a host, as its package manager lists them.

use crate::glob;
use std::fmt::Write as _;

/// The packages of a host: a line each, with name, architecture, version and any other columns of
/// the list, separated by tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packages(Vec<Package>);

/// A package of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    /// Its name.
    pub(super) name: String,
    /// Its architecture.
    pub(super) architecture: String,
    /// Its version.
    pub(super) version: String,
    /// The rest of its line, with the leading tab.
    pub(super) rest: String,
}

/// The effect of a transaction on a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Move {
    /// It is installed in this version; `rest` contains the rest of its line.
    Put(Package),
    /// It is removed, of any architecture if none is given.
    Remove {
        /// Its name.
        name: String,
        /// Its architecture.
        architecture: Option<String>,
    },
}

impl Packages {
    /// Parses the output of a package manager.
    pub(super) fn read(text: &str) -> Self {
        Self(text.lines().filter_map(Package::read).collect())
    }

    /// Returns the output of the package manager.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for package in &self.0 {
            let Package {
                name,
                architecture,
                version,
                rest,
            } = package;
            let _ = writeln!(text, "{name}\t{architecture}\t{version}{rest}");
        }
        text
    }

    /// Returns all packages.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Package> {
        self.0.iter()
    }

    /// Returns the packages after a transaction, sorted by name.
    pub(super) fn after(&self, moves: Vec<Move>) -> Self {
        let mut packages = self.clone();
        for one in moves {
            match one {
                Move::Put(new) => {
                    packages.0.retain(|old| !old.is_replaced_by(&new));
                    packages.0.push(new);
                }
                Move::Remove { name, architecture } => packages.0.retain(|package| {
                    package.name != name
                        || architecture
                            .as_ref()
                            .is_some_and(|only| *only != package.architecture)
                }),
            }
        }
        packages.sort();
        packages
    }

    /// Sorts the packages by name, so that lists can be compared.
    pub(super) fn sort(&mut self) {
        let key = |package: &Package| (package.name.clone(), package.architecture.clone());
        self.0.sort_by_key(key);
    }
}

impl Package {
    fn read(line: &str) -> Option<Self> {
        let mut columns = line.splitn(3, '\t');
        let (name, architecture, rest) = (columns.next()?, columns.next()?, columns.next()?);
        let end = rest.find('\t').unwrap_or(rest.len());
        let (version, rest) = rest.split_at(end);
        Some(Self {
            name: name.to_owned(),
            architecture: architecture.to_owned(),
            version: version.to_owned(),
            rest: rest.to_owned(),
        })
    }

    /// A package without an architecture of its own may get one, or lose it.
    fn is_replaced_by(&self, new: &Self) -> bool {
        let free = |package: &Self| ["all", "noarch"].contains(&package.architecture.as_str());
        self.name == new.name && (self.architecture == new.architecture || free(self) || free(new))
    }

    /// Returns whether a pattern matches its version.
    pub(super) fn has_version(&self, pattern: &str) -> bool {
        glob::matches(pattern, &self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_as_it_was_read() {
        let text =
            "curl\tamd64\t7.88\tii \t\ntzdata\tall\t2024a\tii \ttzdata-x\nzlib\tx86_64\t1.2\n";
        assert_eq!(Packages::read(text).text(), text);
    }

    #[test]
    fn a_transaction_replaces_adds_and_removes() {
        let packages = Packages::read("a\tall\t1\nb\tamd64\t1\nb\ti386\t1\nc\tamd64\t1\n");
        let put = |line: &str| Move::Put(Package::read(line).unwrap());
        let remove = |name: &str, architecture: Option<&str>| Move::Remove {
            name: name.to_owned(),
            architecture: architecture.map(str::to_owned),
        };
        let after = packages.after(vec![
            put("a\tamd64\t2"),
            put("b\tamd64\t2"),
            remove("c", None),
            remove("b", Some("i386")),
            put("0\tall\t3"),
        ]);
        assert_eq!(after.text(), "0\tall\t3\na\tamd64\t2\nb\tamd64\t2\n");
    }
}
