//! `import_tasks` and `import_role`, put in place at once, and `include_*`, kept for later.

use super::Reader;
use super::action::{RAW, short_name};
use super::item::Keys;
use super::keywords::{Entry, unknown_keyword};
use super::play::one_or_many;
use super::role::RoleFiles;
use super::scope::{Scope, missing_file};
use crate::files::NotFound;
use crate::playbook::{
    Block, Include, IncludeKind, Item, Keywords, Level, RoleName, RoleUse, boolean,
};
use crate::source::{Problem, did_you_mean};
use crate::yaml::{Map, Node};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The modules that are no modules: other files' tasks.
pub(super) const NAMES: &[&str] = &[
    "import_role",
    "import_tasks",
    "include",
    "include_role",
    "include_tasks",
];

const TASKS_ARGUMENTS: &[&str] = &["file", RAW, "apply"];
const ROLE_ARGUMENTS: &[&str] = &[
    "name",
    "role",
    "tasks_from",
    "vars_from",
    "defaults_from",
    "handlers_from",
    "apply",
    "public",
    "allow_duplicates",
    "rolespec_validate",
];

/// The key of an import or include, and its arguments.
struct Call<'a> {
    module: &'a str,
    entry: Entry<'a>,
    arguments: Map,
}

impl Call<'_> {
    fn get(&self, names: &[&str]) -> Option<&Node> {
        self.arguments
            .iter()
            .find(|(key, _)| key.as_text().is_some_and(|name| names.contains(&name)))
            .map(|(_, value)| value)
    }
}

impl Reader<'_> {
    pub(super) fn import_tasks(&mut self, node: &Node, scope: &Scope) -> Option<Item> {
        let keys = self.keys(node, Level::Import);
        let call = self.call(&keys)?;
        self.refuse_loops(&keys, &call);
        self.refuse_apply(&call);
        let (name, keywords, notify) = self.import_keywords(&keys);
        let file = self.file_argument(&call)?;
        let path = match below_known_folder(file, scope.role.as_deref(), &scope.play_folder) {
            Some(path) => self.existing_file(path, file),
            None if file.has_template() => {
                self.report(template_in_import(file, "import_tasks"));
                None
            }
            None => {
                let name = file.as_text().unwrap_or_default();
                let found = scope.find_tasks(name, &file.place);
                self.problems.take(found)
            }
        }?;
        Some(Item::Block(Arc::new(Block {
            place: node.place.clone(),
            name,
            keywords,
            block: self.tasks_file(&path, &file.place, scope),
            rescue: Vec::new(),
            always: Vec::new(),
            notify,
        })))
    }

    pub(super) fn import_role(&mut self, node: &Node, scope: &Scope) -> Option<Item> {
        let keys = self.keys(node, Level::Import);
        let call = self.call(&keys)?;
        self.refuse_loops(&keys, &call);
        self.refuse_apply(&call);
        self.refuse_handler(&call, scope)?;
        let (block_name, keywords, notify) = self.import_keywords(&keys);
        let name = self.role_argument(&call)?;
        let mut files = RoleFiles::default();
        for (key, value) in from_arguments(&call) {
            if value.has_template() {
                self.report(template_in_import(&value, "import_role"));
                return None;
            }
            let file = value.as_text().unwrap_or_default().to_owned();
            files.set(key.as_text().unwrap_or_default(), file);
        }
        let text = name.as_text().unwrap_or_default();
        if name.has_template() {
            self.report(template_in_import(name, "import_role"));
            return None;
        }
        let from = from_arguments(&call);
        let place = from.first().map_or(&name.place, |(_, value)| &value.place);
        let folder = self.find_role(text, &name.place, scope)?;
        let role = self.role(text, folder, place, &files, scope)?;
        let role = Item::Role(Arc::new(RoleUse {
            place: node.place.clone(),
            role,
            keywords,
            parameters: Map::new(),
            public: self.flag(&call, "public", true),
            allow_duplicates: self.flag(&call, "allow_duplicates", true),
            rolespec_validate: self.flag(&call, "rolespec_validate", true),
        }));
        if notify.is_empty() {
            return Some(role);
        }
        Some(Item::Block(Arc::new(Block {
            place: node.place.clone(),
            name: block_name,
            keywords: Keywords::default(),
            block: vec![role],
            rescue: Vec::new(),
            always: Vec::new(),
            notify,
        })))
    }

    pub(super) fn include(&mut self, node: &Node, scope: &Scope) -> Option<Item> {
        let keys = self.keys(node, Level::Include);
        let call = self.call(&keys)?;
        let (apply, apply_notify) = self.apply(&call);
        let kind = if call.module == "include_tasks" {
            IncludeKind::Tasks(self.file_argument(&call)?.clone())
        } else {
            self.refuse_handler(&call, scope)?;
            IncludeKind::Role {
                name: self.role_argument(&call)?.clone(),
                from: from_arguments(&call),
                public: self.flag(&call, "public", false),
                allow_duplicates: self.flag(&call, "allow_duplicates", true),
                rolespec_validate: self.flag(&call, "rolespec_validate", true),
            }
        };
        let mut include = Include {
            place: node.place.clone(),
            name: None,
            role: scope.role.clone(),
            folder: scope.folder.to_path_buf(),
            kind,
            keywords: Keywords::default(),
            apply,
            apply_notify,
            repeat: self.repeat(&keys.entries, &keys.with),
            register: None,
            handler: scope.handlers,
            listen: Vec::new(),
        };
        for entry in &keys.entries {
            if self.set_shared(&mut include.keywords, entry) {
                continue;
            }
            match entry.name {
                "name" => include.name = Some(entry.value.clone()),
                "listen" if scope.handlers => include.listen = one_or_many(entry.value),
                "listen" => {
                    let message = "listen belongs to a handler";
                    self.report(Problem::at(&entry.key.place, message));
                }
                "register" => {
                    self.check_variable_name(entry.value);
                    include.register = Some(entry.value.clone());
                }
                _ => {}
            }
        }
        Some(Item::Include(Arc::new(include)))
    }

    /// Returns the path if there is a file.
    pub(super) fn existing_file(&mut self, path: PathBuf, named: &Node) -> Option<PathBuf> {
        if path.is_file() {
            return Some(path);
        }
        let missing = NotFound {
            name: named.as_text().unwrap_or_default().to_owned(),
            searched: vec![path],
        };
        self.report(missing_file("file", &named.place, &missing));
        None
    }

    /// Returns which import or include it is, with its arguments checked by name.
    fn call<'a>(&mut self, keys: &Keys<'a>) -> Option<Call<'a>> {
        let is_call = |entry: &&Entry<'a>| NAMES.contains(&short_name(entry.name));
        let entry = *keys.others.iter().find(is_call)?;
        let module = short_name(entry.name);
        for other in keys.others.iter().filter(|other| other.name != entry.name) {
            let level = if module.starts_with("import") {
                Level::Import
            } else {
                Level::Include
            };
            self.report(unknown_keyword(other.key, other.name, level));
        }
        let args = keys.entries.iter().find(|entry| entry.name == "args");
        let arguments = self.arguments(module, entry.value, args.map(|entry| entry.value));
        let known = if module.ends_with("tasks") {
            TASKS_ARGUMENTS
        } else {
            ROLE_ARGUMENTS
        };
        for (key, _) in &arguments {
            let name = key.to_value().to_string();
            // A role's name as bare text is reported as its missing name.
            if name != RAW && !known.contains(&name.as_str()) {
                let message = format!("{module} has no argument \"{name}\"");
                let shown = known.iter().copied().filter(|name| *name != RAW);
                self.report(Problem::at(&key.place, message).help(did_you_mean(&name, shown)));
            }
        }
        Some(Call {
            module,
            entry,
            arguments,
        })
    }

    fn import_keywords(&mut self, keys: &Keys<'_>) -> (Option<Node>, Keywords, Vec<Node>) {
        let (mut name, mut keywords, mut notify) = (None, Keywords::default(), Vec::new());
        for entry in &keys.entries {
            match entry.name {
                "name" => name = Some(entry.value.clone()),
                "notify" => notify = one_or_many(entry.value),
                _ => {
                    self.set_shared(&mut keywords, entry);
                }
            }
        }
        (name, keywords, notify)
    }

    /// Returns the keywords and the `notify` that an include gives to what it includes.
    fn apply(&mut self, call: &Call<'_>) -> (Keywords, Vec<Node>) {
        let (mut keywords, mut notify) = (Keywords::default(), Vec::new());
        let Some(apply) = call.get(&["apply"]) else {
            return (keywords, notify);
        };
        if apply.as_map().is_none() {
            self.report(apply.unexpected("apply", "a mapping"));
        }
        for entry in self.entries(apply, Level::Apply, |_| false) {
            if entry.name == "notify" {
                notify = one_or_many(entry.value);
            } else {
                self.set_shared(&mut keywords, &entry);
            }
        }
        (keywords, notify)
    }

    fn refuse_loops(&mut self, keys: &Keys<'_>, call: &Call<'_>) {
        for with in &keys.with {
            let message = format!("{} cannot stand on {}", with.name, call.module);
            let advice = format!("use {}", call.module.replace("import", "include"));
            self.report(Problem::at(&with.key.place, message).help(advice));
        }
    }

    fn refuse_apply(&mut self, call: &Call<'_>) {
        if let Some(apply) = call.get(&["apply"]) {
            let message = format!("{} has no argument \"apply\"", call.module);
            let advice = "keywords of an import reach its tasks without it".to_owned();
            self.report(Problem::at(&apply.place, message).help(advice));
        }
    }

    fn refuse_handler(&mut self, call: &Call<'_>, scope: &Scope) -> Option<()> {
        if !scope.handlers {
            return Some(());
        }
        let message = format!("{} cannot be a handler", call.module);
        self.report(Problem::at(&call.entry.key.place, message));
        None
    }

    fn file_argument<'c>(&mut self, call: &'c Call<'_>) -> Option<&'c Node> {
        let file = call.get(&[RAW, "file"]);
        let good = file.filter(|file| file.as_text().is_some_and(|text| !text.is_empty()));
        if good.is_none() {
            let message = format!("{} names no file", call.module);
            let place = file.map_or(&call.entry.key.place, |file| &file.place);
            self.report(Problem::at(place, message));
        }
        good
    }

    fn role_argument<'c>(&mut self, call: &'c Call<'_>) -> Option<&'c Node> {
        let name = call.get(&["name", "role"]);
        let good = name.filter(|name| name.as_text().is_some_and(|text| !text.is_empty()));
        if good.is_none() {
            let message = format!("{} names no role", call.module);
            let place = name.map_or(&call.entry.key.place, |name| &name.place);
            let advice = format!("write \"{}: {{name: …}}\"", call.module);
            self.report(Problem::at(place, message).help(advice));
        }
        for (key, value) in from_arguments(call) {
            if value.as_text().is_none() {
                let name = key.to_value().to_string();
                self.report(value.unexpected(&name, "the name of a file"));
            }
        }
        good
    }

    fn flag(&mut self, call: &Call<'_>, name: &str, default: bool) -> bool {
        let Some(value) = call.get(&[name]) else {
            return default;
        };
        boolean(value).unwrap_or_else(|| {
            self.report(value.unexpected(name, "a boolean"));
            default
        })
    }
}

/// Returns `tasks_from` and its like.
fn from_arguments(call: &Call<'_>) -> Map {
    let is_from = |key: &Node| key.as_text().is_some_and(|name| name.ends_with("_from"));
    let arguments = call.arguments.iter();
    arguments.filter(|(key, _)| is_from(key)).cloned().collect()
}

/// Returns the path that starts with a folder known before any host is reached: `role_path` or
/// `playbook_dir`.
pub(super) fn below_known_folder(
    path: &Node,
    role: Option<&RoleName>,
    play_folder: &Path,
) -> Option<PathBuf> {
    let rest = path.as_text()?.trim().strip_prefix("{{")?;
    let (name, rest) = rest.split_once("}}")?;
    let folder = match name.trim() {
        "playbook_dir" => play_folder,
        "role_path" => &role?.folder,
        _ => return None,
    };
    let fixed = rest.starts_with('/') && !rest.contains("{{");
    fixed.then(|| folder.join(rest.trim_start_matches('/')))
}

/// Returns the problem that something to import depends on a variable.
pub(super) fn template_in_import(value: &Node, what: &str) -> Problem {
    let advice = match what {
        "import_role" | "roles" => "use include_role",
        "import_tasks" => "use include_tasks; only role_path and playbook_dir are known here",
        _ => "write a fixed path; only playbook_dir is known here",
    };
    Problem::at(
        &value.place,
        format!("{what} is resolved before any variable is known"),
    )
    .label("depends on a variable")
    .help(advice.to_owned())
}
