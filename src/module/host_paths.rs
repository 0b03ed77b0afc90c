//! Paths of a host as playbooks write them: `$NAME`, `~`, `~user`, and relative ones.

use super::Entry;
use crate::host::{Facts, HostError, Probe};
use crate::value::{self, Fields, Value};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Turns paths as they are written into paths of a host, as Ansible does: variables of the task's
/// environment first, then home directories. What is not set, and a user who does not exist, stays as
/// it is written.
pub struct HostPaths<'a> {
    host: &'a Probe,
    of_task: &'a BTreeMap<String, String>,
    facts: OnceCell<Facts>,
}

impl<'a> HostPaths<'a> {
    /// Returns what knows the paths of a host for a task with this environment. The host is asked
    /// only if a path needs it.
    pub fn new(host: &'a Probe, of_task: &'a BTreeMap<String, String>) -> Self {
        Self {
            host,
            of_task,
            facts: OnceCell::new(),
        }
    }

    /// Returns the arguments of a module with the paths among them from the root; those that are
    /// relative to something else (a link's target) only without variables and `~`.
    pub fn arguments(&self, entry: &Entry, mut fields: Fields) -> Result<Fields, HostError> {
        for (name, value) in &mut fields {
            let name = entry.canonical(name);
            let is = |names: &[String]| names.iter().any(|known| known == name);
            let within = format!("{name}.");
            if entry.paths.iter().any(|path| path.starts_with(&within))
                && let Some(inner) = value::fields(value)
            {
                *value = value::map(self.inner(entry, &within, inner)?);
                continue;
            }
            if is(&entry.paths) {
                *value = each(value, entry.is_list(name), &|path| self.absolute(path))?;
            } else if is(&entry.relative_paths) {
                *value = each(value, entry.is_list(name), &|path| self.expanded(path))?;
            }
        }
        Ok(fields)
    }

    /// Returns the fields of an argument that is a map, with the paths among them from the root.
    fn inner(&self, entry: &Entry, within: &str, mut fields: Fields) -> Result<Fields, HostError> {
        for (name, value) in &mut fields {
            if entry.paths.contains(&format!("{within}{name}")) {
                *value = each(value, false, &|path| self.absolute(path))?;
            }
        }
        Ok(fields)
    }

    /// Returns the path that is written, from the root.
    pub fn absolute(&self, written: &str) -> Result<String, HostError> {
        self.from_root(&self.expanded(written)?)
    }

    /// Returns a path from the root in which nothing is to be replaced: a relative one counts from
    /// the directory that the login's shell starts in, on this machine the playbook's folder. An
    /// empty one stays empty: `$NAME` of a variable without a value names no path, least of all that
    /// directory itself.
    pub fn from_root(&self, path: &str) -> Result<String, HostError> {
        if path.is_empty() || path.starts_with('/') {
            return Ok(path.to_owned());
        }
        let start = start(self.facts()?).ok_or_else(|| HostError::Step {
            action: format!("find the path {path:?}"),
            reason: "it is relative, and the user of the host has no home directory".to_owned(),
        })?;
        Ok(format!("{}/{path}", start.trim_end_matches('/')))
    }

    /// Returns a word with the values of variables for `$NAME` and `${NAME}`, and a home directory
    /// for `~` or `~user` at its start.
    pub fn expanded(&self, written: &str) -> Result<String, HostError> {
        let word = if written.contains('$') {
            with_variables(written, &self.environment()?)
        } else {
            written.to_owned()
        };
        let Some(rest) = word.strip_prefix('~') else {
            return Ok(word);
        };
        let (user, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let home = match user {
            "" => self.environment()?.remove("HOME"),
            user => self.host.user(user)?.map(|user| user.home.into_string()),
        };
        Ok(match home {
            Some(home) if home.trim_end_matches('/').is_empty() && below.is_empty() => {
                "/".to_owned()
            }
            Some(home) => format!("{}{below}", home.trim_end_matches('/')),
            None => word,
        })
    }

    /// Returns the environment that a command of the task sees.
    fn environment(&self) -> Result<BTreeMap<String, String>, HostError> {
        let facts = self.facts()?;
        let of_host = facts.0.get("env").and_then(value::fields);
        let of_host = of_host.unwrap_or_default().into_iter();
        let mut all: BTreeMap<_, _> = of_host
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        if let Some(home) = facts.0.get("user_dir").and_then(|home| home.as_str()) {
            all.entry("HOME".to_owned()).or_insert(home.to_owned());
        }
        all.extend(self.of_task.clone());
        Ok(all)
    }

    fn facts(&self) -> Result<&Facts, HostError> {
        if let Some(facts) = self.facts.get() {
            return Ok(facts);
        }
        let facts = self.host.facts()?;
        Ok(self.facts.get_or_init(|| facts))
    }
}

/// Does `change` to a path, or to each of a list of paths. What is neither stays as it is: the module
/// says what is wrong with it.
fn each(
    value: &Value,
    is_list: bool,
    change: &dyn Fn(&str) -> Result<String, HostError>,
) -> Result<Value, HostError> {
    if !is_list {
        return match value.as_str() {
            Some(path) if !path.is_empty() => Ok(change(path)?.into()),
            _ => Ok(value.clone()),
        };
    }
    let Ok(items) = super::items(value.clone()) else {
        return Ok(value.clone());
    };
    let items = items.iter().map(|item| each(item, false, change));
    items.collect::<Result<Vec<_>, _>>().map(Value::from)
}

/// Returns the directory that relative paths of a host count from.
fn start(facts: &Facts) -> Option<String> {
    let of_login = facts.0.get("env").and_then(|env| env.get_attr("PWD").ok());
    let of_login = of_login.and_then(|start| start.as_str().map(str::to_owned));
    let home = || facts.0.get("user_dir")?.as_str().map(str::to_owned);
    of_login
        .filter(|start| start.starts_with('/'))
        .or_else(home)
        .filter(|start| start.starts_with('/'))
}

/// Replaces `$NAME` and `${NAME}`; what is not set stays as it is written.
fn with_variables(word: &str, environment: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        let (name, length) = variable(after);
        match environment.get(name) {
            Some(value) if length > 0 => result.push_str(value),
            _ => {
                result.push('$');
                result.push_str(after.get(..length).unwrap_or_default());
            }
        }
        rest = after.get(length..).unwrap_or_default();
    }
    result + rest
}

/// Returns the name of a variable after its `$`, and how much of the text it takes.
fn variable(text: &str) -> (&str, usize) {
    let braced = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    if let Some((name, _)) = braced {
        return (name, name.len() + 2);
    }
    let end = text
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), end)
}

#[cfg(test)]
mod tests {
    use super::with_variables;
    use std::collections::BTreeMap;

    #[test]
    fn variables_are_replaced_as_python_replaces_them() {
        let environment = [("HOME", "/root"), ("A", "1"), ("A_B", "2")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = BTreeMap::from(environment);
        for (word, expected) in [
            ("$A", "1"),
            ("x$A-${A_B}y", "x1-2y"),
            ("$A_B", "2"),
            ("$NOT_SET ${NOT_SET}", "$NOT_SET ${NOT_SET}"),
            ("cost: 5$", "cost: 5$"),
            ("${A", "${A"),
            ("$$A", "$1"),
            ("${}", "${}"),
        ] {
            assert_eq!(with_variables(word, &environment), expected, "{word}");
        }
    }
}
