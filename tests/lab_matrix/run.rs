//! One run of a playbook, which may be killed while it is under way.

use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, root};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A run that is under way.
pub(super) struct Going<'a> {
    lab: &'a Lab,
    child: Child,
    process: String,
    lines: Lines<BufReader<ChildStdout>>,
    errors: tempfile::NamedTempFile,
    told: Vec<Value>,
}

/// What a run that has ended has told.
pub(super) struct Ended {
    pub(super) code: i32,
    /// All messages, blanks and line breaks as one blank.
    pub(super) text: String,
    /// The tasks that changed something, with their hosts.
    pub(super) changed: Vec<String>,
    /// Whether a host was lost.
    pub(super) is_cut_off: bool,
    /// How many events were told.
    pub(super) events: usize,
}

impl<'a> Going<'a> {
    pub(super) fn start(cluster: &'a Cluster, path: &str, further: &[&str]) -> Self {
        let lab = &cluster.lab;
        let errors = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new(root().join("tests/lab"));
        // The shell tells the process that it becomes.
        let binary = env!("CARGO_BIN_EXE_rmqplay");
        command.args([
            "--name",
            lab.name(),
            "ctl",
            "sh",
            "-c",
            "echo $$; exec \"$@\"",
            "-",
        ]);
        command.args([binary, "run", path, "--output", "json"]);
        command.args(&cluster.options).args(further);
        command.current_dir(root()).stdin(Stdio::null());
        command
            .stdout(Stdio::piped())
            .stderr(errors.reopen().unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let process = lines.next().unwrap().unwrap();
        Self {
            lab,
            child,
            process,
            lines,
            errors,
            told: Vec::new(),
        }
    }

    /// Waits for so many results, or for a result of this task on every host; returns whether they came.
    pub(super) fn until(&mut self, is_enough: impl Fn(&[Value]) -> bool) -> bool {
        while !is_enough(&self.told) {
            let Some(Ok(line)) = self.lines.next() else {
                return false;
            };
            self.told.push(serde_json::from_str(&line).unwrap());
        }
        true
    }

    /// Kills it, as nothing can prevent, and returns the last task that it told of.
    pub(super) fn kill(mut self) -> String {
        self.lab.run(&["ctl", "kill", "-KILL", &self.process]);
        self.child.wait().unwrap();
        let last = self.told.last().map(|event| event["task"].to_string());
        last.unwrap_or_default()
    }

    pub(super) fn end(mut self) -> Ended {
        self.until(|_| false);
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let mut words = std::fs::read_to_string(self.errors.path()).unwrap();
        let mut changed = Vec::new();
        for event in &self.told {
            words.push_str(&format!(
                " {} {}",
                text(event, "msg"),
                event["result"]["results"]
            ));
            if text(event, "status") == "changed" {
                changed.push(format!(
                    "{} on {}",
                    text(event, "task"),
                    text(event, "host")
                ));
            }
        }
        Ended {
            code,
            text: words.split_whitespace().collect::<Vec<_>>().join(" "),
            changed,
            is_cut_off: self
                .told
                .iter()
                .any(|event| event["status"] == "unreachable"),
            events: self.told.len(),
        }
    }
}
