//! `import_tasks` and `import_role`, which are resolved while loading.

use super::Reader;
use super::call::Call;
use super::item::Keys;
use super::play::one_or_many;
use super::role::RoleFiles;
use super::scope::{Named, Scope, missing_file};
use crate::files::NotFound;
use crate::playbook::{Block, Item, Keywords, Level, RoleName, RoleUse};
use crate::source::{LocalPath, Problem};
use crate::yaml::{Map, Node};
use std::sync::Arc;

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
                let found = scope.find_tasks(name, &file.place, Named::ByImport);
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
        for (key, value) in call.role_files() {
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
        let from = call.role_files();
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

    /// Returns the path if the file exists.
    pub(super) fn existing_file(&mut self, path: LocalPath, named: &Node) -> Option<LocalPath> {
        if path.is_file() {
            return Some(path);
        }
        let missing = NotFound {
            name: named.as_text().unwrap_or_default().to_owned(),
            searched: vec![path],
            not_known: None,
        };
        self.lacks_files = true;
        self.report(missing_file("file", &named.place, &missing));
        None
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

    fn refuse_loops(&mut self, keys: &Keys<'_>, call: &Call<'_>) {
        for with in &keys.with {
            let message = format!("{} is not allowed on {}", with.name, call.module);
            let advice = format!("use {}", call.module.replace("import", "include"));
            self.report(Problem::at(&with.key.place, message).help(advice));
        }
    }

    fn refuse_apply(&mut self, call: &Call<'_>) {
        if let Some(apply) = call.get(&["apply"]) {
            let message = format!("{} has no argument \"apply\"", call.module);
            let advice = "keywords of an import apply to its tasks anyway".to_owned();
            self.report(Problem::at(&apply.place, message).help(advice));
        }
    }
}

/// Resolves a path that starts with a folder known before any host is reached: `role_path` or
/// `playbook_dir`.
pub(super) fn below_known_folder(
    path: &Node,
    role: Option<&RoleName>,
    play_folder: &LocalPath,
) -> Option<LocalPath> {
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

/// Returns the problem for an import that depends on a variable.
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
