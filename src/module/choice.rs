//! An argument that is one of several choices.

use super::arguments::ArgumentError;
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor};

/// The name of one of several choices, which take no value.
pub(super) struct Choice(pub(super) String);

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

/// A choice without a value.
pub(super) struct UnitVariant;

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
