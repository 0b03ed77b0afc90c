//! Values of different types have no order. In Rhai itself `"5" > 4` is simply false, and so is
//! every comparison with nothing, `()`; but a number in the output of a command is a text.

use super::Called;
use super::place::article;
use super::raised::Raised;
use rhai::{Array, Dynamic, Engine, FLOAT, INT, ImmutableString, Map, NativeCallContext, Variant};

const OPERATORS: [&str; 4] = ["<", "<=", ">", ">="];

/// Makes it an error to order two values of different types.
pub(super) fn register(engine: &mut Engine) {
    macro_rules! without_order {
        ($left:ty: $($right:ty),*) => {
            $(refuse::<$left, $right>(engine); refuse::<$right, $left>(engine);)*
        };
    }
    without_order!(ImmutableString: INT, FLOAT, bool, Array, Map, ());
    without_order!(INT: bool, Array, Map, ());
    without_order!(FLOAT: bool, Array, Map, ());
    without_order!(bool: Array, Map, ());
    without_order!(Array: Map, ());
    without_order!(Map: ());
    refuse::<(), ()>(engine);
}

fn refuse<A: Variant + Clone, B: Variant + Clone>(engine: &mut Engine) {
    for operator in OPERATORS {
        engine.register_fn(
            operator,
            move |context: NativeCallContext, left: A, right: B| -> Called<bool> {
                let (left, right) = (Dynamic::from(left), Dynamic::from(right));
                let with_text = left.is_string() != right.is_string();
                let number = |value: &Dynamic| value.is_int() || value.is_float();
                let with_number = number(&left) || number(&right);
                let help = (with_text && with_number).then(|| {
                    "the number in a text is read by parse_int(text) or parse_float(text)".into()
                });
                let (left, right) = (article(left.type_name()), article(right.type_name()));
                let message = format!("{operator} cannot compare {left} and {right}");
                Err(Raised::new(message).help(help).at(context.call_position()))
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::script::{Limits, engine};

    #[test]
    fn only_values_of_one_type_have_an_order() {
        let engine = engine(Limits::default());
        for script in [
            "1 < 2",
            "1.5 > 1",
            "2 >= 1.5",
            "\"a\" < \"b\"",
            "'a' < \"b\"",
            "false == 0 || true",
            "parse_int(\"10\") > 9",
            "() == () && () != 1",
        ] {
            assert!(engine.eval::<bool>(script).unwrap(), "{script}");
        }
        for left in ["\"5\"", "5", "5.5", "true", "[5]", "#{a: 5}", "()"] {
            for right in ["\"5\"", "5", "5.5", "true", "[5]", "#{a: 5}", "()"] {
                for operator in super::OPERATORS {
                    let script = format!("let a = {left}; let b = {right}; a {operator} b");
                    let numbers = |text: &str| text.starts_with('5');
                    let same = left == right && !matches!(left, "()" | "[5]" | "#{a: 5}");
                    let ordered = same || (numbers(left) && numbers(right));
                    let result = engine.eval::<bool>(&script);
                    assert_eq!(result.is_ok(), ordered, "{script}: {result:?}");
                }
            }
        }
    }
}
