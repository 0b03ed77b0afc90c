//! Renders templates and evaluates expressions.

use super::bounds;
use super::code::Kind;
use super::condition::untrusted;
use super::environment::Environments;
use super::error::{TemplateError, syntax_problem};
use super::extension::Extensions;
use super::level::Level;
use super::lookups::{self, Lookup};
use super::native::{self, Emitted};
use super::reach::Reach;
use super::site::Site;
use super::sources::{Source, Sources};
use super::syntax::Syntax;
use crate::source::{Place, Problem, SourceFile};
use crate::value::{Fields, Value};
use crate::yaml::{Data, Node};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Renders templates and evaluates expressions; set up once and shared by all hosts.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
    /// Whether its checks leave to the run what Ansible leaves to it.
    pub(super) lenient: bool,
}

/// What all clones of an engine share.
pub(super) struct Inner {
    /// What was compiled.
    pub(super) sources: Arc<Sources>,
    /// Those of the default syntax, which all templates in YAML files have.
    pub(super) usual: Environments,
    /// Those of the other syntaxes that template files asked for.
    others: RwLock<HashMap<Syntax, Arc<Environments>>>,
    /// What the project adds.
    pub(super) extensions: Extensions,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// Returns an engine that has compiled nothing yet.
    pub fn new() -> Self {
        Self::with(Extensions::default())
    }

    /// Returns an engine with further filters and tests.
    #[expect(clippy::expect_used, reason = "the default delimiters are valid ones")]
    pub fn with(extensions: Extensions) -> Self {
        let sources = Arc::new(Sources::default());
        let usual = Environments::new(&Syntax::default(), &sources, &extensions);
        Self {
            inner: Arc::new(Inner {
                usual: usual.expect("the default delimiters differ from each other"),
                sources,
                others: RwLock::default(),
                extensions,
            }),
            lenient: false,
        }
    }

    /// Returns an engine whose checks accept what Ansible notices only when a task runs: unknown
    /// filters, and conditions with `{{ }}`.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self {
            lenient: true,
            ..self
        }
    }

    /// Returns whether there is a filter of this name in every project.
    pub fn has_filter(name: &str) -> bool {
        super::filters::FILTERS
            .iter()
            .any(|filter| filter.name == name)
    }

    /// Returns whether templates can call a function of this name.
    pub fn has_function(name: &str) -> bool {
        super::functions::has(name)
    }

    /// Returns whether there is a test of this name in every project.
    pub fn has_test(name: &str) -> bool {
        super::checks::TESTS.iter().any(|test| test.name == name)
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
            Data::Unsafe(_) => Err(TemplateError::of(untrusted(node, site))),
            _ => Ok(node.to_value()),
        }
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
        let (source, environments) = self.file(file, syntax).map_err(TemplateError::of)?;
        if environments.opens_in(&file.text) {
            self.evaluate(&source, &environments, None, context, site)
        } else {
            // Ansible takes a file without templates as it is, its line breaks too.
            let (_, start) = syntax.of_file(file).map_err(TemplateError::of)?;
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
        let found = bounds::within(site, || lookups::run(name, &lookup));
        found
            .map(Value::from)
            .map_err(|error| self.error(&error, None, context))
    }

    /// Returns the value of a text or an expression of a node.
    pub(super) fn run(
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
        bounds::within(site, || {
            self.evaluated(source, environments, node, context, site)
        })
    }

    fn evaluated(
        &self,
        source: &Source,
        environments: &Environments,
        node: Option<&Node>,
        context: &Value,
        site: &Site,
    ) -> Result<Value, TemplateError> {
        let Ok(code) = &source.code else {
            let problem = syntax_problem(source, node);
            return Err(TemplateError::of(
                problem.unwrap_or_else(|| Problem::new("template syntax error")),
            ));
        };
        let fail = |error| {
            self.error(&error, node, context)
                .named(&error, source, node, context)
        };
        let entered = bounds::look().and_then(|()| Level::of_template());
        let _level = entered.map_err(|error| match node {
            Some(node) => TemplateError::of_value(&error, node),
            None => fail(error),
        })?;
        let environment = if code.single {
            &environments.values
        } else {
            &environments.texts
        };
        let template = if code.includes {
            let name = self.inner.sources.name_of_use(source, &site.folders, 0);
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

    /// Returns a template file made ready, and the environments of its syntax.
    pub(super) fn file(
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
        let made = Arc::new(Environments::new(
            syntax,
            &self.inner.sources,
            &self.inner.extensions,
        )?);
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
