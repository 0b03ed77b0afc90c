//! The body of a request in its formats.

use crate::host::sha256;
use crate::module::ModuleError;
use crate::value::{self, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::ValueKind;
use std::fmt::Write as _;

/// The format of a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BodyFormat {
    /// A text as it is.
    #[default]
    Raw,
    /// JSON; a text is sent as it is.
    Json,
    /// Pairs of a mapping or list, as browsers send forms.
    FormUrlencoded,
    /// Fields of a mapping, each a text or a file: `filename`, `content` and `mime_type`.
    FormMultipart,
}

/// The body of a request.
pub(super) struct Body {
    pub(super) bytes: Option<Vec<u8>>,
    /// Its `Content-Type`.
    pub(super) kind: Option<String>,
}

/// Reads a file of this machine.
type Read<'a> = dyn Fn(&str) -> Result<Vec<u8>, ModuleError> + 'a;

impl BodyFormat {
    /// Returns the `Content-Type`, if it does not depend on the body.
    pub(super) fn kind(self) -> Option<String> {
        let kind = match self {
            Self::Json => "application/json",
            Self::FormUrlencoded => "application/x-www-form-urlencoded",
            Self::Raw | Self::FormMultipart => return None,
        };
        Some(kind.to_owned())
    }

    /// Returns a body in this format.
    pub(super) fn body(self, body: Option<&Value>, read: &Read) -> Result<Body, ModuleError> {
        let text = body.and_then(Value::as_str).map(str::to_owned);
        let text = match (self, body) {
            (_, None) => None,
            (Self::FormMultipart, Some(body)) => return multipart(body, read),
            (_, Some(_)) if text.is_some() => text,
            (Self::FormUrlencoded, Some(body)) => Some(form(body)?),
            // As in Ansible, anything but a text is sent as JSON.
            (Self::Json | Self::Raw, Some(body)) => Some(value::to_json(body).to_string()),
        };
        Ok(Body {
            bytes: text.map(String::into_bytes),
            kind: self.kind(),
        })
    }
}

/// Returns the pairs of a mapping, or of a list of pairs.
fn form(body: &Value) -> Result<String, ModuleError> {
    let wrong = || ModuleError::refused("body must be a mapping or a list of pairs");
    let items = |value: &Value| value.try_iter().into_iter().flatten().collect::<Vec<_>>();
    let pairs: Vec<(String, Value)> = match body.kind() {
        ValueKind::Map => value::fields(body)
            .unwrap_or_default()
            .into_iter()
            .collect(),
        ValueKind::Seq => {
            let pair = |pair: Value| match items(&pair).as_slice() {
                [name, value] => Ok((name.to_string(), value.clone())),
                _ => Err(wrong()),
            };
            items(body)
                .into_iter()
                .map(pair)
                .collect::<Result<_, _>>()?
        }
        _ => return Err(wrong()),
    };
    let mut encoded = Vec::new();
    for (name, value) in pairs {
        let values = match value.kind() {
            ValueKind::Seq => items(&value),
            _ => vec![value],
        };
        for value in values {
            encoded.push(format!("{}={}", quoted(&name), quoted(&value.to_string())));
        }
    }
    Ok(encoded.join("&"))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => quoted.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) => {
                quoted.push(char::from(byte));
            }
            _ => {
                let _ = write!(quoted, "%{byte:02X}");
            }
        }
    }
    quoted
}

fn multipart(body: &Value, read: &Read) -> Result<Body, ModuleError> {
    let wrong = || ModuleError::refused("body must be a mapping for form-multipart");
    let fields = value::fields(body).ok_or_else(wrong)?;
    let mut parts = Vec::new();
    for (name, value) in &fields {
        parts.push(part(name, value, read)?);
    }
    // Nothing in a part can be the text that separates parts.
    let boundary = format!("={}", sha256(&parts.concat()));
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(format!("--{boundary}\r\n").into_bytes());
        bytes.extend(part);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("--{boundary}--\r\n").into_bytes());
    Ok(Body {
        bytes: Some(bytes),
        kind: Some(format!("multipart/form-data; boundary=\"{boundary}\"")),
    })
}

/// Returns the headers and the content of one field.
fn part(name: &str, value: &Value, read: &Read) -> Result<Vec<u8>, ModuleError> {
    let safe = |text: &str| text.replace(['"', '\r', '\n'], "_");
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", safe(name));
    let Some(file) = value::fields(value) else {
        head.push_str("\r\n\r\n");
        return Ok([head.into_bytes(), value.to_string().into_bytes()].concat());
    };
    let text = |key: &str| {
        file.get(key)
            .filter(|value| !value.is_none())
            .map(Value::to_string)
    };
    let (filename, content) = (text("filename"), text("content"));
    let mut content = match (&content, &filename) {
        (Some(content), _) => content.clone().into_bytes(),
        (None, Some(filename)) => read(filename)?,
        (None, None) => {
            let message = format!("the field \"{name}\" of body needs filename or content");
            return Err(ModuleError::refused(message));
        }
    };
    if let Some(filename) = &filename {
        let base = filename.rsplit('/').next().unwrap_or_default();
        let _ = write!(head, "; filename=\"{}\"", safe(base));
    }
    let kind = text("mime_type").unwrap_or_else(|| "application/octet-stream".to_owned());
    let _ = write!(head, "\r\nContent-Type: {}", safe(&kind));
    if text("multipart_encoding").as_deref() == Some("base64") {
        head.push_str("\r\nContent-Transfer-Encoding: base64");
        content = STANDARD.encode(content).into_bytes();
    }
    head.push_str("\r\n\r\n");
    Ok([head.into_bytes(), content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(format: BodyFormat, json: &serde_json::Value) -> String {
        let read = |name: &str| Ok(format!("content of {name}").into_bytes());
        let body = format.body(Some(&value::of(json)), &read);
        match body {
            Ok(body) => String::from_utf8(body.bytes.unwrap()).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_become_forms_and_json() {
        use serde_json::json;
        let form = BodyFormat::FormUrlencoded;
        let pairs = json!({"a b": "ü&", "c": [1, 2]});
        assert_eq!(body(form, &pairs), "a+b=%C3%BC%26&c=1&c=2");
        assert_eq!(body(form, &json!([["a", 1], ["a", 2]])), "a=1&a=2");
        assert_eq!(body(form, &json!("a=1")), "a=1");
        let wrong = "body must be a mapping or a list of pairs";
        assert_eq!(body(form, &json!([["a"]])), wrong);
        assert_eq!(body(BodyFormat::Json, &json!({"a": [1]})), "{\"a\":[1]}");
        assert_eq!(body(BodyFormat::Raw, &json!("x")), "x");
    }

    #[test]
    fn fields_become_parts() {
        let form = serde_json::json!({
            "text": "value",
            "file": {"filename": "a/b.txt"},
            "other": {"content": "x", "filename": "y", "mime_type": "text/plain"},
        });
        let body = body(BodyFormat::FormMultipart, &form);
        let boundary = body.lines().next().unwrap().to_owned();
        let body = body.replace(&boundary, "BOUNDARY").replace("\r\n", "\n");
        for part in [
            "BOUNDARY\nContent-Disposition: form-data; name=\"text\"\n\nvalue\nBOUNDARY",
            "name=\"file\"; filename=\"b.txt\"\nContent-Type: application/octet-stream\n\ncontent of a/b.txt\n",
            "name=\"other\"; filename=\"y\"\nContent-Type: text/plain\n\nx\n",
        ] {
            assert!(body.contains(part), "{part}\n{body}");
        }
        assert!(body.ends_with("\nBOUNDARY--\n"), "{body}");
    }
}
