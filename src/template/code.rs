//! A text made ready for minijinja, and what is known of it without running it.

use super::edits::{Edits, Origins};
use super::native::line_breaks;
use super::rewrite::Rewrite;
use super::tree;
use minijinja::Error;
use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Token, Tokenizer, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;

/// What a text is and how backslashes in its quoted strings are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Text with `{{ }}` in a YAML file: YAML has had the backslashes already, so that
    /// `'\1'` in it is what it looks like.
    Text,
    /// An expression without delimiters in a YAML file, backslashes likewise.
    Expression,
    /// An expression without delimiters whose backslashes are Python's: conditions.
    Condition,
    /// A template file, whose backslashes are Python's.
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

/// A text made ready for minijinja, and what is known of it without running it.
#[derive(Debug)]
pub(super) struct Code {
    /// The template that minijinja compiles.
    pub(super) text: String,
    /// Whether it is one expression and nothing else, so that its value is the result.
    pub(super) single: bool,
    /// Whether it names other templates.
    pub(super) includes: bool,
    /// Whether it may need more than its variables: it calls lookups or names other templates.
    pub(super) reaches: bool,
    /// Whether its value may be a list or a map that holds something undefined.
    pub(super) holes: bool,
    /// How many line breaks the user's text ends with; none of an expression.
    pub(super) line_breaks: usize,
    literals: Origins,
    rewritten: Origins,
}

impl Code {
    /// Rewrites `text`; fails where it is no template.
    pub(super) fn new(text: &str, kind: Kind, syntax: &SyntaxConfig) -> Result<Self, CodeError> {
        let line_breaks = if kind.is_expression() {
            0
        } else {
            line_breaks(text)
        };
        let (text, literals) = if kind.keeps_backslashes() && text.contains('\\') {
            backslashes(text, kind.is_expression(), syntax).apply(text)
        } else {
            (text.to_owned(), Origins::default())
        };
        let rewrite = Rewrite::of(&text, kind.is_expression(), syntax.clone());
        let fail = |error| CodeError::new(error, &literals);
        let (edits, single, includes, holes) = if kind.is_expression() {
            let expression = parse_expr(&text).map_err(fail)?;
            (
                rewrite.alone(&expression),
                true,
                false,
                may_have_holes(&expression),
            )
        } else {
            let template = parse(&text, "", syntax.clone()).map_err(fail)?;
            let (single, holes) = is_single(&template);
            let includes = has_includes(&template);
            (rewrite.template(&template), single, includes, holes)
        };
        let (text, rewritten) = edits.apply(&text);
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
            holes,
            line_breaks,
            literals,
            rewritten,
        })
    }

    /// Returns the range of the user's text that `range` of the compiled text came from.
    pub(super) fn original(&self, range: Range<usize>) -> Range<usize> {
        self.literals.range(self.rewritten.range(range))
    }
}

/// A syntax error and the range of the user's text it is at.
#[derive(Debug)]
pub(super) struct CodeError {
    /// What minijinja says.
    pub(super) error: Error,
    /// Where, in the user's text.
    pub(super) range: Range<usize>,
}

impl CodeError {
    fn new(error: Error, literals: &Origins) -> Self {
        let range = error.range().unwrap_or_default();
        Self {
            range: literals.range(range),
            error,
        }
    }
}

/// Doubles the backslashes of the quoted strings in expressions, as Ansible does.
fn backslashes(text: &str, expression: bool, syntax: &SyntaxConfig) -> Edits {
    // The tokens are read from a copy without the escapes that may be wrong ones.
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

/// Returns whether a template is one expression, and whether its value may have holes.
fn is_single(template: &Stmt<'_>) -> (bool, bool) {
    match template {
        Stmt::Template(template) => match template.children.as_slice() {
            [Stmt::EmitExpr(emit)] => (true, may_have_holes(&emit.expr)),
            _ => (false, false),
        },
        _ => (false, false),
    }
}

/// Returns whether it makes lists or maps of other values, which may be undefined.
fn may_have_holes(expression: &Expr<'_>) -> bool {
    let mut found = false;
    tree::every_expression(expression, &mut |expression| {
        found |= match expression {
            Expr::List(_) | Expr::Map(_) | Expr::Tuple(_) => expression.as_const().is_none(),
            Expr::Filter(filter) => filter.name.ends_with("map"),
            _ => false,
        };
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

/// Calls `visit` with every filter and test of a template or expression: its name, where it
/// stands, and whether it is a test. Fails where `text` is none.
pub(super) fn filters_and_tests(
    text: &str,
    kind: Kind,
    syntax: &SyntaxConfig,
    visit: &mut dyn FnMut(&str, Range<usize>, bool),
) {
    let start = text.as_ptr() as usize;
    let mut named = |expression: &Expr<'_>| {
        let (name, test) = match expression {
            Expr::Filter(filter) => (filter.name, false),
            Expr::Test(test) => (test.name, true),
            _ => return,
        };
        let offset = (name.as_ptr() as usize).saturating_sub(start);
        visit(name, offset..offset + name.len(), test);
    };
    if kind.is_expression() {
        if let Ok(expression) = parse_expr(text) {
            tree::every_expression(&expression, &mut named);
        }
    } else if let Ok(template) = parse(text, "", syntax.clone()) {
        tree::every_statement(&template, &mut |statement| {
            tree::expressions(statement, &mut |expression| {
                tree::every_expression(expression, &mut named);
            });
        });
    }
}
