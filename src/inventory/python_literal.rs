//! Python literals as used in INI inventories: `5`, `True`, `['a', 1]`, `80,443`.

use super::python_text;
use crate::source::Place;
use crate::yaml::{Data, Node};

/// How deep brackets may nest, as in Python.
const DEPTH: usize = 200;

/// Parses a Python literal, with tuples and sets as lists. Returns `None` if the text is not a
/// literal and means itself.
pub(super) fn parse(text: &str, place: &Place) -> Option<Data> {
    let mut parser = Parser {
        rest: text.trim_start_matches([' ', '\t']),
        place,
        depth: 0,
    };
    let data = parser.items_or_one("")?;
    parser.skip_blanks();
    (parser.rest.is_empty() || parser.rest.starts_with('#')).then_some(data)
}

struct Parser<'a> {
    rest: &'a str,
    place: &'a Place,
    depth: usize,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\x0c']);
    }

    /// Skips spaces and takes `token` if it comes next.
    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn node(&self, data: Data) -> Node {
        Node {
            data,
            place: self.place.clone(),
        }
    }

    /// Parses `1` or `1, 2` up to `end`: a tuple needs no brackets if it is the whole text.
    fn items_or_one(&mut self, end: &str) -> Option<Data> {
        let first = self.value()?;
        if !self.take(",") {
            return (end.is_empty() || self.take(end)).then_some(first);
        }
        let mut items = vec![self.node(first)];
        loop {
            self.skip_blanks();
            let over = if end.is_empty() {
                self.rest.is_empty() || self.rest.starts_with('#')
            } else {
                self.take(end)
            };
            if over {
                return Some(Data::List(items));
            }
            let item = self.value()?;
            items.push(self.node(item));
            if !self.take(",") {
                return (end.is_empty() || self.take(end)).then_some(Data::List(items));
            }
        }
    }

    fn value(&mut self) -> Option<Data> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        self.skip_blanks();
        let data = match self.rest.chars().next()? {
            '(' | '[' => self.list()?,
            '{' => self.map_or_set()?,
            '\'' | '"' => self.text()?,
            '+' => {
                self.take("+");
                self.number(false)?
            }
            '-' => {
                self.take("-");
                self.number(true)?
            }
            '.' if self.take("...") => Data::Text("...".into()),
            '0'..='9' | '.' => self.number(false)?,
            _ => self.word()?,
        };
        self.depth -= 1;
        Some(data)
    }

    fn list(&mut self) -> Option<Data> {
        if self.take("(") {
            return if self.take(")") {
                Some(Data::List(Vec::new()))
            } else {
                self.items_or_one(")")
            };
        }
        self.take("[");
        let mut items = Vec::new();
        while !self.take("]") {
            let item = self.value()?;
            items.push(self.node(item));
            if !self.take(",") {
                return self.take("]").then_some(Data::List(items));
            }
        }
        Some(Data::List(items))
    }

    /// Parses `{a: 1}`, or `{1, 2}`, which becomes a list without duplicates.
    fn map_or_set(&mut self) -> Option<Data> {
        self.take("{");
        let mut entries: Vec<(Node, Option<Node>)> = Vec::new();
        while !self.take("}") {
            let key = self.value()?;
            if matches!(key, Data::Map(_) | Data::List(_)) {
                return None;
            }
            let value = if self.take(":") {
                Some(self.value()?)
            } else {
                None
            };
            let entry = (self.node(key), value.map(|value| self.node(value)));
            match entries.iter_mut().find(|(key, _)| key.data == entry.0.data) {
                Some(same) => *same = entry,
                None => entries.push(entry),
            }
            if !self.take(",") {
                if self.take("}") {
                    break;
                }
                return None;
            }
        }
        if entries.iter().any(|(_, value)| value.is_none()) {
            let set = entries.iter().all(|(_, value)| value.is_none());
            return set.then(|| Data::List(entries.into_iter().map(|(key, _)| key).collect()));
        }
        let pairs = entries
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        Some(Data::Map(pairs.collect()))
    }

    /// Parses `True`, `False`, `None`, or a text with a prefix such as `u'…'`.
    fn word(&mut self) -> Option<Data> {
        let rest = self.rest;
        let end = rest
            .find(|letter: char| !is_name(letter))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        if after.starts_with(['\'', '"']) {
            return self.text();
        }
        self.rest = after;
        match word {
            "True" => Some(Data::Bool(true)),
            "False" => Some(Data::Bool(false)),
            "None" => Some(Data::Null),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<Data> {
        let (text, rest) = python_text::read(self.rest)?;
        self.rest = rest;
        Some(Data::Text(text.into()))
    }

    fn number(&mut self, negative: bool) -> Option<Data> {
        self.skip_blanks();
        let mut end = 0;
        let mut before = ' ';
        for letter in self.rest.chars() {
            let exponent_sign = matches!(letter, '+' | '-')
                && matches!(before, 'e' | 'E')
                && !self.rest.starts_with("0x")
                && !self.rest.starts_with("0X");
            if !is_name(letter) && letter != '.' && !exponent_sign {
                break;
            }
            end += letter.len_utf8();
            before = letter;
        }
        let (token, after) = self.rest.split_at_checked(end)?;
        self.rest = after;
        let data = number(token)?;
        Some(match data {
            Data::Integer(value) if negative => Data::Integer(-value),
            Data::Float(value) if negative => Data::Float(-value),
            other => other,
        })
    }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Parses a number; one too large for an integer stays text.
fn number(token: &str) -> Option<Data> {
    if token.starts_with('_') || token.ends_with('_') || token.contains("__") {
        return None;
    }
    let plain = token.replace('_', "");
    let lower = plain.to_ascii_lowercase();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix {
        let valid = digits.chars().all(|digit| digit.is_digit(radix));
        return valid.then(|| i64::from_str_radix(digits, radix).ok().map(Data::Integer))?;
    }
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        let padded = plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0');
        return if padded {
            None
        } else {
            plain.parse().ok().map(Data::Integer)
        };
    }
    let decimal = plain
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    decimal.then(|| plain.parse().ok().map(Data::Float))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;
    use proptest::prelude::*;

    fn shown(text: &str) -> Option<String> {
        let place = Place::start_of(&SourceFile::new("hosts", text));
        let data = parse(text, &place)?;
        Some(Node { data, place }.to_value().to_string())
    }

    /// The expected values are those of Python's `ast.literal_eval`.
    #[test]
    fn literals_are_read_as_in_python() {
        for (text, expected) in [
            ("5", "5"),
            ("-5", "-5"),
            ("+ 5", "5"),
            ("1_000", "1000"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.10", "1.1"),
            ("1e3", "1000.0"),
            ("1E-2", "0.01"),
            ("5 # five", "5"),
            ("True", "True"),
            ("None", "None"),
            ("...", "..."),
            ("'a' \"b\"", "ab"),
            (r"'\x41\u00e9\101\q\n'", "A\u{e9}A\\q\n"),
            (r"r'a\n'", r"a\n"),
            ("b'a'", "a"),
            ("'''a'b'''", "a'b"),
            ("1, 2,", "[1, 2]"),
            ("(1)", "1"),
            ("()", "[]"),
            ("[1, 'a', None, True, (2,)]", "[1, 'a', None, True, [2]]"),
            ("{1, 2, 1}", "[1, 2]"),
            ("{'a': {'b': 1}, 'a': 2}", "{'a': 2}"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_stands_for_itself() {
        for text in [
            "",
            "yes",
            "true",
            "a b",
            "0777",
            "10ms",
            "192.168.1.1",
            "1__0",
            "1_",
            "--5",
            "1 + 2",
            "-True",
            "'a",
            "f'a'",
            "[1 2]",
            "[,]",
            "{'a'",
            "{'a': 1, 2}",
            "{{ x }}",
            "{{ 5 }}",
            "'a' b",
            "99999999999999999999",
            r"'\ud800'",
            "5j",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(shown(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_literal_or_none(text in r#"[\[\](){}'",:#\\xu0-9a-fTrue.+_ é-]{0,24}"#) {
            let _ = shown(&text);
        }

        #[test]
        fn a_text_in_quotes_is_itself(text in "[a-z{}#= é]{0,16}") {
            prop_assert_eq!(shown(&format!("'{text}'")), Some(text));
        }
    }
}
