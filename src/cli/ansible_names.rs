//! The names of Ansible's commands: through a link of such a name, scripts and CI jobs go on as they are.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Returns the command line as rmqplay's own. Called as `ansible-playbook`, `ansible`,
/// `ansible-inventory` or `ansible-vault`, it is that command's, with `--compat` where there is such an
/// option; otherwise it is returned as it is.
pub(super) fn translated(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let called = words.first().and_then(|word| Path::new(word).file_name());
    let own: &[&str] = match called.and_then(OsStr::to_str) {
        Some("ansible-playbook") => &["run", "--compat"],
        Some("ansible") => &["exec", "--compat"],
        Some("ansible-vault") => &["vault"],
        Some("ansible-inventory") => return inventory(words),
        _ => return words,
    };
    if only_asks_about_itself(&words) {
        return words;
    }
    words.splice(1..1, own.iter().map(OsString::from));
    words
}

/// Returns whether there is nothing but `--version`.
fn only_asks_about_itself(words: &[OsString]) -> bool {
    matches!(words, [_, word] if word == "--version")
}

/// `ansible-inventory` has options for what are commands here.
fn inventory(mut words: Vec<OsString>) -> Vec<OsString> {
    const ACTIONS: [&str; 3] = ["--list", "--graph", "--host"];
    if only_asks_about_itself(&words) {
        return words;
    }
    let action = words.iter().enumerate().find_map(|(index, word)| {
        let word = word.to_str()?;
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (word, None),
        };
        let name = ACTIONS.iter().find(|action| **action == name)?;
        Some((index, name.trim_start_matches("--"), value))
    });
    let Some((index, name, value)) = action else {
        words.insert(1, "inventory".into());
        return words;
    };
    words.splice(index..=index, value);
    words.splice(1..1, ["inventory", name, "--compat"].map(OsString::from));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> String {
        let words = translated(line.split(' ').map(OsString::from));
        let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
        words.join(" ")
    }

    #[test]
    fn the_command_lines_of_ansible_are_those_of_rmqplay() {
        for (written, own) in [
            ("rmqplay run a.yml", "rmqplay run a.yml"),
            (
                "/usr/bin/ansible-playbook -i hosts a.yml",
                "/usr/bin/ansible-playbook run --compat -i hosts a.yml",
            ),
            ("ansible web -m ping", "ansible exec --compat web -m ping"),
            ("ansible --version", "ansible --version"),
            ("ansible-vault view a.yml", "ansible-vault vault view a.yml"),
            (
                "ansible-inventory -i hosts --list",
                "ansible-inventory inventory list --compat -i hosts",
            ),
            (
                "ansible-inventory --host web1 -i hosts",
                "ansible-inventory inventory host --compat web1 -i hosts",
            ),
            (
                "ansible-inventory --host=web1",
                "ansible-inventory inventory host --compat web1",
            ),
            (
                "ansible-inventory --graph web --vars",
                "ansible-inventory inventory graph --compat web --vars",
            ),
            (
                "ansible-inventory --help",
                "ansible-inventory inventory --help",
            ),
        ] {
            assert_eq!(of(written), own);
        }
    }
}
