//! Inventories in INI form: `[group]`, `[group:vars]` and `[group:children]`.

use super::{Draft, address, python_literal, words};
use crate::source::{Place, Problem, Problems, Result, SourceFile, did_you_mean};
use crate::yaml::{Data, Node};
use indexmap::IndexMap;
use std::ops::Range;
use std::sync::Arc;

/// The meaning of a line.
pub(super) enum Line {
    /// `[group]`, `[group:vars]` or `[group:children]`.
    Section {
        group: String,
        kind: Kind,
        place: Place,
    },
    /// A host of the section's group, or a range of hosts, with variables.
    Host {
        pattern: String,
        variables: Vec<(Arc<str>, Node)>,
        place: Place,
    },
    /// A variable of the section's group.
    Variable { name: Arc<str>, value: Node },
    /// A child of the section's group.
    Child { name: String, place: Place },
    /// Something that is allowed but probably a mistake.
    Slip(Problem),
}

/// The kind of lines in a section.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Hosts.
    Hosts,
    /// Variables.
    Vars,
    /// Groups.
    Children,
}

/// Parses the lines of a file, or returns all its problems.
pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Vec<Line>> {
    let mut problems = Problems::default();
    let mut lines = Vec::new();
    let mut kind = Kind::Hosts;
    let mut start = 0;
    for text in file.text.split_inclusive('\n') {
        let line = text.trim();
        let at = start + text.len() - text.trim_start().len();
        start += text.len();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let reader = Reader { file, at, line };
        let read = if is_section(line) {
            reader.section().map(|section| {
                if let Line::Section { kind: new, .. } = &section {
                    kind = *new;
                }
                vec![section]
            })
        } else {
            match kind {
                Kind::Hosts => reader.host(),
                Kind::Vars => reader.variable().map(|line| vec![line]),
                Kind::Children => reader.child().map(|line| vec![line]),
            }
        };
        lines.extend(
            problems
                .take(read.map_err(Problems::from))
                .into_iter()
                .flatten(),
        );
    }
    problems.or(lines)
}

/// Returns whether all host names are plausible, to reject files in another format.
pub(super) fn has_plain_names(lines: &[Line]) -> bool {
    lines.iter().all(|line| match line {
        Line::Host { pattern, .. } => address::parse(pattern).is_some(),
        _ => true,
    })
}

/// Returns whether a line is a section header; `[::1]:22` and `[a:c]-host` are hosts.
pub(super) fn is_section(line: &str) -> bool {
    let rest = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    rest.is_some_and(|(_, after)| {
        let after = after.trim_start();
        after.is_empty() || after.starts_with(['#', ';'])
    })
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    /// Where the line starts in the file.
    at: usize,
    line: &'a str,
}

type Read<T> = std::result::Result<T, Problem>;

impl Reader<'_> {
    fn place(&self, range: Range<usize>) -> Place {
        Place::new(self.file, self.at + range.start..self.at + range.end)
    }

    fn problem(&self, range: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at(&self.place(range), message)
    }

    fn section(&self) -> Read<Line> {
        let end = self.line.find(']').unwrap_or(self.line.len());
        let inner = self.line.get(1..end).unwrap_or_default();
        let (group, kind) = inner.split_once(':').unwrap_or((inner, "hosts"));
        let place = self.place(1..1 + group.len());
        if group.is_empty() || group.contains(char::is_whitespace) {
            let message = format!("\"{group}\" is not a group name");
            return Err(Problem::at(&place, message).help("remove the spaces".to_owned()));
        }
        let kind = match kind {
            "hosts" => Kind::Hosts,
            "vars" => Kind::Vars,
            "children" => Kind::Children,
            other => {
                let message = format!("a group has no section \"{other}\"");
                return Err(self
                    .problem(2 + group.len()..end, message)
                    .label("expected vars or children")
                    .help(did_you_mean(other, ["hosts", "vars", "children"])));
            }
        };
        Ok(Line::Section {
            group: group.to_owned(),
            kind,
            place,
        })
    }

    fn host(&self) -> Read<Vec<Line>> {
        let words =
            words::split(self.line).map_err(|message| self.problem(0..self.line.len(), message))?;
        let Some((first, rest)) = words.split_first() else {
            return Ok(Vec::new());
        };
        let place = self.place(first.range.clone());
        if first.text.ends_with(':') || first.text == "---" {
            let message = format!("\"{}\" is not a host name", first.text);
            let advice = "the name of a YAML inventory must end in .yml, .yaml or .json";
            return Err(Problem::at(&place, message).help(advice.to_owned()));
        }
        let mut lines = Vec::new();
        let mut variables = Vec::new();
        for word in rest {
            let Some((name, value)) = word.text.split_once('=') else {
                let message = format!("\"{}\" is not a variable", word.text);
                let advice = "quote a value that contains spaces";
                return Err(self
                    .problem(word.range.clone(), message)
                    .label("expected name=value")
                    .help(advice.to_owned()));
            };
            if word.cut_by_comment {
                let problem = self.problem(word.range.clone(), "the value ends at the #");
                let advice = "quote it, or put a space before the #";
                lines.push(Line::Slip(problem.help(advice.to_owned())));
            }
            let value = self.value(value, word.range.clone());
            variables.push((Arc::from(name), value));
        }
        lines.push(Line::Host {
            pattern: first.text.clone(),
            variables,
            place,
        });
        Ok(lines)
    }

    fn variable(&self) -> Read<Line> {
        let Some((name, value)) = self.line.split_once('=') else {
            let problem = self.problem(0..self.line.len(), "this is not a variable");
            return Err(problem.label("expected name=value"));
        };
        let start = self.line.len() - value.trim_start().len();
        let value = self.value(value.trim(), start..self.line.len());
        Ok(Line::Variable {
            name: Arc::from(name.trim()),
            value,
        })
    }

    fn child(&self) -> Read<Line> {
        let name = self.line.split('#').next().unwrap_or_default().trim_end();
        let place = self.place(0..name.len());
        if name.is_empty() || name.contains([':', ']']) || name.contains(char::is_whitespace) {
            let message = format!("\"{name}\" is not a group name");
            return Err(Problem::at(&place, message));
        }
        Ok(Line::Child {
            name: name.to_owned(),
            place,
        })
    }

    fn value(&self, text: &str, range: Range<usize>) -> Node {
        let place = self.place(range);
        let data = python_literal::parse(text, &place).unwrap_or_else(|| Data::Text(text.into()));
        Node { data, place }
    }
}

/// A group that is named before its own section.
struct Pending {
    /// Where it is first named.
    place: Place,
    /// Its parents, and where they are named.
    parents: Vec<(Arc<str>, Place)>,
}

/// Adds the parsed lines of a file to an inventory.
pub(super) fn add(draft: &mut Draft, lines: Vec<Line>) {
    let mut group: Arc<str> = Arc::from("ungrouped");
    let mut pending: IndexMap<String, Pending> = IndexMap::new();
    for line in lines {
        match line {
            Line::Section {
                group: name,
                kind,
                place,
            } => {
                if kind == Kind::Vars && !draft.groups.contains_key(&*name) {
                    let parents = Vec::new();
                    let new = Pending {
                        place: place.clone(),
                        parents,
                    };
                    pending.entry(name.clone()).or_insert(new);
                }
                group = draft.add_group(&name, &place);
                if kind != Kind::Vars
                    && let Some(known) = pending.shift_remove(&name)
                {
                    for (parent, place) in known.parents {
                        draft.add_child(&parent, &group, &place);
                    }
                }
            }
            Line::Host {
                pattern,
                variables,
                place,
            } => {
                draft.add_hosts(&pattern, &group, &variables, &place);
            }
            Line::Variable { name, value } => draft.set_group_variable(&group, name, value),
            Line::Child { name, place } => match draft.groups.get_key_value(&*name) {
                Some((child, _)) => {
                    let child = child.clone();
                    draft.add_child(&group, &child, &place);
                }
                None => pending
                    .entry(name)
                    .or_insert_with(|| Pending {
                        place: place.clone(),
                        parents: Vec::new(),
                    })
                    .parents
                    .push((group.clone(), place)),
            },
            Line::Slip(problem) => draft.warnings.push(problem),
        }
    }
    for (name, known) in pending {
        let groups = draft
            .groups
            .keys()
            .map(|group| &**group)
            .filter(|group| *group != name);
        let advice = did_you_mean(&name, groups)
            .unwrap_or_else(|| format!("add a section [{name}], even an empty one"));
        let message = format!("the group \"{name}\" has no section of its own");
        draft
            .problems
            .push(Problem::at(&known.place, message).help(advice));
    }
}
