//! Forms of other languages that mean something else or nothing in Rhai, and what to write instead.

use super::engine::built_in_functions;
use super::place::{offset, place};
use super::problem::in_order;
use super::program::Program;
use crate::source::{Problem, Problems, SourceFile, did_you_mean};
use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};
use std::collections::BTreeSet;

/// Words of other languages, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    ("False", "write false"),
    ("None", "nothing is written ()"),
    ("True", "write true"),
    ("and", "write &&: a && b"),
    ("case", "write switch value { 1 => …, _ => … }"),
    ("def", "a function is fn name(argument) { … }"),
    ("elif", "write else if"),
    ("elsif", "write else if"),
    ("except", "write try { … } catch (error) { … }"),
    ("foreach", "a loop is for item in list { … }"),
    ("func", "a function is fn name(argument) { … }"),
    ("function", "a function is fn name(argument) { … }"),
    ("inventory_hostname", "the name of the host is host"),
    (
        "item",
        "a loop names its own variable: for item in list { … }",
    ),
    ("lambda", "a function without a name is |argument| …"),
    ("match", "write switch value { 1 => …, _ => … }"),
    ("nil", "nothing is written ()"),
    ("not", "write !: !a"),
    ("null", "nothing is written ()"),
    (
        "omit",
        "leave the key out: if value != () { arguments.key = value }",
    ),
    ("or", "write ||: a || b"),
    ("raise", "write throw \"what is wrong\""),
    ("undefined", "nothing is written ()"),
    ("var", "write let name = value"),
];

/// Methods of other languages, and their equivalents.
const METHODS: &[(&str, &str)] = &[
    ("count", "len()"),
    ("endsWith", "ends_with(text)"),
    ("endswith", "ends_with(text)"),
    ("forEach", "for item in list { … }"),
    ("format", "a text in backticks: `${name}`"),
    ("has_key", "contains(key)"),
    ("includes", "contains(item)"),
    ("indexOf", "index_of(item)"),
    ("items", "for key in map.keys() { map[key] }"),
    ("length", "len()"),
    ("lower", "to_lower()"),
    ("lstrip", "trim()"),
    ("rstrip", "trim()"),
    ("size", "len()"),
    (
        "slice",
        "extract(start, number) of lists, sub_string(start, number) of texts",
    ),
    ("sorted", "order()"),
    ("splitlines", "split(\"\\n\")"),
    ("startsWith", "starts_with(text)"),
    ("startswith", "starts_with(text)"),
    ("strip", "trim()"),
    ("substr", "sub_string(start, number)"),
    ("substring", "sub_string(start, number)"),
    ("toLowerCase", "to_lower()"),
    ("toString", "to_string()"),
    ("toUpperCase", "to_upper()"),
    ("unique", "order().dedup()"),
    ("upper", "to_upper()"),
];

/// Returns what to write instead of a word of another language.
pub(super) fn advice_on(word: &str) -> Option<&'static str> {
    let known = WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, advice)| *advice)
}

/// Returns what to call instead of a method of another language.
pub(super) fn advice_on_method(name: &str) -> Option<String> {
    let known = METHODS.iter().find(|(known, _)| *known == name);
    known.map(|(_, advice)| format!("use {advice}"))
}

/// Returns what to write instead of what does not parse at a position.
pub(super) fn advice_on_syntax(file: &SourceFile, position: Position) -> Option<&'static str> {
    let at = offset(file, position)?;
    let before = file.text.get(..at)?.trim_end();
    let line_before = before.rsplit('\n').next().unwrap_or_default();
    let after = file.text.get(at..)?;
    let glued = before.len() == at;
    let word = last_word(before);
    if after.starts_with("===") || after.starts_with("!==") {
        return Some("write == or !=: values of different types are never equal");
    }
    if after.starts_with("++") || after.starts_with("--") {
        return Some("write x += 1 or x -= 1");
    }
    if after.starts_with("=>") {
        return Some("a function without a name is |argument| …");
    }
    if line_before.ends_with("for (") || line_before.ends_with("for(") {
        return Some("a loop is for item in list { … } or for number in 0..3 { … }");
    }
    match after.chars().next() {
        Some('?') => return Some("write if condition { a } else { b }"),
        Some('#') => return Some("a comment begins with //"),
        Some('\'') => return Some("text is in double quotes or backticks; 'a' is one letter"),
        Some('"') if glued && matches!(word, "f" | "b" | "r" | "u") => {
            return Some("a text with ${…} in it is in backticks: `${name}`");
        }
        Some(':') => {
            if let Some(advice) = advice_on_colon(line_before, word) {
                return Some(advice);
            }
        }
        Some('=') if is_argument(line_before, word) => {
            return Some("arguments are a map: copy(#{ dest: \"/etc/motd\" })");
        }
        _ => {}
    }
    let next: &str = after.split(|letter: char| !is_letter(letter)).next()?;
    advice_on(next).or_else(|| advice_on(word))
}

fn advice_on_colon(line: &str, word: &str) -> Option<&'static str> {
    let start = line.trim_start();
    let first = start.split(|letter: char| !is_letter(letter)).next();
    let open = line.rfind(['(', '{', '[']).and_then(|at| line.get(at..));
    if matches!(first, Some("let" | "const")) && !start.contains('=') {
        return Some("a variable has no type: let name = value");
    }
    if matches!(first, Some("fn" | "private")) && open.is_some_and(|open| open.starts_with('(')) {
        return Some("parameters have no types: fn name(argument) { … }");
    }
    if open.is_some_and(|open| open.starts_with('{')) {
        return Some("a map begins with #: #{ key: value }");
    }
    if is_argument(line, word) {
        return Some("arguments are a map: copy(#{ dest: \"/etc/motd\" })");
    }
    let opens = ["if", "else", "elif", "for", "while", "try", "def", "except"];
    first
        .is_some_and(|first| opens.contains(&first))
        .then_some("a block is in braces: if condition { … }")
}

/// Returns whether a word is the first one of an argument.
fn is_argument(line: &str, word: &str) -> bool {
    let before = line.strip_suffix(word).unwrap_or(line).trim_end();
    !word.is_empty() && before.ends_with(['(', ','])
}

fn last_word(text: &str) -> &str {
    let before = text.trim_end_matches(is_letter);
    text.get(before.len()..).unwrap_or_default()
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the problems with forms that parse but mean something else in other languages. In
/// scripts other than roles, methods are checked against those of their engine.
pub(super) fn check(program: &Program, in_role: bool) -> Problems {
    let mut checker = Checker {
        program,
        in_role,
        names: names_of_functions(program),
        problems: Problems::default(),
    };
    program.ast.walk(&mut |path: &[ASTNode<'_>]| {
        checker.node(path);
        true
    });
    in_order(checker.problems)
}

/// Returns the names that a script may call as methods.
fn names_of_functions(program: &Program) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for program in program.with_imports() {
        for function in program.functions.values() {
            names.insert(function.name.clone());
            names.extend(function.parameters.iter().cloned());
        }
        program.ast.walk(&mut |path: &[ASTNode<'_>]| {
            match path.last() {
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    names.extend(map.0.iter().map(|(key, _)| key.name.to_string()));
                }
                Some(ASTNode::Expr(Expr::Property(property, _))) => {
                    names.insert(property.2.to_string());
                }
                _ => {}
            }
            true
        });
    }
    names
}

struct Checker<'p> {
    program: &'p Program,
    in_role: bool,
    names: BTreeSet<String>,
    problems: Problems,
}

impl Checker<'_> {
    fn report(&mut self, position: Position, message: String, advice: impl Into<Option<String>>) {
        let at = place(&self.program.file, position);
        self.problems.push(Problem::at(&at, message).help(advice));
    }

    fn node(&mut self, path: &[ASTNode<'_>]) {
        match path.last() {
            Some(ASTNode::Expr(Expr::StringConstant(text, position))) if !is_exempt(path) => {
                self.text(text, *position);
            }
            Some(ASTNode::Expr(Expr::Map(map, _))) if !is_exempt(path) => {
                for (key, _) in &map.0 {
                    self.text(&key.name, key.pos);
                }
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => self.method(call, *position),
            _ => {}
        }
    }

    /// Checks a text that looks as if it had placeholders.
    fn text(&mut self, text: &str, position: Position) {
        let start = offset(&self.program.file, position);
        let sign = start.and_then(|start| self.program.file.text.get(start..)?.chars().next());
        if matches!(sign, None | Some('#')) {
            return;
        }
        if sign == Some('"') && holds(text, "${", "}") {
            let message = "${…} is not filled in in a text in double quotes".to_owned();
            let advice =
                "write it in backticks: `${name}`; a text that is meant as it is: #\"${…}\"#";
            self.report(position, message, advice.to_owned());
        } else if holds(text, "{{", "}}") {
            let message =
                "{{ … }} is not filled in: a text of a script is not a template".to_owned();
            let advice = "write `${vars.name}` in backticks, or render(\"{{ name }}\"); a text that \
                          is meant as it is: #\"{{ … }}\"#";
            self.report(position, message, advice.to_owned());
        }
    }

    fn method(&mut self, call: &FnCallExpr, position: Position) {
        let name = call.name.as_str();
        let known = !self.in_role
            || self.names.contains(name)
            || built_in_functions().contains(name)
            || super::role::FUNCTIONS.contains(&name);
        if !known {
            let near = || did_you_mean(name, built_in_functions().iter().map(String::as_str));
            let advice = advice_on_method(name).or_else(near);
            self.report(position, format!("there is no function \"{name}\""), advice);
        }
    }
}

/// Returns whether a text is in a place where templates are expected.
fn is_exempt(path: &[ASTNode<'_>]) -> bool {
    path.iter().any(|node| match node {
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
            call.name == "render"
        }
        ASTNode::Stmt(Stmt::Var(parts, ..)) => parts.0.name == "MODULE",
        _ => false,
    })
}

/// Returns whether a text contains something between these delimiters.
fn holds(text: &str, open: &str, close: &str) -> bool {
    let inner = text
        .split_once(open)
        .and_then(|(_, rest)| rest.split_once(close));
    inner.is_some_and(|(inner, _)| !inner.trim().is_empty())
}
