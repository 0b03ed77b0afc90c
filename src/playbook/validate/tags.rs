//! Requested tags that do not exist.

use crate::source::{Problem, did_you_mean};
use std::collections::BTreeSet;

/// Names with a special meaning, whatever tags exist.
const SPECIAL: &[&str] = &["all", "always", "never", "tagged", "untagged"];

/// Returns the problem for each requested tag that nothing has.
pub(super) fn unknown<'a>(
    asked: &'a [String],
    tags: &'a BTreeSet<String>,
) -> impl Iterator<Item = Problem> + 'a {
    let templated = tags.iter().any(|tag| tag.contains("{{"));
    asked
        .iter()
        .filter(move |tag| !templated && !tags.contains(*tag) && !SPECIAL.contains(&tag.as_str()))
        .map(move |tag| {
            let known: Vec<&str> = tags.iter().map(String::as_str).collect();
            let all = match known.as_slice() {
                [] => "the playbook has no tags".to_owned(),
                _ => format!("the tags are {}", known.join(", ")),
            };
            Problem::new(format!("no task has the tag \"{tag}\""))
                .help(did_you_mean(tag, known))
                .help(all)
        })
}
