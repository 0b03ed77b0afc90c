//! Lists of host names that fit their line.

use crate::report::on_one_line;
use std::sync::Arc;

/// Up to this many hosts are always named.
const FEW: usize = 3;

/// Returns the names as they are, or as ranges such as `web1…web16`, or only their number if they
/// are all hosts of the play. Returns nothing if no such form fits into `room` columns.
pub(super) fn complete(hosts: &[Arc<str>], of_play: usize, room: usize) -> Option<String> {
    let fits = |text: &String| text.chars().count() <= room;
    let full = Some(joined(
        hosts.iter().map(|host| on_one_line(host).into_owned()),
    ));
    full.filter(fits)
        .or_else(|| {
            let all = hosts.len() == of_play && of_play > FEW;
            all.then(|| format!("all {of_play} hosts")).filter(fits)
        })
        .or_else(|| Some(in_ranges(hosts)).filter(fits))
}

/// Returns all names, as ranges if that is shorter.
pub(super) fn in_full(hosts: &[Arc<str>], of_play: usize, room: usize) -> String {
    complete(hosts, of_play, room).unwrap_or_else(|| in_ranges(hosts))
}

/// Returns as many names as fit, and the number of the others.
pub(super) fn cut(hosts: &[Arc<str>], of_play: usize, room: usize) -> String {
    if let Some(text) = complete(hosts, of_play, room) {
        return text;
    }
    let ranges = ranges(hosts);
    let mut shown = String::new();
    let mut named = 0;
    for range in &ranges {
        let more = hosts.len() - named - range.hosts;
        let text = match named {
            0 => range.text.clone(),
            _ => format!("{shown}, {}", range.text),
        };
        let length = text.chars().count() + " and more".len() + more.to_string().len();
        if named > 0 && length > room {
            break;
        }
        (shown, named) = (text, named + range.hosts);
    }
    match hosts.len() - named {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn joined(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn in_ranges(hosts: &[Arc<str>]) -> String {
    let text = joined(ranges(hosts).into_iter().map(|range| range.text));
    if text.contains('…') {
        format!("{text} ({} hosts)", hosts.len())
    } else {
        text
    }
}

/// Consecutive hosts, as one text.
struct Range {
    text: String,
    hosts: usize,
}

/// Returns the hosts with consecutive numbers taken together.
fn ranges(hosts: &[Arc<str>]) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut rest = hosts;
    while let Some(first) = rest.first() {
        let follows = |pair: &&[Arc<str>]| follows(&pair[0], &pair[1]);
        let mut length = 1 + rest.windows(2).take_while(follows).count();
        let text = if length < FEW {
            length = 1;
            on_one_line(first).into_owned()
        } else {
            let last = &rest[length - 1];
            format!("{}…{}", on_one_line(first), on_one_line(last))
        };
        ranges.push(Range {
            text,
            hosts: length,
        });
        rest = &rest[length..];
    }
    ranges
}

/// Returns whether two names differ by the next number in the same place: `web9` and `web10`.
fn follows(name: &str, next: &str) -> bool {
    let (Some(name), Some(next)) = (numbered(name), numbered(next)) else {
        return false;
    };
    let is_padded = |digits: &str| digits.starts_with('0');
    let (before, digits, after) = name;
    let same_width = digits.len() == next.1.len();
    (before, after) == (next.0, next.2)
        && (same_width || !(is_padded(digits) || is_padded(next.1)))
        && digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_add(1))
            == next.1.parse::<u64>().ok()
}

/// Returns the text before the last number of a host's own name, the number, and the rest.
fn numbered(name: &str) -> Option<(&str, &str, &str)> {
    let own = name.find('.').filter(|dot| {
        // The dots of an address are not those of a domain.
        name[dot + 1..].contains(|letter: char| letter.is_ascii_alphabetic())
    });
    let own = &name[..own.unwrap_or(name.len())];
    let end = own.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let start = own[..end]
        .rfind(|letter: char| !letter.is_ascii_digit())
        .map_or(0, |index| {
            index + own[index..].chars().next().map_or(1, char::len_utf8)
        });
    Some((&own[..start], &own[start..end], &name[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|name| Arc::from(*name)).collect()
    }

    fn web(numbers: impl Iterator<Item = u32>) -> Vec<Arc<str>> {
        numbers
            .map(|number| format!("web{number}").into())
            .collect()
    }

    #[test]
    fn names_are_cut_only_where_nothing_complete_fits() {
        let odd: Vec<_> = web((1..40).step_by(2));
        for (hosts, of_play, room, shown) in [
            (named(&["a", "b"]), 2, 40, "a, b"),
            (web(1..17), 16, 40, "all 16 hosts"),
            (web(1..17), 17, 40, "web1…web16 (16 hosts)"),
            (
                [web(1..4), web(5..17)].concat(),
                16,
                40,
                "web1…web3, web5…web16 (15 hosts)",
            ),
            (
                odd.clone(),
                40,
                40,
                "web1, web3, web5, web7, web9 and 15 more",
            ),
            (odd, 40, 3, "web1 and 19 more"),
            (
                named(&["db08.x.org", "db09.x.org", "db10.x.org"]),
                9,
                31,
                "db08.x.org…db10.x.org (3 hosts)",
            ),
        ] {
            let text = cut(&hosts, of_play, room);
            assert_eq!(text, shown);
        }
        assert_eq!(
            in_full(&web((1..8).step_by(2)), 9, 3),
            "web1, web3, web5, web7"
        );
    }

    #[test]
    fn only_consecutive_numbers_are_a_range() {
        for (name, next, expected) in [
            ("web9", "web10", true),
            ("web09", "web10", true),
            ("web1.a.org", "web2.a.org", true),
            ("10.0.0.9", "10.0.0.10", true),
            ("n2-a", "n3-a", true),
            ("web09", "web010", false),
            ("web1", "web3", false),
            ("web1", "db2", false),
            ("web1.a.org", "web2.b.org", false),
            ("é", "ü", false),
            ("web99999999999999999999", "web0", false),
        ] {
            assert_eq!(follows(name, next), expected, "{name} {next}");
        }
    }
}
