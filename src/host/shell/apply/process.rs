//! Programs that outlive the connection, and signals.

use super::{WAY, conclude};
use crate::host::shell::quote::quote_lines;
use crate::host::shell::run::export;
use crate::host::shell::script::{Library, Script};
use crate::host::shell::shell_host::{BASE, ShellHost};
use crate::host::{HostError, Limits, Output, StartProcess};
use camino::Utf8Path;

const PROCESS: Library = Library {
    name: "process",
    text: include_str!("process.sh"),
};

/// Starts a program in its own session, or its service.
pub(super) fn start(
    host: &ShellHost,
    start: &StartProcess,
    limits: &Limits,
) -> Result<(), HostError> {
    if let Some(service) = &start.service {
        return start_service(host, service, limits);
    }
    let program = start.argv.first().map_or("", String::as_str);
    let mut script = Script::with(&[&BASE, &WAY, &PROCESS]);
    // One subshell tries setsid, the other starts the program.
    script.raw("rmq_count 4; ( rmq_login;");
    export(&mut script, &start.environment)?;
    let user = start.user.as_deref().unwrap_or("");
    script.call(
        "rmq_as",
        [user, &launch(start, program), start.log.as_str()],
    );
    script.raw(" ); rmq_piece \"$?\";");
    let reply = host.request(&script, limits)?;
    conclude(&reply, &format!("start {program}"), &start.log)
}

fn start_service(host: &ShellHost, service: &str, limits: &Limits) -> Result<(), HostError> {
    let mut script = Script::with(&[&BASE, &PROCESS]);
    script.call("rmq_start_service", [service]);
    let reply = host.request(&script, limits)?;
    conclude(&reply, &format!("start {service}"), Utf8Path::new(service))
}

/// Returns the shell text that starts the program and returns at once.
///
/// It may be passed to another user's shell, so all words in it are quoted. A program started with
/// `&` would ignore SIGINT and SIGQUIT forever, hence `setsid -f` or otherwise `set -m`.
fn launch(start: &StartProcess, program: &str) -> String {
    let words: Vec<_> = start.argv.iter().map(|word| quote_lines(word)).collect();
    let words = words.join(" ");
    let program = quote_lines(program);
    let directory = quote_lines(start.directory.as_str());
    let log = quote_lines(start.log.as_str());
    format!(
        "cd {directory} || exit
if ! {{ [ -x {program} ] || command -v {program}; }} >/dev/null; then
printf '%s is not found or cannot be executed\\n' {program} >&2
exit 1
fi
umask 077
printf '' >> {log} || exit
umask 027
exec </dev/null >> {log} 2>&1 3<&-
if setsid -f true 2>/dev/null; then exec setsid -f {words}; fi
set -m 2>/dev/null
if command -v setsid >/dev/null; then setsid {words} &
else trap '' HUP; {words} &
fi
exit 0"
    )
}

/// Ends all programs that have a mark in their environment, and returns them.
pub(super) fn end_marked(
    host: &ShellHost,
    mark: &str,
    limits: &Limits,
) -> Result<Output, HostError> {
    let mut script = Script::with(&[&BASE, &PROCESS]);
    script.call("rmq_end_marked", [mark]);
    let reply = host.request(&script, limits)?;
    conclude(&reply, "end what was started", Utf8Path::new("/proc"))?;
    let found = reply.pieces.into_iter().next();
    Ok(Output {
        stdout: found.map(|piece| piece.bytes).unwrap_or_default(),
        ..Output::default()
    })
}

/// Sends a signal to a program.
pub(super) fn signal(
    host: &ShellHost,
    pid: u32,
    started: u64,
    signal: &str,
    limits: &Limits,
) -> Result<(), HostError> {
    let mut script = Script::with(&[&BASE, &PROCESS]);
    let words = [&pid.to_string(), &started.to_string(), signal];
    script.call("rmq_signal", words);
    let action = format!("send SIG{signal} to process {pid}");
    conclude(
        &host.request(&script, limits)?,
        &action,
        Utf8Path::new("/proc"),
    )
}
