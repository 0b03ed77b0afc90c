//! What Ansible accepts as a network address: `name`, `name:port`, IPv4 and IPv6, each with ranges.

/// Returns the host and the port of an address, or `None` if it is invalid.
///
/// The host may contain ranges such as `[1:3]`. An IPv6 address has a port only as
/// `[address]:port`.
pub(super) fn parse(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match bracketed(text) {
        Some((inner, port)) => match before_port(inner) {
            Some((host, port)) => (host, Some(port)),
            None => (inner, Some(port)),
        },
        None => match before_port(text) {
            Some((host, port)) => (host, Some(port)),
            None => (without_brackets(text), None),
        },
    };
    let port = match port {
        None => None,
        Some(digits) => Some(digits.parse().ok()?),
    };
    (is_ipv4(host) || is_ipv6(host) || is_hostname(host)).then_some((host, port))
}

/// `[host]:port`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (inner, port) = text.strip_prefix('[')?.rsplit_once("]:")?;
    (!inner.is_empty() && is_number(port)).then_some((inner, port))
}

/// `[IPv6]`, as in URLs; any other brackets are a range.
fn without_brackets(text: &str) -> &str {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inner.filter(|inner| is_ipv6(inner)).unwrap_or(text)
}

/// `host:port`, if there is no other colon outside of brackets.
fn before_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let plain = split_outside_brackets(host, ':')?.len() == 1;
    (plain && is_number(port)).then_some((host, port))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits `text` at the separators outside of brackets, or returns `None` if the brackets do not
/// match.
fn split_outside_brackets(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut inside) = (0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '[' | ']' if inside == (letter == '[') => return None,
            '[' | ']' => inside = !inside,
            _ if letter == separator && !inside => {
                parts.push(text.get(start..at)?);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!inside).then_some(parts)
}

/// `[begin:end]` or `[begin:end:step]`, with `bound` deciding which begin and end are valid.
fn is_range(text: &str, bound: impl Fn(&str) -> bool) -> bool {
    let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return false;
    };
    match *inner.split(':').collect::<Vec<_>>() {
        [begin, end] => bound(begin) && bound(end),
        [begin, end, step] => bound(begin) && bound(end) && is_number(step),
        _ => false,
    }
}

fn is_ipv4(text: &str) -> bool {
    let part = |part: &&str| {
        let number = is_number(part) && part.len() <= 3;
        is_range(part, is_number) || number && part.parse::<u16>().is_ok_and(|value| value < 256)
    };
    split_outside_brackets(text, '.')
        .is_some_and(|parts| parts.len() == 4 && parts.iter().all(part))
}

fn is_ipv6(text: &str) -> bool {
    // The interface of a link-local address, such as fe80::1%eth0.
    if let Some((address, zone)) = text.split_once('%') {
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
        return !zone.is_empty() && zone.bytes().all(plain) && is_ipv6(address);
    }
    let hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let part = |part: &&str| is_range(part, hexadecimal) || hexadecimal(part) && part.len() <= 4;
    if let Some((front, dotted)) = text.rsplit_once(':')
        && dotted.contains('.')
    {
        let mapped = ["0:0:0:0:0:0", ":", "::ffff", "0:0:0:0:0:ffff"];
        return mapped.contains(&front.to_ascii_lowercase().as_str()) && is_ipv4(dotted);
    }
    let Some(parts) = split_outside_brackets(text, ':') else {
        return false;
    };
    // `::` becomes one empty part, two at an end, or three on its own.
    let gap = parts.iter().position(|part| part.is_empty());
    let Some(gap) = gap else {
        return parts.len() == 8 && parts.iter().all(part);
    };
    let (left, rest) = parts.split_at(gap);
    let right = match (gap, rest) {
        (0, ["", "", ""]) | (1.., ["", ""]) => &[],
        (0, ["", "", right @ ..]) | (1.., ["", right @ ..]) if !right.is_empty() => right,
        _ => return false,
    };
    let few = left.len() <= 6 && right.len() <= 6 && left.len() + right.len() <= 7;
    few && left.iter().chain(right).all(part)
}

/// Labels of letters, digits, `_`, `-` and ranges; none may start with `-` or end with `-` or `_`.
fn is_hostname(text: &str) -> bool {
    split_outside_brackets(text, '.').is_some_and(|labels| labels.into_iter().all(is_label))
}

fn is_label(label: &str) -> bool {
    let letter = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_alphabetic());
    let range = |text: &str| is_range(text, letter) || is_range(text, is_number);
    let good_ends = !label.is_empty() && !label.starts_with('-') && !label.ends_with(['-', '_']);
    let mut rest = label;
    while let Some(first) = rest.chars().next() {
        let length = if first == '[' {
            let end = rest.find(']').map_or(rest.len(), |end| end + 1);
            if !rest.get(..end).is_some_and(range) {
                return false;
            }
            end
        } else if first.is_alphanumeric() || first == '_' || first == '-' {
            first.len_utf8()
        } else {
            return false;
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    good_ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for (text, expected) in [
            ("web1", Some(("web1", None))),
            ("web1:2222", Some(("web1", Some(2222)))),
            (
                "web[01:10:2].example.com:22",
                Some(("web[01:10:2].example.com", Some(22))),
            ),
            ("n[a:C]", Some(("n[a:C]", None))),
            ("192.0.2.[1:9]", Some(("192.0.2.[1:9]", None))),
            ("[::1]:22", Some(("::1", Some(22)))),
            ("[web1]:22", Some(("web1", Some(22)))),
            ("::", Some(("::", None))),
            ("fe80::", Some(("fe80::", None))),
            ("fe80::1", Some(("fe80::1", None))),
            ("2001:db8:0:0:0:0:0:1", Some(("2001:db8:0:0:0:0:0:1", None))),
            ("::ffff:192.0.2.1", Some(("::ffff:192.0.2.1", None))),
            ("1:2:3:4:5:6:7::", None),
            ("1::2::3", None),
            (":1", None),
            ("web:db", None),
            ("web:99999", None),
            ("-web", None),
            ("web-", None),
            ("_web", Some(("_web", None))),
            ("web_", None),
            ("web*", None),
            ("web[0]", None),
            ("web[1:x]", None),
            ("web..com", None),
            ("", None),
            ("[::1]", Some(("::1", None))),
            ("[2001:db8::1]", Some(("2001:db8::1", None))),
            ("[fe80::1%eth0]:22", Some(("fe80::1%eth0", Some(22)))),
            ("fe80::1%eth0", Some(("fe80::1%eth0", None))),
            ("fe80::1%", None),
            ("web%eth0", None),
            ("[1:3]", Some(("[1:3]", None))),
            ("[a:f]", Some(("[a:f]", None))),
            ("[web1]", None),
            ("[]", None),
            ("käse", Some(("käse", None))),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
