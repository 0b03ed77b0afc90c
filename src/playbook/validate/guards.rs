//! Variables that some template or condition asks for before it uses them.

use crate::yaml::{Data, Node};
use fancy_regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The names of variables that may be undefined, as the playbook itself says.
#[derive(Default)]
pub(super) struct Guards {
    names: HashSet<String>,
}

/// `name.path is defined`, `name | default(…)`, `'name' in vars`, `lookup('vars', 'name'`.
#[expect(clippy::expect_used, reason = "the expression is a constant")]
static GUARD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"\b([A-Za-z_]\w*)[\w.\[\]'"]*\s*(?:\|\s*(?:default|d)\b|is\s+(?:not\s+)?(?:un)?defined\b)|['"](\w+)['"]\s+(?:not\s+)?in\s+(?:vars|hostvars|groups|ansible_facts)\b|['"]vars['"]\s*,\s*['"](\w+)['"]"#,
    )
    .expect("a valid regular expression")
});

impl Guards {
    /// Notes the names that texts in `node` ask for.
    pub(super) fn read(&mut self, node: &Node) {
        match &node.data {
            Data::Text(text) => self.read_text(text),
            Data::List(items) => items.iter().for_each(|item| self.read(item)),
            Data::Map(entries) => entries.iter().for_each(|(_, value)| self.read(value)),
            _ => {}
        }
    }

    /// Notes the names that a text asks for.
    pub(super) fn read_text(&mut self, text: &str) {
        let asks = [
            "default",
            "|d",
            "| d",
            "defined",
            "vars",
            "groups",
            "ansible_facts",
        ];
        if !asks.iter().any(|word| text.contains(word)) {
            return;
        }
        for found in GUARD.captures_iter(text).flatten() {
            let name = (1..=3).find_map(|group| found.get(group));
            self.names.extend(name.map(|name| name.as_str().to_owned()));
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_asked_for_may_be_undefined() {
        let mut guards = Guards::default();
        for text in [
            "a is defined and b > 1",
            "{{ c.d['e'] | default('x') }}",
            "f is not defined",
            "'g' in vars",
            "{{ lookup('vars', 'h') }}",
            "{{ i|d(1) }}",
        ] {
            guards.read_text(text);
        }
        let mut names: Vec<_> = guards.names.iter().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "c", "f", "g", "h", "i"]);
    }
}
