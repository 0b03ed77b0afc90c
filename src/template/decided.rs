//! Conditions that are partly unknown in check mode: `unknown or true` is still true.

use super::code::Kind;
use super::engine::Engine;
use super::error::TemplateError;
use super::site::Site;
use crate::value::Value;
use crate::yaml::Node;
use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;

/// The structure of a condition.
#[derive(Debug, PartialEq, Eq)]
enum Parts<'t> {
    Or(Vec<&'t str>),
    And(Vec<&'t str>),
    Not(&'t str),
    InParentheses(&'t str),
}

impl Engine {
    /// Returns whether the known parts of a condition decide it; `None` if it has only one part.
    pub(super) fn decided(
        &self,
        text: &str,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Option<Result<bool, TemplateError>> {
        let part = |text: &str| self.part(text, node, context, site);
        Some(match parts(text)? {
            Parts::InParentheses(inner) => part(inner),
            Parts::Not(inner) => part(inner).map(|holds| !holds),
            Parts::Or(operands) => first(&operands, true, part),
            Parts::And(operands) => first(&operands, false, part),
        })
    }

    fn part(
        &self,
        text: &str,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Result<bool, TemplateError> {
        match self.run(&text.into(), Kind::Condition, node, context, site) {
            Ok(value) => Ok(value.is_true()),
            Err(error) if error.not_known.is_some() => {
                let decided = self.decided(text, node, context, site);
                decided.unwrap_or(Err(error))
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns `decisive` if any operand has that value, and otherwise the opposite if all are known.
fn first(
    operands: &[&str],
    decisive: bool,
    part: impl Fn(&str) -> Result<bool, TemplateError>,
) -> Result<bool, TemplateError> {
    let mut unknown = None;
    for operand in operands {
        match part(operand) {
            Ok(holds) if holds == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(error) if error.not_known.is_some() => {
                unknown.get_or_insert(error);
            }
            // The run may never reach an operand behind an unknown one.
            Err(_) if unknown.is_some() => {}
            Err(error) => return Err(error),
        }
    }
    unknown.map_or(Ok(!decisive), Err)
}

/// Splits a condition at the operators with the lowest precedence.
fn parts(text: &str) -> Option<Parts<'_>> {
    let mut tokenizer = Tokenizer::new(text, "", true, SyntaxConfig::default());
    let tokens: Vec<_> = std::iter::from_fn(|| tokenizer.next_token().ok().flatten()).collect();
    let mut depth = 0;
    // Words outside of all brackets, with their places.
    let mut words: Vec<(&str, Range<usize>)> = Vec::new();
    let mut closes_early = false;
    for (index, (token, span)) in tokens.iter().enumerate() {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                depth -= 1;
                closes_early |= depth == 0 && index + 1 < tokens.len();
            }
            Token::Ident(word) if depth == 0 => {
                words.push((word, span.start_offset as usize..span.end_offset as usize));
            }
            _ => {}
        }
    }
    let has = |wanted: &str| words.iter().any(|(word, _)| *word == wanted);
    if has("if") {
        // The ternary operator has the lowest precedence of all.
        return None;
    }
    for (word, make) in [("or", Parts::Or as fn(_) -> _), ("and", Parts::And)] {
        if has(word) {
            return Some(make(split(text, word, &words)));
        }
    }
    match tokens.first()? {
        (Token::Ident("not"), span) => text.get(span.end_offset as usize..).map(Parts::Not),
        (Token::ParenOpen, open) if !closes_early => {
            let (_, close) = tokens.last()?;
            let inner = text.get(open.end_offset as usize..close.start_offset as usize);
            inner.map(Parts::InParentheses)
        }
        _ => None,
    }
}

fn split<'t>(text: &'t str, at: &str, words: &[(&str, Range<usize>)]) -> Vec<&'t str> {
    let mut operands = Vec::new();
    let mut start = 0;
    for (_, range) in words.iter().filter(|(word, _)| *word == at) {
        operands.extend(text.get(start..range.start));
        start = range.end;
    }
    operands.extend(text.get(start..));
    operands
}

#[cfg(test)]
mod tests {
    use super::{Parts, parts};

    #[test]
    fn a_condition_is_taken_apart_at_what_binds_least() {
        for (text, expected) in [
            ("a or b and c", Some(Parts::Or(vec!["a ", " b and c"]))),
            ("a and (b or c)", Some(Parts::And(vec!["a ", " (b or c)"]))),
            ("not a == b", Some(Parts::Not(" a == b"))),
            ("(a or b)", Some(Parts::InParentheses("a or b"))),
            ("(a) == (b)", None),
            ("a is not defined", None),
            ("x in [a or b]", None),
            ("f('a or b')", None),
            ("a if b or c else d", None),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
