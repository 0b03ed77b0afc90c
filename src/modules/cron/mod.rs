//! `cron`: jobs and variables in a crontab.

mod crontab;

use super::edited_file::{EditedFile, Writing};
use crate::change::{Change, backup_path};
use crate::host::{Body, Command, Ownership, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use crate::value::Value;
use crontab::{Crontab, Place};

/// Adds, changes or removes a job or a variable in a user's crontab, or in a file of
/// `/etc/cron.d`.
///
/// A job is found by its name, in a comment before it.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CronModule {
    /// The job's name, or with `env` the variable's.
    name: String,
    /// The command, or with `env` the variable's value.
    job: Option<String>,
    /// Whether the job or variable should exist.
    #[serde(default)]
    state: Presence,
    /// The user whose crontab it is, and who runs a job of `cron_file`; the task's user by default.
    user: Option<String>,
    /// A file instead of a user's crontab; a relative path is in `/etc/cron.d`.
    cron_file: Option<String>,
    /// Whether to keep a backup of the old crontab.
    #[serde(default)]
    backup: bool,
    /// Minutes: `0-59`, `*`, `*/2`.
    #[serde(default = "any")]
    minute: String,
    /// Hours: `0-23`, `*`, `*/2`.
    #[serde(default = "any")]
    hour: String,
    /// Days of the month: `1-31`, `*`, `*/2`.
    #[serde(default = "any")]
    day: String,
    /// Months: `1-12`, `JAN-DEC`, `*`.
    #[serde(default = "any")]
    month: String,
    /// Days of the week: `0-6` from Sunday on, `SUN-SAT`, `*`.
    #[serde(default = "any")]
    weekday: String,
    /// A name instead of a time.
    special_time: Option<SpecialTime>,
    /// Whether the job is only a comment.
    #[serde(default)]
    disabled: bool,
    /// Whether `name` is a variable of the crontab.
    #[serde(default)]
    env: bool,
    /// Insert a new variable after this one.
    insertafter: Option<String>,
    /// Insert a new variable before this one.
    insertbefore: Option<String>,
}

/// A name for a time.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SpecialTime {
    /// Once a year.
    Annually,
    /// Once a day.
    Daily,
    /// Once an hour.
    Hourly,
    /// Once a month.
    Monthly,
    /// When the host starts.
    Reboot,
    /// Once a week.
    Weekly,
    /// Once a year.
    Yearly,
}

fn any() -> String {
    "*".to_owned()
}

impl BuiltIn for CronModule {
    const NAME: &'static str = "cron";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("value", "job"), ("dom", "day"), ("dow", "weekday")];
    const RELATIVE_PATHS: &'static [&'static str] = &["cron_file"];
    const EXAMPLE: &'static str = "\
- name: Old logs are removed each night
  cron:
    name: remove old logs
    cron_file: rocketmq
    user: rocketmq
    hour: 3
    minute: 30
    job: find /var/log/rocketmq -name '*.gz' -mtime +30 -delete
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("jobs", "The names of all jobs of the crontab."),
        ("envs", "The names of all variables of the crontab."),
        ("cron_file", "As given, if it was."),
        ("state", "As given, if the file was removed."),
        ("backup_file", "The path of the backup."),
    ];
}

impl Module for CronModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        match &self.cron_file {
            Some(path) => self.plan_file(context, path),
            None => self.plan_user(context),
        }
    }
}

impl CronModule {
    fn check(&self) -> Result<(), ModuleError> {
        let refused = |message: &str| Err(ModuleError::refused(message));
        let times = [
            &self.minute,
            &self.hour,
            &self.day,
            &self.month,
            &self.weekday,
        ];
        if self.insertafter.is_some() && self.insertbefore.is_some() {
            return refused("insertafter and insertbefore are mutually exclusive");
        }
        if self.special_time.is_some() && times.iter().any(|time| *time != "*") {
            return refused(
                "special_time and minute, hour, day, month, weekday are mutually exclusive",
            );
        }
        if self.env && (self.name.is_empty() || self.name.contains([' ', '=', '\n'])) {
            return Err(ModuleError::refused(format!(
                "{:?} is not a valid name of a variable",
                self.name
            )));
        }
        if self.name.contains('\n') {
            return refused("name must be one line");
        }
        if self.state == Presence::Absent {
            return Ok(());
        }
        if self.job.is_none() {
            return refused("state: present needs job");
        }
        if self.cron_file.is_some() && self.user.is_none() {
            return refused("cron_file needs user, who runs the job");
        }
        if !self.env && (self.insertafter.is_some() || self.insertbefore.is_some()) {
            return refused("insertafter and insertbefore need env: true");
        }
        Ok(())
    }

    fn plan_file(&self, context: &PlanContext, written: &str) -> Result<Change, ModuleError> {
        let path = camino::Utf8Path::new("/etc/cron.d").join(written);
        if path == "/etc/crontab" {
            return Err(ModuleError::Refused {
                message: "cron_file must not be /etc/crontab".to_owned(),
                help: Some("use a file of its own in /etc/cron.d".to_owned()),
            });
        }
        let file = EditedFile::open(context.host, path.as_str())?;
        let mut crontab = Crontab::read(file.text()?);
        let is_changed = self.edit(&mut crontab)? || crontab.is_cut();
        if is_changed && self.state == Presence::Absent && crontab.is_empty() {
            let mut change = file.removed()?;
            change.returns("cron_file", written);
            change.returns("state", self.state.name());
            return Ok(change);
        }
        let mut change = Change::default();
        if is_changed {
            let writing = Writing {
                // cron ignores files that others may write.
                attributes: file.mode_if_new(0o644),
                backup: self.backup,
                ..Writing::default()
            };
            change = file.put(crontab.text().into_bytes(), "", writing)?;
            change.result.shift_remove("msg");
        }
        self.add_result(&mut change, &crontab);
        change.returns("cron_file", written);
        change.warnings.extend(file_name_warning(path.file_name()));
        Ok(change)
    }

    fn plan_user(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let program = self.program(context)?;
        let with = |word: &str| Command::new(program.iter().map(String::as_str).chain([word]));
        let teller = with("-l");
        let output = context.host.query(&teller)?;
        // 1 means that there is no crontab yet.
        if output.status > 1 {
            let help = output
                .lacks_program()
                .then(|| "install cron, or set cron_file".to_owned());
            return Err(ModuleError::Refused {
                message: format!("`{}` exited with {}", teller.display(), output.status),
                help,
            });
        }
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut crontab = Crontab::read(&before);
        let old = Crontab::read(&before).text();
        let mut change = Change::default();
        if self.edit(&mut crontab)? || crontab.is_cut() {
            if self.backup {
                let backup = backup_path("/tmp/crontab".into());
                change.returns("backup_file", backup.as_str());
                change.steps.push(Step::Write {
                    path: backup,
                    before: None,
                    body: Body::Bytes(old.into_bytes().into()),
                    ownership: Ownership {
                        mode: Some(0o600),
                        ..Ownership::default()
                    },
                    backup: None,
                    validate: None,
                });
            }
            let after = crontab.text();
            let name = match &self.user {
                Some(user) => format!("crontab of {user}"),
                None => "crontab".to_owned(),
            };
            change.steps.push(Step::Set(Setting {
                name,
                teller,
                before,
                setters: vec![Command {
                    stdin: Some(after.clone().into_bytes()),
                    ..with("-")
                }],
                after,
                brings_programs: false,
            }));
        }
        self.add_result(&mut change, &crontab);
        Ok(change)
    }

    /// Only root may name a user.
    fn program(&self, context: &PlanContext) -> Result<Vec<String>, ModuleError> {
        let mut program = vec!["crontab".to_owned()];
        if let Some(user) = &self.user {
            let facts = context.host.facts()?;
            let acting = facts.0.get("user_id").and_then(Value::as_str);
            if acting != Some(user) {
                super::user::check_name("user", user)?;
                program.extend(["-u".to_owned(), user.clone()]);
            }
        }
        Ok(program)
    }

    /// Makes the change; returns whether there is one.
    fn edit(&self, crontab: &mut Crontab) -> Result<bool, ModuleError> {
        let job = self.job.as_deref().unwrap_or_default();
        match (self.env, self.state) {
            (true, Presence::Present) => {
                let place = match (&self.insertafter, &self.insertbefore) {
                    (Some(other), _) => Place::After(other),
                    (_, Some(other)) => Place::Before(other),
                    _ => Place::Start,
                };
                let line = format!("{}=\"{job}\"", self.name);
                let missing =
                    |other| ModuleError::refused(format!("the crontab has no variable {other:?}"));
                crontab
                    .set_variable(&self.name, &line, place)
                    .map_err(missing)
            }
            (true, Presence::Absent) => Ok(crontab.remove_variable(&self.name)),
            (false, Presence::Present) => Ok(crontab.set_job(&self.name, &self.line(job))),
            (false, Presence::Absent) => Ok(crontab.remove_job(&self.name)),
        }
    }

    /// Returns the line of the job.
    fn line(&self, job: &str) -> String {
        let mut words = Vec::new();
        let special = self
            .special_time
            .map(|time| format!("@{time:?}").to_lowercase());
        match &special {
            Some(time) => words.push(time.as_str()),
            None => words.extend(
                [
                    &self.minute,
                    &self.hour,
                    &self.day,
                    &self.month,
                    &self.weekday,
                ]
                .map(String::as_str),
            ),
        }
        if self.cron_file.is_some() {
            words.extend(self.user.as_deref());
        }
        words.push(job.trim_matches(['\r', '\n']));
        let comment = if self.disabled { "#" } else { "" };
        format!("{comment}{}", words.join(" "))
    }

    fn add_result(&self, change: &mut Change, crontab: &Crontab) {
        change.returns("jobs", crontab.jobs().map(str::to_owned).collect::<Value>());
        change.returns(
            "envs",
            crontab.variables().map(str::to_owned).collect::<Value>(),
        );
        let job = self.job.as_deref().unwrap_or_default();
        if self.state == Presence::Present
            && !self.env
            && job.trim_matches(['\r', '\n']).contains(['\r', '\n'])
        {
            change.warnings.push("job should be one line".to_owned());
        }
    }
}

/// cron skips files with other names.
fn file_name_warning(name: Option<&str>) -> Option<String> {
    let name = name?;
    let is_usual = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    (!name.chars().all(is_usual)).then(|| {
        format!("cron may ignore the file {name}: use only letters, digits, - and _ in its name")
    })
}
