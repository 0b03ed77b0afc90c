//! Filters for paths, like Python's `os.path` and `ntpath`.

use crate::template::call::Call;
use crate::template::compare::is_list;
use crate::template::paths::{absolute, expand_user, expand_variables, matching_files, normal};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::Tuple;

type Result = std::result::Result<Value, Error>;

/// `basename`: what follows the last slash.
pub(super) fn basename(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    Ok(split(&path).1.into())
}

/// `dirname`: what comes before the last slash.
pub(super) fn dirname(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    Ok(split(&path).0.into())
}

fn split(path: &str) -> (&str, &str) {
    let (head, tail) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }, tail)
}

/// `splitext`: the path without its extension, and the extension with its dot.
pub(super) fn splitext(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    let name = split(&path).1;
    let start = path.len() - name.trim_start_matches('.').len();
    let point = path
        .get(start..)
        .and_then(|name| name.rfind('.'))
        .map(|point| start + point);
    let (root, extension) = path.split_at(point.unwrap_or(path.len()));
    Ok(Tuple::from(vec![root.into(), extension.into()]).into())
}

/// `expanduser`: replaces `~` by the home folder.
pub(super) fn expanduser(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(expand_user(&call.value_text()?).into())
}

/// `expandvars`: replaces `$NAME` by environment variables.
pub(super) fn expandvars(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(expand_variables(&call.value_text()?).into())
}

/// `realpath`: an absolute path without links, `.` and `..`.
pub(super) fn realpath(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call
        .path(&call.value_text()?)
        .to_string_lossy()
        .into_owned();
    // Links are followed as far as the path exists.
    let mut missing = Vec::new();
    let mut known = std::path::PathBuf::from(&path);
    let resolved = loop {
        match known.canonicalize() {
            Ok(resolved) => break resolved,
            Err(_) => {
                missing.extend(known.file_name().map(std::ffi::OsStr::to_owned));
                if !known.pop() {
                    return Ok(normal(&path).into());
                }
            }
        }
    };
    let path = missing
        .iter()
        .rev()
        .fold(resolved, |path, name| path.join(name));
    Ok(path.to_string_lossy().into_owned().into())
}

/// `relpath`: the path relative to another folder.
pub(super) fn relpath(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    if path.is_empty() {
        return Err(call.wrong("no path specified"));
    }
    let start = call.text("start")?.filter(|start| !start.is_empty());
    let path = normal(&absolute(&path));
    let start = normal(&absolute(start.as_deref().unwrap_or(".")));
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (path, start) = (parts(&path), parts(&start));
    let common = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - common);
    let steps: Vec<String> = up.chain(path.into_iter().skip(common)).collect();
    Ok(if steps.is_empty() {
        ".".to_owned()
    } else {
        steps.join("/")
    }
    .into())
}

/// `normpath`: without `.`, `..` and doubled slashes.
pub(super) fn normpath(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(normal(&call.value_text()?).into())
}

/// `path_join`: joins the parts with slashes; an absolute part starts over.
pub(super) fn path_join(call: &mut Call<'_, '_, '_>) -> Result {
    let value = call.value()?;
    if value.as_str().is_some() {
        return Ok(value);
    }
    if !is_list(&value) {
        return Err(call.says("expects string or sequence"));
    }
    let mut path = String::new();
    for (index, part) in call.items()?.iter().enumerate() {
        let part = text::text(part)?;
        if part.starts_with('/') || index == 0 {
            path = part;
        } else {
            if !path.is_empty() && !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(&part);
        }
    }
    Ok(path.into())
}

/// `commonpath`: the longest path that all paths start with.
pub(super) fn commonpath(call: &mut Call<'_, '_, '_>) -> Result {
    if !is_list(&call.value()?) {
        return Err(call.wrong("|commonpath expects a list"));
    }
    let paths: Vec<String> = call
        .items()?
        .iter()
        .map(text::text)
        .collect::<std::result::Result<_, _>>()?;
    let absolute = paths.iter().filter(|path| path.starts_with('/')).count();
    if paths.is_empty() || (absolute != 0 && absolute != paths.len()) {
        return Err(call.wrong("the list must hold paths that are all absolute or all relative"));
    }
    let parts = |path: &'_ String| -> Vec<String> {
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let mut common = paths.first().map(parts).unwrap_or_default();
    for path in &paths {
        let same = parts(path)
            .iter()
            .zip(&common)
            .take_while(|(a, b)| a == b)
            .count();
        common.truncate(same);
    }
    let root = if absolute > 0 { "/" } else { "" };
    Ok((root.to_owned() + &common.join("/")).into())
}

/// `fileglob`: the files of this machine that match a pattern.
pub(super) fn fileglob(call: &mut Call<'_, '_, '_>) -> Result {
    let files = matching_files(&call.path(&call.value_text()?));
    Ok(files?.into_iter().map(Value::from).collect())
}

fn windows_split(path: &str) -> (&str, &str, &str) {
    let (drive, rest) = windows_drive(path);
    let (head, tail) = rest.split_at(rest.rfind(['/', '\\']).map_or(0, |slash| slash + 1));
    (drive, head, tail)
}

fn windows_drive(path: &str) -> (&str, &str) {
    let shared = path.starts_with("\\\\") || path.starts_with("//");
    if shared {
        let mut slashes = path.match_indices(['/', '\\']).map(|(at, _)| at).skip(2);
        let server = slashes.next();
        let end = server.and(slashes.next()).unwrap_or(path.len());
        return path.split_at(if server.is_some() { end } else { 0 });
    }
    let colon = path.chars().nth(1) == Some(':');
    path.split_at(if colon {
        path.find(':').map_or(0, |at| at + 1)
    } else {
        0
    })
}

/// `win_basename`: what follows the last separator of a Windows path.
pub(super) fn win_basename(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    Ok(windows_split(&path).2.into())
}

/// `win_dirname`: what comes before the last separator of a Windows path.
pub(super) fn win_dirname(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    let (drive, head, _) = windows_split(&path);
    let trimmed = head.trim_end_matches(['/', '\\']);
    Ok(format!("{drive}{}", if trimmed.is_empty() { head } else { trimmed }).into())
}

/// `win_splitdrive`: the drive and the path on it.
pub(super) fn win_splitdrive(call: &mut Call<'_, '_, '_>) -> Result {
    let path = call.value_text()?;
    let (drive, rest) = windows_drive(&path);
    Ok(Tuple::from(vec![drive.into(), rest.into()]).into())
}
