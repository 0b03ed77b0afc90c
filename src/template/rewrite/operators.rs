//! Operators that become filters.

use super::Rewrite;
use minijinja::machinery::Token;
use minijinja::machinery::ast::{BinOp, BinOpKind, Expr};
use minijinja::value::ValueKind;
use std::ops::Range;

impl<'s> Rewrite<'s> {
    /// Turns an operator that differs in Python into a filter. `whole` is the range of its
    /// expression; for comparisons only its end is certain.
    pub(super) fn operator(&mut self, operation: &BinOp<'s>, whole: Range<usize>) {
        let filter = match operation.op {
            BinOpKind::Rem => "modulo",
            BinOpKind::Concat => "concatenate",
            BinOpKind::Sub if self.times => "minus",
            BinOpKind::Lt => "less",
            BinOpKind::Lte => "not_greater",
            BinOpKind::Gt => "greater",
            BinOpKind::Gte => "not_less",
            BinOpKind::In => return self.membership(operation, whole.end),
            // The result of `n + 1` is always a number.
            BinOpKind::Add if is_number(&operation.left) || is_number(&operation.right) => return,
            BinOpKind::Add | BinOpKind::Mul => return self.whole(whole),
            _ => return,
        };
        let after = operation.left.span().end_offset as usize;
        let found = self.tokens.first_from(after, |token| {
            matches!(
                (operation.op, token),
                (BinOpKind::Rem, Token::Mod)
                    | (BinOpKind::Concat, Token::Tilde)
                    | (BinOpKind::Sub, Token::Minus)
                    | (BinOpKind::Lt, Token::Lt)
                    | (BinOpKind::Lte, Token::Lte)
                    | (BinOpKind::Gt, Token::Gt)
                    | (BinOpKind::Gte, Token::Gte)
            )
        });
        let Some((number, operator)) = found else {
            return;
        };
        let arithmetic = matches!(
            operation.op,
            BinOpKind::Rem | BinOpKind::Concat | BinOpKind::Sub
        );
        let start = if arithmetic {
            Some(whole.start)
        } else {
            self.tokens.start_of_operand(number)
        };
        if let Some(start) = start {
            self.filter(start..whole.end, operator, filter);
        }
    }

    /// Turns `a in b` and `a not in b` into filters.
    fn membership(&mut self, operation: &BinOp<'s>, end: usize) {
        let after = operation.left.span().end_offset as usize;
        let found = self
            .tokens
            .first_from(after, |token| matches!(token, Token::Ident("in")));
        let Some((number, word)) = found else {
            return;
        };
        let (number, operator, filter) = match self.tokens.word_before(number, "not") {
            Some(not) => (number - 1, not.start..word.end, "not_within"),
            None => (number, word, "within"),
        };
        if let Some(start) = self.tokens.start_of_operand(number) {
            self.filter(start..end, operator, filter);
        }
    }

    /// Makes the result of an operator or a slice a value of its own, and bounds its length.
    pub(super) fn whole(&mut self, expression: Range<usize>) {
        self.edits.enclose(expression, "(", ")|guarded.whole");
    }

    /// Turns `a OPERATOR b` into `(a)|guarded.FILTER(b)`.
    fn filter(&mut self, whole: Range<usize>, operator: Range<usize>, filter: &str) {
        self.edits.enclose(whole, "(", ")");
        self.edits.replace(operator, format!(")|guarded.{filter}("));
    }
}

fn is_number(operand: &Expr<'_>) -> bool {
    matches!(operand, Expr::Const(constant) if constant.value.kind() == ValueKind::Number)
}
