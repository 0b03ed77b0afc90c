//! `validate_argument_spec`: checks values against a specification of arguments.

use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::source::{Place, SourceFile};
use crate::value::{self, Fields, Value};
use crate::yaml::{Data, Node};
use minijinja::value::ValueKind;

/// Checks values against a specification of arguments, as `meta/argument_specs.yml` of a role does.
///
/// Variables with the names of the specification are checked too, unless `provided_arguments` gives
/// them a value.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidateArgumentSpec {
    /// The specification: by name, a mapping with `type`, `required`, `choices`, `elements` and
    /// `options`.
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    argument_spec: Fields,
    /// The values by name.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    provided_arguments: Fields,
    /// Something to return with the result, to tell checks apart.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    validate_args_context: Fields,
}

impl BuiltIn for ValidateArgumentSpec {
    const NAME: &'static str = "validate_argument_spec";
    const EXAMPLE: &'static str = "\
- name: Check the settings
  validate_argument_spec:
    argument_spec:
      port: {type: int, required: true}
    provided_arguments:
      port: 10911
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("argument_errors", "What is wrong, if anything is."),
        (
            "argument_spec_data",
            "The specification, if anything is wrong.",
        ),
        ("msg", "Whether the values are valid."),
        ("validate_args_context", "What was given."),
    ];
}

impl Module for ValidateArgumentSpec {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut given = self.variables(context)?;
        given.extend(self.provided_arguments.clone());
        let mut found = Found::default();
        found.check(&self.argument_spec, &given, "");
        let errors = [found.wrong, found.unknown].concat();
        let mut change = Change::default();
        let described = value::map(self.validate_args_context.clone());
        change.returns("validate_args_context", described);
        if errors.is_empty() {
            change.returns("msg", "The arg spec validation passed");
            return Ok(change);
        }
        let message = format!("Validation of arguments failed:\n{}", errors.join("\n"));
        change.returns("argument_spec_data", value::map(self.argument_spec.clone()));
        change.returns("argument_errors", errors.into_iter().collect::<Value>());
        change.failed = Some(message);
        Ok(change)
    }
}

impl ValidateArgumentSpec {
    /// Returns the variables with names of the specification.
    fn variables(&self, context: &PlanContext) -> Result<Fields, ModuleError> {
        let place = Place::start_of(&SourceFile::new("argument_spec", ""));
        let mut variables = Fields::new();
        for name in self.argument_spec.keys() {
            let expression = Node {
                data: Data::Text(name.as_str().into()),
                place: place.clone(),
            };
            let value = context.templates.expression(&expression)?;
            if !value.is_undefined() {
                variables.insert(name.clone(), value);
            }
        }
        Ok(variables)
    }
}

/// What is wrong with values, in the order of Ansible.
#[derive(Default)]
struct Found {
    wrong: Vec<String>,
    unknown: Vec<String>,
}

impl Found {
    /// Checks the values of a specification; `within` is the name of the argument that contains
    /// them.
    fn check(&mut self, spec: &Fields, given: &Fields, within: &str) {
        let (path, found) = match within {
            "" => (String::new(), String::new()),
            within => (format!("{within}."), format!(" found in {within}")),
        };
        let unknown = given.keys().filter(|name| !spec.contains_key(*name));
        let mut unknown: Vec<_> = unknown.map(|name| format!("{path}{name}")).collect();
        unknown.sort();
        if !unknown.is_empty() {
            let mut known: Vec<_> = spec.keys().map(String::as_str).collect();
            known.sort_unstable();
            let (unknown, known) = (unknown.join(", "), known.join(", "));
            let message = format!("{unknown}. Supported parameters include: {known}.");
            self.unknown.push(message);
        }
        let missing = spec.iter().filter(|(name, spec)| {
            let required = field(spec, "required").and_then(|value| value::boolean(&value));
            required == Some(true) && !given.contains_key(*name)
        });
        let mut missing: Vec<_> = missing.map(|(name, _)| name.as_str()).collect();
        missing.sort_unstable();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("missing required arguments: {missing}{found}");
            self.wrong.push(message);
        }
        let is_known = |value: &&Value| !value.is_none() && value::unknown_in(value).is_none();
        let known = spec.iter().filter_map(|(name, spec)| {
            let value = given.get(name).filter(is_known)?;
            Some((name.as_str(), spec, value))
        });
        let mut fitting = Vec::new();
        for (name, spec, value) in known {
            match check_type(name, spec, value, &found) {
                Ok(items) => fitting.push((name, spec, items)),
                Err(message) => self.wrong.push(message),
            }
        }
        for (name, spec, items) in &fitting {
            self.wrong.extend(check_choices(name, spec, items, &found));
        }
        for (name, spec, items) in &fitting {
            let options = field(spec, "options").and_then(|options| value::fields(&options));
            for item in items.iter().filter(|_| options.is_some()) {
                match (value::fields(item), &options) {
                    (Some(given), Some(options)) => {
                        self.check(options, &given, &format!("{path}{name}"));
                    }
                    _ => self.wrong.push(format!(
                        "value of '{name}' must be of type dict or list of dicts"
                    )),
                }
            }
        }
    }
}

/// Returns the items of a list, or the value itself.
fn check_type(name: &str, spec: &Value, value: &Value, found: &str) -> Result<Vec<Value>, String> {
    let wanted = text(spec, "type").unwrap_or_else(|| "str".to_owned());
    as_type(value, &wanted).map_err(|reason| {
        let kind = type_name(value);
        format!(
            "argument '{name}' is of type {kind}{found} and we were unable to convert to {wanted}: \
             {reason}"
        )
    })?;
    if wanted != "list" {
        return Ok(vec![value.clone()]);
    }
    let items = items(value);
    for item in &items {
        let elements = text(spec, "elements").unwrap_or_else(|| "raw".to_owned());
        as_type(item, &elements).map_err(|reason| {
            let kind = type_name(item);
            format!(
                "Elements value for option '{name}' is of type {kind}{found} and we were unable to \
                 convert to {elements}: {reason}"
            )
        })?;
    }
    Ok(items)
}

/// Returns what is wrong with values that must be among some.
fn check_choices(name: &str, spec: &Value, given: &[Value], found: &str) -> Option<String> {
    let choices = items(&field(spec, "choices")?);
    let choices: Vec<_> = choices.iter().map(Value::to_string).collect();
    let given = given.iter().map(Value::to_string);
    let wrong: Vec<_> = given.filter(|item| !choices.contains(item)).collect();
    if wrong.is_empty() {
        return None;
    }
    let (choices, wrong) = (choices.join(", "), wrong.join(", "));
    Some(if text(spec, "type").as_deref() == Some("list") {
        format!(
            "value of {name} must be one or more of: {choices}. Got no match for: {wrong}{found}"
        )
    } else {
        format!("value of {name} must be one of: {choices}, got: {wrong}{found}")
    })
}

fn field(spec: &Value, name: &str) -> Option<Value> {
    let value = spec.get_attr(name).ok();
    value.filter(|value| !value.is_undefined() && !value.is_none())
}

fn text(spec: &Value, name: &str) -> Option<String> {
    field(spec, name).map(|value| value.to_string())
}

fn items(value: &Value) -> Vec<Value> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => value.try_iter().into_iter().flatten().collect(),
        ValueKind::String => {
            let text = value.to_string();
            text.split(',').map(|item| item.trim().into()).collect()
        }
        _ => vec![value.clone()],
    }
}

/// Returns the name of a value's type in Python.
fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        ValueKind::None => "NoneType",
        _ => "str",
    }
}

/// Fails if a value is not of a type, nor a text that can be converted to it.
fn as_type(value: &Value, wanted: &str) -> Result<(), String> {
    let shown = match value.kind() {
        ValueKind::String => format!("\"'{value}'\""),
        _ => format!("\"{value}\""),
    };
    let fits = match wanted {
        "bool" => {
            return value::boolean(value)
                .map(|_| ())
                .ok_or_else(|| format!("the value {value} is not a boolean"));
        }
        "int" => {
            value.is_integer()
                || value
                    .as_str()
                    .is_some_and(|text| text.trim().parse::<i64>().is_ok())
        }
        "float" => {
            value.kind() == ValueKind::Number
                || value
                    .as_str()
                    .is_some_and(|text| text.trim().parse::<f64>().is_ok())
        }
        "dict" => {
            let text = value.as_str();
            let is_pairs = |text: &str| text.contains('=') || text.trim_start().starts_with('{');
            if value.kind() == ValueKind::Map || text.is_some_and(is_pairs) {
                return Ok(());
            }
            return Err("dictionary requested, could not parse JSON or key=value".to_owned());
        }
        "list" => !matches!(value.kind(), ValueKind::Map),
        _ => return Ok(()),
    };
    let article = if wanted == "int" { "an" } else { "a" };
    fits.then_some(())
        .ok_or_else(|| format!("{shown} cannot be converted to {article} {wanted}"))
}
