//! Whole runs of modules that are cut short: at each message, by each fault.

use super::super::packed;
use super::super::task::Task;
use super::web::serve;
use crate::faulty::{Fault, Faulty};
use crate::host_left_behind::{contact, eventually, ours};
use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Host, Limits, Local};
use std::collections::BTreeMap;
use std::sync::Arc;

/// More bytes than go with a request.
const LARGE: usize = 200_000;

/// A module run for a folder of the host, and the files that it makes there.
struct Case {
    module: &'static str,
    task: fn(&Utf8Path) -> Task,
    makes: &'static [&'static str],
}

const CASES: [Case; 6] = [
    Case {
        module: "copy",
        task: |folder| {
            let args = format!("{{src: long, dest: {folder}/target, backup: false}}");
            Task::written("copy", &args).with_file("long", &[b'n'; LARGE])
        },
        makes: &["target"],
    },
    Case {
        module: "copy",
        task: |folder| {
            let args = format!("{{src: sent, dest: {folder}, mode: preserve}}");
            let task = Task::written("copy", &args);
            let task = task.with_folder("sent/deep");
            (task.with_file("sent/short", b"new\n")).with_file("sent/deep/long", &[b'n'; LARGE])
        },
        makes: &["sent/short", "sent/deep/long"],
    },
    Case {
        module: "template",
        task: |folder| {
            let args = format!("{{src: text.j2, dest: {folder}/target, mode: '0640'}}");
            Task::written("template", &args).with_file("text.j2", b"{{ 'new' }}\n")
        },
        makes: &["target"],
    },
    Case {
        module: "unarchive",
        task: |folder| {
            let long = "n".repeat(LARGE);
            let entries = serde_json::json!([
                {"path": "sub/", "mode": "0755"},
                {"path": "sub/short", "content": "new\n"},
                {"path": "target", "content": long},
            ]);
            let entries: Vec<_> = serde_json::from_value(entries).unwrap();
            let archive = packed::archive("archive.tar.gz", &entries);
            let args = format!("{{src: archive.tar.gz, dest: {folder}}}");
            Task::written("unarchive", &args).with_file("archive.tar.gz", &archive)
        },
        makes: &["target", "sub/short"],
    },
    Case {
        module: "script",
        task: |folder| {
            let text = format!(
                "#!/bin/sh\nprintf new > {folder}/new && mv {folder}/new {folder}/target\n"
            );
            let args = "{cmd: run.sh}";
            let task = Task::written("script", args).with_file("run.sh", text.as_bytes());
            task.with_variable("TMPDIR", folder.as_str())
        },
        makes: &["target"],
    },
    Case {
        module: "get_url",
        task: |folder| {
            let address = serve("new\n");
            let args = format!(
                "{{url: {address}/file, dest: {folder}/target, force: true, insecure: true}}"
            );
            Task::written("get_url", &args)
        },
        makes: &["target"],
    },
];

/// Runs a task, from its first question to its last step.
fn run(task: &Task, host: Arc<dyn Host>) -> Result<(), String> {
    let change = task.plan(&host)?;
    let applied = change.apply(&*host, &Limits::default());
    applied.map(drop).map_err(|error| error.to_string())
}

fn local(shell: &str) -> ShellHost {
    ShellHost::new(Arc::new(Local::default()), shell, None)
}

/// Returns what is in the files, by path; a file that is not there is not in it.
fn files(case: &Case, folder: &Utf8Path) -> BTreeMap<&'static str, Vec<u8>> {
    let read = |path: &&'static str| Some((*path, std::fs::read(folder.join(path)).ok()?));
    case.makes.iter().filter_map(read).collect()
}

fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    std::fs::write(path.join("target"), "").unwrap();
    (folder, path)
}

/// Runs the task with a fault at this message, and then as it is; returns whether the message was
/// sent at all.
fn with_fault(
    case: &Case,
    shell: &str,
    (message, fault): (usize, Fault),
    whole: &BTreeMap<&str, Vec<u8>>,
) -> bool {
    let (_folder, folder) = scratch();
    let what = format!("{} by {shell}, {fault:?} at message {message}", case.module);
    let transport = Faulty::new(folder.as_str());
    let words = transport.shell(shell);
    let task = (case.task)(&folder);
    transport.plan(message, fault);
    let outcome = run(
        &task,
        Arc::new(ShellHost::new(Arc::new(transport.clone()), &words, None)),
    );
    assert!(
        transport.has_happened() || outcome.is_ok(),
        "{what}: {outcome:?}"
    );
    contact(&local(shell));
    eventually(&what, || ours(&folder).is_empty());
    for (path, content) in files(case, &folder) {
        assert!(
            content.is_empty() || whole[path] == content,
            "{what}: {path} is half written"
        );
    }
    if transport.has_happened() {
        // What had been sent may still be under way; a change meanwhile is refused, never overwritten.
        eventually(&what, || run(&task, Arc::new(local(shell))).is_ok());
        assert_eq!(files(case, &folder), *whole, "{what}");
    }
    transport.has_happened()
}

#[test]
fn a_module_that_is_cut_short_leaves_nothing_and_finishes_when_run_again() {
    let shells = ["dash", "bash", "busybox sh"];
    let points = std::thread::scope(|scope| {
        let cases = CASES.iter().zip(shells.iter().cycle());
        let cases: Vec<_> = cases
            .map(|(case, shell)| {
                scope.spawn(move || {
                    let (_folder, folder) = scratch();
                    run(&(case.task)(&folder), Arc::new(local(shell))).unwrap();
                    let whole = files(case, &folder);
                    assert_eq!(whole.len(), case.makes.len());
                    let points = Fault::ALL.map(|fault| {
                        let happens =
                            |message: &usize| with_fault(case, shell, (*message, fault), &whole);
                        let happened = (1..).take_while(happens);
                        happened.count()
                    });
                    println!(
                        "{} by {shell}: {points:?} messages of {:?}",
                        case.module,
                        Fault::ALL
                    );
                    points.iter().sum::<usize>()
                })
            })
            .collect();
        cases
            .into_iter()
            .map(|case| case.join().unwrap())
            .sum::<usize>()
    });
    assert!(points > 100, "only {points} points");
}
