//! JSON as written by RocketMQ: object keys that are numbers have no quotes.

use serde_json::Value;

/// Parses JSON whose keys may be bare integers, as in `{0:"127.0.0.1:10911"}`. They become text.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(&with_quoted_keys(bytes))
}

/// Puts quotes around keys that are bare integers.
fn with_quoted_keys(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(bytes.len() + 16);
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'"' => {
                let (text, after) = rest.split_at(length_of_text(rest));
                quoted.extend_from_slice(text);
                after
            }
            b'{' | b',' => {
                quoted.push(first);
                let blanks = length_of(after, u8::is_ascii_whitespace);
                let (blanks, after) = after.split_at(blanks);
                quoted.extend_from_slice(blanks);
                let (key, after) = after.split_at(length_of_bare_key(after));
                if !key.is_empty() {
                    quoted.push(b'"');
                    quoted.extend_from_slice(key);
                    quoted.push(b'"');
                }
                after
            }
            _ => {
                quoted.push(first);
                after
            }
        };
    }
    quoted
}

/// Returns the length of the quoted text at the start of `bytes`, including its quotes.
fn length_of_text(bytes: &[u8]) -> usize {
    let mut is_escaped = false;
    for (index, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    bytes.len()
}

/// Returns the length of the integer at the start of `bytes`, if a colon follows: in a list
/// something else follows.
fn length_of_bare_key(bytes: &[u8]) -> usize {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let digits = length_of(bytes.get(sign..).unwrap_or_default(), u8::is_ascii_digit);
    let after = bytes.get(sign + digits..).unwrap_or_default();
    let blanks = length_of(after, u8::is_ascii_whitespace);
    if digits > 0 && after.get(blanks) == Some(&b':') {
        sign + digits
    } else {
        0
    }
}

fn length_of(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn bare_numbers_are_keys_and_nothing_else_changes() {
        for (text, expected) in [
            (r#"{0:"a:1",1:"b"}"#, json!({"0": "a:1", "1": "b"})),
            (
                r#"{ -1 : [1,2,3], "x":{2:3}}"#,
                json!({"-1": [1, 2, 3], "x": {"2": 3}}),
            ),
            (
                r#"{"a":"{0:1,2:3}\",4:5"}"#,
                json!({"a": "{0:1,2:3}\",4:5"}),
            ),
            (r#"[1,2,{"3":4}]"#, json!([1, 2, {"3": 4}])),
            ("{}", json!({})),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{0:", "{0 1}", "\"", "{\"a\\", "{,}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("(-?[0-9]{1,9}|.*)", inner), 0..4)
                    .prop_map(|entries| { Value::Object(entries.into_iter().collect()) }),
            ]
        })
    }

    /// Writes a value like fastjson.
    fn written(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(written).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| match key.parse::<i64>() {
                        Ok(number) if number.to_string() == *key => {
                            format!("{key}:{}", written(value))
                        }
                        _ => format!("{}:{}", Value::from(key.as_str()), written(value)),
                    })
                    .collect();
                format!("{{{}}}", entries.join(","))
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn what_fastjson_writes_is_read(value in any_json()) {
            prop_assert_eq!(read(written(&value).as_bytes()).unwrap(), value);
        }

        #[test]
        fn any_json_is_read_as_it_is(value in any_json()) {
            prop_assert_eq!(read(value.to_string().as_bytes()).unwrap(), value);
        }

        #[test]
        fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
