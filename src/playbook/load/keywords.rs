//! The entries of a play, role, block or task: known keywords at the right level.

use super::Reader;
use super::play::one_or_many;
use crate::playbook::{Keywords, Level, keyword, keyword_names};
use crate::source::{Problem, did_you_mean};
use crate::yaml::{Data, Map, Node};

/// A keyword and its value as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a Node,
    pub(super) value: &'a Node,
}

impl Reader<'_> {
    /// Returns the valid keywords of a mapping. Unknown keywords, those of other levels and values
    /// of the wrong kind are reported and left out. `other` says which keys are not keywords.
    pub(super) fn entries<'a>(
        &mut self,
        node: &'a Node,
        level: Level,
        other: impl Fn(&str) -> bool,
    ) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        for (key, value) in node.as_map().into_iter().flatten() {
            let Some(name) = key.as_text() else {
                self.report(key.unexpected("a keyword", "text"));
                continue;
            };
            if other(name) {
                continue;
            }
            let entry = Entry { name, key, value };
            let ignored = level == Level::Import
                && keyword(name).is_some_and(|known| known.levels.contains(&Level::Task))
                && !keyword_names(level).any(|known| known == name);
            match problem_of(&entry, level) {
                Some(problem) if ignored => self.report_unless_compat(problem),
                Some(problem) => self.report(problem),
                None => entries.push(entry),
            }
        }
        entries
    }

    /// Returns the shared keywords of a mapping.
    pub(super) fn shared_keywords(
        &mut self,
        node: &Node,
        level: Level,
        other: impl Fn(&str) -> bool,
    ) -> Keywords {
        let mut keywords = Keywords::default();
        for entry in self.entries(node, level, other) {
            self.set_shared(&mut keywords, &entry);
        }
        keywords
    }

    /// Stores a keyword that plays, roles, blocks and tasks share; false if it is not one.
    pub(super) fn set_shared(&mut self, keywords: &mut Keywords, entry: &Entry<'_>) -> bool {
        let value = Some(entry.value.clone());
        match entry.name {
            "when" => keywords.when = self.conditions(entry),
            "tags" => {
                keywords.tags = tags(entry.value);
                keywords.tag_templates = one_or_many(entry.value);
                keywords.tag_templates.retain(Node::has_template);
            }
            "vars" => keywords.vars = self.variables(entry.value),
            "environment" => keywords.environment = one_or_many(entry.value),
            "module_defaults" => keywords.module_defaults = self.module_defaults(entry.value),
            "become" => keywords.r#become = value,
            "become_user" => keywords.become_user = value,
            "become_method" => keywords.become_method = value,
            "become_flags" => keywords.become_flags = value,
            "become_exe" => keywords.become_exe = value,
            "remote_user" => keywords.remote_user = value,
            "connection" => keywords.connection = value,
            "port" => keywords.port = value,
            "delegate_to" => keywords.delegate_to = value,
            "delegate_facts" => keywords.delegate_facts = value,
            "run_once" => keywords.run_once = value,
            "ignore_errors" => keywords.ignore_errors = value,
            "ignore_unreachable" => keywords.ignore_unreachable = value,
            "any_errors_fatal" => keywords.any_errors_fatal = value,
            "no_log" => keywords.no_log = value,
            "check_mode" => keywords.check_mode = value,
            "diff" => keywords.diff = value,
            "timeout" => keywords.timeout = value,
            "throttle" => keywords.throttle = value,
            "debugger" => keywords.debugger = value,
            "collections" => {}
            _ => return false,
        }
        true
    }

    /// Returns expressions that must all be true.
    pub(super) fn conditions(&mut self, entry: &Entry<'_>) -> Vec<Node> {
        let conditions = one_or_many(entry.value);
        for condition in &conditions {
            self.check_condition(entry.name, condition);
        }
        conditions
    }

    /// A condition is already an expression: braces in it are a mistake, or were meant as text.
    pub(super) fn check_condition(&mut self, keyword: &str, condition: &Node) {
        let Some(text) = condition.as_text() else {
            return;
        };
        let braces = condition.has_template() && (text.contains("}}") || text.contains("%}"));
        if !braces {
            return;
        }
        let inner = text
            .trim()
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"))
            .filter(|rest| !rest.contains("{{"));
        let advice = match inner {
            Some(inner) => format!("write: {keyword}: {}", inner.trim()),
            None => "use the variables' names without braces".to_owned(),
        };
        let message = format!("{keyword} must not contain {{{{ }}}}: it is already an expression");
        self.report_unless_compat(Problem::at(&condition.place, message).help(advice));
    }

    /// Returns variables; reports names that expressions cannot use.
    pub(super) fn variables(&mut self, value: &Node) -> Map {
        let Some(map) = value.as_map() else {
            return Map::new();
        };
        for (key, _) in map {
            self.check_variable_name(key);
        }
        map.clone()
    }

    /// Reports a name that expressions cannot use.
    pub(super) fn check_variable_name(&mut self, name: &Node) {
        let text = name.to_value().to_string();
        if is_variable_name(&text) {
            return;
        }
        let message = format!("\"{text}\" is not a valid variable name");
        let better: String = text
            .chars()
            .map(|letter| {
                if letter.is_alphanumeric() {
                    letter
                } else {
                    '_'
                }
            })
            .collect();
        let advice = is_variable_name(&better).then(|| format!("write {better}"));
        self.report(
            Problem::at(&name.place, message)
                .label("only letters, digits and _, and no digit first")
                .help(advice),
        );
    }

    fn module_defaults(&mut self, value: &Node) -> Map {
        let mut defaults = Map::new();
        for map in one_or_many(value) {
            for (key, arguments) in map.as_map().cloned().unwrap_or_default() {
                let fits = matches!(arguments.data, Data::Map(_)) || arguments.has_template();
                if !fits {
                    self.report(arguments.unexpected("module_defaults of a module", "a mapping"));
                }
                defaults.push((key, arguments));
            }
        }
        defaults
    }
}

/// Returns whether expressions can use a variable with this name.
pub(super) fn is_variable_name(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "and", "or", "not", "in", "is", "if", "else", "elif", "for", "true", "false", "none",
        "True", "False", "None",
    ];
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        && !RESERVED.contains(&name)
}

/// Returns the tags of a text, separated by commas, or of a list of such texts.
fn tags(value: &Node) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for item in one_or_many(value) {
        let text = item.to_value().to_string();
        // A comma in a template separates something else.
        let separator = if item.has_template() { '\n' } else { ',' };
        for tag in text.split(separator).map(str::trim) {
            if !tag.is_empty() && !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
    }
    tags
}

fn problem_of(entry: &Entry<'_>, level: Level) -> Option<Problem> {
    let name = entry.name;
    let Some(known) = keyword(name) else {
        return Some(unknown_keyword(entry.key, name, level));
    };
    if known.levels.contains(&level) {
        return known.kind.check(name, entry.value);
    }
    let message = format!("{name} is not allowed on {}", level.name());
    let places: Vec<_> = known.levels.iter().map(|level| level.name()).collect();
    let advice = if level == Level::Include && known.levels.contains(&Level::Apply) {
        format!("to give it to the included tasks, put it under apply: {{{name}: …}}")
    } else {
        format!("{name} belongs to {}", places.join(", "))
    };
    Some(Problem::at(&entry.key.place, message).help(advice))
}

/// Returns the problem for an unknown keyword `name`.
pub(super) fn unknown_keyword(key: &Node, name: &str, level: Level) -> Problem {
    let renamed = match name {
        "sudo" | "su" => Some("write become: true"),
        "sudo_user" | "su_user" => Some("write become_user"),
        "accelerate" | "static" => Some("remove it: it has had no effect for years"),
        "include" => Some("write include_tasks or import_tasks"),
        _ => None,
    };
    let near = did_you_mean(name, keyword_names(level));
    Problem::at(
        &key.place,
        format!("unknown keyword \"{name}\" on {}", level.name()),
    )
    .help(renamed.map(str::to_owned).or(near))
}
