//! The variables of a task on a host: all layers in their order.

use super::frame::Frame;
use super::host_state::HostState;
use super::keyword::whole;
use super::play_run::PlayRun;
use super::session::Session;
use crate::files::Programs;
use crate::source::{LocalPath, Problems};
use crate::template::Site;
use crate::value::{Fields, Value};
use crate::vars::{HostVars, Hosts, Layer, Scope};
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;

impl Session {
    /// Returns what a host is for others (`hostvars[host]`): inventory, facts and what tasks set; with
    /// the keywords in `frame`, also how a task delegated to it reaches it.
    pub(super) fn host_scope(
        self: &Arc<Self>,
        host: &HostState,
        frame: Option<&Frame<'_>>,
    ) -> Result<Arc<Scope>, Problems> {
        let mut layers = self.inventory_layers(host)?.to_vec();
        layers.extend(host.layers());
        layers.extend([self.extra.clone(), self.magic(), self.magic_of_host(host)]);
        layers.insert(0, self.assumed(host, frame, &layers));
        let site = Arc::new(self.site(&[self.playbook_folder()]));
        Ok(Scope::new(
            layers,
            self.engine.clone(),
            site,
            self.secrets.clone(),
        ))
    }

    /// Returns what templates may reach, given the folders that a task's files are in: `files` and
    /// `templates` in each of them come first.
    pub(super) fn site(&self, folders: &[LocalPath]) -> Site {
        let within = |folder: &LocalPath| {
            [
                folder.join("templates"),
                folder.join("files"),
                folder.clone(),
            ]
        };
        Site {
            folders: folders.iter().flat_map(within).collect(),
            lenient: self.options.compat,
            programs: Programs {
                timeout: Some(self.options.task_timeout).filter(|timeout| !timeout.is_zero()),
                cancel: self.cancel.clone(),
            },
        }
    }

    /// Returns the value of `groups`.
    pub(super) fn groups(&self) -> Value {
        let make = || {
            let groups = self.inventory().hosts_of_groups().into_iter();
            let values = groups.map(|(name, hosts)| (name, hosts.into_iter().collect::<Value>()));
            Ok::<_, Infallible>(Value::from_pairs(values))
        };
        let Ok(groups) = self.growing.groups.get(&self.growing, make);
        groups
    }

    /// Returns the value of `hostvars`.
    pub(super) fn hostvars(self: &Arc<Self>) -> Value {
        HostVars::of(SessionHosts(Arc::downgrade(self)))
    }

    /// Returns names that hold for all hosts in every play.
    fn magic(self: &Arc<Self>) -> Arc<Layer> {
        let make = || Ok::<_, Infallible>(self.make_magic());
        let Ok(magic) = self.growing.magic.get(&self.growing, make);
        magic
    }

    fn make_magic(self: &Arc<Self>) -> Arc<Layer> {
        let mut fields = Fields::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("hostvars", self.hostvars());
        set("groups", self.groups());
        set("omit", Session::omit());
        set("ansible_check_mode", self.options.check.into());
        set("ansible_diff_mode", self.options.diff.into());
        set("ansible_verbosity", self.options.verbosity.into());
        set("ansible_forks", self.options.forks.into());
        let asked_for = &self.options.tags.tags;
        set(
            "ansible_run_tags",
            if asked_for.is_empty() {
                ["all"].into_iter().collect()
            } else {
                asked_for.iter().cloned().collect()
            },
        );
        set(
            "ansible_skip_tags",
            self.options.tags.skip.iter().cloned().collect(),
        );
        // Playbooks ask whether it is defined.
        if let Some(limit) = &self.options.limit {
            set("ansible_limit", limit.as_str().into());
        }
        set("playbook_dir", playbook_dir(&self.playbook_folder()));
        set("rmqplay_version", env!("CARGO_PKG_VERSION").into());
        set("ansible_version", ansible_version());
        Layer::data("names that rmqplay sets", fields)
    }

    /// Returns names that hold for a host in every play.
    fn magic_of_host(&self, host: &HostState) -> Arc<Layer> {
        let make = || Ok::<_, Infallible>(self.make_magic_of_host(&host.name));
        let Ok(magic) = host.magic.get(&self.growing, make);
        magic
    }

    fn make_magic_of_host(&self, name: &Arc<str>) -> Arc<Layer> {
        let mut fields = Fields::new();
        let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        set("inventory_hostname", name.clone().into());
        set(
            "inventory_hostname_short",
            name.split('.').next().unwrap_or(name).into(),
        );
        let inventory = self.inventory();
        set(
            "group_names",
            inventory.groups_of(name).into_iter().collect(),
        );
        let named = inventory.hosts().get(name);
        if let Some(file) = named.and_then(|host| host.file.as_ref()) {
            set("inventory_file", file.to_string_lossy().into());
            set("inventory_dir", file.parent().to_string_lossy().into());
        } else if let Some(list) = named.and_then(|host| host.list.as_ref()) {
            // A list on the command line is in no folder.
            set("inventory_file", list.clone().into());
            set("inventory_dir", ().into());
        }
        Layer::data("names that rmqplay sets", fields)
    }
}

impl PlayRun<'_> {
    /// Returns the variables of something in a play on a host, without any loop item.
    pub(super) fn scope(
        &self,
        host: &HostState,
        frame: &Frame<'_>,
    ) -> Result<Arc<Scope>, Problems> {
        let session = self.session;
        let [facts, included, set] = host.layers();
        let inwards: Vec<_> = frame.inwards().collect();
        let mut layers = self.public_defaults();
        layers.extend(inwards.iter().filter_map(|frame| frame.defaults.clone()));
        layers.extend_from_slice(&session.inventory_layers(host)?);
        layers.push(facts);
        layers.extend(self.play_layers(host)?);
        layers.extend(self.public_vars());
        layers.extend(inwards.iter().filter_map(|frame| frame.role_vars.clone()));
        layers.extend(inwards.iter().filter_map(|frame| frame.vars.clone()));
        layers.extend([included, set]);
        layers.extend(inwards.iter().filter_map(|frame| frame.parameters.clone()));
        layers.push(session.extra.clone());
        layers.extend([session.magic(), session.magic_of_host(host)]);
        layers.push(self.magic());
        layers.extend(role_names(frame));
        let folders = frame.folders();
        let searched = folders.iter().map(|folder| folder.to_string_lossy());
        let searched = Fields::from([(
            "ansible_search_path".to_owned(),
            searched.map(Value::from).collect(),
        )]);
        layers.push(Layer::data("the task", searched));
        layers.insert(0, session.assumed(host, Some(frame), &layers));
        let mut site = session.site(&folders);
        let scope = |layers, site| {
            let (engine, secrets) = (session.engine.clone(), session.secrets.clone());
            Scope::new(layers, engine, Arc::new(site), secrets)
        };
        let given = frame.nearest(|keywords| keywords.timeout.as_ref());
        if let Some(given) = given {
            // A wrong value is reported when the task asks for it.
            let seconds = whole(Some(given), &scope(layers.clone(), site.clone()));
            if let Some(seconds) = seconds.unwrap_or(Some(0)) {
                let timeout = Duration::from_secs(u64::from(seconds));
                site.programs.timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
            }
        }
        Ok(scope(layers, site))
    }
}

/// Returns the version of Ansible whose language is understood.
fn ansible_version() -> Value {
    let (full, parts) = ("2.19.0", [2, 19, 0]);
    let names = ["major", "minor", "revision"];
    let parts = names.into_iter().zip(parts.map(Value::from));
    let texts = ["full", "string"].map(|name| (name, Value::from(full)));
    Value::from_pairs(texts.into_iter().chain(parts))
}

/// Returns the value of `playbook_dir`.
pub(super) fn playbook_dir(folder: &LocalPath) -> Value {
    folder.to_string_lossy().into()
}

/// Returns the names of the role a task is in.
fn role_names(frame: &Frame<'_>) -> Option<Arc<Layer>> {
    let role = frame.role()?;
    let mut fields = Fields::new();
    for name in ["role_name", "ansible_role_name"] {
        fields.insert(name.to_owned(), role.name.clone().into());
    }
    fields.insert("role_path".to_owned(), role.folder.to_string_lossy().into());
    let parents = role.parents.iter().rev().cloned().collect();
    fields.insert("ansible_parent_role_names".to_owned(), parents);
    Some(Layer::data("the role", fields))
}

/// The hosts of a session, for `hostvars`.
struct SessionHosts(Weak<Session>);

impl Hosts for SessionHosts {
    fn names(&self) -> Vec<Arc<str>> {
        let session = self.0.upgrade();
        let hosts = session.map(|session| session.all_hosts());
        let hosts = hosts.unwrap_or_default().into_iter();
        hosts.map(|host| host.name.clone()).collect()
    }

    fn scope(&self, name: &str) -> Option<Result<Arc<Scope>, Problems>> {
        let session = self.0.upgrade()?;
        // This machine has variables even if the inventory does not list it.
        let implicit = || {
            let is_implicit = session.inventory().is_implicit(name);
            is_implicit.then(|| HostState::new(name.into()))
        };
        let host = session.known_host(name).or_else(implicit)?;
        Some(session.host_scope(&host, None))
    }
}
