//! Running programs.

use super::path::PATH;
use super::stat_line::{account, unquoted};
use super::{Pieces, Plan};
use crate::host::shell::script::Library;
use crate::host::{Answer, HostError, Process, ProcessMatch};
use camino::Utf8PathBuf;
use std::collections::HashMap;

const PROCESSES: Library = Library {
    name: "processes",
    text: include_str!("processes.sh"),
};

/// Adds a question about programs.
pub(super) fn ask<'a>(plan: &mut Plan<'a>, index: usize, recognise: &'a ProcessMatch) {
    let (how, text) = coarse(recognise);
    plan.call(
        &[&PATH, &PROCESSES],
        "rmq_processes",
        [how, text],
        move |pieces, answers| {
            let mut found = read(pieces)?;
            if let Some(start) = &recognise.start {
                // Those that only are in the session of one do not tell it.
                found
                    .iter_mut()
                    .for_each(|one| one.start = Some(start.clone()));
            }
            found.retain(|process| recognise.matches(process));
            answers.set(index, Answer::Processes(found));
            Ok(())
        },
    );
}

/// Returns a cheap condition for the host's own search, which finds at least all matches.
fn coarse(recognise: &ProcessMatch) -> (&'static str, &str) {
    if let Some(start) = &recognise.start {
        return ("start", start);
    }
    let argv = recognise.argv.as_deref().unwrap_or_default();
    let words = recognise
        .main_class
        .iter()
        .chain(&recognise.arguments)
        .chain(argv);
    match words.max_by_key(|word| word.len()) {
        Some(word) if !word.is_empty() => ("word", word),
        _ => match &recognise.executable {
            Some(executable) => ("executable", executable),
            None => ("all", ""),
        },
    }
}

/// The output of stat for a program.
#[derive(Default)]
pub(super) struct Owner {
    uid: u32,
    user: String,
    executable: Utf8PathBuf,
    directory: Utf8PathBuf,
}

fn read(pieces: &mut Pieces) -> Result<Vec<Process>, HostError> {
    let owners = pieces.next()?;
    if owners.word == "missing" {
        return Err(HostError::Missing("/proc".to_owned()));
    }
    let owners = read_owners(&owners.bytes);
    let mut found = Vec::new();
    while let Some(piece) = pieces.next_if(|word| word.starts_with("program")) {
        let start = piece.word.strip_prefix("program-").map(str::to_owned);
        let program = read_program(&piece.bytes, &owners);
        found.extend(program.map(|program| Process { start, ..program }));
    }
    pieces.next()?;
    Ok(found)
}

/// Parses lines `UID/USER//proc/PID`, and the same with `/exe -> PATH` and `/cwd -> PATH`.
pub(super) fn read_owners(bytes: &[u8]) -> HashMap<u32, Owner> {
    let mut owners: HashMap<u32, Owner> = HashMap::new();
    for line in String::from_utf8_lossy(bytes).lines() {
        let mut fields = line.splitn(3, '/');
        let (Some(uid), Some(user), Some(name)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (name, target) = name.split_once(" -> ").unwrap_or((name, ""));
        let name = String::from_utf8_lossy(unquoted(name.as_bytes())).into_owned();
        let target = String::from_utf8_lossy(unquoted(target.as_bytes())).into_owned();
        let mut parts = name.split('/').skip(2);
        let (Some(Ok(pid)), link) = (parts.next().map(str::parse), parts.next()) else {
            continue;
        };
        let owner = owners.entry(pid).or_default();
        match link {
            Some("exe") => owner.executable = target.into(),
            Some("cwd") => owner.directory = target.into(),
            _ => {
                owner.uid = uid.parse().unwrap_or_default();
                owner.user = account(user, owner.uid);
            }
        }
    }
    owners
}

/// Parses `/proc/PID/stat` followed by the arguments; `None` for zombies, kernel threads and
/// processes that have ended.
pub(super) fn read_program(bytes: &[u8], owners: &HashMap<u32, Owner>) -> Option<Process> {
    let open = bytes.iter().position(|&byte| byte == b'(')?;
    let pid = std::str::from_utf8(bytes.get(..open)?)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    // The name between the parentheses is any 15 bytes at most.
    let name = bytes.get(open..bytes.len().min(open + 17))?;
    let close = open + name.iter().rposition(|&byte| byte == b')')?;
    let rest = bytes.get(close + 1..)?;
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let fields = std::str::from_utf8(rest.get(..end)?).ok()?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let arguments = rest.get(end + 1..)?;
    if arguments.is_empty() || matches!(fields.first(), Some(&("Z" | "X"))) {
        return None;
    }
    let arguments = arguments.strip_suffix(b"\0").unwrap_or(arguments);
    let owner = owners.get(&pid)?;
    Some(Process {
        pid,
        started: fields.get(19)?.parse().ok()?,
        executable: owner.executable.clone(),
        argv: arguments
            .split(|&byte| byte == 0)
            .map(|argument| String::from_utf8_lossy(argument).into_owned())
            .collect(),
        directory: owner.directory.clone(),
        uid: owner.uid,
        user: owner.user.clone(),
        start: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_newlines_does_not_confuse() {
        let fields: Vec<_> = (4..=52).map(|field| field.to_string()).collect();
        let bytes = format!("12 (a) S 1\n(b)) S {}\njava\0-x\0Main\0", fields.join(" "));
        let owners =
            read_owners(b"7/mq//proc/12\n7/mq/'/proc/12/exe' -> '/usr/bin/java (deleted)'\n");
        let process = read_program(bytes.as_bytes(), &owners).unwrap();
        assert_eq!((process.pid, process.started, process.uid), (12, 22, 7));
        assert_eq!(process.argv, ["java", "-x", "Main"]);
        assert_eq!(process.executable, "/usr/bin/java (deleted)");
        assert_eq!(process.directory, "");
    }

    #[test]
    fn zombies_are_no_programs() {
        let fields: Vec<_> = (4..=52).map(|field| field.to_string()).collect();
        let bytes = format!("12 (java) Z {}\n", fields.join(" "));
        assert!(read_program(bytes.as_bytes(), &read_owners(b"0/root//proc/12\n")).is_none());
    }
}
