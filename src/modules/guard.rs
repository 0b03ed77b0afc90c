//! `creates` and `removes`: whether a command has nothing left to do.

use crate::glob;
use crate::host::Probe;
use crate::module::{ModuleError, PlanContext};
use camino::{Utf8Path, Utf8PathBuf};

/// Returns why nothing is to be done: what `creates` names exists, or what `removes` names does
/// not. Both may be globs; relative ones start where the command would.
pub(super) fn nothing_to_do(
    context: &PlanContext,
    chdir: Option<&Utf8Path>,
    creates: Option<&str>,
    removes: Option<&str>,
) -> Result<Option<String>, ModuleError> {
    if let Some(creates) = creates
        && exists(context.host, chdir, creates)?
    {
        return Ok(Some(format!("skipped, since {creates} exists")));
    }
    if let Some(removes) = removes
        && !exists(context.host, chdir, removes)?
    {
        return Ok(Some(format!("skipped, since {removes} does not exist")));
    }
    Ok(None)
}

/// Returns the path that a command makes by its own word; a glob names none.
pub(super) fn made(
    host: &Probe,
    chdir: Option<&Utf8Path>,
    creates: Option<&str>,
) -> Result<Option<Utf8PathBuf>, ModuleError> {
    match creates {
        Some(path) if !path.contains(['*', '?', '[']) => absolute(host, chdir, path).map(Some),
        _ => Ok(None),
    }
}

fn exists(host: &Probe, chdir: Option<&Utf8Path>, path: &str) -> Result<bool, ModuleError> {
    let path = absolute(host, chdir, path)?;
    if !path.as_str().contains(['*', '?', '[']) {
        return Ok(host.stat(&path)?.is_some());
    }
    let fixed = path
        .components()
        .take_while(|part| !part.as_str().contains(['*', '?', '[']));
    let folder: Utf8PathBuf = fixed.collect();
    let depth = path.components().count() - folder.components().count();
    let below = host.tree(&folder, u32::try_from(depth).ok())?;
    Ok(below.iter().any(|(found, _)| fits(&path, found)))
}

/// Compares component by component: a star does not go over a slash, nor does it stand for the dot
/// of a hidden file.
fn fits(pattern: &Utf8Path, path: &Utf8Path) -> bool {
    pattern.components().count() == path.components().count()
        && pattern
            .components()
            .zip(path.components())
            .all(|(pattern, name)| {
                let (pattern, name) = (pattern.as_str(), name.as_str());
                let hidden = name.starts_with('.') && !pattern.starts_with('.');
                !hidden && glob::matches(pattern, name)
            })
}

/// Returns a path on the host as an absolute one: a relative one starts in `chdir`, or else in the
/// home directory, as does `~`. `chdir` is absolute.
pub(super) fn absolute(
    host: &Probe,
    chdir: Option<&Utf8Path>,
    path: &str,
) -> Result<Utf8PathBuf, ModuleError> {
    let (path, from_home) = match path.strip_prefix("~/") {
        Some(rest) => (rest, true),
        None if path == "~" => ("", true),
        None => (path, false),
    };
    if Utf8Path::new(path).is_absolute() {
        return Ok(path.into());
    }
    match chdir {
        Some(chdir) if !from_home => Ok(chdir.join(path)),
        _ => match home(host)? {
            Some(home) => Ok(home.join(path)),
            None => Err(ModuleError::refused(format!(
                "{path:?} is relative, and the user of the host has no home directory"
            ))),
        },
    }
}

/// Returns the home directory of the host's user.
fn home(host: &Probe) -> Result<Option<Utf8PathBuf>, ModuleError> {
    let facts = host.facts()?;
    let home = facts.0.get("user_dir").and_then(|home| home.as_str());
    Ok(home.filter(|home| home.starts_with('/')).map(Into::into))
}
