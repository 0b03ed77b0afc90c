//! Functions of Rhai that change their object and return nothing: here most of them return the new
//! value, as in other languages.

use super::Called;
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, FuncInfo, FuncMetadata, NativeCallContext};
use std::any::TypeId;

/// Functions that return nothing here either, since they are called for their effect; a script that
/// uses their result is refused when it is loaded.
pub(super) const RETURN_NOTHING: &[&str] = &[
    "append",
    "clear",
    "fill_with",
    "for_each",
    "insert",
    "mixin",
    "push",
    "set",
    "set_bit",
    "set_bits",
    "set_tag",
    "sleep",
    "splice",
    "write_ascii",
    "write_be",
    "write_le",
    "write_utf8",
];

/// Functions of texts. They do not change the text: `let short = name.trim()` does not change
/// `name`, and a script that ignores their result is refused when it is loaded.
pub(super) const OF_TEXTS: &[&str] = &["crop", "make_lower", "make_upper", "replace", "trim"];

/// Registers the replacements; `language` has the originals.
pub(super) fn register(engine: &mut Engine, language: Engine) {
    let language = std::sync::Arc::new(language);
    for (name, types) in changing(&language) {
        let (language, function) = (language.clone(), name.clone());
        engine.register_raw_fn(name, types, move |context, arguments| {
            let context = NativeCallContext::new_with_all_fields(
                &language,
                &function,
                context.call_source(),
                context.global_runtime_state(),
                context.call_position(),
            );
            changed(&context, &function, arguments)
        });
    }
}

/// Returns the functions that take no function, each with its parameter types.
fn changing(language: &Engine) -> Vec<(String, Vec<TypeId>)> {
    let changing = |function: FuncInfo<'_>| {
        let known = function.metadata;
        let is_word = known
            .name
            .starts_with(|first: char| first.is_ascii_lowercase());
        let takes_function = known.param_types.contains(&TypeId::of::<FnPtr>());
        let wanted = is_word
            && returns_nothing(known)
            && !known.param_types.is_empty()
            && !takes_function
            && !RETURN_NOTHING.contains(&known.name.as_str());
        wanted.then(|| (known.name.to_string(), known.param_types.to_vec()))
    };
    language.collect_fn_metadata(None, changing, true)
}

/// Returns whether a function returns nothing, as far as Rhai declares its result.
fn returns_nothing(function: &FuncMetadata) -> bool {
    let mut of = function.return_type.to_string();
    of.retain(|letter| !letter.is_whitespace());
    let changes = || function.params_info.iter().any(|of| of.contains("&mut"));
    of == "()" || of.contains("<()") || (of.is_empty() && changes())
}

fn changed(
    context: &NativeCallContext,
    function: &str,
    arguments: &mut [&mut Dynamic],
) -> Called<Dynamic> {
    let Some((first, rest)) = arguments.split_first_mut() else {
        return Ok(Dynamic::UNIT);
    };
    let is_copy = OF_TEXTS.contains(&function);
    if first.is_read_only() && !is_copy {
        let position = context.call_position();
        return Err(
            EvalAltResult::ErrorNonPureMethodCallOnConstant(function.to_owned(), position).into(),
        );
    }
    let mut copy = if is_copy {
        first.flatten_clone()
    } else {
        Dynamic::UNIT
    };
    let target = if is_copy { &mut copy } else { &mut **first };
    let mut all = vec![&mut *target];
    all.extend(rest.iter_mut().map(|argument| &mut **argument));
    drop(context.call_native_fn_raw(function, true, &mut all)?);
    Ok(target.flatten_clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Limits, engine};
    use rhai::packages::{Package, StandardPackage};

    /// Standard functions that return nothing, as `name(types)`.
    fn without_result(engine: &Engine) -> Vec<String> {
        let name = |function: FuncInfo<'_>| {
            let known = function.metadata;
            let of_language = !known.name.starts_with(|sign: char| !sign.is_alphabetic());
            let nothing = of_language && returns_nothing(known);
            nothing.then(|| known.name.to_string())
        };
        engine.collect_fn_metadata(None, name, true)
    }

    #[test]
    fn every_standard_function_returns_something_or_is_known_not_to() {
        let mut language = Engine::new_raw();
        StandardPackage::new().register_into_engine(&mut language);
        let all = without_result(&language);
        assert!(all.len() > 60, "{all:?}");
        assert!(all.iter().any(|name| name == "pad"), "{all:?}");
        let own: Vec<String> = changing(&language)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let by_function = ["dedup", "sort", "sort_by"];
        for name in &all {
            assert!(name != "to_int", "it is not known what it returns");
            let known = own.contains(name)
                || RETURN_NOTHING.contains(&name.as_str())
                || by_function.contains(&name.as_str());
            assert!(known, "{name}");
        }
        for name in RETURN_NOTHING {
            assert!(all.iter().any(|known| known == name), "{name}");
        }
        for name in OF_TEXTS {
            assert!(own.iter().any(|known| known == name), "{name}");
        }
    }

    #[test]
    fn what_was_changed_is_returned() {
        let engine = engine(Limits::default());
        for (script, expected) in [
            (
                "let a = \" x \"; let b = a.trim(); `[${a}][${b}]`",
                "[ x ][x]",
            ),
            ("let a = \"abc\"; a.replace(\"b\", \"x\")", "axc"),
            ("let a = \"abc\"; a.replace('b', 'x')", "axc"),
            ("const A = \" x \"; A.trim()", "x"),
            ("\"abc\".make_upper()", "ABC"),
            ("'a'.make_upper().to_string()", "A"),
            ("let a = \"abcd\"; a.crop(1, 2)", "bc"),
            ("let a = \"abcd\"; let b = a.truncate(2); a + b", "abab"),
            ("let a = \"ab\"; a.pad(4, \"-\")", "ab--"),
            ("let a = \"abcb\"; a.remove(\"b\")", "ac"),
            (
                "let a = [3, 1, 2]; let b = a.sort(); `${a}${b}`",
                "[1, 2, 3][1, 2, 3]",
            ),
            ("[1, 2, 3].reverse().to_string()", "[3, 2, 1]"),
            ("[1, 1, 2].dedup().to_string()", "[1, 2]"),
            ("[3, 1, 2].sort(|a, b| b - a).to_string()", "[3, 2, 1]"),
            ("[3, 1, 2].order_by(|a, b| a - b).to_string()", "[1, 2, 3]"),
            ("[3, 1, 2].sort(|a, b| a < b).to_string()", "[1, 2, 3]"),
            (
                "[1, 3, 4].dedup(|a, b| a % 2 == b % 2).to_string()",
                "[1, 4]",
            ),
            (
                "[\" a\", \"b \"].map(|item| item.trim()).join(\",\")",
                "a,b",
            ),
            (
                "[\"1.10\", \"1.9\", \"1.2\"].order_by_version().join(\" \")",
                "1.2 1.9 1.10",
            ),
            ("compare_versions(\"1.10\", \"1.9\").to_string()", "1"),
        ] {
            let result = engine.eval::<Dynamic>(script);
            let result = result.map(|value| value.to_string());
            assert_eq!(
                result.unwrap_or_else(|error| error.to_string()),
                expected,
                "{script}"
            );
        }
        for script in [
            "const A = [2, 1]; A.sort();",
            "[2, 1].sort(|a, b| throw \"no\")",
            "[\"1.0\", \"x\"].order_by_version()",
        ] {
            assert!(engine.eval::<Dynamic>(script).is_err(), "{script}");
        }
    }
}
