//! Python's methods that classify the characters of a text.

use crate::template::call::Call;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// Digits of all scripts, including superscripts, but not fractions and letters used as numbers.
pub(super) fn is_digit(character: char) -> bool {
    is_decimal(character) || matches!(character, '²' | '³' | '¹' | '\u{2070}'..='\u{2089}')
}

/// Digits of all scripts that form decimal numbers.
pub(super) fn is_decimal(character: char) -> bool {
    character.is_ascii_digit()
        || (character.is_numeric()
            && !character.is_alphabetic()
            && !matches!(character, '\u{b2}'..='\u{be}' | '\u{2070}'..='\u{2189}' | '\u{2460}'..='\u{2793}'))
}

/// Returns whether the text is not empty and all characters match.
pub(super) fn every(call: &Call<'_, '_, '_>, holds: fn(char) -> bool) -> Result {
    let text = call.value_text()?;
    Ok((!text.is_empty() && text.chars().all(holds)).into())
}

/// Returns whether the text has letters of one case and none of the other.
pub(super) fn cased(
    call: &Call<'_, '_, '_>,
    some: fn(char) -> bool,
    none: fn(char) -> bool,
) -> Result {
    let text = call.value_text()?;
    Ok((text.chars().any(some) && !text.chars().any(none)).into())
}

/// `isidentifier`: whether it could name a variable.
pub(super) fn isidentifier(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let start = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    Ok((start && text.chars().all(|c| c.is_alphanumeric() || c == '_')).into())
}

/// `istitle`: whether every word starts in upper case and goes on in lower case.
pub(super) fn istitle(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let (mut before, mut any) = (false, false);
    for character in text.chars() {
        if character.is_uppercase() == before
            && (character.is_uppercase() || character.is_lowercase())
        {
            return Ok(false.into());
        }
        before = character.is_uppercase() || character.is_lowercase();
        any |= before;
    }
    Ok(any.into())
}
