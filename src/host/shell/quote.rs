//! Quoting: the only place where text becomes part of a shell's program.

/// Quotes one word of a request: the shell sees exactly the text, which may be anything without
/// NUL.
///
/// A request is one line, so a newline is written as `"$rmq_nl"`, which `core.sh` sets.
pub(super) fn quote(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for character in text.chars() {
        match character {
            '\'' => word.push_str(r"'\''"),
            '\n' => word.push_str("'\"$rmq_nl\"'"),
            other => word.push(other),
        }
    }
    word.push('\'');
    word
}

/// Quotes one word of a shell text that may have several lines, such as one for another shell. To
/// become part of a request, such a text is quoted by [`quote`] itself.
pub fn quote_lines(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Returns bytes as the argument of `printf %b`, in printable ASCII without `'`: so it can be put
/// between single quotes, and even NUL and invalid UTF-8 get through.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' if byte != b'\'' => text.push(char::from(byte)),
            _ => text.extend(["\\0", &format!("{byte:03o}")]),
        }
    }
    text
}

/// Quotes a word for the command line of the login shell, whichever that is; `None` if no quoting
/// means the same to sh, csh and fish.
pub(super) fn quote_for_login_shell(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/.,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    let odd = |c: char| !(' '..='~').contains(&c) || c == '!' || c == '\\';
    (!text.contains(odd)).then(|| format!("'{}'", text.replace('\'', r"'\''")))
}

/// Returns a sh program that does the same as `program` without using `$`: `sudo -i` and `sudo -s`
/// leave that character, and no other, to an intermediate shell. `program` must have single spaces
/// and none of `'^@~*?[`.
pub(super) fn without_dollars(program: &str) -> String {
    // In ASCII, `$` is between # and %.
    let program = program.replace('$', "@");
    format!("eval `echo '{program}' | tr '^@~' '#-%'`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_stays_one_line() {
        assert_eq!(quote("it's\na \\"), "'it'\\''s'\"$rmq_nl\"'a \\'");
        assert_eq!(escape(b"it's\n\0\xff\\"), "it\\0047s\\n\\0000\\0377\\\\");
    }

    #[test]
    fn a_login_shell_gets_only_what_all_of_them_read_alike() {
        assert_eq!(quote_for_login_shell("/bin/sh").unwrap(), "/bin/sh");
        assert_eq!(quote_for_login_shell("a b'c").unwrap(), r"'a b'\''c'");
        assert_eq!(quote_for_login_shell("what!"), None);
        assert_eq!(quote_for_login_shell("a\nb"), None);
    }
}
