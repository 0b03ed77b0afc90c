//! Where the mistake in a text is that is not YAML.

use crate::source::{Place, Problem, SourceFile};
use crate::value;
use granit_parser::{ErrorKind, Marker, Parser, ScanError};
use std::sync::Arc;

/// How many letters a comment must have for the scanner to hand everything before it to the parser: it keeps what may
/// be a key until it has read 1,024 letters more.
const AHEAD: usize = 1100;

/// Returns the problem that `error` stands for, at the first mistake of the file.
///
/// The scanner reads ahead of the parser, to the end of a text in quotes at least, so that it may fail lines after
/// the mistake that only the parser notices.
pub(super) fn problem(file: &Arc<SourceFile>, error: &ScanError) -> Problem {
    let read = format!("{} #{}\n", before(file, error.marker()), "x".repeat(AHEAD));
    let earlier = failure(&read).filter(|earlier| {
        is_of_the_parser(earlier.kind())
            && offset(file, earlier.marker()) < offset(file, error.marker())
    });
    let error = earlier.as_ref().unwrap_or(error);
    // The parser's own limit is slightly deeper than ours.
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return Problem::at(&place(file, error.marker()), value::too_deep());
    }
    let at = place(file, error.marker());
    let problem = Problem::at(&at, format!("this is not YAML: {}", error.info()));
    let problem = match opening(file, error) {
        Some((opened, label)) if opened.line() < at.line() => problem.related(&opened, label),
        _ => problem,
    };
    let line = file.text.lines().nth(at.line().saturating_sub(1));
    let line = line.unwrap_or_default();
    problem
        .help(
            line.contains("{{")
                .then(|| "a value that starts with {{ must be quoted: \"{{ … }}\"".to_owned()),
        )
        .help(
            line.starts_with('\t')
                .then(|| "indent with spaces, not tabs".to_owned()),
        )
}

/// Returns whether the parser made the error of a token that it did not expect, which no text after it excuses.
fn is_of_the_parser(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedNodeContent
    )
}

/// Returns the quote or bracket whose end was missed where the error is, and what to say of it.
fn opening(file: &Arc<SourceFile>, error: &ScanError) -> Option<(Place, &'static str)> {
    let text = before(file, error.marker());
    let in_quotes = matches!(
        error.kind(),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar
    );
    let text = if in_quotes {
        // Without its closing quote, the text in quotes is one that never ends.
        text.get(..text.rfind(['\'', '"'])?)?
    } else {
        text
    };
    let open = failure(text)?;
    let label = match open.kind() {
        ErrorKind::UnclosedQuotedScalar if in_quotes => "the text in quotes starts here",
        ErrorKind::UnclosedFlowCollection { .. } if !in_quotes => "this bracket is still open",
        _ => return None,
    };
    Some((place(file, open.marker()), label))
}

/// Returns the first error in `text`.
fn failure(text: &str) -> Option<ScanError> {
    Parser::new_from_str(text).find_map(Result::err)
}

fn before<'a>(file: &'a SourceFile, marker: &Marker) -> &'a str {
    file.text.get(..offset(file, marker)).unwrap_or_default()
}

fn place(file: &Arc<SourceFile>, marker: &Marker) -> Place {
    let offset = offset(file, marker);
    Place::new(file, offset..offset)
}

fn offset(file: &SourceFile, marker: &Marker) -> usize {
    marker.byte_offset().unwrap_or(0).min(file.text.len())
}

#[cfg(test)]
mod tests {
    use crate::source::SourceFile;
    use crate::yaml::read;

    #[test]
    fn the_first_mistake_of_a_file_is_shown_though_the_parser_reads_ahead() {
        for (text, expected, opened) in [
            // The quote after `}` starts a text that ends lines later.
            (
                "- {copy: src=a dest={{ w }}/b d='{\"a\": 1}', register: a}\n- {x: \"it's\"}\n- {y: 'z'}\n",
                "1:21: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'",
                None,
            ),
            (
                "- [a {b: 1} '\n- it's\n",
                "1:6: this is not YAML: while parsing a flow sequence, expected ',' or ']'",
                None,
            ),
            (
                "a: 'b\nc: 'd'\n",
                "2:5: this is not YAML: invalid trailing content after single-quoted scalar",
                Some("1:4 the text in quotes starts here"),
            ),
            (
                "a: [x, y\nb:\n  - 1\n",
                "2:2: this is not YAML: illegal placement of ':' indicator",
                Some("1:4 this bracket is still open"),
            ),
            (
                "a: 'it's'\n",
                "1:8: this is not YAML: invalid trailing content after single-quoted scalar",
                None,
            ),
        ] {
            let problem = read(&SourceFile::new("t", text)).unwrap_err();
            let problem = problem.0.first().unwrap();
            assert_eq!(problem.to_string(), format!("t:{expected}"), "{text}");
            let related = problem.related.first().map(|(place, label)| {
                format!("{} {label}", place.to_string().trim_start_matches("t:"))
            });
            assert_eq!(related.as_deref(), opened, "{text}");
        }
    }
}
