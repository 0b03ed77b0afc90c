//! `rocketmq_last_words`: why programs of a host are not running.

mod kernel;
mod log;
mod service;

use super::program::Program;
use crate::change::Change;
use crate::host::{Answer, Content, HostError, Node, Probe, Question};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::Value;
use camino::Utf8PathBuf;
use kernel::Kernel;
pub(super) use log::Log;
use service::Ended;

/// Reports why RocketMQ programs are not running, as far as their host knows.
///
/// For each program that is not running, it reads the ends of its logs and checks whether the
/// kernel killed it when out of memory (visible only to root), whether the machine has rebooted
/// since, and what systemd recorded about its service. Nothing is changed.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LastWordsModule {
    /// The programs that should run here, in the form that `rocketmq_preflight` takes.
    programs: Vec<Program>,
    /// Known causes, the most specific first.
    #[serde(default)]
    reasons: Vec<Reason>,
    /// How many of the last lines of RocketMQ's logs to return, also for running programs.
    #[serde(default)]
    lines: usize,
}

/// What a line of a log means.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Texts, one of which the line contains.
    words: Vec<String>,
    /// What to do about it, as one sentence.
    advice: String,
}

impl BuiltIn for LastWordsModule {
    const NAME: &'static str = "rocketmq_last_words";
    const EXAMPLE: &'static str = "\
- name: Why the broker does not run
  rocketmq_last_words:
    programs:
      - name: broker-a
        file: /etc/rocketmq/broker-a.properties
        home: /var/lib/rocketmq/broker-a
    reasons:
      - words: [BindException]
        advice: one of its ports is taken
  register: last_words
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[(
        "programs",
        "Maps of `name`, `pid` (nothing where it does not run), `why` (of one that does not run: up \
         to three lines) and `log` (the last lines of RocketMQ's own logs, if `lines` says so).",
    )];
}

/// The logs of a program below its folder, the most informative first: a Java program that fails
/// says so on its standard output, which goes to the first two.
const LOGS: [&str; 5] = [
    "logs/broker.out",
    "logs/namesrv.out",
    "logs/rocketmqlogs/store.log",
    "logs/rocketmqlogs/broker.log",
    "logs/rocketmqlogs/namesrv.log",
];

/// A log last written this many seconds before another one belongs to an earlier life.
const SAME_LIFE: i64 = 120;

/// How many bytes of a log's end are read: 60 lines or more.
const BYTES: u64 = 16 << 10;

/// How many lines are reported of a program.
const LINES: usize = 3;

/// What was found of a program.
struct Found<'a> {
    program: &'a Program,
    pid: Option<u32>,
    /// Its logs of the last life, without their content.
    logs: Vec<(Utf8PathBuf, Node)>,
}

impl Module for LastWordsModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let all = self.find(context.host)?;
        let is_wanted = |found: &Found| found.pid.is_none() || self.lines > 0;
        let mut questions = Vec::new();
        for found in all.iter().filter(|found| is_wanted(found)) {
            questions.extend(found.logs.iter().map(|(path, node)| Question::Path {
                path: path.clone(),
                follow: true,
                content: Content::From(node.size.saturating_sub(BYTES)),
            }));
        }
        let (mut answers, mut kernel) = (Vec::new().into_iter(), Kernel::default());
        if !questions.is_empty() {
            answers = context.host.ask(&questions)?.into_iter();
            if all.iter().any(|found| found.pid.is_none()) {
                kernel = Kernel::look(context.host)?;
            }
        }
        let mut programs = Vec::new();
        for found in &all {
            let logs = if is_wanted(found) {
                found.read(&mut answers)
            } else {
                Vec::new()
            };
            let exit = found.exit(context.host)?;
            programs.push(self.value(found, &logs, &kernel, exit));
        }
        let mut change = Change::default();
        change.returns("programs", programs.into_iter().collect::<Value>());
        Ok(change)
    }
}

impl LastWordsModule {
    /// Finds out which programs run and which logs exist, in one round trip.
    fn find(&self, host: &Probe) -> Result<Vec<Found<'_>>, ModuleError> {
        let mut questions = Vec::new();
        for program in &self.programs {
            questions.push(Question::Processes(program.recognise()));
            questions.extend(LOGS.iter().map(|log| Question::Path {
                path: program.home.join(log),
                follow: true,
                content: Content::None,
            }));
        }
        let mut answers = host.ask(&questions)?.into_iter();
        let programs = self.programs.iter();
        Ok(programs
            .map(|program| {
                let pid = match answers.next() {
                    Some(Answer::Processes(running)) => running.first().map(|one| one.pid),
                    _ => None,
                };
                let nodes = LOGS
                    .iter()
                    .map(|log| (program.home.join(log), answers.next()));
                let logs = nodes.filter_map(|(path, answer)| match answer {
                    Some(Answer::Path(Some(node))) if node.size > 0 => Some((path, node)),
                    _ => None,
                });
                Found::of(program, pid, logs.collect())
            })
            .collect())
    }

    fn value(&self, found: &Found, logs: &[Log], kernel: &Kernel, exit: Option<Ended>) -> Value {
        let mut why = match found.pid {
            Some(_) => Vec::new(),
            None => self.why(found, logs, kernel, exit),
        };
        why.truncate(LINES);
        let own = |log: &&Log| self.lines > 0 && log.is_rocketmq_s();
        let tails = logs.iter().filter(own);
        let tails: Vec<_> = tails.flat_map(|log| log.tail(self.lines)).collect();
        Value::from_pairs([
            ("name", Value::from(found.program.name.as_str())),
            (
                "pid",
                found.pid.map_or_else(|| Value::from(()), Value::from),
            ),
            ("why", why.into()),
            ("log", tails.into()),
        ])
    }

    /// Returns why a program is not running, the most certain reason first.
    fn why(
        &self,
        found: &Found,
        logs: &[Log],
        kernel: &Kernel,
        exit: Option<Ended>,
    ) -> Vec<String> {
        let may_be_the_kernel = exit.as_ref().is_none_or(|exit| exit.was_killed);
        let mut why: Vec<_> = exit.into_iter().map(|exit| exit.line).collect();
        let Some(last_sign) = found.last_sign() else {
            why.push("it has no logs here, as if it was never started".to_owned());
            return why;
        };
        if kernel.started > last_sign {
            let at = moment(kernel.started);
            why.push(format!(
                "the machine booted at {at}, and it has written nothing since"
            ));
            return why;
        }
        let reason = self.reasons.iter().find_map(|reason| {
            let mut logs = logs.iter();
            let line = logs.find_map(|log| log.line_with(&reason.words))?;
            Some([reason.advice.clone(), line])
        });
        let ended_in_order = reason.is_none() && logs.iter().any(Log::ends_in_order);
        if why.is_empty() && ended_in_order {
            why.push("it was asked to stop, and shut down cleanly".to_owned());
        } else if may_be_the_kernel && let Some(killed) = kernel.killed_after(last_sign) {
            why = vec![of_kernel(killed)];
        }
        match reason {
            Some(reason) => why.extend(reason),
            None if why.is_empty() => why = unexplained(logs),
            None => {}
        }
        why
    }
}

impl<'a> Found<'a> {
    fn of(program: &'a Program, pid: Option<u32>, mut logs: Vec<(Utf8PathBuf, Node)>) -> Self {
        let last_sign = logs.iter().map(|(_, node)| node.modified).max();
        let last_sign = last_sign.unwrap_or_default();
        logs.retain(|(_, node)| node.modified + SAME_LIFE >= last_sign);
        Self { program, pid, logs }
    }

    /// Returns when it last wrote to a log, in seconds since 1970.
    fn last_sign(&self) -> Option<i64> {
        self.logs.iter().map(|(_, node)| node.modified).max()
    }

    /// Returns how it ended, if systemd runs it.
    fn exit(&self, host: &Probe) -> Result<Option<Ended>, HostError> {
        match (&self.program.service, self.pid) {
            (Some(name), None) => service::ended(host, name),
            _ => Ok(None),
        }
    }

    fn read(&self, answers: &mut impl Iterator<Item = Answer>) -> Vec<Log> {
        let mut logs = Vec::new();
        for (path, before) in &self.logs {
            if let Some(Answer::Path(Some(node))) = answers.next() {
                let text = node.content.unwrap_or_default();
                let text = String::from_utf8_lossy(&text);
                let is_whole = before.size <= BYTES;
                logs.push(Log::read(path.clone(), &text, is_whole));
            }
        }
        logs
    }
}

/// Returns what the logs say about an end without a known cause: errors of the start, or silence.
fn unexplained(logs: &[Log]) -> Vec<String> {
    let first = |lines: &dyn Fn(&Log) -> Vec<String>| {
        let mut lines = logs.iter().map(lines);
        lines.find(|lines| !lines.is_empty()).unwrap_or_default()
    };
    let failures = first(&|log| log.failures(LINES));
    if !failures.is_empty() {
        return failures;
    }
    let errors = first(&|log| log.errors(LINES - 1));
    let silence = "it does not say why it ended, as if it was killed";
    let silence = match errors.as_slice() {
        [] => silence.to_owned(),
        _ => format!("{silence}; its last errors:"),
    };
    std::iter::once(silence).chain(errors).collect()
}

fn of_kernel(killed: &kernel::Killed) -> String {
    format!(
        "the kernel killed it, out of memory (java, process {}) at {}: see the memory checks of \
         playbooks/preflight.yml",
        killed.pid,
        moment(killed.at)
    )
}

/// Formats a moment for people.
fn moment(seconds: i64) -> String {
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
