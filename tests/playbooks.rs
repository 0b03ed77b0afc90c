//! Playbooks as data: good ones load as they are meant, bad ones are told what is wrong with them.

use rmqplay::playbook::{
    Item, KEYWORDS, Level, ListedTask, LoadOptions, Loader, Playbook, RoleFiles, Serial, Strategy,
    Task, ValidateOptions, list_tasks, validate,
};
use rmqplay::source::Result;
use rmqplay::yaml::Map;
use std::path::Path;
use std::sync::Arc;

fn load(path: &str) -> Result<Playbook> {
    Loader::new(LoadOptions::default()).playbook(Path::new(path))
}

fn good(name: &str) -> Playbook {
    load(&format!("tests/playbooks/good/{name}.yml")).unwrap_or_else(|problems| {
        panic!("{}", problems.render(false));
    })
}

/// Shows a mapping in one line.
fn shown(map: &Map) -> String {
    let entries: Vec<_> = map
        .iter()
        .map(|(key, value)| format!("{}={}", key.to_value(), value.to_value()))
        .collect();
    entries.join(", ")
}

fn task(item: &Item) -> Arc<Task> {
    match item {
        Item::Task(task) => task.clone(),
        other => panic!("no task: {other:?}"),
    }
}

#[test]
fn what_playbooks_in_the_wild_use_loads() {
    let book = good("wild");
    assert_eq!(book.plays.len(), 3);
    let play = &book.plays[0];
    assert_eq!(play.strategy, Strategy::HostPinned);
    let [first, second, Serial::Template(third)] = play.serial.as_slice() else {
        panic!("{:?}", play.serial);
    };
    assert_eq!([first, second], [&Serial::Hosts(1), &Serial::Percent(30)]);
    assert_eq!(third.as_text(), Some("{{ batch }}"));
    assert_eq!(play.keywords.tags, ["a", "b", "c", "3"]);
    assert_eq!(play.roles.len(), 3);
    assert_eq!(shown(&play.roles[1].parameters), "parameter=5");
    assert_eq!(shown(&play.roles[2].keywords.vars), "a=1");
    assert_eq!(shown(&play.roles[0].role.defaults), "a=1, b=2");
    assert_eq!(play.roles[0].role.handlers.len(), 1);
}

#[test]
fn every_form_of_arguments_means_the_same() {
    let play = &good("wild").plays[0];
    let arguments: Vec<String> = play
        .tasks
        .iter()
        .take(13)
        .map(|item| {
            let action = &task(item).action;
            format!("{}: {}", action.module, shown(&action.arguments))
        })
        .collect();
    insta::assert_snapshot!(arguments.join("\n"));
    assert_eq!(
        task(&play.tasks[4])
            .keywords
            .delegate_to
            .as_ref()
            .unwrap()
            .as_text(),
        Some("localhost")
    );
}

#[test]
fn variables_of_an_import_win_and_its_conditions_come_first() {
    let imported = &good("wild").plays[1];
    assert_eq!(shown(&imported.keywords.vars), "own=1, from=import");
    assert_eq!(imported.keywords.tags, ["own", "imported"]);
    assert_eq!(imported.keywords.when.len(), 1);
}

#[test]
fn an_include_gives_every_host_the_same_tasks() {
    let loader = Loader::new(LoadOptions::default());
    let book = loader
        .playbook(Path::new("tests/playbooks/good/wild.yml"))
        .unwrap();
    let play = &book.plays[0];
    let mut includes = play.tasks.iter().filter_map(|item| match item {
        Item::Include(include) => Some(include),
        _ => None,
    });
    let include = includes.next().unwrap();
    let tasks = || {
        loader
            .include_tasks(include, "tasks/more.yml", &play.folder)
            .unwrap()
    };
    let (first, second) = (tasks(), tasks());
    assert!(Arc::ptr_eq(&task(&first[0]), &task(&second[0])));
    assert!(
        loader
            .include_tasks(include, "absent.yml", &play.folder)
            .unwrap_err()
            .to_string()
            .contains("there is no tasks file \"absent.yml\"")
    );
    let mut files = RoleFiles::default();
    files.set("tasks_from", "other".into());
    let role = || {
        loader
            .include_role(include, "plain", &files, &play.folder)
            .unwrap()
    };
    assert!(Arc::ptr_eq(&role(), &role()));
    assert!(
        role()
            .argument_spec
            .as_ref()
            .unwrap()
            .1
            .get("options")
            .and_then(|options| options.get("b"))
            .is_some()
    );
}

#[test]
fn compat_accepts_what_ansible_accepts() {
    let path = Path::new("tests/playbooks/good/compat.yml");
    let text = std::fs::read_to_string(path).unwrap();
    let without_duplicate = text.replace("      name: one\n", "");
    let folder = tempfile::tempdir().unwrap();
    let strict = folder.path().join("strict.yml");
    std::fs::write(&strict, without_duplicate).unwrap();
    std::fs::create_dir(folder.path().join("tasks")).unwrap();
    std::fs::write(folder.path().join("tasks/more.yml"), "").unwrap();
    let problems = Loader::default().playbook(&strict).unwrap_err();
    assert_eq!(problems.0.len(), 4, "{problems}");
    let options = LoadOptions {
        compat: true,
        ..LoadOptions::default()
    };
    assert!(Loader::new(options).playbook(path).is_ok());
}

#[test]
fn bad_playbooks_are_told_what_is_wrong() {
    insta::glob!("playbooks/bad/*.yml", |path| {
        let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        let shown = match Loader::new(LoadOptions::default()).playbook(path) {
            Ok(_) => "no problem found".to_owned(),
            Err(problems) => problems.render(false),
        };
        insta::assert_snapshot!(shown);
    });
}

#[test]
fn tasks_are_listed_with_the_tags_they_inherit() {
    let listed = list_tasks(&good("listed"), |tags| {
        tags.iter().any(|tag| tag != "never")
    });
    let shown: Vec<String> = listed
        .iter()
        .flat_map(|play| {
            let heading = format!("{} ({}) {:?}", play.name, play.hosts, play.task_tags());
            let task = |task: &ListedTask| {
                let place = task.place.path_and_line();
                format!("  {} {:?} {place}", task.name, task.tags)
            };
            std::iter::once(heading).chain(play.tasks.iter().map(task))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// Loads a text as a playbook; only that it comes back counts.
fn survives(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.yml");
    std::fs::write(&path, text).unwrap();
    let loader = Loader::new(LoadOptions {
        compat: false,
        roles_path: vec!["tests/playbooks/good/roles".into()],
    });
    match loader.playbook(&path) {
        Ok(book) => {
            list_tasks(&book, |_| true);
            let registry = rmqplay::cli::registry();
            let options = ValidateOptions {
                variables: Some(std::collections::BTreeSet::new()),
                ..ValidateOptions::default()
            };
            let engine = rmqplay::template::Engine::new();
            validate(&book, &loader, &registry, &engine, &options).render(false);
        }
        Err(problems) => assert!(!problems.render(false).is_empty()),
    }
}

/// Pieces that playbooks are made of, put together at random.
const PIECES: &[&str] = &[
    "- ",
    "  ",
    "    ",
    "\n",
    "hosts",
    "tasks",
    "block",
    "rescue",
    "when",
    "loop",
    "vars",
    "tags",
    "name",
    "roles",
    "plain",
    "include_tasks",
    "import_role",
    "import_tasks",
    "action",
    "args",
    "notify",
    "register",
    "copy",
    ": ",
    "x",
    "5",
    "{{ x }}",
    "{{",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "|",
    ">",
    "!unsafe ",
    "é",
    "\t",
    "#",
    "src=a dest='b c'",
    "~",
];

proptest::proptest! {
    #[test]
    fn any_text_is_a_playbook_or_a_problem(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)
    ) {
        survives(&pieces.concat());
    }

    #[test]
    fn a_broken_playbook_is_a_playbook_or_a_problem(
        edits in proptest::collection::vec(
            (0..250_usize, 0..5_u8, proptest::sample::select(PIECES)), 1..5
        )
    ) {
        let text = std::fs::read_to_string("tests/playbooks/good/wild.yml").unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (line, edit, piece) in edits {
            let line = line % lines.len();
            match edit {
                0 => { lines.remove(line); }
                1 => lines.insert(line, lines[line].clone()),
                2 => lines[line] = lines[line].trim_start().to_owned(),
                3 => lines[line].push_str(piece),
                _ => lines[line] = lines[line].replacen(": ", piece, 1),
            }
        }
        survives(&lines.join("\n"));
    }
}

#[test]
fn deep_nesting_is_refused() {
    let nested = "- hosts: all\n  tasks: ".to_owned() + &"[".repeat(100_000);
    survives(&nested);
    let blocks = "- hosts: all\n  tasks: ".to_owned() + &"[{block: ".repeat(20_000);
    survives(&blocks);
}

/// Returns the table of all keywords as Markdown.
fn keyword_table() -> String {
    let levels = [
        (Level::Play, "play"),
        (Level::Role, "role"),
        (Level::Block, "block"),
        (Level::Task, "task"),
        (Level::Handler, "handler"),
        (Level::Import, "import"),
        (Level::Include, "include"),
        (Level::Apply, "apply"),
    ];
    let heads: Vec<&str> = levels.iter().map(|(_, name)| *name).collect();
    let mut lines = vec![
        format!("| keyword | takes | {} | meaning |", heads.join(" | ")),
        format!("|---|---|{}---|", ":-:|".repeat(heads.len())),
    ];
    for keyword in KEYWORDS {
        let marks: Vec<&str> = levels
            .iter()
            .map(|(level, _)| {
                if keyword.levels.contains(level) {
                    "x"
                } else {
                    ""
                }
            })
            .collect();
        lines.push(format!(
            "| `{}` | {} | {} | {} |",
            keyword.name,
            keyword.kind.expected(),
            marks.join(" | "),
            keyword.meaning
        ));
    }
    lines.join("\n")
}

#[test]
fn the_documentation_lists_every_keyword() {
    let documentation = std::fs::read_to_string("docs/playbooks.md").unwrap();
    let table = keyword_table();
    assert!(documentation.contains(&table), "write there:\n{table}");
}
