//! `include_tasks` and `include_role`, kept until a host reaches them.

use super::Reader;
use super::call::Call;
use super::play::one_or_many;
use super::scope::Scope;
use crate::playbook::{Include, IncludeKind, Item, Keywords, Level};
use crate::source::Problem;
use crate::yaml::Node;
use std::sync::Arc;

impl Reader<'_> {
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
                from: call.role_files(),
                public: self.flag(&call, "public", false),
                allow_duplicates: self.flag(&call, "allow_duplicates", true),
                rolespec_validate: self.flag(&call, "rolespec_validate", true),
            }
        };
        let mut include = Include {
            place: node.place.clone(),
            name: None,
            role: scope.role.clone(),
            folder: scope.folder.clone(),
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

    /// Returns the keywords and the `notify` that an include passes on.
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
}
