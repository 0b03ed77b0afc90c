//! The output of `rmqplay test`: a line for each case, then the failures, then a summary.

use super::Verdict;
use super::case::Case;
use crate::report::{TaskResult, details, printable};
use crate::source::Problem;
use anstyle::{AnsiColor, Style};
use std::io::Write as _;
use std::time::Instant;

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// The output while cases run.
pub(super) struct Show {
    passed: usize,
    left: usize,
    failures: Vec<(String, Vec<String>)>,
    started: Instant,
}

impl Show {
    /// Prints the number of cases.
    pub(super) fn of(cases: usize) -> Self {
        print(&format!(
            "running {}\n\n",
            crate::report::counted(cases, "case")
        ));
        Self {
            passed: 0,
            left: 0,
            failures: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Prints the verdict of a case.
    pub(super) fn ends(&mut self, case: &Case, verdict: Verdict) {
        match verdict {
            Verdict::Passed => {
                self.passed += 1;
                print(&format!("{GREEN}ok{GREEN:#}\n"));
            }
            Verdict::Left(why) => {
                self.left += 1;
                print(&format!("{YELLOW}left out{YELLOW:#} ({why})\n"));
            }
            Verdict::Failed(failures) => {
                self.failures.push((case.title(), failures));
                print(&format!("{RED}FAILED{RED:#}\n"));
            }
        }
    }

    /// Prints the failures and their number; returns whether there were no failures.
    pub(super) fn summary(&self) -> bool {
        for (title, failures) in &self.failures {
            print(&format!("\n---- {} ----\n", printable(title)));
            let failures: Vec<_> = failures.iter().map(|failure| failure.trim_end()).collect();
            print(&format!("{}\n", failures.join("\n\n")));
        }
        let (style, word) = match self.failures.len() {
            0 => (GREEN, "ok"),
            _ => (RED, "FAILED"),
        };
        let left = match self.left {
            0 => String::new(),
            left => format!("; {left} left out"),
        };
        print(&format!(
            "\nresult: {style}{word}{style:#}. {} passed; {} failed{left}; finished in {:.2} s\n",
            self.passed,
            self.failures.len(),
            self.started.elapsed().as_secs_f64()
        ));
        self.failures.is_empty()
    }
}

/// Prints the name of a case that starts.
pub(super) fn begins(case: &Case) {
    print(&format!("{} ... ", printable(&case.title())));
}

/// Prints that the user interrupted it.
pub(super) fn interrupted() {
    print("interrupted\n");
}

fn print(text: &str) {
    let mut out = anstream::stdout();
    // A reader that closed its end (`| head`) is not an error of the cases.
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Shows a failure of a case at its place.
pub(super) fn failure(problem: &Problem) -> String {
    problem.render(true) + "\n"
}

/// Shows a failure of a case at its place, and what was found instead.
pub(super) fn failure_with(problem: &Problem, found: &str) -> String {
    let found: String = found.lines().map(|line| format!("    {line}\n")).collect();
    format!("{}\n\n{}", problem.render(true), printable(&found))
}

/// Shows a task that failed.
pub(super) fn task_failure(result: &TaskResult) -> String {
    let (name, host) = (&result.task.name, &result.host);
    let item = result.item.iter();
    let item: String = item.map(|item| format!(" (item={item})")).collect();
    // A problem in the user's files begins with the message.
    let message = match (&result.problem, &result.message) {
        (None, Some(message)) => format!(": {message}"),
        _ => String::new(),
    };
    let line = format!("\"{name}\"{item} on {host}{message}");
    format!(
        "{RED}failed{RED:#}: {}\n{}",
        printable(&line),
        details(result, true)
    )
}
