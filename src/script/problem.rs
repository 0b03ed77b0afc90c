//! Why a script failed, as a problem at the innermost place.

use super::engine::REFUSED;
use super::habits::{advice_on_method, advice_on_syntax};
use super::here;
use super::place::{article, offset, place};
use super::program::Program;
use super::raised::Raised;
use super::stop::Stop;
use super::unknown::TYPE;
use crate::host::{HostError, Limits};
use crate::module::ModuleError;
use crate::source::{Place, Problem, Problems, SourceFile, did_you_mean};
use crate::value::NotKnown;
use rhai::{EvalAltResult, ParseError, ParseErrorType};
use std::sync::Arc;

/// Returns problems in the order of their places, without duplicates: the engine lists a script's
/// functions in no particular order.
pub(super) fn in_order(mut problems: Problems) -> Problems {
    problems.0.sort_by_cached_key(|problem| {
        let place = problem.place.as_ref();
        place.map(|place| (place.file.path.clone(), place.range.start))
    });
    problems.once()
}

/// Why a script failed.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// What is wrong and where.
    pub problem: Problem,
    /// Why the run stopped it, if so.
    pub stop: Option<Stop>,
    /// The error it raised, if rmqplay defines it.
    pub raised: Option<Raised>,
}

impl From<Box<Diagnosis>> for ModuleError {
    fn from(diagnosis: Box<Diagnosis>) -> Self {
        match (diagnosis.stop, Limits::look()) {
            (Some(Stop::NotKnown(reason)), _) => reason.into(),
            (Some(_), Err(limit)) => HostError::from(limit).into(),
            (Some(Stop::Over), _) => HostError::Cancelled.into(),
            _ => diagnosis.problem.into(),
        }
    }
}

impl Diagnosis {
    /// Converts an error of the engine to a problem for the user.
    pub fn of(program: &Program, error: Box<EvalAltResult>) -> Self {
        let (stop, raised) = (Stop::of(&error), Raised::of(&error));
        let (file, mut inner) = innermost(program, &program.file, *error);
        let stop = stop.or_else(|| needs_unknown(&inner).map(Stop::NotKnown));
        let mut position = inner.take_position();
        let mut file = file;
        let here = here::now();
        if inner.is_system_exception() && (here.level > 0 || position.is_none()) {
            file = program.file_named(&here.source).unwrap_or(file);
            position = here.position;
        }
        let at = place(&file, position);
        let problem = problem(&at, &inner, raised.as_ref());
        Self {
            problem,
            stop,
            raised,
        }
    }
}

/// Returns the innermost error and its file: the outer ones only say where a function was called.
fn innermost(
    program: &Program,
    file: &Arc<SourceFile>,
    error: EvalAltResult,
) -> (Arc<SourceFile>, EvalAltResult) {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, source, inner, position)
            if knows_place(&inner) || position.is_none() =>
        {
            let file = program.file_named(&source).unwrap_or_else(|| file.clone());
            innermost(program, &file, *inner)
        }
        EvalAltResult::ErrorInFunctionCall(_, _, mut inner, position) => {
            inner.set_position(position);
            (file.clone(), *inner)
        }
        EvalAltResult::ErrorInModule(name, inner, _) if knows_place(&inner) => {
            let file = program.file_named(&name).unwrap_or_else(|| file.clone());
            innermost(program, &file, *inner)
        }
        other => (file.clone(), other),
    }
}

/// Returns why an error of the engine means that a value is not known: nothing but an operator has
/// a form for such a value.
fn needs_unknown(error: &EvalAltResult) -> Option<NotKnown> {
    // Some errors name a type by its path in Rust.
    let is_unknown = |name: &str| {
        let name = name.trim().trim_start_matches("&mut ");
        name == TYPE || name.rsplit("::").next() == Some("Unknown")
    };
    let among = |types: &str| types.split([',', '(', ')', '[', ']']).any(is_unknown);
    let what = match error {
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let (name, types) = signature.split_once('(')?;
            among(types).then(|| format!("`{}` needs", name.trim()))
        }
        EvalAltResult::ErrorMismatchDataType(_, actual, _)
        | EvalAltResult::ErrorMismatchOutputType(_, actual, _) => {
            is_unknown(actual).then(|| "the script needs".to_owned())
        }
        EvalAltResult::ErrorIndexingType(types, _) => {
            among(types).then(|| "an index needs".to_owned())
        }
        _ => None,
    };
    what.map(|what| NotKnown::new(format!("{what} a value that check mode does not know")))
}

/// Summarizes an error in one sentence.
pub(super) fn summary(error: &EvalAltResult) -> String {
    let mut error = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
    | EvalAltResult::ErrorInModule(_, inner, _) = error
    {
        error = inner;
    }
    message(error)
}

fn knows_place(error: &EvalAltResult) -> bool {
    !error.position().is_none()
}

fn problem(at: &Place, error: &EvalAltResult, raised: Option<&Raised>) -> Problem {
    if let Some(raised) = raised {
        let mut problem = Problem::at(at, raised.message.clone());
        problem.help.clone_from(&raised.help);
        if let Some(cause) = &raised.problem {
            let cause = cause.as_ref();
            // The place of a syntax error itself is more precise.
            let in_script = cause
                .place
                .as_ref()
                .is_some_and(|place| place.file.path.extension().is_some_and(|end| end == "rhai"));
            if in_script {
                return cause.clone();
            }
            problem.help.extend(cause.help.clone());
            if let Some(place) = &cause.place {
                problem = problem.related(place, cause.message.clone());
            }
        }
        return problem;
    }
    match Stop::of(error) {
        Some(Stop::NotKnown(reason)) => {
            return Problem::at(at, reason.to_string()).label("used here");
        }
        Some(Stop::Spent(message)) => return Problem::at(at, message),
        Some(Stop::Over) => return Problem::at(at, "the script was ended"),
        Some(Stop::Wrong(problem)) => return *problem,
        None => {}
    }
    let problem = Problem::at(at, message(error));
    match error {
        EvalAltResult::ErrorMismatchDataType(_, actual, _)
        | EvalAltResult::ErrorMismatchOutputType(_, actual, _)
            if actual == super::unknown::TYPE =>
        {
            problem.help("its value is only known in a real run".to_owned())
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let name = signature.split([' ', '(']).next().unwrap_or_default();
            let known = super::built_in_functions();
            let near = (!known.contains(name))
                .then(|| did_you_mean(name, known.iter().map(String::as_str)));
            problem.help(advice_on_method(name).or(near.flatten()))
        }
        EvalAltResult::ErrorPropertyNotFound(key, _) => problem.help(format!(
            "read a key that may be missing with map.get(\"{key}\", other)"
        )),
        EvalAltResult::ErrorDotExpr(text, _) => {
            let name = no_property(text).map(|(name, _)| name);
            problem.help(name.and_then(|name| {
                let is_method = super::built_in_functions().contains(name);
                let method = is_method.then(|| format!("it is a function: {name}()"));
                advice_on_method(name).or(method)
            }))
        }
        EvalAltResult::ErrorMismatchDataType(wanted, actual, _)
        | EvalAltResult::ErrorMismatchOutputType(wanted, actual, _)
            if wanted == "bool" =>
        {
            problem.help(condition(actual).map(str::to_owned))
        }
        _ => problem,
    }
}

fn message(error: &EvalAltResult) -> String {
    use EvalAltResult as E;
    match error {
        E::ErrorVariableNotFound(name, _) => format!("there is no variable \"{name}\""),
        E::ErrorPropertyNotFound(name, _) => format!("the map has no key \"{name}\""),
        E::ErrorDotExpr(text, _) => match no_property(text) {
            Some((name, of)) => format!("{} has no property \"{name}\"", article(of)),
            None => fragment(text),
        },
        E::ErrorFunctionNotFound(signature, _) => no_function(signature),
        E::ErrorMismatchDataType(wanted, actual, _)
        | E::ErrorMismatchOutputType(wanted, actual, _) => {
            let wanted = if wanted.is_empty() {
                "another value".to_owned()
            } else {
                article(wanted)
            };
            format!("expected {wanted}, found {}", article(actual))
        }
        E::ErrorIndexingType(what, _) => {
            let what = what.split([' ', '[']).next().unwrap_or(what);
            format!("{} cannot be indexed", article(what))
        }
        E::ErrorArrayBounds(0, index, _) => {
            format!("there is no item {index} in an empty list")
        }
        E::ErrorArrayBounds(length, index, _) => {
            format!("there is no item {index} in a list of {length}")
        }
        E::ErrorStringBounds(length, index, _) => {
            format!("there is no character {index} in a text of {length}")
        }
        E::ErrorFor(_) => "a loop cannot iterate over this".to_owned(),
        E::ErrorStackOverflow(_) => "functions call each other too deeply".to_owned(),
        E::ErrorDataTooLarge(what, _) => {
            let what = what.to_lowercase();
            let what = match what.as_str() {
                text if text.contains("string") => "text",
                list if list.contains("array") => "list",
                map if map.contains("map") => "map",
                _ => "value",
            };
            format!("the {what} is larger than a script may create")
        }
        E::ErrorTooManyVariables(_) => "too many variables at a time".to_owned(),
        E::ErrorTooManyModules(_) => "too many imports".to_owned(),
        E::ErrorAssignmentToConstant(name, _) => format!("\"{name}\" cannot be changed"),
        E::ErrorRuntime(thrown, _) if thrown.is_unit() => "the script failed".to_owned(),
        E::ErrorRuntime(thrown, _) => thrown.to_string(),
        E::ErrorParsing(kind, _) => syntax(kind),
        other => fragment(&other.to_string()),
    }
}

/// Parses `Unknown property 'name' - a getter is not registered for type 'type'`, the engine's form.
fn no_property(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.strip_prefix("Unknown property '")?.split('\'');
    Some((parts.next()?, parts.nth(1)?))
}

/// Returns how a condition on a value of this type is written.
fn condition(type_name: &str) -> Option<&'static str> {
    match article(type_name).as_str() {
        "a list" | "a text" | "a map" => Some("write value.len() > 0, or !value.is_empty()"),
        "a whole number" | "a number with a point" => Some("write value != 0"),
        "nothing" => Some("write value != ()"),
        _ => None,
    }
}

/// Parses `name (type, type)`, the engine's form of a signature.
fn no_function(signature: &str) -> String {
    let Some((name, types)) = signature.split_once(" (") else {
        return signature.to_owned();
    };
    // Nothing is a type named `()`.
    let types = types.strip_suffix(')').unwrap_or(types);
    let types: Vec<String> = match types {
        "" => return format!("there is no function \"{name}\" without arguments"),
        types => types.split(", ").map(article).collect(),
    };
    let word = name
        .chars()
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    let types = types.join(" and ");
    if word {
        format!("there is no function \"{name}\" for {types}")
    } else {
        format!("{name} does not work with {types}")
    }
}

/// Returns the problem for a syntax error.
pub(super) fn of_syntax(file: &Arc<SourceFile>, error: &ParseError) -> Problem {
    let problem = Problem::at(&place(file, error.position()), syntax(error.err_type()));
    if let ParseErrorType::Reserved(word)
    | ParseErrorType::BadInput(rhai::LexError::ImproperSymbol(word, _)) = error.err_type()
        && is_key(file, error.position(), word)
    {
        return problem.help(quote_key(word));
    }
    if let Some(advice) = advice_on_syntax(file, error.position()) {
        return problem.help(advice.to_owned());
    }
    match error.err_type() {
        // A keyword, such as `until`.
        ParseErrorType::PropertyExpected | ParseErrorType::MissingToken(..) if in_map(error) => {
            let at = place(file, error.position());
            let word = at.text();
            let is_word = word.starts_with(|first: char| first.is_alphabetic());
            let advice = match word {
                "loop" => "write a loop: for item in list { … }".to_owned(),
                _ => quote_key(word),
            };
            problem.help(is_word.then_some(advice))
        }
        ParseErrorType::Reserved(word)
        | ParseErrorType::BadInput(rhai::LexError::ImproperSymbol(word, _)) => {
            problem.help(refused(word))
        }
        _ => problem,
    }
}

fn quote_key(word: &str) -> String {
    format!("to use it as a key of a map, quote it: \"{word}\"")
}

/// Returns whether a word at a position stands where a map has a key: after `#{` or a comma, and before a colon.
fn is_key(file: &SourceFile, position: rhai::Position, word: &str) -> bool {
    let parts = offset(file, position).and_then(|at| file.text.split_at_checked(at));
    parts.is_some_and(|(before, after)| {
        let after = after.strip_prefix(word).map(str::trim_start);
        let before = before.trim_end();
        after.is_some_and(|after| after.starts_with(':') && !after.starts_with("::"))
            && (before.ends_with("#{") || before.ends_with(','))
    })
}

fn in_map(error: &ParseError) -> bool {
    match error.err_type() {
        ParseErrorType::MissingToken(_, why) => why.contains("object map"),
        _ => true,
    }
}

fn refused(word: &str) -> Option<String> {
    if word == "default" {
        return Some(quote_key(word));
    }
    let advice = REFUSED.iter().find(|(name, _)| *name == word);
    advice.map(|(_, advice)| (*advice).to_owned())
}

fn syntax(kind: &ParseErrorType) -> String {
    match kind {
        ParseErrorType::UnexpectedEOF => "unexpected end of the script".to_owned(),
        ParseErrorType::Reserved(word) => format!("\"{word}\" is reserved and cannot be used"),
        ParseErrorType::BadInput(rhai::LexError::ImproperSymbol(word, _))
            if refused(word).is_some() =>
        {
            format!("\"{word}\" cannot be used in a script")
        }
        ParseErrorType::DuplicatedProperty(name) => format!("the key \"{name}\" is given twice"),
        ParseErrorType::FnDuplicatedDefinition(name, _) => {
            format!("the function \"{name}\" is defined twice")
        }
        ParseErrorType::ExprTooDeep => "expressions are nested too deeply".to_owned(),
        other => fragment(&other.to_string()),
    }
}

/// Returns the engine's own message in the form of ours: lower case, no full stop.
fn fragment(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    first.to_lowercase().chain(letters).collect()
}
