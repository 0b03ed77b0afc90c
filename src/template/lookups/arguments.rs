//! Arguments inside a term: `key name=value other="a b"`.

/// Returns the words that are not `name=value`, joined by spaces, and the named values.
pub(super) fn parse(term: &str) -> (String, Vec<(String, String)>) {
    let mut plain = Vec::new();
    let mut named = Vec::new();
    for word in words(term) {
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() && !name.contains(['"', '\'']) => {
                named.push((name.to_owned(), unquoted(value).to_owned()));
            }
            _ => plain.push(word),
        }
    }
    (plain.join(" "), named)
}

/// Splits at spaces outside of quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for character in text.chars() {
        match quote {
            None if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(character, '"' | '\'') => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ => {}
        }
        word.push(character);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_values_may_be_quoted() {
        let (plain, named) = parse("a key file=x.csv delimiter=' ' t=\"a b\"");
        assert_eq!(plain, "a key");
        let named: Vec<_> = named
            .iter()
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        assert_eq!(named, ["file:x.csv", "delimiter: ", "t:a b"]);
    }
}
