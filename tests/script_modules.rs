//! Modules written as scripts that are wrong: each file of `tests/script_modules/bad` with what is
//! told of it, before a host is touched or when the module plans. What good ones do is told by the
//! cases of `tests/modules`.

use rmqplay::archive::Store;
use rmqplay::cli::project::Project;
use rmqplay::files::Files;
use rmqplay::host::{Cancel, Host, Limits, Memory, Probe};
use rmqplay::inventory::Inventory;
use rmqplay::module::{Module, ModuleError, PlanContext, Templates};
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::{Event, Recap};
use rmqplay::run::{Connector, Options, Parts, Session};
use rmqplay::script;
use rmqplay::template::Syntax;
use rmqplay::value::{Fields, Value};
use rmqplay::yaml::Node;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;

#[test]
fn bad_modules_are_told_what_is_wrong() {
    insta::glob!("script_modules/bad/*.rhai", |path| {
        let here = std::env::current_dir().unwrap();
        let path = path.strip_prefix(&here).unwrap_or(path);
        insta::assert_snapshot!(without_limit(&told(path)));
    });
}

#[test]
fn a_module_that_leads_out_of_the_project_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("project/library");
    std::fs::create_dir_all(&library).unwrap();
    let outside = folder.path().join("outside.rhai");
    std::fs::copy("tests/modules/library/swap.rhai", &outside).unwrap();
    let link = library.join("swap.rhai");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    let error = script::module::read(&link, library.parent().unwrap()).err();
    let told = error.unwrap().to_string();
    assert!(told.contains("swap.rhai leads out of "), "{told}");
}

#[test]
fn names_that_mean_something_else_already_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let library = |name: &str| folder.path().join(name).join("library");
    let module = std::fs::read_to_string("tests/modules/library/swap.rhai").unwrap();
    for (project, name, expected) in [
        ("a", "copy", "there is a built-in module of that name"),
        ("b", "when", "that is a keyword of tasks"),
        ("c", "notify", "that is a keyword of tasks"),
        ("d", "render", "that is a function of scripts"),
        ("e/roles/x", "swap", "/e/library/swap.rhai has that name"),
    ] {
        std::fs::create_dir_all(library(project)).unwrap();
        std::fs::write(library(project).join(format!("{name}.rhai")), &module).unwrap();
        let playbooks = folder.path().join(project.split('/').next().unwrap());
        if project.contains('/') {
            std::fs::create_dir_all(playbooks.join("library")).unwrap();
            std::fs::write(playbooks.join("library/swap.rhai"), &module).unwrap();
        }
        let registry = Project::of([playbooks.as_path()], &[], None).registry();
        let told = registry.err().unwrap().to_string();
        assert!(told.ends_with(expected), "{told}");
    }
}

/// Which limit an endless script meets first depends on how busy the machine is.
fn without_limit(told: &str) -> String {
    told.replace("after 5000000 operations", "at its limit")
        .replace("after 30 seconds", "at its limit")
}

/// Returns what is told of the module in a file: as it is read, or as it plans.
fn told(path: &Path) -> String {
    let entry = match script::module::read(path, Path::new("tests/script_modules")) {
        Err(problems) => return format!("as it is read:\n{}", problems.render(false)),
        Ok(entry) => entry,
    };
    let mut arguments = Fields::new();
    arguments.insert("path".to_owned(), "/etc/hosts".into());
    planned(&*entry.build(arguments).unwrap())
}

/// Returns what is told of a module as it plans.
fn planned(module: &dyn Module) -> String {
    let host: Arc<dyn Host> =
        Arc::new(Memory::machine().file("/etc/hosts", "127.0.0.1 localhost\n"));
    let context = PlanContext {
        unknown: &Fields::new(),
        host: &Probe::new(host, Limits::default()),
        files: &Files::default(),
        archives: &Store::default(),
        templates: &NoTemplates,
        environment: &BTreeMap::new(),
        raw: &BTreeMap::new(),
        again: false,
    };
    match module.plan(&context) {
        Err(ModuleError::Problem(problem)) => format!("as it plans:\n{}", problem.render(false)),
        Err(error) => format!("as it plans: {error}"),
        Ok(_) => "nothing is wrong".to_owned(),
    }
}

/// Modules that are scripts use no templates.
struct NoTemplates;

impl Templates for NoTemplates {
    fn file(&self, _: &Path, _: &Syntax, _: Fields) -> Result<String, ModuleError> {
        Err(ModuleError::refused("no templates"))
    }

    fn expression(&self, _: &Node) -> Result<Value, ModuleError> {
        Err(ModuleError::refused("no templates"))
    }

    fn first_false<'n>(&self, _: &'n [Node]) -> Result<Option<&'n Node>, ModuleError> {
        Err(ModuleError::refused("no templates"))
    }

    fn verbosity(&self) -> u8 {
        0
    }
}

/// Lays out the scripts of a guide, each named in its first line, and returns its playbooks.
fn project_of(guide: &str, folder: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(guide).unwrap();
    let mut playbooks = Vec::new();
    for part in text.split("```").skip(1).step_by(2) {
        let (kind, code) = part.split_once('\n').unwrap();
        let name = match kind {
            "rhai" => code
                .lines()
                .next()
                .unwrap()
                .strip_prefix("// ")
                .unwrap()
                .to_owned(),
            "yaml" => format!("{}.yml", playbooks.len()),
            _ => continue,
        };
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, code).unwrap();
        if kind == "yaml" {
            playbooks.push(path);
        }
    }
    playbooks
}

#[test]
fn the_examples_of_the_guide_run_and_a_second_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let machine: Arc<dyn Host> = Arc::new(Memory::machine().directory("/etc"));
    let mut playbooks = project_of("docs/rhai-modules.md", folder.path());
    playbooks.extend(project_of(
        "docs/rhai-extensions.md",
        &folder.path().join("other"),
    ));
    assert_eq!(playbooks.len(), 2);
    for playbook in playbooks {
        for changed in [1, 0] {
            let recap = carry_out(&playbook, &machine);
            assert_eq!(
                (recap.failed, recap.changed),
                (0, changed),
                "{}",
                playbook.display()
            );
        }
    }
}

#[test]
fn an_inventory_may_be_a_script() {
    let folder = tempfile::tempdir().unwrap();
    project_of("docs/rhai-extensions.md", folder.path());
    let path = folder.path().join("brokers.rhai").display().to_string();
    let inventory = Inventory::load(&[path]).unwrap();
    let shown = rmqplay::inventory::graph(&inventory, "all").unwrap();
    insta::assert_snapshot!(shown);
}

/// Scripts of each kind that are wrong, and what is told of them.
#[test]
fn bad_filters_facts_and_inventories_are_told_what_is_wrong() {
    let mut told = String::new();
    for (name, text) in [
        ("filters/no.rhai", "fn a(value) { vlue }"),
        ("filters/no.rhai", "fn length(value) { 1 }"),
        ("filters/no.rhai", "fn is_defined(value) { true }"),
        ("filters/no.rhai", "let x = 1;\nfn a(value) { 1 }"),
        ("filters/no.rhai", "fn a(value) { red(value) }"),
        ("facts/no.rhai", "fn fact(probe) { #{} }"),
        ("facts/no.rhai", "fn facts(probe) { change() }"),
        ("facts/no.rhai", "fn facts(probe) { probe.read(\"/none\") }"),
        ("facts/no.rhai", "fn facts(probe) {\n    [1]\n}"),
        (
            "facts/no.rhai",
            "fn facts(probe) {\n    #{ a: probe.query([\"touch\", \"/a\"]) }\n}",
        ),
        ("no.rhai", "[1, 2]"),
        ("no.rhai", "let x = 1;\n#{ web: #{ host: [\"a\"] } }"),
        ("no.rhai", "#{ web: #{ hosts: [1] } }"),
        ("no.rhai", "loop { }"),
        ("no.rhai", "import \"/etc/passwd\" as p;"),
        ("no.rhai", "#{ web: || 1 }"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let problems = wrong(folder.path(), &path);
        let shown = problems.replace(&folder.path().display().to_string(), "FOLDER");
        told.push_str(&format!("## {name}\n{shown}\n\n"));
    }
    insta::assert_snapshot!(without_limit(&told));
}

/// Returns what is wrong with a script that is an inventory, or else adds to its project.
fn wrong(folder: &Path, path: &Path) -> String {
    if path.parent() == Some(folder) {
        let inventory = Inventory::load(&[path.display().to_string()]);
        return inventory.unwrap_err().render(false);
    }
    let project = Project::of([folder], &[], None);
    let registry = match project.extensions().and_then(|_| project.registry()) {
        Err(problems) => return problems.render(false),
        Ok(registry) => registry,
    };
    let setup = registry.get("setup").unwrap().build(Fields::new()).unwrap();
    planned(&*setup)
}

/// Carries out a playbook on one host and returns what was counted.
fn carry_out(path: &Path, machine: &Arc<dyn Host>) -> Recap {
    let (events, told) = channel();
    let machine = machine.clone();
    let folder = path.parent().unwrap();
    let project = Project::of([folder], &[], None);
    let session = Session::new(Parts {
        registry: project.registry().unwrap(),
        inventory: Inventory::load(&["web1,".to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options {
            extensions: project.extensions().unwrap(),
            ..Options::default()
        },
        playbook_folder: folder.into(),
        connector: Connector::new(Box::new(move |_| Ok(machine.clone()))),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let result = session.loader.playbook(path).and_then(|playbook| {
        session.validate(&playbook, true)?;
        session.playbook(&playbook, &[], None)
    });
    result.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    session.finish();
    drop(session);
    let recap = told.iter().find_map(|event| match event {
        Event::RunFinished { recap, .. } => recap.into_iter().next(),
        _ => None,
    });
    recap.unwrap().1
}
