//! What can be said to be wrong with a playbook before any host is reached.

mod files;
mod guards;
mod handlers;
mod names;
mod nodes;
mod tags;
mod task;
mod undefined;
mod variables_files;

use super::walk::{Around, Visited, walk};
use super::{Loader, Play, Playbook, Role, RoleUse, Script};
use crate::module::Registry;
use crate::source::{Problem, Problems, SourceFile};
use crate::template::Engine;
use crate::yaml::{Map, Node};
use handlers::Handlers;
use names::{Local, Names};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use undefined::Known;

/// What validation depends on besides the playbook.
#[derive(Debug, Clone, Default)]
pub struct ValidateOptions {
    /// `--tags` and `--skip-tags`: each must be the tag of something.
    pub tags: Vec<String>,
    /// The names of variables that come from elsewhere: the inventory, the command line and the
    /// run itself. Without them, names are not checked.
    pub variables: Option<BTreeSet<String>>,
    /// The groups of the inventory. Without them, groups are not checked.
    pub groups: Option<BTreeSet<String>>,
    /// The hosts of the inventory. Without them, hosts are not checked.
    pub hosts: Option<BTreeSet<String>>,
    /// Variables that come from elsewhere and are encrypted wherever they have a value.
    pub encrypted: BTreeMap<String, Vec<Node>>,
    /// Whether to warn of what is doubtful about tasks: a run does so itself, once a host needs it.
    pub says_doubts: bool,
    /// What could not be read: it may define variables and handlers.
    pub unread: Unread,
}

/// What could not be read of a playbook.
#[derive(Debug, Clone, Default)]
pub enum Unread {
    /// All of it was read.
    #[default]
    Nothing,
    /// Parts of these files.
    Parts(Vec<Arc<SourceFile>>),
    /// Whole files or roles.
    Files,
}

impl Unread {
    /// Returns whether what was not read may give a variable a value.
    fn may_define(&self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Parts(files) => {
                let written = [format!("{name}:"), format!("register: {name}")];
                let mut texts = files.iter().map(|file| &file.text);
                texts.any(|text| written.iter().any(|written| text.contains(written)))
            }
            Self::Files => true,
        }
    }
}

/// Returns what is wrong with a playbook as far as that is certain: modules, arguments,
/// templates, files, handlers, tags and variables that do not exist.
///
/// A loader that accepts what Ansible accepts leaves all this to the run, as Ansible does.
pub fn validate(
    playbook: &Playbook,
    loader: &Loader,
    registry: &Registry,
    engine: &Engine,
    options: &ValidateOptions,
) -> Problems {
    if loader.options().compat {
        return Problems::default();
    }
    let mut validator = Validator {
        loader,
        registry,
        engine,
        problems: Problems::default(),
        names: Names::default(),
        tags: BTreeSet::new(),
        all_literal: true,
        files_read: HashSet::new(),
        missing_files: Vec::new(),
        missing_modules: BTreeMap::new(),
        doubts: options.says_doubts.then(Vec::new),
        whole: matches!(options.unread, Unread::Nothing),
        makes_files: false,
    };
    for play in &playbook.plays {
        validator.play(play);
    }
    validator.finish(options)
}

struct Validator<'v> {
    loader: &'v Loader,
    registry: &'v Registry,
    engine: &'v Engine,
    problems: Problems,
    names: Names,
    /// All tags in use.
    tags: BTreeSet<String>,
    /// Whether every include could be followed, so that nothing more can turn up.
    all_literal: bool,
    /// The files read already: templates, and modules of the project.
    files_read: HashSet<PathBuf>,
    /// Modules that are missing where it is not certain that a task needs them, each once.
    missing_modules: BTreeMap<String, Problem>,
    /// What is doubtful about tasks, if that is asked for.
    doubts: Option<Vec<Problem>>,
    /// Files that do not exist now.
    missing_files: Vec<Problem>,
    /// Whether a task may make files on this machine.
    makes_files: bool,
    /// Whether all of the playbook was read.
    whole: bool,
}

impl Validator<'_> {
    fn play(&mut self, play: &Play) {
        self.names.start_play(play, self.loader, self.engine);
        self.tags.extend(play.keywords.tags.iter().cloned());
        self.keywords(&play.keywords);
        self.variables_files(play);
        let values = [
            &play.gather_facts,
            &play.max_fail_percentage,
            &play.force_handlers,
        ];
        for node in values.into_iter().flatten().chain([&play.hosts]) {
            self.template(node);
        }
        let mut handlers = Handlers::default();
        let whole = self.whole;
        let loader = self.loader;
        let problems = walk(play, Some(loader), &mut |visited, around| {
            self.visit(visited, around, play);
            handlers.visit(visited, around);
        });
        self.problems.0.extend(problems.0);
        for warning in handlers.warnings() {
            tracing::warn!("{warning}");
        }
        if whole {
            self.problems.0.extend(handlers.problems());
        }
    }

    fn visit(&mut self, visited: Visited<'_>, around: &Around<'_>, play: &Play) {
        self.names.define(visited, play, self.loader);
        if let Visited::Task(task) = visited {
            self.facts_of_module(&task.action.module);
        }
        match visited {
            Visited::Task(task) => self.task(task, around, play),
            Visited::Block(block) => {
                self.tags.extend(block.keywords.tags.iter().cloned());
                self.keywords(&block.keywords);
            }
            Visited::Role(role) => self.role_use(role, around),
            Visited::Script(script) => self.script(script, around),
            Visited::Include(include) => {
                self.tags.extend(include.keywords.tags.iter().cloned());
                self.tags.extend(include.apply.tags.iter().cloned());
                self.all_literal &= include.is_literal();
                self.include(include, around);
            }
        }
    }

    /// A module of the project may set facts, which are variables then.
    fn facts_of_module(&mut self, name: &str) {
        let entry = self.registry.get(name);
        let file = entry.and_then(|entry| entry.file.as_ref());
        let unread = file.filter(|file| self.files_read.insert((*file).clone()));
        let text = unread.and_then(|file| SourceFile::read(file).ok());
        if let Some(file) = text.filter(|file| file.text.contains("sets_facts")) {
            self.names.facts_of_module(&file.text);
        }
    }

    fn role_use(&mut self, role: &RoleUse, around: &Around<'_>) {
        self.tags.extend(role.keywords.tags.iter().cloned());
        self.keywords(&role.keywords);
        self.values(&role.parameters);
        let Role { defaults, vars, .. } = &*role.role;
        self.values(defaults);
        self.values(vars);
        if let (Some(condition), true) = (role.keywords.when.first(), around.is_certain()) {
            let local = Local { around, own: &[] };
            self.names.uses_of_condition(condition, &local, self.engine);
        }
    }

    /// Checks the templates and expressions that are written in a script.
    fn script(&mut self, script: &Script, around: &Around<'_>) {
        for written in &script.outline.templates {
            if written.is_expression {
                self.condition(&written.node);
            } else {
                self.template(&written.node);
            }
        }
        if around.is_certain() && !around.rescued {
            self.names.uses_of_script(script, around, self.engine);
        }
    }

    /// Checks the syntax of the templates in a node.
    fn template(&mut self, node: &Node) {
        self.names.guards.read(node);
        let result = self.engine.check(node);
        self.problems.take(result);
    }

    /// Checks the syntax of an expression.
    fn condition(&mut self, node: &Node) {
        self.names.guards.read(node);
        let result = self.engine.check_expression(node);
        self.problems.take(result);
    }

    /// Reports encrypted text that cannot be decrypted in a value that is used in any case.
    fn opened(&mut self, node: &Node) {
        self.problems.0.extend(node.undecrypted("this value"));
    }

    fn values(&mut self, map: &Map) {
        for (_, value) in map {
            self.template(value);
        }
    }

    fn finish(mut self, options: &ValidateOptions) -> Problems {
        for missing in self.missing_modules.values() {
            tracing::warn!("{missing}: tasks that need it fail if they run");
        }
        for doubt in self.doubts.iter().flatten() {
            tracing::warn!("{doubt}");
        }
        if self.all_literal && self.whole {
            let asked = &options.tags;
            self.problems.0.extend(tags::unknown(asked, &self.tags));
        }
        if !self.makes_files && self.whole {
            self.problems.0.append(&mut self.missing_files);
        }
        if let Some(variables) = &options.variables {
            self.problems.0.extend(self.names.undefined(&Known {
                options,
                variables,
                engine: self.engine,
            }));
        }
        self.problems.once()
    }
}
