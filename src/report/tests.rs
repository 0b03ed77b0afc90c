//! Whatever hosts, files and modules say, what is shown is lines of printable text.

use super::*;
use crate::change::Diff;
use crate::host::Traffic;
use crate::value::hostile;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;
use std::time::Duration;

fn result() -> impl Strategy<Value = TaskResult> {
    let statuses = vec![
        Status::Ok,
        Status::Changed,
        Status::Skipped,
        Status::Unknown,
        Status::Failed,
        Status::Unreachable,
    ];
    let text = || hostile::text();
    let shown = (
        prop::sample::select(statuses),
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of((text(), text(), text())),
        any::<bool>(),
    );
    let said = (text(), text(), text(), text(), hostile::value());
    (shown, said).prop_map(|((status, item, message, command, ignored), said)| {
        let (name, host, warning, diff, value) = said;
        TaskResult {
            task: Arc::new(TaskName {
                name,
                action: "debug".to_owned(),
                path: "site.yml:1".to_owned(),
                handler: false,
                id: TaskId::of(1),
            }),
            delegated_to: ignored.then(|| host.clone()),
            host: host.into(),
            status,
            ignored,
            item,
            that: None,
            items: None,
            help: message.clone(),
            message,
            problem: None,
            command: command.map(|(command, stdout, stderr)| FailedCommand {
                command,
                status: 1,
                stdout,
                stderr,
            }),
            result: value,
            diffs: vec![Diff {
                before_header: warning.clone(),
                after_header: warning.clone(),
                text: diff,
                contents: None,
            }],
            warnings: vec![warning],
            elapsed: Duration::ZERO,
            traffic: Traffic::default(),
        }
    })
}

/// All events of a result, from the start of the play to the recap.
fn events(result: &TaskResult) -> Vec<Event> {
    let (host, name) = (result.host.clone(), result.task.name.clone());
    let mut item = result.clone();
    item.item = Some(name.clone());
    vec![
        Event::PlayStarted {
            name: name.clone(),
            hosts: vec![host.clone()],
        },
        Event::TaskStarted {
            task: result.task.clone(),
            host: host.clone(),
        },
        Event::Said {
            host: host.clone(),
            text: name.clone(),
        },
        Event::Warning {
            host: host.clone(),
            text: name.clone(),
        },
        Event::Retrying {
            task: result.task.clone(),
            host: host.clone(),
            left: 1,
        },
        Event::ItemFinished(Box::new(item)),
        Event::TaskFinished(Box::new(result.clone())),
        Event::NoHosts { name },
        Event::RunFinished {
            recap: vec![(host, Recap::default())],
            stats: Vec::new(),
            check: false,
            elapsed: Duration::ZERO,
            traffic: Traffic::default(),
        },
    ]
}

fn shown(reporter: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    reporter(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn nothing_that_is_said_reaches_the_terminal_as_a_control_character() {
    let config = Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let given = (result(), 0..4_u8, prop::sample::select(vec![0, 1, 20, 80]));
    let tried = TestRunner::new(config).run(&given, |(result, level, width)| {
        let events = events(&result);
        let verbosity = Verbosity {
            level,
            diff: true,
            check: false,
            width,
            colour: false,
        };
        let as_ansible = shown(|out| {
            let mut lines = AnsibleLines::new(out, verbosity, None);
            events.iter().for_each(|event| lines.event(event));
        });
        let on_screen = shown(|out| {
            let mut screen = Screen::new(out, verbosity, None);
            events.iter().for_each(|event| screen.event(event));
        });
        let at_prompt = shown(|out| {
            let mut answers = Answers::new(out, Vec::new(), true);
            events.iter().for_each(|event| answers.event(event));
        });
        for text in [as_ansible, on_screen, at_prompt] {
            let text = anstream::adapter::strip_str(&text).to_string();
            let bad = text.chars().find(|letter| {
                (letter.is_control() && !matches!(letter, '\n' | '\t'))
                    || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            prop_assert!(bad.is_none(), "{bad:?} in {text:?}");
        }
        let lines = shown(|out| {
            let mut lines = JsonLines::new(out);
            events.iter().for_each(|event| lines.event(event));
        });
        for line in lines.lines() {
            prop_assert!(
                serde_json::from_str::<serde_json::Value>(line).is_ok(),
                "{line:?}"
            );
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{tried:?}");
}
