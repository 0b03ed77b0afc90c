//! Roles written as scripts: they do what the same roles do in YAML, and their mistakes are told.

use proptest::prelude::*;
use rmqplay::host::{Cancel, Host, HostError, Memory, Output};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader, list_tasks};
use rmqplay::report::{Event, Status, TaskResult};
use rmqplay::run::{Connector, Options, Parts, Session, Settings, TagFilter};
use rmqplay::script::Limits;
use rmqplay::source::{Place, Problems, SourceFile};
use rmqplay::value;
use rmqplay::yaml;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

/// What a run told.
struct Told {
    events: Vec<Event>,
    problems: Option<Problems>,
}

/// Carries out a playbook on hosts in memory, which stay as they are left in `machines`.
fn run(path: &Path, hosts: &[&str], options: Options, machines: &Arc<Machines>) -> Told {
    let file = SourceFile::read(path).unwrap();
    run_text(&file, hosts, options, machines)
}

fn run_text(
    playbook: &Arc<SourceFile>,
    hosts: &[&str],
    options: Options,
    machines: &Arc<Machines>,
) -> Told {
    start(playbook, hosts, options, machines, None)
}

fn start(
    playbook: &Arc<SourceFile>,
    hosts: &[&str],
    options: Options,
    machines: &Arc<Machines>,
    at: Option<&Place>,
) -> Told {
    let (events, told) = channel();
    let machines = machines.clone();
    let connect = move |settings: &Settings| machines.connect(settings);
    let session = Session::new(Parts {
        registry: rmqplay::modules::built_in(),
        inventory: Inventory::load(&[format!("{},", hosts.join(","))]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options,
        playbook_folder: playbook.folder(),
        connector: Connector::new(Box::new(connect)),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let result = session.loader.playbook_in(playbook).and_then(|playbook| {
        session.validate(&playbook, true)?;
        session.playbook(&playbook, &[], at)
    });
    session.finish();
    drop(session);
    Told {
        events: told.iter().collect(),
        problems: result.err(),
    }
}

/// The hosts of a test, by name.
#[derive(Default)]
struct Machines(Mutex<HashMap<String, Arc<dyn Host>>>);

impl Machines {
    fn connect(&self, settings: &Settings) -> Result<Arc<dyn Host>, HostError> {
        if settings.name.starts_with("gone") {
            let reason = "connection refused".to_owned();
            return Err(HostError::Unreachable { reason, help: None });
        }
        let mut machines = self.0.lock().unwrap();
        // What another user does is seen apart.
        let user = settings
            .r#become
            .as_ref()
            .map(|wanted| wanted.user.as_str());
        let machine = machines.entry(format!("{} {}", settings.name, user.unwrap_or_default()));
        let failed = Output {
            status: 1,
            ..Output::default()
        };
        let machine = machine.or_insert_with(|| {
            let machine = Memory::machine()
                .file("/etc/hosts", "127.0.0.1 localhost\n")
                .output(&["true"], Output::default())
                .output(&["false"], failed)
                .fact("hostname", &*settings.name);
            Arc::new(machine)
        });
        Ok(machine.clone())
    }
}

fn results(told: &Told) -> impl Iterator<Item = &TaskResult> {
    told.events.iter().filter_map(|event| match event {
        Event::TaskFinished(result) => Some(&**result),
        _ => None,
    })
}

/// Shows what each host was told in its order, without what differs between YAML and a script:
/// the name of the role, how a condition was written, and when a command ran.
fn lines(told: &Told) -> BTreeMap<String, Vec<String>> {
    let mut hosts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for result in results(told) {
        let name = result
            .task
            .name
            .replace("rhai : ", "")
            .replace("yaml : ", "");
        let mut fields = value::to_json(&result.result);
        if let Some(fields) = fields.as_object_mut() {
            for differs in ["false_condition", "start", "end", "delta"] {
                fields.remove(differs);
            }
        }
        let diffs: Vec<_> = result.diffs.iter().map(ToString::to_string).collect();
        let message = result.message.as_deref().unwrap_or_default();
        let line = format!(
            "{name} | {} | {:?} {} | {:?} | {message} | {fields} | {}",
            result.task.action,
            result.status,
            result.ignored,
            result.delegated_to,
            diffs.join("")
        );
        let line = line
            .replace("roles/rhai", "ROLE")
            .replace("roles/yaml", "ROLE");
        let line = without_places(&line);
        hosts.entry(result.host.to_string()).or_default().push(line);
    }
    for event in &told.events {
        if let Event::RunFinished { recap, .. } = event {
            for (host, recap) in recap {
                let lines = hosts.entry(host.to_string()).or_default();
                lines.push(format!("{recap:?}"));
            }
        }
    }
    hosts
}

/// Leaves out where a task stands whose output is not known: scripts have other lines.
fn without_places(line: &str) -> String {
    let mut parts = line.split(" (tests/script/");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(')').map_or(part, |(_, rest)| rest)
    })
}

fn options(check: bool) -> Options {
    Options {
        check,
        diff: true,
        script_limits: Limits {
            operations: 200_000,
            ..Limits::default()
        },
        ..Options::default()
    }
}

fn good(told: &Told) {
    if let Some(problems) = &told.problems {
        panic!("{}", problems.render(false));
    }
}

/// Runs the role in YAML and the role in Rhai and compares.
fn same(options: &Options) {
    same_in(
        "tests/script/same",
        &["one", "two", "gone", "three"],
        options,
    );
}

fn same_in(folder: &str, hosts: &[&str], options: &Options) {
    let folder = Path::new(folder);
    let (of_yaml, of_rhai) = (Arc::default(), Arc::default());
    for round in ["first run", "second run"] {
        let yaml = run(&folder.join("yaml.yml"), hosts, options.clone(), &of_yaml);
        let rhai = run(&folder.join("rhai.yml"), hosts, options.clone(), &of_rhai);
        good(&yaml);
        good(&rhai);
        assert_eq!(machines(&of_yaml), machines(&of_rhai));
        for ((host, yaml), (_, rhai)) in lines(&yaml).iter().zip(&lines(&rhai)) {
            pretty(host, round, yaml, rhai);
        }
    }
}

/// Returns which hosts were reached, and as which user.
fn machines(machines: &Machines) -> BTreeSet<String> {
    machines.0.lock().unwrap().keys().cloned().collect()
}

fn pretty(host: &str, round: &str, yaml: &[String], rhai: &[String]) {
    let mut difference = String::new();
    for index in 0..yaml.len().max(rhai.len()) {
        let (yaml, rhai) = (yaml.get(index), rhai.get(index));
        if yaml != rhai {
            let _ = writeln!(difference, "yaml: {yaml:#?}\nrhai: {rhai:#?}");
        }
    }
    assert!(difference.is_empty(), "{host}, {round}:\n{difference}");
}

#[test]
fn a_role_in_rhai_does_and_tells_what_it_does_in_yaml() {
    same(&options(false));
}

#[test]
fn a_role_in_rhai_predicts_what_it_predicts_in_yaml() {
    same(&options(true));
}

#[test]
fn keywords_mean_the_same_in_rhai_as_in_yaml() {
    for check in [false, true] {
        let mut options = options(check);
        let secret = SourceFile::new("<extra>", "secret: hunter2");
        options.extra_vars = yaml::read(&secret).unwrap().as_map().unwrap().clone();
        let folder = "tests/script/keywords";
        same_in(folder, &["one", "two", "three"], &options);
        for playbook in ["yaml.yml", "rhai.yml"] {
            let path = Path::new(folder).join(playbook);
            let told = run(&path, &["one", "two"], options.clone(), &Arc::default());
            for name in ["secret rescue", "tried again"] {
                let mut results = results(&told);
                let found = results.any(|result| result.task.name.ends_with(name));
                assert!(found, "{playbook}, {check}, {name}: {:#?}", lines(&told));
            }
            let shown = format!("{:?}", told.events);
            assert!(!shown.contains("hunter2"), "{playbook}: {shown}");
        }
    }
}

#[test]
fn tags_choose_the_same_tasks_of_a_role_in_rhai() {
    for (tags, skip) in [("lines", ""), ("", "lines"), ("tagged", ""), ("never", "")] {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let tags = TagFilter {
            tags: words(tags),
            skip: words(skip),
        };
        same(&Options {
            tags,
            ..options(false)
        });
    }
}

#[test]
fn a_run_starts_at_a_task_of_a_script() {
    let path = Path::new("tests/script/same/rhai.yml");
    for (name, expected) in [
        ("rhai : once for all", "once for all"),
        ("rhai : always", "always"),
        ("rhai : a command", "a command"),
    ] {
        let told = run_from(path, name);
        let told: Vec<_> = results(&told)
            .map(|result| result.task.name.replace("rhai : ", ""))
            .collect();
        assert_eq!(told.get(1).map(String::as_str), Some(expected), "{told:?}");
    }
}

/// Starts at the task of this name, as the command line finds it.
fn run_from(path: &Path, name: &str) -> Told {
    let file = SourceFile::read(path).unwrap();
    let loader = Loader::new(LoadOptions::default());
    let playbook = loader.playbook_in(&file).unwrap();
    let listed = list_tasks(&playbook, |_| true);
    let mut tasks = listed.iter().flat_map(|play| &play.tasks);
    let task = tasks.find(|task| task.name == name).unwrap();
    start(
        &file,
        &["one"],
        options(false),
        &Arc::default(),
        Some(&task.place),
    )
}

#[test]
fn two_hundred_hosts_come_through_a_script_together() {
    let names: Vec<String> = (0..200).map(|number| format!("host{number:03}")).collect();
    let hosts: Vec<&str> = names.iter().map(String::as_str).collect();
    let path = Path::new("tests/script/many/playbook.yml");
    let told = run(path, &hosts, options(false), &Arc::default());
    good(&told);
    let failed = results(&told).filter(|result| result.status == Status::Failed);
    let failed: Vec<_> = failed
        .map(|result| (&result.host, &result.message))
        .collect();
    assert_eq!(failed, []);
    // Each host makes as many files as its number says, and one task runs once for all.
    let made = results(&told).filter(|result| result.task.name.ends_with("of its own"));
    assert_eq!(
        made.count(),
        (0..200).map(|number| number % 5).sum::<usize>()
    );
    let once = results(&told).filter(|result| result.task.name.ends_with("once for all"));
    assert_eq!(once.count(), 1);
}

/// Loads, validates and runs a script as the tasks of a play; in check mode where its first line
/// says so.
fn mistakes(path: &Path) -> String {
    let folder = Path::new("tests/script/bad");
    let name = path.file_name().unwrap().to_str().unwrap();
    let text = format!("- hosts: one\n  tasks:\n    - import_tasks: {name}\n");
    let playbook = SourceFile::new(folder.join("playbook.yml"), text);
    let check = std::fs::read_to_string(path)
        .unwrap()
        .starts_with("// check");
    let told = run_text(&playbook, &["one"], options(check), &Arc::default());
    let mut text = String::new();
    if let Some(problems) = &told.problems {
        let _ = writeln!(text, "{}", problems.render(false));
    }
    for result in results(&told).skip(1) {
        let message = result.message.as_deref().unwrap_or_default();
        let name = &result.task.name;
        let line = format!("{name} | {:?} | {message}", result.status);
        let _ = writeln!(text, "{}", line.trim_end());
        for warning in &result.warnings {
            let _ = writeln!(text, "  {warning}");
        }
        if let Some(problem) = &result.problem {
            let _ = writeln!(text, "{}", problem.render(false));
        }
    }
    text
}

#[test]
fn bad_scripts_are_told_what_is_wrong() {
    insta::glob!("script/bad/*.rhai", |path| {
        let path = path
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .unwrap_or(path);
        insta::assert_snapshot!(mistakes(path));
    });
}

/// The examples of a page: what stands behind ```` ```rhai ````, and the example itself.
fn examples(page: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = text.split("```rhai").skip(1);
    blocks
        .map(|block| {
            let (kind, rest) = block.split_once('\n').unwrap();
            let (example, _) = rest.split_once("```").unwrap();
            (kind.to_owned(), example.to_owned())
        })
        .collect()
}

#[test]
fn every_example_of_the_guide_runs_and_a_second_run_changes_nothing() {
    let examples = examples("docs/rhai.md");
    assert!(examples.len() >= 8);
    for (index, (kind, example)) in examples.iter().enumerate() {
        let project = tempfile::tempdir().unwrap();
        let role = project.path().join("roles/example");
        std::fs::create_dir_all(role.join("tasks")).unwrap();
        std::fs::create_dir_all(role.join("handlers")).unwrap();
        let (file, tasks) = match kind.as_str() {
            ",handlers" => ("handlers/main.rhai", "notify(\"configuration changed\");"),
            _ => ("tasks/main.rhai", ""),
        };
        std::fs::write(role.join("tasks/main.rhai"), tasks).unwrap();
        std::fs::write(role.join(file), example).unwrap();
        let playbook = project.path().join("playbook.yml");
        std::fs::write(&playbook, "- hosts: all\n  roles: [example]\n").unwrap();
        let machines = Arc::default();
        for (check, changes) in [(true, None), (false, None), (false, Some(0))] {
            let told = run(&playbook, &["one", "two"], options(check), &machines);
            good(&told);
            let mut bad = results(&told).filter(|result| {
                result.status == Status::Failed && result.task.action != "command"
            });
            assert!(
                bad.next().is_none(),
                "{index}: {example}\n{:#?}",
                lines(&told)
            );
            let changed = results(&told)
                .filter(|result| result.status == Status::Changed)
                .count();
            assert!(
                changes.is_none_or(|changes| changes == changed),
                "{index}: {example}"
            );
        }
    }
}

#[test]
fn variables_that_a_script_computes_are_known_to_what_uses_them() {
    let project = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(project.path().join(name), text).unwrap();
    write("uses.yml", "- debug: {msg: \"{{ given }}\"}\n");
    write(
        "playbook.yml",
        "- hosts: all\n  tasks:\n    - import_tasks: gives.rhai\n",
    );
    for gives in [
        "include_tasks(\"uses.yml\", #{vars: #{given: host}});",
        "task(\"t\", #{vars: #{given: host}}, || include_tasks(\"uses.yml\"));",
        "block(#{vars: #{given: host}}, || include_tasks(\"uses.yml\"));",
    ] {
        write("gives.rhai", gives);
        let playbook = project.path().join("playbook.yml");
        let told = run(&playbook, &["one"], options(false), &Arc::default());
        good(&told);
        let shown = format!("{:?}", lines(&told));
        assert!(shown.contains("one"), "{gives}: {shown}");
    }
}

#[test]
fn a_variable_that_may_not_be_needed_may_be_missing() {
    let project = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(project.path().join(name), text).unwrap();
    let text = "- hosts: all\n  tasks:\n    - import_tasks: script.rhai\n";
    write("playbook.yml", text);
    for script in [
        "if host == \"two\" { debug(#{msg: vars.nope}); }",
        "if false && vars.nope { debug(#{msg: 1}); }",
        "task(\"a\", #{when: false}, || debug(#{msg: vars.nope}));",
        "task(\"a\", #{when: \"nope is defined and nope == 1\"}, || ping());",
        "task(\"a\", #{when: false, changed_when: \"nope == 1\"}, || ping());",
        "if host == \"two\" { render(\"{{ nope }}\"); }",
        "fn shown() { vars.nope } if host == \"two\" { shown(); }",
        "for item in [] { vars.nope; }",
        "if host == \"one\" { return; } debug(#{msg: vars.nope});",
        "fn first() { if host == \"one\" { return 1; } vars.nope } first();",
        "block(|| debug(#{msg: vars.nope}), |error| log(error.msg));",
        "switch known(host) { \"two\" => vars.nope, _ => 1 };",
    ] {
        write("script.rhai", script);
        let playbook = project.path().join("playbook.yml");
        let told = run(&playbook, &["one"], options(false), &Arc::default());
        good(&told);
    }
}

#[test]
fn what_a_script_prints_is_told_as_what_it_logs() {
    let values = ["\"a\"", "'a'", "5", "0.5", "true", "[1, ()]", "#{a: ()}"];
    let mut script = String::new();
    for value in values {
        let _ = writeln!(script, "log({value});\nprint({value});");
    }
    let project = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(project.path().join(name), text).unwrap();
    write("prints.rhai", &script);
    let playbook = project.path().join("playbook.yml");
    let text = "- hosts: all\n  tasks:\n    - import_tasks: prints.rhai\n";
    write("playbook.yml", text);
    let told = run(&playbook, &["one"], options(false), &Arc::default());
    good(&told);
    let said = told.events.iter().filter_map(|event| match event {
        Event::Said { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let said: Vec<_> = said.collect();
    assert_eq!(said.len(), 2 * values.len(), "{said:?}");
    for pair in said.chunks(2) {
        assert_eq!(pair[0], pair[1]);
    }
}

/// Pieces of scripts that may or may not fit together.
fn piece() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("1"),
        Just("-5"),
        Just("1.5"),
        Just("\"text\""),
        Just("\"ü\\n\""),
        Just("true"),
        Just("()"),
        Just("[]"),
        Just("[1, [2], #{a: 3}]"),
        Just("#{}"),
        Just("#{path: \"/etc/hosts\"}"),
        Just("|| 1"),
        Just("|x| x"),
        Just("'c'"),
        Just("vars"),
        Just("facts"),
        Just("host"),
        Just("groups"),
        Just("hostvars"),
        Just("check_mode"),
        Just("x"),
        Just("y"),
        Just("x.stat"),
        Just("x[0]"),
        Just("x + y"),
        Just("x == y"),
        Just("`${x}`"),
        Just("0..3"),
        Just("#{when: x, tags: y}"),
        Just("#{when: \"1 == 1\", register: \"r\"}"),
        Just("#{vars: #{v: x}}"),
        Just("#{dest: \"/etc/a\", content: x}"),
        Just("blob(3)"),
        Just("Fn(\"f\")"),
        Just("9223372036854775807"),
    ];
    let function = prop_oneof![
        Just("task"),
        Just("block"),
        Just("include_tasks"),
        Just("include_role"),
        Just("render"),
        Just("notify"),
        Just("log"),
        Just("fail"),
        Just("stat"),
        Just("copy"),
        Just("command"),
        Just("debug"),
        Just("set_fact"),
        Just("meta"),
        Just("assert"),
        Just("file"),
        Just("known"),
        Just("is_known"),
        Just("f"),
        Just("print"),
        Just("to_json"),
        Just("type_of"),
    ];
    let value = value.prop_map(str::to_owned);
    let call = (function, prop::collection::vec(value.clone(), 0..4))
        .prop_map(|(name, values)| format!("{name}({})", values.join(", ")));
    let expression = prop_oneof![value, call];
    let statement = |inner: BoxedStrategy<String>| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("x = {a};")),
            inner.clone().prop_map(|a| format!("let y = {a};")),
            inner.clone().prop_map(|a| format!("if x == y {{ {a}; }}")),
            inner.clone().prop_map(|a| format!("for y in x {{ {a}; }}")),
            inner
                .clone()
                .prop_map(|a| format!("try {{ {a}; }} catch (y) {{ x = y; }}")),
            inner
                .clone()
                .prop_map(|a| format!("task(\"t\", || {{ {a} }});")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("block(|| {{ {a} }}, |y| {{ {b} }}, || {{ {a} }});")),
            inner.clone().prop_map(|a| format!("throw {a};")),
            inner.prop_map(|a| format!("{a};")),
        ]
    };
    prop::collection::vec(statement(expression.boxed()), 1..6).prop_map(|lines| {
        format!(
            "fn f() {{ 1 }}\nlet x = 1;\nlet y = 2;\n{}",
            lines.join("\n")
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_script_brings_a_run_down(script in piece(), check: bool) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.rhai"), &script).unwrap();
        let text = "- hosts: all\n  gather_facts: false\n  tasks:\n    - include_tasks: \"{{ 'main' }}.rhai\"\n";
        let playbook = SourceFile::new(folder.path().join("playbook.yml"), text);
        let told = run_text(&playbook, &["one", "two"], options(check), &Arc::default());
        good(&told);
        let unexpected = results(&told).filter_map(|result| result.message.as_deref());
        let unexpected = unexpected.filter(|message| message.contains("unexpectedly"));
        prop_assert_eq!(unexpected.count(), 0, "{}", script);
    }
}
