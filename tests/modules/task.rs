//! A module with its arguments, planned as the run does it.

use super::case::Case;
use super::packed;
use rmqplay::archive::Store;
use rmqplay::change::Change;
use rmqplay::cli::project::Project;
use rmqplay::files::Files;
use rmqplay::host::{Host, Limits, Probe};
use rmqplay::module::{Entry, HostPaths, ModuleError, PlanContext, Registry, Templates};
use rmqplay::source::SourceFile;
use rmqplay::template::{Engine, Site, Syntax, TemplateError};
use rmqplay::value::{Fields, Value};
use rmqplay::yaml::{self, Map, Node};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Made once: both take their time.
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    // With the modules that are scripts, in `tests/modules/library`.
    let project = Project::of(["tests/modules"], &[], None);
    project
        .registry()
        .unwrap_or_else(|problems| panic!("{problems}"))
});
static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

/// A module with its arguments.
pub(super) struct Task {
    entry: Arc<Entry>,
    args: Map,
    vars: Value,
    environment: BTreeMap<String, String>,
    /// The controller's folder.
    folder: tempfile::TempDir,
    archives: Store,
}

impl Task {
    /// Returns the task of a case, with the controller's files laid out.
    pub(super) fn of(case: &Case) -> Self {
        let vars = serde_json::Value::Object(case.data.vars.clone());
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in &case.data.controller {
            let is_template = Path::new(name).extension().is_some_and(|end| end == "j2");
            let kind = if is_template { "templates" } else { "files" };
            let path = folder.path().join(kind).join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        for (name, entries) in &case.data.archives {
            let path = folder.path().join(name);
            std::fs::write(path, packed::archive(name, entries)).unwrap();
        }
        Self {
            entry: REGISTRY.get(&case.module).unwrap().clone(),
            args: case.args.clone(),
            vars: rmqplay::value::of(&vars),
            environment: case.data.environment.clone(),
            folder,
            archives: Store::default(),
        }
    }

    /// Returns the task of a module with arguments written in YAML.
    pub(super) fn written(module: &str, args: &str) -> Self {
        let node = yaml::read(&SourceFile::new("<test>", args)).unwrap();
        Self::new(module, node.as_map().cloned().unwrap_or_default())
    }

    /// Returns the task of a module with arguments in which braces are no templates.
    pub(super) fn plain(module: &str, args: &serde_json::Map<String, serde_json::Value>) -> Self {
        let text = serde_json::to_string(args).unwrap();
        let mut node = yaml::read(&SourceFile::new("<test>", text)).unwrap();
        if let yaml::Data::Map(args) = &mut node.data {
            for (_, value) in args {
                if let yaml::Data::Text(text) = &value.data {
                    value.data = yaml::Data::Unsafe(text.clone());
                }
            }
        }
        Self::new(module, node.as_map().cloned().unwrap_or_default())
    }

    fn new(module: &str, args: Map) -> Self {
        Self {
            entry: REGISTRY.get(module).unwrap().clone(),
            args,
            vars: rmqplay::value::of(&serde_json::json!({})),
            environment: BTreeMap::new(),
            folder: tempfile::tempdir().unwrap(),
            archives: Store::default(),
        }
    }

    /// Lays out a file of the controller.
    pub(super) fn with_file(self, name: &str, content: &[u8]) -> Self {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    /// Makes a folder of the controller.
    pub(super) fn with_folder(self, name: &str) -> Self {
        std::fs::create_dir_all(self.folder.path().join(name)).unwrap();
        self
    }

    /// Adds a variable of the environment on the host.
    pub(super) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns what the task would do on a host.
    pub(super) fn plan(&self, host: &Arc<dyn Host>) -> Result<Change, String> {
        let engine = ENGINE.clone();
        let mut fields = Fields::new();
        let mut raw = BTreeMap::new();
        for (key, value) in &self.args {
            let key = self.entry.canonical(key.as_text().unwrap());
            if self.entry.raw.contains(&key) {
                raw.insert(key.to_owned(), value.clone());
                fields.insert(key.to_owned(), value.to_value());
            } else {
                let rendered = engine.render(value, &self.vars, &Site::default());
                let rendered = rendered.map_err(|error| error.problem.to_string())?;
                fields.insert(key.to_owned(), rendered);
            }
        }
        let probe = Probe::new(host.clone(), Limits::default());
        let paths = HostPaths::new(&probe, &self.environment);
        let fields = paths.arguments(&self.entry, fields);
        let module = self
            .entry
            .build(fields.map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())?;
        let folder = self.folder.path().into();
        let context = PlanContext {
            unknown: &Fields::new(),
            host: &probe,
            files: &Files {
                folders: vec![folder],
            },
            archives: &self.archives,
            templates: &Rendering {
                engine,
                vars: &self.vars,
            },
            environment: &self.environment,
            raw: &raw,
            again: false,
        };
        module.plan(&context).map_err(|error| error.to_string())
    }
}

/// Returns the tasks of a module's example; a file of the controller that one names exists.
pub(super) fn example(entry: &Arc<Entry>) -> Vec<Task> {
    let file = SourceFile::new("<example>", entry.example.as_str());
    let node = yaml::read(&file).unwrap_or_else(|problems| panic!("{}: {problems}", entry.name));
    let tasks = node.as_list().unwrap();
    let its_own = |task: &&Node| entry.names.iter().any(|name| task.entry(name).is_some());
    let tasks: Vec<_> = tasks.iter().filter(its_own).collect();
    assert!(!tasks.is_empty(), "{}: other modules", entry.name);
    tasks
        .into_iter()
        .map(|task| example_task(entry, task))
        .collect()
}

fn example_task(entry: &Arc<Entry>, task: &Node) -> Task {
    let value = entry.names.iter().find_map(|name| task.entry(name));
    let (key, value) = value.unwrap_or_else(|| panic!("{}: another module", entry.name));
    let mut args = value.as_map().cloned().unwrap_or_default();
    let mut named: Vec<&str> = value
        .get("src")
        .and_then(Node::as_text)
        .into_iter()
        .collect();
    if let Some(text) = value.as_text() {
        named.extend(text.split_whitespace().next());
        let mut name = key.clone();
        name.data = yaml::Data::Text(entry.free_form.unwrap_or_else(|| panic!("{text}")).into());
        args.push((name, value.clone()));
    }
    let folder = tempfile::tempdir().unwrap();
    for name in named.iter().filter(|name| !name.contains('/')) {
        let content = if name.ends_with(".tar.gz") {
            packed::archive(name, &[])
        } else if name.ends_with("-bin-release.zip") {
            packed::archive(name, &packed::rocketmq("4.9.7"))
        } else {
            b"of: an example\n".to_vec()
        };
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    Task {
        entry: entry.clone(),
        args,
        vars: rmqplay::value::of(&serde_json::json!({
            "inventory_hostname": "broker-a",
            "job": { "ansible_job_id": "j1.1" },
        })),
        environment: BTreeMap::new(),
        folder,
        archives: Store::default(),
    }
}

/// Templates with the variables of a case.
struct Rendering<'a> {
    engine: Engine,
    vars: &'a Value,
}

impl Templates for Rendering<'_> {
    fn file(&self, path: &Path, syntax: &Syntax, _: Fields) -> Result<String, ModuleError> {
        let file = SourceFile::read(path).unwrap();
        self.engine
            .text(&file, syntax, self.vars, &Site::default())
            .map_err(module_error)
    }

    fn expression(&self, expression: &Node) -> Result<Value, ModuleError> {
        let value = self
            .engine
            .expression(expression, self.vars, &Site::default());
        match value {
            Err(error) if error.undefined.is_some() => Ok(Value::UNDEFINED),
            value => value.map_err(module_error),
        }
    }

    fn first_false<'n>(&self, conditions: &'n [Node]) -> Result<Option<&'n Node>, ModuleError> {
        self.engine
            .first_false(conditions, self.vars, &Site::default())
            .map_err(module_error)
    }

    fn verbosity(&self) -> u8 {
        0
    }
}

fn module_error(error: TemplateError) -> ModuleError {
    ModuleError::Problem(error.problem)
}
