//! A command line and its output.

use crate::value::Fields;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// A command line to run on a host. It is never shell text: the program gets the argument vector
/// unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The program (searched in PATH if without a slash) and its arguments.
    pub argv: Vec<String>,
    /// The working directory; the login's if `None`.
    pub chdir: Option<Utf8PathBuf>,
    /// Variables added to the environment. They are sent on standard input, not in any argv.
    pub environment: BTreeMap<String, String>,
    /// What the command reads on standard input.
    pub stdin: Option<Vec<u8>>,
    /// A script among its arguments; standard input is then empty.
    pub script: Option<CommandScript>,
}

/// A script that exists on the machine while the command runs that has it as an argument, in a
/// directory of its own that nobody else can enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandScript {
    /// The file's name, without a slash.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
    /// The number of words of the command before its path.
    pub position: usize,
}

/// What ends a path in the line of a shell.
const ENDS_PATH: fn(char) -> bool =
    |letter| letter.is_whitespace() || "'\"`=:;,|&<>(){}$*?".contains(letter);

/// Returns a path without `.` and `..`, as if nothing on it were a link.
fn without_dots(path: &Utf8Path) -> Utf8PathBuf {
    let mut plain = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => {
                plain.pop();
            }
            Utf8Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

impl Command {
    /// Returns the words of the command, each taken apart as a shell may do it.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.argv.iter().flat_map(|word| word.split(ENDS_PATH))
    }

    /// Returns the paths that the command names in its words, its environment and its input, as far
    /// as it is known where they start, with its working directory.
    pub fn paths(&self) -> Vec<Utf8PathBuf> {
        let input = String::from_utf8_lossy(self.stdin.as_deref().unwrap_or_default());
        // Where programs are is another question.
        let environment = self.environment.iter().filter(|(name, _)| *name != "PATH");
        let texts = environment
            .map(|(_, value)| value.as_str())
            .chain([&*input]);
        let others = texts
            .flat_map(|text| text.split(ENDS_PATH))
            .filter(|word| *word != "/");
        let named = self.parts().chain(others).filter_map(|word| {
            let path = Utf8Path::new(word);
            match &self.chdir {
                _ if path.is_absolute() => Some(without_dots(path)),
                Some(folder) if !word.is_empty() => Some(without_dots(&folder.join(path))),
                _ => None,
            }
        });
        let folder = self.chdir.iter().cloned();
        folder.chain(named).collect()
    }

    /// Says that its program is missing.
    pub(super) fn not_found(program: &str) -> String {
        format!("{program} is not found or cannot be executed")
    }

    /// Says that its working directory is missing.
    pub(super) fn no_directory(directory: &Utf8Path) -> String {
        format!("the directory {directory} does not exist or cannot be entered")
    }

    /// Returns a command with these words and nothing else.
    pub fn new<W: Into<String>>(argv: impl IntoIterator<Item = W>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// Returns the command as one line for messages, words with blanks quoted.
    pub fn display(&self) -> String {
        let plain = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_=+/.,:@%^".contains(c))
        };
        let mut words = self.argv.clone();
        if let Some(script) = &self.script {
            words.insert(script.position.min(words.len()), script.name.clone());
        }
        let words = words.iter().map(|word| {
            if plain(word) {
                word.clone()
            } else {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The output of a command or another step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Exit code; 128 + N if signal N ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// What a [`super::Talk`] returned.
    pub returned: Box<Fields>,
    /// Whether the step was only recorded (check mode): then nothing else here has a meaning.
    pub not_run: bool,
}

impl Output {
    /// Returns the output of a step that was only recorded.
    pub fn not_run() -> Self {
        Self {
            not_run: true,
            ..Self::default()
        }
    }

    /// Returns whether a shell did not find the program: 127 is POSIX's exit code for that.
    pub fn lacks_program(&self) -> bool {
        self.status == 127
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_paths_in_its_words_its_environment_and_its_input() {
        let mut command = Command::new(["cat", "/a/../b/./c", "--file=/d", "x/../e", "sh -c '/f'"]);
        command.environment = [("FILE", "/g"), ("PATH", "/usr/bin:/h")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        command.stdin = Some(b"1 / 2\n/i\n".to_vec());
        assert_eq!(command.paths(), ["/b/c", "/d", "/f", "/g", "/i"]);
        command.chdir = Some("/w".into());
        let paths = command.paths();
        for path in ["/w", "/b/c", "/w/e", "/i", "/w/cat"] {
            assert!(paths.iter().any(|named| named == path), "{path}: {paths:?}");
        }
    }
}
