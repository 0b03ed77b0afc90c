//! An argument of a module written as a script.

use super::declaration::{map, text, unexpected, unknown};
use super::shown;
use crate::module::{ArgumentError, Fault, from_value, items};
use crate::source::{Problem, Problems, did_you_mean};
use crate::value::{Fields, Value};
use crate::yaml::{Data, Node};
use minijinja::value::ValueKind;
use serde_json::json;

/// An argument of a module.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    description: String,
    of: Type,
    /// The type of each item of a list.
    elements: Type,
    required: bool,
    default: Option<Value>,
    choices: Vec<String>,
}

/// The type of an argument, under Ansible's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Str,
    Path,
    Bool,
    Int,
    Float,
    List,
    Dict,
    Raw,
}

const TYPES: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("dict", Type::Dict),
    ("float", Type::Float),
    ("int", Type::Int),
    ("list", Type::List),
    ("path", Type::Path),
    ("raw", Type::Raw),
    ("str", Type::Str),
];

const KEYS: &[&str] = &[
    "aliases",
    "choices",
    "default",
    "description",
    "elements",
    "required",
    "type",
];

/// Parses `arguments`.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for (key, value) in map(node, "arguments", problems) {
        let name = key.as_text().unwrap_or_default();
        let parameter = read_one(name, value, problems);
        for name in [&parameter.name].into_iter().chain(&parameter.aliases) {
            if taken.contains(name) {
                let message = format!("two arguments are called \"{name}\"");
                problems.push(Problem::at(&key.place, message));
            }
            taken.push(name.clone());
        }
        parameters.push(parameter);
    }
    parameters
}

fn read_one(name: &str, node: &Node, problems: &mut Problems) -> Parameter {
    let mut parameter = Parameter {
        name: name.to_owned(),
        aliases: Vec::new(),
        description: String::new(),
        of: Type::Str,
        elements: Type::Raw,
        required: false,
        default: None,
        choices: Vec::new(),
    };
    for (key, value) in map(node, name, problems) {
        match key.as_text().unwrap_or_default() {
            "type" => parameter.of = read_type(value, problems),
            "elements" => parameter.elements = read_type(value, problems),
            "description" => parameter.description = text(value, "description", problems),
            "required" => match value.data {
                Data::Bool(required) => parameter.required = required,
                _ => problems.push(unexpected(value, "required", "true or false")),
            },
            "default" => match value.data {
                Data::Computed(_) => problems.push(unexpected(value, "default", "a value")),
                _ => parameter.default = Some(value.to_value()),
            },
            "choices" => parameter.choices = texts(value, "choices", problems),
            "aliases" => parameter.aliases = texts(value, "aliases", problems),
            other => problems.push(unknown(
                key,
                &format!("the argument \"{name}\""),
                other,
                KEYS,
            )),
        }
    }
    if let Some(problem) = parameter.contradiction(node) {
        problems.push(problem);
    }
    parameter
}

fn read_type(node: &Node, problems: &mut Problems) -> Type {
    let Some(name) = node.as_text() else {
        problems.push(unexpected(node, "type", "a text"));
        return Type::Raw;
    };
    if let Some((_, found)) = TYPES.iter().find(|(known, _)| *known == name) {
        return *found;
    }
    let known: Vec<_> = TYPES.iter().map(|(name, _)| *name).collect();
    let near = did_you_mean(name, known.iter().copied());
    let problem = Problem::at(&node.place, format!("there is no type \"{name}\""));
    problems
        .push(problem.help(near.or_else(|| Some(format!("the types are {}", known.join(", "))))));
    Type::Raw
}

/// Returns a list of texts that must be a literal.
pub(super) fn texts(node: &Node, what: &str, problems: &mut Problems) -> Vec<String> {
    let Some(items) = node.as_list() else {
        problems.push(unexpected(node, what, "a list of texts"));
        return Vec::new();
    };
    items
        .iter()
        .map(|item| text(item, what, problems))
        .collect()
}

impl Parameter {
    /// Returns the contradiction in the declaration, if any.
    fn contradiction(&self, node: &Node) -> Option<Problem> {
        let at = |key: &str, message: String| {
            let place = node.entry(key).map_or(&node.place, |(key, _)| &key.place);
            Some(Problem::at(place, message))
        };
        let name = &self.name;
        if self.required && self.default.is_some() {
            return at(
                "default",
                format!("\"{name}\" is required, so it has no default"),
            );
        }
        if !self.choices.is_empty() && self.of != Type::Str {
            return at(
                "choices",
                format!("\"{name}\" has choices, so its type is str"),
            );
        }
        if self.elements != Type::Raw && self.of != Type::List {
            return at(
                "elements",
                format!("\"{name}\" has elements, so its type is list"),
            );
        }
        let default = self.default.clone()?;
        let error = self.converted(default).err()?;
        at(
            "default",
            format!("the default of \"{name}\" does not fit: {error}"),
        )
    }

    /// Converts a value to the argument's type.
    fn converted(&self, value: Value) -> Result<Value, ArgumentError> {
        let value = convert_one(self.of, value)?;
        if self.of == Type::List {
            let converted: Result<Vec<_>, _> = items(value)?
                .into_iter()
                .map(|item| convert_one(self.elements, item))
                .collect();
            return Ok(converted?.into());
        }
        let text = value.as_str();
        if let (false, Some(text)) = (self.choices.is_empty(), text)
            && !self.choices.iter().any(|choice| choice == text)
        {
            let choices = self.choices.join(", ");
            return Err(wrong(format!(
                "expected one of {choices}, found \"{text}\""
            )));
        }
        Ok(value)
    }

    fn schema(&self) -> serde_json::Value {
        let mut schema = of_type(self.of);
        if self.of == Type::List && self.elements != Type::Raw {
            schema["items"] = of_type(self.elements);
        }
        if !self.choices.is_empty() {
            schema = json!({ "enum": self.choices });
        }
        schema["description"] = self.description.as_str().into();
        if let Some(default) = &self.default {
            schema["default"] = shown(default);
        }
        schema
    }
}

fn of_type(of: Type) -> serde_json::Value {
    match of {
        Type::Str | Type::Path => json!({ "type": "string" }),
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Float => json!({ "type": "number" }),
        Type::List => json!({ "type": "array" }),
        Type::Dict => json!({ "type": "object" }),
        Type::Raw => json!({}),
    }
}

fn convert_one(of: Type, value: Value) -> Result<Value, ArgumentError> {
    Ok(match of {
        Type::Raw => value,
        Type::Str => from_value::<String>(value)?.into(),
        Type::Path => {
            let path: String = from_value(value)?;
            if !path.starts_with('/') {
                return Err(wrong(format!(
                    "expected an absolute path, found \"{path}\""
                )));
            }
            path.into()
        }
        Type::Bool => from_value::<bool>(value)?.into(),
        Type::Int => from_value::<i64>(value)?.into(),
        Type::Float => from_value::<f64>(value)?.into(),
        Type::List => items(value)?.into(),
        Type::Dict if value.kind() == ValueKind::Map => value,
        Type::Dict => return Err(wrong(format!("expected a mapping, found {value}"))),
    })
}

/// Returns the names of the arguments that are paths of the host.
pub(super) fn paths(parameters: &[Parameter]) -> Vec<String> {
    let is_path = |of: &Parameter| match of.of {
        Type::List => of.elements == Type::Path,
        of => of == Type::Path,
    };
    let paths = parameters.iter().filter(|parameter| is_path(parameter));
    paths.map(|parameter| parameter.name.clone()).collect()
}

fn wrong(message: String) -> ArgumentError {
    ArgumentError {
        argument: None,
        message,
        fault: Fault::Other,
    }
}

/// Converts all arguments of a module to their types; missing ones get their default, or nothing.
pub(super) fn convert(
    parameters: &[Parameter],
    mut given: Fields,
) -> Result<Fields, ArgumentError> {
    let mut converted = Fields::new();
    for parameter in parameters {
        let name = &parameter.name;
        let value = given.shift_remove(name).filter(|value| !value.is_none());
        let value = match value.or_else(|| parameter.default.clone()) {
            Some(value) => parameter.converted(value).map_err(|mut error| {
                error.argument = Some(name.clone());
                error
            })?,
            None if parameter.required => return Err(ArgumentError::missing(name)),
            None => Value::from(()),
        };
        converted.insert(name.clone(), value);
    }
    let Some((unknown, _)) = given.first() else {
        return Ok(converted);
    };
    let known = parameters.iter().map(|parameter| parameter.name.as_str());
    let near = did_you_mean(unknown, known).map_or_else(String::new, |near| format!("; {near}"));
    Err(ArgumentError {
        argument: Some(unknown.clone()),
        message: format!("there is no such argument{near}"),
        fault: Fault::Unknown,
    })
}

/// Returns the JSON schema of the arguments, from which the module's page is generated.
pub(super) fn schema(description: &str, parameters: &[Parameter]) -> schemars::Schema {
    let properties: serde_json::Map<String, serde_json::Value> = parameters
        .iter()
        .map(|parameter| (parameter.name.clone(), parameter.schema()))
        .collect();
    let required = parameters.iter().filter(|parameter| parameter.required);
    let required: Vec<_> = required.map(|parameter| parameter.name.as_str()).collect();
    schemars::json_schema!({
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
    })
}
