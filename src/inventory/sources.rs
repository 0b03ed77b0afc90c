//! Builds an inventory from what the user names (`-i`): files, folders of files, lists of hosts.

use super::{Draft, Inventory, Strictness, ini_file, script_file, vars_files, yaml_file};
use crate::source::{LocalPath, Place, Problem, Result, SourceFile};
use crate::yaml::{self, Data};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

/// Endings of files in an inventory folder that are not inventories (Ansible's list).
const IGNORED: [&str; 12] = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

/// Returns the inventory that the sources make together.
pub(super) fn load(sources: &[String], strictness: Strictness) -> Result<Inventory> {
    let mut draft = Draft::new(strictness);
    let mut folders: Vec<LocalPath> = Vec::new();
    for source in sources {
        if source.trim().is_empty() {
            let problem = Problem::new(format!("{source:?} is not an inventory"));
            let help = "name a file, a folder, or hosts as in -i host1,host2,";
            draft.problems.push(problem.help(help.to_owned()));
            continue;
        }
        let path = &LocalPath::of(source);
        if source.contains(',') && !path.exists() {
            add_list(&mut draft, source);
            continue;
        }
        let folder = if path.is_dir() {
            path.clone()
        } else {
            path.parent()
        };
        // Later settings in a folder override earlier ones.
        folders.retain(|other| *other != folder);
        folders.push(folder);
        if path.is_dir() {
            if !add_folder(&mut draft, path) {
                let message = format!("there is no inventory in the folder {}", path.display());
                draft.refuse(Problem::new(message));
            }
        } else {
            add_file(&mut draft, path);
        }
    }
    draft.finish(folders)
}

/// Adds the hosts of a list such as `host1,host2:2222,`.
fn add_list(draft: &mut Draft, list: &str) {
    draft.file = None;
    draft.list = Some(Arc::from(list));
    if list
        .chars()
        .all(|letter| letter == ',' || letter.is_whitespace())
    {
        draft.refuse(Problem::new(format!("{list:?} names no host")));
    }
    let file = SourceFile::new("<host list>", list);
    let ungrouped = Arc::from("ungrouped");
    let mut at = 0;
    for item in list.split(',') {
        let start = at + item.len() - item.trim_start().len();
        at += item.len() + 1;
        let name = item.trim();
        if !name.is_empty() && !draft.hosts.contains_key(name) {
            let place = Place::new(&file, start..start + name.len());
            if let Some(help) = odd_name(name) {
                let message = format!("{name:?} is not a host name");
                draft.refuse(Problem::at(&place, message).help(help.to_owned()));
            }
            draft.add_hosts(name, &ungrouped, &[], &place);
        }
    }
}

/// Returns what is likely meant by a name in a list that no host can have.
fn odd_name(name: &str) -> Option<&'static str> {
    if name.contains('/') {
        Some("name a file without a comma: -i inventory/hosts.yml")
    } else if name.contains(char::is_whitespace) {
        Some("separate hosts by commas: -i host1,host2,")
    } else if name.starts_with('-') || name.contains(char::is_control) {
        Some("a host name begins with a letter or a digit")
    } else {
        None
    }
}

/// Returns the inventories in a folder, sorted by name: files, and folders that contain more.
pub fn sources_in(folder: &LocalPath) -> Vec<LocalPath> {
    let names = vars_files::names_in(folder).unwrap_or_default();
    let sources = names.into_iter().filter(|name| is_source(name));
    sources.map(|name| folder.join(name)).collect()
}

fn is_source(name: &str) -> bool {
    let reserved = ["group_vars", "host_vars", "vars_plugins"].contains(&name);
    !name.starts_with('.') && !reserved && !IGNORED.iter().any(|end| name.ends_with(end))
}

/// Adds the inventories in a folder and its subfolders, sorted by name; returns whether there are
/// any.
fn add_folder(draft: &mut Draft, folder: &LocalPath) -> bool {
    let names = vars_files::names_in(folder);
    let Some(names) = draft.problems.take(names) else {
        return true;
    };
    let mut any = false;
    for name in names {
        if !is_source(&name) {
            continue;
        }
        let path = folder.join(&name);
        if path.is_dir() {
            any |= add_folder(draft, &path);
        } else {
            add_file(draft, &path);
            any = true;
        }
    }
    any
}

fn add_file(draft: &mut Draft, path: &LocalPath) {
    draft.file = Some(path.clone());
    draft.list = None;
    let read = read_file(draft, path);
    draft.problems.take(read);
}

fn read_file(draft: &mut Draft, path: &LocalPath) -> Result<()> {
    if !path.exists() {
        let message = format!("there is no inventory {}", path.display());
        let ending = path.extension().map(|ending| ending.to_string_lossy());
        let files = ["cfg", "ini", "json", "rhai", "toml", "yaml", "yml"];
        let is_file = ending.is_some_and(|ending| files.contains(&ending.as_ref()));
        let may_be_host = path.parent() == LocalPath::start() && !is_file;
        let advice = may_be_host.then(|| {
            format!(
                "to name a host, end the list with a comma: -i {},",
                path.display()
            )
        });
        draft.refuse(Problem::new(message).help(advice));
        return Ok(());
    }
    let file = SourceFile::read(path)?;
    refuse_program(&file)?;
    let ending = path.extension().map(|ending| ending.to_string_lossy());
    match ending.as_deref() {
        None | Some("yml" | "yaml" | "json") => read_yaml_or_ini(draft, &file, ending.as_deref()),
        Some("rhai") => script_file::add(draft, &file),
        Some("toml") => {
            let message = format!("TOML is not supported: {}", path.display());
            Err(Problem::new(message).into())
        }
        Some(_) => {
            ini_file::add(draft, ini_file::parse(&file)?);
            Ok(())
        }
    }
}

/// Reads a file whose name does not reveal its format: like Ansible, as YAML first, then as INI.
fn read_yaml_or_ini(draft: &mut Draft, file: &Arc<SourceFile>, ending: Option<&str>) -> Result<()> {
    let problems = match yaml::read(file) {
        Ok(node) => match &node.data {
            Data::Map(groups) => {
                yaml_file::read(draft, groups);
                return Ok(());
            }
            _ => node
                .unexpected("an inventory", "a mapping of groups")
                .into(),
        },
        Err(problems) => problems,
    };
    // A broken YAML file must not be mistaken for a list of odd host names.
    let lines = ini_file::parse(file);
    let ini = match ending {
        None => lines.is_ok() || file.text.lines().any(ini_file::is_section),
        Some("json") => false,
        Some(_) => lines
            .as_ref()
            .is_ok_and(|lines| ini_file::has_plain_names(lines)),
    };
    if !ini {
        return Err(problems);
    }
    ini_file::add(draft, lines?);
    Ok(())
}

/// Ansible would run such a file and read its output.
fn refuse_program(file: &Arc<SourceFile>) -> Result<()> {
    let executable = std::fs::metadata(&file.path)
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
    if !executable || !file.text.starts_with("#!") {
        return Ok(());
    }
    let line = file.text.lines().next().unwrap_or_default();
    let message = "programs that print an inventory are not supported";
    Err(Problem::at(&Place::new(file, 0..line.len()), message)
        .help("write its output to a YAML file, and use that file".to_owned())
        .into())
}
