//! Commands and scripts on this machine.

use super::super::task::Task;
use super::Machine;
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Limits, Local, Output};
use std::sync::Arc;

fn output(machine: &Machine, task: &Task) -> Output {
    let change = task.plan(&machine.host).unwrap();
    let output = change.apply(&*machine.host, &Limits::default()).unwrap();
    output.unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_script_is_there_while_it_runs_and_not_longer() {
    for shell in ["dash", "bash", "busybox sh"] {
        let mut machine = Machine::new();
        machine.host = Arc::new(ShellHost::new(Arc::new(Local::default()), shell, None));
        let folder = machine.path("");
        let args = format!("{{cmd: \"it\\\\'s.sh 'a b'\", chdir: {folder}}}");
        let text = "#!/bin/sh\necho \"$1\"; pwd; cat; ls -ld \"${0%/*}\" | cut -c1-10; echo \"$0\"; exit 3\n";
        let task = Task::written("script", &args).with_file("it's.sh", text.as_bytes());
        let output = output(&machine, &task);
        assert_eq!(
            output.status,
            3,
            "{shell}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let shown = printed(&output);
        let lines: Vec<_> = shown.lines().collect();
        let [argument, directory, mode, path] = lines[..] else {
            panic!("{shell}: {shown}");
        };
        assert_eq!((argument, mode), ("a b", "drwx------"), "{shell}");
        assert_eq!(format!("{directory}/"), folder.as_str(), "{shell}");
        assert!(path.ends_with("/it's.sh"), "{path}");
        let left = std::path::Path::new(path).parent().unwrap();
        assert!(!left.exists(), "{shell}: {}", left.display());
    }
}

#[test]
fn a_command_gets_its_words_environment_and_input_as_they_are() {
    let machine = Machine::new();
    let args = r#"{argv: [sh, -c, 'printf "%s|" "$0" "$@"; cat', "*", "$HOME 'x'", "a\nb"], stdin: in, expand_argument_vars: no}"#;
    let output = output(&machine, &Task::written("command", args));
    assert_eq!(printed(&output), "*|$HOME 'x'|a\nb|in\n");
}
