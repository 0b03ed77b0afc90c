//! Paths on a host as playbooks write them.

use crate::host::{Content, HostError, Kind, Node, Probe, Question, may_follow};
use crate::module::ModuleError;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// Returns a path argument without a trailing slash.
pub(super) fn host_path(written: &str) -> Result<Utf8PathBuf, ModuleError> {
    if written.is_empty() {
        return Err(ModuleError::refused("a path must not be empty"));
    }
    Ok(Utf8Path::new(written).components().collect())
}

/// Returns the directories to create before each `..` of a path leads anywhere, and the resulting
/// path. A `..` after an existing directory is kept, since that may be a link.
pub(super) fn beyond_new(
    host: &Probe,
    path: &Utf8Path,
) -> Result<(Vec<Utf8PathBuf>, Utf8PathBuf), ModuleError> {
    let mut made = Vec::new();
    let mut at = Utf8PathBuf::new();
    for part in path.components() {
        if part == Utf8Component::ParentDir && host.look(&at, true, Content::None)?.is_none() {
            made.push(at.clone());
            at.pop();
        } else {
            at.push(part);
        }
    }
    Ok((made, at))
}

/// How many links are followed, as in Linux.
const MAX_LINKS: usize = 40;

/// Returns the path with all links resolved, as `realpath` does. Parts that do not exist are kept
/// as written, and so is a link that leads back to itself.
pub(super) fn real_path(host: &Probe, path: &Utf8Path) -> Result<Utf8PathBuf, ModuleError> {
    let resolved = resolve(host, path, |_, _| Ok(()))?;
    Ok(resolved.unwrap_or_else(|| normal(path)))
}

/// Does the same for what is to be changed: fails at a link that [`may_follow`] forbids.
pub(super) fn path_to_change(host: &Probe, path: &Utf8Path) -> Result<Utf8PathBuf, ModuleError> {
    let resolved = resolve(host, path, |link, node| {
        if node.uid == 0 {
            return Ok(());
        }
        let target = host.look(link, true, Content::None)?;
        let acting = host.facts()?.0.get("user_uid").cloned();
        let acting = acting.and_then(|uid| uid.as_i64()?.try_into().ok());
        if may_follow(node, target.as_ref(), acting.unwrap_or_default()) {
            return Ok(());
        }
        Err(HostError::ForeignLink {
            link: link.to_owned(),
            owner: node.owner.clone(),
        }
        .into())
    })?;
    resolved.ok_or_else(|| {
        ModuleError::refused(format!("there are too many links on the way to {path}"))
    })
}

/// Returns the path with all links resolved, or `None` if they lead in a circle.
fn resolve(
    host: &Probe,
    path: &Utf8Path,
    may_follow: impl Fn(&Utf8Path, &Node) -> Result<(), ModuleError>,
) -> Result<Option<Utf8PathBuf>, ModuleError> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let prefixes: Vec<_> = path.ancestors().map(Utf8Path::to_owned).collect();
        let questions: Vec<_> = prefixes.iter().map(|path| look(path, false)).collect();
        let answers = host.ask(&questions)?;
        let links = prefixes.iter().zip(answers).rev();
        let first = links.into_iter().find_map(|(prefix, answer)| {
            let node = answer.into_path()?;
            match &node.kind {
                Kind::Symlink { target } => Some((prefix, target.clone(), node)),
                _ => None,
            }
        });
        let Some((link, target, node)) = first else {
            return Ok(Some(normal(&path)));
        };
        may_follow(link, &node)?;
        let rest = path.strip_prefix(link).unwrap_or(Utf8Path::new(""));
        path = normal(&link.parent().unwrap_or(link).join(target).join(rest));
    }
    Ok(None)
}

/// Asks what is at a path, without its content.
pub(super) fn look(path: &Utf8Path, follow: bool) -> Question {
    Question::Path {
        path: path.to_owned(),
        follow,
        content: Content::None,
    }
}

/// Returns the target of a link, given the link's own path.
pub(super) fn target_of(link: &Utf8Path, target: &Utf8Path) -> Utf8PathBuf {
    normal(&link.parent().unwrap_or(link).join(target))
}

/// Returns whether a path ends the way only directories can.
pub(super) fn names_directory(written: &str) -> bool {
    written.ends_with('/')
}

/// Returns the path without `..`, assuming that its parents are not links.
fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::from("/");
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => {
                normal.pop();
            }
            Utf8Component::Normal(name) => normal.push(name),
            _ => {}
        }
    }
    normal
}

/// Returns whether the node is a directory.
pub(super) fn is_directory(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.kind == Kind::Directory)
}
