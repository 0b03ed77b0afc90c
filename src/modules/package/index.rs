//! The index of packages that apt, dnf and apk keep on a host, and when it is brought up to date.

use super::manager::{Manager, ask, with_environment};
use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{ModuleError, PlanContext};
use crate::value::NotKnown;

/// What the times of the index are in check mode's picture of the host once it was brought up to
/// date.
const UPDATED: &str = "updated\n";

/// The index of packages of a host.
pub(super) struct Index<'a> {
    /// Files and folders that are changed when it is brought up to date.
    pub(super) paths: &'a [&'a str],
    /// Brings it up to date.
    pub(super) update: &'a [&'a str],
    /// Seconds for which it counts as up to date.
    pub(super) valid: u64,
}

impl Index<'_> {
    /// Returns the change that brings it up to date, if it is too old.
    pub(super) fn update(
        &self,
        context: &PlanContext,
        manager: &dyn Manager,
    ) -> Result<Option<Change>, ModuleError> {
        if context.again {
            return Ok(None);
        }
        let output = ask(context, manager, self.teller())?;
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut times = before.lines().filter_map(|line| line.parse::<u64>().ok());
        let now = times.next();
        let is_fresh = match (now, times.max()) {
            (Some(now), Some(time)) => time + self.valid > now,
            _ => before == UPDATED,
        };
        if is_fresh {
            return Ok(None);
        }
        let mut setters = vec![Command::new(self.update.iter().copied())];
        if let Some(folder) = self.paths.last() {
            // Nothing new leaves no trace of its own.
            setters.push(Command::new(["touch", "-c", folder]));
        }
        let setters = setters.into_iter();
        let setters = setters.map(|command| with_environment(context, manager, command));
        let mut change = Change::default();
        change.steps.push(Step::Set(Setting {
            name: "index of packages".to_owned(),
            teller: self.teller(),
            before,
            after: UPDATED.to_owned(),
            setters: setters.collect(),
        }));
        Ok(Some(change))
    }

    /// Returns why a transaction is not known: check mode does not bring the index up to date.
    pub(super) fn doubt(&self, context: &PlanContext, manager: &dyn Manager) -> Option<NotKnown> {
        let output = ask(context, manager, self.teller()).ok()?;
        (output.stdout == UPDATED.as_bytes()).then(|| {
            let command = self.update.join(" ");
            NotKnown::new(format!(
                "depends on `{command}`, which check mode does not run"
            ))
        })
    }

    /// The time of the process itself is that of the host's clock.
    fn teller(&self) -> Command {
        let words = ["stat", "-c", "%Y", "/proc/self"];
        Command::new(words.iter().chain(self.paths).copied())
    }
}
