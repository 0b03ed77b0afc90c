//! `debconf`: answers to the questions of Debian's packages.

use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, items};
use crate::value::{Fields, Value, map};
use minijinja::value::ValueKind;

/// Answers a question of a package of Debian before it is configured, or lists its answers.
///
/// A password cannot be compared: use `command` with `debconf-set-selections` and stdin for one.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Debconf {
    /// The package.
    name: String,
    /// The question, such as `locales/default_environment_locale`; without one, the answers are only
    /// returned.
    question: Option<String>,
    /// The type of the answer.
    vtype: Option<AnswerType>,
    /// The answer; a list for `multiselect`.
    #[schemars(with = "Option<String>")]
    value: Option<Value>,
    /// Whether the question still counts as not asked.
    #[serde(default)]
    unseen: bool,
}

/// The type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AnswerType {
    /// `true` or `false`.
    Boolean,
    /// A message about an error.
    Error,
    /// Some of several.
    Multiselect,
    /// A message.
    Note,
    /// A secret.
    Password,
    /// Whether the question was asked.
    Seen,
    /// One of several.
    Select,
    /// A line.
    String,
    /// A message.
    Text,
    /// A title.
    Title,
}

impl BuiltIn for Debconf {
    const NAME: &'static str = "debconf";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("pkg", "name"),
        ("selection", "question"),
        ("setting", "question"),
        ("answer", "value"),
    ];
    const EXAMPLE: &'static str = "\
- name: The licence is accepted
  debconf:
    name: msttcorefonts
    question: msttcorefonts/accepted-mscorefonts-eula
    vtype: select
    value: \"true\"
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("current", "The answers."),
        ("previous", "The answer before a change."),
        ("msg", "Empty."),
    ];
}

impl Module for Debconf {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let teller = Command::new(["debconf-show", &self.name]);
        let output = context.host.query(&teller)?;
        if output.status != 0 {
            return Err(ModuleError::refused(super::package::said(&output)));
        }
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut answers = Fields::new();
        for line in before.lines() {
            if let Some((question, answer)) = line.split_once(':') {
                let question = question.trim_start_matches(['*', ' ']).trim();
                answers.insert(question.to_owned(), answer.trim().into());
            }
        }
        let mut change = Change::default();
        change.returns("msg", "");
        let Some((question, kind, value)) = self.wanted()? else {
            change.returns("current", map(answers));
            return Ok(change);
        };
        let old = answers.get(question).map(ToString::to_string);
        if old
            .as_ref()
            .is_some_and(|old| self.is_same(kind, old, &value))
        {
            change.returns("current", map(answers));
            return Ok(change);
        }
        let kind = format!("{kind:?}").to_lowercase();
        let line = format!("{} {question} {kind} {value}\n", self.name);
        let mark = if self.unseen { " " } else { "*" };
        let is_question = |line: &str| {
            let asked = line
                .split_once(':')
                .map(|(asked, _)| asked.trim_start_matches(['*', ' ']).trim());
            asked == Some(question)
        };
        let others = before.lines().filter(|line| !is_question(line));
        let others: String = others.map(|line| format!("{line}\n")).collect();
        let flag: &[&str] = if self.unseen { &["-u"] } else { &[] };
        change.steps.push(Step::Set(Setting {
            name: format!("answers for {}", self.name),
            teller,
            after: format!("{others}{mark} {question}: {value}\n"),
            before,
            setters: vec![Command {
                stdin: Some(line.into_bytes()),
                ..Command::new(["debconf-set-selections"].iter().chain(flag).copied())
            }],
            brings_programs: false,
        }));
        let one = |answer: String| map(Fields::from_iter([(question.to_owned(), answer.into())]));
        change.returns("current", one(value));
        change.returns("previous", one(old.unwrap_or_default()));
        Ok(change)
    }
}

impl Debconf {
    /// Returns the question, the type of its answer, and the answer.
    fn wanted(&self) -> Result<Option<(&str, AnswerType, String)>, ModuleError> {
        let (question, kind, value) = match (&self.question, self.vtype, &self.value) {
            (None, None, None) => return Ok(None),
            (Some(question), Some(kind), Some(value)) => (question, kind, value),
            _ => {
                return Err(ModuleError::refused(
                    "question, vtype and value must be given together",
                ));
            }
        };
        if kind == AnswerType::Password {
            return Err(ModuleError::Refused {
                message: "vtype: password is not supported: debconf does not show passwords"
                    .to_owned(),
                help: Some("use command: debconf-set-selections with stdin and no_log".to_owned()),
            });
        }
        let text = match value.kind() {
            ValueKind::Seq if kind == AnswerType::Multiselect => {
                let parts = items(value.clone());
                let parts = parts.map_err(|error| ModuleError::refused(error.to_string()))?;
                let parts = parts.iter().map(ToString::to_string);
                parts.collect::<Vec<_>>().join(", ")
            }
            _ if kind == AnswerType::Boolean => value.to_string().to_lowercase(),
            _ => value.to_string(),
        };
        Ok(Some((question, kind, text)))
    }

    fn is_same(&self, kind: AnswerType, old: &str, new: &str) -> bool {
        let is_list = self
            .value
            .as_ref()
            .is_some_and(|value| value.kind() == ValueKind::Seq);
        let parts = |text: &str| {
            let mut parts: Vec<_> = text.split(',').map(|part| part.trim().to_owned()).collect();
            parts.sort();
            parts
        };
        match kind {
            AnswerType::Boolean => old.to_lowercase() == new,
            AnswerType::Multiselect if is_list => parts(old) == parts(new),
            _ => old == new,
        }
    }
}
