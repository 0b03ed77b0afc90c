//! Quoting: the only place where text becomes part of a shell's program.

/// Returns one word of a request: whatever the text holds (NUL aside), the shell sees just that.
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

/// Returns one word of a shell text that may have several lines, such as one for another shell.
/// Such a text is itself quoted by [`quote`] to become part of a request.
pub(super) fn quote_lines(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Returns bytes as the argument of `printf %b`, in printable ASCII without `'`: so it may stand
/// between single quotes, and NUL and bytes that are no text pass too.
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

/// Returns a word of the command line that the login shell gets, whichever that is; `None` where
/// no writing is understood alike by sh, csh and fish.
pub(super) fn quote_for_login_shell(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/.,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    let odd = |c: char| !(' '..='~').contains(&c) || c == '!' || c == '\\';
    (!text.contains(odd)).then(|| format!("'{}'", text.replace('\'', r"'\''")))
}

/// Returns a program of sh that does the same as `program` and has no `$`: `sudo -i` and `sudo -s`
/// leave that character, and no other, to a shell in between. `program` has single blanks and
/// none of `'^@~*?[`.
pub(super) fn without_dollars(program: &str) -> String {
    // In the order of ASCII, `$` is between # and %.
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
