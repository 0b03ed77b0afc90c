//! `pause`: waits, or asks the user at the terminal.

use crate::change::{Change, Since};
use crate::host::{Step, Wait};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use std::time::Duration;

/// Waits for some time, or asks the user at the terminal and returns the answer.
///
/// With `seconds` or `minutes` it shows the prompt, if any, and continues when the time is over.
/// Otherwise it waits until the user has answered; without a prompt, until they press Enter. It
/// runs once for all hosts, and each of them gets the answer. Without a terminal, it does not wait:
/// the answer is empty, with a warning.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pause {
    /// Seconds to wait.
    seconds: Option<u64>,
    /// Minutes to wait.
    minutes: Option<u64>,
    /// What to show.
    prompt: Option<String>,
    /// Whether to show what is typed.
    #[serde(default = "crate::module::yes")]
    echo: bool,
}

/// The prompt of a pause that has neither a time nor a prompt.
const CONTINUE: &str = "Press Enter to continue, ^C to interrupt";

impl Pause {
    /// Returns how long to wait, or `None` to wait for the user.
    fn delay(&self) -> Option<Duration> {
        self.minutes.or(self.seconds)?;
        let of_minutes = self.minutes.unwrap_or(0).saturating_mul(60);
        let seconds = of_minutes.saturating_add(self.seconds.unwrap_or(0));
        Some(Duration::from_secs(seconds))
    }
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
        let mut input = String::new();
        if let Some(delay) = self.delay() {
            if let Some(prompt) = &self.prompt {
                context.templates.tell(prompt);
            }
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
        } else {
            let prompt = self.prompt.as_deref().unwrap_or(CONTINUE);
            match context.templates.ask(prompt, self.echo)? {
                Some(typed) => input = typed,
                None => change.warnings.push(
                    "there is no terminal, so nobody was waited for and the answer is empty"
                        .to_owned(),
                ),
            }
        }
        change.returns("user_input", input);
        change.returns("echo", self.echo);
        change.returns("rc", 0);
        change.returns("stderr", "");
        Ok(change)
    }
}
