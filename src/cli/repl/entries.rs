//! Entries of the console: typed at a terminal, with history and completion, or read from a file.

use crate::cli::project::user_folder;
use crate::script::Console;
use crate::script::console::is_unfinished;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

/// Where entries come from.
pub(super) enum Entries {
    /// The user at a terminal.
    Terminal {
        editor: Box<Editor<Names, FileHistory>>,
        history: Option<PathBuf>,
    },
    /// Standard input that is not a terminal.
    File,
}

/// The next input.
pub(super) enum Entry {
    Text(String),
    /// The text typed so far was discarded.
    Dropped,
    End,
}

impl Entries {
    /// Returns the entries of standard input; `words` and the console's names are completed.
    pub(super) fn open(words: Vec<String>, console: Arc<Console>) -> rustyline::Result<Self> {
        if !std::io::stdin().is_terminal() {
            return Ok(Self::File);
        }
        let mut editor: Editor<Names, FileHistory> = Editor::new()?;
        editor.set_helper(Some(Names { words, console }));
        let history = user_folder().map(|folder| folder.join("repl_history").into());
        if let Some(path) = &history {
            // The first time there is no history.
            let _ = editor.load_history(path);
        }
        let editor = Box::new(editor);
        Ok(Self::Terminal { editor, history })
    }

    /// Returns the next entry, with all its lines.
    pub(super) fn next(&mut self, prompt: &str) -> rustyline::Result<Entry> {
        match self {
            Self::Terminal { editor, .. } => match editor.readline(prompt) {
                Ok(text) => {
                    editor.add_history_entry(text.as_str())?;
                    Ok(Entry::Text(text))
                }
                Err(ReadlineError::Interrupted) => Ok(Entry::Dropped),
                Err(ReadlineError::Eof) => Ok(Entry::End),
                Err(error) => Err(error),
            },
            Self::File => {
                let mut text = String::new();
                let mut input = std::io::stdin().lock();
                loop {
                    let ended = input.read_line(&mut text)? == 0;
                    if ended && text.trim().is_empty() {
                        return Ok(Entry::End);
                    }
                    if ended || !is_unfinished(&text) {
                        return Ok(Entry::Text(text.trim_end().to_owned()));
                    }
                }
            }
        }
    }
}

impl Drop for Entries {
    /// Saves the history, readable only by its owner.
    fn drop(&mut self) {
        let Self::Terminal {
            editor,
            history: Some(path),
        } = self
        else {
            return;
        };
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let kept = folder
            .map_err(ReadlineError::from)
            .and_then(|()| editor.save_history(path));
        if let Err(error) = kept {
            tracing::warn!("cannot save the history in {}: {error}", path.display());
        }
    }
}

/// Completes words, and decides whether an entry continues on the next line.
pub(super) struct Names {
    words: Vec<String>,
    console: Arc<Console>,
}

impl Helper for Names {}

impl Highlighter for Names {}

impl Hinter for Names {
    type Hint = String;
}

impl Validator for Names {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_unfinished(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or_default();
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, letter)| is_part(*letter))
            .last()
            .map_or(position, |(at, _)| at);
        let begun = before.get(start..).unwrap_or_default();
        let defined = self.console.names();
        let all = self.words.iter().chain(&defined);
        let mut found: Vec<String> = all
            .filter(|name| name.starts_with(begun))
            .cloned()
            .collect();
        found.sort();
        found.dedup();
        Ok((start, found))
    }
}
