//! What can be said of templates without running them.

use super::code::Kind;
use super::condition::{is_delimited, with_delimiters};
use super::engine::Engine;
use super::error::syntax_problem;
use super::inside::inside;
use super::syntax::Syntax;
use super::{Included, free_names, unknown_names};
use crate::source::{Place, Problem, Problems, SourceFile};
use crate::yaml::{Data, Node};
use std::sync::Arc;

impl Engine {
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
            &self.inner.extensions,
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
        collect_names(node, &mut names, &|text, visit| {
            if self.inner.usual.opens_in(text) {
                free_names::of_text(text, &self.inner.usual.config, visit);
            }
        });
        names
    }

    /// Returns the same for a template file.
    pub fn names_of_file(&self, file: &Arc<SourceFile>, syntax: &Syntax) -> Vec<(String, Place)> {
        let Ok((source, environments)) = self.file(file, syntax) else {
            return Vec::new();
        };
        let Some((file, start)) = &source.file else {
            return Vec::new();
        };
        let mut names = Vec::new();
        let text = file.text.get(*start..).unwrap_or_default();
        free_names::of_text(text, &environments.config, &mut |name, range| {
            let place = Place::new(file, start + range.start..start + range.end);
            names.push((name.to_owned(), place));
        });
        names
    }

    /// Returns what a template file includes.
    pub fn included_by(&self, file: &Arc<SourceFile>, syntax: &Syntax) -> Included {
        let Ok((source, environments)) = self.file(file, syntax) else {
            return Included::default();
        };
        let start = source.file.as_ref().map_or(0, |(_, start)| *start);
        let text = file.text.get(start..).unwrap_or_default();
        free_names::included(text, &environments.config)
    }

    /// Returns the same for an expression, or a list of them.
    pub fn names_of_expression(&self, node: &Node) -> Vec<(String, Place)> {
        let mut names = Vec::new();
        collect_names(node, &mut names, &free_names::of_expression);
        names
    }

    /// Returns whether a template in a text uses a variable, guarded or not.
    pub fn mentions(&self, text: &str, name: &str) -> bool {
        free_names::all_of_text(text, &self.inner.usual.config).contains(name)
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
            let extensions = &self.inner.extensions;
            unknown_names::find(
                text,
                kind,
                &usual.config,
                extensions,
                &mut |problem, range| {
                    let place = inside(node, range);
                    problems.push(Problem {
                        place: Some(place),
                        ..problem
                    });
                },
            );
        }
        problems.or(())
    }
}

/// Calls `of` with each text of a node, and keeps the names that it tells with their places.
fn collect_names(
    node: &Node,
    names: &mut Vec<(String, Place)>,
    of: &dyn Fn(&str, free_names::Visit<'_>),
) {
    match &node.data {
        Data::Text(text) => of(text, &mut |name, range| {
            names.push((name.to_owned(), inside(node, range)));
        }),
        Data::List(items) => items.iter().for_each(|item| collect_names(item, names, of)),
        Data::Map(entries) => entries.iter().for_each(|(key, value)| {
            collect_names(key, names, of);
            collect_names(value, names, of);
        }),
        _ => {}
    }
}
