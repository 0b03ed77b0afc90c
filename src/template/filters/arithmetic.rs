//! Filters for numbers.

use crate::template::attribute;
use crate::template::call::Call;
use crate::template::numbers::{add, float as float_of, number, whole};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// `int`: a whole number, or the default if the value is not one.
pub(super) fn int(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    let base = call.integer("base")?.unwrap_or(10);
    let parsed = match value.as_str() {
        Some(text) => parse(text, base).or_else(|| truncated(text.trim().parse().ok()?)),
        None => whole(&value).or_else(|| truncated(float_of(&value)?)),
    };
    Ok(match parsed {
        Some(parsed) => number(parsed),
        None => call.get("default").unwrap_or_else(|| Value::from(0)),
    })
}

/// Parses a whole number in a base, with Python's prefixes.
fn parse(text: &str, base: i64) -> Option<i128> {
    let text = text.trim();
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let prefix = |letters: [&str; 2], own: i64| {
        let rest = letters
            .iter()
            .find_map(|letter| digits.strip_prefix(letter))?;
        (base == own || base == 0).then_some((rest.strip_prefix('_').unwrap_or(rest), own))
    };
    let (digits, base) = prefix(["0x", "0X"], 16)
        .or_else(|| prefix(["0o", "0O"], 8))
        .or_else(|| prefix(["0b", "0B"], 2))
        .unwrap_or((digits, if base == 0 { 10 } else { base }));
    let plain = digits.replace('_', "");
    let separated = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    let base = u32::try_from(base)
        .ok()
        .filter(|base| (2..=36).contains(base))?;
    if !separated || plain.is_empty() || !plain.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let value = i128::from_str_radix(&plain, base).ok()?;
    Some(if negative { -value } else { value })
}

fn truncated(number: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "that is what int() does")]
    let whole = number.trunc() as i128;
    number.is_finite().then_some(whole)
}

/// `float`: a number with a point, or the default if the value is not a number.
pub(super) fn float(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    let parsed = match value.as_str() {
        Some(text) => text.trim().replace('_', "").parse::<f64>().ok(),
        None => float_of(&value),
    };
    Ok(match parsed {
        Some(parsed) => parsed.into(),
        None => call.get("default").unwrap_or_else(|| Value::from(0.0)),
    })
}

/// `abs`: without the sign.
pub(super) fn abs(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    match (whole(&value), float_of(&value)) {
        (Some(whole), _) => {
            let size = whole.checked_abs().map(number);
            size.ok_or_else(|| call.wrong("the result is too large"))
        }
        (None, Some(float)) => Ok(float.abs().into()),
        _ => Err(call.wrong(&format!("'{}' is no number", text::type_name(&value)))),
    }
}

/// `round`: to a number of digits after the point, half to even, or always up or down.
pub(super) fn round(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    let digits = call.integer("precision")?.unwrap_or(0);
    let method = call.text("method")?.unwrap_or_else(|| "common".to_owned());
    let Some(float) = float_of(&value) else {
        return Err(call.wrong(&format!("'{}' is no number", text::type_name(&value))));
    };
    #[expect(clippy::cast_possible_truncation, reason = "no number has more digits")]
    let scale = 10f64.powi(digits.clamp(-400, 400) as i32);
    match method.as_str() {
        "common" => {}
        "ceil" => return Ok(((float * scale).ceil() / scale).into()),
        "floor" => return Ok(((float * scale).floor() / scale).into()),
        _ => return Err(call.wrong("method must be common, ceil or floor")),
    }
    if let Some(whole) = whole(&value) {
        return Ok(number(rounded_whole(whole, digits)));
    }
    if digits < 0 {
        return Ok(((float * scale).round_ties_even() / scale).into());
    }
    // As in Python, the decimal digits of the number decide.
    let digits = usize::try_from(digits.min(340)).unwrap_or(0);
    let rounded = format!("{float:.digits$}").parse::<f64>();
    Ok(rounded.unwrap_or(float).into())
}

fn rounded_whole(whole: i128, digits: i64) -> i128 {
    let Some(scale) = u32::try_from(-digits)
        .ok()
        .and_then(|zeros| 10i128.checked_pow(zeros))
    else {
        return if digits < 0 { 0 } else { whole };
    };
    let (quotient, rest) = (whole.div_euclid(scale), whole.rem_euclid(scale));
    let up = rest * 2 > scale || (rest * 2 == scale && quotient % 2 != 0);
    (quotient + i128::from(up)) * scale
}

/// `sum`: of the items, or of an attribute of them.
pub(super) fn sum(call: &mut Call<'_, '_, '_>) -> Result {
    let mut total = call.get("start").unwrap_or_else(|| Value::from(0));
    let path = call.some("attribute");
    for item in call.items()? {
        let item = match &path {
            Some(path) => attribute::at(&item, path)?,
            None => item,
        };
        total = add(&total, &item)?;
    }
    Ok(total)
}

fn operand(call: &Call<'_, '_, '_>, value: &Value, name: &str) -> std::result::Result<f64, Error> {
    float_of(value).ok_or_else(|| call.wrong(&format!("{name}() can only be used on numbers")))
}

/// `log`: the logarithm, natural unless a base is given.
pub(super) fn log(call: &mut Call<'_, '_, '_>) -> Result {
    let value = operand(call, &call.value()?, "log")?;
    if value <= 0.0 {
        return Err(call.wrong("math domain error"));
    }
    let Some(base) = call.get("base") else {
        return Ok(value.ln().into());
    };
    let base = operand(call, &base, "log")?;
    #[expect(clippy::float_cmp, reason = "only this base has its own function")]
    if base == 10.0 {
        return Ok(value.log10().into());
    }
    Ok((value.ln() / base.ln()).into())
}

/// `pow`: a power, always with a point.
pub(super) fn pow(call: &mut Call<'_, '_, '_>) -> Result {
    let value = operand(call, &call.value()?, "pow")?;
    let exponent = operand(call, &call.required("y")?, "pow")?;
    Ok(value.powf(exponent).into())
}

/// `root`: the square root, or another.
pub(super) fn root(call: &mut Call<'_, '_, '_>) -> Result {
    let value = operand(call, &call.value()?, "root")?;
    let base = call
        .get("base")
        .map_or(Ok(2.0), |base| operand(call, &base, "root"))?;
    #[expect(clippy::float_cmp, reason = "only this base has its own function")]
    let root = if base == 2.0 {
        value.sqrt()
    } else {
        value.powf(1.0 / base)
    };
    if root.is_nan() {
        return Err(call.wrong("root() can only be used on numbers"));
    }
    Ok(root.into())
}
