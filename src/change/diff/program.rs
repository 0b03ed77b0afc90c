//! Programs that are started, stopped or restarted: their command lines, one word per line, so that
//! differences between two long ones are visible.

use super::{Diff, unified};
use crate::host::{StartProcess, Step};

/// Returns the single difference of steps that stop a program and start it again.
pub(super) fn restarted(steps: &[Step]) -> Option<Diff> {
    let mut ended = None;
    let mut started = None;
    for step in steps {
        match step {
            Step::SignalProcess { pid, argv, .. } if ended.is_none() => ended = Some((pid, argv)),
            Step::StartProcess(start) if started.is_none() => started = Some(start),
            Step::SignalProcess { .. } | Step::StartProcess(_) => return None,
            _ => {}
        }
    }
    let ((pid, old), start) = ended.zip(started)?;
    let text = unified(words(old).as_bytes(), words(&start.argv).as_bytes());
    let text = match text.as_str() {
        "" => "[the same command line, restarted]\n".to_owned(),
        _ => text,
    };
    Some(Diff {
        before_header: format!("running: process {pid}"),
        after_header: format!("running: {}", name(&start.argv)),
        text,
        contents: None,
    })
}

pub(super) fn started(start: &StartProcess) -> Diff {
    Diff {
        before_header: "not running".to_owned(),
        after_header: format!("running: {}", name(&start.argv)),
        text: unified(b"", words(&start.argv).as_bytes()),
        contents: None,
    }
}

pub(super) fn ended(pid: u32, argv: &[String], signal: &str) -> Diff {
    Diff {
        before_header: format!("running: process {pid}"),
        after_header: format!("ended by {signal}"),
        text: unified(words(argv).as_bytes(), b""),
        contents: None,
    }
}

fn name(argv: &[String]) -> &str {
    argv.first().map_or("", String::as_str)
}

/// A word may contain line breaks, which would make it look like several.
fn words(argv: &[String]) -> String {
    let line = |word: &String| word.replace('\n', "\\n") + "\n";
    argv.iter().map(line).collect()
}
