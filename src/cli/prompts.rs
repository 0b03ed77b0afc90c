//! `vars_prompt`: variables to ask for before the first host is touched.

use super::typed;
use crate::host::{Cancel, Secret};
use crate::playbook::{Play, Playbook};
use crate::report::printable;
use crate::run::{Ask, Session, Unanswered};
use crate::source::{Place, Problem, Result};
use crate::value::{self, Fields, Value};
use crate::vars::{Layer, Scope};
use crate::yaml::{Map, Node};
use indicatif::ProgressBar;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

/// Asks for the variables of all plays; returns a layer for each play.
pub(super) fn ask_for_variables(
    session: &Arc<Session>,
    playbook: &Playbook,
) -> Result<Vec<Arc<Layer>>> {
    playbook
        .plays
        .iter()
        .map(|play| ask_for_play(session, play))
        .collect()
}

fn ask_for_play(session: &Arc<Session>, play: &Play) -> Result<Arc<Layer>> {
    let mut fields = Fields::new();
    let scope = session.play_scope();
    let vars = Layer::written("vars of the play", &play.keywords.vars);
    let scope = scope.with(vars);
    for prompt in &play.vars_prompt {
        let Some(name) = entry(prompt, "name").and_then(Node::as_text) else {
            continue;
        };
        let given = session
            .options
            .extra_vars
            .iter()
            .any(|(key, _)| key.as_text() == Some(name));
        if !given {
            let question = Question::of(prompt, name, &scope)?;
            fields.insert(name.to_owned(), question.answer(session)?);
        }
    }
    Ok(Layer::data("vars_prompt", fields))
}

/// An entry of `vars_prompt`, rendered.
struct Question<'a> {
    name: &'a str,
    place: Option<&'a Place>,
    text: String,
    default: Option<Value>,
    is_private: bool,
    is_confirmed: bool,
}

impl<'a> Question<'a> {
    fn of(prompt: &'a Map, name: &'a str, scope: &Arc<Scope>) -> Result<Self> {
        let rendered = |key: &str| {
            let node = entry(prompt, key)?;
            Some((node, scope.render(node).map_err(|error| *error.problem)))
        };
        let flag = |key: &str, otherwise: bool| -> Result<bool> {
            let Some((node, value)) = rendered(key) else {
                return Ok(otherwise);
            };
            let value = value?;
            let wrong = || {
                let message = format!("expected a boolean, found {}", shown(&value));
                Problem::at(&node.place, message)
            };
            Ok(value::boolean(&value).ok_or_else(wrong)?)
        };
        let default = rendered("default").map(|(_, value)| value).transpose()?;
        let text = match rendered("prompt") {
            Some((_, value)) => value?.to_string(),
            None => name.to_owned(),
        };
        Ok(Self {
            name,
            place: prompt.first().map(|(key, _)| &key.place),
            text: match &default {
                Some(default) => format!("{text} [{default}]"),
                None => text,
            },
            default,
            is_private: flag("private", true)?,
            is_confirmed: flag("confirm", false)?,
        })
    }

    /// Asks until there is an answer: twice, if it must be confirmed.
    fn answer(self, session: &Session) -> Result<Value> {
        let ask = |text: &str| (session.ask)(text, !self.is_private);
        let typed = loop {
            let typed = ask(&self.text);
            let again = match &typed {
                Ok(_) if self.is_confirmed => ask(&format!("confirm {}", self.text)),
                _ => break typed,
            };
            if again == typed || again.is_err() {
                break again;
            }
            tracing::warn!("the two answers for {} differ", self.name);
        };
        match (typed, self.default) {
            (Ok(typed), Some(default)) if typed.is_empty() => Ok(default),
            (Ok(typed), _) => {
                if self.is_private && !typed.is_empty() {
                    session.secrets.add(&typed);
                }
                Ok(typed.into())
            }
            (Err(Unanswered::NoTerminal), Some(default)) => Ok(default),
            (Err(reason), _) => {
                let reason = match reason {
                    Unanswered::NoTerminal => "there is no terminal to ask for it".to_owned(),
                    Unanswered::Because(reason) => reason,
                };
                let message = format!("\"{}\" has no value: {reason}", self.name);
                let problem = self.place.map_or_else(
                    || Problem::new(&message),
                    |place| Problem::at(place, &message),
                );
                Err(problem
                    .help(format!("set it with -e {}=…", self.name))
                    .into())
            }
        }
    }
}

/// Returns a value as a message shows it: text in quotes.
fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| format!("\"{text}\""))
}

/// Returns the function that asks the user at the terminal; the live line is hidden until they
/// answer.
pub(super) fn person(live_line: Option<ProgressBar>, cancel: Cancel) -> Ask {
    Box::new(move |question, echo| without(live_line.as_ref(), || ask(question, echo, &cancel)))
}

/// Asks for the passphrase of a private key at the terminal, even if standard input is not the
/// terminal.
pub(super) fn passphrase(
    live_line: Option<&ProgressBar>,
    cancel: &Cancel,
    key: &Path,
) -> Option<Secret> {
    let question = format!("Passphrase of {}: ", key.display());
    let typed = without(live_line, || typed::secret(&printable(&question), cancel));
    let typed = typed.ok().filter(|typed| !typed.is_empty());
    typed.map(Secret::new)
}

/// Does something while the live line is hidden.
fn without<T>(live_line: Option<&ProgressBar>, act: impl FnOnce() -> T) -> T {
    match live_line {
        Some(line) => line.suspend(act),
        None => act(),
    }
}

fn ask(question: &str, echo: bool, cancel: &Cancel) -> std::result::Result<String, Unanswered> {
    if !std::io::stdin().is_terminal() || cancel.is_cancelled() {
        return Err(Unanswered::NoTerminal);
    }
    let prompt = format!("{}: ", printable(question));
    let typed = if echo { typed::line } else { typed::secret };
    typed(&prompt, cancel).map_err(|error| Unanswered::Because(error.to_string()))
}

fn entry<'a>(map: &'a Map, key: &str) -> Option<&'a Node> {
    map.iter()
        .find(|(name, _)| name.as_text() == Some(key))
        .map(|(_, value)| value)
}
