//! Local facts: facts in files on a host, for `setup`.

use crate::change::Change;
use crate::host::{Answer, Command, Content, Doubtful, Kind, Node, Probe, Question};
use crate::module::ModuleError;
use crate::value::{self, Fields, Value};
use camino::{Utf8Path, Utf8PathBuf};

/// Where they are unless `fact_path` says otherwise.
pub(super) const FOLDER: &str = "/etc/ansible/facts.d";

/// What the name of such a file ends in.
const ENDING: &str = "fact";

/// The bit of a file that its owner may execute: then it is a program that prints the facts.
const EXECUTABLE: u32 = 0o100;

/// Returns the facts of the files in a folder by their names; an empty map if the folder is missing.
/// The error of a file becomes its fact, and a warning.
pub(super) fn read(
    host: &Probe,
    folder: &Utf8Path,
    change: &mut Change,
) -> Result<Fields, ModuleError> {
    let listed = host.tree(folder, Some(1))?;
    let paths: Vec<_> = listed
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.extension() == Some(ENDING))
        .collect();
    let questions: Vec<_> = paths.iter().map(question).collect();
    let mut facts = Fields::new();
    for (path, answer) in paths.iter().zip(host.ask(&questions)?) {
        // A dangling link is not a file.
        let Some(node) = Answer::into_path(answer).filter(|node| node.kind == Kind::File) else {
            continue;
        };
        let name = path.file_stem().unwrap_or_default().to_owned();
        let fact = told(host, path, &node)?.unwrap_or_else(|wrong| {
            change.warnings.push(wrong.clone());
            wrong.into()
        });
        facts.insert(name, fact);
    }
    Ok(facts)
}

fn question(path: &Utf8PathBuf) -> Question {
    Question::Path {
        path: path.clone(),
        follow: true,
        content: Content::From(0),
    }
}

/// Returns the fact of one file, or its error in the words of Ansible.
fn told(host: &Probe, path: &Utf8Path, node: &Node) -> Result<Result<Value, String>, ModuleError> {
    let text = if node.mode & EXECUTABLE == 0 {
        let content = node.content.as_deref().unwrap_or_default();
        String::from_utf8_lossy(content).into_owned()
    } else if let Some(doubt) = host.foreseen(&Doubtful::Path(path.to_owned()))? {
        return Ok(Ok(doubt.value()));
    } else {
        let output = host.query(&Command::new([path.as_str()]))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status != 0 {
            return Ok(Err(format!(
                "Failure executing fact script ({path}), rc: {}, err: {}",
                output.status,
                text(&output.stderr).trim_end()
            )));
        }
        text(&output.stdout)
    };
    let json = serde_json::from_str::<serde_json::Value>(&text);
    let fact = json
        .map(|json| value::of(&json))
        .ok()
        .or_else(|| sections(&text));
    Ok(fact.ok_or_else(|| {
        format!("error loading facts as JSON or ini - please check content: {path}")
    }))
}

/// Returns the sections of an INI file as Python's configparser reads them: option names in lower
/// case, indented lines continue a value. None if it is not such a file.
fn sections(text: &str) -> Option<Value> {
    let mut sections: Vec<(String, Fields)> = Vec::new();
    let mut last: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let (Some(name), Some((_, options))) = (&last, sections.last_mut())
        {
            let before = options
                .get(name)
                .map(ToString::to_string)
                .unwrap_or_default();
            options.insert(name.clone(), format!("{before}\n{trimmed}").into());
        } else if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            if sections.iter().any(|(known, _)| known == name) {
                return None;
            }
            sections.push((name.to_owned(), Fields::new()));
            last = None;
        } else {
            let (name, value) = trimmed.split_once(['=', ':'])?;
            let name = name.trim().to_lowercase();
            let (_, options) = sections.last_mut()?;
            if name.is_empty() || options.contains_key(&name) {
                return None;
            }
            options.insert(name.clone(), value.trim().into());
            last = Some(name);
        }
    }
    let sections = sections.into_iter();
    Some(value::map(
        sections
            .map(|(name, options)| (name, value::map(options)))
            .collect(),
    ))
}
