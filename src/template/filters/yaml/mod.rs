//! Filters for YAML, formatted like `PyYAML` with libyaml.

mod emitter;
mod node;
mod scalar;
mod writers;

use crate::source::SourceFile;
use crate::template::bounds;
use crate::template::call::Call;
use crate::template::text;
use crate::value::Value;
use emitter::{Emitter, Options};
use minijinja::Error;
use minijinja::value::ValueKind;

/// `to_yaml`: as YAML, lists and maps of scalars on one line.
pub(super) fn to_yaml(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    dump(call, Options::default())
}

/// `to_nice_yaml`: as YAML with a line for each entry.
pub(super) fn to_nice_yaml(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let indent = call.integer("indent")?.unwrap_or(4);
    dump(
        call,
        Options {
            indent: step(indent),
            flow: Some(false),
            ..Options::default()
        },
    )
}

/// An indentation that libyaml does not support becomes two.
fn step(indent: i64) -> usize {
    usize::try_from(indent)
        .ok()
        .filter(|step| (2..10).contains(step))
        .unwrap_or(2)
}

fn dump(call: &Call<'_, '_, '_>, mut options: Options) -> Result<Value, Error> {
    for (name, value) in &call.more_named {
        match name.as_str() {
            "default_flow_style" => options.flow = (!value.is_none()).then(|| value.is_true()),
            "default_style" => {
                options.style = value.as_str().and_then(|style| style.chars().next());
            }
            "indent" => options.indent = step(value.as_i64().unwrap_or(2)),
            "width" => {
                // Python's None and negative widths select the default; infinity means no limit.
                let width = value
                    .as_i64()
                    .unwrap_or(if value.kind() == ValueKind::Number {
                        i64::MAX
                    } else {
                        80
                    });
                options.width = usize::try_from(width)
                    .ok()
                    .filter(|width| *width > options.indent * 2)
                    .unwrap_or(80);
            }
            "sort_keys" => options.sort_keys = value.is_true(),
            "allow_unicode" => options.unicode = value.is_true(),
            "explicit_start" => options.explicit_start = value.is_true(),
            "explicit_end" => options.explicit_end = value.is_true(),
            "canonical" | "line_break" | "encoding" | "version" | "tags" => {
                return Err(call.wrong(&format!("{name} cannot be set")));
            }
            _ => return Err(call.wrong(&format!("no argument {name}"))),
        }
    }
    Ok(Emitter::document(&call.value()?, options)?.into())
}

/// `from_yaml`: the value of a YAML text.
pub(super) fn from_yaml(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    if value.as_str().is_none() {
        return Ok(value);
    }
    let read = bounds::read(text::text(&value)?, |text| {
        let file = SourceFile::new("<from_yaml>", text);
        let node = crate::yaml::read(&file).map_err(|problems| problems.to_string())?;
        Ok(node.to_value())
    })?;
    read.map_err(|problems: String| call.wrong(&problems))
}

/// `from_yaml_all`: the values of all documents of a YAML text.
pub(super) fn from_yaml_all(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value()?;
    if value.is_none() {
        return Ok(Vec::<Value>::new().into());
    }
    if value.as_str().is_none() {
        return Ok(value);
    }
    let read = bounds::read(text::text(&value)?, |text| {
        let file = SourceFile::new("<from_yaml_all>", text);
        let nodes = crate::yaml::read_documents(&file).map_err(|problems| problems.to_string())?;
        Ok(nodes.iter().map(crate::yaml::Node::to_value).collect())
    })?;
    read.map_err(|problems: String| call.wrong(&problems))
}
