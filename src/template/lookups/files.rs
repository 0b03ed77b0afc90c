//! Lookups of files of this machine.

use super::{Lookup, as_list, wrong};
use crate::source::{LocalPath, SourceFile, decrypted, regular};
use crate::template::compare::is_list;
use crate::template::paths::{expand_user, matching_files};
use crate::template::reach::Overlay;
use crate::template::sources::find;
use crate::template::syntax::Syntax;
use crate::template::text;
use crate::value::{Value, boolean};
use crate::vault;
use minijinja::Error;
use minijinja::value::ValueKind;
use std::path::{Path, PathBuf};

impl Lookup<'_> {
    /// Returns the folders to search, except those for another kind of file.
    fn folders(&self, but: &str) -> Vec<LocalPath> {
        let folders = self.reach.site.folders.iter();
        folders
            .filter(|folder| !folder.ends_with(but))
            .cloned()
            .collect()
    }

    /// Returns a file that must exist.
    pub(super) fn must_find(&self, name: &str, but: &str) -> Result<LocalPath, Error> {
        let path = PathBuf::from(expand_user(name));
        let found = find(&path, &self.folders(but)).map_err(|reason| reason.error())?;
        found.ok_or_else(|| {
            wrong(format!(
                "Unable to access the file '{name}': it is not in any of the searched folders"
            ))
        })
    }

    /// Returns the text of a file that must exist.
    pub(super) fn read(&self, name: &str) -> Result<String, Error> {
        read(&self.must_find(name, "templates")?)
    }
}

fn read(path: &LocalPath) -> Result<String, Error> {
    let mut bytes =
        regular::read(path).map_err(|error| wrong(format!("{}: {error}", path.display())))?;
    if vault::is_encrypted(&bytes) {
        let opened = decrypted(path).map_err(|problem| wrong(problem.message))?;
        bytes = opened.to_vec();
    }
    String::from_utf8(bytes)
        .map_err(|_| wrong(format!("{}: the file is not UTF-8 text", path.display())))
}

/// `unvault`: the texts of files that may be encrypted, with all their spaces.
pub(super) fn unvault(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let names = lookup.texts()?;
    let texts = names.iter().map(|name| lookup.read(name).map(Value::from));
    texts.collect()
}

/// `file`: the texts of files.
pub(super) fn file(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let (left, right) = (lookup.flag("lstrip", false), lookup.flag("rstrip", true));
    let content = |name: &String| {
        let text = lookup.read(name)?;
        let text = if left { text.trim_start() } else { &text };
        Ok(if right { text.trim_end() } else { text }.into())
    };
    lookup.texts()?.iter().map(content).collect()
}

/// `template`: the results of template files.
pub(super) fn template(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut syntax = Syntax::default();
    for (name, target) in [
        ("variable_start_string", &mut syntax.variable.0),
        ("variable_end_string", &mut syntax.variable.1),
        ("comment_start_string", &mut syntax.comment.0),
        ("comment_end_string", &mut syntax.comment.1),
    ] {
        if let Some(value) = lookup.text_option(name)? {
            *target = value;
        }
    }
    syntax.trim_blocks = lookup.flag("trim_blocks", true);
    let reach = lookup.reach;
    let context = match lookup.option("template_vars") {
        Some(over) if over.kind() == ValueKind::Map => Value::from_object(Overlay {
            over: over.clone(),
            under: reach.context.clone(),
        }),
        _ => reach.context.clone(),
    };
    let render = |name: &String| {
        let path = lookup.must_find(name, "files")?;
        let file = SourceFile::new(path.to_path_buf(), read(&path)?);
        Ok(reach
            .engine
            .file_value(&file, &syntax, &context, &reach.site)?)
    };
    lookup.texts()?.iter().map(render).collect()
}

/// `fileglob`: the files that match patterns.
pub(super) fn fileglob(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for pattern in lookup.texts()? {
        let pattern = PathBuf::from(expand_user(&pattern));
        let folders = if pattern.is_absolute() {
            vec![LocalPath::of("/")]
        } else {
            lookup.folders("templates")
        };
        for folder in folders {
            let files = matching_files(&folder.join(&pattern))?;
            if !files.is_empty() {
                out.extend(files.into_iter().map(Value::from));
                break;
            }
        }
    }
    Ok(out)
}

/// `first_found`: the first file that exists.
pub(super) fn first_found(lookup: &Lookup<'_>) -> Result<Vec<Value>, Error> {
    let mut skip = lookup.flag("skip", false);
    let paths = lookup
        .option("paths")
        .map_or_else(|| Ok(Vec::new()), as_list)?;
    let mut names = Vec::new();
    let terms = match lookup.option("files") {
        Some(files) if lookup.terms.is_empty() => as_list(files)?,
        _ => lookup.terms.to_vec(),
    };
    candidates(&terms, &paths, &mut skip, &mut names)?;
    for name in names {
        let path = PathBuf::from(expand_user(&name));
        let found = find(&path, &lookup.reach.site.folders).map_err(|reason| reason.error())?;
        if let Some(found) = found {
            return Ok(vec![found.to_string_lossy().into_owned().into()]);
        }
    }
    if skip {
        Ok(Vec::new())
    } else {
        Err(wrong("No file was found when using first_found."))
    }
}

fn candidates(
    terms: &[Value],
    paths: &[Value],
    skip: &mut bool,
    out: &mut Vec<String>,
) -> Result<(), Error> {
    for term in terms {
        if term.kind() == ValueKind::Map {
            let list = |name: &str| {
                let value = term.get_attr(name)?;
                if value.is_undefined() || value.is_none() {
                    Ok(Vec::new())
                } else {
                    as_list(&value)
                }
            };
            *skip |= boolean(&term.get_attr("skip")?) == Some(true);
            candidates(&list("files")?, &list("paths")?, skip, out)?;
        } else if is_list(term) {
            candidates(&as_list(term)?, paths, skip, out)?;
        } else if term.as_str().is_none() {
            text::check(term)?;
            let kind = text::type_name(term);
            let message = "Invalid term supplied. A string, dict or list is required, not";
            return Err(wrong(format!("{message} '{kind}'")));
        } else {
            let texts = |values: &[Value], separators: &[char]| {
                let texts = values
                    .iter()
                    .map(text::text)
                    .collect::<Result<Vec<_>, _>>()?;
                let parts = texts.iter().flat_map(|text| text.split(separators));
                Ok::<_, Error>(parts.map(str::to_owned).collect::<Vec<_>>())
            };
            let names = texts(std::slice::from_ref(term), &[',', ';'])?;
            let paths = texts(paths, &[',', ':', ';'])?;
            if paths.is_empty() {
                out.extend(names);
            } else {
                let joined = paths.iter().flat_map(|path| {
                    names
                        .iter()
                        .map(move |name| Path::new(path).join(name).to_string_lossy().into_owned())
                });
                out.extend(joined);
            }
        }
    }
    Ok(())
}
