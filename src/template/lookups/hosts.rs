//! The lookup `inventory_hostnames`.

use super::Lookup;
use crate::glob;
use crate::template::filters::maps::pairs;
use crate::template::regex::{Flags, compile, search};
use crate::value::Value;
use minijinja::Error;

/// A group and its hosts.
type Group = (String, Vec<String>);

/// `inventory_hostnames`: the hosts that match patterns, according to the variable `groups`.
pub(super) fn inventory_hostnames(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let groups = lookup.reach.context.get_attr("groups")?;
    let mut known: Vec<Group> = Vec::new();
    for (name, hosts) in pairs(&groups)? {
        let hosts = hosts.try_iter()?.map(|host| host.to_string());
        known.push((name.to_string(), hosts.collect()));
    }
    let mut chosen: Vec<String> = Vec::new();
    let terms = lookup.texts()?;
    let patterns: Vec<&str> = terms
        .iter()
        .flat_map(|term| term.split([':', ',']))
        .map(str::trim)
        .collect();
    let sign = |pattern: &str| match pattern.chars().next() {
        Some('!') => 2,
        Some('&') => 1,
        _ => 0,
    };
    // As in the pattern of a play, exclusions come last.
    for wanted in 0..3 {
        for pattern in patterns.iter().filter(|pattern| sign(pattern) == wanted) {
            let found = matching(pattern.trim_start_matches(['!', '&']), &known)?;
            match wanted {
                0 => chosen.extend(found),
                1 => chosen.retain(|host| found.contains(host)),
                _ => chosen.retain(|host| !found.contains(host)),
            }
        }
    }
    let mut out: Vec<Value> = Vec::new();
    for host in chosen {
        let host = Value::from(host);
        if !out.contains(&host) {
            out.push(host);
        }
    }
    Ok(out)
}

fn matching(pattern: &str, groups: &[Group]) -> Result<Vec<String>, Error> {
    let regex = pattern
        .strip_prefix('~')
        .map(|pattern| compile(&format!("\\A(?:{pattern})"), Flags::default()));
    let regex = regex.transpose()?;
    let fits = |name: &str| match &regex {
        Some(regex) => search(regex, name).map(|found| found.is_some()),
        None => Ok(pattern == "all" || glob::matches(pattern, name)),
    };
    let mut out = Vec::new();
    for (group, hosts) in groups {
        let whole = fits(group)?;
        for host in hosts {
            if whole || fits(host)? {
                out.push(host.clone());
            }
        }
    }
    Ok(out)
}
