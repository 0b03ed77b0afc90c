//! From rendered arguments to a module's struct, with Ansible's tolerance for types.
//!
//! A struct asks for what it wants (`bool`, `String`, `Vec<String>`, `u32`); this deserialiser
//! gives it that from what playbooks hold: `yes` as text for a boolean, a number for a text, one
//! text with commas for a list.

use crate::value::{Fields, Value};
use minijinja::value::ValueKind;
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Why arguments do not fit a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentError {
    /// The argument it is about, if it is about one.
    pub argument: Option<String>,
    /// What is wrong, such as `expected a boolean, found "maybe"`.
    pub message: String,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.argument {
            Some(argument) => write!(formatter, "{argument}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for ArgumentError {}

impl Error for ArgumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            argument: None,
            message: message.to_string(),
        }
    }
}

/// Builds a module's struct from rendered arguments.
pub fn from_fields<T: DeserializeOwned>(fields: Fields) -> Result<T, ArgumentError> {
    T::deserialize(ArgumentMap {
        entries: fields.into_iter(),
        current: None,
    })
}

struct ArgumentMap {
    entries: indexmap::map::IntoIter<String, Value>,
    current: Option<(String, Value)>,
}

impl<'de> Deserializer<'de> for ArgumentMap {
    type Error = ArgumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de> MapAccess<'de> for ArgumentMap {
    type Error = ArgumentError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ArgumentError> {
        self.current = self.entries.next();
        match &self.current {
            None => Ok(None),
            Some((key, _)) => {
                let deserializer: StringDeserializer<ArgumentError> =
                    key.clone().into_deserializer();
                let about = |error: ArgumentError| about(error, key);
                seed.deserialize(deserializer).map(Some).map_err(about)
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ArgumentError> {
        let Some((key, value)) = self.current.take() else {
            return Err(ArgumentError::custom("a value without a key"));
        };
        seed.deserialize(Argument(value))
            .map_err(|error| about(error, &key))
    }
}

/// Names the argument that an error is about, unless an inner one is named already.
fn about(mut error: ArgumentError, key: &str) -> ArgumentError {
    let inner = error.argument.take();
    error.argument = Some(inner.map_or_else(|| key.to_owned(), |inner| format!("{key}.{inner}")));
    error
}

struct Argument(Value);

impl Argument {
    fn expected<T>(&self, what: &str) -> Result<T, ArgumentError> {
        let shown = self.0.to_string();
        let found = match self.0.kind() {
            ValueKind::String => format!("\"{shown}\""),
            ValueKind::Seq | ValueKind::Iterable => "a list".to_owned(),
            ValueKind::Map => "a mapping".to_owned(),
            ValueKind::None => "nothing".to_owned(),
            _ => shown,
        };
        Err(ArgumentError::custom(format!(
            "expected {what}, found {found}"
        )))
    }

    fn boolean(&self) -> Result<bool, ArgumentError> {
        if self.0.kind() == ValueKind::Bool {
            return Ok(self.0.is_true());
        }
        match self.0.to_string().to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "y" | "t" => Ok(true),
            "false" | "no" | "off" | "0" | "n" | "f" => Ok(false),
            _ => self.expected("a boolean"),
        }
    }

    fn text(&self) -> Result<String, ArgumentError> {
        match self.0.kind() {
            ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(self.0.to_string()),
            _ => self.expected("text"),
        }
    }

    fn number<T: std::str::FromStr>(&self, what: &str) -> Result<T, ArgumentError> {
        let text = self.0.to_string();
        let whole = text.strip_suffix(".0").unwrap_or(&text);
        match self.0.kind() {
            ValueKind::String | ValueKind::Number => {
                whole.trim().parse().or_else(|_| self.expected(what))
            }
            _ => self.expected(what),
        }
    }

    fn items(self) -> Result<Vec<Value>, ArgumentError> {
        match self.0.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                let items = self.0.try_iter().map_err(ArgumentError::custom)?;
                items
                    .checked()
                    .collect::<Result<_, _>>()
                    .map_err(ArgumentError::custom)
            }
            ValueKind::String => {
                let text = self.0.to_string();
                let parts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                Ok(parts.map(Value::from).collect())
            }
            ValueKind::Number | ValueKind::Bool => Ok(vec![self.0]),
            _ => self.expected("a list"),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
            visitor.$visit(self.number::<$type>("a whole number")?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Argument {
    type Error = ArgumentError;

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        match self.0.kind() {
            ValueKind::None | ValueKind::Undefined => visitor.visit_unit(),
            ValueKind::Bool => visitor.visit_bool(self.0.is_true()),
            ValueKind::Number => match self.0.as_i64() {
                Some(number) if self.0.is_integer() => visitor.visit_i64(number),
                _ => visitor.visit_f64(self.number("a number")?),
            },
            ValueKind::Seq | ValueKind::Iterable => self.deserialize_seq(visitor),
            ValueKind::Map => self.deserialize_map(visitor),
            _ => visitor.visit_string(self.0.to_string()),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_f64(self.number("a number")?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_f32(self.number("a number")?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        if self.0.is_none() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        let items = self.items()?;
        visitor.visit_seq(Items(items.into_iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ArgumentError> {
        match crate::value::fields(&self.0) {
            Some(fields) => visitor.visit_map(ArgumentMap {
                entries: fields.into_iter(),
                current: None,
            }),
            None => self.expected("a mapping"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        let text = self.text()?;
        if !variants.contains(&text.as_str()) {
            return self.expected(&format!("one of {}", variants.join(", ")));
        }
        visitor.visit_enum(Choice(text))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = ArgumentError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ArgumentError> {
        self.0
            .next()
            .map(|item| seed.deserialize(Argument(item)))
            .transpose()
    }
}

struct Choice(String);

impl<'de> EnumAccess<'de> for Choice {
    type Error = ArgumentError;
    type Variant = UnitVariant;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, UnitVariant), ArgumentError> {
        let name: StringDeserializer<ArgumentError> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, UnitVariant))
    }
}

struct UnitVariant;

impl<'de> VariantAccess<'de> for UnitVariant {
    type Error = ArgumentError;

    fn unit_variant(self) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        _seed: T,
    ) -> Result<T::Value, ArgumentError> {
        Err(ArgumentError::custom("a choice takes no value"))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        _visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        Err(ArgumentError::custom("a choice takes no value"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, ArgumentError> {
        Err(ArgumentError::custom("a choice takes no value"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "lowercase")]
    enum State {
        Present,
        Absent,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        path: String,
        #[serde(default)]
        force: bool,
        #[serde(default)]
        names: Vec<String>,
        size: Option<u32>,
        state: Option<State>,
    }

    fn build(arguments: &[(&str, Value)]) -> Result<Example, ArgumentError> {
        from_fields(
            arguments
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone()))
                .collect(),
        )
    }

    #[test]
    fn text_numbers_and_lists_become_what_the_struct_asks_for() {
        let built = build(&[
            ("path", Value::from(5)),
            ("force", Value::from("yes")),
            ("names", Value::from("a, b")),
            ("size", Value::from("7")),
            ("state", Value::from("absent")),
        ]);
        let expected = Example {
            path: "5".to_owned(),
            force: true,
            names: vec!["a".to_owned(), "b".to_owned()],
            size: Some(7),
            state: Some(State::Absent),
        };
        assert_eq!(built, Ok(expected));
    }

    #[test]
    fn errors_name_the_argument() {
        for (name, value, message) in [
            (
                "force",
                Value::from("maybe"),
                "force: expected a boolean, found \"maybe\"",
            ),
            (
                "size",
                Value::from(-1),
                "size: expected a whole number, found -1",
            ),
            (
                "state",
                Value::from("gone"),
                "state: expected one of present, absent, found \"gone\"",
            ),
            (
                "path",
                Value::from(vec![1]),
                "path: expected text, found a list",
            ),
        ] {
            let error = build(&[(name, value)]).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        let error = build(&[("pth", Value::from("/x"))]).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some("pth"));
    }
}
