//! Filters and tests that a project adds to templates.

use super::bounds;
use crate::source::Problem;
use crate::value::Value;
use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind};
use std::fmt;
use std::sync::Arc;

/// Runs a filter or test with its value and further arguments.
pub type Run = Arc<dyn Fn(&[Value]) -> Result<Value, Problem> + Send + Sync>;

/// A filter or test of a project.
#[derive(Clone)]
pub struct Extension {
    /// Its name in templates.
    pub name: String,
    /// How many values it may take, including the one before the bar.
    pub parameters: Vec<usize>,
    /// What runs it.
    pub run: Run,
}

/// The filters and tests of a project.
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    /// The filters.
    pub filters: Vec<Extension>,
    /// The tests.
    pub tests: Vec<Extension>,
}

impl fmt::Debug for Extension {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl Extension {
    fn call(&self, values: &[Value]) -> Result<Value, Error> {
        let failed = |message: String| Error::new(ErrorKind::InvalidOperation, message);
        let name = &self.name;
        if values.iter().any(Value::is_undefined) {
            let message = format!("{name} was given a value that is undefined");
            return Err(Error::new(ErrorKind::UndefinedError, message));
        }
        if values
            .last()
            .is_some_and(|last| last.downcast_object_ref::<Kwargs>().is_some())
        {
            return Err(failed(format!("{name} takes no arguments by name")));
        }
        if !self.parameters.contains(&values.len()) {
            let takes: Vec<_> = self.parameters.iter().map(ToString::to_string).collect();
            let given = values.len();
            let message = format!(
                "{name} takes {} values, including the one before the |, not {given}",
                takes.join(" or ")
            );
            return Err(failed(message));
        }
        (self.run)(values).map_err(|problem| {
            let reached = bounds::look().err();
            reached.unwrap_or_else(|| failed(format!("{name}: {problem}")))
        })
    }
}

impl Extensions {
    pub(super) fn add(&self, environment: &mut Environment<'static>) {
        for filter in &self.filters {
            let called = filter.clone();
            environment.add_filter(filter.name.clone(), move |values: Rest<Value>| {
                called.call(&values)
            });
            let called = filter.clone();
            // Like the filters of `guarded`: undefined and failed values are passed on.
            environment.add_filter(
                format!("guarded.{}", filter.name),
                move |values: Rest<Value>| match values.first() {
                    Some(value) if super::guarded::handed_on(value) => value.clone(),
                    _ => called.call(&values).unwrap_or_else(Value::from),
                },
            );
        }
        for test in &self.tests {
            let called = test.clone();
            environment.add_test(test.name.clone(), move |values: Rest<Value>| {
                called.call(&values).map(|value| value.is_true())
            });
        }
    }
}
