//! `include_vars`: variables from files of the controller.

use crate::change::{Change, Sets};
use crate::files::{FolderKind, folder};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::modules::byte_pattern::BytePattern;
use crate::source::{LocalPath, Place, Problems, SourceFile};
use crate::value::{self, Fields, Value};
use crate::yaml::{self, Data, Map, Node};
use std::path::Path;

/// Reads variables from a file, or from all files of a folder, for the rest of the run.
///
/// They win over variables of plays, roles and tasks, but not over those of `set_fact`. Templates
/// in them are rendered on use.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IncludeVars {
    /// The file, searched in `vars/` of the role and the playbook.
    file: Option<String>,
    /// The folder, searched in the same places; its files are read in the order of their names.
    dir: Option<String>,
    /// How many levels of folders to descend; by default all.
    #[serde(default)]
    depth: usize,
    /// A regular expression for the names of files in the folder.
    files_matching: Option<String>,
    /// Regular expressions for the ends of file names to leave out.
    #[serde(default)]
    ignore_files: Vec<String>,
    /// The allowed extensions of files in the folder.
    #[serde(default = "usual_extensions")]
    extensions: Vec<String>,
    /// Whether to ignore files with other extensions instead of failing.
    #[serde(default)]
    ignore_unknown_extensions: bool,
    /// A variable for all of them as a mapping.
    name: Option<String>,
    /// What to do with a mapping that another one replaces.
    #[serde(default)]
    #[expect(dead_code, reason = "there is one way")]
    hash_behaviour: HashBehaviour,
}

/// What to do with a mapping that another one replaces.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum HashBehaviour {
    /// Replace it.
    #[default]
    Replace,
}

fn usual_extensions() -> Vec<String> {
    ["yaml", "yml", "json"].map(str::to_owned).to_vec()
}

impl BuiltIn for IncludeVars {
    const NAME: &'static str = "include_vars";
    const FREE_FORM: Option<&'static str> = Some("file");
    const WRITES: Writes = Writes::Variables("name");
    const EXAMPLE: &'static str = "\
- name: What is special about this system
  include_vars: debian.yml
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("ansible_facts", "The variables, unrendered."),
        ("ansible_included_var_files", "The files."),
    ];
}

impl Module for IncludeVars {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        // Playbooks for Ansible test for these values.
        self.included(context).map_err(|error| {
            let message = error.words();
            error
                .returning("message", message)
                .returning("ansible_facts", value::map(Fields::new()))
                .returning("ansible_included_var_files", Vec::<Value>::new())
        })
    }
}

impl IncludeVars {
    fn included(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let files = match (&self.file, &self.dir) {
            (Some(_), Some(_)) => {
                return Err(ModuleError::exclusive(&["file", "dir"]));
            }
            (None, None) => {
                let error = ModuleError::refused("include_vars needs file or dir");
                return Err(error.as_ansible("Could not find file"));
            }
            (Some(file), None) => vec![context.files.find("vars", file.trim_end_matches('\n'))?],
            (None, Some(dir)) => self.files_in(&context.files.find("vars", dir)?)?,
        };
        let mut variables = Map::new();
        for path in &files {
            for (key, value) in read(path)? {
                variables.retain(|(known, _)| known.as_text() != key.as_text());
                variables.push((key, value));
            }
        }
        if let Some(name) = &self.name {
            variables = under(name, variables);
        }
        let shown = variables
            .iter()
            .filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value.to_value())));
        // The result shows them, whether a task uses them or not.
        variables.iter().for_each(|(_, value)| value.reveal());
        let mut change = Change::default();
        change.returns("ansible_facts", value::map(shown.collect()));
        let files = files.iter().map(|path| path.to_string_lossy().into_owned());
        change.returns("ansible_included_var_files", files.collect::<Value>());
        change.sets = Sets::Included(variables);
        Ok(change)
    }

    fn files_in(&self, path: &LocalPath) -> Result<Vec<LocalPath>, ModuleError> {
        if !path.is_dir() {
            let message = format!("{} is not a directory", path.display());
            return Err(ModuleError::refused(message));
        }
        let matching = self.files_matching.as_ref();
        let matching = matching
            .map(|pattern| BytePattern::compile("files_matching", pattern))
            .transpose()?;
        let ignored = self.ignore_files.iter();
        let ignored: Vec<_> = ignored
            .map(|pattern| BytePattern::compile("ignore_files", &format!("{pattern}$")))
            .collect::<Result<_, _>>()?;
        let mut entries = folder(path, true)?;
        entries.retain(|entry| entry.kind == FolderKind::File);
        // A folder's own files come before those of folders in it.
        entries.sort_by(|one, other| {
            (one.name.parent(), &one.name).cmp(&(other.name.parent(), &other.name))
        });
        let mut files = Vec::new();
        for entry in entries {
            let name = entry.name.file_name().unwrap_or_default();
            let levels = entry.name.components().count();
            let is_main =
                name == "main.yml" && path.file_name().is_some_and(|folder| folder == "vars");
            let fits = |pattern: &BytePattern| pattern.is_match(name.as_bytes());
            let is_meant = matching.as_ref().map_or(Ok(true), &fits)?;
            let mut is_ignored = false;
            for pattern in &ignored {
                is_ignored |= fits(pattern)?;
            }
            if (self.depth > 0 && levels > self.depth) || is_main || !is_meant || is_ignored {
                continue;
            }
            let extension = entry.name.extension().unwrap_or_default();
            if self.extensions.iter().any(|known| known == extension) {
                files.push(entry.path.into());
            } else if !self.ignore_unknown_extensions {
                return Err(ModuleError::refused(format!(
                    "{} does not have a valid extension: {}",
                    entry.path.display(),
                    self.extensions.join(", ")
                )));
            }
        }
        Ok(files)
    }
}

/// Returns the one variable that contains all others.
fn under(name: &str, variables: Map) -> Map {
    let place = match variables.first() {
        Some((key, _)) => key.place.clone(),
        None => Place::start_of(&SourceFile::new(name, "")),
    };
    let node = |data| Node {
        data,
        place: place.clone(),
    };
    let key = node(Data::Text(name.into()));
    vec![(key, node(Data::Map(variables)))]
}

fn read(path: &Path) -> Result<Map, ModuleError> {
    let node = SourceFile::read(path).and_then(|file| yaml::read(&file));
    let node = node.map_err(first_problem)?;
    match node.data {
        Data::Null => Ok(Map::new()),
        Data::Map(variables) => Ok(variables),
        _ => Err(node.unexpected("a file of variables", "a mapping").into()),
    }
}

fn first_problem(problems: Problems) -> ModuleError {
    match problems.0.into_iter().next() {
        Some(problem) => problem.into(),
        None => ModuleError::refused("the file cannot be read"),
    }
}
