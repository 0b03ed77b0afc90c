//! A request to a shell: calls of fixed functions with quoted words.

use super::quote::quote;
use std::collections::HashSet;

/// Shell functions that are sent when they are first needed.
pub(super) struct Library {
    /// The name that marks it as loaded in a shell.
    pub(super) name: &'static str,
    /// The functions.
    pub(super) text: &'static str,
}

/// A request to a shell.
#[derive(Default)]
pub(super) struct Script {
    libraries: Vec<&'static Library>,
    text: String,
    has_nul: bool,
}

impl Script {
    /// Returns a request that uses the functions of these libraries.
    pub(super) fn with(libraries: &[&'static Library]) -> Self {
        Self {
            libraries: libraries.to_vec(),
            ..Self::default()
        }
    }

    /// Requires the functions of these libraries.
    pub(super) fn require(&mut self, libraries: &[&'static Library]) {
        self.libraries.extend(libraries);
    }

    /// Calls a function.
    pub(super) fn call<W: AsRef<str>>(
        &mut self,
        function: &str,
        words: impl IntoIterator<Item = W>,
    ) {
        self.text.push_str(function);
        for word in words {
            self.text.push(' ');
            self.word(word.as_ref());
        }
        self.text.push(';');
    }

    /// Adds a word, quoted.
    pub(super) fn word(&mut self, text: &str) {
        self.has_nul |= text.contains('\0');
        self.text.push_str(&quote(text));
    }

    /// Adds a fixed piece of shell text.
    pub(super) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Returns the request as one of several steps that are sent together: if a step before it has
    /// failed, it is left out and answers `skipped`.
    pub(super) fn in_order(mut self, is_first: bool) -> Self {
        let go = if is_first { "rmq_go=1; " } else { "" };
        let step = &self.text;
        self.text = format!(
            "{go}if [ \"$rmq_go\" ]; then {step} [ \"$rmq_last\" = 0 ] || rmq_go=; \
             else rmq_piece skipped; fi;"
        );
        self
    }

    /// Returns the text, without the libraries.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the length of the request without the libraries, in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Returns whether it contains a NUL, which no shell accepts.
    pub(super) fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// Returns the line for a shell that has loaded these libraries, and adds to them.
    pub(super) fn line(&self, loaded: &mut HashSet<&'static str>) -> String {
        let mut line = String::new();
        for library in &self.libraries {
            if loaded.insert(library.name) {
                line.push_str(&define(library.text));
            }
        }
        line + &self.text
    }
}

/// Returns functions as part of a line, without comments and indentation.
pub(super) fn define(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    format!("eval {};", quote(&lines.join("\n")))
}
