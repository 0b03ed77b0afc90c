//! One section of a `.repo` file; the others are kept as they are.

use indexmap::IndexMap;

/// The options of a section; values of several lines contain line breaks.
pub(super) type Options = IndexMap<String, String>;

/// Returns the options of a section, or `None` if the file lacks it.
pub(super) fn find(text: &str, name: &str) -> Option<Options> {
    let mut options = None;
    for (section, lines) in sections(text) {
        if section == Some(name) {
            read(lines, options.get_or_insert_default());
        }
    }
    options
}

/// Returns the text without a section.
pub(super) fn without(text: &str, name: &str) -> String {
    let kept = sections(text)
        .into_iter()
        .filter(|(section, _)| *section != Some(name));
    kept.map(|(_, lines)| lines).collect()
}

/// Returns a section as text, with an empty line after it.
pub(super) fn text(name: &str, options: &Options) -> String {
    let lines = options.iter().map(|(option, value)| {
        let value = value.replace('\n', "\n\t");
        format!("{option} = {value}\n")
    });
    format!("[{name}]\n{}\n", lines.collect::<String>())
}

/// Splits a text before each header; the first part may lack one.
fn sections(text: &str) -> Vec<(Option<&str>, &str)> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if header(line).is_some() && at > 0 {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let parts = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| text.get(*start..end));
    parts.map(|part| (header(part), part)).collect()
}

/// Returns the name of the section that a text begins with.
fn header(text: &str) -> Option<&str> {
    let line = text.lines().next()?;
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    Some(name)
}

/// Reads options as Python's `configparser` does.
fn read(lines: &str, options: &mut Options) {
    let mut last: Option<String> = None;
    for line in lines.lines().skip(1) {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let Some(value) = last.as_ref().and_then(|last| options.get_mut(last))
        {
            *value = format!("{value}\n{content}").trim_start().to_owned();
            continue;
        }
        let (name, value) = content.split_once(['=', ':']).unwrap_or((content, ""));
        let name = name.trim().to_lowercase();
        options.insert(name.clone(), value.trim().to_owned());
        last = Some(name);
    }
}
