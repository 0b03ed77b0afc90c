//! Playbooks carried out on hosts in memory: each folder of `tests/run` holds a playbook, and its
//! snapshot what was told and counted.

use rmqplay::host::{Cancel, Host, HostError, Memory, Output};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::{Event, InOrder, Recap, Reporter as _, Screen, Verbosity};
use rmqplay::run::{Connector, Options, Parts, Session, Settings, TagFilter};
use rmqplay::source::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

/// Three hosts, one of which cannot be reached where its variables say so.
const INVENTORY: &str = "tests/run/inventory.yml";

fn connect(settings: &Settings) -> std::result::Result<Arc<dyn Host>, HostError> {
    if &*settings.name == "gone" {
        let reason = "connection to gone:22 refused".to_owned();
        return Err(HostError::Unreachable { reason, help: None });
    }
    let host = Memory::machine()
        .file("/etc/hosts", "127.0.0.1 localhost\n")
        .output(&["true"], Output::default())
        .output(
            &["false"],
            Output {
                status: 1,
                ..Output::default()
            },
        )
        .fact("hostname", &*settings.name)
        .fact("os_family", "Debian");
    Ok(Arc::new(host))
}

/// Carries out a playbook and returns what was told.
fn carry_out(path: &Path, options: Options) -> String {
    let (told, result) = told(path, options);
    let mut text = show(&told);
    if let Err(problems) = result {
        let _ = writeln!(text, "{}", problems.render(false));
    }
    text
}

fn told(path: &Path, options: Options) -> (Vec<Event>, Result<bool>) {
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::cli::registry(),
        inventory: Inventory::load(&[INVENTORY.to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options,
        playbook_folder: path.parent().unwrap().into(),
        connector: Connector::new(Box::new(connect)),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let result = match session.loader.playbook(path) {
        Ok(playbook) => session.playbook(&playbook, &[], None),
        Err(problems) => Err(problems),
    };
    session.finish();
    drop(session);
    (told.iter().collect(), result)
}

/// Shows what each host was told, in its own order: several hosts finish a task in any order.
fn show(told: &[Event]) -> String {
    let mut hosts: BTreeMap<String, String> = BTreeMap::new();
    let mut warnings = Vec::new();
    for event in told {
        match event {
            Event::PlayStarted { name, hosts: all } => {
                for host in all {
                    let text = hosts.entry(host.to_string()).or_default();
                    let _ = writeln!(text, "  play {name}: {}", all.join(", "));
                }
            }
            Event::NoHosts { name } => warnings.push(format!("play {name}: no hosts")),
            Event::TaskFinished(result) => {
                let message = result.message.as_deref().unwrap_or_default();
                let ignored = if result.ignored { " ignored" } else { "" };
                let status = format!("{:?}", result.status).to_lowercase();
                let other = result.delegated_to.as_ref();
                let on = other.map_or(String::new(), |host| format!(" -> {host}"));
                let text = hosts.entry(result.host.to_string()).or_default();
                let name = &result.task.name;
                let line = format!("    {name}{on} | {status}{ignored} | {message}");
                let _ = writeln!(text, "{}", line.trim_end());
            }
            Event::Warning { text, .. } => warnings.push(format!("warning: {text}")),
            Event::RunFinished { recap, stats, .. } => {
                for (host, values) in stats {
                    warnings.push(format!("stats {host} {values}"));
                }
                for (host, recap) in recap {
                    let text = hosts.entry(host.to_string()).or_default();
                    let _ = writeln!(text, "  {}", counted(*recap));
                }
            }
            _ => {}
        }
    }
    warnings.sort();
    let hosts = hosts.iter().map(|(host, text)| format!("{host}\n{text}"));
    hosts
        .chain(warnings.iter().map(|warning| format!("{warning}\n")))
        .collect()
}

fn counted(recap: Recap) -> String {
    let Recap {
        ok,
        changed,
        unreachable,
        failed,
        skipped,
        rescued,
        ignored,
        unknown,
        cleared,
    } = recap;
    let unknown = match unknown {
        0 => String::new(),
        unknown => format!(" unknown={unknown}"),
    };
    let cleared = match cleared {
        0 => String::new(),
        cleared => format!(" cleared={cleared}"),
    };
    format!(
        "ok={ok} changed={changed} unreachable={unreachable} failed={failed} skipped={skipped} rescued={rescued} ignored={ignored}{unknown}{cleared}"
    )
}

#[test]
fn with_compat_results_say_what_those_of_ansible_say() {
    let options = Options {
        compat: true,
        ..Options::default()
    };
    let shown = carry_out(Path::new("tests/run/ansible_words/compat.yml"), options);
    assert!(shown.contains(" failed=0 "), "{shown}");
}

#[test]
fn playbooks_do_what_they_say() {
    insta::glob!("run/*/playbook.yml", |path| {
        let path = path
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .unwrap_or(path);
        insta::assert_snapshot!(carry_out(path, Options::default()));
    });
}

/// Carries out a playbook and returns what a person sees, up to the recap.
fn screen(path: &Path) -> String {
    let shown = Shared::default();
    let verbosity = Verbosity {
        level: 0,
        diff: false,
        check: false,
        width: 20,
        colour: false,
    };
    let mut reporter = InOrder::new(Screen::new(shown.clone(), verbosity, None));
    let (told, result) = told(path, Options::default());
    result.unwrap();
    told.iter().for_each(|event| reporter.event(event));
    let shown = shown.0.lock().unwrap();
    let text = anstream::adapter::strip_bytes(&shown).into_vec();
    let text = String::from_utf8(text).unwrap();
    text.split("\nPLAY RECAP").next().unwrap().to_owned()
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn passwords_are_masked_once_they_are_known() {
    let shown = screen(Path::new("tests/run/passwords/shown.yml"));
    for bare in ["web2-", "from-a-task", "in-a-map", "hidden-one"] {
        assert!(!shown.contains(bare), "{bare}: {shown}");
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn results_stand_below_their_own_task_in_the_order_of_the_hosts() {
    let path = Path::new("tests/run/order/playbook.yml");
    let first = screen(path);
    insta::assert_snapshot!(first);
    for _ in 0..20 {
        assert_eq!(screen(path), first);
    }
}

#[test]
fn tags_from_templates_choose_tasks() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    for (tags, skip, expected) in [
        ("second", "", &["a list"][..]),
        ("third", "", &["a text"]),
        ("fourth", "third", &[]),
        ("sixth", "", &["from the block around it"]),
        ("", "first", &["from the block around it"]),
    ] {
        let tags = TagFilter {
            tags: words(tags),
            skip: words(skip),
        };
        let shown = carry_out(
            Path::new("tests/run/tags/playbook.yml"),
            Options {
                tags: tags.clone(),
                ..Options::default()
            },
        );
        let found: Vec<_> = ["a list", "a text", "from the block around it"]
            .into_iter()
            .filter(|name| shown.contains(&format!("    {name} |")))
            .collect();
        assert_eq!(found, expected, "{tags:?}: {shown}");
    }
}

#[test]
fn a_secret_is_found_in_a_new_file_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "open sesame";
    let filler = "x".repeat((2 << 20) + 3);
    for (name, content) in [
        ("early", format!("{secret}{filler}")),
        ("late", format!("{filler}{secret}")),
        ("none", filler.clone()),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let play = "- hosts: web1\n  gather_facts: false\n  vars: {ansible_password: open sesame}\n  tasks:\n    \
                - debug: {msg: '{{ ansible_password }}'}\n    \
                - copy: {src: '{{ item }}', dest: '/etc/{{ item }}'}\n      loop: [early, late, none]\n      register: made\n    \
                - assert: {that: \"made.results | map(attribute='mode') == ['0600', '0600', '0644']\"}\n";
    let path = folder.path().join("play.yml");
    std::fs::write(&path, play).unwrap();
    let shown = carry_out(&path, Options::default());
    assert!(shown.contains("failed=0"), "{shown}");
    assert_eq!(
        shown.matches("because it holds a secret").count(),
        2,
        "{shown}"
    );
}
