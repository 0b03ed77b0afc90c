//! `creates` and `removes`: whether there is anything left to do for a command.

use crate::glob;
use crate::module::{HostPaths, ModuleError, PlanContext};
use camino::{Utf8Path, Utf8PathBuf};

/// Why nothing is to be done, in Ansible's words, which playbooks compare with.
pub(super) struct Done {
    /// The output, in place of that of the command.
    pub(super) stdout: String,
    /// The message.
    pub(super) message: String,
    /// The message of `script`.
    pub(super) of_script: String,
}

impl Done {
    fn since(path: &str, why: &str, argument: &str) -> Self {
        Self {
            of_script: format!("{path} {why}, matching {argument} option"),
            stdout: format!("skipped, since {path} {why}"),
            message: format!("Did not run command since '{path}' {why}"),
        }
    }
}

/// Returns why nothing is to be done: `creates` exists, or `removes` does not. Both may be globs;
/// relative ones start where the command would. An empty one is as good as none.
pub(super) fn nothing_to_do(
    context: &PlanContext,
    chdir: Option<&Utf8Path>,
    creates: Option<&str>,
    removes: Option<&str>,
) -> Result<Option<Done>, ModuleError> {
    let given = |path: &&str| !path.is_empty();
    if let Some(creates) = creates.filter(given)
        && exists(context, chdir, creates)?
    {
        return Ok(Some(Done::since(creates, "exists", "creates")));
    }
    if let Some(removes) = removes.filter(given)
        && !exists(context, chdir, removes)?
    {
        return Ok(Some(Done::since(removes, "does not exist", "removes")));
    }
    Ok(None)
}

/// Returns the folder that a command starts in, if one is given.
pub(super) fn start(chdir: Option<&str>) -> Option<Utf8PathBuf> {
    chdir.filter(|path| !path.is_empty()).map(Utf8PathBuf::from)
}

/// Returns the path that a command creates according to `creates`; `None` for a glob.
pub(super) fn made(
    context: &PlanContext,
    chdir: Option<&Utf8Path>,
    creates: Option<&str>,
) -> Result<Option<Utf8PathBuf>, ModuleError> {
    match creates {
        Some(path) if !path.is_empty() && !path.contains(['*', '?', '[']) => {
            absolute(context, chdir, path).map(Some)
        }
        _ => Ok(None),
    }
}

fn exists(
    context: &PlanContext,
    chdir: Option<&Utf8Path>,
    path: &str,
) -> Result<bool, ModuleError> {
    let path = absolute(context, chdir, path)?;
    if !path.as_str().contains(['*', '?', '[']) {
        return Ok(context.host.stat(&path)?.is_some());
    }
    let fixed = path
        .components()
        .take_while(|part| !part.as_str().contains(['*', '?', '[']));
    let folder: Utf8PathBuf = fixed.collect();
    let depth = path.components().count() - folder.components().count();
    let below = context.host.tree(&folder, u32::try_from(depth).ok())?;
    Ok(below.iter().any(|(found, _)| fits(&path, found)))
}

/// Compares component by component: a star matches neither a slash nor the leading dot of a hidden
/// file.
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

/// Returns an absolute path of the host: a relative one starts in `chdir`, which is absolute, or
/// else where other relative paths of the host do.
pub(super) fn absolute(
    context: &PlanContext,
    chdir: Option<&Utf8Path>,
    path: &str,
) -> Result<Utf8PathBuf, ModuleError> {
    match chdir {
        Some(chdir) => Ok(chdir.join(path)),
        None => Ok(HostPaths::new(context.host, context.environment)
            .from_root(path)?
            .into()),
    }
}
