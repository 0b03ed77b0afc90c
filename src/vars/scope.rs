//! All variables a task sees on a host, as the context of its templates.

use super::{AllVariables, Layer, Secrets, Variable, all};
use crate::inventory::connection_variables::is_secret;
use crate::source::Problem;
use crate::template::{Engine, Site, TemplateError};
use crate::value::{self, NotKnown, Value};
use crate::vault;
use crate::yaml::Node;
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// All variables a task sees on a host, as the context of its templates.
///
/// A variable is rendered on first use and kept for the life of the scope, which is that of one
/// task or loop item.
pub struct Scope {
    layers: Vec<Arc<Layer>>,
    engine: Arc<Engine>,
    site: Arc<Site>,
    secrets: Arc<Secrets>,
    rendered: Mutex<HashMap<Arc<str>, Value>>,
}

/// The name of the variable that contains all others.
const ALL: &str = "vars";

thread_local! {
    /// The variables being rendered on this thread, each with its host, to detect one that refers
    /// to itself.
    static PENDING: RefCell<Vec<(Arc<str>, Value)>> = const { RefCell::new(Vec::new()) };
}

/// Marks the last pending variable as being rendered; a panic removes it, too.
struct Rendering;

impl Drop for Rendering {
    fn drop(&mut self) {
        PENDING.with_borrow_mut(Vec::pop);
    }
}

impl Scope {
    /// Returns a scope of these layers, lowest precedence first.
    ///
    /// The values of passwords are added to `secrets` on use.
    pub fn new(
        layers: Vec<Arc<Layer>>,
        engine: Arc<Engine>,
        site: Arc<Site>,
        secrets: Arc<Secrets>,
    ) -> Arc<Self> {
        Arc::new(Self {
            layers,
            engine,
            site,
            secrets,
            rendered: Mutex::default(),
        })
    }

    /// Returns a scope with one more layer, which wins over all others.
    pub fn with(self: &Arc<Self>, layer: Arc<Layer>) -> Arc<Self> {
        let layers = self.layers.iter().cloned().chain([layer]).collect();
        let (engine, site) = (self.engine.clone(), self.site.clone());
        Self::new(layers, engine, site, self.secrets.clone())
    }

    /// Returns the variable's value, or `None` if it is not defined. If it could not be rendered,
    /// the value is an error that is raised on use.
    pub fn get(self: &Arc<Self>, name: &str) -> Option<Value> {
        let value = self.value(name)?;
        if is_secret(name) && matches!(value.kind(), ValueKind::String | ValueKind::Number) {
            self.secrets.add(&value.to_string());
        }
        Some(value)
    }

    fn value(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name == "vars" {
            return Some(AllVariables::of(self.clone()));
        }
        let cached = self.rendered().get(name).cloned();
        if cached.is_some() {
            return cached;
        }
        let (found, doubt) = self.found(name);
        if let Some(doubt) = doubt {
            let doubt = match found {
                Some(_) => doubt.clone(),
                None => doubt.perhaps_missing(),
            };
            return Some(doubt.value());
        }
        let Some((key, variable)) = found else {
            // It is not among the names, so code that walks through all variables does not come
            // here again.
            return (name == ALL).then(|| self.context());
        };
        match variable {
            Variable::Data(value) => Some(value.clone()),
            Variable::Template(node) => {
                let value = self.rendered_once(key, node);
                if node.place.file.is_secret {
                    reveal(&value);
                }
                // The value of all variables contains this scope, which must not contain itself.
                if !all::holds_all(&value) {
                    self.rendered().insert(key.clone(), value.clone());
                }
                Some(value)
            }
        }
    }

    /// Returns the variable of the highest layer that has it, and why it may have another value, if a
    /// layer above may hold any variable.
    fn found(&self, name: &str) -> (Option<(&Arc<str>, &Variable)>, Option<&NotKnown>) {
        let mut doubt = None;
        for layer in self.layers.iter().rev() {
            let found = layer.variables.get_key_value(name);
            if found.is_some() {
                return (found, doubt.filter(|_| may_be_unknown(name)));
            }
            doubt = doubt.or(layer.any_other.as_ref());
        }
        (None, doubt.filter(|_| may_be_unknown(name)))
    }

    /// Returns where the variable's winning value was written, if a user wrote it.
    pub fn place(&self, name: &str) -> Option<&Node> {
        let variable = self
            .layers
            .iter()
            .rev()
            .find_map(|layer| layer.variables.get(name))?;
        if let Variable::Template(node) = variable {
            Some(node)
        } else {
            None
        }
    }

    /// Returns whether any layer but the lowest, which contains assumptions about a host, defines
    /// the variable.
    pub fn is_given(&self, name: &str) -> bool {
        let mut given = self.layers.iter().skip(1);
        given.any(|layer| layer.variables.contains_key(name))
    }

    /// Returns the names of all variables, sorted.
    pub fn names(&self) -> BTreeSet<Arc<str>> {
        self.layers
            .iter()
            .flat_map(|layer| layer.variables.keys().cloned())
            .collect()
    }

    /// Renders a node with these variables to a value that can be stored.
    pub fn render(self: &Arc<Self>, node: &Node) -> Result<Value, TemplateError> {
        let value = self.engine.render(node, &self.context(), &self.site)?;
        all::kept(value, false).map_err(|error| TemplateError::of_value(&error, node))
    }

    /// Evaluates an expression with these variables to a value that can be stored; lists and maps
    /// may contain errors.
    pub fn expression(self: &Arc<Self>, node: &Node) -> Result<Value, TemplateError> {
        let value = self.engine.expression(node, &self.context(), &self.site)?;
        all::kept(value, true).map_err(|error| TemplateError::of_value(&error, node))
    }

    /// Returns a value as [`render`] does: an error in it, if there is one.
    ///
    /// [`render`]: Self::render
    pub fn whole(&self, value: &Value, node: &Node) -> Result<Value, TemplateError> {
        all::kept(value.clone(), false).map_err(|error| TemplateError::of_value(&error, node))
    }

    /// Evaluates a condition with these variables.
    pub fn condition(self: &Arc<Self>, node: &Node) -> Result<bool, TemplateError> {
        self.engine.condition(node, &self.context(), &self.site)
    }

    /// Returns the first false condition.
    pub fn first_false<'n>(
        self: &Arc<Self>,
        nodes: impl IntoIterator<Item = &'n Node>,
    ) -> Result<Option<&'n Node>, TemplateError> {
        self.engine.first_false(nodes, &self.context(), &self.site)
    }

    /// Returns the engine that renders.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Returns what templates can reach besides variables.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Returns the scope as a template's context.
    pub fn context(self: &Arc<Self>) -> Value {
        Value::from_dyn_object(self.clone())
    }

    fn rendered_once(self: &Arc<Self>, name: &Arc<str>, node: &Node) -> Value {
        let pending = (name.clone(), self.host());
        let chain = PENDING.with_borrow(|earlier| {
            let first = earlier.iter().position(|earlier| *earlier == pending)?;
            let names = earlier.iter().skip(first).chain([&pending]);
            let names = names.map(|(name, _)| format!("\"{name}\""));
            Some(names.collect::<Vec<_>>().join(" → "))
        });
        if let Some(chain) = chain {
            let message = format!("a variable refers to itself: {chain}");
            return TemplateError::of(Problem::at(&node.place, message)).into_value();
        }
        PENDING.with_borrow_mut(|earlier| earlier.push(pending));
        let _rendering = Rendering;
        let result = self.engine.render(node, &self.context(), &self.site);
        result.unwrap_or_else(|mut error| {
            // The parts of a variable may be missing, and so may the variable itself.
            error.not_known = error.not_known.map(|reason| reason.perhaps_missing());
            error.into_value()
        })
    }

    /// Returns the name of the host whose variables they are, if there is a host.
    fn host(&self) -> Value {
        let named = |layer: &Arc<Layer>| match layer.variables.get("inventory_hostname") {
            Some(Variable::Data(name)) => Some(name.clone()),
            _ => None,
        };
        self.layers.iter().rev().find_map(named).unwrap_or_default()
    }

    fn rendered(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Value>> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps outputs from showing the texts of a value of an encrypted file.
fn reveal(value: &Value) {
    match value.kind() {
        ValueKind::String => vault::reveal(value.as_str().unwrap_or_default()),
        ValueKind::Seq => value
            .try_iter()
            .into_iter()
            .flatten()
            .for_each(|item| reveal(&item)),
        ValueKind::Map => {
            let entries = value::fields(value).unwrap_or_default();
            entries.values().for_each(reveal);
        }
        _ => {}
    }
}

/// Returns whether an unknown variable may have this name: not one of those that rmqplay itself
/// needs, nor a function of templates.
fn may_be_unknown(name: &str) -> bool {
    let is_own = ["ansible_", "rmqplay_"]
        .iter()
        .any(|own| name.starts_with(own));
    !is_own && !Engine::has_function(name)
}

impl fmt::Debug for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.layers.iter().map(|layer| &layer.origin))
            .finish()
    }
}

impl Object for Scope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().into_iter().map(Value::from).collect())
    }
}
