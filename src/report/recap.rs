//! The recap: the counts of each host and their totals.

use super::{Recap, on_one_line};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Returns a line for each host in Ansible's form, and one for the totals.
pub(super) fn rows(recap: &[(Arc<str>, Recap)], check: bool, elapsed: Duration) -> String {
    let mut text = String::new();
    let widths = recap.iter().map(|(host, _)| host.chars().count());
    let width = widths.max().unwrap_or(0).clamp(20, 200);
    for (host, counted) in recap {
        let style = style(counted);
        let host = on_one_line(host);
        let Recap {
            ok,
            changed,
            unreachable,
            failed,
            skipped,
            rescued,
            ignored,
            unknown,
            cleared: _,
        } = counted;
        // Ansible has no such count, so its line is unchanged in runs without one.
        let unknown = match unknown {
            0 => String::new(),
            unknown => format!("    unknown={unknown}"),
        };
        let _ = writeln!(
            text,
            "{style}{host:width$}{style:#} : ok={ok:<4} changed={changed:<4} unreachable={unreachable:<4} failed={failed:<4} skipped={skipped:<4} rescued={rescued:<4} ignored={ignored}{unknown}",
        );
    }
    let _ = writeln!(text, "\n{}", summary(recap, check, elapsed));
    text
}

pub(super) fn style(recap: &Recap) -> Style {
    let colour = match recap {
        Recap { failed: 1.., .. }
        | Recap {
            unreachable: 1.., ..
        } => AnsiColor::Red,
        Recap { changed: 1.., .. } | Recap { unknown: 1.., .. } => AnsiColor::Yellow,
        _ => AnsiColor::Green,
    };
    colour.on_default()
}

/// Returns the totals in one line.
pub(super) fn summary(recap: &[(Arc<str>, Recap)], check: bool, elapsed: Duration) -> String {
    let hosts = counted(recap.len(), "host");
    let is_bad = |(_, recap): &&(Arc<str>, Recap)| recap.failed + recap.unreachable > 0;
    let bad = match recap.iter().filter(is_bad).count() {
        0 => String::new(),
        bad => format!(" ({bad} failed)"),
    };
    let changed: u32 = recap.iter().map(|(_, recap)| recap.changed).sum();
    let changed = counted(changed as usize, if check { "change" } else { "task" });
    let unknown: u32 = recap.iter().map(|(_, recap)| recap.unknown).sum();
    let unknown = match unknown {
        0 => String::new(),
        unknown => format!(
            ", {} cannot be predicted",
            counted(unknown as usize, "task")
        ),
    };
    let (what, nothing) = if check {
        (format!("{changed} to be made"), "; nothing was changed")
    } else {
        (format!("{changed} changed"), "")
    };
    let seconds = elapsed.as_secs_f64();
    format!("{hosts}{bad}, {what} in {seconds:.1} s{unknown}{nothing}")
}

/// Returns a number of things in words: `1 host`, `2 hosts`.
pub fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
