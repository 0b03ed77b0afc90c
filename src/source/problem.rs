//! A mistake of the user's, with its place and a help.

use super::{Place, printable};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::HashSet;
use std::fmt;

/// The result of reading or validating the user's files.
pub type Result<T> = std::result::Result<T, Problems>;

/// A mistake of the user's: what is wrong, where, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One line without a final period, such as `no module named "fiel"`.
    pub message: String,
    /// Where it is; shown with the line itself.
    pub place: Option<Place>,
    /// The label under the marked text, such as `expected a list`.
    pub label: String,
    /// Further places that explain it, each with a label.
    pub related: Vec<(Place, String)>,
    /// How to fix it, one line each, such as `did you mean "file"?`.
    pub help: Vec<String>,
}

impl Problem {
    /// Returns a problem at `place`.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place.clone()),
            ..Self::new(message)
        }
    }

    /// Returns a problem without a place in a file.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Sets the label under the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a line of help, if there is one.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help.extend(help.into());
        self
    }

    /// Adds another place that explains the problem.
    #[must_use]
    pub fn related(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.related.push((place.clone(), label.into()));
        self
    }

    /// Returns the problem as cargo would show it, coloured if asked for.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&self.report(Level::ERROR))
    }

    fn report<'a>(&'a self, level: Level<'a>) -> Vec<Group<'a>> {
        let title = level.primary_title(printable(&self.message));
        let mut group = match &self.place {
            None => Group::with_title(title),
            Some(place) if place.file.is_secret => title.element(origin(place)),
            Some(place) => title.element(
                Snippet::source(place.file.text.as_str())
                    .path(printable(&place.file.shown().to_string()).into_owned())
                    .annotation(
                        AnnotationKind::Primary
                            .span(place.range.clone())
                            .label(printable(&self.label)),
                    )
                    .annotations(
                        self.related
                            .iter()
                            .filter(|(other, _)| other.file == place.file)
                            .map(|(other, label)| {
                                AnnotationKind::Context
                                    .span(other.range.clone())
                                    .label(printable(label))
                            }),
                    ),
            ),
        };
        for help in &self.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        let elsewhere = self
            .related
            .iter()
            .filter(|(other, _)| {
                self.place
                    .as_ref()
                    .is_none_or(|place| place.file != other.file)
            })
            .map(|(other, label)| {
                let title = Level::NOTE.secondary_title(printable(label));
                if other.file.is_secret {
                    return title.element(origin(other));
                }
                title.element(
                    Snippet::source(other.file.text.as_str())
                        .path(printable(&other.file.shown().to_string()).into_owned())
                        .annotation(AnnotationKind::Context.span(other.range.clone())),
                )
            });
        std::iter::once(group).chain(elsewhere).collect()
    }
}

/// Returns where a place is, without a line of its file.
fn origin(place: &Place) -> Origin<'static> {
    Origin::path(printable(&place.file.shown().to_string()).into_owned())
        .line(place.line())
        .char_column(place.column())
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(formatter, "{place}: ")?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// One or more problems, in the order they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Returns `value` if no problem was found.
    pub fn or<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// Collects the problems of a failed result, or returns the value of a good one.
    pub fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problems) => {
                self.0.extend(problems.0);
                None
            }
        }
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Removes duplicates: something used twice is reported twice.
    #[must_use]
    pub fn once(mut self) -> Self {
        let mut seen = HashSet::new();
        self.0.retain(|problem| {
            let place = problem.place.as_ref();
            let place = place.map(|place| (place.file.path.clone(), place.range.start));
            seen.insert((place, problem.message.clone()))
        });
        self
    }

    /// Returns all of them as cargo would show them, a blank line between two.
    pub fn render(&self, colour: bool) -> String {
        let shown: Vec<_> = self
            .0
            .iter()
            .map(|problem| problem.render(colour))
            .collect();
        shown.join("\n\n")
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;
    use proptest::prelude::*;

    /// Every kind of character that a terminal or an editor treats specially.
    fn hostile() -> impl Strategy<Value = String> {
        let special = prop::sample::select(vec![
            "\u{a0}",
            "\u{2018}",
            "\u{ff0c}",
            "\u{301}",
            "\u{200b}",
            "\u{200d}",
            "\u{202e}",
            "\u{feff}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{7aef}",
            "\t",
            "\r",
            "\r\n",
            "\n",
            "\u{85}",
            "\u{2028}",
            "\u{b}",
            "\u{c}",
            "\0",
            "\u{1b}[2J",
            "{% x",
            "\u{10ffff}",
            " ",
        ]);
        let piece = prop_oneof![special.prop_map(str::to_owned), ".", "[a-z]{0,9}"];
        prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_problem_can_be_drawn(
            texts in (hostile(), hostile(), hostile()),
            ranges in prop::array::uniform4(0_usize..90),
        ) {
            let (text, message, label) = texts;
            let file = SourceFile::new("x.yml", text);
            let place = |from, to| Place::new(&file, from..to);
            let [a, b, c, d] = ranges;
            let problem = Problem::at(&place(a, b), message.as_str())
                .label(label.as_str())
                .help(label)
                .related(&place(c, d), message);
            for colour in [false, true] {
                let drawn = problem.render(colour);
                let escapes = drawn.contains('\x1b');
                prop_assert!(colour || !escapes, "{drawn:?}");
            }
        }
    }

    #[test]
    fn a_very_long_line_is_drawn_in_part() {
        let text = "\u{7aef} ".repeat(1_000_000);
        let file = SourceFile::new("x.yml", text);
        let drawn = Problem::at(&Place::new(&file, 2_000_000..2_000_001), "wrong").render(false);
        assert!(drawn.len() < 1000, "{} bytes", drawn.len());
    }
}
