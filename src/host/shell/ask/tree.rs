//! Everything below a directory.

use super::path::PATH;
use super::stat_line::{StatLine, account, utf8_target};
use super::{Pieces, Plan, absolute};
use crate::host::shell::script::Library;
use crate::host::{Answer, HostError, Kind, Node};
use camino::{Utf8Path, Utf8PathBuf};

const TREE: Library = Library {
    name: "tree",
    text: include_str!("tree.sh"),
};

/// Adds a question about a tree.
pub(super) fn ask<'a>(
    plan: &mut Plan<'a>,
    index: usize,
    top: &'a Utf8Path,
    depth: Option<u32>,
) -> Result<(), HostError> {
    let depth = depth.map(|depth| depth.to_string()).unwrap_or_default();
    // A trailing `/` would be doubled in the names.
    let path = absolute(top)?.as_str().trim_end_matches('/');
    let path = if path.is_empty() { "/" } else { path };
    plan.call(
        &[&PATH, &TREE],
        "rmq_tree",
        [path, &depth],
        move |pieces, answers| {
            let mut nodes = read(top, pieces)?;
            nodes.sort_by(|(one, _), (other, _)| one.cmp(other));
            answers.set(index, Answer::Tree(nodes));
            Ok(())
        },
    );
    Ok(())
}

fn read(top: &Utf8Path, pieces: &mut Pieces) -> Result<Vec<(Utf8PathBuf, Node)>, HostError> {
    let piece = pieces.next()?;
    match piece.word.split_at_checked(1) {
        Some(("-", "")) => Ok(Vec::new()),
        Some(("g", status)) => {
            check(top, status, pieces)?;
            read_gnu(top, &piece.bytes)
        }
        Some(("n", status)) => {
            check(top, status, pieces)?;
            let lines = pieces.next()?;
            read_lines(top, &piece.bytes, &lines.bytes)
        }
        _ => Err(HostError::Missing("find".to_owned())),
    }
}

/// Fails if a part of the tree could not be read; files that vanished in the meantime are ignored.
fn check(top: &Utf8Path, status: &str, pieces: &Pieces) -> Result<(), HostError> {
    let vanished =
        |line: &str| line.trim().is_empty() || line.ends_with("No such file or directory");
    if status == "0" || pieces.stderr.lines().all(vanished) {
        return Ok(());
    }
    Err(HostError::Read {
        path: top.to_owned(),
        reason: pieces.complaint(top.as_str()),
    })
}

/// Parses the output of GNU find: fields and path, NUL, target of a link, NUL.
fn read_gnu(top: &Utf8Path, bytes: &[u8]) -> Result<Vec<(Utf8PathBuf, Node)>, HostError> {
    let mut parts = bytes.split(|&byte| byte == 0);
    let mut nodes = Vec::new();
    while let (Some(fields), Some(target)) = (parts.next(), parts.next()) {
        let (path, mut node) = gnu_entry(top, fields)?;
        if let Kind::Symlink { .. } = node.kind {
            node.kind = Kind::Symlink {
                target: utf8_target(&path, target)?,
            };
        }
        nodes.push((path, node));
    }
    Ok(nodes)
}

fn gnu_entry(top: &Utf8Path, fields: &[u8]) -> Result<(Utf8PathBuf, Node), HostError> {
    let mut parts = fields.splitn(14, |&byte| byte == b'/');
    let values: Vec<_> = parts
        .by_ref()
        .take(13)
        .map(String::from_utf8_lossy)
        .collect();
    let name = parts.next().unwrap_or_default();
    let path = utf8_path(top, name)?;
    let odd = || HostError::Protocol(format!("find said {:?}", String::from_utf8_lossy(fields)));
    let number = |index: usize| -> Option<u64> { values.get(index)?.parse().ok() };
    let small = |index: usize| u32::try_from(number(index)?).ok();
    // The time has a fraction.
    let seconds =
        |index: usize| -> Option<i64> { values.get(index)?.split('.').next()?.parse().ok() };
    let kind = values.first().ok_or_else(odd)?;
    let read = || {
        let (uid, gid) = (small(2)?, small(3)?);
        Some(Node {
            kind: match kind.as_ref() {
                "f" => Kind::File,
                "d" => Kind::Directory,
                "l" => Kind::Symlink {
                    target: Utf8PathBuf::new(),
                },
                _ => Kind::Other,
            },
            mode: u32::from_str_radix(values.get(1)?, 8).ok()?,
            uid,
            gid,
            size: number(4)?,
            modified: seconds(5)?,
            accessed: seconds(6)?,
            changed: seconds(7)?,
            links: number(8)?,
            inode: number(9)?,
            device: number(10)?,
            owner: account(values.get(11)?, uid),
            group: account(values.get(12)?, gid),
            content: None,
            sha256: None,
        })
    };
    Ok((path, read().ok_or_else(odd)?))
}

/// Parses the lines of stat for the names from find, which are in the same order.
fn read_lines(
    top: &Utf8Path,
    names: &[u8],
    mut lines: &[u8],
) -> Result<Vec<(Utf8PathBuf, Node)>, HostError> {
    let mut nodes = Vec::new();
    for name in names
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
    {
        let path = utf8_path(top, name)?;
        let Some(line) = StatLine::read(lines, &path)? else {
            // It vanished in between.
            continue;
        };
        if !line.has_target {
            return Err(HostError::Read {
                path,
                reason: "the host's stat cannot print where it points".to_owned(),
            });
        }
        lines = lines.get(line.length..).unwrap_or_default();
        nodes.push((path, line.node));
    }
    match lines {
        [] => Ok(nodes),
        _ => Err(HostError::Read {
            path: top.to_owned(),
            reason: "it changed while it was read".to_owned(),
        }),
    }
}

fn utf8_path(top: &Utf8Path, name: &[u8]) -> Result<Utf8PathBuf, HostError> {
    match std::str::from_utf8(name) {
        Ok(name) => Ok(Utf8PathBuf::from(name)),
        Err(_) => Err(HostError::Read {
            path: top.to_owned(),
            reason: format!(
                "the name {:?} in it is not UTF-8",
                String::from_utf8_lossy(name)
            ),
        }),
    }
}
