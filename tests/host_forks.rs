//! The processes that requests start on a host are counted right: a name space of their own knows
//! how many there were.

use crate::contract::{mkdir, mode, rewrite, symlink, write};
use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Answer, Command, Content, Host, Limits, Local, ProcessMatch, Question, Step};
use std::sync::Arc;

/// A host whose shell is the first process of a name space.
struct Alone(ShellHost);

impl Alone {
    /// Returns nothing where such a name space cannot be made: it takes root.
    fn with(shell: &str) -> Option<Self> {
        let shell = format!("unshare --fork --pid --mount-proc {shell}");
        let host = ShellHost::new(Arc::new(Local::default()), &shell, None);
        let asked = host.ask(&[Question::User("root".to_owned())], &Limits::default());
        asked.is_ok().then(|| Self(host))
    }

    /// Returns the number of processes started so far: as counted, and as the kernel gave numbers.
    fn processes(&self) -> (u64, u64) {
        let mut text = Vec::new();
        let path = Utf8Path::new("/proc/loadavg");
        self.0.fetch(path, &mut text, &Limits::default()).unwrap();
        let text = String::from_utf8(text).unwrap();
        let last = text.split_whitespace().last().unwrap().parse().unwrap();
        (self.0.traffic().forks, last)
    }

    /// Checks a count, and returns it.
    fn check(&self, what: &str, call: impl FnOnce(&ShellHost)) -> u64 {
        let before = self.processes();
        call(&self.0);
        let after = self.processes();
        let counted = after.0 - before.0;
        assert_eq!(counted, after.1 - before.1, "{what}");
        // The file itself was read by one.
        counted - 1
    }
}

fn look(path: &Utf8Path, content: Content) -> Question {
    Question::Path {
        path: path.to_owned(),
        follow: false,
        content,
    }
}

fn check(shell: &str) {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    let Some(alone) = Alone::with(shell) else {
        return;
    };
    let ask = |what: &str, questions: &[Question]| {
        let ask = |host: &ShellHost| drop(host.ask(questions, &Limits::default()).unwrap());
        // The first time, functions are sent and programs are tried.
        ask(&alone.0);
        alone.check(what, ask)
    };
    let apply = |what: &str, step: Step| {
        alone.check(what, |host| {
            host.apply(&step, &Limits::default()).unwrap();
        })
    };
    let file = scratch.join("file");
    apply("first write", write(&file, b"old"));
    assert_eq!(ask("stat", &[look(&file, Content::None)]), 1);
    assert_eq!(ask("content", &[look(&file, Content::UpTo(9))]), 2);
    assert_eq!(ask("digest", &[look(&file, Content::UpTo(1))]), 2);
    assert_eq!(
        ask("nothing", &[look(&scratch.join("no"), Content::UpTo(9))]),
        1
    );
    let many: Vec<_> = (0..200).map(|_| look(&file, Content::Digest)).collect();
    assert_eq!(ask("200 paths", &many), 2);
    let contents: Vec<_> = (0..200).map(|_| look(&file, Content::UpTo(9))).collect();
    assert_eq!(ask("200 contents", &contents), 4);
    let mixed = [
        look(&file, Content::UpTo(9)),
        look(&scratch, Content::UpTo(9)),
        look(&scratch.join("no"), Content::UpTo(9)),
    ];
    assert_eq!(ask("some contents", &mixed), 4);
    ask("tail", &[look(&file, Content::From(1))]);
    ask(
        "tree",
        &[Question::Tree {
            path: scratch.clone(),
            depth: None,
        }],
    );
    ask("user", &[Question::User("root".to_owned())]);
    ask("group", &[Question::Group("root".to_owned())]);
    ask("facts", &[Question::Facts]);
    let word = |word: &str| ProcessMatch {
        main_class: Some(word.to_owned()),
        ..ProcessMatch::default()
    };
    assert!(ask("no process", &[Question::Processes(word("nobody"))]) <= 1);
    let executable = ProcessMatch {
        executable: Some("nobody".to_owned()),
        ..Default::default()
    };
    assert_eq!(ask("no executable", &[Question::Processes(executable)]), 1);
    assert!(
        ask(
            "all processes",
            &[Question::Processes(ProcessMatch::default())]
        ) >= 2
    );

    assert!(apply("write", write(&scratch.join("new"), b"new")) <= 5);
    let mut owned = rewrite(&file, b"old", b"new");
    if let Step::Write {
        ownership,
        backup,
        validate,
        ..
    } = &mut owned
    {
        *ownership = mode(0o644);
        ownership.owner = Some("0".to_owned());
        *backup = Some(scratch.join("backup"));
        *validate = Some(["test", "-f", "%s"].map(str::to_owned).into());
    }
    apply("rewrite", owned);
    apply("mkdir", mkdir(&scratch.join("directory")));
    apply("symlink", symlink(&scratch.join("link"), "directory", None));
    apply(
        "swap",
        symlink(&scratch.join("link"), ".", Some("directory")),
    );
    let attributes = |after| Step::Attributes {
        path: file.clone(),
        before: mode(0o644),
        after,
        follow: false,
    };
    assert_eq!(apply("mode", attributes(mode(0o600))), 1);
    let touch = Step::Touch {
        path: file.clone(),
        modified: Some(1),
        accessed: Some(2),
    };
    apply("touch", touch);
    let hardlink = Step::Hardlink {
        path: scratch.join("hard"),
        target: file.clone(),
    };
    apply("hard link", hardlink);
    let rename = Step::Rename {
        from: scratch.join("hard"),
        to: scratch.join("renamed"),
    };
    apply("rename", rename);
    apply(
        "remove",
        Step::Remove {
            path: file,
            directory: false,
        },
    );
    apply(
        "remove a directory",
        Step::Remove {
            path: scratch.join("directory"),
            directory: true,
        },
    );
}

#[test]
fn processes_started_by_dash_are_counted() {
    check("dash");
}

#[test]
fn processes_started_by_bash_are_counted() {
    check("bash");
}

#[test]
fn a_command_is_counted_with_its_shell() {
    let host = ShellHost::new(Arc::new(Local::default()), "sh", None);
    let run = |host: &ShellHost| {
        let before = host.traffic();
        host.query(&Command::new(["true"]), &Limits::default())
            .unwrap();
        host.traffic() - before
    };
    assert_eq!(run(&host).forks, 2);
    assert_eq!(run(&host).round_trips, 2);
    let answers = host.ask(&[Question::Facts], &Limits::default()).unwrap();
    assert!(matches!(answers.as_slice(), [Answer::Facts(_)]));
}
