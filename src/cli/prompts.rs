//! `vars_prompt`: variables to ask for before the first host is touched.

use super::typed;
use crate::host::{Cancel, Secret};
use crate::playbook::{Play, Playbook};
use crate::report::printable;
use crate::run::{Ask, Session};
use crate::source::{Problem, Result};
use crate::value::{self, Fields, Value};
use crate::vars::Layer;
use crate::yaml::{Map, Node};
use indicatif::ProgressBar;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

/// Asks for the variables of all plays; returns a layer for each play.
pub(super) fn ask_for_variables(session: &Session, playbook: &Playbook) -> Result<Vec<Arc<Layer>>> {
    playbook
        .plays
        .iter()
        .map(|play| ask_for_play(session, play))
        .collect()
}

fn ask_for_play(session: &Session, play: &Play) -> Result<Arc<Layer>> {
    let mut fields = Fields::new();
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
            fields.insert(name.to_owned(), answer(session, prompt, name)?);
        }
    }
    Ok(Layer::data("vars_prompt", fields))
}

fn answer(session: &Session, prompt: &Map, name: &str) -> Result<Value> {
    let default = entry(prompt, "default").map(Node::to_value);
    let private = match entry(prompt, "private") {
        None => true,
        Some(node) => value::boolean(&node.to_value())
            .ok_or_else(|| node.unexpected("private", "a boolean"))?,
    };
    let text =
        entry(prompt, "prompt").map_or_else(|| name.to_owned(), |node| node.to_value().to_string());
    let typed = (session.ask)(&text, !private).unwrap_or_default();
    if !typed.is_empty() {
        if private {
            session.secrets.add(&typed);
        }
        return Ok(typed.into());
    }
    default.ok_or_else(|| {
        let place = prompt.first().map(|(key, _)| &key.place);
        let message = format!("\"{name}\" has no value, and there is no terminal to ask for it");
        let problem = place.map_or_else(
            || Problem::new(&message),
            |place| Problem::at(place, &message),
        );
        problem.help(format!("set it with -e {name}=…")).into()
    })
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

fn ask(question: &str, echo: bool, cancel: &Cancel) -> Option<String> {
    if !std::io::stdin().is_terminal() || cancel.is_cancelled() {
        return None;
    }
    let prompt = format!("{}: ", printable(question));
    let typed = if echo { typed::line } else { typed::secret };
    typed(&prompt, cancel).ok()
}

fn entry<'a>(map: &'a Map, key: &str) -> Option<&'a Node> {
    map.iter()
        .find(|(name, _)| name.as_text() == Some(key))
        .map(|(_, value)| value)
}
