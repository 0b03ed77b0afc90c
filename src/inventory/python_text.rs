//! Python string literals: `'a'`, `"a\n"`, `r'a'`, `'''a'''`, `'a' 'b'`.

/// Returns the text at the start of `source`, and the rest; adjacent literals are concatenated.
pub(super) fn read(source: &str) -> Option<(String, &str)> {
    let mut joined = String::new();
    let mut rest = source;
    loop {
        let (prefix, quoted) = rest.split_at_checked(rest.find(['\'', '"'])?)?;
        let raw = match prefix.to_ascii_lowercase().as_str() {
            "" | "u" | "b" => false,
            "r" | "br" | "rb" => true,
            _ => return None,
        };
        rest = read_one(quoted, raw, &mut joined)?;
        let next = rest.trim_start_matches([' ', '\t']);
        let after = next.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        if !after.starts_with(['\'', '"']) {
            return Some((joined, rest));
        }
        rest = next;
    }
}

/// Appends the first quoted text to `out`, and returns the rest.
fn read_one<'a>(quoted: &'a str, raw: bool, out: &mut String) -> Option<&'a str> {
    let quote = ["'''", "\"\"\"", "'", "\""]
        .into_iter()
        .find(|quote| quoted.starts_with(quote))?;
    let mut rest = quoted.strip_prefix(quote)?;
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            return Some(after);
        }
        let mut letters = rest.chars();
        let letter = letters.next()?;
        rest = letters.as_str();
        if letter != '\\' {
            out.push(letter);
        } else if raw {
            out.push('\\');
            out.push(letters.next()?);
            rest = letters.as_str();
        } else {
            rest = escape(rest, out)?;
        }
    }
}

/// Appends the meaning of an escape to `out`, and returns the rest.
fn escape<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    let mut letters = rest.chars();
    let letter = letters.next()?;
    let (digits, radix) = match letter {
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        '0'..='7' => {
            let octal = rest
                .bytes()
                .take(3)
                .take_while(|byte| (b'0'..=b'7').contains(byte));
            (octal.count(), 8)
        }
        _ => {
            match simple_escape(letter) {
                Some(meant) => out.push(meant),
                None => out.extend(['\\', letter]),
            }
            return Some(letters.as_str());
        }
    };
    let code = if radix == 8 { rest } else { letters.as_str() };
    let (code, after) = code.split_at_checked(digits)?;
    out.push(char::from_u32(u32::from_str_radix(code, radix).ok()?)?);
    Some(after)
}

fn simple_escape(letter: char) -> Option<char> {
    Some(match letter {
        '\\' | '\'' | '"' => letter,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}
