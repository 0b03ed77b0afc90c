//! Java's properties files, as brokers read and write them.

use std::collections::BTreeMap;

/// Parses a properties file: `name=value` lines; `#` and `!` begin comments; `\` escapes, or
/// continues on the next line. The last duplicate counts. Spaces at the end of a value are kept.
pub(super) fn read(text: &str) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::new();
    let mut lines = text.split(['\n', '\r']);
    while let Some(first) = lines.next() {
        let mut line = start(first).to_owned();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        while is_continued(&line) {
            line.pop();
            let Some(next) = lines.next() else { break };
            line.push_str(start(next));
        }
        let end = end_of_name(&line);
        let (name, rest) = line.split_at(end);
        let rest = start(rest);
        let value = rest.strip_prefix(['=', ':']).map_or(rest, start);
        properties.insert(unescaped(name), unescaped(value));
    }
    properties
}

fn start(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '\u{c}'])
}

/// Whether a line ends with an odd number of backslashes.
fn is_continued(line: &str) -> bool {
    let kept = line.trim_end_matches('\\');
    (line.len() - kept.len()) % 2 == 1
}

fn end_of_name(line: &str) -> usize {
    let mut is_escaped = false;
    for (index, c) in line.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '=' | ':' | ' ' | '\t' | '\u{c}' => return index,
            _ => {}
        }
    }
    line.len()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                plain.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn files_are_read_as_java_reads_them() {
        let text = "# comment\n\n! another\nbrokerName=broker-a\nbrokerId = 0 \nname:value\n\
                    namesrvAddr=a:9876;b:9876\npath=C\\:\\\\data\nlong=one \\\n   two\nalone\r\n\
                    brokerName=broker-b\nü=\\u00fc";
        let expected = [
            ("alone", ""),
            ("brokerId", "0 "),
            ("brokerName", "broker-b"),
            ("long", "one two"),
            ("name", "value"),
            ("namesrvAddr", "a:9876;b:9876"),
            ("path", "C:\\data"),
            ("ü", "ü"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read(text), BTreeMap::from(expected));
    }

    proptest! {
        #[test]
        fn any_text_ends_without_a_panic(text in "(\\PC|[\\\\=: \n\r#u0-9])*") {
            let _ = read(&text);
        }
    }
}
