//! New files that contain a secret are readable only by their owner.

use super::session::Session;
use crate::change::Change;
use crate::host::{Body, Ownership, Step};
use crate::report::Event;
use crate::vars::Secrets;
use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

/// The mode of a new file that contains a secret, unless a mode is given.
const PRIVATE: u32 = 0o600;

/// Sets the mode of new files without one to 0600 if they contain a secret, and reports it once for
/// each path of a host. If the task `hides` its work, all of its files count as secret.
pub(super) fn keep_private(change: &mut Change, session: &Session, host: &Arc<str>, hides: bool) {
    let paths = restrict(change, &session.secrets, hides);
    if paths.is_empty() {
        return;
    }
    if change.result.contains_key("mode") {
        change.returns("mode", format!("{PRIVATE:04o}"));
    }
    let reason = if hides {
        "its task has no_log"
    } else {
        "it holds a secret"
    };
    for path in paths {
        if session.is_first_private(host, &path) {
            let text = format!(
                "{host}: the new file {path} gets mode 0600 because {reason}; set mode to choose \
                 another"
            );
            let host = host.clone();
            session.tell(Event::Warning { host, text });
        }
    }
}

/// Sets the mode, and returns the files that got it.
fn restrict(change: &mut Change, secrets: &Secrets, hides: bool) -> Vec<Utf8PathBuf> {
    let mut paths = Vec::new();
    for step in &mut change.steps {
        if let Some((path, body, ownership)) = new_file(step)
            && ownership.mode.is_none()
            && (hides || body.is_some_and(|body| holds_secret(body, secrets)))
        {
            ownership.mode = Some(PRIVATE);
            paths.push(path.to_owned());
        }
    }
    paths
}

/// Returns path, content and ownership if the step makes a new file with content.
fn new_file(step: &mut Step) -> Option<(&Utf8Path, Option<&Body>, &mut Ownership)> {
    match step {
        Step::Write {
            path,
            before: None,
            body,
            ownership,
            ..
        } => Some((path, Some(body), ownership)),
        Step::Copy {
            to,
            before: None,
            ownership,
            ..
        } => Some((to, None, ownership)),
        _ => None,
    }
}

/// A file that cannot be read cannot be written either.
fn holds_secret(body: &Body, secrets: &Secrets) -> bool {
    let found = body.reader().and_then(|reader| secrets.are_in(reader));
    found.unwrap_or(false)
}
