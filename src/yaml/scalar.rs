//! The types of plain scalars: YAML 1.1's, as `PyYAML` (and so Ansible) resolves them.

use super::Data;

/// Returns the value of a plain (unquoted) scalar.
///
/// Differs from `PyYAML` only in timestamps, which stay text: Ansible prints them as text too.
pub(super) fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Data::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Data::Bool(false)
        }
        _ => number(text).unwrap_or_else(|| Data::Text(text.into())),
    }
}

fn number(text: &str) -> Option<Data> {
    let first = text
        .strip_prefix(['-', '+'])
        .unwrap_or(text)
        .chars()
        .next()?;
    if !first.is_ascii_digit() && first != '.' {
        return None;
    }
    integer(text)
        .map(Data::Integer)
        .or_else(|| float(text).map(Data::Float))
}

fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = digits.replace('_', "");
    let value = if digits.contains(':') {
        sexagesimal(&plain)?
    } else if let Some(hexadecimal) = plain.strip_prefix("0x") {
        parse(hexadecimal, 16)?
    } else if let Some(binary) = plain.strip_prefix("0b") {
        parse(binary, 2)?
    } else if plain.len() > 1 && plain.starts_with('0') {
        parse(&plain, 8)?
    } else if digits.starts_with('_') {
        return None;
    } else {
        parse(&plain, 10)?
    };
    Some(if negative { -value } else { value })
}

/// Parses only digits: `i64::from_str_radix` would accept another sign.
fn parse(digits: &str, radix: u32) -> Option<i64> {
    let valid = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    if valid {
        i64::from_str_radix(digits, radix).ok()
    } else {
        None
    }
}

/// `190:20:30` is 685230: base 60, every part after the first below 60, the first without a
/// leading zero.
fn sexagesimal(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    if first.starts_with('0') {
        return None;
    }
    parts.try_fold(parse(first, 10)?, |sum, part| {
        let value = parse(part, 10).filter(|value| *value < 60 && part.len() <= 2)?;
        sum.checked_mul(60)?.checked_add(value)
    })
}

/// A decimal point is needed, and a sign in the exponent: `1e3` is text in YAML 1.1.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let negative = text.starts_with('-');
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            return Some(if negative {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            });
        }
        ".nan" | ".NaN" | ".NAN" if unsigned == text => return Some(f64::NAN),
        _ => {}
    }
    let plain = text.replace('_', "");
    let (mantissa, exponent) = plain
        .split_once(['e', 'E'])
        .map_or((&*plain, ""), |(a, b)| (a, b));
    let digits = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.')?;
    let all_digits = |part: &str| part.chars().all(|digit| digit.is_ascii_digit());
    let good_mantissa = all_digits(whole) && all_digits(fraction) && digits != ".";
    let good_exponent = plain.len() == mantissa.len()
        || exponent
            .strip_prefix(['-', '+'])
            .is_some_and(|digits| !digits.is_empty() && all_digits(digits));
    if good_mantissa && good_exponent {
        plain.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_yaml_1_1() {
        let text = |text: &str| Data::Text(text.into());
        for (scalar, expected) in [
            ("yes", Data::Bool(true)),
            ("off", Data::Bool(false)),
            ("y", text("y")),
            ("~", Data::Null),
            ("", Data::Null),
            ("0644", Data::Integer(420)),
            ("0o644", text("0o644")),
            ("0x1f", Data::Integer(31)),
            ("0b101", Data::Integer(5)),
            ("1_000", Data::Integer(1000)),
            ("1:30", Data::Integer(90)),
            ("190:20:30", Data::Integer(685_230)),
            ("01:30", text("01:30")),
            ("1:75", text("1:75")),
            ("-7", Data::Integer(-7)),
            ("+7", Data::Integer(7)),
            ("--7", text("--7")),
            ("089", text("089")),
            ("1.10", Data::Float(1.1)),
            ("1e3", text("1e3")),
            ("1.0e+3", Data::Float(1000.0)),
            ("1.0e3", text("1.0e3")),
            ("-.inf", Data::Float(f64::NEG_INFINITY)),
            (".", text(".")),
            ("192.168.2.201", text("192.168.2.201")),
            ("2024-01-02", text("2024-01-02")),
            ("99999999999999999999", text("99999999999999999999")),
        ] {
            assert_eq!(resolve(scalar), expected, "{scalar}");
        }
    }
}
