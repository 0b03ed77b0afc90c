//! Which tasks a run selects by tag.

use std::collections::BTreeSet;

/// Which tasks a run selects by tag, like Ansible's `--tags` and `--skip-tags`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// Tags to run; none means all.
    pub tags: Vec<String>,
    /// Tags to skip.
    pub skip: Vec<String>,
}

impl TagFilter {
    /// Returns whether a task with these tags runs.
    pub fn takes(&self, tags: &BTreeSet<&str>) -> bool {
        let has = |wanted: &String| match wanted.as_str() {
            "all" => !tags.contains("never"),
            "tagged" => {
                tags.iter().any(|tag| !matches!(*tag, "always" | "never"))
                    && !tags.contains("never")
            }
            "untagged" => tags.iter().all(|tag| *tag == "always"),
            wanted => tags.contains(wanted),
        };
        let asked = if self.tags.is_empty() {
            !tags.contains("never")
        } else {
            self.tags.iter().any(has) || tags.contains("always")
        };
        let skipped = self.skip.iter().any(|skip| match skip.as_str() {
            "all" => !tags.contains("always"),
            "tagged" => tags.iter().any(|tag| *tag != "always"),
            "untagged" => tags.is_empty(),
            skip => tags.contains(skip),
        });
        asked && !skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_choose_as_in_ansible() {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for (tags, skip, task, takes) in [
            ("", "", "", true),
            ("", "", "never", false),
            ("a", "", "a b", true),
            ("a", "", "", false),
            ("a", "", "always", true),
            ("a", "always", "always", false),
            ("never", "", "never", true),
            ("a", "", "a never", true),
            ("all", "", "never a", false),
            ("tagged", "", "a", true),
            ("tagged", "", "", false),
            ("untagged", "", "", true),
            ("untagged", "", "a", false),
            ("", "a", "a b", false),
            ("b", "a", "a b", false),
            ("", "untagged", "", false),
        ] {
            let filter = TagFilter {
                tags: words(tags),
                skip: words(skip),
            };
            let task_tags = task.split_whitespace().collect();
            assert_eq!(
                filter.takes(&task_tags),
                takes,
                "-t '{tags}' --skip-tags '{skip}' on '{task}'"
            );
        }
    }
}
