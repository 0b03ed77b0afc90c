//! A call of a filter, a test or a function: arguments bound to parameters as Python binds them.

use super::bounds;
use super::paths::absolute;
use super::text;
use crate::value::Value;
use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What runs a call.
pub(super) type Run = fn(&mut Call<'_, '_, '_>) -> Result<Value, Error>;

/// A filter, test or function.
#[derive(Clone, Copy)]
pub(super) struct Callable {
    /// Its name in templates.
    pub(super) name: &'static str,
    /// The names of its parameters, separated by spaces; `*` takes further arguments, `**` further
    /// named ones. A `?` before the first means that it may be undefined.
    pub(super) parameters: &'static str,
    /// What runs it.
    pub(super) run: Run,
}

/// Returns an entry of a list of filters, tests or functions.
pub(super) const fn callable(name: &'static str, parameters: &'static str, run: Run) -> Callable {
    Callable {
        name,
        parameters,
        run,
    }
}

/// Adds `filters` to an environment, also with the prefix `ansible.builtin.`.
pub(super) fn add_filters(environment: &mut Environment<'static>, filters: &[Callable]) {
    for &filter in filters {
        let signature = Signature::of(filter);
        for prefix in ["", "ansible.builtin."] {
            let signature = signature.clone();
            environment.add_filter(
                format!("{prefix}{}", filter.name),
                move |state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>| {
                    signature.call(state, values.into_values())
                },
            );
        }
    }
}

/// Adds `tests` to an environment, also with the prefix `ansible.builtin.`.
pub(super) fn add_tests(environment: &mut Environment<'static>, tests: &[Callable]) {
    for &test in tests {
        let signature = Signature::of(test);
        for prefix in ["", "ansible.builtin."] {
            let signature = signature.clone();
            environment.add_test(
                format!("{prefix}{}", test.name),
                move |state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>| {
                    signature.call(state, values.into_values())
                },
            );
        }
    }
}

/// The methods of one type of values, by name.
pub(super) struct Methods(HashMap<&'static str, Signature>);

impl Methods {
    /// Prepares the methods of a list for calls.
    pub(super) fn of(methods: &[Callable]) -> Self {
        let methods = methods
            .iter()
            .map(|method| (method.name, Signature::of(*method)));
        Self(methods.collect())
    }

    /// Calls a method; returns `None` if there is no method with this name.
    pub(super) fn call(
        &self,
        state: &mut State<'_, '_>,
        value: &Value,
        name: &str,
        arguments: &[Value],
    ) -> Option<Result<Value, Error>> {
        let method = self.0.get(name)?;
        let values = std::iter::once(value).chain(arguments).cloned().collect();
        Some(method.call(state, values))
    }
}

/// Adds `functions` to an environment.
pub(super) fn add_functions(environment: &mut Environment<'static>, functions: &[Callable]) {
    for &function in functions {
        let signature = Signature::of(function);
        environment.add_function(
            function.name,
            move |state: &mut State<'_, '_>, values: Rest<ValueOrKwargs>| {
                signature.call(state, values.into_values())
            },
        );
    }
}

#[derive(Clone)]
struct Signature {
    callable: Callable,
    parameters: Vec<&'static str>,
    undefined_first: bool,
    more: bool,
    more_named: bool,
}

impl Signature {
    fn of(callable: Callable) -> Self {
        let names = callable.parameters.split_whitespace();
        Self {
            callable,
            parameters: names
                .clone()
                .map(|name| name.trim_start_matches('?'))
                .filter(|name| !name.starts_with('*'))
                .collect(),
            undefined_first: callable.parameters.starts_with('?'),
            more: names.clone().any(|name| name == "*"),
            more_named: names.clone().any(|name| name == "**"),
        }
    }

    fn call(&self, state: &mut State<'_, '_>, values: Vec<Value>) -> Result<Value, Error> {
        bounds::look()?;
        let mut call = self.bind(state, values)?;
        (self.callable.run)(&mut call)
    }

    fn bind<'c, 't, 'e>(
        &'c self,
        state: &'c mut State<'t, 'e>,
        mut values: Vec<Value>,
    ) -> Result<Call<'c, 't, 'e>, Error> {
        let named = match values.last() {
            Some(last) if last.is_kwargs() => values.pop(),
            _ => None,
        };
        let unchecked = usize::from(self.undefined_first);
        for value in values.iter().skip(unchecked) {
            text::check(value)?;
        }
        let name = self.callable.name;
        let mut call = Call {
            state,
            signature: self,
            more: Vec::new(),
            more_named: Vec::new(),
            values: Vec::new(),
        };
        if values.len() > self.parameters.len() {
            call.more = values.split_off(self.parameters.len());
            if !self.more {
                let most = self.parameters.len();
                let message = format!("{name} takes at most {most} arguments, including the first");
                return Err(Error::new(ErrorKind::TooManyArguments, message));
            }
        }
        call.values = values.into_iter().map(Some).collect();
        call.values.resize(self.parameters.len(), None);
        if let Some(named) = named {
            let named = Kwargs::try_from(named)?;
            let keys: Vec<String> = named.args().map(str::to_owned).collect();
            for key in keys {
                let value: Value = named.get(&key)?;
                text::check(&value)?;
                match self.parameters.iter().position(|known| *known == key) {
                    Some(index) => {
                        if let Some(place) = call.values.get_mut(index) {
                            *place = Some(value);
                        }
                    }
                    None if self.more_named => call.more_named.push((key, value)),
                    None => {
                        let message = format!("{name} has no argument {key}");
                        return Err(Error::new(ErrorKind::TooManyArguments, message));
                    }
                }
            }
        }
        Ok(call)
    }
}

/// A call of a filter, a test or a function.
pub(super) struct Call<'c, 't, 'e> {
    /// The state of the template it is in.
    pub(super) state: &'c mut State<'t, 'e>,
    /// The arguments beyond the parameters, if a `*` takes them.
    pub(super) more: Vec<Value>,
    /// The named arguments beyond the parameters, if a `**` takes them.
    pub(super) more_named: Vec<(String, Value)>,
    signature: &'c Signature,
    values: Vec<Option<Value>>,
}

impl Call<'_, '_, '_> {
    /// Returns the argument for a parameter, if it was given.
    pub(super) fn get(&self, parameter: &str) -> Option<Value> {
        let names = &self.signature.parameters;
        let index = names.iter().position(|name| *name == parameter)?;
        self.values.get(index)?.clone()
    }

    /// Returns the argument for the first parameter: the value that a filter or test is applied to.
    pub(super) fn value(&self) -> Result<Value, Error> {
        self.values
            .first()
            .cloned()
            .flatten()
            .ok_or_else(|| self.missing(self.signature.parameters.first().unwrap_or(&"value")))
    }

    /// Returns a required argument.
    pub(super) fn required(&self, parameter: &str) -> Result<Value, Error> {
        self.get(parameter).ok_or_else(|| self.missing(parameter))
    }

    /// Returns an argument that is given and not null.
    pub(super) fn some(&self, parameter: &str) -> Option<Value> {
        self.get(parameter).filter(|value| !value.is_none())
    }

    /// Returns the text of an argument, if it is given and not null.
    pub(super) fn text(&self, parameter: &str) -> Result<Option<String>, Error> {
        self.some(parameter)
            .map(|value| text::text(&value))
            .transpose()
    }

    /// Returns the text of the value that a filter or test is applied to.
    pub(super) fn value_text(&self) -> Result<String, Error> {
        text::text(&self.value()?)
    }

    /// Returns an absolute path of this machine: a relative one starts at the playbook's folder.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        let playbook_dir = self.state.lookup("playbook_dir");
        let folder = playbook_dir.as_ref().and_then(Value::as_str);
        folder.map_or_else(
            || PathBuf::from(absolute(written)),
            |folder| Path::new(folder).join(written),
        )
    }

    /// Returns the truth of an argument.
    pub(super) fn flag(&self, parameter: &str, default: bool) -> Result<bool, Error> {
        let given = self.get(parameter);
        given.map_or(Ok(default), |value| self.truth(parameter, &value))
    }

    /// Returns the truth of the value of a parameter. Text is refused: in Python, any text is true,
    /// `'no'` too.
    pub(super) fn truth(&self, parameter: &str, value: &Value) -> Result<bool, Error> {
        if value.as_str().is_some() {
            let shown = text::repr(value)?;
            return Err(self.wrong(&format!("{parameter} must be true or false, not {shown}")));
        }
        Ok(value.is_true())
    }

    /// Returns a whole number, if it is given and not null.
    pub(super) fn integer(&self, parameter: &str) -> Result<Option<i64>, Error> {
        let number = |value: Value| {
            i64::try_from(value.clone()).map_err(|_| {
                self.wrong(&format!("{parameter} must be a whole number, not {value}"))
            })
        };
        self.some(parameter).map(number).transpose()
    }

    /// Returns the items of the value that a filter is applied to; they must be defined.
    pub(super) fn items(&self) -> Result<Vec<Value>, Error> {
        self.items_of(&self.value()?)
    }

    /// Returns the items of a list, the keys of a map, the characters of a text; they must be
    /// defined.
    pub(super) fn items_of(&self, value: &Value) -> Result<Vec<Value>, Error> {
        let items = self.any_items_of(value)?;
        for item in &items {
            bounds::tick()?;
            text::check(item)?;
        }
        Ok(items)
    }

    /// Returns the same, but items may be undefined.
    pub(super) fn any_items_of(&self, value: &Value) -> Result<Vec<Value>, Error> {
        if value.is_none() || value.kind() == ValueKind::Number || value.kind() == ValueKind::Bool {
            let kind = text::type_name(value);
            return Err(self.wrong(&format!("'{kind}' object is not iterable")));
        }
        let mut items = Vec::new();
        for item in value.try_iter()?.checked() {
            bounds::tick()?;
            self.fits_items(items.len())?;
            items.push(item?);
        }
        Ok(items)
    }

    /// Returns the list of these parts of a text.
    pub(super) fn texts<'p>(&self, parts: impl Iterator<Item = &'p str>) -> Result<Value, Error> {
        let mut list = Vec::new();
        for part in parts {
            bounds::tick()?;
            self.fits_items(list.len())?;
            list.push(Value::from(part));
        }
        Ok(list.into())
    }

    /// Returns a text repeated `times` times, unless that is too long.
    pub(super) fn repeated(&self, text: &str, times: usize) -> Result<String, Error> {
        self.fits(text.len().saturating_mul(times))?;
        Ok(text.repeat(times))
    }

    /// Returns a text with up to `count` replacements, unless that is too long.
    pub(super) fn replaced(
        &self,
        text: &str,
        old: &str,
        new: &str,
        count: Option<usize>,
    ) -> Result<String, Error> {
        let found = text.matches(old).take(count.unwrap_or(usize::MAX)).count();
        let longer = new.len().saturating_sub(old.len());
        self.fits(text.len().saturating_add(found.saturating_mul(longer)))?;
        Ok(text.replacen(old, new, found))
    }

    /// Returns texts joined with another between them, unless that is too long.
    pub(super) fn joined(&self, texts: &[String], between: &str) -> Result<String, Error> {
        let own: usize = texts.iter().map(String::len).sum();
        let others = between.len().saturating_mul(texts.len().saturating_sub(1));
        self.fits(own.saturating_add(others))?;
        Ok(texts.join(between))
    }

    /// Fails if a list would be too long.
    pub(super) fn fits_items(&self, items: usize) -> Result<(), Error> {
        bounds::fits_items(items).map_err(|why| self.wrong(&why))
    }

    /// Fails if a result would be too long.
    pub(super) fn fits(&self, bytes: usize) -> Result<(), Error> {
        bounds::fits(bytes).map_err(|why| self.wrong(&why))
    }

    /// Returns the error for wrong arguments.
    pub(super) fn wrong(&self, why: &str) -> Error {
        let message = format!("{}: {why}", self.signature.callable.name);
        Error::new(ErrorKind::InvalidOperation, message)
    }

    /// Returns an error whose text starts with the name as a part of the sentence, as Ansible's does:
    /// playbooks look for it.
    pub(super) fn says(&self, why: &str) -> Error {
        let message = format!("{} {why}", self.signature.callable.name);
        Error::new(ErrorKind::InvalidOperation, message)
    }

    fn missing(&self, parameter: &str) -> Error {
        let message = format!("{} needs {parameter}", self.signature.callable.name);
        Error::new(ErrorKind::MissingArgument, message)
    }
}
