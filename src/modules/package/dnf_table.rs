//! The table that dnf shows before a transaction.

use super::packages::{Move, Package};

/// Parses the rows of the table: headings such as `Installing:` and `Upgrading:` are followed by a
/// row for each package, with name, architecture, version, repository and size.
pub(super) fn read(text: &str) -> Vec<Move> {
    let mut moves = Vec::new();
    let mut removes = None;
    let mut row: Vec<&str> = Vec::new();
    for line in text.lines() {
        let heading = line.trim_end();
        if heading.starts_with("Transaction Summary") {
            break;
        }
        if !line.starts_with(' ') && heading.ends_with(':') {
            removes = action(heading);
            row.clear();
            continue;
        }
        let Some(removes) = removes.filter(|_| line.starts_with(' ')) else {
            continue;
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        // What a package takes the place of goes with it; an old version of its own does too.
        if words.first() == Some(&"replacing") {
            moves.extend(replaced(&words, moves.last()));
            continue;
        }
        // A long name has its line for itself.
        row.extend(words);
        if let [name, architecture, version, _, ..] = row.as_slice() {
            moves.push(if removes {
                Move::Remove {
                    name: (*name).to_owned(),
                    architecture: Some((*architecture).to_owned()),
                }
            } else {
                Move::Put(Package {
                    name: (*name).to_owned(),
                    architecture: (*architecture).to_owned(),
                    version: version.strip_prefix("0:").unwrap_or(version).to_owned(),
                    rest: String::new(),
                })
            });
            row.clear();
        }
    }
    moves
}

/// Returns whether the packages below a heading are removed, or `None` for any other heading.
fn action(heading: &str) -> Option<bool> {
    let puts = ["Installing", "Upgrading", "Downgrading", "Reinstalling"];
    let removes = ["Removing", "Removing unused", "Removing dependent"];
    let starts = |words: &[&str]| words.iter().any(|word| heading.starts_with(word));
    match (starts(&puts), starts(&removes)) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    }
}

/// `replacing NAME.ARCH VERSION` of dnf, `replacing NAME ARCH VERSION REPOSITORY SIZE` of dnf5.
fn replaced(words: &[&str], new: Option<&Move>) -> Option<Move> {
    let named = words.get(1)?;
    let (name, architecture) = match (words.len(), named.rsplit_once('.')) {
        (..=3, Some((name, architecture))) => (name, architecture),
        _ => (*named, *words.get(2)?),
    };
    let own = matches!(new, Some(Move::Put(new)) if new.name == name);
    (!own).then(|| Move::Remove {
        name: name.to_owned(),
        architecture: Some(architecture.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::packages::Packages;
    use super::*;

    fn after(before: &str, table: &str) -> String {
        Packages::read(before).after(read(table)).text()
    }

    #[test]
    fn the_table_of_dnf_is_read() {
        let table = "\
Last metadata expiration check: 0:00:10 ago on Mon Nov 30 02:00:00 2026.
Dependencies resolved.
================================================================================
 Package                Arch      Version               Repository         Size
================================================================================
Installing:
 tree                   x86_64    1.8.0-10.el9          baseos             55 k
     replacing  oldtree.x86_64 1.0-1
Upgrading:
 bind-utils             x86_64    32:9.16.23-24.el9     appstream         203 k
Installing dependencies:
 a-package-with-a-name-that-is-too-long-for-its-column
                        noarch    1-1                   baseos             10 k
Removing:
 nano                   x86_64    5.6.1-5.el9           @baseos           2.7 M

Transaction Summary
================================================================================
Install  2 Packages
";
        let before = "bind-utils\tx86_64\t32:9.16.23-14.el9\nnano\tx86_64\t5.6.1-5.el9\n\
                      oldtree\tx86_64\t1.0-1\n";
        assert_eq!(
            after(before, table),
            "a-package-with-a-name-that-is-too-long-for-its-column\tnoarch\t1-1\n\
             bind-utils\tx86_64\t32:9.16.23-24.el9\ntree\tx86_64\t1.8.0-10.el9\n"
        );
    }

    #[test]
    fn the_table_of_dnf5_is_read() {
        let table = "\
Package           Arch   Version         Repository      Size
Upgrading:
 vim-minimal      x86_64 2:9.1.2-1.fc41  updates      1.7 MiB
   replacing vim-minimal x86_64 2:9.1.1-1.fc41 fedora 1.7 MiB
Installing:
 tree             x86_64 0:2.2.1-1.fc41  fedora     112.1 KiB
Removing unused dependencies:
 gpm-libs         x86_64 1.20.7-46.fc41  fedora      27.7 KiB

Transaction Summary:
 Installing:        1 package
";
        let before = "gpm-libs\tx86_64\t1.20.7-46.fc41\nvim-minimal\tx86_64\t2:9.1.1-1.fc41\n";
        assert_eq!(
            after(before, table),
            "tree\tx86_64\t2.2.1-1.fc41\nvim-minimal\tx86_64\t2:9.1.2-1.fc41\n"
        );
    }

    #[test]
    fn nothing_to_do_is_no_transaction() {
        assert_eq!(
            read("Package tree-1.8 is already installed.\nNothing to do.\nComplete!\n"),
            []
        );
    }
}
