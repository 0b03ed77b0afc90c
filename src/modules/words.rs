//! A command line as text, split like Python's `shlex`.

use crate::module::ModuleError;

/// Splits a command line into words: quotes keep spaces, and a backslash escapes the next
/// character. Nothing else is special: there is no shell.
pub(super) fn split(text: &str) -> Result<Vec<String>, ModuleError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if matches!(letter, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        let whole = match letter {
            '\'' => quoted(&mut letters, word),
            '"' => double_quoted(&mut letters, word),
            '\\' => letters.next().map(|escaped| word.push(escaped)),
            other => {
                word.push(other);
                Some(())
            }
        };
        if whole.is_none() {
            let what = if letter == '\\' {
                "ends with a backslash".to_owned()
            } else {
                format!("has a {letter} that is not closed")
            };
            return Err(ModuleError::refused(format!("the command {text:?} {what}")));
        }
    }
    words.extend(word);
    Ok(words)
}

/// Takes letters up to the closing quote; `None` if there is none.
fn quoted(letters: &mut std::str::Chars, word: &mut String) -> Option<()> {
    loop {
        match letters.next()? {
            '\'' => return Some(()),
            letter => word.push(letter),
        }
    }
}

fn double_quoted(letters: &mut std::str::Chars, word: &mut String) -> Option<()> {
    loop {
        match letters.next()? {
            '"' => return Some(()),
            '\\' => match letters.next()? {
                escaped @ ('"' | '\\') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            letter => word.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn text_is_split_as_shlex_splits_it() {
        for (text, words) in [
            ("ls  -l\n/x", &["ls", "-l", "/x"] as &[&str]),
            ("", &[]),
            ("a ''", &["a", ""]),
            ("a 'b c'\"d e\"f", &["a", "b cd ef"]),
            (r#"a "b\"c\d\\" e\ f '\'"#, &["a", r#"b"c\d\"#, "e f", r"\"]),
            ("a #b c#d", &["a", "#b", "c#d"]),
            ("a | b > $c; *", &["a", "|", "b", ">", "$c;", "*"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_named() {
        for (text, what) in [
            ("a 'b", "has a ' that is not closed"),
            ("a \"b\\\"", "has a \" that is not closed"),
            ("a \\", "ends with a backslash"),
        ] {
            let error = split(text).unwrap_err().to_string();
            assert!(error.ends_with(what), "{error}");
        }
    }
}
