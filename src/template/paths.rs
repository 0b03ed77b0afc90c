//! Paths of this machine, handled like Python's `os.path` and `glob`.

use super::bounds::look;
use crate::glob;
use crate::host::{unchanged_here, unchanged_within};
use minijinja::Error;
use std::path::{Path, PathBuf};

/// Returns the path with `~` replaced by the user's home folder.
pub(super) fn expand_user(path: &str) -> String {
    let Some(rest) = path.strip_prefix('~') else {
        return path.to_owned();
    };
    let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = if user.is_empty() {
        std::env::var("HOME").ok().or_else(|| home_of(None))
    } else {
        home_of(Some(user))
    };
    match home {
        Some(home) => home.trim_end_matches('/').to_owned() + tail,
        None => path.to_owned(),
    }
}

/// Returns the home folder of a user, or root's home if the environment does not set it.
fn home_of(user: Option<&str>) -> Option<String> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = user.unwrap_or("root");
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(user))?;
    line.split(':').nth(5).map(str::to_owned)
}

/// Returns the path with `$NAME` and `${NAME}` replaced by environment variables; unknown ones are
/// kept.
pub(super) fn expand_variables(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, length) = match after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = after.find(|c| !word(c)).unwrap_or(after.len());
                (after.get(..end).unwrap_or_default(), end)
            }
        };
        match std::env::var(name) {
            Ok(value) if !name.is_empty() => out.push_str(&value),
            _ => {
                out.push('$');
                out.push_str(after.get(..length).unwrap_or_default());
            }
        }
        rest = after.get(length..).unwrap_or_default();
    }
    out + rest
}

/// Returns the absolute path.
pub(super) fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    format!("{}/{path}", here.to_string_lossy())
}

/// Returns the path without `.`, `..` and doubled slashes, like `os.path.normpath`.
pub(super) fn normal(path: &str) -> String {
    let root = if path.starts_with("//") && !path.starts_with("///") {
        "//"
    } else if path.starts_with('/') {
        "/"
    } else {
        ""
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        let inside = parts.last().is_some_and(|last| *last != "..");
        if part != ".." || (root.is_empty() && !inside) {
            parts.push(part);
        } else if inside {
            parts.pop();
        }
    }
    let path = root.to_owned() + &parts.join("/");
    if path.is_empty() {
        ".".to_owned()
    } else {
        path
    }
}

/// Returns the files that a pattern with `*`, `?` and `[…]` in its parts matches, sorted. In check
/// mode they are not known if an earlier task changes one that would match.
pub(super) fn matching_files(pattern: &Path) -> Result<Vec<String>, Error> {
    let mut paths = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        let plain = !name.contains(['*', '?', '[']);
        let mut next = Vec::new();
        for path in &paths {
            look()?;
            if plain {
                next.push(path.join(part));
            } else {
                next.extend(entries(path, &name)?);
            }
        }
        paths = next;
    }
    for path in &paths {
        look()?;
        unchanged_here(path).map_err(|reason| reason.error())?;
    }
    let files = paths.into_iter().filter(|path| path.is_file());
    Ok(files
        .map(|path| path.to_string_lossy().into_owned())
        .collect())
}

fn entries(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let read = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let hidden = pattern.starts_with('.');
    let matches = |name: &str| (hidden || !name.starts_with('.')) && glob::matches(pattern, name);
    unchanged_within(read, matches).map_err(|reason| reason.error())?;
    let names = std::fs::read_dir(read).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| matches(name)).collect();
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal_as_in_python() {
        for (path, expected) in [
            ("/a/./b/../c", "/a/c"),
            ("a/../..", ".."),
            ("//x//y/", "//x/y"),
            ("", "."),
            ("/..", "/"),
        ] {
            assert_eq!(normal(path), expected);
        }
    }
}
