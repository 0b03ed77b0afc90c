//! The templates and expressions in keywords.

use super::Validator;
use crate::playbook::{Keywords, Loop, Until};
use crate::yaml::Node;

impl Keywords {
    /// Returns the values of all keywords that may be templates, except conditions and `vars`.
    pub(super) fn values(&self) -> impl Iterator<Item = &Node> {
        let one = [
            &self.r#become,
            &self.become_user,
            &self.become_method,
            &self.become_flags,
            &self.become_exe,
            &self.remote_user,
            &self.connection,
            &self.port,
            &self.delegate_to,
            &self.delegate_facts,
            &self.run_once,
            &self.ignore_errors,
            &self.ignore_unreachable,
            &self.any_errors_fatal,
            &self.no_log,
            &self.check_mode,
            &self.diff,
            &self.timeout,
            &self.throttle,
        ];
        one.into_iter().flatten().chain(&self.environment)
    }
}

impl Loop {
    /// Returns the values of a loop: its items, label and pause.
    pub(super) fn values(&self) -> impl Iterator<Item = &Node> {
        let control = [&self.control.label, &self.control.pause];
        std::iter::once(&self.items).chain(control.into_iter().flatten())
    }
}

impl Until {
    pub(super) fn values(&self) -> impl Iterator<Item = &Node> {
        [&self.retries, &self.delay].into_iter().flatten()
    }
}

impl Validator<'_> {
    /// Checks the syntax of all values of keywords.
    pub(super) fn keywords(&mut self, keywords: &Keywords) {
        for condition in &keywords.when {
            self.condition(condition);
        }
        for value in keywords.values().chain(&keywords.tag_templates) {
            self.template(value);
        }
        self.values(&keywords.vars);
        self.values(&keywords.module_defaults);
    }
}
