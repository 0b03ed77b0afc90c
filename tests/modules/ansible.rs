//! Edits of text files beside what Ansible's own modules make of them: its answers were written by
//! ansible-core 2.19 into `tests/conformance/modules/`.

use super::task::Task;
use rmqplay::host::{Host, Limits, Memory, Probe};
use serde::Deserialize;
use std::sync::Arc;

/// One task on the file `/f`, and what Ansible made of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    args: serde_json::Map<String, serde_json::Value>,
    before: Option<String>,
    after: Option<String>,
    changed: bool,
    failed: bool,
    msg: Option<String>,
    found: Option<usize>,
}

/// What a task makes of a file, as far as both can be compared.
#[derive(Debug, PartialEq)]
struct Made {
    after: Option<String>,
    changed: bool,
    failed: bool,
    msg: Option<String>,
    found: Option<usize>,
}

#[test]
fn edits_are_those_of_ansible() {
    let mut wrong = Vec::new();
    for module in ["blockinfile", "lineinfile", "replace"] {
        let path = format!("tests/conformance/modules/{module}.json");
        let text = std::fs::read_to_string(path).unwrap();
        let answers: Vec<Answer> = serde_json::from_str(&text).unwrap();
        for answer in answers {
            let made = make(module, &answer);
            let expected = Made {
                after: answer.after.clone(),
                changed: answer.changed,
                failed: answer.failed,
                msg: answer.msg.clone(),
                found: answer.found,
            };
            if made != expected {
                let args = serde_json::to_string(&answer.args).unwrap();
                let before = &answer.before;
                wrong.push(format!(
                    "{module} {args}\n  of       {before:?}\n  made     {made:?}\n  expected {expected:?}"
                ));
            }
        }
    }
    let shown = wrong
        .iter()
        .take(20)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(wrong.is_empty(), "\n{} differ:\n{shown}", wrong.len());
}

fn make(module: &str, answer: &Answer) -> Made {
    let mut machine = Memory::machine();
    if let Some(before) = &answer.before {
        machine = machine.file("/f", before.as_bytes());
    }
    let host: Arc<dyn Host> = Arc::new(machine);
    let mut args = answer.args.clone();
    args.insert("path".to_owned(), "/f".into());
    let planned = Task::plain(module, &args).plan(&host);
    let Ok(change) = planned else {
        return Made {
            after: answer.before.clone(),
            changed: false,
            failed: true,
            msg: None,
            found: None,
        };
    };
    change.apply(&*host, &Limits::default()).unwrap();
    let after = Probe::new(host, Limits::default()).read("/f".into()).ok();
    let value = |name: &str| change.result.get(name);
    Made {
        after: after.map(|after| String::from_utf8(after).unwrap()),
        changed: change.is_changed(),
        failed: false,
        msg: value("msg").map(|msg| msg.as_str().unwrap_or_default().to_owned()),
        found: value("found").and_then(|found| found.clone().try_into().ok()),
    }
}
