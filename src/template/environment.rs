//! minijinja configured as Ansible configures Jinja2.

use super::bounds::FUEL;
use super::call::{add_filters, add_tests};
use super::checks::TESTS;
use super::extension::Extensions;
use super::filters::FILTERS;
use super::level::{MAX_TEMPLATES, too_many_templates};
use super::sources::{Sources, depth, find};
use super::syntax::Syntax;
use super::{functions, guarded, methods, native};
use crate::source::SourceFile;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// The environments in which templates of one syntax are compiled and run.
pub(super) struct Environments {
    /// The syntax.
    pub(super) config: minijinja::syntax::SyntaxConfig,
    /// The line ending of the result.
    pub(super) newline_sequence: String,
    /// For templates that are a single expression: outputs no text.
    pub(super) values: Environment<'static>,
    /// For all others.
    pub(super) texts: Environment<'static>,
}

impl Environments {
    /// Creates them for `syntax`; they compile what `sources` has prepared.
    pub(super) fn new(
        syntax: &Syntax,
        sources: &Arc<Sources>,
        extensions: &Extensions,
    ) -> Result<Self, Error> {
        let config = syntax.config()?;
        let mut base = base();
        extensions.add(&mut base);
        base.set_syntax(config.clone());
        let mut values = base.clone();
        values.set_formatter(native::value_alone);
        let mut texts = base;
        texts.set_formatter(native::text_and_value);
        for environment in [&mut values, &mut texts] {
            let of_names = sources.clone();
            environment.set_loader(move |name| {
                if depth(name) > MAX_TEMPLATES {
                    return Err(too_many_templates());
                }
                if let Some(reason) = of_names.reason_of(name) {
                    return Err(reason.error());
                }
                let source = of_names.named(name);
                Ok(source.and_then(|source| Some(source.code.as_ref().ok()?.text.clone())))
            });
            let (sources, syntax, config) = (sources.clone(), syntax.clone(), config.clone());
            environment.set_path_join_callback(move |name, parent| {
                included(name, parent, &sources, &syntax, &config)
                    .map_or(Cow::Borrowed(name), Cow::Owned)
            });
        }
        Ok(Self {
            newline_sequence: syntax.newline_sequence.clone(),
            config,
            values,
            texts,
        })
    }
}

impl Environments {
    /// Returns whether a text may contain a template.
    pub(super) fn opens_in(&self, text: &str) -> bool {
        let (block, variable) = (
            self.config.block_delimiters(),
            self.config.variable_delimiters(),
        );
        let comment = self.config.comment_delimiters();
        [block.0, variable.0, comment.0]
            .iter()
            .any(|open| text.contains(open))
    }
}

/// Returns an environment with all filters, tests, functions and methods.
fn base() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true); // errors then tell the name of what is undefined, and the range
    environment.set_fuel(Some(FUEL));
    environment.set_auto_reload(false);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let methods = methods::All::default();
    environment.set_unknown_method_callback(move |state, value, name, arguments| {
        methods.call(state, value, name, arguments)
    });
    add_filters(&mut environment, FILTERS);
    add_tests(&mut environment, TESTS);
    guarded::add(&mut environment, FILTERS);
    functions::add(&mut environment);
    environment
}

/// Returns minijinja's name for the file that the template `parent` calls `name`. minijinja counts
/// neither the templates that extend each other nor, with names like these, notices a circle.
fn included(
    name: &str,
    parent: &str,
    sources: &Sources,
    syntax: &Syntax,
    config: &minijinja::syntax::SyntaxConfig,
) -> Option<String> {
    let folders = sources.folders(parent);
    let path = match find(Path::new(name), &folders) {
        Ok(path) => path?,
        Err(reason) => return Some(sources.name_of_unknown(reason)),
    };
    let file = SourceFile::read(&path).ok()?;
    let source = sources.of_file(&file, 0, syntax, config);
    Some(sources.name_of_use(&source, &folders, depth(parent) + 1))
}
