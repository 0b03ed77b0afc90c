//! Writes regular files, atomically.

use super::body::send_body;
use super::request::Request;
use super::{PLACE, WAY, conclude, exact_mode};
use crate::host::shell::ask::PATH;
use crate::host::shell::quote::escape;
use crate::host::shell::script::{Library, Script};
use crate::host::shell::shell_host::{BASE, ShellHost};
use crate::host::shell::unfinished::{UNFINISHED, temporary_name};
use crate::host::{Before, Body, HostError, Limits, Ownership};
use camino::Utf8Path;

const WRITE: Library = Library {
    name: "write",
    text: include_str!("write.sh"),
};

/// The longest content sent within the request, in encoded bytes; longer content uses its own
/// channel, which costs the start of a shell (3 ms and two round trips).
const INLINE: usize = 16 << 10;

/// A regular file to be written.
pub(super) struct Writing<'a> {
    pub(super) path: &'a Utf8Path,
    pub(super) before: Option<&'a Before>,
    pub(super) ownership: &'a Ownership,
    pub(super) backup: Option<&'a Utf8Path>,
    pub(super) validate: Option<&'a [String]>,
}

impl Writing<'_> {
    fn action(&self) -> String {
        format!("write {}", self.path)
    }
}

/// Returns what creates a file from the content, if that is short enough to be sent within the
/// request.
pub(super) fn inline(writing: &Writing, body: &Body) -> Result<Option<Request>, HostError> {
    let text = match body {
        Body::Bytes(bytes) if bytes.len() <= INLINE => escape(bytes),
        _ => return Ok(None),
    };
    if text.len() > INLINE {
        return Ok(None);
    }
    let script = writing.script(&format!("printf %b '{text}'"), &body.sha256())?;
    Ok(Some(Request::new(script, writing.action(), writing.path)))
}

/// Creates a file from content sent over its own channel.
pub(super) fn stream(
    host: &ShellHost,
    writing: &Writing,
    body: &Body,
    limits: &Limits,
) -> Result<(), HostError> {
    let script = writing.script("rmq_count 1; cat <&3", &body.sha256())?;
    let reply = host.with_own_session(limits, |session| {
        session.send_last(&script, limits)?;
        send_body(session, body, limits)?;
        session.finish_input(limits)?;
        session.reply(limits)
    })?;
    conclude(&reply, &writing.action(), writing.path)
}

/// Creates a file with the content of another file of the host.
pub(super) fn copy(writing: &Writing, from: &Utf8Path, sha256: &str) -> Result<Request, HostError> {
    let mut source = Script::default();
    source.raw("rmq_count 1; cat < ");
    source.word(from.as_str());
    let script = writing.script(source.text(), sha256)?;
    let action = format!("copy {from} to {}", writing.path);
    Ok(Request::new(script, action, writing.path))
}

impl Writing<'_> {
    /// Returns the request that writes what the shell text `source` prints.
    fn script(&self, source: &str, sha256: &str) -> Result<Script, HostError> {
        let mut script = Script::with(&[&BASE, &PATH, &UNFINISHED, &WAY, &PLACE, &WRITE]);
        script.raw(&format!("rmq_body() {{ {source}; }}; rmq_validate() {{ "));
        self.add_validation(&mut script);
        script.raw("; };");
        let words = [
            self.path.as_str(),
            &temporary_name()?,
            self.before.map_or("", |before| before.sha256.as_str()),
            sha256,
            self.backup.map_or("", Utf8Path::as_str),
            &exact_mode(self.ownership.mode),
            self.ownership.owner.as_deref().unwrap_or(""),
            self.ownership.group.as_deref().unwrap_or(""),
        ];
        script.call("rmq_write", words);
        Ok(script)
    }

    /// Adds the command that must accept the new file, whose path is `$1`.
    fn add_validation(&self, script: &mut Script) {
        let Some(words) = self.validate else {
            script.raw(":");
            return;
        };
        script.raw("rmq_count 1; ( rmq_login; exec");
        for word in words {
            script.raw(" ");
            for (number, part) in word.split("%s").enumerate() {
                if number > 0 {
                    script.raw("\"$1\"");
                }
                script.word(part);
            }
        }
        script.raw(" ) >&2");
    }
}
