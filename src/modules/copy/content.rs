//! Text given in the playbook itself.

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer};
use serde::ser::Serialize;
use std::io;

/// Text; a mapping or a list becomes JSON as Python writes it.
#[derive(Debug, Clone)]
pub(super) struct Content(pub(super) String);

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde_json::Value;
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Null => String::new(),
            Value::Number(number) => number.to_string(),
            data @ (Value::Array(_) | Value::Object(_)) => json(&data),
        }))
    }
}

impl JsonSchema for Content {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Content".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// Returns the output of Python's `json.dumps`: a space after each comma and colon, and only ASCII.
fn json(data: &serde_json::Value) -> String {
    let mut written = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut written, Python);
    // Data that was read can be written, and writing to memory does not fail.
    let _ = data.serialize(&mut serializer);
    String::from_utf8_lossy(&written).into_owned()
}

struct Python;

impl serde_json::ser::Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for unit in fragment.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => writer.write_all(&[byte])?,
                _ => write!(writer, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_written_as_python_writes_it() {
        let data = serde_json::json!({"a": [1, 2.5, null, true], "b": "é\n\u{1f600}"});
        let expected = r#"{"a": [1, 2.5, null, true], "b": "\u00e9\n\ud83d\ude00"}"#;
        assert_eq!(json(&data), expected);
    }
}
