//! Ranges in host names: `web[01:10:2]`, `db-[a:f]`.

/// How many hosts a pattern may expand to; more is surely a mistake.
const LIMIT: usize = 100_000;

/// How many digits the numbers of a range may have.
const MOST_DIGITS: usize = 20;

/// Returns the names that a pattern expands to, in order: the pattern itself if it has no range,
/// and nothing if a range runs backwards. An error says what is wrong with it.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((head, tail)) = rest.split_once('[') {
        let Some((range, tail)) = tail.split_once(']') else {
            return Err("a [ has no ]".to_owned());
        };
        let items = items(range)?;
        if names.len().saturating_mul(items.len()) > LIMIT {
            return Err(format!("it matches more than {LIMIT} hosts"));
        }
        names = names
            .iter()
            .flat_map(|name| items.iter().map(move |item| format!("{name}{head}{item}")))
            .collect();
        rest = tail;
    }
    if rest.len() < pattern.len() && rest.contains(']') {
        return Err("a ] has no [".to_owned());
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// Expands a range (`begin:end` or `begin:end:step`).
fn items(range: &str) -> Result<Vec<String>, String> {
    let (begin, end, step) = match *range.split(':').collect::<Vec<_>>() {
        [begin, end] => (begin, end, "1"),
        [begin, end, step] => (begin, end, step),
        _ => {
            return Err(format!(
                "[{range}] is neither [begin:end] nor [begin:end:step]"
            ));
        }
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err(format!("[{range}] has no end"));
    }
    let step = match number(step) {
        Some(step) if step > 0 => step,
        _ => return Err(format!("the step of [{range}] is not a number above 0")),
    };
    if let (Some(first), Some(last)) = (letter_index(begin), letter_index(end)) {
        if first > last {
            return Err(format!("[{range}] runs backwards"));
        }
        let letters = letters().skip(first).take(last - first + 1).step_by(step);
        return Ok(letters.map(String::from).collect());
    }
    let (Some(first), Some(last)) = (number(begin), number(end)) else {
        return Err(format!(
            "the ends of [{range}] are neither two numbers nor two letters"
        ));
    };
    let width = if begin.starts_with('0') && begin.len() > 1 {
        begin.len()
    } else {
        0
    };
    if width > MOST_DIGITS {
        return Err(format!(
            "the numbers of a range have at most {MOST_DIGITS} digits"
        ));
    }
    if width > 0 && width != end.len() {
        return Err(format!("the ends of [{range}] differ in length"));
    }
    if last.saturating_sub(first) / step >= LIMIT {
        return Err(format!("it matches more than {LIMIT} hosts"));
    }
    Ok((first..=last)
        .step_by(step)
        .map(|value| format!("{value:0width$}"))
        .collect())
}

fn number(text: &str) -> Option<usize> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// The order of letters in Ansible: lower case before upper case.
fn letters() -> impl Iterator<Item = char> {
    ('a'..='z').chain('A'..='Z')
}

fn letter_index(text: &str) -> Option<usize> {
    letters().position(|letter| text.chars().eq([letter]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_stand_for_names() {
        for (pattern, expected) in [
            ("web", "web"),
            ("host[01:10:3]", "host01 host04 host07 host10"),
            ("x[8:11]", "x8 x9 x10 x11"),
            ("n[a:c].lab", "na.lab nb.lab nc.lab"),
            ("n[y:B]", "ny nz nA nB"),
            ("n[a:e:2]", "na nc ne"),
            ("r[1:2]c[a:b]", "r1ca r1cb r2ca r2cb"),
            ("w[:2]", "w0 w1 w2"),
            ("w[00:2]", "error: the ends of [00:2] differ in length"),
            ("w[0:10:5]", "w0 w5 w10"),
            ("w[098:101]", "w098 w099 w100 w101"),
            ("w[5:1]", ""),
            ("w[c:a]", "error: [c:a] runs backwards"),
            ("w[1:]", "error: [1:] has no end"),
            (
                "w[1]",
                "error: [1] is neither [begin:end] nor [begin:end:step]",
            ),
            (
                "w[1:2:0]",
                "error: the step of [1:2:0] is not a number above 0",
            ),
            (
                "w[1:b]",
                "error: the ends of [1:b] are neither two numbers nor two letters",
            ),
            ("w[1:2", "error: a [ has no ]"),
            ("w[1:2]]", "error: a ] has no ["),
            ("w[0:999999999]", "error: it matches more than 100000 hosts"),
            (
                "w[0:999][0:999]",
                "error: it matches more than 100000 hosts",
            ),
        ] {
            let got = match expand(pattern) {
                Ok(names) => names.join(" "),
                Err(message) => format!("error: {message}"),
            };
            assert_eq!(got, expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(pattern in r"[a-c\[\]:0-9|é-]{0,24}") {
            let _ = expand(&pattern);
        }

        #[test]
        fn a_range_of_numbers_has_as_many_names_as_it_says(
            first in 0_usize..2000, count in 0_usize..50, step in 1_usize..9,
        ) {
            let names = expand(&format!("h[{first}:{}:{step}]", first + count)).unwrap();
            prop_assert_eq!(names.len(), count / step + 1);
            prop_assert_eq!(&names[0], &format!("h{first}"));
        }

        #[test]
        fn padded_numbers_are_equally_long(first in 0_usize..50, last in 50_usize..1000) {
            let names = expand(&format!("h[{first:04}:{last:04}]")).unwrap();
            prop_assert!(names.iter().all(|name| name.len() == 5));
        }
    }
}
