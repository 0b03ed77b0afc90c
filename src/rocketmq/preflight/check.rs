//! One check and its result.

use crate::value::{Fields, Value, map};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Passed.
    Pass,
    /// It works, but is not recommended.
    Warn,
    /// It keeps RocketMQ from working.
    Fail,
}

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) level: Level,
    pub(super) found: String,
}

impl Check {
    pub(super) fn pass(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Level::Pass, found)
    }

    pub(super) fn warn(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Level::Warn, found)
    }

    pub(super) fn fail(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, Level::Fail, found)
    }

    fn new(name: &'static str, level: Level, found: impl Into<String>) -> Self {
        Self {
            name,
            level,
            found: found.into(),
        }
    }

    /// Returns the problems, or a passed check without any.
    pub(super) fn or_pass(
        wrong: Vec<Self>,
        name: &'static str,
        found: impl Into<String>,
    ) -> Vec<Self> {
        if wrong.is_empty() {
            return vec![Self::pass(name, found)];
        }
        wrong
    }

    /// Returns it in the form that playbooks use.
    pub(super) fn value(&self) -> Value {
        let level = match self.level {
            Level::Pass => "pass",
            Level::Warn => "warn",
            Level::Fail => "fail",
        };
        let fields = [
            ("check", self.name),
            ("level", level),
            ("found", &self.found),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), Value::from(text)));
        map(Fields::from_iter(fields))
    }
}
