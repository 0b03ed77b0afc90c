//! Renders templates and evaluates expressions.

use super::code::Kind;
use super::environment::Environments;
use super::error::{TemplateError, syntax_problem};
use super::free_names;
use super::lookups::{self, Lookup};
use super::native::{self, Emitted};
use super::reach::Reach;
use super::site::Site;
use super::sources::{Source, Sources};
use super::syntax::Syntax;
use super::unknown_names;
use crate::source::{Place, Problem, Problems, SourceFile};
use crate::value::{Fields, Value};
use crate::yaml::{Data, Node};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Renders templates and evaluates expressions; set up once and shared by all hosts.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
    /// Whether its checks leave to the run what Ansible leaves to it.
    lenient: bool,
}

struct Inner {
    sources: Arc<Sources>,
    /// Those of the default syntax, which all templates in YAML files have.
    usual: Environments,
    /// Those of the other syntaxes that template files asked for.
    others: RwLock<HashMap<Syntax, Arc<Environments>>>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// Returns an engine that has compiled nothing yet.
    #[expect(clippy::expect_used, reason = "the default delimiters are valid ones")]
    pub fn new() -> Self {
        let sources = Arc::new(Sources::default());
        let usual = Environments::new(&Syntax::default(), &sources);
        Self {
            inner: Arc::new(Inner {
                usual: usual.expect("the default delimiters differ from each other"),
                sources,
                others: RwLock::default(),
            }),
            lenient: false,
        }
    }

    /// Returns an engine whose checks accept what Ansible notices only when a task runs: unknown
    /// filters, and conditions with `{{ }}`.
    pub fn lenient() -> Self {
        Self {
            lenient: true,
            ..Self::new()
        }
    }

    /// Returns the value of a node with all templates in it rendered, those in keys too. A
    /// template that is one expression keeps the type of its value; `!unsafe` text and text that
    /// holds no template is returned as it is.
    pub fn render(
        &self,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        match &node.data {
            Data::Text(text) if node.has_template() => {
                self.run(text, Kind::Text, node, context, site)
            }
            Data::List(items) if node.has_template() => items
                .iter()
                .map(|item| self.render(item, context, site))
                .collect(),
            Data::Map(entries) if node.has_template() => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = self.render(key, context, site)?;
                    Ok((key, self.render(value, context, site)?))
                });
                let entries: Vec<(Value, Value)> = entries.collect::<Result<_, _>>()?;
                Ok(Value::from_pairs(entries))
            }
            _ => Ok(node.to_value()),
        }
    }

    /// Returns the value of an expression that is written without `{{ }}`.
    pub fn expression(
        &self,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        match &node.data {
            Data::Text(text) => self.run(text, Kind::Expression, node, context, site),
            _ => Ok(node.to_value()),
        }
    }

    /// Returns whether a condition holds. A boolean is itself, text is an expression whose
    /// result must be a boolean: anything else is an error, unless `site.lenient`, where it
    /// counts by its truth and may be written with `{{ }}`.
    pub fn condition(
        &self,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Result<bool, TemplateError> {
        let text = match &node.data {
            Data::Bool(value) => return Ok(*value),
            Data::Text(text) => text,
            _ if site.lenient => return Ok(self.render(node, context, site)?.is_true()),
            _ => return Err(TemplateError::new(not_an_expression(node))),
        };
        let value = if is_delimited(text) {
            if !site.lenient {
                return Err(TemplateError::new(with_delimiters(node)));
            }
            let value = self.run(text, Kind::Text, node, context, site)?;
            return delimited_truth(&value, node);
        } else if text.trim().is_empty() {
            let problem = Problem::at(&node.place, "a condition must not be empty");
            return Err(TemplateError::new(problem));
        } else {
            self.run(text, Kind::Condition, node, context, site)?
        };
        truth(&value, node, site)
    }

    /// Returns the text of a template file, whose `#jinja2:` line may change `syntax`.
    pub fn text(
        &self,
        file: &Arc<SourceFile>,
        syntax: &Syntax,
        context: &Value,
        site: &Site,
    ) -> Result<String, TemplateError> {
        let value = self.file_value(file, syntax, context, site)?;
        super::text::output(&value).map_err(|error| self.error(&error, None, context))
    }

    /// Returns the value of a template file: that of its expression where it is nothing else.
    pub(super) fn file_value(
        &self,
        file: &Arc<SourceFile>,
        syntax: &Syntax,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        let (source, environments) = self.file(file, syntax).map_err(TemplateError::new)?;
        if environments.opens_in(&file.text) {
            self.evaluate(&source, &environments, None, context, site)
        } else {
            // Ansible takes a file without templates as it is, its line breaks too.
            let (_, start) = syntax.of_file(file).map_err(TemplateError::new)?;
            Ok(file.text.get(start..).unwrap_or_default().into())
        }
    }

    /// Returns the list that a lookup finds, for the loops that `with_NAME` makes.
    pub fn lookup(
        &self,
        name: &str,
        terms: &[Value],
        options: &Fields,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        let reach = Reach {
            engine: self.clone(),
            site: site.clone(),
            context: context.clone(),
        };
        let lookup = Lookup {
            terms,
            options,
            reach: &reach,
        };
        let found = lookups::run(name, &lookup);
        found
            .map(Value::from)
            .map_err(|error| self.error(&error, None, context))
    }

    /// Returns what is wrong with the templates in a node, without running them.
    pub fn check(&self, node: &Node) -> Result<(), Problems> {
        let mut problems = Problems::default();
        self.check_all(node, &mut problems);
        problems.or(())
    }

    /// Returns what is wrong with an expression or a condition, without running it.
    pub fn check_expression(&self, node: &Node) -> Result<(), Problems> {
        match &node.data {
            Data::Text(text) if text.trim().is_empty() => {
                Err(Problem::at(&node.place, "an expression must not be empty").into())
            }
            Data::Text(text) if is_delimited(text) && self.lenient => {
                self.check_one(text, Kind::Text, node)
            }
            Data::Text(text) if is_delimited(text) => Err(with_delimiters(node).into()),
            Data::Text(text) => self.check_one(text, Kind::Condition, node),
            Data::List(items) => {
                let mut problems = Problems::default();
                for item in items {
                    problems.take(self.check_expression(item));
                }
                problems.or(())
            }
            _ => Ok(()),
        }
    }

    /// Returns what is wrong with a template file, without running it.
    pub fn check_text(&self, file: &Arc<SourceFile>, syntax: &Syntax) -> Result<(), Problems> {
        let (source, environments) = self.file(file, syntax)?;
        if let Some(problem) = syntax_problem(&source, None) {
            return Err(problem.into());
        }
        let Some((file, start)) = source.file.as_ref().filter(|_| !self.lenient) else {
            return Ok(());
        };
        let text = file.text.get(*start..).unwrap_or_default();
        let mut problems = Problems::default();
        unknown_names::find(
            text,
            Kind::File,
            &environments.config,
            &mut |problem, range| {
                let place = Place::new(file, start + range.start..start + range.end);
                problems.push(Problem {
                    place: Some(place),
                    ..problem
                });
            },
        );
        problems.or(())
    }

    /// Returns the variables that the templates in a node use in any case, where nothing in the
    /// same template asks whether they are defined: if one does not exist, rendering must fail.
    pub fn names(&self, node: &Node) -> Vec<(String, Place)> {
        let mut names = Vec::new();
        match &node.data {
            Data::Text(text) if node.has_template() => {
                free_names::of_text(text, &self.inner.usual.config, &mut |name, range| {
                    names.push((name.to_owned(), super::inside::inside(node, range)));
                });
            }
            Data::List(items) => names.extend(items.iter().flat_map(|item| self.names(item))),
            Data::Map(entries) => names.extend(
                entries
                    .iter()
                    .flat_map(|(key, value)| [key, value])
                    .flat_map(|node| self.names(node)),
            ),
            _ => {}
        }
        names
    }

    /// Returns the same for an expression, or a list of them.
    pub fn names_of_expression(&self, node: &Node) -> Vec<(String, Place)> {
        let nodes = match &node.data {
            Data::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut names = Vec::new();
        for node in nodes {
            if let Data::Text(text) = &node.data {
                free_names::of_expression(text, &mut |name, range| {
                    names.push((name.to_owned(), super::inside::inside(node, range)));
                });
            }
        }
        names
    }

    fn run(
        &self,
        text: &Arc<str>,
        kind: Kind,
        node: &Node,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        let usual = &self.inner.usual;
        let source = self.inner.sources.of_text(text, kind, &usual.config);
        self.evaluate(&source, usual, Some(node), context, site)
    }

    fn evaluate(
        &self,
        source: &Source,
        environments: &Environments,
        node: Option<&Node>,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        let Ok(code) = &source.code else {
            let problem = syntax_problem(source, node);
            return Err(TemplateError::new(
                problem.unwrap_or_else(|| Problem::new("template syntax error")),
            ));
        };
        let fail = |error| self.error(&error, node, context);
        let environment = if code.single {
            &environments.values
        } else {
            &environments.texts
        };
        let template = if code.includes {
            let name = self.inner.sources.name_with_folders(source, &site.folders);
            environment.get_template(&name)
        } else {
            environment.get_template(&source.name)
        };
        let template = template.map_err(fail)?;
        let root = if code.reaches {
            Value::from_object(Reach {
                engine: self.clone(),
                site: site.clone(),
                context: context.clone(),
            })
        } else {
            context.clone()
        };
        let rendered = template.render_captured(root).map_err(fail)?;
        let emitted = rendered.state().get_extension::<Emitted>();
        let value = if code.single {
            emitted.map_or(Value::UNDEFINED, |emitted| emitted.value.clone())
        } else {
            native::result(emitted, rendered.output(), code.captures)
        };
        let value = if code.makes {
            native::finished(value).map_err(fail)?
        } else {
            value
        };
        Ok(native::with_line_breaks(
            value,
            code.line_breaks,
            &environments.newline_sequence,
        ))
    }

    fn error(
        &self,
        error: &minijinja::Error,
        node: Option<&Node>,
        context: &Value,
    ) -> TemplateError {
        TemplateError::from_minijinja(error, &self.inner.sources, node, context)
    }

    fn check_all(&self, node: &Node, problems: &mut Problems) {
        match &node.data {
            Data::Text(text) if node.has_template() => {
                problems.take(self.check_one(text, Kind::Text, node));
            }
            Data::List(items) => items.iter().for_each(|item| self.check_all(item, problems)),
            Data::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.check_all(key, problems);
                self.check_all(value, problems);
            }),
            _ => {}
        }
    }

    fn check_one(&self, text: &Arc<str>, kind: Kind, node: &Node) -> Result<(), Problems> {
        let usual = &self.inner.usual;
        let source = self.inner.sources.of_text(text, kind, &usual.config);
        if let Some(problem) = syntax_problem(&source, Some(node)) {
            return Err(problem.into());
        }
        let mut problems = Problems::default();
        if !self.lenient {
            unknown_names::find(text, kind, &usual.config, &mut |problem, range| {
                let place = super::inside::inside(node, range);
                problems.push(Problem {
                    place: Some(place),
                    ..problem
                });
            });
        }
        problems.or(())
    }

    /// Returns a template file made ready, and the environments of its syntax.
    fn file(
        &self,
        file: &Arc<SourceFile>,
        syntax: &Syntax,
    ) -> Result<(Arc<Source>, Arc<Environments>), Problem> {
        let (syntax, _) = syntax.of_file(file)?;
        let file = &with_line_breaks(file, &syntax.newline_sequence);
        let (syntax, start) = syntax.of_file(file)?;
        let environments = self
            .environments(&syntax)
            .map_err(|error| Problem::at(&Place::start_of(file), error.to_string()))?;
        let source = self
            .inner
            .sources
            .of_file(file, start, &syntax, &environments.config);
        Ok((source, environments))
    }

    fn environments(&self, syntax: &Syntax) -> Result<Arc<Environments>, minijinja::Error> {
        let others = &self.inner.others;
        let known = others.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(syntax) {
            return Ok(found.clone());
        }
        drop(known);
        let made = Arc::new(Environments::new(syntax, &self.inner.sources)?);
        let mut known = others.write().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(syntax.clone()).or_insert(made).clone())
    }
}

/// Returns the file with all its line breaks as `wanted`.
fn with_line_breaks(file: &Arc<SourceFile>, wanted: &str) -> Arc<SourceFile> {
    if wanted == "\n" && !file.text.contains('\r') {
        return file.clone();
    }
    let text = file.text.replace("\r\n", "\n").replace('\r', "\n");
    SourceFile::new(&file.path, text.replace('\n', wanted))
}

/// A condition must give a boolean: text such as "false" is true in Python.
fn truth(value: &Value, node: &Node, site: &Site) -> Result<bool, TemplateError> {
    if value.kind() == minijinja::value::ValueKind::Bool || site.lenient {
        return Ok(value.is_true());
    }
    let shown = super::text::repr(value).unwrap_or_default();
    let message = format!("the condition gives {shown}, which is neither true nor false");
    let help =
        "compare it (x == \"y\"), ask for its length (x | length > 0), or convert it (x | bool)";
    Err(TemplateError::new(
        Problem::at(&node.place, message).help(help.to_owned()),
    ))
}

/// A condition that is a template counts by its value. Text would be an expression for Ansible;
/// here it is not run, since it may come from a host.
fn delimited_truth(value: &Value, node: &Node) -> Result<bool, TemplateError> {
    match value.as_str().map(str::trim) {
        None => Ok(value.is_true()),
        Some("true" | "True") => Ok(true),
        Some("false" | "False") => Ok(false),
        Some(text) => {
            let message = format!("the template in this condition gives the text \"{text}\"");
            let problem = Problem::at(&node.place, message);
            let help = "write the expression itself, without {{ }}".to_owned();
            Err(TemplateError::new(problem.help(help)))
        }
    }
}

/// Returns whether a condition is written as a template.
fn is_delimited(text: &str) -> bool {
    text.trim_start().starts_with("{{") || text.contains("{%")
}

fn not_an_expression(node: &Node) -> Problem {
    node.unexpected("a condition", "an expression or a boolean")
}

fn with_delimiters(node: &Node) -> Problem {
    Problem::at(&node.place, "a condition is an expression already")
        .help("write it without {{ }}".to_owned())
}
