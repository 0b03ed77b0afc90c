//! Reads templates as syntax trees; those that would be too deep are refused.
//!
//! minijinja limits how deep parentheses and blocks are nested, but not how many operators follow
//! each other: `1 + 1 + …` is a tree as deep as it is long, and whatever walks through it later
//! would overflow the stack.

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, ErrorKind};
use std::ops::Range;

/// The maximum number of operators within each other. Python ends Jinja2 at fewer than 500 terms.
const MOST: usize = 400;

/// Returns the tree of a template.
pub(super) fn template<'t>(text: &'t str, syntax: &SyntaxConfig) -> Result<Stmt<'t>, Unread> {
    check(text, false, syntax)?;
    Ok(minijinja::machinery::parse(text, "", syntax.clone())?)
}

/// Returns the tree of an expression without delimiters.
pub(super) fn expression(text: &str) -> Result<Expr<'_>, Unread> {
    check(text, true, &SyntaxConfig::default())?;
    Ok(minijinja::machinery::parse_expr(text)?)
}

/// Why there is no tree.
#[derive(Debug)]
pub(super) struct Unread {
    /// What is wrong.
    pub(super) error: Error,
    /// Where, in the text.
    pub(super) range: Range<usize>,
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self {
            range: error.range().unwrap_or_default(),
            error,
        }
    }
}

/// Fails where a text has too many operators within each other.
fn check(text: &str, expression: bool, syntax: &SyntaxConfig) -> Result<(), Unread> {
    if text.len() <= MOST {
        return Ok(());
    }
    let mut tokenizer = Tokenizer::new(text, "", expression, syntax.clone());
    let mut depth = Depth::default();
    while let Ok(Some((token, span))) = tokenizer.next_token() {
        depth.take(&token);
        if depth.is_too_deep() {
            let message = format!("there are more than {MOST} operators within each other");
            return Err(Unread {
                error: Error::new(ErrorKind::SyntaxError, message),
                range: span.start_offset as usize..span.end_offset as usize,
            });
        }
    }
    Ok(())
}

/// How deep the tree is at a token, at most.
#[derive(Default)]
struct Depth {
    /// The operators so far, in each pair of brackets around the token.
    levels: Vec<usize>,
    /// Those of the innermost level.
    own: usize,
    /// The sum of `levels`.
    around: usize,
    /// `elif`s: each is within the one before it.
    branches: usize,
}

impl Depth {
    fn take(&mut self, token: &Token<'_>) {
        match token {
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => {
                self.own += 1;
                self.around += self.own;
                self.levels.push(self.own);
                self.own = 0;
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose => {
                self.own = self.levels.pop().unwrap_or_default();
                self.around -= self.own;
            }
            Token::Comma => self.own = 0,
            Token::VariableStart | Token::BlockStart => {
                self.levels.clear();
                self.around = 0;
                self.own = 0;
            }
            Token::Ident("elif") => self.branches += 1,
            Token::Ident("not" | "and" | "or" | "in" | "is" | "if" | "else") => self.own += 1,
            Token::Ident(_)
            | Token::TemplateData(_)
            | Token::VariableEnd
            | Token::BlockEnd
            | Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_)
            | Token::Colon
            | Token::Assign => {}
            _ => self.own += 1,
        }
    }

    fn is_too_deep(&self) -> bool {
        self.around + self.own > MOST || self.branches > MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_refused() {
        let many = 100_000;
        for text in [
            format!("{{{{ 1{} }}}}", "+1".repeat(many)),
            format!("{{{{ {}a }}}}", "not ".repeat(many)),
            format!("{{{{ {}1 }}}}", "-".repeat(many)),
            format!("{{{{ a{} }}}}", "|upper".repeat(many)),
            format!("{{{{ a{} }}}}", ".b".repeat(many)),
            format!("{{{{ a{} }}}}", "[0]".repeat(many)),
            format!("{{{{ a{} }}}}", "()".repeat(many)),
            format!("{{{{ a{} }}}}", " is defined".repeat(many)),
            format!("{{{{ 1{} }}}}", " if a else 1".repeat(many)),
            format!("{{{{ {}1{} }}}}", "[".repeat(many), "]".repeat(many)),
            format!("{{{{ {}1{} }}}}", "{1:".repeat(many), "}".repeat(many)),
            format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(many)),
            format!(
                "{}{}",
                "{% if a %}".repeat(many),
                "{% endif %}".repeat(many)
            ),
            format!(
                "{}{}",
                "{% for a in b %}".repeat(many),
                "{% endfor %}".repeat(many)
            ),
        ] {
            let refused = template(&text, &SyntaxConfig::default());
            assert!(refused.is_err(), "{:?}", text.get(..40));
        }
        assert!(expression(&format!("1{}", " ~ 1".repeat(many))).is_err());
    }

    #[test]
    fn what_is_long_but_flat_is_read() {
        let list = format!("{{{{ [{}] }}}}", "a.b | int, ".repeat(10_000));
        let map = format!("{{{{ {{{}}} }}}}", "'a': -b[0], ".repeat(10_000));
        let texts = "{{ a | upper }} and {% if b %}{{ c }}{% endif %}".repeat(10_000);
        for text in [list, map, texts] {
            assert!(template(&text, &SyntaxConfig::default()).is_ok());
        }
    }
}
