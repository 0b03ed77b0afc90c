//! A value that check mode cannot know: a script can pass it on; any other use is an error.

use super::stop::Stop;
use super::{Called, value};
use crate::value::NotKnown;
use rhai::{Array, Blob, Dynamic, Engine, ImmutableString, Map, Position, Variant};

/// A value that check mode cannot know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown(pub NotKnown);

/// The name of its type in scripts.
pub(super) const TYPE: &str = "unknown";

impl Unknown {
    /// Returns the error for its use.
    fn used<T>(&self) -> Called<T> {
        Stop::NotKnown(self.0.clone()).now()
    }

    /// Makes every use of such a value an error: otherwise `==` would simply be false.
    pub(super) fn register(engine: &mut Engine) {
        engine.register_type_with_name::<Unknown>(TYPE);
        for operator in [
            "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "**", "&", "|", "^", "<<",
            ">>", "in", "contains",
        ] {
            engine.register_fn(operator, |left: &mut Unknown, _: Dynamic| -> Called<bool> {
                left.used()
            });
            engine.register_fn(operator, |_: Dynamic, right: Unknown| -> Called<bool> {
                right.used()
            });
            engine.register_fn(operator, |left: &mut Unknown, _: Unknown| -> Called<bool> {
                left.used()
            });
            // Rhai itself concatenates anything with a text, so the types are listed here.
            right_of::<ImmutableString>(engine, operator);
            right_of::<char>(engine, operator);
            right_of::<Array>(engine, operator);
            right_of::<Map>(engine, operator);
            right_of::<Blob>(engine, operator);
        }
        engine.register_fn(
            "+=",
            |_: &mut ImmutableString, right: Unknown| -> Called<()> { right.used() },
        );
        for function in ["!", "-", "+", "to_string", "to_debug", "len", "is_empty"] {
            engine.register_fn(function, |unknown: &mut Unknown| -> Called<Dynamic> {
                unknown.used()
            });
        }
        engine.register_indexer_get(|unknown: &mut Unknown, _: Dynamic| -> Called<Dynamic> {
            unknown.used()
        });
        engine.register_iterator_result::<Unknown, Dynamic>();
        engine.register_fn("to_json", |map: &mut Map| json(&Dynamic::from(map.clone())));
        engine.register_fn("to_json", |list: &mut Array| {
            json(&Dynamic::from(list.clone()))
        });
        engine.register_fn("known", |value: Dynamic| match value::unknown_in(&value) {
            None => Ok(value),
            Some(reason) => Unknown(reason).used(),
        });
        engine.register_fn("is_known", |_: &mut Unknown| false);
        engine.register_fn("is_known", |value: Dynamic| {
            value::unknown_in(&value).is_none()
        });
    }
}

/// Rhai's own `to_json` would write the name of a type.
fn json(value: &Dynamic) -> Called<String> {
    if let Some(reason) = value::unknown_in(value) {
        return Unknown(reason).used();
    }
    match value::to_value(value) {
        Ok(value) => Ok(crate::value::to_json(&value).to_string()),
        Err(message) => Err(super::Raised::new(message).at(Position::NONE)),
    }
}

fn right_of<T: Variant + Clone>(engine: &mut Engine, operator: &str) {
    engine.register_fn(operator, |_: T, right: Unknown| -> Called<bool> {
        right.used()
    });
}

/// Makes a loop over an unknown value say why that is impossible.
impl IntoIterator for Unknown {
    type Item = Called<Dynamic>;
    type IntoIter = std::iter::Once<Called<Dynamic>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.used())
    }
}
