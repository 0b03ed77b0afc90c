//! The value of one argument, given as the type that a module asks for.

use super::arguments::{ArgumentError, ArgumentMap, Fault};
use super::choice::Choice;
use crate::value::{self, Value};
use minijinja::value::ValueKind;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The value of one argument.
pub(super) struct Argument(pub(super) Value);

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

    /// Returns the error for a value of another type, which Ansible calls `of`.
    fn not_of<T>(&self, what: &str, of: &'static str) -> Result<T, ArgumentError> {
        self.expected(what).map_err(|error| ArgumentError {
            fault: Fault::Type {
                expected: of,
                given: self.type_in_python(),
                found: self.0.to_string(),
            },
            ..error
        })
    }

    fn type_in_python(&self) -> &'static str {
        match self.0.kind() {
            ValueKind::Bool => "bool",
            ValueKind::Number if self.0.is_integer() => "int",
            ValueKind::Number => "float",
            ValueKind::Seq | ValueKind::Iterable => "list",
            ValueKind::Map => "dict",
            ValueKind::None | ValueKind::Undefined => "NoneType",
            _ => "str",
        }
    }

    fn boolean(&self) -> Result<bool, ArgumentError> {
        value::boolean(&self.0).map_or_else(|| self.not_of("a boolean", "bool"), Ok)
    }

    fn text(&self) -> Result<String, ArgumentError> {
        match self.0.kind() {
            ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(self.0.to_string()),
            _ => self.not_of("text", "str"),
        }
    }

    fn number<T: std::str::FromStr>(&self, what: &str) -> Result<T, ArgumentError> {
        let text = self.0.to_string();
        let whole = text.strip_suffix(".0").unwrap_or(&text);
        match self.0.kind() {
            ValueKind::String | ValueKind::Number => {
                whole.trim().parse().or_else(|_| self.not_of(what, "int"))
            }
            _ => self.not_of(what, "int"),
        }
    }

    pub(super) fn items(self) -> Result<Vec<Value>, ArgumentError> {
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
            _ => self.not_of("a list", "list"),
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
            ValueKind::Bytes => {
                visitor.visit_byte_buf(self.0.as_bytes().unwrap_or_default().to_vec())
            }
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
            Some(fields) => visitor.visit_map(ArgumentMap::new(fields)),
            None => self.not_of("a mapping", "dict"),
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
            let error = self.expected(&format!("one of {}", variants.join(", ")));
            return error.map_err(|error| ArgumentError {
                fault: Fault::Choice {
                    expected: variants.iter().map(|&word| word.to_owned()).collect(),
                    found: text,
                },
                ..error
            });
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
