//! Runs the commands of tasks, each in its own shell.

use super::reply::{Reply, told};
use super::script::Script;
use super::session::Session;
use super::shell_host::ShellHost;
use super::unfinished::{UNFINISHED, temporary_name};
use crate::host::{Command, CommandScript, HostError, Limits, Output};

/// Runs a command to its end. If it is cancelled, its process group is ended.
pub(super) fn run(
    host: &ShellHost,
    command: &Command,
    limits: &Limits,
) -> Result<Output, HostError> {
    let script = render(command)?;
    let mut started = false;
    let reply = host.with_own_session(limits, |session| {
        let reply = talk(session, &script, command, limits);
        started = session.has_started();
        reply
    });
    let cannot = |reason: String| HostError::Step {
        action: format!("run {}", command.display()),
        reason,
    };
    match reply {
        Ok(reply) => output(command, reply).map_err(cannot),
        Err(HostError::Step { reason, .. }) => Err(cannot(reason)),
        Err(
            error @ (HostError::TimedOut | HostError::Cancelled | HostError::Unreachable { .. }),
        ) if started => Err(HostError::WhileRunning(Box::new(error))),
        Err(error) => Err(error),
    }
}

fn talk(
    session: &mut Session,
    script: &Script,
    command: &Command,
    limits: &Limits,
) -> Result<Reply, HostError> {
    session.send_last(script, limits)?;
    let file = command.script.as_ref().map(|script| &script.content);
    if let Some(input) = file.or(command.stdin.as_ref()) {
        session.send_bytes(input, limits)?;
    }
    session.finish_input(limits)?;
    session.reply(limits)
}

/// Returns the request that runs a command.
///
/// The shell sets the environment, so it is in no argument vector. The shell's message about a
/// signal that ended the command is dropped.
fn render(command: &Command) -> Result<Script, HostError> {
    let mut script = Script::default();
    let Some(program) = command.argv.first() else {
        return Err(HostError::Step {
            action: "run a command".to_owned(),
            reason: "it has no words".to_owned(),
        });
    };
    // A script also needs its directory, its file and their removal.
    let forks = if command.script.is_some() { 10 } else { 1 };
    script.raw(&format!("rmq_count {forks}; {{ ( rmq_login;"));
    if let Some(directory) = &command.chdir {
        // This handles `..` like the kernel, while a shell handles it differently after a link.
        script.raw("cd -P ");
        script.word(directory.as_str());
        script.raw(" 2>/dev/null || { rmq_piece directory; exit; };");
    }
    export(&mut script, &command.environment)?;
    script.call("rmq_is_program", [program]);
    script.raw("[ $? = 0 ] || { rmq_piece missing; exit; };");
    match &command.script {
        None => {
            script.raw("exec");
            words(&mut script, &command.argv);
        }
        Some(file) => with_file(&mut script, &command.argv, file)?,
    }
    let has_input = command.stdin.is_some() || command.script.is_some();
    let stdin = if has_input { "<&3" } else { "" };
    // A subshell alone in braces would lose its own redirections in dash.
    script.raw(&format!(
        " ) {stdin} 3<&- 2>&4 4>&-; rmq_r=$?; }} 4>&2 2>/dev/null; rmq_piece \"$rmq_r\";"
    ));
    Ok(script)
}

fn words(script: &mut Script, words: &[String]) {
    for word in words {
        script.raw(" ");
        script.word(word);
    }
}

/// Adds what runs a command with a script from standard input. The shell stays to remove the
/// script.
fn with_file(script: &mut Script, argv: &[String], file: &CommandScript) -> Result<(), HostError> {
    script.require(&[&UNFINISHED]);
    let (before, after) = argv.split_at(file.position.min(argv.len()));
    script.raw("rmq_guard; rmq_umask=$(umask); umask 077; rmq_script=${TMPDIR:-/tmp}/");
    script.word(&temporary_name()?);
    script.raw(
        "; rmq_begin \"$rmq_script\"; mkdir \"$rmq_script\" 2>&1 || { rmq_piece cd; exit; }; \
         umask \"$rmq_umask\"; rmq_script_file=$rmq_script/",
    );
    script.word(&file.name);
    script.raw("; cat 2>&1 > \"$rmq_script_file\" || { rmq_piece cd; exit; };");
    words(script, before);
    script.raw(" \"$rmq_script_file\"");
    words(script, after);
    script.raw(" </dev/null");
    Ok(())
}

/// Adds variables to the environment of what follows.
pub(super) fn export<'a>(
    script: &mut Script,
    variables: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<(), HostError> {
    for (name, value) in variables {
        let mut characters = name.chars();
        let begins = characters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !begins || !characters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(HostError::Step {
                action: format!("set the environment variable {name:?}"),
                reason: "a name has only letters, digits and _, and no digit first".to_owned(),
            });
        }
        script.raw(name);
        script.raw("=");
        script.word(value);
        script.raw(&format!("; export {name};"));
    }
    Ok(())
}

/// Returns the output of the command, or why it could not be run.
fn output(command: &Command, reply: Reply) -> Result<Output, String> {
    let reason = reply.reason();
    let mut pieces = reply.pieces.into_iter();
    let piece = pieces.next().ok_or("the shell did not answer")?;
    match piece.word.as_str() {
        "directory" => Err(Command::no_directory(
            command.chdir.as_deref().unwrap_or("/".into()),
        )),
        "cd" => Err(told(&piece.bytes)),
        "missing" => Err(Command::not_found(
            command.argv.first().map_or("", String::as_str),
        )),
        status => Ok(Output {
            status: status.parse().map_err(|_| reason)?,
            stdout: piece.bytes,
            stderr: reply.stderr,
            ..Output::default()
        }),
    }
}
