//! Hosts and groups that tasks add while a run goes on.

use super::draft::{LOCALHOST, is_above};
use super::finish::{above, by_precedence, parents, set_depths, set_host_groups};
use super::{Group, Host, Inventory, Variables};
use crate::source::{Place, Problem};
use indexmap::IndexSet;
use std::sync::Arc;

impl Inventory {
    /// Notes that tasks may add hosts and groups: an unknown name in a pattern may be that of a group
    /// that no task has added, and is not certainly a slip.
    pub fn expect_additions(&mut self) {
        self.grows = true;
    }

    /// Adds a host, or more groups and variables of one that is there. Returns whether anything is
    /// new.
    pub fn add_host(
        &mut self,
        name: &str,
        groups: &[String],
        variables: Variables,
        place: &Place,
    ) -> Result<bool, Problem> {
        self.grows = true;
        let mut is_new = false;
        let name: Arc<str> = Arc::from(name);
        let host = self.hosts.entry(name.clone()).or_insert_with(|| {
            is_new = true;
            Host {
                name: name.clone(),
                groups: Vec::new(),
                variables: Arc::default(),
                file: None,
                list: None,
                implicit: false,
                place: place.clone(),
            }
        });
        for (variable, value) in variables {
            let known = host.variables.get(&variable);
            if known.is_none_or(|known| known.to_value() != value.to_value()) {
                Arc::make_mut(&mut host.variables).insert(variable, value);
                is_new = true;
            }
        }
        if is_new && LOCALHOST.contains(&&*name) {
            self.localhost.get_or_insert_with(|| name.clone());
        }
        // As in Ansible, a host that is added is one of `all` itself.
        let all = self.groups.get_mut("all").filter(|_| is_new);
        all.map(|all| all.hosts.insert(name.clone()));
        for group in groups {
            let (group, _) = self.add_group(group, &["all".to_owned()], place)?;
            is_new |= self.put(&name, &group);
        }
        self.settle(&name);
        Ok(is_new)
    }

    /// Puts a host into a group, which is created below these parents if it does not exist. Returns
    /// whether anything is new.
    pub fn add_to_group(
        &mut self,
        host: &str,
        group: &str,
        parents: &[String],
        place: &Place,
    ) -> Result<bool, Problem> {
        self.grows = true;
        if !self.hosts.contains_key(host) {
            // Only this machine has variables without being named.
            let own = self.own_layer(host);
            let own = own.map_err(|_| Problem::new(format!("no host is named \"{host}\"")))?;
            let implicit = Host {
                name: Arc::from(host),
                groups: Vec::new(),
                variables: own.variables,
                file: None,
                list: None,
                implicit: true,
                place: place.clone(),
            };
            self.hosts.insert(implicit.name.clone(), implicit);
        }
        let host: Arc<str> = Arc::from(host);
        let (group, mut is_new) = self.add_group(group, parents, place)?;
        is_new |= self.put(&host, &group);
        self.settle(&host);
        Ok(is_new)
    }

    /// Returns a group, created if it does not exist and put below these parents, and whether it was
    /// not below one of them.
    fn add_group(
        &mut self,
        name: &str,
        parents: &[String],
        place: &Place,
    ) -> Result<(Arc<str>, bool), Problem> {
        let is_known = self.groups.contains_key(name);
        let mut is_new = false;
        let new = |name: &str| Group::new(Arc::from(name), Some(place.clone()));
        let group = self.groups.entry(Arc::from(name));
        let name = group.or_insert_with_key(|name| new(name)).name.clone();
        for parent in parents {
            // What has other parents is in `all` through them.
            if parent == "all" && is_known {
                continue;
            }
            if is_above(&self.groups, &name, parent) {
                let message =
                    format!("the groups \"{parent}\" and \"{name}\" would contain each other");
                return Err(Problem::new(message));
            }
            if !self.groups.contains_key(parent.as_str()) {
                self.groups.insert(Arc::from(parent.as_str()), new(parent));
                let all = self.groups.get_mut("all");
                all.map(|all| all.children.insert(Arc::from(parent.as_str())));
                is_new = true;
            }
            let above = self.groups.get_mut(parent.as_str());
            is_new |= above.is_some_and(|above| above.children.insert(name.clone()));
        }
        if is_new {
            self.groups.values_mut().for_each(|group| group.depth = 0);
            set_depths(&mut self.groups);
            set_host_groups(&self.groups, &mut self.hosts);
        }
        Ok((name, is_new))
    }

    /// Puts a host into a group itself. Returns whether it was in neither this one nor one below it.
    fn put(&mut self, host: &Arc<str>, group: &Arc<str>) -> bool {
        if self.members(group).contains(host) {
            return false;
        }
        let group = self.groups.get_mut(group);
        group.is_some_and(|group| group.hosts.insert(host.clone()))
    }

    /// Brings the groups of a host up to date: it is in `ungrouped` if it is in no other one.
    fn settle(&mut self, host: &Arc<str>) {
        let is_grouped = |group: &&Group| {
            !["all", "ungrouped"].contains(&&*group.name) && group.hosts.contains(host)
        };
        let is_grouped = self.groups.values().any(|group| is_grouped(&group));
        if let Some(ungrouped) = self.groups.get_mut("ungrouped") {
            if is_grouped {
                ungrouped.hosts.shift_remove(host);
            } else {
                ungrouped.hosts.insert(host.clone());
            }
        }
        let parents = parents(&self.groups);
        let mut groups: IndexSet<Arc<str>> = IndexSet::new();
        for group in self.groups.values() {
            if group.hosts.contains(host) {
                groups.insert(group.name.clone());
                groups.extend(above(&group.name, &parents));
            }
        }
        let groups = by_precedence(&self.groups, groups);
        if let Some(host) = self.hosts.get_mut(host) {
            host.groups = groups;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn place() -> Place {
        Place::start_of(&SourceFile::new("play.yml", ""))
    }

    #[test]
    fn a_host_is_added_once_and_its_groups_are_in_order() {
        let mut inventory = Inventory::load(&["web1,".to_owned()]).unwrap();
        let groups = ["b".to_owned(), "a".to_owned()];
        let add = |inventory: &mut Inventory| {
            inventory.add_host("new", &groups, Variables::new(), &place())
        };
        assert_eq!(add(&mut inventory), Ok(true));
        assert_eq!(add(&mut inventory), Ok(false));
        let names: Vec<_> = inventory.groups_of("new");
        assert_eq!(names, ["a".into(), "b".into()]);
        let all: Vec<_> = inventory.members("all");
        assert_eq!(all, ["new".into(), "web1".into()]);
        assert!(!inventory.members("ungrouped").contains(&"new".into()));
    }

    #[test]
    fn a_group_gets_its_parents_and_never_contains_itself() {
        let mut inventory = Inventory::load(&["web1,web2,".to_owned()]).unwrap();
        let mut put = |host: &str, group: &str, parent: &str| {
            inventory.add_to_group(host, group, &[parent.to_owned()], &place())
        };
        assert_eq!(put("web1", "os_debian", "os"), Ok(true));
        assert_eq!(put("web1", "os_debian", "os"), Ok(false));
        assert_eq!(put("web2", "os_debian", "all"), Ok(true));
        let error = put("web1", "os", "os_debian").unwrap_err();
        let said = "the groups \"os_debian\" and \"os\" would contain each other";
        assert_eq!(error.message, said);
        assert_eq!(
            put("gone", "os", "all").unwrap_err().message,
            "no host is named \"gone\""
        );
        assert_eq!(put("localhost", "os", "all"), Ok(true));
        assert_eq!(inventory.members("all"), ["web1".into(), "web2".into()]);
        let here: Vec<_> = inventory.pattern("os:!web*").unwrap();
        assert_eq!(here, ["localhost".into()]);
        assert_eq!(
            inventory.members("os_debian"),
            ["web1".into(), "web2".into()]
        );
        let groups = inventory.groups_of("web2");
        assert_eq!(groups, ["os".into(), "os_debian".into()]);
    }
}
