//! A script in place of a file of tasks: read with all that it imports, and the tasks that are
//! seen in it checked like those of YAML.

use super::Reader;
use super::call::ROLE_ARGUMENTS;
use super::play::one_or_many;
use super::scope::Scope;
use crate::playbook::{
    Block, Include, Item, Keywords, Level, Script, ScriptHandler, Task, keyword, keyword_names,
};
use crate::script::outline::{Call, Outline};
use crate::script::{Program, Reach, role};
use crate::source::{Place, Problem, Result, SourceFile, did_you_mean};
use crate::yaml::{Data, Map, Node};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Keywords of tasks that a script has its own ways for.
const NOT_IN_SCRIPTS: &[&str] = &[
    "action",
    "args",
    "debugger",
    "local_action",
    "loop",
    "loop_control",
    "name",
];

/// What a call of `task` gives the modules in it.
#[derive(Debug, Clone)]
pub struct TaskOptions {
    /// Where it is called.
    pub place: Place,
    /// The name.
    pub name: Node,
    /// Keywords that belong to a task alone, such as `register`.
    pub own: Map,
    /// Keywords for everything in it, such as `become`.
    pub shared: Keywords,
}

impl super::Loader {
    /// Returns the keywords of a call of `task`.
    pub fn task_options(
        &self,
        script: &Script,
        place: &Place,
        name: &Node,
        options: &Map,
    ) -> Result<TaskOptions> {
        let mut reader = Reader::new(self);
        let options = reader.task_options(script.handlers, place, name, options);
        reader.finish(options)
    }

    /// Returns the keywords of a call of `block`, and the handlers it notifies.
    pub fn block_options(&self, options: &Map) -> Result<(Keywords, Vec<Node>)> {
        let mut reader = Reader::new(self);
        let options = reader.block_options(options);
        reader.finish(options)
    }

    /// Returns the task that a call of a module is.
    pub fn script_task(
        &self,
        script: &Script,
        options: Option<&TaskOptions>,
        place: &Place,
        module: &str,
        arguments: &Map,
        play_folder: &Path,
    ) -> Result<Option<Arc<Task>>> {
        let mut reader = Reader::new(self);
        let scope = Scope::of_script(script, play_folder);
        let task = reader.script_task(options, place, module, arguments, &scope);
        reader.finish(task)
    }

    /// Returns the include that a call of `include_tasks` or `include_role` is.
    pub fn script_include(
        &self,
        script: &Script,
        name: &'static str,
        place: &Place,
        what: &Node,
        options: &Map,
        play_folder: &Path,
    ) -> Result<Option<Arc<Include>>> {
        let mut reader = Reader::new(self);
        let scope = Scope::of_script(script, play_folder);
        let include = reader.script_include(name, place, what, options, &scope);
        reader.finish(include)
    }
}

impl Reader<'_> {
    /// Returns the script in the file at `path`; of a script of handlers, each of them.
    pub(super) fn script(&mut self, path: &Path, place: &Place, scope: &Scope) -> Vec<Item> {
        let file = SourceFile::read(path).map_err(|mut problems| {
            for problem in &mut problems.0 {
                problem.place.get_or_insert_with(|| place.clone());
            }
            problems
        });
        let Some(file) = self.problems.take(file) else {
            return Vec::new();
        };
        let Some(program) = self.problems.take(Program::read(&file, &reach(scope))) else {
            return Vec::new();
        };
        let outline = program.outline();
        let mut tasks = BTreeMap::new();
        let items = self.calls(&outline.calls, None, scope, &mut tasks);
        let script = Script {
            place: Place::start_of(&file),
            program,
            role: scope.role.clone(),
            folder: scope.folder.to_path_buf(),
            handlers: scope.handlers,
            items,
            tasks,
            handler: None,
            outline: Arc::new(outline),
        };
        if scope.handlers {
            self.handlers(script)
        } else {
            vec![Item::Script(Arc::new(script))]
        }
    }

    /// Every call of `task` at the top of a script of handlers is a handler.
    fn handlers(&mut self, script: Script) -> Vec<Item> {
        let mut handlers = Vec::new();
        let outline: Arc<Outline> = script.outline.clone();
        for call in &outline.calls {
            let Call::Task {
                place,
                name,
                options,
                top: true,
                ..
            } = call
            else {
                let message = "a script of handlers holds nothing but task(name, …) at its top";
                self.report(Problem::at(call.place(), message));
                continue;
            };
            let listen = options
                .iter()
                .find(|(key, _)| key.as_text() == Some("listen"));
            let site = place.range.start;
            handlers.push(Item::Script(Arc::new(Script {
                place: place.clone(),
                items: script.tasks.get(&site).cloned().unwrap_or_default(),
                handler: Some(ScriptHandler {
                    name: name.clone(),
                    listen: listen.map_or_else(Vec::new, |(_, topics)| one_or_many(topics)),
                    site,
                }),
                ..script.clone()
            })));
        }
        handlers
    }

    /// Returns the items that calls are, as far as they are known.
    fn calls(
        &mut self,
        calls: &[Call],
        options: Option<&TaskOptions>,
        scope: &Scope,
        tasks: &mut BTreeMap<usize, Vec<Item>>,
    ) -> Vec<Item> {
        let mut items = Vec::new();
        for call in calls {
            match call {
                Call::Module {
                    name,
                    place,
                    arguments,
                } => {
                    let arguments = arguments.clone().unwrap_or_else(|| any_arguments(place));
                    let task = self.script_task(options, place, name, &arguments, scope);
                    items.extend(task.map(Item::Task));
                }
                Call::Task {
                    place,
                    name,
                    options: given,
                    inner,
                    ..
                } => {
                    let own = self.task_options(scope.handlers, place, name, given);
                    let own = own.without_computed();
                    let inner = self.calls(inner, Some(&own), scope, tasks);
                    tasks.insert(place.range.start, inner.clone());
                    items.push(block(place, own.shared, inner, Vec::new(), Vec::new()));
                }
                Call::Block {
                    place,
                    options: given,
                    body,
                    rescue,
                    always,
                } => {
                    let (keywords, notify) = self.block_options(&without_computed(given));
                    let body = self.calls(body, options, scope, tasks);
                    tasks.insert(place.range.start, body.clone());
                    let rescue = self.calls(rescue, options, scope, tasks);
                    let always = self.calls(always, options, scope, tasks);
                    let mut made = block(place, keywords, body, rescue, always);
                    if let Item::Block(block) = &mut made {
                        Arc::make_mut(block).notify = notify;
                    }
                    items.push(made);
                }
                Call::Include {
                    name,
                    place,
                    what,
                    options,
                } => {
                    let options = without_computed(options);
                    let include = self.script_include(name, place, what, &options, scope);
                    items.extend(include.map(Item::Include));
                }
                Call::Notify { place, handler } => {
                    let mut made = block(place, Keywords::default(), vec![], vec![], vec![]);
                    if let Item::Block(block) = &mut made {
                        Arc::make_mut(block).notify = vec![handler.clone()];
                    }
                    items.push(made);
                }
            }
        }
        items
    }

    fn task_options(
        &mut self,
        handlers: bool,
        place: &Place,
        name: &Node,
        options: &Map,
    ) -> TaskOptions {
        let level = if handlers {
            Level::Handler
        } else {
            Level::Task
        };
        let node = self.options_node(options, level, place);
        let (shared, own): (Map, Map) = node
            .as_map()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .partition(|(key, _)| is_shared(key.as_text().unwrap_or_default()));
        let shared = Node {
            data: Data::Map(shared),
            place: place.clone(),
        };
        TaskOptions {
            place: place.clone(),
            name: name.clone(),
            own,
            shared: self.shared_keywords(&shared, Level::Task, |_| false),
        }
    }

    fn block_options(&mut self, options: &Map) -> (Keywords, Vec<Node>) {
        let Some((first, _)) = options.first() else {
            return (Keywords::default(), Vec::new());
        };
        let node = self.options_node(options, Level::Block, &first.place);
        let notify = node.get("notify").map_or_else(Vec::new, one_or_many);
        (self.shared_keywords(&node, Level::Block, |_| false), notify)
    }

    /// Returns the options that may be given at this level; others are reported.
    fn options_node(&mut self, options: &Map, level: Level, place: &Place) -> Node {
        let mut good = Map::new();
        for (key, value) in options {
            let name = key.as_text().unwrap_or_default();
            let is_known = keyword_names(level).any(|known| known == name);
            if is_known && !NOT_IN_SCRIPTS.contains(&name) {
                good.push((key.clone(), value.clone()));
                continue;
            }
            let what = if level == Level::Block {
                "block"
            } else {
                "task"
            };
            let near = keyword_names(level).filter(|known| !NOT_IN_SCRIPTS.contains(known));
            let advice = match name {
                "loop" | "with_items" => Some("write a loop: for item in list { … }".to_owned()),
                _ => did_you_mean(name, near),
            };
            let message = format!("{what} has no option \"{name}\"");
            self.report(Problem::at(&key.place, message).help(advice));
        }
        let node = Node {
            data: Data::Map(good),
            place: place.clone(),
        };
        // Values of the wrong kind are reported here.
        let entries = self.entries(&node, level, |_| false);
        let good = entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        Node {
            data: Data::Map(good),
            place: place.clone(),
        }
    }

    fn script_task(
        &mut self,
        options: Option<&TaskOptions>,
        place: &Place,
        module: &str,
        arguments: &Map,
        scope: &Scope,
    ) -> Option<Arc<Task>> {
        let mut entries: Map = Vec::new();
        if let Some(options) = options {
            entries.push((key("name", &options.place), options.name.clone()));
            entries.extend(options.own.iter().cloned());
        }
        let arguments = Node {
            data: Data::Map(arguments.clone()),
            place: place.clone(),
        };
        entries.push((key(module, place), arguments));
        let node = Node {
            data: Data::Map(entries),
            place: options.map_or(place, |options| &options.place).clone(),
        };
        match self.task(&node, scope)? {
            Item::Task(task) => Some(task),
            _ => None,
        }
    }

    fn script_include(
        &mut self,
        name: &str,
        place: &Place,
        what: &Node,
        options: &Map,
        scope: &Scope,
    ) -> Option<Arc<Include>> {
        let (mut arguments, mut entries): (Map, Map) = options
            .iter()
            .cloned()
            .partition(|(key, _)| key.as_text().is_some_and(is_include_argument));
        let argument = if name == "include_role" {
            "name"
        } else {
            "file"
        };
        arguments.insert(0, (key(argument, &what.place), what.clone()));
        let arguments = Node {
            data: Data::Map(arguments),
            place: place.clone(),
        };
        entries.push((key(name, place), arguments));
        let node = Node {
            data: Data::Map(entries),
            place: place.clone(),
        };
        match self.include(&node, scope)? {
            Item::Include(include) => Some(include),
            _ => None,
        }
    }
}

impl TaskOptions {
    /// Returns the options without those that the script computes.
    fn without_computed(mut self) -> Self {
        self.own = without_computed(&self.own);
        let keywords = &mut self.shared;
        keywords.when.retain(|node| !is_computed(node));
        keywords.environment.retain(|node| !is_computed(node));
        keywords.vars = without_computed(&keywords.vars);
        keywords.tags.retain(|tag| !tag.is_empty());
        self
    }
}

fn is_computed(node: &Node) -> bool {
    match &node.data {
        Data::Computed(_) => true,
        Data::List(items) => items.iter().any(is_computed),
        Data::Map(entries) => entries.iter().any(|(_, value)| is_computed(value)),
        _ => false,
    }
}

fn without_computed(map: &Map) -> Map {
    let known = map.iter().filter(|(_, value)| !is_computed(value));
    known.cloned().collect()
}

/// Arguments of which nothing is known.
fn any_arguments(place: &Place) -> Map {
    vec![(
        key(super::VARIABLE, place),
        crate::script::outline::computed(place),
    )]
}

fn key(name: &str, place: &Place) -> Node {
    Node {
        data: Data::Text(name.into()),
        place: place.clone(),
    }
}

fn is_shared(name: &str) -> bool {
    keyword(name).is_some_and(|known| known.levels.contains(&Level::Block)) && name != "notify"
}

fn is_include_argument(name: &str) -> bool {
    name != "name" && ROLE_ARGUMENTS.contains(&name)
}

fn block(
    place: &Place,
    keywords: Keywords,
    block: Vec<Item>,
    rescue: Vec<Item>,
    always: Vec<Item>,
) -> Item {
    Item::Block(Arc::new(Block {
        place: place.clone(),
        name: None,
        keywords,
        block,
        rescue,
        always,
        notify: Vec::new(),
    }))
}

/// A script imports from its role, the roles beside it, and the playbook's folder.
fn reach(scope: &Scope) -> Reach {
    let mut folders = Vec::new();
    let mut roots = Vec::new();
    if let Some(role) = &scope.role {
        folders.push(role.folder.clone());
        roots.push(crate::playbook::search::parent(&role.folder));
        roots.push(role.folder.clone());
    }
    folders.push(scope.play_folder.to_path_buf());
    roots.push(scope.play_folder.to_path_buf());
    Reach {
        folders,
        roots,
        globals: role::GLOBALS,
    }
}
