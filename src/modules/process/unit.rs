//! The text of a systemd unit that runs a program.

use crate::module::ModuleError;
use camino::Utf8Path;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The program that a unit describes.
pub(super) struct Unit<'a> {
    /// One line that describes it.
    pub(super) description: &'a str,
    /// The user it runs as, if not root.
    pub(super) user: Option<&'a str>,
    /// The directory it runs in.
    pub(super) directory: &'a Utf8Path,
    /// Its environment variables.
    pub(super) environment: &'a BTreeMap<String, String>,
    /// Program and arguments.
    pub(super) argv: &'a [String],
    /// The file that its output is appended to.
    pub(super) log: &'a Utf8Path,
    /// The stop signal, without `SIG`.
    pub(super) signal: &'a str,
    /// Seconds it may take to exit.
    pub(super) stop_timeout: u64,
    /// Lines to add to `[Service]`, or to replace the ones written here.
    pub(super) settings: &'a BTreeMap<String, String>,
}

/// Appends the program's output to the log file, then becomes the program. systemd can append by
/// itself only since 240. Only the user can read the log, as on hosts without systemd.
pub(super) const APPEND: &str = r#"(umask 077; : >>"$0") && exec "$@" >>"$0" 2>&1"#;

/// How many seconds longer than a task systemd waits during a shutdown before it kills the rest.
const AFTER_STOP_TIMEOUT: u64 = 60;

impl Unit<'_> {
    /// Returns the unit file. Words that systemd cannot hold, such as those with line breaks, are
    /// an error.
    pub(super) fn text(&self) -> Result<String, ModuleError> {
        let mut lines = self.service()?;
        for (name, value) in self.settings {
            check_setting(name, value)?;
            let first = lines.iter().position(|(known, _)| known == name);
            lines.retain(|(known, _)| known != name);
            let at = first.unwrap_or(lines.len()).min(lines.len());
            lines.insert(at, (name.clone(), value.clone()));
        }
        let mut text = format!(
            "# Written by rmqplay, which replaces the whole file; what is added in a folder \
             beside it stays.\n[Unit]\nDescription={}\nWants=network-online.target\n\
             After=network-online.target\n\n[Service]\n",
            plain("description", self.description)?
        );
        for (name, value) in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}={value}");
        }
        text.push_str("\n[Install]\nWantedBy=multi-user.target\n");
        Ok(text)
    }

    /// Returns the lines of `[Service]`. systemd 230 moved `StartLimit…` to `[Unit]` but still
    /// reads them here under these names; 219, in `CentOS` 7, reads them only here.
    fn service(&self) -> Result<Vec<(String, String)>, ModuleError> {
        let mut lines = vec![("Type", "simple".to_owned())];
        if let Some(user) = self.user {
            lines.push(("User", user_name(user)?));
        }
        lines.push(("WorkingDirectory", plain("chdir", self.directory.as_str())?));
        for (name, value) in self.environment {
            check_variable(name)?;
            let assignment = format!("{name}={value}");
            lines.push(("Environment", quoted("environment", &assignment)?));
        }
        lines.push(("UMask", "0027".to_owned()));
        lines.push(("ExecStart", self.command()?));
        // Java exits with 143 after SIGTERM.
        let success = match self.signal {
            "TERM" => "143".to_owned(),
            signal => format!("143 SIG{signal}"),
        };
        let stop = self.stop_timeout.saturating_add(AFTER_STOP_TIMEOUT);
        lines.extend([
            ("Restart", "on-failure".to_owned()),
            ("RestartSec", "10".to_owned()),
            ("StartLimitInterval", "300".to_owned()),
            ("StartLimitBurst", "5".to_owned()),
            ("SuccessExitStatus", success),
            ("KillSignal", format!("SIG{}", self.signal)),
            ("KillMode", "mixed".to_owned()),
            ("TimeoutStopSec", stop.to_string()),
        ]);
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        Ok(lines.into_iter().map(owned).collect())
    }

    /// Returns the command with one word per line: systemd 219 reads at most 2047 bytes of a line,
    /// and a diff shows which words changed.
    fn command(&self) -> Result<String, ModuleError> {
        let mut command = format!("/bin/sh -c {}", word("command", APPEND)?);
        let log = ("log", self.log.as_str());
        let words = self
            .argv
            .iter()
            .map(|argument| ("command", argument.as_str()));
        for (what, argument) in std::iter::once(log).chain(words) {
            let _ = write!(command, " \\\n  {}", word(what, argument)?);
        }
        Ok(command)
    }
}

/// Returns a word of a command, with variables escaped so that systemd does not expand them.
fn word(what: &str, text: &str) -> Result<String, ModuleError> {
    quoted(what, text).map(|word| word.replace('$', "$$"))
}

/// Returns a quoted word.
fn quoted(what: &str, text: &str) -> Result<String, ModuleError> {
    check(what, text)?;
    let escaped = text.replace('\\', r"\\").replace('"', "\\\"");
    Ok(format!("\"{}\"", escaped.replace('%', "%%")))
}

/// Returns a value that systemd takes literally to the end of the line.
fn plain(what: &str, text: &str) -> Result<String, ModuleError> {
    check(what, text)?;
    if text.trim() != text || text.ends_with('\\') {
        return Err(ModuleError::refused(format!(
            "{what}: systemd cannot keep the end or beginning of {text:?}"
        )));
    }
    Ok(text.replace('%', "%%"))
}

fn check(what: &str, text: &str) -> Result<(), ModuleError> {
    match text.chars().find(|character| !is_kept(*character)) {
        Some(character) => Err(ModuleError::refused(format!(
            "{what}: a unit of systemd cannot hold the character {character:?} of {text:?}"
        ))),
        None => Ok(()),
    }
}

/// systemd reads lines of valid Unicode and drops anything that is not a character
/// (`unichar_is_valid` in its source).
fn is_kept(character: char) -> bool {
    let number = u32::from(character);
    let is_character = !(0xfdd0..=0xfdef).contains(&number) && number & 0xfffe != 0xfffe;
    is_character && !character.is_control()
}

fn user_name(user: &str) -> Result<String, ModuleError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$".contains(&byte);
    if user.is_empty() || !user.bytes().all(fits) {
        let message = format!("user: a unit of systemd cannot name the user {user:?}");
        return Err(ModuleError::refused(message));
    }
    Ok(user.to_owned())
}

fn check_variable(name: &str) -> Result<(), ModuleError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name = name.bytes().all(fits) && !name.starts_with(|first: char| first.is_numeric());
    if name.is_empty() || !is_name {
        let message = format!("environment: invalid variable name for systemd: {name:?}");
        return Err(ModuleError::refused(message));
    }
    Ok(())
}

fn check_setting(name: &str, value: &str) -> Result<(), ModuleError> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = format!("service.settings: {name:?} is not the name of a setting");
        return Err(ModuleError::refused(message));
    }
    check("service.settings", value)?;
    if value.ends_with('\\') {
        let message = format!("service.settings: the value of {name} ends with a backslash");
        return Err(ModuleError::refused(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(argv: &[String], settings: &[(&str, &str)]) -> Result<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = BTreeMap::from([("HOME".to_owned(), "a \"b\" 50% $x".to_owned())]);
        let unit = Unit {
            description: "100% broker",
            user: Some("mq"),
            directory: Utf8Path::new("/data/a b"),
            environment: &environment,
            argv,
            log: Utf8Path::new("/data/log"),
            signal: "TERM",
            stop_timeout: 120,
            settings: &settings.iter().map(owned).collect(),
        };
        unit.text().map_err(|error| error.to_string())
    }

    #[test]
    fn a_unit_says_how_the_program_runs() {
        let argv = ["java", "-Dx=$HOME", "a\"b\\c%n"].map(str::to_owned);
        let settings = [("LimitNOFILE", "655350"), ("RestartSec", "1")];
        insta::assert_snapshot!(unit(&argv, &settings).unwrap());
    }

    #[test]
    fn what_a_unit_cannot_hold_is_refused() {
        for (argv, settings, expected) in [
            (
                &["a\nb"][..],
                &[][..],
                "command: a unit of systemd cannot hold the character '\\n' of \"a\\nb\"",
            ),
            (
                &["a"],
                &[("Limit=", "1")],
                "service.settings: \"Limit=\" is not the name of a setting",
            ),
            (
                &["a"],
                &[("Nice", "1\n[Unit]")],
                "service.settings: a unit of systemd cannot hold the character '\\n' of \"1\\n[Unit]\"",
            ),
            (
                &["a"],
                &[("Nice", "1\\")],
                "service.settings: the value of Nice ends with a backslash",
            ),
        ] {
            let argv: Vec<_> = argv.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(unit(&argv, settings).unwrap_err(), expected);
        }
    }

    /// What systemd makes of a command it reads (`extract_first_word`, `unit_full_printf` and
    /// `replace_env_argv` in its source), as far as our units use it. `tests/lab_services.rs`
    /// checks this on a host run by systemd.
    fn read(command: &str) -> Vec<String> {
        let command = command.replace("\\\n", " ");
        let mut words = Vec::new();
        let mut rest = command.trim_start();
        while let Some(first) = rest.chars().next() {
            let mut word = String::new();
            let mut characters = rest.char_indices();
            let quoted = first == '"';
            if quoted {
                characters.next();
            }
            let mut end = rest.len();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' if quoted => {
                        end = at + 1;
                        break;
                    }
                    ' ' if !quoted => {
                        end = at;
                        break;
                    }
                    '\\' => word.extend(characters.next().map(|(_, character)| character)),
                    other => word.push(other),
                }
            }
            words.push(word.replace("%%", "%").replace("$$", "$"));
            rest = rest[end..].trim_start();
        }
        words
    }

    proptest! {
        #[test]
        fn every_word_arrives_as_it_was(argv in prop::collection::vec("\\PC{0,12}|[ \"'\\\\$%;#]{0,6}", 1..6)) {
            prop_assume!(argv.iter().all(|word| word.chars().all(is_kept)));
            let text = unit(&argv, &[]).unwrap();
            let start = text.find("ExecStart=").unwrap() + "ExecStart=".len();
            let end = text.find("\nRestart=").unwrap();
            let words = read(&text[start..end]);
            prop_assert_eq!(&words[..4], &["/bin/sh", "-c", APPEND, "/data/log"]);
            prop_assert_eq!(&words[4..], &argv[..]);
        }
    }
}
