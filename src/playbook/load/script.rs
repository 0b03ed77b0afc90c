//! A script in place of a tasks file: loaded with its imports, and its known tasks checked like
//! those in YAML.

use super::Reader;
use super::call::ROLE_ARGUMENTS;
use super::play::one_or_many;
use super::scope::Scope;
use super::script_options::{TaskOptions, seen};
use crate::playbook::{Block, Include, Item, Keywords, Script, ScriptHandler, Task};
use crate::script::outline::{Call, Outline};
use crate::script::{Console, Program, Reach, role};
use crate::source::{LocalPath, Place, Problem, Result, SourceFile};
use crate::yaml::{Data, Map, Node};
use std::collections::BTreeMap;
use std::sync::Arc;

impl super::Loader {
    /// Returns the item for an entry of a console, with files beside it in `folder`.
    pub fn entry(
        &self,
        program: Arc<Program>,
        console: &Arc<Console>,
        folder: &LocalPath,
    ) -> Result<Item> {
        let mut reader = Reader::new(self);
        let script = reader.script_of(program, &Scope::of_folder(folder));
        reader.finish(Item::Script(Arc::new(Script {
            console: Some(console.clone()),
            ..script
        })))
    }

    /// Returns the task for a call of a module.
    pub fn script_task(
        &self,
        script: &Script,
        options: Option<&TaskOptions>,
        place: &Place,
        module: &str,
        arguments: &Map,
        play_folder: &LocalPath,
    ) -> Result<Option<Arc<Task>>> {
        let mut reader = Reader::new(self);
        let scope = Scope::of_script(script, play_folder);
        let task = reader.script_task(options, place, module, arguments, &scope);
        reader.finish(task)
    }

    /// Returns the include for a call of `include_tasks` or `include_role`.
    pub fn script_include(
        &self,
        script: &Script,
        name: &'static str,
        place: &Place,
        what: &Node,
        options: &Map,
        play_folder: &LocalPath,
    ) -> Result<Option<Arc<Include>>> {
        let mut reader = Reader::new(self);
        let scope = Scope::of_script(script, play_folder);
        let include = reader.script_include(name, place, what, options, &scope);
        reader.finish(include)
    }
}

impl Reader<'_> {
    /// Returns the script in the file at `path`, or each of its handlers.
    pub(super) fn script(&mut self, path: &LocalPath, place: &Place, scope: &Scope) -> Vec<Item> {
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
        let script = self.script_of(program, scope);
        if scope.handlers {
            self.handlers(script)
        } else {
            vec![Item::Script(Arc::new(script))]
        }
    }

    fn script_of(&mut self, program: Arc<Program>, scope: &Scope) -> Script {
        let outline = program.outline();
        let mut tasks = BTreeMap::new();
        let items = self.calls(&outline.calls, None, scope, &mut tasks);
        Script {
            place: Place::start_of(&program.file),
            program,
            role: scope.role.clone(),
            folder: scope.folder.clone(),
            handlers: scope.handlers,
            items,
            tasks,
            handler: None,
            console: None,
            outline: Arc::new(outline),
        }
    }

    /// Every call of `task` at the top level of a script of handlers is a handler.
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
                let message =
                    "a script of handlers may only contain task(name, …) at its top level";
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

    /// Returns the items for calls, as far as they are known.
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
                    let own = self.seen_task_options(scope.handlers, place, name, given);
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
                    let (keywords, notify) = self.seen_block_options(given);
                    let body = self.calls(body, options, scope, tasks);
                    let rescue = self.calls(rescue, options, scope, tasks);
                    let always = self.calls(always, options, scope, tasks);
                    let seen = [body.clone(), rescue.clone(), always.clone()];
                    tasks.insert(place.range.start, parts(place, seen));
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
                    let options = seen(options);
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

/// Arguments that are completely unknown.
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

/// The parts of a block, without its keywords, which the script sets when it runs.
fn parts(place: &Place, [body, rescue, always]: [Vec<Item>; 3]) -> Vec<Item> {
    vec![block(place, Keywords::default(), body, rescue, always)]
}

/// A script can import from its role, the roles beside it, and the playbook's folder.
fn reach(scope: &Scope) -> Reach {
    let mut folders = Vec::new();
    let mut roots = Vec::new();
    if let Some(role) = &scope.role {
        folders.push(role.folder.clone());
        roots.push(role.folder.parent());
        roots.push(role.folder.clone());
    }
    folders.push(scope.play_folder.clone());
    roots.push(scope.play_folder.clone());
    Reach {
        folders,
        roots,
        globals: role::GLOBALS,
    }
}
