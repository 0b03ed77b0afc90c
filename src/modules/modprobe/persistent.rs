//! The files that load modules of the kernel when the host starts, and their options.

use crate::host::{Answer, Content, Kind, Question};
use crate::module::{ModuleError, PlanContext};
use camino::{Utf8Path, Utf8PathBuf};

/// Files with one module on a line.
const LOAD: &str = "/etc/modules-load.d";

/// Files with options.
const OPTIONS: &str = "/etc/modprobe.d";

/// The files of both directories.
pub(super) struct Files {
    load: Vec<(Utf8PathBuf, String)>,
    options: Vec<(Utf8PathBuf, String)>,
}

impl Files {
    pub(super) fn read(context: &PlanContext) -> Result<Self, ModuleError> {
        Ok(Self {
            load: texts(context, LOAD)?,
            options: texts(context, OPTIONS)?,
        })
    }

    /// Returns the texts to write so that the module is loaded with these parameters.
    pub(super) fn present(self, name: &str, params: &[&str]) -> Vec<(Utf8PathBuf, String)> {
        let mut new = Vec::new();
        let mut lines = self.load.iter().flat_map(|(_, text)| text.lines());
        if !lines.any(|line| loads(line, name)) {
            new.push((file(LOAD, name), format!("{name}\n")));
        }
        let lines = self.options.iter().flat_map(|(_, text)| text.lines());
        let mut found: Vec<_> = lines.filter_map(|line| parameter(line, name)).collect();
        let mut wanted = params.to_vec();
        for list in [&mut found, &mut wanted] {
            list.sort_unstable();
            list.dedup();
        }
        if found != wanted {
            let own = file(OPTIONS, name);
            let is_own = |path: &Utf8PathBuf| !params.is_empty() && *path == own;
            let others = self.options.iter().filter(|(path, _)| !is_own(path));
            new.extend(commented(others, |line| parameter(line, name).is_some()));
            if !params.is_empty() {
                let lines = params
                    .iter()
                    .map(|param| format!("options {name} {param}\n"));
                new.push((own, lines.collect()));
            }
        }
        new
    }

    /// Returns the texts to write so that the module is not loaded, and has no parameters.
    pub(super) fn absent(self, name: &str) -> Vec<(Utf8PathBuf, String)> {
        let load = commented(self.load.iter(), |line| loads(line, name));
        let options = commented(self.options.iter(), |line| parameter(line, name).is_some());
        load.into_iter().chain(options).collect()
    }
}

fn file(folder: &str, name: &str) -> Utf8PathBuf {
    Utf8Path::new(folder).join(format!("{name}.conf"))
}

/// Returns the files in which a line becomes a comment.
fn commented<'a>(
    files: impl Iterator<Item = &'a (Utf8PathBuf, String)>,
    goes: impl Fn(&str) -> bool,
) -> Vec<(Utf8PathBuf, String)> {
    let new = files.map(|(path, text)| {
        let lines = text.split_inclusive('\n');
        let mark = |line: &str| if goes(line) { "#" } else { "" };
        let lines = lines.map(|line| format!("{}{line}", mark(line)));
        (path.clone(), text, lines.collect::<String>())
    });
    let changed = new.filter(|(_, old, new)| *old != new);
    changed.map(|(path, _, new)| (path, new)).collect()
}

fn without_comment(line: &str) -> &str {
    let (words, _) = line.split_once(['#', ';']).unwrap_or((line, ""));
    words
}

fn loads(line: &str, name: &str) -> bool {
    without_comment(line).trim() == name
}

/// Returns the parameter of a line `options NAME PARAMETER`.
fn parameter<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let words: Vec<_> = without_comment(line).split_whitespace().collect();
    match words[..] {
        ["options", module, parameter] if module == name && parameter.contains('=') => {
            Some(parameter)
        }
        _ => None,
    }
}

fn texts(context: &PlanContext, folder: &str) -> Result<Vec<(Utf8PathBuf, String)>, ModuleError> {
    let tree = context.host.tree(Utf8Path::new(folder), Some(1))?;
    let files = tree
        .into_iter()
        .filter(|(_, node)| node.kind != Kind::Directory);
    let paths: Vec<_> = files
        .map(|(path, _)| Utf8Path::new(folder).join(path))
        .collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let question = |path: &Utf8PathBuf| Question::Path {
        path: path.clone(),
        follow: true,
        content: Content::UpTo(1 << 20),
    };
    let questions: Vec<_> = paths.iter().map(question).collect();
    let answers = context
        .host
        .ask(&questions)?
        .into_iter()
        .map(Answer::into_path);
    let mut texts = Vec::new();
    for (path, node) in paths.into_iter().zip(answers) {
        let content = node.and_then(|node| node.content).unwrap_or_default();
        let text = String::from_utf8(content)
            .map_err(|_| ModuleError::refused(format!("{path} is not UTF-8")))?;
        texts.push((path, text));
    }
    Ok(texts)
}
