//! Variables that a play gives all its hosts: of its roles, its files and its own state.

use super::host_state::HostState;
use super::play_run::{PlayRun, lock, read, write};
use super::variables::playbook_dir;
use crate::host::unchanged_here;
use crate::playbook::{Role, RoleUse};
use crate::source::{Problem, Problems};
use crate::value::{Fields, Value};
use crate::vars::{Layer, Scope};
use crate::yaml::{Data, Node};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A role that the play shares: all its tasks on all hosts see the role's variables.
pub(super) struct PublicRole {
    pub(super) role: Arc<Role>,
    defaults: Arc<Layer>,
    vars: Arc<Layer>,
}

impl PublicRole {
    /// Returns the role with its variables as layers.
    pub(super) fn of(role: &Arc<Role>) -> Self {
        let name = &role.name.name;
        Self {
            role: role.clone(),
            defaults: Layer::written(format!("defaults of role {name}"), &role.defaults),
            vars: Layer::written(format!("vars of role {name}"), &role.vars),
        }
    }
}

impl PlayRun<'_> {
    /// Returns the default variables of all roles that the play shares.
    pub(super) fn public_defaults(&self) -> Vec<Arc<Layer>> {
        let public = read(&self.public);
        public.iter().map(|role| role.defaults.clone()).collect()
    }

    /// Returns the variables of all roles that the play shares.
    pub(super) fn public_vars(&self) -> Vec<Arc<Layer>> {
        let public = read(&self.public);
        public.iter().map(|role| role.vars.clone()).collect()
    }

    /// Returns what the play itself gives a host, lowest precedence first: `vars`, `vars_prompt` and
    /// `vars_files`.
    pub(super) fn play_layers(&self, host: &HostState) -> Result<Vec<Arc<Layer>>, Problems> {
        if let Some(layers) = lock(&self.play_layers).get(&host.name) {
            return Ok(layers.clone());
        }
        let mut layers = vec![self.vars.clone(), self.prompted.clone()];
        if self.play.vars_files.is_empty() {
            return Ok(layers);
        }
        let scope = self.session.host_scope(host, None)?.with(self.vars.clone());
        for node in &self.play.vars_files {
            layers.push(self.vars_file(node, &scope)?);
        }
        lock(&self.play_layers).insert(host.name.clone(), layers.clone());
        Ok(layers)
    }

    fn vars_file(&self, node: &Node, scope: &Arc<Scope>) -> Result<Arc<Layer>, Problems> {
        let candidates = match &node.data {
            Data::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut searched = Vec::new();
        for candidate in candidates {
            let name = match scope.render(candidate) {
                Ok(name) => name.to_string(),
                Err(error) => {
                    return match error.not_known {
                        Some(reason) => Ok(Layer::unknown("vars_files", reason)),
                        None => Err((*error.problem).into()),
                    };
                }
            };
            for path in [
                self.play.folder.join("vars").join(&name),
                self.play.folder.join(&name),
            ] {
                if let Err(reason) = unchanged_here(&path) {
                    return Ok(Layer::unknown("vars_files", reason));
                }
                if path.exists() {
                    let file = self.session.loader.file(&path)?;
                    return match &file.data {
                        Data::Map(entries) => {
                            Ok(Layer::written(path.display().to_string(), entries))
                        }
                        Data::Null => Ok(Arc::default()),
                        _ => Err(file.unexpected("a file of variables", "a mapping").into()),
                    };
                }
                searched.push(path.display().to_string());
            }
        }
        Err(Problem::at(&node.place, "no such file of variables")
            .help(format!("searched: {}", searched.join(", ")))
            .into())
    }

    /// Returns names whose value the play gives.
    pub(super) fn magic(&self) -> Arc<Layer> {
        read(&self.magic).clone()
    }

    /// Brings the names that depend on who has failed up to date.
    pub(super) fn refresh_magic(&self) {
        let names = |hosts: &[Arc<HostState>], all: bool| -> Value {
            let hosts = hosts.iter().filter(|host| all || !host.has_failed());
            hosts.map(|host| Value::from(host.name.clone())).collect()
        };
        let mut fields = Fields::new();
        let batch = names(self.batch, false);
        fields.insert("play_hosts".to_owned(), batch.clone());
        fields.insert("ansible_play_batch".to_owned(), batch);
        fields.insert(
            "ansible_play_hosts".to_owned(),
            names(self.play_hosts, false),
        );
        fields.insert(
            "ansible_play_hosts_all".to_owned(),
            names(self.play_hosts, true),
        );
        fields.insert("ansible_play_name".to_owned(), self.name.clone().into());
        let folder = playbook_dir(&self.play.folder);
        fields.insert("playbook_dir".to_owned(), folder);
        let roles: Value = self
            .play
            .roles
            .iter()
            .map(|used| Value::from(used.role.name.name.clone()))
            .collect();
        fields.insert("role_names".to_owned(), roles.clone());
        fields.insert("ansible_play_role_names".to_owned(), roles);
        let mut dependencies = BTreeSet::new();
        depended_on(&self.play.roles, &mut dependencies);
        let direct = self.play.roles.iter().map(|used| &*used.role.name.name);
        let all: BTreeSet<&str> = direct.chain(dependencies.iter().copied()).collect();
        let values = |names: BTreeSet<&str>| names.into_iter().map(Value::from).collect::<Value>();
        fields.insert("ansible_role_names".to_owned(), values(all));
        fields.insert(
            "ansible_dependent_role_names".to_owned(),
            values(dependencies),
        );
        *write(&self.magic) = Layer::data("the play", fields);
    }
}

/// Adds the names of all roles that these depend on.
fn depended_on<'a>(roles: &'a [Arc<RoleUse>], names: &mut BTreeSet<&'a str>) {
    for used in roles {
        for dependency in &used.role.dependencies {
            if names.insert(&dependency.role.name.name) {
                depended_on(std::slice::from_ref(dependency), names);
            }
        }
    }
}
