//! Changes and machines as text and data that cases can be compared with.

use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::change::{Change, Sets};
use rmqplay::host::{
    Answer, Content, Host, Kind, Limits, Node, Ownership, ProcessMatch, Question, Step,
};
use rmqplay::value::{Fields, Value};
use serde_json::{Value as Json, json};

/// Returns each step as one line: what is done, to what, and what it will be like.
pub(super) fn plan_lines(change: &Change) -> Vec<String> {
    change
        .steps
        .iter()
        .map(|step| masked(&line(step)))
        .collect()
}

fn line(step: &Step) -> String {
    match step {
        Step::Write {
            path,
            ownership,
            backup,
            validate,
            ..
        } => {
            let backup = if backup.is_some() { " backup" } else { "" };
            let validate = if validate.is_some() { " validate" } else { "" };
            format!("write {path}{}{backup}{validate}", owned(ownership))
        }
        Step::Mkdir { path, ownership } => format!("mkdir {path}{}", owned(ownership)),
        Step::Symlink { path, target, .. } => format!("symlink {path} -> {target}"),
        Step::Hardlink { path, target } => format!("hardlink {path} -> {target}"),
        Step::Attributes { path, after, .. } => format!("attributes {path}{}", owned(after)),
        Step::Touch { path, .. } => format!("touch {path}"),
        Step::Remove { path, .. } => format!("remove {path}"),
        Step::Rename { from, to } => format!("rename {from} -> {to}"),
        Step::Copy {
            from,
            to,
            ownership,
            ..
        } => format!("copy {from} -> {to}{}", owned(ownership)),
        Step::Unpack(unpack) => format!(
            "unpack {} -> {}: {}",
            unpack.name,
            unpack.directory,
            unpack.entries.len()
        ),
        Step::Fetch(fetched) => format!("fetch {}", fetched.from),
        Step::Run { command, .. } => format!("run {}", command.display()),
        Step::StartProcess(start) => format!("start {}", start.argv.join(" ")),
        Step::EndMarked(_) => "end what was started".to_owned(),
        Step::SignalProcess { pid, signal, .. } => format!("signal {pid} {signal}"),
        Step::User { before, after, .. } => {
            let name = after.as_ref().or(before.as_ref()).map(|user| &user.name);
            account("user", name, before.is_some(), after.is_some())
        }
        Step::Group { before, after, .. } => {
            let name = after.as_ref().or(before.as_ref()).map(|group| &group.name);
            account("group", name, before.is_some(), after.is_some())
        }
        Step::Wait(wait) => format!("wait for {}", wait.what),
        Step::Set(setting) => {
            let setters = setting.setters.iter().map(rmqplay::host::Command::display);
            format!(
                "set {}: {}",
                setting.name,
                setters.collect::<Vec<_>>().join("; ")
            )
        }
        Step::Talk(talk) => talk.what.clone(),
        Step::Lock(lock) => format!("lock {}", lock.name),
    }
}

/// Returns a line with `RANDOM` for each long run of hexadecimal digits: a name nobody foresees.
fn masked(line: &str) -> String {
    let mut masked = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
        if digits >= 16 {
            masked += "RANDOM";
        }
        let (taken, after) = rest.split_at(digits.max(first.len_utf8()));
        if digits < 16 {
            masked += taken;
        }
        rest = after;
    }
    masked
}

fn account(kind: &str, name: Option<&String>, before: bool, after: bool) -> String {
    let verb = match (before, after) {
        (false, _) => "add",
        (true, true) => "change",
        (true, false) => "remove",
    };
    format!("{verb} {kind} {}", name.map_or("", String::as_str))
}

fn owned(ownership: &Ownership) -> String {
    let mode = ownership.mode.map(|mode| format!("{mode:04o}"));
    let owner = ownership.owner.as_ref().map(|name| format!("owner={name}"));
    let group = ownership.group.as_ref().map(|name| format!("group={name}"));
    let parts = [mode, owner, group].into_iter().flatten();
    parts.fold(String::new(), |line, part| line + " " + &part)
}

/// Returns all differences with their headers.
pub(super) fn differences(change: &Change) -> String {
    let shown = change.differences().into_iter().map(|diff| {
        format!(
            "--- {}\n+++ {}\n{}",
            diff.before_header, diff.after_header, diff.text
        )
    });
    masked(&shown.collect::<String>())
}

/// Returns the variables or facts that a change sets.
pub(super) fn sets(change: &Change) -> Value {
    match &change.sets {
        Sets::Nothing | Sets::Unknown { .. } => Value::from(()),
        Sets::Facts(fields)
        | Sets::NamedFacts(fields)
        | Sets::Variables(fields)
        | Sets::Cacheable(fields) => Value::from_pairs(Fields::clone(fields)),
        Sets::Included(variables) => Value::from_pairs(
            variables
                .iter()
                .map(|(name, value)| (name.to_value().to_string(), value.to_value())),
        ),
    }
}

/// Returns a value as JSON.
pub(super) fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_else(|error| json!(error.to_string()))
}

/// Returns what stands at a path, links not followed.
pub(super) fn path(host: &dyn Host, path: &Utf8Path) -> Json {
    match ask(host, look(path)) {
        Ok(answer) => described(answer.into_path()),
        Err(_) => json!({ "kind": "unreadable" }),
    }
}

fn look(path: &Utf8Path) -> Question {
    Question::Path {
        path: path.to_owned(),
        follow: false,
        content: Content::UpTo(1_000_000),
    }
}

fn described(node: Option<Node>) -> Json {
    let Some(node) = node else {
        return json!({ "kind": "absent" });
    };
    let (kind, target) = match &node.kind {
        Kind::File => ("file", None),
        Kind::Directory => ("directory", None),
        Kind::Symlink { target } => ("link", Some(target.as_str())),
        Kind::Other => ("other", None),
    };
    let content = node
        .content
        .map(|content| String::from_utf8_lossy(&content).into_owned());
    json!({
        "kind": kind,
        "target": target,
        "content": content,
        "mode": format!("{:04o}", node.mode),
        "owner": node.owner,
        "group": node.group,
        // File systems count the links of directories in ways of their own.
        "links": (node.kind != Kind::Directory).then_some(node.links),
    })
}

/// Directories of a real machine that hold its programs, and files that tell its accounts.
const PROGRAMS: [&str; 9] = [
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/dev",
];
const ACCOUNTS: [&str; 6] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/.pwd.lock",
    "/etc/sub",
];

fn is_shown(path: &Utf8Path) -> bool {
    // A kept copy is named after the moment.
    let is_copy = path.as_str().ends_with('~');
    let is_account = ACCOUNTS.iter().any(|file| path.as_str().starts_with(file));
    !is_copy && !is_account && !PROGRAMS.contains(&path.as_str())
}

/// Returns everything that can be found out about a machine, but for times.
pub(super) fn everything(host: &dyn Host) -> Vec<String> {
    let mut folders = vec![Utf8PathBuf::from("/")];
    let mut paths = Vec::new();
    while !folders.is_empty() {
        let question = |path: &Utf8PathBuf| Question::Tree {
            path: path.clone(),
            depth: Some(1),
        };
        let questions: Vec<_> = folders.iter().map(question).collect();
        let answers = host.ask(&questions, &Limits::default()).unwrap();
        let below = answers.into_iter().flat_map(Answer::into_tree);
        let below: Vec<_> = below.filter(|(path, _)| is_shown(path)).collect();
        paths.extend(below.iter().map(|(path, _)| path.clone()));
        let is_folder =
            |(path, node): (Utf8PathBuf, Node)| (node.kind == Kind::Directory).then_some(path);
        folders = below.into_iter().filter_map(is_folder).collect();
    }
    paths.sort();
    let questions: Vec<_> = paths.iter().map(|path| look(path)).collect();
    let found: Vec<_> = match host.ask(&questions, &Limits::default()) {
        Ok(found) => found
            .into_iter()
            .map(Answer::into_path)
            .map(described)
            .collect(),
        // One of them cannot be read, such as the log of a program that check mode did not start.
        Err(_) => paths.iter().map(|one| path(host, one)).collect(),
    };
    let mut shown: Vec<_> = paths
        .iter()
        .zip(found)
        .map(|(path, found)| format!("{path} {found}"))
        .collect();
    let all = Question::Processes(ProcessMatch::default());
    if let Ok(Answer::Processes(processes)) = ask(host, all) {
        shown.extend(processes.iter().map(|process| {
            format!(
                "{} {} {}",
                process.executable,
                process.argv.join(" "),
                process.user
            )
        }));
    }
    shown
}

fn ask(host: &dyn Host, question: Question) -> Result<Answer, rmqplay::host::HostError> {
    let mut answers = host.ask(&[question], &Limits::default())?;
    Ok(answers.remove(0))
}
