//! A project's own inventory, the default without `-i`.

use crate::inventory;
use crate::source::LocalPath;

/// The names it may have.
const NAMES: [&str; 7] = [
    "inventory.yml",
    "inventory.yaml",
    "inventory.ini",
    "inventory.rhai",
    "hosts.yml",
    "hosts.yaml",
    "hosts.ini",
];

/// A file with this name, or a folder with one inventory.
const FOLDER: &str = "inventory";

/// Returns the only inventory of a project, or a hint why there is none. It is searched in the
/// folder of the playbook, and beside that folder if it is called `playbooks`.
pub(super) fn find(folder: &LocalPath) -> Result<LocalPath, String> {
    let above = folder.ends_with("playbooks").then(|| folder.parent());
    for folder in std::iter::once(folder.clone()).chain(above.clone()) {
        let found = candidates(&folder);
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one.clone()),
            [first, ..] => {
                let all: Vec<_> = found.iter().map(ToString::to_string).collect();
                return Err(format!(
                    "the project has several, pass one: -i {first} (found {})",
                    all.join(", ")
                ));
            }
        }
    }
    let above = above.map_or_else(String::new, |above| format!(" and {above}"));
    Err(format!(
        "pass one, such as -i hosts.yml or -i web1,web2, (looked in {folder}{above} for {}, and \
         for a folder {FOLDER} with one inventory)",
        NAMES.join(", ")
    ))
}

fn candidates(folder: &LocalPath) -> Vec<LocalPath> {
    let named = NAMES.iter().map(|name| folder.join(name));
    let mut found: Vec<_> = named.filter(|path| path.is_file()).collect();
    let own = folder.join(FOLDER);
    if own.is_file() {
        found.push(own);
    } else {
        found.extend(inventory::sources_in(&own));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_inventory_of_a_project_is_found() {
        for (files, playbooks, expected) in [
            (&["inventory.yml", "site.yml"][..], "", Ok("inventory.yml")),
            (&["hosts.ini"], "", Ok("hosts.ini")),
            (
                &["inventory/prod.yml", "inventory/group_vars/all.yml"],
                "",
                Ok("inventory/prod.yml"),
            ),
            (&["inventory"], "", Ok("inventory")),
            (
                &["inventory/prod/hosts", "inventory/README.md"],
                "",
                Ok("inventory/prod"),
            ),
            (
                &["hosts.yml", "playbooks/site.yml"],
                "playbooks",
                Ok("hosts.yml"),
            ),
            (
                &["hosts.yml", "playbooks/inventory.yml"],
                "playbooks",
                Ok("playbooks/inventory.yml"),
            ),
            (&["hosts.yml", "plays/site.yml"], "plays", Err("looked in")),
            (
                &["hosts", "hosts.txt", "inventory/README.md"],
                "",
                Err("looked in"),
            ),
            (
                &["inventory/a.yml", "inventory/b.yml"],
                "",
                Err("the project has several"),
            ),
            (
                &["inventory.yml", "hosts.yml"],
                "",
                Err("the project has several"),
            ),
        ] {
            let root = tempfile::tempdir().unwrap();
            for file in files {
                let path = root.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
            let found = find(&LocalPath::of(root.path().join(playbooks)));
            match expected {
                Ok(name) => assert_eq!(found.unwrap(), LocalPath::of(root.path().join(name))),
                Err(why) => assert!(found.unwrap_err().contains(why), "{files:?}"),
            }
        }
    }
}
