//! Writes regular files, atomically.

use super::body::send_body;
use super::{PLACE, conclude};
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

/// The longest content that is a part of the request, in bytes as it is written there; more goes
/// by a channel of its own, which costs the start of a shell (3 ms and two round trips).
const INLINE: usize = 16 << 10;

/// A regular file to be written.
pub(super) struct Writing<'a> {
    pub(super) path: &'a Utf8Path,
    pub(super) before: Option<&'a Before>,
    pub(super) ownership: &'a Ownership,
    pub(super) backup: Option<&'a Utf8Path>,
    pub(super) validate: Option<&'a [String]>,
}

/// Makes a file of the content.
pub(super) fn write(
    host: &ShellHost,
    writing: &Writing,
    body: &Body,
    limits: &Limits,
) -> Result<(), HostError> {
    let action = format!("write {}", writing.path);
    let inline = match body {
        Body::Bytes(bytes) if bytes.len() <= INLINE => Some(escape(bytes)),
        _ => None,
    };
    if let Some(text) = inline.filter(|text| text.len() <= INLINE) {
        let source = format!("printf %b '{text}'");
        let script = writing.script(&source, &body.sha256())?;
        return conclude(&host.request(&script, limits)?, &action, writing.path);
    }
    let script = writing.script("rmq_count 1; cat <&3", &body.sha256())?;
    let reply = host.with_own_session(limits, |session| {
        session.send_last(&script, limits)?;
        send_body(session, body, limits)?;
        session.finish_input(limits)?;
        session.reply(limits)
    })?;
    conclude(&reply, &action, writing.path)
}

/// Makes a file of the content of another file of the host.
pub(super) fn copy(
    host: &ShellHost,
    writing: &Writing,
    from: &Utf8Path,
    sha256: &str,
    limits: &Limits,
) -> Result<(), HostError> {
    let mut source = Script::default();
    source.raw("rmq_count 1; cat < ");
    source.word(from.as_str());
    let script = writing.script(source.text(), sha256)?;
    let action = format!("copy {from} to {}", writing.path);
    conclude(&host.request(&script, limits)?, &action, writing.path)
}

impl Writing<'_> {
    /// Returns the request that writes what the shell text `source` prints.
    fn script(&self, source: &str, sha256: &str) -> Result<Script, HostError> {
        let mut script = Script::with(&[&BASE, &PATH, &UNFINISHED, &PLACE, &WRITE]);
        script.raw(&format!("rmq_body() {{ {source}; }}; rmq_validate() {{ "));
        self.add_validation(&mut script);
        script.raw("; };");
        let mode = self.ownership.mode.map(|mode| format!("{mode:04o}"));
        let words = [
            self.path.as_str(),
            &temporary_name()?,
            self.before.map_or("", |before| before.sha256.as_str()),
            sha256,
            self.backup.map_or("", Utf8Path::as_str),
            mode.as_deref().unwrap_or(""),
            self.ownership.owner.as_deref().unwrap_or(""),
            self.ownership.group.as_deref().unwrap_or(""),
        ];
        script.call("rmq_write", words);
        Ok(script)
    }

    /// Adds the command that must succeed on the new file, whose path is `$1`.
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
