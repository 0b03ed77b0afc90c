//! Host patterns: `web:&staging:!web3`, globs, `~` regular expressions, `web[0:2]`.

use super::{Inventory, Strictness, address, draft::LOCALHOST};
use crate::glob;
use crate::source::{Problem, Problems, Result, SourceFile, did_you_mean};
use fancy_regex::Regex;
use indexmap::IndexSet;
use std::path::Path;
use std::sync::Arc;

/// What `name[1]` or `name[1:3]` picks from the hosts that `name` matches.
enum Subscript {
    One(i64),
    FromTo(usize, Option<usize>),
}

/// The result of matching host patterns.
#[derive(Debug, Default)]
pub struct Meant {
    /// The hosts, in the order of the inventory.
    pub hosts: Vec<Arc<str>>,
    /// Problems for patterns that match no host or group.
    pub unknown: Vec<Problem>,
}

impl Inventory {
    /// Returns the hosts that a pattern matches, in the order of the inventory. A name that is
    /// neither a host nor a group is a problem; an empty group is not.
    pub fn pattern(&self, pattern: &str) -> Result<Vec<Arc<str>>> {
        let meant = self.patterns(&[pattern])?;
        self.refuse(meant.unknown)?;
        Ok(meant.hosts)
    }

    /// Returns the hosts that a list of patterns matches together, as in a play's `hosts`. An
    /// unknown name is only a problem if it is similar to a known one.
    pub fn patterns(&self, patterns: &[&str]) -> Result<Meant> {
        let parts: Vec<String> = patterns.iter().flat_map(|pattern| split(pattern)).collect();
        if parts.is_empty() {
            return Err(Problem::new("the host pattern is empty").into());
        }
        let mut unknown = Vec::new();
        let hosts = self.evaluate(&parts, &mut unknown)?;
        Ok(Meant { hosts, unknown })
    }

    /// Returns those of `hosts` that a limit (`--limit`) leaves; `@file` in it includes the
    /// patterns in that file, one per line.
    pub fn limit(&self, hosts: Vec<Arc<str>>, limit: &str) -> Result<Vec<Arc<str>>> {
        let mut parts = Vec::new();
        for part in split(limit) {
            match part.strip_prefix('@') {
                None => parts.push(part),
                Some(path) => {
                    let file = SourceFile::read(Path::new(path))?;
                    let lines = file.text.lines().map(|line| line.trim().to_owned());
                    parts.extend(lines.filter(|line| !line.is_empty()));
                }
            }
        }
        if parts.is_empty() {
            return Err(Problem::new("the limit is empty").into());
        }
        let mut unknown = Vec::new();
        let left = self.evaluate(&parts, &mut unknown)?;
        self.refuse(unknown)?;
        let left: IndexSet<Arc<str>> = left.into_iter().collect();
        Ok(hosts
            .into_iter()
            .filter(|host| left.contains(host))
            .collect())
    }

    /// Returns an error for unknown names, or only warns in Ansible's mode.
    fn refuse(&self, unknown: Vec<Problem>) -> Result<()> {
        match self.strictness {
            Strictness::Strict => Problems(unknown).or(()),
            Strictness::Ansible => {
                for problem in unknown {
                    tracing::warn!("{problem}");
                }
                Ok(())
            }
        }
    }

    /// Applies additions first, then intersections (`&`), then exclusions (`!`).
    fn evaluate(&self, parts: &[String], unknown: &mut Vec<Problem>) -> Result<Vec<Arc<str>>> {
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let plain = |part: &&String| !part.starts_with(['&', '!']);
        if !parts.iter().any(|part| plain(&part)) {
            hosts.extend(self.members("all"));
        }
        for part in parts.iter().filter(plain) {
            hosts.extend(self.matches(part, true, unknown)?);
        }
        if hosts.is_empty() {
            self.is_there()?;
        }
        for part in parts.iter().filter_map(|part| part.strip_prefix('&')) {
            let kept: IndexSet<_> = self.matches(part, false, unknown)?.into_iter().collect();
            hosts.retain(|host| kept.contains(host));
        }
        for part in parts.iter().filter_map(|part| part.strip_prefix('!')) {
            let gone: IndexSet<_> = self.matches(part, false, unknown)?.into_iter().collect();
            hosts.retain(|host| !gone.contains(host));
        }
        Ok(hosts.into_iter().collect())
    }

    /// Returns the hosts that one pattern matches; if `adds`, it must match something.
    fn matches(
        &self,
        pattern: &str,
        adds: bool,
        unknown: &mut Vec<Problem>,
    ) -> Result<Vec<Arc<str>>> {
        if let Some((name, _)) = self.hosts.get_key_value(pattern) {
            return Ok(vec![name.clone()]);
        }
        let (expression, subscript) = split_subscript(pattern);
        let hosts = self.matches_of_expression(expression, adds, unknown)?;
        match subscript {
            None => Ok(hosts),
            Some(_) if hosts.is_empty() => Ok(hosts),
            Some(subscript) => pick(&hosts, &subscript).ok_or_else(|| {
                let message = format!(
                    "\"{pattern}\" is out of range: \"{expression}\" has {}",
                    hosts.len()
                );
                Problem::new(message).into()
            }),
        }
    }

    fn matches_of_expression(
        &self,
        expression: &str,
        adds: bool,
        unknown: &mut Vec<Problem>,
    ) -> Result<Vec<Arc<str>>> {
        let matcher = Matcher::new(expression)?;
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut known = expression == "all";
        for group in self.groups.keys().filter(|group| matcher.accepts(group)) {
            known = true;
            hosts.extend(self.members(group));
        }
        if !known || expression.starts_with('~') || expression.contains(['.', '?', '*', '[']) {
            hosts.extend(
                self.hosts
                    .keys()
                    .filter(|host| matcher.accepts(host))
                    .cloned(),
            );
        }
        if hosts.is_empty() && LOCALHOST.contains(&expression) {
            hosts.insert(
                self.localhost
                    .clone()
                    .unwrap_or_else(|| Arc::from(expression)),
            );
        }
        if hosts.is_empty() && adds {
            self.is_there()?;
        }
        if hosts.is_empty() && !known && (adds || matches!(matcher, Matcher::Name(_))) {
            let problem = self.no_match(expression, &matcher);
            // It is common that a group exists only in some inventories, but a typo is not.
            let is_strict = matches!(self.strictness, Strictness::Strict) && !self.grows;
            if is_strict && !problem.help.is_empty() {
                return Err(problem.into());
            }
            unknown.push(problem);
        }
        Ok(hosts.into_iter().collect())
    }

    fn no_match(&self, expression: &str, matcher: &Matcher) -> Problem {
        if !matches!(matcher, Matcher::Name(_)) {
            return Problem::new(format!("no host and no group matches \"{expression}\""));
        }
        let names = self
            .groups
            .keys()
            .chain(self.hosts.keys())
            .map(|name| &**name);
        Problem::new(format!("no host or group is named \"{expression}\""))
            .help(did_you_mean(expression, names))
    }
}

/// How a pattern is compared with names.
enum Matcher<'a> {
    Name(&'a str),
    Glob(&'a str),
    Expression(Regex),
}

impl<'a> Matcher<'a> {
    fn new(expression: &'a str) -> Result<Self> {
        let Some(source) = expression.strip_prefix('~') else {
            let glob = expression.contains(['?', '*', '[']);
            return Ok(if glob {
                Self::Glob(expression)
            } else {
                Self::Name(expression)
            });
        };
        match Regex::new(source) {
            Ok(regex) => Ok(Self::Expression(regex)),
            Err(error) => {
                let message =
                    format!("\"{expression}\" is not a valid regular expression: {error}");
                Err(Problem::new(message).into())
            }
        }
    }

    fn accepts(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => *own == name,
            Self::Glob(pattern) => glob::matches(pattern, name),
            // Like Python's `match`: from the first letter, but not necessarily to the last.
            Self::Expression(regex) => regex
                .find(name)
                .is_ok_and(|found| found.is_some_and(|found| found.start() == 0)),
        }
    }
}

/// Splits a pattern into single patterns: at commas if there are any, else at colons outside of
/// brackets, unless the whole is an address such as `fe80::1` or `web[1:3]`.
fn split(pattern: &str) -> Vec<String> {
    let parts: Vec<String> = if pattern.contains(',') {
        pattern.split(',').map(str::to_owned).collect()
    } else if address::parse(pattern).is_some() {
        vec![pattern.to_owned()]
    } else {
        split_at_colons(pattern)
    };
    parts
        .iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

fn split_at_colons(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        // A bracketed expression is kept together; an unmatched bracket separates.
        let whole = rest
            .strip_prefix('[')
            .and_then(|tail| tail.find(']'))
            .map(|end| end + 2);
        let length = whole.unwrap_or(letter.len_utf8());
        let separates = whole.is_none() && (letter.is_whitespace() || ":[]".contains(letter));
        match (separates, parts.last_mut(), rest.get(..length)) {
            (false, Some(part), Some(text)) => part.push_str(text),
            _ => parts.push(String::new()),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    parts
}

/// Splits `name[1]` and `name[1:3]`; a regular expression has no subscript.
fn split_subscript(pattern: &str) -> (&str, Option<Subscript>) {
    let parsed = (!pattern.starts_with('~'))
        .then(|| pattern.strip_suffix(']')?.rsplit_once('['))
        .flatten()
        .filter(|(name, _)| !name.is_empty())
        .and_then(|(name, inner)| Some((name, subscript(inner)?)));
    match parsed {
        Some((name, subscript)) => (name, Some(subscript)),
        None => (pattern, None),
    }
}

fn subscript(text: &str) -> Option<Subscript> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.is_empty() && digits(unsigned) {
        return Some(Subscript::One(text.parse().ok()?));
    }
    let (start, end) = text.split_once([':', '-'])?;
    if start.is_empty() || !digits(start) || !digits(end) {
        return None;
    }
    let end = if end.is_empty() {
        None
    } else {
        Some(end.parse().ok()?)
    };
    Some(Subscript::FromTo(start.parse().ok()?, end))
}

/// Returns the hosts that a subscript picks, or `None` if a single index is out of range.
fn pick(hosts: &[Arc<str>], subscript: &Subscript) -> Option<Vec<Arc<str>>> {
    let one = |index: usize| hosts.get(index).map(|host| vec![host.clone()]);
    match *subscript {
        Subscript::One(index) if index < 0 => one(hosts
            .len()
            .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?),
        Subscript::One(index) => one(usize::try_from(index).ok()?),
        // Ansible treats an end of 0 as no end.
        Subscript::FromTo(start, Some(0)) => one(start),
        Subscript::FromTo(start, end) => {
            let count = end.map_or(usize::MAX, |end| {
                end.saturating_add(1).saturating_sub(start)
            });
            Some(hosts.iter().skip(start).take(count).cloned().collect())
        }
    }
}
