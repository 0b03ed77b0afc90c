//! The roles of a play and the dependencies of a role.

use super::Reader;
use super::keywords::Entry;
use super::role::RoleFiles;
use super::scope::Scope;
use crate::playbook::{Keywords, Level, RoleUse, keyword_names};
use crate::source::Problem;
use crate::yaml::{Map, Node};
use std::sync::Arc;

impl Reader<'_> {
    pub(super) fn role_uses(&mut self, list: &Node, scope: &Scope) -> Vec<Arc<RoleUse>> {
        let nodes = list.as_list().unwrap_or_default();
        nodes
            .iter()
            .filter_map(|node| self.role_use(node, scope))
            .collect()
    }

    /// A role is a name, or a mapping with its name, keywords and parameters.
    fn role_use(&mut self, node: &Node, scope: &Scope) -> Option<Arc<RoleUse>> {
        let is_keyword = |name: &str| keyword_names(Level::Role).any(|known| known == name);
        let entries = self.entries(node, Level::Role, |name| !is_keyword(name));
        let named = |name: &str| entries.iter().find(|entry| entry.name == name);
        let name = match node.as_text() {
            Some(_) => Some(node),
            None => named("role")
                .or_else(|| named("name"))
                .map(|entry| entry.value),
        };
        let Some((name, text)) = name.and_then(|name| Some((name, name.as_text()?))) else {
            if node.as_map().is_none() {
                self.report(node.unexpected("an entry of roles", "a name or a mapping"));
            } else if node.entry("role").or_else(|| node.entry("name")).is_none() {
                let message = "this entry of roles has no role";
                self.report(Problem::at(&node.place, message).label("no \"role\""));
            }
            return None;
        };
        let mut keywords = Keywords::default();
        for entry in &entries {
            self.set_shared(&mut keywords, entry);
        }
        let parameters = self.parameters(node, is_keyword);
        if name.has_template() {
            self.report(super::import::template_in_import(name, "roles"));
            return None;
        }
        let folder = self.find_role(text, &name.place, scope)?;
        let role = self.role(text, folder, &name.place, &RoleFiles::default(), scope)?;
        Some(Arc::new(RoleUse {
            place: node.place.clone(),
            allow_duplicates: role.allow_duplicates,
            role,
            keywords,
            parameters,
            public: true,
            rolespec_validate: true,
        }))
    }

    fn parameters(&mut self, node: &Node, is_keyword: impl Fn(&str) -> bool) -> Map {
        let mut parameters = Map::new();
        for (key, value) in node.as_map().into_iter().flatten() {
            let Some(name) = key.as_text().filter(|name| !is_keyword(name)) else {
                continue;
            };
            let entry = Entry { name, key, value };
            self.check_variable_name(entry.key);
            parameters.push((key.clone(), value.clone()));
        }
        parameters
    }
}
