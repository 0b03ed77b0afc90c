//! One thing that was looked at, and how it is.

use crate::value::{Fields, Value, map};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// As it should be.
    Pass,
    /// It works, but should not be so.
    Warn,
    /// It keeps RocketMQ from working.
    Fail,
}

/// One thing that was looked at, and how it is.
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

    /// Returns what is wrong; where nothing is, one check that says so.
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

    /// Returns it as playbooks see it.
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
