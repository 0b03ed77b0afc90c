//! All modules by name: how they are built, checked and documented.

use super::elsewhere::elsewhere;
use super::{ArgumentError, BuiltIn, Module, Writes, from_fields};
use crate::change::Mode;
use crate::source::{Problem, did_you_mean};
use crate::value::{Fields, Value};
use crate::yaml::{Map, Node};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A module as the registry knows it.
pub struct Entry {
    /// Its first name.
    pub name: String,
    /// All its names.
    pub names: Vec<String>,
    /// Argument aliases, each with the argument it is for.
    pub aliases: Vec<(String, String)>,
    /// Arguments that are not rendered.
    pub raw: &'static [&'static str],
    /// Arguments that are paths of the host.
    pub paths: Vec<String>,
    /// Arguments that are paths of the host, or relative to something else.
    pub relative_paths: Vec<String>,
    /// The argument that free text goes to.
    pub free_form: Option<&'static str>,
    /// Whether any argument name is taken.
    pub any_argument: bool,
    /// Whether it acts once for all hosts.
    pub once: bool,
    /// What it changes.
    pub writes: Writes,
    /// Tasks that show its use.
    pub example: String,
    /// Return values: name and meaning.
    pub returns: Vec<(String, String)>,
    /// JSON schema of the arguments.
    pub schema: schemars::Schema,
    /// The file that declares it, if it is not built in.
    pub file: Option<PathBuf>,
    /// Builds the module from arguments without aliases.
    pub make: Make,
}

/// Builds a module from its arguments.
pub type Make = Box<dyn Fn(Fields) -> Result<Box<dyn Module>, ArgumentError> + Send + Sync>;

/// All modules by name.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, Arc<Entry>>,
}

impl Registry {
    /// Adds a built-in module under all its names.
    pub fn add<M: BuiltIn>(&mut self) {
        let names = [M::NAME].iter().chain(M::OTHER_NAMES);
        self.insert(Entry {
            name: M::NAME.to_owned(),
            names: names.map(|name| (*name).to_owned()).collect(),
            aliases: pairs(M::ALIASES),
            raw: M::RAW,
            paths: owned(M::PATHS),
            relative_paths: owned(M::RELATIVE_PATHS),
            free_form: M::FREE_FORM,
            any_argument: M::ANY_ARGUMENT,
            once: M::ONCE,
            writes: M::WRITES,
            example: M::EXAMPLE.to_owned(),
            returns: pairs(M::RETURNS),
            schema: schemars::schema_for!(M),
            file: None,
            make: Box::new(|fields| Ok(Box::new(from_fields::<M>(fields)?))),
        });
    }

    /// Adds a module under all its names.
    pub fn insert(&mut self, entry: Entry) {
        let entry = Arc::new(entry);
        let names = entry.names.iter();
        self.entries
            .extend(names.map(|name| (name.clone(), entry.clone())));
    }

    /// Returns the module of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Entry>> {
        self.entries.get(name)
    }

    /// Returns every module once, sorted by its first name.
    pub fn modules(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries
            .iter()
            .filter(|(name, entry)| **name == entry.name)
            .map(|(_, entry)| entry)
    }

    /// Returns the error for an unknown module, with a replacement for a module of Ansible or the
    /// nearest name.
    pub fn unknown(&self, name: &str, place: &crate::source::Place) -> Problem {
        match elsewhere(name) {
            Some(module) => {
                let message = format!(
                    "\"{name}\" is Ansible's module {}, not part of rmqplay",
                    module.full_name
                );
                Problem::at(place, message)
                    .label("not part of rmqplay")
                    .help(module.instead.to_owned())
            }
            None => Problem::at(place, format!("no module named \"{name}\""))
                .label("unknown module")
                .help(self.nearest(name)),
        }
    }

    /// Returns whether an unknown name is probably a typo.
    pub fn is_misspelt(&self, name: &str) -> bool {
        elsewhere(name).is_none() && self.nearest(name).is_some()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        did_you_mean(name, self.entries.keys().map(String::as_str))
    }

    /// Returns the problems that can be found before a task's arguments are rendered: unknown and
    /// missing arguments, and literals of the wrong type.
    pub fn check(&self, name: &str, place: &crate::source::Place, arguments: &Map) -> Vec<Problem> {
        match self.get(name) {
            None => vec![self.unknown(name, place)],
            Some(entry) => entry.check(place, arguments),
        }
    }

    /// Returns what a task's arguments show to be doubtful before they are rendered: a template
    /// counts as its text.
    pub fn doubt(
        &self,
        name: &str,
        place: &crate::source::Place,
        arguments: &Map,
    ) -> Option<Problem> {
        let entry = self.get(name)?;
        let text =
            |(key, value): &(Node, Node)| Some((key.as_text()?.to_owned(), value.to_value()));
        let module = entry.build(arguments.iter().filter_map(text).collect());
        Some(Problem::at(place, module.ok()?.doubt()?))
    }
}

impl Entry {
    /// Builds the module's struct from rendered arguments, after resolving aliases and free text.
    pub fn build(&self, arguments: Fields) -> Result<Box<dyn Module>, ArgumentError> {
        let named = arguments
            .into_iter()
            .map(|(key, value)| (self.canonical(&key).to_owned(), value));
        (self.make)(named.collect())
    }

    /// Returns the canonical name of an argument, given an alias of it or `_raw_params`.
    pub fn canonical<'a>(&'a self, argument: &'a str) -> &'a str {
        if argument == "_raw_params" {
            return self.free_form.unwrap_or(argument);
        }
        let alias = self.aliases.iter().find(|(alias, _)| *alias == argument);
        alias.map_or(argument, |(_, name)| name.as_str())
    }

    /// Returns whether an argument is a list.
    pub(super) fn is_list(&self, argument: &str) -> bool {
        let kind = self
            .schema
            .get("properties")
            .and_then(|all| all.get(argument));
        let kind = kind.and_then(|argument| argument.get("type"));
        let is_array = |kind: &serde_json::Value| kind.as_str() == Some("array");
        kind.is_some_and(|kind| {
            is_array(kind)
                || kind
                    .as_array()
                    .is_some_and(|kinds| kinds.iter().any(is_array))
        })
    }

    /// Returns a numeric mode as text: digits written with a leading zero are octal as written.
    /// Other numbers are only accepted if `any_number` is set, as in Ansible.
    pub fn mode_as_text(
        &self,
        argument: &str,
        node: &Node,
        value: Value,
        any_number: bool,
    ) -> Value {
        match value.as_i64().filter(|_| value.is_integer()) {
            Some(number)
                if number >= 0 && self.is_mode(argument) && (any_number || node.is_octal()) =>
            {
                format!("{number:o}").into()
            }
            _ => value,
        }
    }

    fn is_mode(&self, argument: &str) -> bool {
        let schema = self.schema.get("properties");
        let schema = schema.and_then(|all| all.get(argument));
        let format = schema.and_then(|schema| schema.get("format"));
        format.and_then(serde_json::Value::as_str) == Some(Mode::FORMAT)
    }

    /// Returns the names of all arguments.
    pub fn arguments(&self) -> Vec<&str> {
        let properties = self
            .schema
            .get("properties")
            .and_then(serde_json::Value::as_object);
        properties
            .map(|map| map.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    fn check(&self, place: &crate::source::Place, arguments: &Map) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut literal = Fields::new();
        let mut given: BTreeMap<&str, &Node> = BTreeMap::new();
        let known = self.arguments();
        for (key, value) in arguments {
            let Some(name) = key.as_text() else { continue };
            let canonical = self.canonical(name);
            if !self.any_argument && !known.contains(&canonical) {
                problems.push(self.unknown_argument(key, name, &known));
                continue;
            }
            given.insert(canonical, key);
            let is_known = !value.has_template() && !value.has_encrypted();
            if is_known && !self.raw.contains(&canonical) {
                let value = self.mode_as_text(canonical, value, value.to_value(), false);
                literal.insert(canonical.to_owned(), value);
            }
        }
        if let (true, Err(error)) = (problems.is_empty(), (self.make)(literal)) {
            problems.extend(self.argument_problem(&error, place, arguments, &given));
        }
        problems
    }

    fn unknown_argument(&self, key: &Node, name: &str, known: &[&str]) -> Problem {
        if name == "_raw_params" {
            return Problem::at(&key.place, format!("{} takes no free text", self.name))
                .help(arguments_of(&self.name, known));
        }
        let names = known
            .iter()
            .copied()
            .chain(self.aliases.iter().map(|(alias, _)| alias.as_str()));
        Problem::at(
            &key.place,
            format!("{} has no argument \"{name}\"", self.name),
        )
        .label("unknown argument")
        .help(did_you_mean(name, names).or_else(|| Some(arguments_of(&self.name, known))))
    }

    /// Templates count as given, whatever they evaluate to.
    fn argument_problem(
        &self,
        error: &ArgumentError,
        place: &crate::source::Place,
        arguments: &Map,
        given: &BTreeMap<&str, &Node>,
    ) -> Option<Problem> {
        let missing = error
            .message
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'));
        if let Some(missing) = missing {
            if error.argument.is_none() && given.contains_key(missing) {
                return None;
            }
            return Some(
                Problem::at(
                    place,
                    format!("{} needs the argument \"{missing}\"", self.name),
                )
                .label(format!("\"{missing}\" is missing")),
            );
        }
        let named = error.argument.as_deref().and_then(|name| {
            let top = name.split('.').next().unwrap_or(name);
            arguments
                .iter()
                .find(|(key, _)| key.as_text().is_some_and(|key| self.canonical(key) == top))
        });
        Some(match named {
            Some((key, value)) => {
                let place = if value.place.range.is_empty() {
                    &key.place
                } else {
                    &value.place
                };
                Problem::at(place, format!("{}: {error}", self.name)).label(error.message.clone())
            }
            None => Problem::at(place, format!("{}: {error}", self.name)),
        })
    }
}

/// Says which arguments a module has.
fn arguments_of(module: &str, known: &[&str]) -> String {
    match known {
        [] => format!("{module} has no arguments"),
        [only] => format!("the only argument of {module} is {only}"),
        known => format!("the arguments of {module} are {}", known.join(", ")),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(left, right)| ((*left).to_owned(), (*right).to_owned()))
        .collect()
}
