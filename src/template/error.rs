//! Why a template could not be rendered, and where.

use super::bounds::FUEL;
use super::inside::inside;
use super::sources::{Source, Sources};
use super::undefined_part;
use crate::host::Reached;
use crate::source::{Place, Problem, Problems, did_you_mean};
use crate::value::{NotKnown, Value};
use crate::yaml::Node;
use minijinja::{Error, ErrorKind};
use std::fmt;
use std::ops::Range;

/// Why a template could not be rendered, and where.
#[derive(Debug, Clone)]
pub struct TemplateError {
    /// What is wrong, at the innermost place: in the node's text or in the template file.
    pub problem: Box<Problem>,
    /// The undefined variable, or a path such as `a.b`, that caused it.
    pub undefined: Option<String>,
    /// The value, unknown in check mode, that caused it.
    pub not_known: Option<NotKnown>,
    /// The limit of the task or the run that ended it.
    pub reached: Option<Reached>,
}

impl TemplateError {
    /// Returns a failure that is not caused by an undefined or unknown variable.
    pub fn of(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            undefined: None,
            not_known: None,
            reached: None,
        }
    }

    /// Returns a value that fails with this error on any use, for variables that are rendered on
    /// use.
    pub fn into_value(self) -> Value {
        Error::from(self).into()
    }

    /// Converts an error of minijinja, with its place in the user's files. `node` is the rendered
    /// text, unless that was a file; `context` is searched for names similar to an undefined one.
    pub(super) fn from_minijinja(
        error: &Error,
        sources: &Sources,
        node: Option<&Node>,
        context: &Value,
    ) -> Self {
        if let Some(inner) = Self::cause_of(error) {
            return inner.clone();
        }
        if let Some(problem) = problem_of(error) {
            return Self::of(problem.clone());
        }
        let innermost = innermost(error);
        let source = innermost.name().and_then(|name| sources.named(name));
        let undefined = undefined(innermost);
        let place = source.and_then(|source| {
            let range = undefined
                .as_deref()
                .and_then(|path| range_of_path(&source, path, innermost))
                .or(innermost.range())?;
            place(&source, range, node)
        });
        let message = match &undefined {
            Some(path) => {
                let written = written(path, place.as_ref());
                undefined_message(written.as_deref().unwrap_or(path), context)
            }
            None => message(innermost),
        };
        let mut problem = Problem::new(message);
        problem.place = place;
        if let Some(name) = &undefined {
            problem.help.extend(similar(name, context));
        }
        Self {
            problem: Box::new(problem),
            undefined,
            not_known: NotKnown::cause_of(error).cloned(),
            reached: reached(error),
        }
    }

    /// Returns the failure with the name of what is undefined, if `source` is an expression in which a
    /// list or a map contains it: minijinja does not know where such a value came from.
    pub(super) fn named(
        mut self,
        error: &Error,
        source: &Source,
        node: Option<&Node>,
        context: &Value,
    ) -> Self {
        let is_unnamed = self.undefined.is_none() && self.not_known.is_none();
        let code = source.code.as_ref().ok().filter(|code| code.single);
        let (true, Some(code)) = (is_unnamed && self.problem.message == UNDEFINED, code) else {
            return self;
        };
        let is_undefined = |path: &str| known(path, context).is_none();
        if let Some(path) = undefined_part::path(&code.text, is_undefined) {
            self.problem.message = undefined_message(&path, context);
            let range = range_of_path(source, &path, error);
            let place = range.and_then(|range| place(source, range, node));
            self.problem.place = place.or(self.problem.place.take());
            self.problem.help.extend(similar(&path, context));
            self.undefined = Some(path);
        }
        self
    }

    /// Returns the failure for the value of `node` that turned out to be an error.
    pub fn of_value(error: &Error, node: &Node) -> Self {
        if let Some(inner) = Self::cause_of(error) {
            return inner.clone();
        }
        let problem = problem_of(error).cloned();
        Self {
            reached: reached(error),
            ..Self::of(problem.unwrap_or_else(|| Problem::at(&node.place, message(error))))
        }
    }

    /// Returns the failure that `error` or one of its causes is.
    pub fn cause_of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |error| error.source())
            .find_map(|error| error.downcast_ref())
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl std::error::Error for TemplateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.not_known.as_ref().map(|cause| cause as _)
    }
}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Self {
        let kind = if error.undefined.is_some() {
            ErrorKind::UndefinedError
        } else {
            ErrorKind::InvalidOperation
        };
        Error::new(kind, error.problem.message.clone()).with_source(error)
    }
}

impl From<TemplateError> for Problems {
    fn from(error: TemplateError) -> Self {
        (*error.problem).into()
    }
}

/// Returns the place of a range of the compiled text.
pub(super) fn place(source: &Source, range: Range<usize>, node: Option<&Node>) -> Option<Place> {
    let range = match &source.code {
        Ok(code) => code.original(range),
        Err(error) => error.range.clone(),
    };
    match (&source.file, node) {
        (Some((file, start)), _) => Some(Place::new(file, start + range.start..start + range.end)),
        (None, Some(node)) => Some(inside(node, range)),
        (None, None) => None,
    }
}

/// Returns the range of a path such as `a.b` in the code that failed: minijinja's ranges may cover
/// more, and operators lack one.
fn range_of_path(source: &Source, path: &str, error: &Error) -> Option<Range<usize>> {
    let text = &source.code.as_ref().ok()?.text;
    let start = error.range().map_or_else(
        || {
            let lines = text.split_inclusive('\n');
            let before = lines.take(error.line().unwrap_or(1).saturating_sub(1));
            before.map(str::len).sum()
        },
        |range| range.start,
    );
    let word = |character: char| character.is_alphanumeric() || character == '_';
    let (head, is_abridged) = match path.strip_suffix(ABRIDGED) {
        Some(head) => (head, true),
        None => (path, false),
    };
    let found = |from: usize| {
        let mut places = text.get(from..)?.match_indices(head);
        places.find_map(|(offset, _)| {
            let at = from + offset;
            let before = text.get(..at).unwrap_or_default();
            let after = text.get(at + head.len()..).unwrap_or_default();
            let brackets = if is_abridged { in_brackets(after)? } else { 0 };
            let end = at + head.len() + brackets;
            let ends = is_abridged || !after.starts_with(word);
            (!before.ends_with(word) && ends).then_some(at..end)
        })
    };
    let line = || text.get(..start).and_then(|before| before.rfind('\n'));
    // The range of an operator may begin after its left side.
    found(start).or_else(|| found(line().map_or(0, |end| end + 1)).filter(|_| is_abridged))
}

/// How minijinja ends a path whose last step it does not spell out.
const ABRIDGED: &str = "[...]";

/// How minijinja begins a path into what is not a name.
const COMPUTED: &str = "(...)";

/// Returns the length of the brackets that a text begins with.
fn in_brackets(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (letter == ']').then_some(at + 1);
        }
    }
    None
}

/// Returns a path that minijinja does not spell out as it is written at its place.
fn written(path: &str, place: Option<&Place>) -> Option<String> {
    let is_computed = path.contains(COMPUTED);
    let head = path.strip_suffix(ABRIDGED).or(is_computed.then_some(""))?;
    let place = place?;
    let text = place.file.text.get(place.range.clone())?;
    let is_path = is_computed || (text.starts_with(head) && text.ends_with(']'));
    let is_path = is_path && !text.contains('\n');
    is_path.then(|| text.to_owned())
}

/// Returns the problem that an error or one of its causes is.
fn problem_of<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Problem> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// Returns the limit that an error, or a cause of it, tells of.
fn reached(error: &(dyn std::error::Error + 'static)) -> Option<Reached> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref())
        .copied()
}

/// Returns the error that caused the others, as far as minijinja created it.
fn innermost(error: &Error) -> &Error {
    let mut innermost = error;
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<Error>()
            && cause.name().is_some()
        {
            innermost = cause;
        }
        next = cause.source();
    }
    innermost
}

/// Returns the undefined path: minijinja says "`a.b` is undefined".
fn undefined(error: &Error) -> Option<String> {
    let detail = error.detail()?;
    match error.kind() {
        ErrorKind::UnknownFunction => Some(detail.strip_suffix(" is unknown")?.to_owned()),
        _ => {
            let (_, rest) = detail.split_once('`')?;
            let (path, rest) = rest.split_once('`')?;
            rest.starts_with(" is undefined").then(|| path.to_owned())
        }
    }
}

/// Says what is undefined; for a path, also in Ansible's words.
fn undefined_message(path: &str, context: &Value) -> String {
    let parent = path.rsplit_once('.').and_then(|(parent, name)| {
        let value = known(parent, context)?;
        Some((super::text::type_name(&value), name))
    });
    match parent {
        Some((kind, name)) => {
            format!("'{path}' is undefined: object of type '{kind}' has no attribute '{name}'")
        }
        None => format!("'{path}' is undefined"),
    }
}

/// Returns the value of a path such as `a.b`, if it has one.
fn known(path: &str, context: &Value) -> Option<Value> {
    let value = path.split('.').try_fold(context.clone(), |value, name| {
        value
            .get_attr(name)
            .ok()
            .filter(|value| !value.is_undefined())
    })?;
    super::text::check(&value).is_ok().then_some(value)
}

fn message(error: &Error) -> String {
    let kind = match error.kind() {
        ErrorKind::UndefinedError => UNDEFINED,
        ErrorKind::InvalidOperation => "",
        ErrorKind::SyntaxError => "template syntax error",
        ErrorKind::OutOfFuel => return too_much(),
        _ => return error_text(error),
    };
    match error.detail() {
        None if kind.is_empty() => "this operation is not possible with these values".to_owned(),
        None => kind.to_owned(),
        Some(detail) if kind.is_empty() => detail.to_owned(),
        Some(detail) => format!("{kind}: {detail}"),
    }
}

/// Says that something is undefined without a name.
const UNDEFINED: &str = "a value is undefined";

fn too_much() -> String {
    format!("the template takes more than {FUEL} steps, or produces that much text")
}

fn error_text(error: &Error) -> String {
    error.detail().map_or_else(
        || error.kind().to_string(),
        |detail| format!("{}: {detail}", error.kind()),
    )
}

/// Returns a hint that names a variable, or a key of the map that the path leads to, similar to the
/// undefined one.
fn similar(path: &str, context: &Value) -> Option<String> {
    if path.contains(['[', '(']) {
        return None;
    }
    let (map, name) = match path.rsplit_once('.') {
        Some((parent, name)) => (known(parent, context)?, name),
        None => (context.clone(), path),
    };
    let names: Vec<Value> = map.try_iter().ok()?.collect();
    did_you_mean(name, names.iter().filter_map(Value::as_str))
}

/// Returns the problem for a text that is not a valid template.
pub(super) fn syntax_problem(source: &Source, node: Option<&Node>) -> Option<Problem> {
    let error = source.code.as_ref().err()?;
    let mut problem = Problem::new(message(&error.error));
    problem.place = place(source, Range::default(), node);
    problem.help.extend(error.help.clone());
    Some(problem)
}
