//! The text of an INI file, edited line by line so that comments and order are kept.

/// An option to set or remove.
pub(super) struct Edit<'a> {
    /// The section; the lines before the first section if it is `None`.
    pub(super) section: Option<&'a str>,
    /// What the section must contain: options, each with the values of which it must have one.
    pub(super) conditions: &'a [(String, Vec<String>)],
    /// The option; the section itself if it is `None`.
    pub(super) option: Option<&'a str>,
    /// Its values, without duplicates.
    pub(super) values: Vec<String>,
    /// Whether other values of the option are removed.
    pub(super) exclusive: bool,
    /// Whether an option without `=` is meant.
    pub(super) allow_no_value: bool,
    /// Whether a line that is a comment counts as the option.
    pub(super) modify_inactive: bool,
    /// Whether a difference in blanks around `=` is left alone.
    pub(super) ignore_spaces: bool,
    /// `=` with its blanks.
    pub(super) equals: &'static str,
}

/// The lines of a file, each with its line break, and what was done to them.
pub(super) struct Text {
    lines: Vec<String>,
    /// What was done last.
    pub(super) message: &'static str,
    /// Whether anything was done.
    pub(super) is_changed: bool,
}

/// A line that sets an option.
struct Assignment<'a> {
    is_comment: bool,
    value: &'a str,
}

impl Text {
    /// Reads a file's text. A missing line break at its end is added.
    pub(super) fn of(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let is_cut = lines.last().is_some_and(|last| !last.ends_with('\n'));
        match lines.last_mut() {
            None => lines.push("\n".to_owned()),
            Some(last) if is_cut => last.push('\n'),
            Some(_) => {}
        }
        Self {
            lines,
            message: "OK",
            is_changed: is_cut,
        }
    }

    /// Returns the text.
    pub(super) fn text(&self) -> String {
        self.lines.concat()
    }

    /// Sets the option, or adds the section.
    pub(super) fn set(&mut self, mut edit: Edit) {
        let Some((start, end)) = self.section(&edit) else {
            self.add_section(edit);
            return;
        };
        let mut section: Vec<String> = self.lines.drain(start..end).collect();
        let mut settled = vec![false; section.len()];
        if let Some(option) = edit.option {
            let has_bare = self.keep_values(option, &mut edit, &mut section, &mut settled);
            if edit.exclusive && !edit.allow_no_value {
                self.replace_values(option, &mut edit, &mut section, &mut settled);
                self.remove_others(option, &edit, &mut section, &settled);
            }
            self.insert(option, &edit, &mut section, has_bare);
        }
        self.lines.splice(start..start, section);
    }

    /// Removes the option, or the section.
    pub(super) fn remove(&mut self, edit: &Edit) {
        let Some((start, end)) = self.section(edit) else {
            return;
        };
        let Some(option) = edit.option else {
            if edit.section.is_some() {
                self.lines.drain(start..end);
                self.note("section removed");
            }
            return;
        };
        let goes = |line: &str| {
            let fits = |found: Assignment| {
                edit.exclusive || edit.values.iter().any(|value| value == found.value)
            };
            assignment(line, option, false).is_some_and(fits)
        };
        let before = self.lines.len();
        let mut at = 0;
        self.lines.retain(|line| {
            at += 1;
            !(start < at && at <= end && goes(line))
        });
        if self.lines.len() != before {
            self.note("option changed");
        }
    }

    fn note(&mut self, message: &'static str) {
        self.is_changed = true;
        self.message = message;
    }

    /// Returns the lines of the section, from its header on.
    fn section(&self, edit: &Edit) -> Option<(usize, usize)> {
        let is_header = |line: &String| line.starts_with('[');
        let Some(name) = edit.section else {
            let end = self.lines.iter().position(is_header);
            return Some((0, end.unwrap_or(self.lines.len())));
        };
        let starts = self.lines.iter().enumerate();
        let starts =
            starts.filter(|(_, line)| header(line).is_some_and(|found| found == name.trim()));
        for (start, _) in starts {
            let rest = self.lines.iter().skip(start + 1);
            let length = rest.clone().position(is_header).unwrap_or(rest.len());
            let end = start + 1 + length;
            let lines = self.lines.get(start..end).unwrap_or_default();
            let holds = |(option, values): &(String, Vec<String>)| {
                let found = lines
                    .iter()
                    .filter_map(|line| assignment(line, option, true));
                let fits = |found: Assignment| {
                    values.is_empty() || values.iter().any(|value| value == found.value)
                };
                found.into_iter().any(fits)
            };
            if edit.conditions.iter().all(holds) {
                return Some((start, end));
            }
        }
        None
    }

    /// Settles the lines that have one of the values already. Returns whether one of them is the
    /// option without a value.
    fn keep_values(
        &mut self,
        option: &str,
        edit: &mut Edit,
        section: &mut [String],
        settled: &mut [bool],
    ) -> bool {
        let mut has_bare_option = false;
        for (line, is_settled) in section.iter_mut().zip(settled) {
            let Some(found) = assignment(line, option, edit.modify_inactive) else {
                continue;
            };
            let value = found.value.to_owned();
            let at = edit.values.iter().position(|one| *one == value);
            let new = match at {
                Some(_) if value.is_empty() && edit.allow_no_value => format!("{option}\n"),
                Some(_) => format!("{option}{}{value}\n", edit.equals),
                None if edit.values.is_empty() && edit.allow_no_value => format!("{option}\n"),
                None => continue,
            };
            let is_bare = edit.allow_no_value && value.is_empty() || at.is_none();
            has_bare_option |= is_bare;
            self.update(line, new, option, edit);
            *is_settled = true;
            match at {
                Some(at) => drop(edit.values.remove(at)),
                None => break,
            }
        }
        has_bare_option
    }

    /// Gives the other lines of the option the values that are left.
    fn replace_values(
        &mut self,
        option: &str,
        edit: &mut Edit,
        section: &mut [String],
        settled: &mut [bool],
    ) {
        for (line, is_settled) in section.iter_mut().zip(settled) {
            if edit.values.is_empty() {
                return;
            }
            if *is_settled || assignment(line, option, edit.modify_inactive).is_none() {
                continue;
            }
            let new = format!("{option}{}{}\n", edit.equals, edit.values.remove(0));
            self.update(line, new, option, edit);
            *is_settled = true;
        }
    }

    fn remove_others(
        &mut self,
        option: &str,
        edit: &Edit,
        section: &mut Vec<String>,
        settled: &[bool],
    ) {
        let before = section.len();
        let mut settled = settled.iter();
        section.retain(|line| {
            settled.next() == Some(&true)
                || assignment(line, option, edit.modify_inactive).is_none()
        });
        if section.len() != before {
            self.note("option changed");
        }
    }

    /// Inserts the values that are left after the section's last line with content.
    fn insert(&mut self, option: &str, edit: &Edit, section: &mut Vec<String>, has_bare: bool) {
        let content = |line: &String| {
            let line = line.trim_start_matches([' ', '\t']);
            !line.trim_end_matches('\n').is_empty() && !line.starts_with(['#', ';'])
        };
        let last = section.iter().rposition(content).map(|last| last + 1);
        // The lines before the first section may start anywhere.
        let at = last.or_else(|| edit.section.is_none().then_some(0));
        let Some(at) = at else { return };
        let mut new: Vec<_> = (edit.values.iter())
            .map(|value| format!("{option}{}{value}\n", edit.equals))
            .collect();
        if new.is_empty() && edit.allow_no_value && !has_bare {
            new.push(format!("{option}\n"));
        }
        if !new.is_empty() {
            section.splice(at..at, new);
            self.note("option added");
        }
    }

    fn update(&mut self, line: &mut String, new: String, option: &str, edit: &Edit) {
        let old_value = assignment(line, option, true).filter(|old| !old.is_comment);
        let is_same = match (&old_value, assignment(&new, option, true)) {
            (Some(old), Some(new)) if edit.ignore_spaces => old.value == new.value,
            _ => *line == new,
        };
        if !is_same {
            *line = new;
            self.note("option changed");
        }
    }

    fn add_section(&mut self, mut edit: Edit) {
        let name = edit.section.unwrap_or_default();
        self.lines.push(format!("[{name}]\n"));
        for (option, values) in edit.conditions {
            if Some(option.as_str()) == edit.option {
                let missing = values.iter().filter(|_| !edit.exclusive);
                let missing: Vec<_> = missing
                    .filter(|value| !edit.values.contains(value))
                    .cloned()
                    .collect();
                edit.values.extend(missing);
            } else if !values.is_empty() {
                let lines = values.iter();
                let lines = lines.map(|value| format!("{option}{}{value}\n", edit.equals));
                self.lines.extend(lines);
            } else if edit.allow_no_value {
                self.lines.push(format!("{option}\n"));
            }
        }
        let mut message = "section and option added";
        match edit.option {
            Some(option) if !edit.values.is_empty() => {
                let lines = edit.values.iter();
                let lines = lines.map(|value| format!("{option}{}{value}\n", edit.equals));
                self.lines.extend(lines);
            }
            Some(option) if edit.allow_no_value => self.lines.push(format!("{option}\n")),
            _ => message = "only section added",
        }
        self.note(message);
    }
}

/// Returns the name of the section that a line starts.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.split_once(']')?;
    Some(name.trim())
}

/// Returns what a line assigns to an option, if it does: `option = value`, or the option alone;
/// after `#` or `;` only if comments count.
fn assignment<'a>(line: &'a str, option: &str, comments: bool) -> Option<Assignment<'a>> {
    let blanks = [' ', '\t'];
    let line = line
        .strip_suffix('\n')
        .unwrap_or(line)
        .trim_start_matches(blanks);
    let value = |line: &'a str| {
        let rest = line.trim_start_matches(blanks).strip_prefix(option)?;
        let rest = rest.trim_start_matches(blanks);
        match rest.strip_prefix('=') {
            Some(value) => Some(value.trim_start_matches(blanks)),
            None => rest.is_empty().then_some(""),
        }
    };
    if let Some(comment) = line.strip_prefix(['#', ';']).filter(|_| comments)
        && let Some(value) = value(comment)
    {
        return Some(Assignment {
            is_comment: true,
            value,
        });
    }
    value(line).map(|value| Assignment {
        is_comment: false,
        value,
    })
}
