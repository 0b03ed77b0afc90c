//! What a run knows of one host.

use super::ahead::Window;
use super::facts;
use super::growing::Cached;
use crate::change::Sets;
use crate::report::Recap;
use crate::value::{self, Fields, NotKnown, Value};
use crate::vars::{Layer, Variable};
use crate::yaml::Map;
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a run knows of one host.
pub struct HostState {
    /// Its name in the inventory.
    pub name: Arc<str>,
    /// Its variables from the inventory, lowest precedence first.
    pub(super) inventory: Cached<Arc<[Arc<Layer>]>>,
    /// Names that rmqplay itself gives a value for this host only.
    pub(super) magic: Cached<Arc<Layer>>,
    state: Mutex<State>,
    /// The tasks that are asked about together.
    window: Mutex<Window>,
}

/// How sure it is that a handler was notified.
pub(super) enum Notified {
    Surely,
    /// Check mode does not know it, for this reason.
    Perhaps(NotKnown),
}

impl Notified {
    /// Returns why it is not known.
    pub(super) fn doubt(self) -> Option<NotKnown> {
        match self {
            Self::Surely => None,
            Self::Perhaps(reason) => Some(reason),
        }
    }
}

#[derive(Default)]
struct State {
    facts: Fields,
    /// Facts that are variables of their own name, too.
    named: BTreeSet<String>,
    fact_layer: Arc<Layer>,
    included: Arc<Layer>,
    variables: Arc<Layer>,
    recap: Recap,
    failed: bool,
    /// Handlers to be run.
    notified: IndexMap<usize, Notified>,
    roles: HashSet<String>,
    /// Why it is unknown what ran before, in check mode.
    lost: Option<NotKnown>,
}

impl HostState {
    pub(super) fn new(name: Arc<str>) -> Arc<Self> {
        Arc::new(Self {
            name,
            inventory: Cached::default(),
            magic: Cached::default(),
            state: Mutex::default(),
            window: Mutex::default(),
        })
    }

    /// Gives the host what a task sets.
    pub(super) fn set(&self, sets: &Sets) {
        match sets {
            Sets::Nothing => {}
            Sets::Facts(facts) => self.add_facts(facts.clone()),
            Sets::NamedFacts(facts) => {
                let names = facts.keys().filter(|name| facts::may_be_named(name));
                self.state().named.extend(names.cloned());
                self.add_facts(facts.clone());
            }
            Sets::Variables(variables) => self.set_variables(variables.clone()),
            Sets::Cacheable(variables) => {
                self.add_facts(variables.clone());
                self.set_variables(variables.clone());
            }
            Sets::Included(variables) => self.include_variables(variables),
            Sets::Unknown {
                name,
                by_file,
                reason,
            } => self.set_unknown(name.as_deref(), *by_file, reason),
        }
    }

    /// Marks a variable as unknown, or all variables if none is named.
    fn set_unknown(&self, name: Option<&str>, by_file: bool, reason: &NotKnown) {
        let mut state = self.state();
        let layer = if by_file {
            &mut state.included
        } else {
            &mut state.variables
        };
        let layer = Arc::make_mut(layer);
        let unknown = || Variable::Data(reason.value());
        match name {
            Some(name) => {
                layer.variables.insert(name.into(), unknown());
            }
            None => {
                layer
                    .variables
                    .values_mut()
                    .for_each(|value| *value = unknown());
                layer.any_other = Some(reason.clone());
            }
        }
    }

    fn include_variables(&self, variables: &Map) {
        let mut state = self.state();
        let layer = Arc::make_mut(&mut state.included);
        layer.origin = "include_vars".to_owned();
        let written = Layer::written("include_vars", variables);
        layer.variables.extend(written.variables.clone());
    }

    /// Adds facts: they are seen under `ansible_facts`, as `ansible_NAME` if that name is for facts,
    /// and by the name that a module of the project gives them.
    pub(super) fn add_facts(&self, told: Fields) {
        let mut state = self.state();
        let told = told.into_iter();
        state
            .facts
            .extend(told.map(|(name, fact)| (bare(&name).to_owned(), fact)));
        let mut fields = Fields::new();
        for (name, fact) in &state.facts {
            if let Some(variable) = facts::variable(name) {
                fields.insert(variable, fact.clone());
            }
        }
        for name in &state.named {
            if let Some(fact) = state.facts.get(bare(name)) {
                fields.insert(name.clone(), fact.clone());
            }
        }
        fields.insert("ansible_facts".to_owned(), value::map(state.facts.clone()));
        state.fact_layer = Layer::data("facts", fields);
    }

    /// Sets variables as `set_fact` and `register` do.
    pub(super) fn set_variables(&self, fields: impl IntoIterator<Item = (String, Value)>) {
        let mut state = self.state();
        let layer = Arc::make_mut(&mut state.variables);
        layer.origin = "set_fact and register".to_owned();
        for (name, value) in fields {
            layer.variables.insert(name.into(), Variable::Data(value));
        }
    }

    /// Notes that an unknown part of the play ran before.
    pub(super) fn lose(&self, reason: &NotKnown) {
        self.set_unknown(None, false, reason);
        self.state().lost.get_or_insert_with(|| reason.clone());
    }

    /// Returns why it is unknown what ran before.
    pub(super) fn lost(&self) -> Option<NotKnown> {
        self.state().lost.clone()
    }

    /// Returns whether facts of the system were gathered.
    pub(super) fn has_facts(&self) -> bool {
        self.state().facts.contains_key("system")
    }

    /// Forgets facts and variables that tasks set.
    pub(super) fn clear_facts(&self) {
        let mut state = self.state();
        state.facts.clear();
        state.named.clear();
        state.fact_layer = Arc::default();
        state.included = Arc::default();
        state.variables = Arc::default();
    }

    /// Returns the facts, the variables that tasks included, and those that tasks set.
    pub(super) fn layers(&self) -> [Arc<Layer>; 3] {
        let state = self.state();
        let layers = [&state.fact_layer, &state.included, &state.variables];
        layers.map(Arc::clone)
    }

    /// Counts a finished task.
    pub(super) fn count(&self, count: impl FnOnce(&mut Recap)) {
        count(&mut self.state().recap);
    }

    /// Returns what was counted.
    pub fn recap(&self) -> Recap {
        self.state().recap
    }

    /// Marks the host as failed (or unreachable), or takes that back: later plays leave out a host that
    /// failed. Returns what it was before.
    pub(super) fn set_failed(&self, failed: bool) -> bool {
        std::mem::replace(&mut self.state().failed, failed)
    }

    /// Returns whether it failed or was unreachable.
    pub fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// Marks a handler of the play, by its index, to be run; with `doubt` perhaps.
    pub(super) fn notify(&self, handler: usize, doubt: Option<&NotKnown>) {
        let mut state = self.state();
        match doubt {
            None => {
                state.notified.insert(handler, Notified::Surely);
            }
            Some(reason) => {
                let mark = state.notified.entry(handler);
                mark.or_insert_with(|| Notified::Perhaps(reason.clone()));
            }
        }
    }

    /// Takes back the mark of a handler, and returns it if there was one.
    pub(super) fn take_notified(&self, handler: usize) -> Option<Notified> {
        self.state().notified.shift_remove(&handler)
    }

    /// Returns the handlers that are marked for sure, and takes all marks back.
    pub(super) fn drain_notified(&self) -> Vec<usize> {
        std::mem::take(&mut self.state().notified)
            .into_iter()
            .filter_map(|(handler, mark)| matches!(mark, Notified::Surely).then_some(handler))
            .collect()
    }

    /// Returns whether the role with these parameters ran in this play.
    pub(super) fn has_run(&self, role: &str) -> bool {
        self.state().roles.contains(role)
    }

    /// Notes that a role with these parameters ran in this play.
    pub(super) fn ran(&self, role: String) {
        self.state().roles.insert(role);
    }

    /// Forgets what belongs to a play.
    pub(super) fn start_play(&self) {
        let mut state = self.state();
        state.roles.clear();
        state.notified.clear();
    }

    /// Returns the tasks that are asked about together.
    pub(super) fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the name of a fact without its prefix, as `ansible_facts` has it.
fn bare(name: &str) -> &str {
    name.strip_prefix("ansible_").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(sets: &Sets) -> Fields {
        let host = HostState::new("h1".into());
        host.set(sets);
        let [facts, ..] = host.layers();
        let seen = facts.variables.iter().map(|(name, variable)| {
            let Variable::Data(value) = variable else {
                panic!("a fact is never a template");
            };
            (name.to_string(), value.clone())
        });
        seen.collect()
    }

    #[test]
    fn facts_of_a_projects_module_are_variables_of_their_own_names_too() {
        let told = ["swap_kb", "ansible_x", "groups", "lookup", "ansible_user"];
        let facts: Fields = told.map(|name| (name.to_owned(), 1.into())).into();
        let seen_names = |sets: &Sets| seen(sets).keys().cloned().collect::<BTreeSet<_>>();
        let named = seen_names(&Sets::NamedFacts(facts.clone()));
        let expected = [
            "ansible_facts",
            "ansible_groups",
            "ansible_lookup",
            "ansible_swap_kb",
            "ansible_x",
            "swap_kb",
        ];
        assert_eq!(named, expected.map(str::to_owned).into());
        let all = seen(&Sets::NamedFacts(facts.clone()));
        let all = value::fields(&all["ansible_facts"]).unwrap();
        assert!(
            all.contains_key("swap_kb") && all.contains_key("x"),
            "{all:?}"
        );
        let own = seen_names(&Sets::Facts(facts));
        assert!(
            !own.contains("swap_kb") && own.contains("ansible_swap_kb"),
            "{own:?}"
        );
    }
}
