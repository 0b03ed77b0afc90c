//! The lookup `csvfile`.

use super::{Lookup, arguments, wrong};
use crate::template::text;
use crate::value::{Fields, Value};
use minijinja::Error;

/// `csvfile`: a column of the row whose first column is the term.
pub(super) fn csvfile(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for term in lookup.texts()? {
        let (key, named) = arguments::parse(&term);
        if key.is_empty() {
            return Err(wrong("Search key is required but was not found"));
        }
        let mut options: Fields = lookup.options.clone();
        options.extend(
            named
                .into_iter()
                .map(|(name, value)| (name, Value::from(value))),
        );
        let text = |name: &str, default: &str| {
            options
                .get(name)
                .map_or_else(|| Ok(default.to_owned()), text::text)
        };
        let delimiter = match text("delimiter", "TAB")?.as_str() {
            "TAB" | "\\t" => '\t',
            other => other.chars().next().unwrap_or('\t'),
        };
        let column = |name: &str, default: &str| {
            let value = text(name, default)?;
            value
                .parse::<usize>()
                .map_err(|_| wrong(format!("csvfile: {name} must be a number, not '{value}'")))
        };
        let (column, key_column) = (column("col", "1")?, column("keycol", "0")?);
        let content = lookup.read(&text("file", "ansible.csv")?)?;
        let row = rows(&content, delimiter)
            .into_iter()
            .find(|row| row.get(key_column) == Some(&key));
        match row {
            Some(row) => {
                let value = row.get(column).cloned();
                out.push(
                    value
                        .ok_or_else(|| {
                            wrong(format!(
                                "csvfile: the row of '{key}' has no column {column}"
                            ))
                        })?
                        .into(),
                );
            }
            None => out.extend(
                options
                    .get("default")
                    .filter(|default| !default.is_none())
                    .cloned(),
            ),
        }
    }
    Ok(out)
}

/// Returns the rows of a text with fields that may be quoted.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted => {
                if characters.next_if_eq(&'"').is_some() {
                    field.push('"');
                } else {
                    quoted = false;
                }
            }
            '"' if field.is_empty() => quoted = true,
            _ if quoted => field.push(character),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ if character == delimiter => row.push(std::mem::take(&mut field)),
            _ => field.push(character),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_may_be_quoted() {
        let rows = super::rows("a,\"b, \"\"c\"\"\nd\",e\r\nf,,", ',');
        assert_eq!(rows, [vec!["a", "b, \"c\"\nd", "e"], vec!["f", "", ""]]);
    }
}
