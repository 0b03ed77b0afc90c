//! The mode of a sent file, which may be that of the original.

use crate::change::Mode;
use schemars::JsonSchema;

/// A mode, or that of the sent file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SentMode {
    /// That of the file on the controller.
    Preserve,
    /// This mode.
    Given(Mode),
}

impl SentMode {
    /// Returns the mode, given that of the sent file.
    pub(super) fn of(&self, sent: u32) -> Mode {
        match self {
            SentMode::Preserve => Mode::of_bits(sent),
            SentMode::Given(mode) => mode.clone(),
        }
    }
}

impl<'de> serde::Deserialize<'de> for SentMode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SentModeVisitor)
    }
}

struct SentModeVisitor;

impl serde::de::Visitor<'_> for SentModeVisitor {
    type Value = SentMode;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a mode such as \"0644\", or preserve")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SentMode, E> {
        if text == "preserve" {
            return Ok(SentMode::Preserve);
        }
        Mode::parse(text).map(SentMode::Given).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<SentMode, E> {
        Mode::of_number(number)
            .map(SentMode::Given)
            .map_err(E::custom)
    }
}

impl JsonSchema for SentMode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SentMode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Mode::json_schema(generator)
    }
}
