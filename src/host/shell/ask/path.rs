//! Asks what is at paths.

use super::stat_line::{StatLine, utf8_target};
use super::{Answers, Pieces, Plan, REQUEST, absolute};
use crate::host::shell::script::Library;
use crate::host::shell::shell_host::ShellHost;
use crate::host::{Answer, Content, HostError, Kind, Limits, Question, sha256};
use camino::Utf8Path;
use std::collections::BTreeMap;

pub(in crate::host::shell) const PATH: Library = Library {
    name: "path",
    text: include_str!("path.sh"),
};

/// How many bytes [`Content::From`] returns at most.
const LARGEST_TAIL: usize = 1 << 20;

/// A question about a path, and its index in the list.
#[derive(Clone, Copy)]
struct Asked<'a> {
    index: usize,
    path: &'a Utf8Path,
}

/// Adds all questions about paths; those without content are grouped.
pub(super) fn ask<'a>(plan: &mut Plan<'a>, questions: &'a [Question]) -> Result<(), HostError> {
    for following in [false, true] {
        let (mut stats, mut digests) = (Vec::new(), Vec::new());
        let mut contents: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for (index, question) in questions.iter().enumerate() {
            let Question::Path {
                path,
                follow,
                content,
            } = question
            else {
                continue;
            };
            if *follow != following {
                continue;
            }
            let asked = Asked {
                index,
                path: absolute(path)?,
            };
            match content {
                Content::None => stats.push(asked),
                Content::Digest => {
                    stats.push(asked);
                    digests.push(asked);
                }
                Content::UpTo(limit) => contents.entry(*limit).or_default().push(asked),
                Content::From(offset) => look(plan, asked, following, Wanted::From(*offset)),
            }
        }
        for batch in batches(&stats) {
            plan.call(
                &[&PATH],
                "rmq_stat",
                words(following, &batch),
                move |pieces, answers| read_stats(&batch, pieces, answers),
            );
        }
        for (limit, list) in contents {
            for batch in batches(&list) {
                look_at_all(plan, batch, following, limit);
            }
        }
        for batch in batches(&digests) {
            plan.call(
                &[&PATH],
                "rmq_digests",
                words(following, &batch),
                move |pieces, answers| read_digests(&batch, pieces, answers),
            );
        }
    }
    Ok(())
}

/// Asks individually about what the grouped answers left open: why a path could not be read, and
/// the targets of links that were printed with escapes.
pub(super) fn ask_again(
    host: &ShellHost,
    questions: &[Question],
    answers: &mut Answers,
    limits: &Limits,
) -> Result<(), HostError> {
    let mut plan = Plan::default();
    for (index, question) in questions.iter().enumerate() {
        let Question::Path {
            path,
            follow,
            content,
        } = question
        else {
            continue;
        };
        let asked = Asked { index, path };
        if answers.is_open(index) {
            let wanted = match content {
                Content::UpTo(limit) => Wanted::UpTo(*limit),
                _ => Wanted::Nothing,
            };
            look(&mut plan, asked, *follow, wanted);
        } else if answers.links.contains(&index) {
            plan.call(&[&PATH], "rmq_target", [path], move |pieces, answers| {
                read_target(asked, pieces, answers)
            });
        }
    }
    plan.send(host, answers, limits)
}

fn flag(follow: bool) -> &'static str {
    if follow { "-L" } else { "" }
}

fn words<'a>(follow: bool, batch: &[Asked<'a>]) -> Vec<&'a str> {
    let paths = batch.iter().map(|asked| asked.path.as_str());
    std::iter::once(flag(follow)).chain(paths).collect()
}

/// Splits a list so that the words of each part fit into a request.
fn batches<'a>(list: &[Asked<'a>]) -> Vec<Vec<Asked<'a>>> {
    let mut batches: Vec<Vec<_>> = Vec::new();
    let mut length = REQUEST;
    for asked in list {
        length += asked.path.as_str().len() + 3;
        match batches.last_mut() {
            Some(batch) if length < REQUEST => batch.push(*asked),
            _ => {
                batches.push(vec![*asked]);
                length = 0;
            }
        }
    }
    batches
}

/// What is wanted of a file that is asked about individually.
#[derive(Clone, Copy)]
enum Wanted {
    Nothing,
    UpTo(u64),
    From(u64),
}

fn look<'a>(plan: &mut Plan<'a>, asked: Asked<'a>, follow: bool, wanted: Wanted) {
    let (word, number) = match wanted {
        Wanted::Nothing => ("nothing", 0),
        Wanted::UpTo(limit) => ("upto", limit),
        Wanted::From(offset) => ("from", offset),
    };
    // The shell's arithmetic is signed.
    let number = number.min(i64::MAX as u64).to_string();
    let words = [flag(follow), word, &number, asked.path.as_str()];
    plan.call(&[&PATH], "rmq_look", words, move |pieces, answers| {
        read_look(asked, wanted, pieces, answers)
    });
}

/// The number of files from which on their contents are asked for together, with four processes for
/// all instead of two for each.
const MANY: usize = 3;

/// Asks for the contents of files of up to `limit` bytes.
fn look_at_all<'a>(plan: &mut Plan<'a>, batch: Vec<Asked<'a>>, follow: bool, limit: u64) {
    if batch.len() < MANY {
        let wanted = Wanted::UpTo(limit);
        batch
            .into_iter()
            .for_each(|asked| look(plan, asked, follow, wanted));
        return;
    }
    // `find` looks for less than a size.
    let below = limit.saturating_add(1).min(i64::MAX as u64).to_string();
    let mut words = words(follow, &batch);
    words.insert(1, &below);
    plan.call(&[&PATH], "rmq_looks", words, move |pieces, answers| {
        read_stats(&batch, pieces, answers)?;
        let digests = pieces.next()?;
        let contents = pieces.next()?;
        read_contents(&batch, limit, &digests.bytes, &contents.bytes, answers);
        Ok(())
    });
}

/// Splits the contents of files by their sizes. A file whose part does not have its digest, and all
/// after it, are asked about individually: one has changed meanwhile, or cannot be read.
fn read_contents(
    batch: &[Asked],
    limit: u64,
    mut digests: &[u8],
    mut contents: &[u8],
    answers: &mut Answers,
) {
    let mut is_certain = true;
    for asked in batch {
        let Some(node) = answers.node(asked.index) else {
            continue;
        };
        if node.kind != Kind::File {
            continue;
        }
        let line = digest_line(digests, asked.path.as_str()).filter(|_| is_certain);
        let read = line.and_then(|(digest, length)| {
            digests = digests.get(length..)?;
            if node.size > limit {
                return Some((None, Some(digest)));
            }
            let (content, rest) = contents.split_at_checked(usize::try_from(node.size).ok()?)?;
            contents = rest;
            (sha256(content) == digest).then(|| (Some(content.to_vec()), None))
        });
        match read {
            Some((content, digest)) => (node.content, node.sha256) = (content, digest),
            None => {
                is_certain = false;
                answers.reopen(asked.index);
            }
        }
    }
}

/// Whether a message of `stat` says that nothing is there, rather than that it cannot find out.
fn is_absence(message: &str) -> bool {
    let ends = [
        "No such file or directory",
        "Not a directory",
        "Too many levels of symbolic links",
    ];
    ends.iter().any(|end| message.trim_end().ends_with(end))
}

fn read_stats(
    batch: &[Asked],
    pieces: &mut Pieces,
    answers: &mut Answers,
) -> Result<(), HostError> {
    let piece = pieces.next()?;
    if piece.word == "127" {
        return Err(HostError::Missing("stat".to_owned()));
    }
    // Other messages may be about an existing path that cannot be reached.
    let complained = pieces.stderr.lines().any(|line| !is_absence(line));
    let mut rest = piece.bytes.as_slice();
    for asked in batch {
        match StatLine::read(rest, asked.path)? {
            Some(line) => {
                rest = rest.get(line.length..).unwrap_or_default();
                answers.set_line(asked.index, line);
            }
            None if complained => {}
            None => answers.set(asked.index, Answer::Path(None)),
        }
    }
    match rest {
        [] => Ok(()),
        rest => Err(HostError::Protocol(format!(
            "stat said {:?}",
            String::from_utf8_lossy(rest)
        ))),
    }
}

fn read_digests(
    batch: &[Asked],
    pieces: &mut Pieces,
    answers: &mut Answers,
) -> Result<(), HostError> {
    let piece = pieces.next()?;
    if piece.word == "127" {
        return Err(HostError::Missing("sha256sum".to_owned()));
    }
    let mut rest = piece.bytes.as_slice();
    for asked in batch {
        let Some(node) = answers.node(asked.index) else {
            continue;
        };
        if node.kind != Kind::File {
            continue;
        }
        let Some((digest, length)) = digest_line(rest, asked.path.as_str()) else {
            return Err(HostError::Read {
                path: asked.path.to_owned(),
                reason: pieces.complaint(asked.path.as_str()),
            });
        };
        node.sha256 = Some(digest);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Parses `DIGEST  NAME` or `DIGEST *NAME`; GNU marks an escaped name with a leading backslash.
fn digest_line(bytes: &[u8], name: &str) -> Option<(String, usize)> {
    let escaped = name
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r");
    let old_escaped = name.replace('\\', "\\\\").replace('\n', "\\n");
    let (line, names) = match bytes.strip_prefix(b"\\") {
        Some(line) => (line, [escaped.as_str(), &old_escaped]),
        None => (bytes, [name, name]),
    };
    let digest = digest(line)?;
    let rest = line.get(66..)?;
    let rest = names
        .iter()
        .find_map(|name| rest.strip_prefix(name.as_bytes())?.strip_prefix(b"\n"))?;
    Some((digest, bytes.len() - rest.len()))
}

/// Parses the 64 hexadecimal digits at the start.
pub(super) fn digest(bytes: &[u8]) -> Option<String> {
    let digest = bytes.get(..64)?;
    let is_digest = digest.iter().all(u8::is_ascii_hexdigit);
    is_digest.then(|| String::from_utf8_lossy(digest).into_owned())
}

fn read_look(
    asked: Asked,
    wanted: Wanted,
    pieces: &mut Pieces,
    answers: &mut Answers,
) -> Result<(), HostError> {
    let cannot = |reason: &str| HostError::Read {
        path: asked.path.to_owned(),
        reason: reason.trim().to_owned(),
    };
    let piece = pieces.next()?;
    let said = String::from_utf8_lossy(&piece.bytes);
    if piece.word != "s0" {
        if !is_absence(&said) {
            return Err(cannot(&said));
        }
        answers.set(asked.index, Answer::Path(None));
        return Ok(());
    }
    let line = StatLine::read(&piece.bytes, asked.path)?;
    answers.set_line(asked.index, line.ok_or_else(|| cannot(&said))?);
    let is_content = |word: &str| word.starts_with(['c', 'd']);
    let (Some(piece), Some(node)) = (pieces.next_if(is_content), answers.node(asked.index)) else {
        return Ok(());
    };
    if !piece.word.ends_with('0') || piece.word.len() > 2 {
        return Err(cannot(&pieces.complaint(asked.path.as_str())));
    }
    if piece.word.starts_with('d') {
        node.sha256 = Some(digest(&piece.bytes).ok_or_else(|| cannot("it has no digest"))?);
        return Ok(());
    }
    let mut bytes = piece.bytes;
    if let Wanted::From(_) = wanted {
        // A log may keep growing.
        bytes.truncate(LARGEST_TAIL);
    }
    node.content = Some(bytes);
    Ok(())
}

fn read_target(asked: Asked, pieces: &mut Pieces, answers: &mut Answers) -> Result<(), HostError> {
    let piece = pieces.next()?;
    if piece.word != "0" {
        return Err(HostError::Read {
            path: asked.path.to_owned(),
            reason: pieces.complaint(asked.path.as_str()),
        });
    }
    if let Some(node) = answers.node(asked.index) {
        let target = utf8_target(asked.path, &piece.bytes)?;
        node.kind = Kind::Symlink { target };
    }
    Ok(())
}
