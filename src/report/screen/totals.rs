//! The recap in few lines: zeros are left out, and hosts with equal counts are one line.

use super::hosts;
use crate::report::Recap;
use crate::report::recap::{style, summary};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// The most columns for the names of a line's hosts.
const NAMES: usize = 40;

/// Returns the counts of the hosts, and a line for the totals.
pub(in crate::report) fn totals(
    recap: &[(Arc<str>, Recap)],
    check: bool,
    elapsed: Duration,
    width: usize,
) -> String {
    let mut rows: Vec<(Vec<Arc<str>>, Vec<Recap>)> = Vec::new();
    for (host, counted) in recap {
        let is_equal = |(_, others): &&mut (Vec<Arc<str>>, Vec<Recap>)| {
            others[0] == *counted || (is_quiet(&others[0]) && is_quiet(counted))
        };
        match rows.iter_mut().find(is_equal) {
            Some((hosts, others)) => {
                hosts.push(host.clone());
                others.push(*counted);
            }
            None => rows.push((vec![host.clone()], vec![*counted])),
        }
    }
    let named: Vec<_> = rows
        .iter()
        .map(|(hosts, counted)| {
            if counted[0].failed + counted[0].unreachable > 0 {
                hosts::in_full(hosts, recap.len(), NAMES)
            } else {
                hosts::cut(hosts, recap.len(), NAMES)
            }
        })
        .collect();
    let lengths = named.iter().map(|named| named.chars().count());
    let column = lengths.max().unwrap_or(0).min(NAMES);
    let mut text = String::new();
    for ((_, counted), named) in rows.iter().zip(named) {
        let style = style(&counted[0]);
        let counts = counts(counted);
        let fits = named.chars().count().max(column) + counts.len() + 3 <= width;
        let gap = if fits { " " } else { "\n    " };
        let _ = writeln!(text, "{style}{named:column$}{style:#}{gap}: {counts}");
    }
    let _ = writeln!(text, "{}", summary(recap, check, elapsed));
    text
}

/// Returns whether nothing happened on a host that anybody has to know.
fn is_quiet(recap: &Recap) -> bool {
    let Recap {
        ok: _,
        changed,
        unreachable,
        failed,
        skipped: _,
        rescued,
        ignored,
        unknown,
        cleared: _,
    } = recap;
    changed + unreachable + failed + rescued + ignored + unknown == 0
}

/// Takes one of the counts of a host.
type Count = fn(&Recap) -> u32;

/// Returns the counts that are not zero; if they differ between the hosts, the least and the most.
fn counts(recaps: &[Recap]) -> String {
    let kinds: [(&str, Count); 8] = [
        ("ok", |recap| recap.ok),
        ("changed", |recap| recap.changed),
        ("unreachable", |recap| recap.unreachable),
        ("failed", |recap| recap.failed),
        ("skipped", |recap| recap.skipped),
        ("rescued", |recap| recap.rescued),
        ("ignored", |recap| recap.ignored),
        ("unknown", |recap| recap.unknown),
    ];
    let mut shown = Vec::new();
    for (name, count) in kinds {
        let least = recaps.iter().map(count).min().unwrap_or(0);
        let most = recaps.iter().map(count).max().unwrap_or(0);
        match (least, most) {
            (_, 0) if name != "ok" => {}
            (least, most) if least == most => shown.push(format!("{name}={most}")),
            (least, most) => shown.push(format!("{name}={least}-{most}")),
        }
    }
    shown.join(" ")
}
