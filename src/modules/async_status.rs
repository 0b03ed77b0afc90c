//! `async_status`: what came of a task that was left running in the background.

use super::host_path::host_path;
use crate::change::{Change, ENDS, End, Job, Note};
use crate::host::{Answer, Content, Node, Probe, Question, Step, not_on_a_guess};
use crate::module::{BuiltIn, HostPaths, Module, ModuleError, PlanContext};
use crate::value::{Fields, Value};

/// Reports on a task with `async` and `poll: 0`: whether it has ended, and its result. It fails if
/// the task has failed.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AsyncStatus {
    /// The `ansible_job_id` of the task's result.
    jid: String,
    /// Whether to report on the job, or to remove its files.
    #[serde(default)]
    mode: Mode,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Status,
    Cleanup,
}

/// Files up to this size in bytes come with the first answer.
const AT_ONCE: u64 = 64 * 1024;

impl BuiltIn for AsyncStatus {
    const NAME: &'static str = "async_status";
    const EXAMPLE: &'static str = "\
- name: Start a long job
  command: \"true\"
  async: 600
  poll: 0
  register: job
- name: Wait for its end
  async_status:
    jid: \"{{ job.ansible_job_id }}\"
  register: result
  until: result is finished
  retries: 60
  delay: 10
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("ansible_job_id", "The id of the job."),
        ("started", "Whether it was started."),
        (
            "finished",
            "Whether it has ended; then its own result is here too.",
        ),
        (
            "results_file",
            "The file on the host that holds its result.",
        ),
        ("erased", "The file that was removed, with `mode: cleanup`."),
    ];
}

impl Module for AsyncStatus {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        // A job ends without any task that would end what was asked ahead.
        not_on_a_guess()?;
        if self.jid.contains('/') || self.jid.starts_with('.') {
            let message = format!("jid: \"{}\" is not the id of a job", self.jid);
            return Err(ModuleError::refused(message));
        }
        let paths = HostPaths::new(context.host, context.environment);
        let folder = host_path(&paths.absolute(&context.templates.folder_of_jobs())?)?;
        let job = Job::known(&folder, &self.jid);
        let files = Files::of(&job, context.host)?;
        let mut change = Change::default();
        for name in ["stdout", "stderr"] {
            change.returns(name, "");
        }
        change.returns("ansible_job_id", self.jid.as_str());
        let is_cleanup = self.mode == Mode::Cleanup;
        let named = if is_cleanup { "erased" } else { "results_file" };
        change.returns(named, job.file("").as_str());
        if files.found[0].is_none() {
            change.returns("started", true);
            change.returns("finished", true);
            change.failed = Some("could not find job".to_owned());
        } else if is_cleanup {
            clean_up(&job, &files, &mut change);
        } else {
            change.returns("started", true);
            report(&job, &files, context, &mut change)?;
        }
        for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
            let text = change
                .result
                .get(text)
                .map(Value::to_string)
                .unwrap_or_default();
            change.returns(lines, text.lines().map(Value::from).collect::<Value>());
        }
        Ok(change)
    }
}

/// The files of a job, in the order of [`ENDS`].
struct Files {
    found: Vec<Option<Node>>,
}

impl Files {
    /// Asks for all at once.
    fn of(job: &Job, host: &Probe) -> Result<Self, ModuleError> {
        let question = |end| Question::Path {
            path: job.file(end),
            follow: true,
            content: Content::UpTo(AT_ONCE),
        };
        let answers = host.ask(&ENDS.map(question))?.into_iter();
        let node = |answer| match answer {
            Answer::Path(node) => node,
            _ => None,
        };
        Ok(Self {
            found: answers.map(node).collect(),
        })
    }

    /// Returns the content of the file with this end of the name, if there is one.
    fn content(&self, job: &Job, end: &str, host: &Probe) -> Result<Option<Vec<u8>>, ModuleError> {
        let index = ENDS.iter().position(|known| *known == end);
        let node = index.and_then(|index| self.found.get(index)?.as_ref());
        Ok(match node {
            None => None,
            Some(node) => Some(match &node.content {
                Some(content) => content.clone(),
                None => host.read(&job.file(end))?,
            }),
        })
    }
}

fn clean_up(job: &Job, files: &Files, change: &mut Change) {
    let there = ENDS.iter().zip(&files.found);
    for (end, _) in there.filter(|(_, node)| node.is_some()) {
        change.steps.push(Step::Remove {
            path: job.file(end),
            directory: false,
        });
    }
    // As in Ansible, the files of a job are not something that a playbook describes.
    change.changed = Some(false);
    change.returns("started", false);
    change.returns("finished", false);
}

/// Adds the result of a job as far as it is known.
fn report(
    job: &Job,
    files: &Files,
    context: &PlanContext,
    change: &mut Change,
) -> Result<(), ModuleError> {
    let content = |end: &str| files.content(job, end, context.host);
    let wrong =
        |end: &str| ModuleError::refused(format!("{} does not describe a job", job.file(end)));
    let note = content("")?.and_then(|content| Note::read(&content));
    let mut result = match note.ok_or_else(|| wrong(""))? {
        Note::Ended(result) => result,
        Note::Started {
            result,
            reports_output,
        } => {
            let Some(end) = content(".done")? else {
                change.returns("finished", false);
                return Ok(());
            };
            let end = End::read(&end).ok_or_else(|| wrong(".done"))?;
            let text = |end| {
                let text = String::from_utf8_lossy(&content(end)?.unwrap_or_default()).into_owned();
                Ok::<_, ModuleError>(text.trim_end_matches(['\r', '\n']).to_owned())
            };
            let output = [text(".out")?, text(".err")?];
            let output = Some(output).filter(|_| reports_output || end.status != Some(0));
            ended(result, output, reports_output, &end, context)
        }
    };
    change.returns("finished", true);
    let changed = result.swap_remove("changed");
    change.changed = Some(changed.is_some_and(|changed| changed.is_true()));
    if result.get("failed").is_some_and(Value::is_true) {
        let message = result.get("msg").map(Value::to_string);
        change.failed = message.or_else(|| Some("the job has failed".to_owned()));
    }
    change.result.extend(result);
    Ok(())
}

/// Returns the result of a job whose command has ended, with its output if that is part of it.
fn ended(
    mut result: Fields,
    output: Option<[String; 2]>,
    reports_output: bool,
    end: &End,
    context: &PlanContext,
) -> Fields {
    let Some(status) = end.status else {
        return Fields::from([
            ("failed".to_owned(), true.into()),
            ("msg".to_owned(), "Timeout exceeded".into()),
        ]);
    };
    let mut set = |name: &str, value: Value| result.insert(name.to_owned(), value);
    set("changed", true.into());
    if let Some([stdout, stderr]) = output {
        set("rc", status.into());
        set("stdout", stdout.into());
        set("stderr", stderr.into());
    }
    let is_lenient = context.templates.is_lenient();
    if status != 0 {
        set("failed", true.into());
        let message = if is_lenient {
            "non-zero return code".to_owned()
        } else {
            format!("the command ended with exit code {status}")
        };
        set("msg", message.into());
    } else if reports_output && is_lenient {
        set("msg", "".into());
    }
    if reports_output {
        result.extend(end.times());
    }
    result
}
