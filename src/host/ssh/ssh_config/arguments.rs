//! Arguments of `ssh` in inventories, such as `-o ProxyJump=gate`.

use super::SshConfig;
use std::path::PathBuf;

/// The parsed arguments of `ssh` (`ansible_ssh_common_args`, `ansible_ssh_extra_args`).
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// The settings, which win over those of files.
    pub settings: SshConfig,
    /// The file of `-F`, which replaces the user's and the system's.
    pub file: Option<PathBuf>,
}

/// Options without a value that rmqplay ignores: it has no terminal and forwards nothing.
const FLAGS: &str = "46AaCfGgKkMNnqsTtVvXxYy";

/// Options with a value that rmqplay ignores.
const IGNORED: &str = "BbcDEeILmOPQRSWw";

impl Arguments {
    /// Parses arguments written as on a shell's command line; returns a message if they are
    /// invalid.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = words(text)?;
        let mut words = words.into_iter();
        let (mut lines, mut file) = (Vec::new(), None);
        while let Some(word) = words.next() {
            let mut letters = word
                .strip_prefix('-')
                .filter(|letters| !letters.is_empty())
                .ok_or_else(|| format!("{word:?} is not an option of ssh"))?;
            while let Some(letter) = letters.chars().next() {
                letters = letters.get(letter.len_utf8()..).unwrap_or_default();
                if FLAGS.contains(letter) {
                    continue;
                }
                let joined = Some(letters).filter(|value| !value.is_empty());
                let value = joined.map(str::to_owned).or_else(|| words.next());
                let value = value.ok_or_else(|| format!("-{letter} needs a value"))?;
                match letter {
                    'F' => file = Some(PathBuf::from(value)),
                    'o' => lines.push(value),
                    'i' => lines.push(format!("IdentityFile {}", quoted(&value))),
                    'J' => lines.push(format!("ProxyJump {value}")),
                    'l' => lines.push(format!("User {}", quoted(&value))),
                    'p' => lines.push(format!("Port {value}")),
                    _ if IGNORED.contains(letter) => {}
                    _ => return Err(format!("-{letter} is not an option of ssh")),
                }
                break;
            }
        }
        let settings = SshConfig::of_lines("<ssh arguments>", &lines);
        Ok(Self {
            settings: settings.map_err(|problems| problems.to_string())?,
            file,
        })
    }
}

/// Splits a command line like a shell, without expanding anything: in single quotes all text is
/// literal; a backslash escapes the next character, in double quotes only `"`, `\`, `$`, `` ` ``
/// and a line break.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    const OPEN: &str = "a quote is not closed";
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_whitespace() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match letter {
            '\'' => loop {
                match letters.next().ok_or(OPEN)? {
                    '\'' => break,
                    letter => word.push(letter),
                }
            },
            '"' => loop {
                match letters.next().ok_or(OPEN)? {
                    '"' => break,
                    '\\' => match letters.next().ok_or(OPEN)? {
                        '\n' => {}
                        escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                        other => word.extend(['\\', other]),
                    },
                    letter => word.push(letter),
                }
            },
            '\\' => word.extend(letters.next().filter(|escaped| *escaped != '\n')),
            other => word.push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::super::{Checking, Options, Proxy, Query};
    use super::*;

    fn parse(text: &str) -> Result<(Options, Option<PathBuf>), String> {
        let arguments = Arguments::parse(text)?;
        let query = Query {
            host: "web1",
            local_user: "root",
        };
        let options = arguments.settings.options(&query, Options::default());
        Ok((options, arguments.file))
    }

    #[test]
    fn arguments_are_read_as_by_ssh() {
        let (options, file) = parse(
            "-C -q -o StrictHostKeyChecking=accept-new -oPort=7 -p 8 -i '/my keys/a' -J me@gate:22 \
             -o \"ProxyCommand nc %h %p\" -vvv -Av -F /dev/null -o ControlMaster=auto -S none -l x",
        )
        .unwrap();
        let expected = Options {
            checking: Some(Checking::AcceptNew),
            port: Some(7),
            identity_files: vec!["/my keys/a".to_owned()],
            proxy: Some(Proxy::Jump("me@gate:22".to_owned())),
            user: Some("x".to_owned()),
            ..Options::default()
        };
        assert_eq!(options, expected);
        assert_eq!(file, Some("/dev/null".into()));
        let (options, _) = parse("-o ProxyCommand=\"ssh -W %h:%p -q gate\"").unwrap();
        let command = "ssh -W %h:%p -q gate".to_owned();
        assert_eq!(options.proxy, Some(Proxy::Command(command)));
        assert_eq!(parse("").unwrap().0, Options::default());
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, expected) in [
            ("a  b\tc\n", Ok(vec!["a", "b", "c"])),
            (r#"-o "A B" -o'C D'"#, Ok(vec!["-o", "A B", "-oC D"])),
            (r#"'a\b "c"' "it's""#, Ok(vec![r#"a\b "c""#, "it's"])),
            (r#"a\ b \"c\\ \n"#, Ok(vec!["a b", r#""c\"#, "n"])),
            (r#""a\b\"\\\$""#, Ok(vec![r#"a\b"\$"#])),
            ("a#b # c", Ok(vec!["a#b", "#", "c"])),
            ("'' \"\"", Ok(vec!["", ""])),
            ("", Ok(vec![])),
            ("'a", Err("a quote is not closed")),
            ("\"a\\", Err("a quote is not closed")),
        ] {
            let expected: Result<Vec<_>, _> =
                expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn arguments_that_make_no_sense_are_told() {
        for (text, expected) in [
            ("web1", "\"web1\" is not an option of ssh"),
            ("-p", "-p needs a value"),
            ("-z", "-z needs a value"),
            ("-z x", "-z is not an option of ssh"),
            ("-o 'x", "a quote is not closed"),
            (
                "-o Port=x",
                "<ssh arguments>:1:1: port: expected a port between 1 and 65535, found \"x\"",
            ),
            ("-", "\"-\" is not an option of ssh"),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
