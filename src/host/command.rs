//! A command line and its output.

use crate::value::Fields;
use camino::Utf8PathBuf;
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

impl Command {
    /// Returns the words of the command, each taken apart as a shell may do it.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.argv.iter().flat_map(|word| word.split(ENDS_PATH))
    }

    /// Returns the absolute paths that the command names, with its working directory.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let folder = self.chdir.iter().map(|folder| folder.as_str());
        folder
            .chain(self.parts())
            .filter(|path| path.starts_with('/'))
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
