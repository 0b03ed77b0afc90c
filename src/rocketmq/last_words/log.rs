//! The log of a program that ended, and which of its lines belong to that end.

use camino::Utf8PathBuf;
use jiff::civil::DateTime;

/// How long before a log's last line another line can still be related to it, in seconds: 3.2.6
/// takes 10 s to exit after a failure, and waits up to 90 s for a thread.
const BELONGS: i64 = 120;

/// The same for errors that may be unrelated.
const MAY_BELONG: i64 = 15;

/// Printed by a program that has started: earlier lines are of a problem that was overcome, or of
/// an earlier life.
const STARTED: &str = "boot success";

/// Longer lines are cut to this many characters.
const LONGEST: usize = 300;

/// A log of a program that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rocketmq) struct Log {
    pub(super) path: Utf8PathBuf,
    /// Its last lines.
    lines: Vec<String>,
    /// The index of the first line that is related to the end.
    end: usize,
    /// The index of the first line that may be.
    last: usize,
}

impl Log {
    /// Parses the end of a log. Unless the text starts at the log's own beginning, its first line
    /// is incomplete.
    pub(in crate::rocketmq) fn read(path: Utf8PathBuf, text: &str, is_whole: bool) -> Self {
        let lines = text.lines().skip(usize::from(!is_whole));
        let lines = lines.map(str::trim_end).filter(|line| !line.is_empty());
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        Self {
            end: end(&lines, BELONGS),
            last: end(&lines, MAY_BELONG),
            path,
            lines,
        }
    }

    /// Returns the last line of the end that contains one of these words.
    pub(super) fn line_with(&self, words: &[String]) -> Option<String> {
        let mut lines = self.lines.iter().skip(self.end).rev();
        let found = lines.find(|line| words.iter().any(|word| line.contains(word)))?;
        Some(self.told(found))
    }

    /// Returns the last `most` lines that say why the program failed: errors of the thread that
    /// starts it, and what Java or that thread printed.
    pub(in crate::rocketmq) fn failures(&self, most: usize) -> Vec<String> {
        let mut is_of_start = true;
        self.tell_last(self.end, most, |line| {
            if time(line).is_some() {
                is_of_start = line.contains(" ERROR main ");
                return is_of_start;
            }
            is_of_start && names_exception(line)
        })
    }

    /// Returns the last `most` errors before the end. A running program logs many errors that do
    /// not end it.
    pub(in crate::rocketmq) fn errors(&self, most: usize) -> Vec<String> {
        self.tell_last(self.last, most, |line| match time(line) {
            Some(_) => line.contains(" ERROR "),
            None => names_exception(line),
        })
    }

    fn tell_last(
        &self,
        from: usize,
        most: usize,
        mut counts: impl FnMut(&str) -> bool,
    ) -> Vec<String> {
        let lines = self.lines.iter().skip(from);
        let found: Vec<_> = lines.filter(|line| counts(line)).collect();
        let last = found.iter().rev().take(most).rev();
        last.map(|line| self.told(line)).collect()
    }

    /// Returns whether the program was asked to stop and shut down completely.
    pub(in crate::rocketmq) fn ends_in_order(&self) -> bool {
        let mut lines = self.lines.iter().skip(self.end);
        lines.any(|line| {
            let line = line.to_ascii_lowercase();
            line.contains("shutdown hook over") || line.contains("shutdown hook done")
        })
    }

    /// Returns whether RocketMQ wrote the log, as opposed to Java printing to it.
    pub(super) fn is_rocketmq_s(&self) -> bool {
        self.path.extension() == Some("log")
    }

    /// Returns the last `most` lines, as `tail` shows them.
    pub(in crate::rocketmq) fn tail(&self, most: usize) -> Vec<String> {
        let from = self.lines.len().saturating_sub(most);
        let last = self.lines.iter().skip(from).map(|line| cut(line));
        std::iter::once(format!("==> {} <==", self.path))
            .chain(last)
            .collect()
    }

    fn told(&self, line: &str) -> String {
        let name = self.path.file_name().unwrap_or_default();
        format!("{name}: {}", cut(line.trim()))
    }
}

/// Returns the index of the first line after the start that is at most `seconds` before the last
/// one.
fn end(lines: &[String], seconds: i64) -> usize {
    let started = lines.iter().rposition(|line| line.contains(STARTED));
    let after_start = started.map_or(0, |index| index + 1);
    let Some(last) = lines.iter().rev().find_map(|line| time(line)) else {
        return after_start;
    };
    let old = lines
        .iter()
        .rposition(|line| time(line).is_some_and(|time| time + seconds < last));
    // A line without a time belongs to the line before it.
    let recent = old.map_or(0, |old| {
        let mut after = lines.iter().skip(old + 1);
        let next = after.position(|line| time(line).is_some());
        old + 1 + next.unwrap_or_default()
    });
    after_start.max(recent)
}

/// Returns the time at the start of a line, in seconds: `2026-11-23 08:55:50 INFO main - …`. Only
/// for comparison: logs use China's time zone whatever the machine's is.
fn time(line: &str) -> Option<i64> {
    let time: DateTime = line.get(..19)?.parse().ok()?;
    let since = time.duration_since(DateTime::new(1970, 1, 1, 0, 0, 0, 0).ok()?);
    Some(since.as_secs())
}

/// Returns whether a line without a time names an exception. Lines of its stack trace do not count.
fn names_exception(line: &str) -> bool {
    let is_stack = line.starts_with([' ', '\t']) || line.starts_with("...");
    !is_stack
        && ["Exception", "Error"]
            .iter()
            .any(|word| line.contains(word))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> Log {
        Log::read("/logs/broker.log".into(), text, true)
    }

    #[test]
    fn what_was_before_the_start_or_long_before_the_end_does_not_count() {
        let text = "\
2026-11-23 07:00:00 ERROR main - of an earlier life
2026-11-23 08:00:00 INFO main - The broker[a, 1:1] boot success. serializeType=JSON
2026-11-23 08:10:00 ERROR main - long before
java.io.IOException: of the line before
\tat a.B.c(B.java:1)
2026-11-23 08:19:40 ERROR Thread-1 - a little before
2026-11-23 08:20:00 ERROR Thread-1 - shortly before
java.net.ConnectException: refused
\tat a.B.c(B.java:1)
Caused by: java.net.ConnectException: refused
2026-11-23 08:20:15 INFO main - the last Exception
";
        let of_thread = "broker.log: 2026-11-23 08:20:00 ERROR Thread-1 - shortly before";
        let expected = [
            of_thread,
            "broker.log: java.net.ConnectException: refused",
            "broker.log: Caused by: java.net.ConnectException: refused",
        ];
        assert_eq!(log(text).errors(9), expected);
        assert_eq!(log(text).failures(3), [""; 0]);
        let of_main = text.replace("ERROR Thread-1", "ERROR main");
        assert_eq!(log(&of_main).failures(2), expected[1..]);
        assert_eq!(log(text).errors(1), expected[2..]);
        let words = ["of an earlier".to_owned(), "of the line".to_owned()];
        assert_eq!(log(text).line_with(&words), None);
    }

    #[test]
    fn the_end_of_a_log_is_told_as_it_is() {
        let long = "x".repeat(400);
        let log = Log::read(
            "/l/a.out".into(),
            &format!("part\nfirst\n\n{long}\n"),
            false,
        );
        let cut = format!("{}…", "x".repeat(300));
        assert_eq!(log.tail(5), ["==> /l/a.out <==", "first", &cut]);
        assert_eq!(log.tail(1).len(), 2);
    }

    #[test]
    fn an_orderly_end_is_known_in_all_versions() {
        for (line, expected) in [
            (
                "2026-11-23 08:58:50 INFO ShutdownHook - shutdown hook over, consuming time total(ms): 9047",
                true,
            ),
            (
                "2026-11-23 08:58:04 INFO Thread-18 - Shutdown hook over, consuming total time(ms): 2999",
                true,
            ),
            (
                "2026-11-23 08:58:04 INFO ShutdownHook - shutdown hook done, consuming time total(ms): 9",
                true,
            ),
            (
                "2026-11-23 08:58:04 INFO ShutdownHook - Shutdown hook was invoked, 1",
                false,
            ),
        ] {
            assert_eq!(log(line).ends_in_order(), expected, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(2026-11-2[0-9] 0[0-9]:00:00 |[^\\n]{0,30}|ERROR |boot success|\\n){0,40}") {
            let log = log(&text);
            log.errors(3);
            log.tail(12);
        }
    }
}
