//! Compares what a case expects with the outcome.

use super::carry_out::Told;
use super::expect::{Expect, ExpectedFile};
use super::show::{failure, failure_with};
use super::test_host::{Machines, TestHost, is_line, line_of};
use crate::host::{Answer, Command, Content, Host as _, Kind, Limits, Node, Question, Step};
use crate::source::Problem;
use crate::value;
use similar::TextDiff;

/// How many bytes of a file are compared.
const CONTENT: u64 = 16 << 20;

/// Returns the differences from what is expected after the first run.
pub(super) fn differences(expect: &Expect, told: &Told, machines: &Machines) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((wanted, place)) = &expect.changed {
        let changed: Vec<_> = told.changed().map(|result| &*result.task.name).collect();
        if *wanted == changed.is_empty() {
            let message = match changed.as_slice() {
                [] => "nothing was changed".to_owned(),
                tasks => format!("something was changed by {}", tasks.join(", ")),
            };
            found.push(failure(&Problem::at(place, message)));
        }
    }
    found.extend(results(expect, told));
    for (host, _) in &told.recap {
        let Some(machine) = machines.get(host) else {
            continue;
        };
        let on = match told.recap.len() {
            1 => String::new(),
            _ => format!(" on {host}"),
        };
        found.extend(commands(expect, &machine, &on));
        for file in &expect.files {
            found.extend(file_differences(file, &machine, &on));
        }
    }
    found
}

/// Compares the results of the last task of each host.
fn results(expect: &Expect, told: &Told) -> Vec<String> {
    let mut found = Vec::new();
    if expect.result.is_empty() {
        return found;
    }
    for (host, _) in &told.recap {
        let last =
            told.results.iter().rev().find(|result| {
                result.host == *host && result.item.is_none() && !result.task.handler
            });
        let Some(last) = last else { continue };
        let result = value::to_json(&last.result);
        for (name, wanted) in &expect.result {
            let path = format!("/{}", name.replace('.', "/"));
            let returned = result.pointer(&path).unwrap_or(&serde_json::Value::Null);
            if *returned != value::to_json(&wanted.to_value()) {
                let task = &last.task.name;
                let message = format!("\"{task}\" returned a different {name}: {returned}");
                found.push(failure(&Problem::at(&wanted.place, message)));
            }
        }
    }
    found
}

/// Compares the commands that ran.
fn commands(expect: &Expect, machine: &TestHost, on: &str) -> Option<String> {
    let (wanted, place) = expect.commands.as_ref()?;
    let run = commands_of(&machine.done());
    let same = run.len() == wanted.len()
        && run
            .iter()
            .zip(wanted)
            .all(|(command, line)| is_line(command, line));
    if same {
        return None;
    }
    let run: String = run.iter().map(|command| line_of(command) + "\n").collect();
    let wanted: String = wanted.iter().map(|line| format!("{line}\n")).collect();
    let problem = Problem::at(place, format!("different commands were run{on}"));
    Some(failure_with(&problem, &difference(&wanted, &run)))
}

/// Returns the commands that ran, including those of units and settings.
fn commands_of(done: &[Step]) -> Vec<Command> {
    let mut commands = Vec::new();
    for step in done {
        match step {
            Step::Run { command, .. } => commands.push(command.clone()),
            Step::Set(setting) => commands.extend(setting.setters.iter().cloned()),
            Step::StartProcess(start) => commands.push(Command::new(start.argv.clone())),
            _ => {}
        }
    }
    commands
}

fn file_differences(file: &ExpectedFile, machine: &TestHost, on: &str) -> Vec<String> {
    let path = &file.path;
    let question = Question::Path {
        path: path.clone(),
        follow: false,
        content: Content::UpTo(CONTENT),
    };
    let node = match machine.ask(&[question], &Limits::default()) {
        Ok(answers) => answers.into_iter().next().and_then(Answer::into_path),
        Err(error) => return vec![failure(&Problem::at(&file.place, error.to_string()))],
    };
    let is_wanted_away =
        |(name, value, _): &(String, String, _)| name == "state" && value == "absent";
    let Some(node) = node else {
        if file.parts.iter().any(is_wanted_away) {
            return Vec::new();
        }
        let message = format!("there is no {path}{on}");
        return vec![failure(&Problem::at(&file.place, message))];
    };
    let mut found = Vec::new();
    for (name, wanted, place) in &file.parts {
        let is = part(&node, name);
        if is == *wanted || (name == "mode" && octal(&is) == octal(wanted)) {
            continue;
        }
        if name == "content" {
            let problem = Problem::at(place, format!("{path} has different content{on}"));
            found.push(failure_with(&problem, &difference(wanted, &is)));
        } else {
            let message = format!("the {name} of {path} is {is}{on}");
            found.push(failure(&Problem::at(place, message)));
        }
    }
    let content = part(&node, "content");
    for (line, place) in &file.lines {
        if !content.lines().any(|held| held == line) {
            let problem = Problem::at(place, format!("{path} has no such line{on}"));
            found.push(failure_with(&problem, &content));
        }
    }
    found
}

fn octal(mode: &str) -> Option<u32> {
    u32::from_str_radix(mode, 8).ok()
}

/// Returns one attribute of a path, in the form that cases use.
fn part(node: &Node, name: &str) -> String {
    match name {
        "state" => match node.kind {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Symlink { .. } => "link",
            Kind::Other => "other",
        }
        .to_owned(),
        "content" => {
            let content = node.content.as_deref().unwrap_or_default();
            String::from_utf8_lossy(content).into_owned()
        }
        "mode" => format!("{:04o}", node.mode),
        "owner" => node.owner.clone(),
        "group" => node.group.clone(),
        _ => match &node.kind {
            Kind::Symlink { target } => target.to_string(),
            _ => String::new(),
        },
    }
}

fn difference(wanted: &str, found: &str) -> String {
    let difference = TextDiff::from_lines(wanted, found);
    difference
        .unified_diff()
        .header("expected", "found")
        .to_string()
}
