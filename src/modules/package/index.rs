//! The package index that apt, dnf and apk keep on a host, and when to update it.

use super::manager::{Manager, ask, with_environment};
use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{ModuleError, PlanContext};
use crate::value::NotKnown;

/// The times of the index on the simulated host of check mode after an update.
const UPDATED: &str = "updated\n";

/// The package index of a host.
pub(super) struct Index<'a> {
    /// Files and folders that an update changes.
    pub(super) paths: &'a [&'a str],
    /// The command that updates it.
    pub(super) update: &'a [&'a str],
    /// How many seconds it counts as up to date.
    pub(super) valid: u64,
}

impl Index<'_> {
    /// Returns the change that updates it, if it is too old.
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
            brings_programs: false,
        }));
        Ok(Some(change))
    }

    /// Returns why a transaction is unknown: check mode does not update the index.
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
