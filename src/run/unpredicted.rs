//! What an attempt leaves that check mode cannot make, or of which nobody knows whether it is made.

use super::attempt::{Arguments, Attempt, command_line};
use super::outcome::Outcome;
use super::task::Fallible;
use crate::change::{Change, Control, Sets};
use crate::host::{Account, Command, Doubtful, HostError, Memory, Output, Overlay, Probe, Step};
use crate::module::{Entry, HostPaths, Writes};
use crate::value::{Fields, NotKnown};
use camino::Utf8PathBuf;

/// What the result of a command holds once it has run.
const OUTPUT: [&str; 6] = [
    "rc",
    "stdout",
    "stderr",
    "stdout_lines",
    "stderr_lines",
    "failed",
];

/// Letters of a command that a message shows.
const SHOWN: usize = 80;

fn one_line(command: &str) -> String {
    let line = command.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Fails if a user does not exist yet, or not for sure, who is become all the same.
pub(super) fn known_user(foreseen: &Overlay, user: &str) -> Fallible<()> {
    let account = foreseen.account(user);
    match account.map_err(|error| Box::new(error.into()))? {
        Account::Unchanged => Ok(()),
        Account::Made | Account::Removed => Err(Box::new(Outcome::not_predicted(&NotKnown::new(
            format!("needs the user {user}, whom an earlier task only changes in the run"),
        )))),
    }
}

impl Arguments {
    /// Returns the text of an argument that is known.
    fn text(&self, entry: &Entry, wanted: &str) -> Option<String> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(name, _)| entry.canonical(name) == wanted);
        found.and_then(|(_, value)| value.as_str().map(str::to_owned))
    }

    /// Returns what a task with unknown arguments sets.
    pub(super) fn may_set(&self, entry: &Entry, reason: &NotKnown) -> Sets {
        let Writes::Variables(name) = entry.writes else {
            return Sets::Nothing;
        };
        Sets::Unknown {
            name: self.text(entry, name),
            by_file: true,
            reason: reason.clone(),
        }
    }
}

impl Attempt<'_> {
    /// Returns why a command that really runs in check mode cannot: it needs what earlier tasks
    /// were only taken to have changed.
    pub(super) fn needs_foreseen(&self, change: &Change) -> Option<NotKnown> {
        let foreseen = self.foreseen?;
        let commands = change.steps.iter().filter_map(|step| match step {
            Step::Run { command, .. } => Some(command),
            _ => None,
        });
        let made = change.makes.iter().cloned();
        let mut paths = commands.flat_map(Command::paths).chain(made);
        // Programs of the host follow its links.
        let here = Memory::over(self.host.clone(), foreseen.clone());
        let concerns = |path: &Utf8PathBuf| {
            foreseen.concerns(path)
                || match here.leads_to(path, self.limits) {
                    Ok(path) => foreseen.concerns(&path),
                    Err(error) => matches!(error, HostError::NotKnown(_)),
                }
        };
        let path = paths.find(concerns)?;
        Some(NotKnown::new(format!(
            "needs {path}, which an earlier task only changes in the run"
        )))
    }

    /// Returns why the result of a command that really ran in check mode is unknown: it needs a
    /// program that an earlier task may install.
    pub(super) fn lacks_foreseen(&self, change: &Change, output: &Output) -> Option<NotKnown> {
        let foreseen = self.foreseen.filter(|_| output.lacks_program())?;
        let commands = change.steps.iter().filter_map(|step| match step {
            Step::Run { command, .. } => Some(command),
            _ => None,
        });
        let names: Vec<&str> = commands.flat_map(Command::parts).collect();
        foreseen.may_bring(&names)
    }

    /// Notes what the task may leave on the host if nobody knows whether it runs, and returns
    /// what it may set and do to the run.
    pub(super) fn may_leave(&self, reason: &NotKnown) -> (Sets, Option<Control>) {
        let (change, _) = match self.planned(false) {
            Ok(planned) => planned,
            Err(outcome) => {
                // It may be otherwise by what is not known yet, but the path is the same.
                if let Some(entry) = self.session.registry.get(&self.action.module)
                    && let Ok(arguments) = self.arguments(entry)
                {
                    self.doubt(&self.written(entry, &arguments), reason);
                }
                return (outcome.sets, None);
            }
        };
        let parts = change.steps.iter().flat_map(Step::leaves);
        let made = change.makes.iter().cloned().map(Doubtful::Path);
        self.doubt(&parts.chain(made).collect::<Vec<_>>(), reason);
        (change.sets, change.control)
    }

    /// A host that cannot even be looked at says so where the next task needs it.
    pub(super) fn doubt(&self, parts: &[Doubtful], reason: &NotKnown) {
        let _ = self.host.doubt(parts, reason, self.limits);
    }

    /// Returns what a module changes that cannot plan, as far as its arguments tell.
    pub(super) fn written(&self, entry: &Entry, arguments: &Arguments) -> Vec<Doubtful> {
        if let Writes::Packages(tellers) = entry.writes {
            let words = |argv: &&[&str]| argv.iter().map(|word| (*word).to_owned()).collect();
            let told = tellers.iter().map(|argv| Doubtful::Told(words(argv)));
            return told.chain([Doubtful::Programs]).collect();
        }
        if let Writes::Files(paths) = entry.writes {
            let paths = paths.iter().map(|path| Utf8PathBuf::from(*path));
            return paths.map(Doubtful::Path).collect();
        }
        let named = entry.writes.argument();
        let Some(named) = named.and_then(|name| arguments.text(entry, name)) else {
            return Vec::new();
        };
        // Such a state puts something else in the place of a link instead of changing what the link leads to; a state
        // that is not known may be one of them.
        let replaces = arguments.unknown.contains_key("state")
            || arguments
                .text(entry, "state")
                .is_some_and(|state| ["absent", "hard", "link"].contains(&&*state));
        let parts: &[fn(Utf8PathBuf) -> Doubtful] = match entry.writes {
            Writes::Nothing | Writes::Packages(_) | Writes::Variables(_) | Writes::Files(_) => {
                return Vec::new();
            }
            Writes::User(_) => return vec![Doubtful::User(named.clone()), Doubtful::Group(named)],
            Writes::Group(_) => return vec![Doubtful::Group(named)],
            Writes::File(_) if replaces => &[Doubtful::File, Doubtful::Path],
            Writes::File(_) => &[Doubtful::File],
            Writes::Tree(_) => &[Doubtful::Path],
        };
        let probe = Probe::new(self.host.clone(), self.limits.clone());
        let path = HostPaths::new(&probe, self.environment).absolute(&named);
        let path = path
            .ok()
            .filter(|path| !path.is_empty())
            .map(Utf8PathBuf::from);
        path.map_or_else(Vec::new, |path| {
            parts.iter().map(|part| part(path.clone())).collect()
        })
    }

    /// Leaves values nobody can use in the result of a command that check mode did not run; `times`
    /// are those that it would have returned.
    pub(super) fn not_run(&self, change: &Change, times: &Fields, outcome: &mut Outcome) {
        let command = change.result.get("cmd").filter(|_| !self.hidden);
        let what = command.map_or_else(
            || self.action.module.clone(),
            |command| format!("`{}`", one_line(&command_line(command))),
        );
        let reason = NotKnown::new(format!(
            "depends on the output of {what} ({}), which check mode does not run; add \
             `check_mode: false` if it is read-only",
            self.action.place.path_and_line()
        ));
        if let Some(path) = &change.makes {
            self.doubt(&[Doubtful::Path(path.clone())], &reason);
        }
        let output = OUTPUT.iter().filter(|_| change.reports_output);
        for name in output.copied().chain(times.keys().map(String::as_str)) {
            outcome.result.insert(name.to_owned(), reason.value());
        }
    }
}
