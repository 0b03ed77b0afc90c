//! Filters that lay out text.

use crate::template::call::Call;
use crate::template::lines::split_lines;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

type Result = std::result::Result<Value, Error>;

/// `center`: adds blanks on both sides up to a width.
pub(super) fn center(call: &mut Call<'_, '_, '_>) -> Result {
    let width = call.integer("width")?.unwrap_or(80);
    Ok(centered(call, width, ' ')?.into())
}

/// Returns the text centered in `width` characters, dividing an odd rest like Python.
pub(in crate::template) fn centered(
    call: &Call<'_, '_, '_>,
    width: i64,
    fill: char,
) -> std::result::Result<String, Error> {
    let text = call.value_text()?;
    let length = text.chars().count();
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(length);
    let left = missing / 2 + (missing & width & 1);
    let fill = fill.to_string();
    let before = call.repeated(&fill, left)?;
    Ok(before + &text + &call.repeated(&fill, missing - left)?)
}

/// `indent`: indents every line except the first.
pub(super) fn indent(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let width = match call.some("width") {
        Some(width) if width.as_str().is_some() => text::text(&width)?,
        _ => {
            let width = call.integer("width")?.unwrap_or(4);
            call.repeated(" ", usize::try_from(width).unwrap_or(0))?
        }
    };
    let blank = call.flag("blank", false)?;
    let text = text + "\n";
    let lines = split_lines(&text, false);
    call.fits(width.len().saturating_mul(lines.len()))?;
    let mut lines = lines.into_iter();
    let mut out = String::new();
    if call.flag("first", false)? {
        out.push_str(&width);
    }
    out.push_str(lines.next().unwrap_or_default());
    for line in lines {
        out.push('\n');
        if blank || !line.is_empty() {
            out.push_str(&width);
        }
        out.push_str(line);
    }
    Ok(out.into())
}

/// `truncate`: cuts to a length, at a word unless `killwords`, and appends `end`.
pub(super) fn truncate(call: &mut Call<'_, '_, '_>) -> Result {
    let text = call.value_text()?;
    let length = call.integer("length")?.unwrap_or(255);
    let end = call.text("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = call.integer("leeway")?.unwrap_or(5);
    let ending = i64::try_from(end.chars().count()).unwrap_or(i64::MAX);
    if length < ending {
        return Err(call.wrong(&format!("expected length >= {ending}, got {length}")));
    }
    let long = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if long <= length.saturating_add(leeway) {
        return Ok(text.into());
    }
    let kept = usize::try_from(length - ending).unwrap_or(0);
    let cut: String = text.chars().take(kept).collect();
    if call.flag("killwords", false)? {
        return Ok((cut + &end).into());
    }
    let word = cut.rsplit_once(' ').map_or(cut.as_str(), |(word, _)| word);
    Ok((word.to_owned() + &end).into())
}

/// `comment`: the text as a comment of some language.
pub(super) fn comment(call: &mut Call<'_, '_, '_>) -> Result {
    let content = call.value_text()?;
    let style = call.text("style")?.unwrap_or_else(|| "plain".to_owned());
    let (beginning, decoration, end) = match style.as_str() {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        _ => return Err(call.wrong(&format!("Invalid style '{style}'"))),
    };
    let given = |name: &str, default: &str| {
        Ok::<_, Error>(call.text(name)?.unwrap_or_else(|| default.to_owned()))
    };
    let newline = given("newline", "\n")?;
    let beginning = given("beginning", beginning)?;
    let decoration = given("decoration", decoration)?;
    let end = given("end", end)?;
    let prefix = given("prefix", decoration.trim_end())?;
    let postfix = given("postfix", decoration.trim_end())?;
    let count = |name| {
        let count = call.integer(name)?.unwrap_or(1);
        Ok::<_, Error>(usize::try_from(count).unwrap_or(0))
    };
    let mut out = String::new();
    if !beginning.is_empty() {
        out += &(beginning + &newline);
    }
    if prefix == newline {
        out += &call.repeated(&newline, count("prefix_count")?)?;
    } else if !prefix.is_empty() {
        out += &call.repeated(&(prefix + &newline), count("prefix_count")?)?;
    }
    let lines = decoration.clone() + &content.replace(&newline, &(newline.clone() + &decoration));
    let bare = decoration.trim_end().to_owned() + &newline;
    out += &lines.replace(&(decoration + &newline), &bare);
    out += &call.repeated(&(newline.clone() + &postfix), count("postfix_count")?)?;
    if !end.is_empty() {
        out += &(newline + &end);
    }
    Ok(out.into())
}
