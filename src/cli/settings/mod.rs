//! The settings of Ansible: `ansible.cfg` and `ANSIBLE_…` variables of the environment.

mod ini;
mod table;

pub(super) use table::{Kind, SETTINGS, Setting};

use crate::source::{LocalPath, Place, Problem, Problems, Result, SourceFile, did_you_mean};
use crate::value::boolean_of_text;
use ini::Entry;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::LazyLock;

/// The settings that were given, without those of the command line, which come before them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Settings {
    /// The file that counts.
    pub(super) file: Option<LocalPath>,
    /// Why a file that exists does not count.
    pub(super) warning: Option<String>,
    given: BTreeMap<&'static str, Given>,
    /// What was given but has no effect: its origin, and why.
    pub(super) ignored: Vec<String>,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    /// The value; paths are absolute.
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    /// A variable of the environment.
    Environment(&'static str),
    /// A place in `ansible.cfg`.
    File(Place),
}

/// Returns the settings of this process, or what is wrong with them.
pub(super) fn settings() -> Result<&'static Settings> {
    static READ: LazyLock<Result<Settings>> = LazyLock::new(|| {
        let environment = std::env::vars_os();
        let environment = environment.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Settings::read(&environment.collect())
    });
    READ.as_ref().map_err(Clone::clone)
}

impl Settings {
    fn read(environment: &BTreeMap<String, String>) -> Result<Self> {
        let mut settings = Self::default();
        let entries = match settings.find(environment) {
            Some(path) => {
                let file = SourceFile::read(&path)?;
                settings.file = Some(path);
                ini::read(&file)?
            }
            None => Vec::new(),
        };
        let mut problems = Problems::default();
        for setting in SETTINGS {
            settings.add(setting, environment, &entries, &mut problems);
        }
        for entry in &entries {
            let names = (entry.section.as_str(), entry.key.as_str());
            if !SETTINGS.iter().any(|setting| setting.keys.contains(&names)) {
                let origin = entry.place.path_and_line();
                settings.ignore(&entry.key, &format!("{origin}: {}", entry.key));
            }
        }
        for name in environment.keys() {
            let Some(key) = name.strip_prefix("ANSIBLE_") else {
                continue;
            };
            if !SETTINGS
                .iter()
                .any(|setting| setting.environment.contains(&name.as_str()))
            {
                settings.ignore(&key.to_lowercase(), name);
            }
        }
        problems.or(settings)
    }

    /// Returns the file that counts, as Ansible finds it.
    fn find(&mut self, environment: &BTreeMap<String, String>) -> Option<LocalPath> {
        let given = environment.get("ANSIBLE_CONFIG").map(|path| {
            let path = LocalPath::of(expand(path, environment));
            if path.is_dir() {
                path.join("ansible.cfg")
            } else {
                path
            }
        });
        let start = LocalPath::start();
        let here = start.join("ansible.cfg");
        let mode = std::fs::metadata(&start).map(|found| found.permissions().mode());
        let is_public = mode.is_ok_and(|mode| mode & 0o002 != 0);
        let home = environment
            .get("HOME")
            .map(|home| LocalPath::of(home).join(".ansible.cfg"));
        let candidates = given
            .iter()
            .cloned()
            .chain((!is_public).then(|| here.clone()))
            .chain(home)
            .chain([LocalPath::of("/etc/ansible/ansible.cfg")]);
        let found = candidates.into_iter().find(|path| path.is_file());
        if is_public && here.is_file() && (found.is_none() || found != given) {
            self.warning = Some(format!(
                "{here} is ignored because everyone can write to its folder; to use it, set \
                 ANSIBLE_CONFIG"
            ));
        }
        found
    }

    fn add(
        &mut self,
        setting: &'static Setting,
        environment: &BTreeMap<String, String>,
        entries: &[Entry],
        problems: &mut Problems,
    ) {
        let of_environment = setting.environment.iter().find_map(|name| {
            let value = environment.get(*name).filter(|value| !value.is_empty())?;
            Some((value.as_str(), Origin::Environment(name)))
        });
        let of_file = || {
            let mut keys = setting.keys.iter();
            // The last one of several counts.
            let entry = keys.find_map(|key| {
                let mut entries = entries.iter().rev();
                entries.find(|entry| (entry.section.as_str(), entry.key.as_str()) == *key)
            })?;
            Some((entry.value.as_str(), Origin::File(entry.place.clone())))
        };
        let Some((value, origin)) = of_environment.or_else(of_file) else {
            return;
        };
        if value.is_empty() {
            return;
        }
        // Those of the environment are relative to the working directory, like any others.
        let folder = match &origin {
            Origin::Environment(_) => None,
            Origin::File(place) => Some(place.file.folder()),
        };
        match setting.kind.parse(value, folder.as_ref(), environment) {
            Ok(value) => {
                self.given.insert(setting.name, Given { value, origin });
            }
            Err(expected) => {
                let value = value.replace('\n', " ");
                let problem = match &origin {
                    Origin::Environment(name) => {
                        Problem::new(format!("invalid {name}: \"{value}\" (expected {expected})"))
                    }
                    Origin::File(place) => {
                        let name = setting.name;
                        let message = format!("invalid {name}: \"{value}\" (expected {expected})");
                        Problem::at(place, message)
                    }
                };
                let words = match setting.kind {
                    Kind::Word(words) => words,
                    _ => &[],
                };
                problems.push(problem.help(did_you_mean(&value, words.iter().copied())));
            }
        }
    }

    fn ignore(&mut self, key: &str, origin: &str) {
        if table::SILENT.contains(&key) {
            return;
        }
        let reason = table::REASONS.iter().find(|(known, _)| *known == key);
        let reason = reason.map_or_else(String::new, |(_, reason)| format!(": {reason}"));
        self.ignored.push(format!("{origin} has no effect{reason}"));
    }

    /// Returns a value that was given, with its origin.
    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        debug_assert!(
            SETTINGS.iter().any(|setting| setting.name == name),
            "{name}"
        );
        self.given.get(name)
    }

    /// Returns a text or path.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|given| given.value.clone())
    }

    /// Returns a boolean.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        boolean_of_text(&self.get(name)?.value)
    }

    /// Returns a whole number.
    pub(super) fn whole(&self, name: &str) -> Option<u64> {
        self.get(name)?.value.parse().ok()
    }

    /// Returns the parts of a list.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let Some(given) = self.get(name) else {
            return Vec::new();
        };
        given.value.split('\n').map(str::to_owned).collect()
    }

    /// Returns the folders of roles besides those of the project: given ones, then those of the
    /// settings or Ansible's usual ones.
    pub(super) fn roles_path(&self, given: &[LocalPath]) -> Vec<LocalPath> {
        let given = given.iter().cloned();
        let listed = self.list("roles_path");
        if !listed.is_empty() {
            return given.chain(listed.iter().map(LocalPath::of)).collect();
        }
        let of_user = std::env::home_dir().map(|home| LocalPath::of(home.join(".ansible/roles")));
        let shared = ["/usr/share/ansible/roles", "/etc/ansible/roles"];
        let usual = of_user.into_iter().chain(shared.map(LocalPath::of));
        given.chain(usual.filter(|path| path.is_dir())).collect()
    }
}

impl Kind {
    /// Returns the value in its final form, a list with one part a line, or what was expected.
    fn parse(
        self,
        value: &str,
        folder: Option<&LocalPath>,
        environment: &BTreeMap<String, String>,
    ) -> std::result::Result<String, String> {
        let path = |text: &str| {
            let here = LocalPath::start();
            let text = text.trim().replace("{{CWD}}", &here.to_string_lossy());
            let expanded = expand(&text, environment);
            match folder {
                Some(folder) => folder.join(expanded).to_string_lossy().into_owned(),
                None => expanded,
            }
        };
        let parts = |separators: &[char]| {
            let parts = value.split(separators).map(str::trim);
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let unquoted = value
            .strip_prefix(['"', '\''])
            .and_then(|rest| rest.strip_suffix(['"', '\'']))
            .unwrap_or(value);
        match self {
            Self::Text => Ok(unquoted.to_owned()),
            Self::Boolean => match boolean_of_text(unquoted) {
                Some(truth) => Ok(truth.to_string()),
                None => Err("true or false".to_owned()),
            },
            Self::Whole(least) => match unquoted.parse::<u64>() {
                Ok(number) if number >= least => Ok(number.to_string()),
                _ => Err(format!("a whole number from {least}")),
            },
            Self::Word(words) if words.contains(&unquoted) => Ok(unquoted.to_owned()),
            Self::Word(words) => Err(words.join(", ")),
            Self::Path => Ok(path(unquoted)),
            Self::Folders => {
                let parts = parts(&[':', '\n']);
                Ok(parts
                    .iter()
                    .map(|part| path(part))
                    .collect::<Vec<_>>()
                    .join("\n"))
            }
            Self::Sources => {
                let exists = |part: &str| Path::new(part).exists();
                Ok(sources(unquoted, path, exists).join("\n"))
            }
            Self::Texts => Ok(parts(&[',', '\n']).join("\n")),
            Self::VaultIds => {
                let of_file = |id: &str| match id.split_once('@') {
                    Some((_, "prompt" | "prompt_ask_vault_pass")) => id.to_owned(),
                    Some((label, file)) => format!("{label}@{}", path(file)),
                    None if ["prompt", "prompt_ask_vault_pass"].contains(&id) => id.to_owned(),
                    None => path(id),
                };
                let parts = parts(&[',', '\n']);
                Ok(parts
                    .iter()
                    .map(|part| of_file(part))
                    .collect::<Vec<_>>()
                    .join("\n"))
            }
        }
    }
}

/// Returns inventory sources: paths separated by commas, or a list of hosts, which ends with one.
/// A colon separates paths, too, unless that is a path.
fn sources(
    text: &str,
    path: impl Fn(&str) -> String,
    exists: impl Fn(&str) -> bool,
) -> Vec<String> {
    if !text.contains(',') {
        let whole = path(text);
        if exists(&whole) || !text.contains(':') {
            return vec![whole];
        }
        let parts = text.split(':').filter(|part| !part.is_empty());
        return parts.map(path).collect();
    }
    let parts = text.split([',', '\n']).map(str::trim);
    let paths: Vec<_> = parts.filter(|part| !part.is_empty()).map(path).collect();
    if paths.iter().any(|path| exists(path)) {
        return paths;
    }
    vec![text.to_owned()]
}

/// Returns a path with `~`, `$NAME` and `${NAME}` replaced.
fn expand(text: &str, environment: &BTreeMap<String, String>) -> String {
    let home = environment.get("HOME").map_or("", String::as_str);
    let text = match text.strip_prefix('~') {
        Some(below) if below.is_empty() || below.starts_with('/') => format!("{home}{below}"),
        _ => text.to_owned(),
    };
    let mut expanded = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, left) = match after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            Some(parts) => parts,
            None => {
                let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                after.split_at(after.find(|letter| !is_name(letter)).unwrap_or(after.len()))
            }
        };
        match environment.get(name) {
            Some(value) => expanded.push_str(value),
            // As Python does, what is not defined stays.
            None => expanded.extend(["$", after.strip_suffix(left).unwrap_or(name)]),
        }
        rest = left;
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_hosts_is_told_from_paths() {
        let exists = |path: &str| ["with:colon.yml", "a.yml"].contains(&path);
        let separated = |text: &str| sources(text, str::to_owned, exists);
        for (text, expected) in [
            ("a.yml", &["a.yml"][..]),
            ("a.yml:b", &["a.yml", "b"]),
            (":a.yml::", &["a.yml"]),
            ("with:colon.yml", &["with:colon.yml"]),
            ("a.yml, b", &["a.yml", "b"]),
            ("a,b:2222", &["a,b:2222"]),
            ("web[1:3],", &["web[1:3],"]),
            ("::1,[fe80::1]:22,", &["::1,[fe80::1]:22,"]),
        ] {
            assert_eq!(separated(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_expanded() {
        let environment = [("HOME", "/home/me"), ("X", "1")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (text, expected) in [
            ("~/a", "/home/me/a"),
            ("~other/a", "~other/a"),
            ("$X/${X}b$", "1/1b$"),
            ("$NONE/${NONE}", "$NONE/${NONE}"),
        ] {
            assert_eq!(
                expand(text, &environment.clone().into()),
                expected,
                "{text}"
            );
        }
    }
}
