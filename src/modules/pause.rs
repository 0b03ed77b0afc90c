//! `pause`: waits, or asks the user at the terminal.

use crate::change::{Change, Since};
use crate::host::{Step, Wait};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use std::time::Duration;

/// Waits for some time, or asks the user at the terminal and returns the answer.
///
/// It runs once for all hosts, and each of them gets the answer. Without a terminal, the answer is
/// empty, with a warning.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pause {
    /// Seconds to wait.
    seconds: u64,
    /// Minutes to wait.
    minutes: u64,
    /// The prompt.
    prompt: Option<String>,
    /// Whether to show what is typed.
    #[serde(default = "crate::module::yes")]
    echo: bool,
}

impl BuiltIn for Pause {
    const NAME: &'static str = "pause";
    const ONCE: bool = true;
    const EXAMPLE: &'static str = "\
- name: Give the cache a moment
  pause:
    seconds: 1
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("user_input", "What was typed, without the line break."),
        ("echo", "Whether what was typed could be seen."),
        ("start", "When it began, by the clock of this machine."),
        ("stop", "When it ended."),
        ("delta", "How many whole seconds it took."),
        ("stdout", "The same in words."),
        ("stderr", "Empty."),
        ("rc", "0."),
    ];
}

impl Module for Pause {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let mut change = Change {
            since: Some(Since::now()),
            ..Change::default()
        };
        let delay = Duration::from_secs(self.minutes * 60 + self.seconds);
        if !delay.is_zero() {
            change.steps.push(Step::Wait(Wait {
                conditions: Vec::new(),
                timeout: Duration::ZERO,
                interval: Duration::ZERO,
                delay,
                settle: Duration::ZERO,
                while_running: None,
                log: None,
                help: None,
                mark: None,
                follows: false,
                last_resort: Vec::new(),
                what: format!("{} seconds", delay.as_secs()),
            }));
        }
        let mut input = String::new();
        if let Some(prompt) = &self.prompt {
            let typed = context.templates.ask(prompt, self.echo)?;
            if typed.is_none() {
                change
                    .warnings
                    .push("there is no terminal, so the answer is empty".to_owned());
            }
            input = typed.unwrap_or_default();
        }
        change.returns("user_input", input);
        change.returns("echo", self.echo);
        change.returns("rc", 0);
        change.returns("stderr", "");
        Ok(change)
    }
}
