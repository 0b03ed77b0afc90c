//! Filters with regular expressions.

use crate::template::call::Call;
use crate::template::regex::{self, Flags};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;

/// Returns the flags for the arguments `ignorecase` and `multiline`.
pub(in crate::template) fn flags(call: &Call<'_, '_, '_>) -> Result<Flags, Error> {
    Ok(Flags {
        ignore_case: call.flag("ignorecase", false)?,
        multiline: call.flag("multiline", false)?,
    })
}

/// `regex_replace`: replaces matches; `\1` and `\g<name>` refer to groups.
pub(super) fn regex_replace(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    let pattern = call.text("pattern")?.unwrap_or_default();
    let replacement = call.text("replacement")?.unwrap_or_default();
    let count = usize::try_from(call.integer("count")?.unwrap_or(0)).unwrap_or(0);
    let regex = regex::compile(&pattern, flags(call)?)?;
    let (out, done) = regex::replace(&regex, &text, &replacement, count)?;
    let wanted = call.integer("mandatory_count")?.unwrap_or(0);
    if wanted != 0 && i64::try_from(done).ok() != Some(wanted) {
        let why = format!(
            "'{pattern}' should match {wanted} times, but matches {done} times in '{text}'"
        );
        return Err(call.wrong(&why));
    }
    Ok(out.into())
}

/// `regex_findall`: all matches, or their groups if the pattern has any.
pub(super) fn regex_findall(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    let regex = regex::compile(&text::text(&call.required("regex")?)?, flags(call)?)?;
    let mut found: Vec<Value> = Vec::new();
    for captures in regex::matches(&regex, &text)? {
        let group = |number| regex::numbered(&captures, number).map(Value::from);
        found.push(match captures.len() {
            1 => group(0)?,
            2 => group(1)?,
            groups => (1..groups)
                .map(group)
                .collect::<Result<Vec<_>, _>>()?
                .into(),
        });
    }
    Ok(found.into())
}

/// `regex_search`: the first match, or the groups selected by further arguments such as `\1`.
pub(super) fn regex_search(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    let regex = regex::compile(&text::text(&call.required("regex")?)?, named_flags(call)?)?;
    let Some(captures) = regex::search(&regex, &text)? else {
        return Ok(Value::from(()));
    };
    if call.more.is_empty() {
        return Ok(regex::numbered(&captures, 0)?.into());
    }
    let mut groups: Vec<Value> = Vec::new();
    for wanted in &call.more {
        let wanted = text::text(wanted)?;
        let name = wanted
            .strip_prefix("\\g<")
            .and_then(|rest| rest.strip_suffix('>'));
        let name = name.or_else(|| wanted.strip_prefix('\\'));
        let name = name.ok_or_else(|| call.wrong(&format!("unknown argument '{wanted}'")))?;
        let number = name.parse::<usize>().ok();
        let group = match number {
            Some(number) => {
                regex::numbered(&captures, number)?;
                captures.get(number)
            }
            None => {
                regex::named(&captures, name)?;
                captures.name(name)
            }
        };
        groups.push(group.map_or(Value::from(()), |group| group.as_str().into()));
    }
    Ok(groups.into())
}

fn named_flags(call: &Call<'_, '_, '_>) -> Result<Flags, Error> {
    let mut flags = Flags::default();
    for (name, value) in &call.more_named {
        match name.as_str() {
            "ignorecase" => flags.ignore_case = call.truth(name, value)?,
            "multiline" => flags.multiline = call.truth(name, value)?,
            _ => return Err(call.wrong(&format!("no argument {name}"))),
        }
    }
    Ok(flags)
}

/// `regex_escape`: escapes all characters with a meaning in patterns.
pub(super) fn regex_escape(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let text = call.value_text()?;
    match call.text("re_type")?.as_deref() {
        None | Some("python") => Ok(regex::escape(&text).into()),
        Some("posix_basic") => {
            let special = |c: char| "].[^$*\\".contains(c);
            let escaped = text
                .chars()
                .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]));
            Ok(escaped.collect::<String>().into())
        }
        Some("posix_extended") => {
            Err(call.wrong("Regex type (posix_extended) not yet implemented"))
        }
        Some(other) => Err(call.wrong(&format!("Invalid regex type ({other})"))),
    }
}
