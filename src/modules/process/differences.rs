//! Differences between a running program and its declaration.

use super::ProcessModule;
use super::found::Found;
use crate::change::Change;
use crate::host::{Command, Content, Node, Process, ProcessMatch};
use crate::module::{ModuleError, PlanContext};
use crate::value::{Fields, Value, map};

/// A difference between a running program and its declaration.
pub(super) struct Difference {
    pub(super) what: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

/// Returns the differences in the form of the task's result.
fn value(differences: &[Difference]) -> Value {
    let one = |difference: &Difference| {
        let fields = [
            ("what", difference.what),
            ("before", &difference.before),
            ("after", &difference.after),
        ];
        let fields = fields.map(|(name, text)| (name.to_owned(), Value::from(text)));
        map(Fields::from_iter(fields))
    };
    differences.iter().map(one).collect()
}

impl ProcessModule {
    /// Returns whether the program runs as declared, and adds the differences to the task's result.
    pub(super) fn compare(
        &self,
        context: &PlanContext,
        running: &Process,
        directory: Option<&Node>,
        service: Option<&Found>,
        change: &mut Change,
    ) -> Result<bool, ModuleError> {
        let mut differences = self.differences(context, running, directory)?;
        let launched = self.is_launched(running);
        let of_service = service.map(|one| one.difference(running, launched));
        differences.extend(of_service.flatten());
        change.returns("differences", value(&differences));
        Ok(differences.is_empty())
    }

    /// Returns the differences between the running program and its declaration.
    fn differences(
        &self,
        context: &PlanContext,
        running: &Process,
        directory: Option<&Node>,
    ) -> Result<Vec<Difference>, ModuleError> {
        let mut differences = Vec::new();
        if self.has_other_command(running) {
            differences.push(Difference {
                what: "command",
                before: Command::new(running.argv.clone()).display(),
                after: Command::new(self.command.0.clone()).display(),
            });
        }
        if let Some(user) = &self.user
            && *user != running.user
            && *user != running.uid.to_string()
        {
            differences.push(Difference {
                what: "user",
                before: running.user.clone(),
                after: user.clone(),
            });
        }
        if let Some(chdir) = &self.chdir
            && *chdir != running.directory
            && !is_directory_of(context, directory, running)?
        {
            differences.push(Difference {
                what: "chdir",
                before: running.directory.to_string(),
                after: chdir.to_string(),
            });
        }
        Ok(differences)
    }

    /// A launcher has a different name than its program, so they cannot be compared.
    pub(super) fn is_launched(&self, running: &Process) -> bool {
        let name = |argv: &[String]| {
            argv.first()
                .map(|program| program.rsplit('/').next().unwrap_or_default().to_owned())
        };
        name(&running.argv) != name(&self.command.0)
    }

    fn has_other_command(&self, running: &Process) -> bool {
        let whole = ProcessMatch {
            argv: Some(self.command.0.clone()),
            ..ProcessMatch::default()
        };
        !whole.matches(running) && !self.is_launched(running)
    }
}

/// Compares directories rather than names: the declared one may contain a link. Directories that
/// cannot be seen count as equal.
fn is_directory_of(
    context: &PlanContext,
    declared: Option<&Node>,
    running: &Process,
) -> Result<bool, ModuleError> {
    if running.directory.as_str().is_empty() {
        return Ok(true);
    }
    let found = context.host.look(&running.directory, true, Content::None)?;
    Ok(match (declared, found) {
        (Some(declared), Some(found)) => {
            (declared.device, declared.inode) == (found.device, found.inode)
        }
        _ => false,
    })
}
