//! The tokens of a text, to locate the parts of its syntax tree.

use minijinja::Error;
use minijinja::machinery::{Span, Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use std::ops::Range;

/// The tokens of a text with their places.
pub(super) struct Tokens<'s> {
    source: &'s str,
    all: Vec<(Token<'s>, Span)>,
    /// The error that ends the tokens before the text ends, and its range.
    failure: Option<(Error, usize)>,
}

impl<'s> Tokens<'s> {
    /// Reads the tokens of a template, or of an expression without delimiters.
    pub(super) fn of(source: &'s str, expression: bool, syntax: SyntaxConfig) -> Self {
        let mut tokenizer = Tokenizer::new(source, "", expression, syntax);
        let mut tokens = Vec::new();
        let mut failure = None;
        loop {
            match tokenizer.next_token() {
                Ok(Some(token)) => tokens.push(token),
                Ok(None) => break,
                Err(error) => {
                    let last = tokens.last().map_or(0, |(_, span)| end(span));
                    let rest = source.get(last..).unwrap_or_default();
                    failure = Some((error, source.len() - rest.trim_start().len()));
                    break;
                }
            }
        }
        Self {
            source,
            all: tokens,
            failure,
        }
    }

    /// Takes the error for an invalid token, and its range. The parser may miss it: if it only
    /// checks whether anything follows, as after a string, such an error looks like the end.
    pub(super) fn take_failure(&mut self) -> Option<(Error, Range<usize>)> {
        let (error, start) = self.failure.take()?;
        let rest = self.source.get(start..).unwrap_or_default();
        let length = rest.chars().next().map_or(0, char::len_utf8);
        Some((error, start..start + length))
    }

    /// Returns the range of a part of the source.
    pub(super) fn range_of(&self, part: &str) -> Range<usize> {
        let start = (part.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        start..start + part.len()
    }

    /// Returns the index of the first token at or after `offset`. Tokens do not overlap, so that a
    /// text of a million of them is not searched from its start for each.
    fn first_at(&self, offset: usize) -> usize {
        self.all.partition_point(|(_, span)| start(span) < offset)
    }

    /// Returns the start of the token before `offset`.
    pub(super) fn before(&self, offset: usize) -> Option<usize> {
        let ended = self.all.partition_point(|(_, span)| end(span) <= offset);
        let (_, span) = self.all.get(ended.checked_sub(1)?)?;
        Some(start(span))
    }

    /// Returns the end of the token that starts at `offset` or after it.
    pub(super) fn after(&self, offset: usize) -> usize {
        let next = self.all.get(self.first_at(offset));
        next.map_or(offset, |(_, span)| end(span))
    }

    /// Returns the first pair of parentheses that opens at or after `offset`.
    pub(super) fn parentheses_from(&self, offset: usize) -> Option<(Range<usize>, Range<usize>)> {
        let (first, open) = self.first_from(offset, |token| matches!(token, Token::ParenOpen))?;
        let mut depth = 0;
        for (token, span) in self.all.get(first..)? {
            match token {
                Token::ParenOpen => depth += 1,
                Token::ParenClose => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((open, range(*span)));
            }
        }
        None
    }

    /// Returns the first token at or after `offset` that `wanted` accepts, and its index.
    pub(super) fn first_from(
        &self,
        offset: usize,
        wanted: impl Fn(&Token<'_>) -> bool,
    ) -> Option<(usize, Range<usize>)> {
        let mut after = self.all.iter().enumerate().skip(self.first_at(offset));
        let found = after.find(|(_, (token, _))| wanted(token));
        found.map(|(number, (_, span))| (number, range(*span)))
    }

    /// Returns what a loop goes through, given where its variables end: what is between `in` and the
    /// loop's `if`, `recursive` or end. An expression itself does not know where it begins.
    pub(super) fn loop_list(&self, offset: usize) -> Option<Range<usize>> {
        let (number, _) = self.first_from(offset, |token| matches!(token, Token::Ident("in")))?;
        let mut depth = 0;
        let mut list = None;
        for (token, span) in self.all.get(number + 1..)? {
            match token {
                Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => depth += 1,
                Token::BracketClose | Token::ParenClose | Token::BraceClose => depth -= 1,
                Token::BlockEnd | Token::Ident("if" | "recursive") if depth == 0 => return list,
                _ => {}
            }
            let first = list.map_or(start(span), |list: Range<usize>| list.start);
            list = Some(first..end(span));
        }
        None
    }

    /// Returns the token before this index, if it is the word `word`.
    pub(super) fn word_before(&self, number: usize, word: &str) -> Option<Range<usize>> {
        match self.all.get(number.checked_sub(1)?)? {
            (Token::Ident(found), span) if *found == word => Some(range(*span)),
            _ => None,
        }
    }

    /// Returns the start of the left operand of the comparison whose operator has this index.
    pub(super) fn start_of_operand(&self, operator: usize) -> Option<usize> {
        let mut depth = 0;
        let mut first = operator;
        for number in (0..operator).rev() {
            let (token, _) = self.all.get(number)?;
            match token {
                Token::BracketClose | Token::ParenClose | Token::BraceClose => depth += 1,
                Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => depth -= 1,
                _ => {}
            }
            if depth < 0 || (depth == 0 && self.ends_operand(number)) {
                break;
            }
            first = number;
        }
        self.all.get(first).map(|(_, span)| start(span))
    }

    /// Returns whether the token binds less tightly than a comparison, or is not part of an
    /// expression.
    fn ends_operand(&self, number: usize) -> bool {
        let before = number
            .checked_sub(1)
            .and_then(|before| self.all.get(before));
        let is_not = matches!(before, Some((Token::Ident("is"), _)));
        let starts_statement = matches!(before, Some((Token::BlockStart, _)));
        match self.all.get(number).map(|(token, _)| token) {
            Some(Token::Ident("not")) => !is_not,
            Some(Token::Ident("and" | "or" | "if" | "else" | "elif" | "in")) => true,
            Some(Token::Ident(_)) => starts_statement,
            Some(
                Token::VariableStart
                | Token::BlockStart
                | Token::Comma
                | Token::Colon
                | Token::Assign
                | Token::Eq
                | Token::Ne
                | Token::Lt
                | Token::Lte
                | Token::Gt
                | Token::Gte,
            ) => true,
            _ => false,
        }
    }

    /// Returns the brackets or parentheses that close at `end_offset`; for the form `a.0`, the dot
    /// and nothing.
    pub(super) fn brackets(&self, end_offset: usize) -> Option<(Range<usize>, Range<usize>)> {
        let ended = self
            .all
            .partition_point(|(_, span)| end(span) <= end_offset);
        let last = ended.checked_sub(1)?;
        let (token, close) = self.all.get(last)?;
        if end(close) != end_offset {
            return None;
        }
        if matches!(token, Token::Int(_) | Token::Int128(_)) {
            let (_, dot) = self.all.get(last.checked_sub(1)?)?;
            return Some((range(*dot), end_offset..end_offset));
        }
        let mut depth = 0;
        for (token, span) in self.all.get(..=last)?.iter().rev() {
            match token {
                Token::BracketClose | Token::ParenClose | Token::BraceClose => depth += 1,
                Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((range(*span), range(*close)));
            }
        }
        None
    }

    /// Returns the parts between the commas inside parentheses.
    pub(super) fn parts(&self, open: &Range<usize>, close: &Range<usize>) -> Vec<Range<usize>> {
        let mut parts: Vec<Range<usize>> = Vec::new();
        let mut depth = 0;
        let mut new = true;
        for (token, span) in self.all.iter().skip(self.first_at(open.end)) {
            if end(span) > close.start {
                break;
            }
            match token {
                Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => depth += 1,
                Token::BracketClose | Token::ParenClose | Token::BraceClose => depth -= 1,
                Token::Comma if depth == 0 => {
                    new = true;
                    continue;
                }
                _ => {}
            }
            match parts.last_mut() {
                Some(part) if !new => part.end = end(span),
                _ => parts.push(range(*span)),
            }
            new = false;
        }
        parts
    }
}

fn start(span: &Span) -> usize {
    span.start_offset as usize
}

fn end(span: &Span) -> usize {
    span.end_offset as usize
}

/// Returns the bytes that a span covers.
pub(super) fn range(span: Span) -> Range<usize> {
    start(&span)..end(&span)
}
