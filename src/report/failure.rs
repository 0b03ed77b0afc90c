//! The details needed to find the cause of a failure.

use super::{TaskResult, indented, on_one_line, printable};
use crate::source::Problem;
use std::fmt::Write as _;

/// How many lines of a failed command's output are shown.
const OUTPUT_LINES: usize = 20;

/// Returns the lines below a failure: the problem in the user's files, or the place of the task;
/// the command with its exit code and last output; the help.
pub fn details(result: &TaskResult, colour: bool) -> String {
    let mut text = String::new();
    if let Some(problem) = &result.problem {
        let _ = writeln!(text, "{}", printable_lines(&plain(problem).render(colour)));
    } else {
        let path = on_one_line(&result.task.path);
        let _ = writeln!(text, "  at {path} ({})", result.task.action);
    }
    if let Some(command) = &result.command {
        let _ = writeln!(text, "  command: {}", indented(&command.command));
        let _ = writeln!(text, "  exit code: {}", command.status);
        for (name, output) in [("stdout", &command.stdout), ("stderr", &command.stderr)] {
            text += &last_lines(name, output);
        }
    }
    if let Some(help) = &result.help {
        for (index, line) in printable(help).lines().enumerate() {
            let prefix = if index == 0 { "help: " } else { "  " };
            let _ = writeln!(text, "  {prefix}{line}");
        }
    }
    text
}

fn last_lines(name: &str, output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    if lines.is_empty() {
        return String::new();
    }
    let skipped = lines.len().saturating_sub(OUTPUT_LINES);
    let note = if skipped > 0 {
        format!(" (the last {OUTPUT_LINES} of {} lines)", lines.len())
    } else {
        String::new()
    };
    let shown: String = lines[skipped..]
        .iter()
        .map(|line| format!("    {line}\n"))
        .collect();
    format!("  {name}{note}:\n{}", printable(&shown))
}

/// Returns a problem whose text, which may quote a host, cannot move the cursor.
fn plain(problem: &Problem) -> Problem {
    Problem {
        message: printable(&problem.message).into_owned(),
        label: printable(&problem.label).into_owned(),
        help: problem
            .help
            .iter()
            .map(|help| printable(help).into_owned())
            .collect(),
        ..problem.clone()
    }
}

/// Escapes unprintable characters except the colours of the renderer itself.
fn printable_lines(text: &str) -> String {
    text.split('\u{1b}')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\u{1b}")
}
