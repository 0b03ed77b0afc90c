//! The output of a script's `log`: free text, including tables, printed unchanged.

use super::{on_one_line, printable};

/// The beginnings of rmqplay's own lines.
const OWN: &[&str] = &[
    "...ignoring",
    "FAILED",
    "PLAY",
    "RUNNING HANDLER",
    "TASK",
    "[",
    "changed:",
    "error:",
    "failed:",
    "fatal:",
    "ok:",
    "skipping:",
    "unknown:",
    "warning:",
];

/// What follows the host's name in a line of the recap.
const COUNTS: &str = ": ok=";

/// Returns the lines to print for a script's message. A line that begins like rmqplay's own is
/// indented, so that text from a host cannot imitate a result.
pub(super) fn said(host: &str, text: &str) -> String {
    let shown = printable(text.trim_end());
    let mut lines = shown.split('\n');
    let first = lines.next().unwrap_or_default();
    let mut said = format!("[{}] {first}\n", on_one_line(host));
    for line in lines {
        let is_like_own = OWN.iter().any(|own| line.starts_with(own)) || line.contains(COUNTS);
        said += if is_like_own { "    " } else { "" };
        said += line;
        said.push('\n');
    }
    said
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn a_table_stays_as_it_is_written() {
        let table = "brokers\nname      version\nbroker-a  4.9.7\n\n  of two\n";
        assert_eq!(said("h", table), format!("[h] {table}"));
    }

    #[test]
    fn no_line_of_a_host_looks_like_one_of_rmqplay() {
        for line in [
            "ok: [h]",
            "fatal: [h]: FAILED! => gone",
            "TASK [all is well] ***",
            "PLAY RECAP ***",
            "h    : ok=1    changed=0",
            "[WARNING]: x",
            "[other] x",
        ] {
            assert_eq!(
                said("h", &format!("a\r\n{line}")),
                format!("[h] a\n    {line}\n")
            );
        }
        assert_eq!(
            said("h", "a\u{1b}[2J\n\u{1b}[1mok: [h]"),
            "[h] a\\u{1b}[2J\n\\u{1b}[1mok: [h]\n"
        );
    }
}
