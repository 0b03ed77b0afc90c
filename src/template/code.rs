//! A text prepared for minijinja, and what is known of it without running it.

use super::edits::{Edits, Origins};
use super::layout;
use super::native::line_breaks;
use super::parse::{self, Unread};
use super::rewrite::Rewrite;
use super::tree;
use minijinja::Error;
use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;

/// The kind of a text, and what backslashes in its quoted strings mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Text with `{{ }}` in a YAML file: YAML has already processed the backslashes, so `'\1'` is
    /// literal.
    Text,
    /// An expression without delimiters in a YAML file, with the same backslashes.
    Expression,
    /// An expression without delimiters and with Python's backslashes: conditions.
    Condition,
    /// A template file, with Python's backslashes.
    File,
}

impl Kind {
    /// Returns whether it is written without `{{ }}`.
    pub(super) fn is_expression(self) -> bool {
        matches!(self, Kind::Expression | Kind::Condition)
    }

    fn keeps_backslashes(self) -> bool {
        matches!(self, Kind::Text | Kind::Expression)
    }
}

/// A text prepared for minijinja, and what is known of it without running it.
#[derive(Debug)]
pub(super) struct Code {
    /// The template that minijinja compiles.
    pub(super) text: String,
    /// Whether it is a single expression, so that the expression's value is the result.
    pub(super) single: bool,
    /// Whether it refers to other templates.
    pub(super) includes: bool,
    /// Whether it may need more than its variables: it calls lookups or refers to other templates.
    pub(super) reaches: bool,
    /// Whether the template may create its value: it is not just a path to a variable's value.
    pub(super) makes: bool,
    /// How many line breaks the user's text ends with; 0 for an expression.
    pub(super) line_breaks: usize,
    /// Whether it captures text in variables or macros, which is not part of its own output.
    pub(super) captures: bool,
    /// The changes, in order.
    changes: Vec<Origins>,
}

impl Code {
    /// Rewrites `text`; fails if it is not a valid template.
    pub(super) fn new(text: &str, kind: Kind, syntax: &SyntaxConfig) -> Result<Self, CodeError> {
        let line_breaks = if kind.is_expression() {
            0
        } else {
            line_breaks(text)
        };
        let written = text;
        let mut changed = Changed::of(text);
        if !kind.is_expression() && text.contains('\r') && kind != Kind::File {
            changed.apply(layout::line_breaks);
        }
        if !kind.is_expression() && text.contains("raw") {
            changed.apply(|text| layout::raw_blocks(text, syntax));
        }
        if kind.keeps_backslashes() && text.contains('\\') {
            changed.apply(|text| backslashes(text, kind.is_expression(), syntax));
        }
        let text = std::mem::take(&mut changed.text);
        let mut rewrite = Rewrite::of(&text, kind.is_expression(), syntax.clone());
        let fail = |unread: Unread| {
            let range = original(&changed.changes, unread.range);
            CodeError::new(unread.error, written, range)
        };
        if let Some((error, range)) = rewrite.take_failure() {
            let range = original(&changed.changes, range);
            return Err(CodeError::new(error, written, range));
        }
        let mut captures = false;
        let (edits, single, includes, makes) = if kind.is_expression() {
            let expression = parse::expression(&text).map_err(fail)?;
            (
                rewrite.alone(&expression),
                true,
                false,
                !is_path(&expression),
            )
        } else {
            let template = parse::template(&text, syntax).map_err(fail)?;
            let (single, makes) = is_single(&template);
            let includes = has_includes(&template);
            captures = has_captures(&template);
            (rewrite.template(&template), single, includes, makes)
        };
        let (text, rewritten) = edits.apply(&text);
        let mut changes = changed.changes;
        changes.push(rewritten);
        let calls = ["lookup", "query", "q"].iter().any(|name| {
            text.match_indices(name).any(|(at, _)| {
                let rest = text.get(at + name.len()..).unwrap_or_default();
                rest.trim_start().starts_with(['(', '"'])
            })
        });
        Ok(Self {
            reaches: calls || includes,
            text,
            single,
            includes,
            makes,
            line_breaks,
            captures,
            changes,
        })
    }

    /// Maps a range of the compiled text back to the user's text.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        original(&self.changes, range)
    }
}

fn original(changes: &[Origins], range: Range<usize>) -> Range<usize> {
    changes
        .iter()
        .rev()
        .fold(range, |range, origins| origins.range(range))
}

/// A text that is changed in steps.
struct Changed {
    text: String,
    changes: Vec<Origins>,
}

impl Changed {
    fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            changes: Vec::new(),
        }
    }

    fn apply(&mut self, edits: impl Fn(&str) -> Edits) {
        let (text, origins) = edits(&self.text).apply(&self.text);
        self.text = text;
        self.changes.push(origins);
    }
}

/// A syntax error and its range in the user's text.
#[derive(Debug)]
pub(super) struct CodeError {
    /// minijinja's error.
    pub(super) error: Error,
    /// Its range in the user's text.
    pub(super) range: Range<usize>,
    /// What to write instead, if known.
    pub(super) help: Option<String>,
}

impl CodeError {
    fn new(error: Error, written: &str, range: Range<usize>) -> Self {
        Self {
            help: operator_help(written, range.start),
            range,
            error,
        }
    }
}

/// Returns what to write instead of another language's operator at `offset`.
fn operator_help(text: &str, offset: usize) -> Option<String> {
    let (before, rest) = text.split_at_checked(offset)?;
    let doubled = |sign: char| rest.starts_with(sign) && before.ends_with(sign);
    let (found, meant) = if rest.starts_with("&&") || doubled('&') {
        ("&&", "and")
    } else if rest.starts_with('&') {
        ("&", "and")
    } else if rest.starts_with("||") || doubled('|') {
        ("||", "or")
    } else if rest.starts_with('!') && !rest.starts_with("!=") {
        ("!", "not")
    } else if rest.starts_with('=') && before.ends_with("==") {
        ("===", "==")
    } else if rest.starts_with('=') && before.ends_with("!=") {
        ("!==", "!=")
    } else if rest.starts_with('=') && !rest.starts_with("==") {
        ("=", "==")
    } else {
        return None;
    };
    Some(format!("write `{meant}` instead of `{found}`"))
}

/// Doubles the backslashes in quoted strings of expressions, as Ansible does.
fn backslashes(text: &str, expression: bool, syntax: &SyntaxConfig) -> Edits {
    // Read the tokens from a copy without the escapes, which may be invalid.
    let mut masked = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        masked.push(character);
        if character == '\\'
            && let Some(next) = characters.next_if(|next| "uUxN01234567".contains(*next))
        {
            masked.pop();
            masked.push_str("..");
            debug_assert!(next.is_ascii());
        }
    }
    let mut edits = Edits::default();
    let mut tokenizer = Tokenizer::new(&masked, "", expression, syntax.clone());
    let mut inside = expression;
    while let Ok(Some((token, span))) = tokenizer.next_token() {
        match token {
            Token::VariableStart => inside = true,
            Token::VariableEnd => inside = false,
            Token::Str(_) | Token::String(_) if inside => {
                let range = span.start_offset as usize..span.end_offset as usize;
                let literal = text.get(range.clone()).unwrap_or_default();
                double(literal, range.start, &mut edits);
            }
            _ => {}
        }
    }
    edits
}

fn double(literal: &str, start: usize, edits: &mut Edits) {
    let quote = literal.chars().next();
    let mut characters = literal.char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        if character != '\\' {
            continue;
        }
        let next = characters.next().map(|(_, next)| next);
        let with = match next {
            Some('\\') => "\\\\\\\\".to_owned(),
            Some(next) if Some(next) == quote => format!("\\\\\\{next}"),
            Some(next) => format!("\\\\{next}"),
            None => "\\\\".to_owned(),
        };
        let length = 1 + next.map_or(0, char::len_utf8);
        edits.replace(start + offset..start + offset + length, with);
    }
}

/// Returns whether a template is a single expression, and whether it creates its value.
fn is_single(template: &Stmt<'_>) -> (bool, bool) {
    match template {
        Stmt::Template(template) => match template.children.as_slice() {
            [Stmt::EmitExpr(emit)] => (true, !is_path(&emit.expr)),
            _ => (false, true),
        },
        _ => (false, true),
    }
}

/// Returns whether it is a variable or a path into one.
pub(super) fn is_path(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Var(_) => true,
        Expr::GetAttr(attribute) => is_path(&attribute.expr),
        Expr::GetItem(item) => is_path(&item.expr),
        _ => false,
    }
}

/// Returns whether it captures text in variables or macros.
fn has_captures(template: &Stmt<'_>) -> bool {
    let mut found = false;
    tree::every_statement(template, &mut |statement| {
        found |= matches!(
            statement,
            Stmt::SetBlock(_) | Stmt::Macro(_) | Stmt::CallBlock(_)
        );
    });
    found
}

fn has_includes(template: &Stmt<'_>) -> bool {
    let mut found = false;
    tree::every_statement(template, &mut |statement| {
        found |= matches!(
            statement,
            Stmt::Include(_) | Stmt::Import(_) | Stmt::FromImport(_) | Stmt::Extends(_)
        );
    });
    found
}
