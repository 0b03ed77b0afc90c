//! Waiting, on a host that changes from one look to the next.

use super::*;
use crate::host::{Command, Kind, Node, Output, Process, Traffic, User};
use std::sync::Mutex;

/// A host whose log and programs are those of the next picture at each look.
struct Moving {
    pictures: Mutex<Vec<Picture>>,
    applied: Mutex<Vec<Step>>,
}

#[derive(Clone, Default)]
struct Picture {
    log: Option<Vec<u8>>,
    inode: u64,
    running: bool,
}

impl Moving {
    fn new(pictures: &[Picture]) -> Self {
        Self {
            pictures: Mutex::new(pictures.iter().rev().cloned().collect()),
            applied: Mutex::default(),
        }
    }
}

impl Host for Moving {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        limits.check()?;
        let mut pictures = self.pictures.lock().unwrap();
        let picture = pictures.last().cloned().unwrap();
        if pictures.len() > 1 {
            pictures.pop();
        }
        let answer = |question: &Question| match question {
            Question::Path { content, .. } => Answer::Path(picture.log.as_ref().map(|log| {
                let mut node = Node::new(Kind::File, 0o644, &User::default());
                node.size = log.len() as u64;
                node.inode = picture.inode;
                if let Content::From(from) = content {
                    let from = usize::try_from(*from).unwrap().min(log.len());
                    let end = log.len().min(from + 1024 * 1024);
                    node.content = Some(log[from..end].to_vec());
                }
                node
            })),
            _ => Answer::Processes(picture.running.then(program).into_iter().collect()),
        };
        Ok(questions.iter().map(answer).collect())
    }

    fn query(&self, _: &Command, _: &Limits) -> Result<Output, HostError> {
        Ok(Output::default())
    }

    fn fetch(
        &self,
        _: &camino::Utf8Path,
        _: &mut dyn std::io::Write,
        _: &Limits,
    ) -> Result<u64, HostError> {
        Ok(0)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        _: &Limits,
    ) -> Result<Box<dyn crate::host::Stream>, HostError> {
        Err(HostError::NotConnected {
            address: format!("{host}:{port}"),
            reason: "nothing listens here".to_owned(),
        })
    }

    fn apply(&self, step: &Step, _: &Limits) -> Result<Output, HostError> {
        self.applied.lock().unwrap().push(step.clone());
        self.pictures.lock().unwrap().clear();
        self.pictures.lock().unwrap().push(Picture::default());
        Ok(Output::default())
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

fn program() -> Process {
    Process {
        pid: 7,
        started: 1,
        executable: "/bin/serve".into(),
        argv: vec!["serve".to_owned()],
        directory: "/".into(),
        uid: 0,
        user: "root".to_owned(),
        start: None,
    }
}

fn log(text: &str) -> Picture {
    Picture {
        log: Some(text.as_bytes().to_vec()),
        inode: 1,
        running: true,
    }
}

fn line(from: u64) -> Condition {
    Condition::Text {
        path: "/log".into(),
        pattern: "^ready$".to_owned(),
        from,
        inode: Some(1),
        present: true,
    }
}

fn wait(condition: Condition) -> Wait {
    Wait {
        conditions: vec![condition],
        timeout: Duration::from_secs(3600),
        interval: Duration::ZERO,
        delay: Duration::ZERO,
        settle: Duration::ZERO,
        while_running: Some(ProcessMatch::default()),
        log: Some("/log".into()),
        what: "it".to_owned(),
        help: None,
        mark: None,
        follows: false,
        last_resort: Vec::new(),
    }
}

fn waited(condition: Condition, pictures: &[Picture]) -> Result<(), HostError> {
    poll(&Moving::new(pictures), &wait(condition), &Limits::default())
}

#[test]
fn only_what_was_written_after_the_start_counts() {
    let ended = Picture {
        running: false,
        ..log("ready\nstarting\n")
    };
    let pictures = [log("ready\n"), log("ready\nstarting\n"), ended];
    let error = waited(line(6), &pictures).unwrap_err();
    let HostError::NotHappened {
        gone,
        log: Some(tail),
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert!(gone);
    assert_eq!(tail, "ready\nstarting");
    waited(line(6), &[log("ready\n"), log("ready\nstarting\nready\n")]).unwrap();
}

#[test]
fn a_log_that_is_cut_off_or_replaced_is_read_from_its_start() {
    waited(line(100), &[log("old\n"), log("ready\n")]).unwrap();
    let replaced = Picture {
        inode: 2,
        ..log("a line of the new file\nready\n")
    };
    waited(line(28), &[log("a line of the first file....\n"), replaced]).unwrap();
}

#[test]
fn a_long_log_is_read_to_its_end() {
    let text = "nothing to see here\n".repeat(200_000) + "ready\n";
    waited(line(0), &[log(&text)]).unwrap();
    let gone_text = Condition::Text {
        path: "/log".into(),
        pattern: "^ready$".to_owned(),
        from: 0,
        inode: None,
        present: false,
    };
    let mut conditions = [gone_text];
    let host = Moving::new(&[log(&text)]);
    let ask = |questions: &[Question]| host.ask(questions, &Limits::default());
    assert_eq!(look(&mut conditions, None, ask).unwrap(), (false, true));
}

#[test]
fn a_program_may_take_a_moment_to_appear_but_not_to_stay_away() {
    let not_yet = Picture {
        running: false,
        ..log("")
    };
    waited(line(0), &[not_yet.clone(), log("ready\n")]).unwrap();
    let error = waited(line(0), &[log(""), not_yet]).unwrap_err();
    assert!(
        error.to_string().starts_with("the program ended"),
        "{error}"
    );
}

#[test]
fn the_last_resort_comes_when_the_time_is_over() {
    let kill = Step::Remove {
        path: "/x".into(),
        directory: false,
    };
    let stopped = Wait {
        conditions: vec![Condition::Process {
            recognise: ProcessMatch::default(),
            running: false,
        }],
        timeout: Duration::ZERO,
        while_running: None,
        mark: None,
        follows: false,
        last_resort: vec![kill.clone()],
        ..wait(line(0))
    };
    let host = Moving::new(&[log("")]);
    poll(&host, &stopped, &Limits::default()).unwrap();
    assert_eq!(*host.applied.lock().unwrap(), [kill]);
    let without = Wait {
        mark: None,
        follows: false,
        last_resort: Vec::new(),
        help: Some("help".to_owned()),
        ..stopped
    };
    let error = poll(&Moving::new(&[log("")]), &without, &Limits::default()).unwrap_err();
    assert!(matches!(
        error,
        HostError::NotHappened {
            gone: false,
            help: Some(_),
            ..
        }
    ));
}
