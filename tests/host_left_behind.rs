//! Nothing of ours is left on a host, and nothing half written, wherever a step is cut short.

use crate::contract::{rewrite, symlink, write};
use crate::faulty::{Fault, Faulty};
use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{
    Command, CommandScript, Host, Kind, Limits, Local, Lock, Ownership, Question, Step, Unpack,
    UnpackEntry,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SHELLS: [&str; 3] = ["dash", "bash", "busybox sh"];

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

/// A kind of step, and what is at its target before and after.
struct Case {
    name: &'static str,
    step: fn(&Utf8Path) -> Step,
    before: &'static str,
    after: &'static str,
}

/// Some bytes that are more than go with a request.
const LARGE: usize = 1_000_000;

const CASES: [Case; 7] = [
    Case {
        name: "a short file",
        step: |folder| rewrite(&folder.join("target"), b"old", b"new"),
        before: "old",
        after: "new",
    },
    Case {
        name: "a long file",
        step: |folder| rewrite(&folder.join("target"), b"old", &vec![b'n'; LARGE]),
        before: "old",
        after: "long",
    },
    Case {
        name: "a file with a backup",
        step: |folder| {
            let mut step = rewrite(&folder.join("target"), b"old", &vec![b'n'; LARGE]);
            if let Step::Write { backup, .. } = &mut step {
                *backup = Some(folder.join("backup"));
            }
            step
        },
        before: "old",
        after: "long",
    },
    Case {
        name: "a link",
        step: |folder| symlink(&folder.join("link"), "target", None),
        before: "old",
        after: "old",
    },
    Case {
        name: "another name",
        step: |folder| Step::Hardlink {
            path: folder.join("link"),
            target: folder.join("target"),
        },
        before: "old",
        after: "old",
    },
    Case {
        name: "an archive",
        step: |folder| unpack(folder),
        before: "old",
        after: "long",
    },
    Case {
        name: "a script",
        step: |folder| script(folder),
        before: "old",
        after: "new",
    },
];

/// Returns what unpacks `target`, and beside it a folder that may not be written.
fn unpack(folder: &Utf8Path) -> Step {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, mode, kind, size) in [
        ("closed/", 0o555, tar::EntryType::Directory, 0),
        ("closed/file", 0o444, tar::EntryType::Regular, LARGE),
        ("target", 0o644, tar::EntryType::Regular, LARGE),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_entry_type(kind);
        header.set_size(size as u64);
        archive
            .append_data(&mut header, path, &*vec![b'n'; size])
            .unwrap();
    }
    let bytes = archive.into_inner().unwrap();
    let stream = folder.join("stream.tar");
    std::fs::write(&stream, &bytes).unwrap();
    Step::Unpack(Arc::new(Unpack {
        name: "stream.tar".to_owned(),
        directory: folder.to_owned(),
        size: bytes.len() as u64,
        tar: stream.into(),
        entries: vec![UnpackEntry {
            path: "target".into(),
            kind: Kind::File,
            mode: 0o644,
            ownership: Ownership::default(),
            size: LARGE as u64,
            sha256: None,
            modified: 0,
            offset: 0,
            before: None,
        }],
    }))
}

/// Returns what runs a script whose temporary folder is below this one.
fn script(folder: &Utf8Path) -> Step {
    let mut command = Command::new(["sh"]);
    let text = format!("printf new > {folder}/new && mv {folder}/new {folder}/target");
    command.script = Some(CommandScript {
        name: "script.sh".to_owned(),
        content: text.into_bytes(),
        position: 1,
    });
    let temporary = ("TMPDIR".to_owned(), folder.to_string());
    command.environment.extend([temporary]);
    Step::Run {
        command,
        any_status: false,
    }
}

/// Returns the names below a folder that are ours, and the journals that speak of it.
pub(crate) fn ours(folder: &Utf8Path) -> Vec<String> {
    let names = |directory: &str| {
        let entries = std::fs::read_dir(directory).unwrap();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names
            .filter(|name| name.contains(".rmqplay"))
            .map(|name| format!("{directory}/{name}"))
            .collect::<Vec<_>>()
    };
    let journals = ["/var/tmp", "/tmp"].into_iter().flat_map(names);
    let speaking = journals.filter(|path| {
        std::fs::read_to_string(path).is_ok_and(|journal| journal.contains(folder.as_str()))
    });
    names(folder.as_str()).into_iter().chain(speaking).collect()
}

/// Talks to the host anew, as the next run does.
pub(crate) fn contact(host: &ShellHost) {
    let question = Question::User("root".to_owned());
    host.ask(&[question], &Limits::default()).unwrap();
}

/// Waits until something holds that other processes bring about.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let limits = Limits::default().sooner(Instant::now() + Duration::from_secs(60));
    while !holds() {
        let waited = limits.sleep(Duration::from_millis(10));
        assert!(waited.is_ok(), "{what}");
    }
}

fn content(folder: &Utf8Path) -> String {
    let content = std::fs::read_to_string(folder.join("target")).unwrap();
    if content.len() == LARGE {
        "long".to_owned()
    } else {
        content
    }
}

/// Applies the step with a fault at this message; returns whether it was sent at all.
fn with_fault(case: &Case, shell: &str, message: usize, fault: Fault) -> bool {
    let (_folder, scratch) = folder();
    std::fs::write(scratch.join("target"), "old").unwrap();
    let what = format!("{} by {shell}, {fault:?} at message {message}", case.name);
    let transport = Faulty::new(scratch.as_str());
    let words = transport.shell(shell);
    let step = (case.step)(&scratch);
    transport.plan(message, fault);
    let host = ShellHost::new(Arc::new(transport.clone()), &words, None);
    let outcome = host.apply(&step, &Limits::default());
    drop(host);
    assert_eq!(outcome.is_err(), transport.has_happened(), "{what}");
    let left = content(&scratch);
    assert!(
        [case.before, case.after].contains(&&*left),
        "{what}: {left}"
    );
    contact(&ShellHost::new(Arc::new(Local::default()), shell, None));
    eventually(&what, || ours(&scratch).is_empty());
    let left = content(&scratch);
    assert!(
        [case.before, case.after].contains(&&*left),
        "{what}: {left}"
    );
    transport.has_happened()
}

#[test]
fn nothing_is_left_whatever_happens_at_whichever_message() {
    let points = |case: &Case, shell: &str, fault: Fault| {
        let happened = (1..).take_while(|message| with_fault(case, shell, *message, fault));
        happened.count()
    };
    // The cases are waiting most of the time.
    let points = std::thread::scope(|scope| {
        let cases: Vec<_> = CASES
            .iter()
            .zip(SHELLS.iter().cycle())
            .map(|(case, shell)| {
                scope.spawn(move || Fault::ALL.map(|fault| points(case, shell, fault)))
            })
            .collect();
        let counts = cases.into_iter().flat_map(|case| case.join().unwrap());
        counts.sum::<usize>()
    });
    assert!(points > 100, "only {points} points");
    println!("{points} points");
}

#[test]
fn a_shell_that_is_in_use_keeps_what_is_unfinished() {
    let (_folder, scratch) = folder();
    let (go, there) = (scratch.join("go"), scratch.join("there"));
    let text = format!("touch {there}; until [ -e {go} ]; do sleep 0.01; done");
    let mut step = write(&scratch.join("target"), b"new");
    if let Step::Write { validate, .. } = &mut step {
        *validate = Some(["sh", "-c", &text, "%s"].map(str::to_owned).into());
    }
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let host = ShellHost::new(Arc::new(Local::default()), "sh", None);
            host.apply(&step, &Limits::default())
        });
        eventually("it is under way", || there.exists());
        for shell in SHELLS {
            contact(&ShellHost::new(Arc::new(Local::default()), shell, None));
        }
        std::fs::write(&go, "").unwrap();
        writing.join().unwrap().unwrap();
    });
    assert_eq!(std::fs::read(scratch.join("target")).unwrap(), b"new");
    eventually("nothing is left", || ours(&scratch).is_empty());
}

#[test]
fn what_another_name_space_works_on_is_left_alone_for_a_day() {
    let (_folder, scratch) = folder();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let space = space.to_str().unwrap().to_owned();
    let own = space.trim_matches(|letter: char| !letter.is_ascii_digit());
    let day = Duration::from_secs(86_400);
    for (index, (space, age, stays)) in [
        (own, Duration::ZERO, false),
        ("1", Duration::ZERO, true),
        ("1", day / 2, true),
        ("1", day * 2, false),
        // Its name space is not known.
        ("", Duration::ZERO, true),
        ("", day * 2, false),
    ]
    .into_iter()
    .enumerate()
    {
        for (number, shell) in SHELLS.iter().enumerate() {
            let file = scratch.join(format!(".rmqplay-{index}{number}"));
            std::fs::write(&file, "").unwrap();
            let process = std::process::id();
            // No process has a number like this.
            let journal = Utf8PathBuf::from(format!(
                "/var/tmp/.rmqplay-shell-9{process}{index}{number}-1-{space}-{}",
                boot.trim()
            ));
            std::fs::write(&journal, format!("{file}\n")).unwrap();
            let modified = std::time::SystemTime::now() - age;
            let opened = std::fs::File::options().write(true).open(&journal);
            opened.unwrap().set_modified(modified).unwrap();
            contact(&ShellHost::new(Arc::new(Local::default()), shell, None));
            let there = [file.exists(), journal.exists()];
            let _ = std::fs::remove_file(&journal);
            assert_eq!(there, [stays; 2], "{space:?}, {age:?}, {shell}");
        }
    }
}

/// A container may share these directories with its machine, whose shells are older than its own first
/// process and have no process in it.
#[test]
fn shells_outside_a_name_space_keep_their_files_and_locks() {
    let (_folder, scratch) = folder();
    let (go, there) = (scratch.join("go"), scratch.join("there"));
    let text = format!("touch {there}; until [ -e {go} ]; do sleep 0.01; done");
    let mut step = write(&scratch.join("target"), b"new");
    if let Step::Write { validate, .. } = &mut step {
        *validate = Some(["sh", "-c", &text, "%s"].map(str::to_owned).into());
    }
    let name = format!("outside-{}", std::process::id());
    let lock = Utf8PathBuf::from(format!("/var/tmp/.rmqplay-lock-{name}"));
    let holder = "the run outside".to_owned();
    let takes = Step::Lock(Lock { name, holder });
    let outside = ShellHost::new(Arc::new(Local::default()), "sh", None);
    outside.apply(&takes, &Limits::default()).unwrap();
    let files = || std::fs::read_dir(&lock).map_or(0, Iterator::count);
    assert_eq!(files(), 2);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let host = ShellHost::new(Arc::new(Local::default()), "sh", None);
            host.apply(&step, &Limits::default())
        });
        eventually("it is under way", || there.exists());
        for shell in SHELLS {
            let inside = format!("unshare --fork --pid --mount-proc {shell}");
            contact(&ShellHost::new(Arc::new(Local::default()), &inside, None));
            assert_eq!(files(), 2, "{shell}");
        }
        std::fs::write(&go, "").unwrap();
        writing.join().unwrap().unwrap();
    });
    assert_eq!(std::fs::read(scratch.join("target")).unwrap(), b"new");
}

#[test]
fn files_of_locks_whose_shells_were_killed_are_removed() {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let space = space.to_str().unwrap().to_owned();
    let space = space.trim_matches(|letter: char| !letter.is_ascii_digit());
    let process = std::process::id();
    let lock = Utf8PathBuf::from(format!("/var/tmp/.rmqplay-lock-left-{process}"));
    // No process has a number like this, and no process of an earlier boot is running.
    let killed = format!("999999991-1-{space}-{}", boot.trim());
    let restarted = format!("{process}-1-{space}-earlier");
    for shell in SHELLS {
        std::fs::create_dir(&lock).unwrap();
        for holder in [&killed, &restarted] {
            for kind in ["wanted", "held"] {
                std::fs::write(lock.join(format!("{kind}-{holder}")), "a run\n").unwrap();
            }
        }
        contact(&ShellHost::new(Arc::new(Local::default()), shell, None));
        let is_there = lock.exists();
        let _ = std::fs::remove_dir_all(&lock);
        assert!(!is_there, "{shell}");
    }
}

/// Mounts need root.
#[test]
fn what_a_killed_shell_left_is_found_where_the_usual_directories_are_full_or_unsafe() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let scratch = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    let script = scratch.join("shell");
    let text = "mount -t tmpfs -o size=4096,mode=1777 none /var/tmp\n\
                head -c 8192 /dev/zero > /var/tmp/full 2>/dev/null\n\
                mount -t tmpfs -o mode=0777 none /tmp || exit\n\
                exec sh \"$@\"\n";
    std::fs::write(&script, text).unwrap();
    let shell = format!("unshare --mount sh {script}");
    let host = ShellHost::new(Arc::new(Local::default()), &shell, None);
    let is_root = Command::new(["test", "-e", "/var/tmp/full"]);
    match host.query(&is_root, &Limits::default()) {
        Ok(output) if output.status == 0 => {}
        _ => return,
    }
    // Kills the shell and its subshells from inside.
    let kill = format!(
        "p=$PPID; while [ \"$p\" != {} ]; do set -- $(cat \"/proc/$p/stat\"); kill -s KILL \"$p\"; p=$4; done",
        std::process::id()
    );
    let mut step = write(&scratch.join("target"), b"new");
    if let Step::Write { validate, .. } = &mut step {
        *validate = Some(["sh", "-c", &kill, "%s"].map(str::to_owned).into());
    }
    host.apply(&step, &Limits::default()).unwrap_err();
    assert_eq!(ours(&scratch).len(), 1, "{:?}", ours(&scratch));
    contact(&ShellHost::new(Arc::new(Local::default()), "sh", None));
    eventually("nothing is left", || ours(&scratch).is_empty());
}

#[test]
fn journals_of_others_and_what_they_speak_of_are_left_alone() {
    let (_folder, scratch) = folder();
    let kept = scratch.join("kept");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("file"), "").unwrap();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let mark = scratch.file_name().unwrap().to_owned();
    let journal = |number: usize| {
        // No process has a number like these.
        Utf8PathBuf::from(format!(
            "/var/tmp/.rmqplay-shell-99999999{number}-1-{}{mark}",
            boot.trim()
        ))
    };
    // Names that are not ours, a link of our name, and another one's journal.
    let link = scratch.join(".rmqplay-link");
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    std::fs::write(journal(1), format!("{kept}\n")).unwrap();
    std::fs::write(journal(2), format!("{link}\n")).unwrap();
    let others = scratch.join(".rmqplay-others");
    std::fs::write(&others, "").unwrap();
    std::os::unix::fs::symlink(scratch.join("journal"), journal(3)).unwrap();
    std::fs::write(scratch.join("journal"), format!("{others}\n")).unwrap();
    for shell in SHELLS {
        contact(&ShellHost::new(Arc::new(Local::default()), shell, None));
    }
    let there = [kept.join("file"), others.clone()].map(|path| path.exists());
    let gone = [link, journal(1), journal(2)].map(|path| path.symlink_metadata().is_err());
    std::fs::remove_file(journal(3)).unwrap();
    assert_eq!((there, gone), ([true; 2], [true; 3]));
}
