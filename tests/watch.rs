//! `run --watch`: the same run again and again, as a person and a pipe see it.

use crate::terminal::Terminal;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

/// A playbook that fails, so that its exit code tells it from one that was interrupted.
fn playbook() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
    let text = "- hosts: all\n  gather_facts: false\n  tasks:\n    - fail: {msg: it is down}\n";
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn words(playbook: &tempfile::NamedTempFile) -> Vec<String> {
    let path = playbook.path().to_str().unwrap();
    let words = [
        "run",
        path,
        "-i",
        "localhost,",
        "-c",
        "local",
        "--watch",
        "1",
    ];
    words.map(str::to_owned).into()
}

#[test]
fn in_a_pipe_each_run_has_a_line_above_it() {
    let playbook = playbook();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command.args(words(&playbook)).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut recaps = 0;
    let mut above = 0;
    for line in lines {
        let line = line.unwrap();
        assert!(!line.contains('\x1b'), "{line:?}");
        above += usize::from(line.starts_with("--- 2"));
        recaps += usize::from(line.contains("1 host (1 failed)"));
        if recaps == 2 {
            break;
        }
    }
    assert_eq!(above, 2);
    let pid = child.id().to_string();
    let status = Command::new("kill").args(["-INT", &pid]).status();
    assert!(status.unwrap().success());
    // How the last run that was complete ended.
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn on_a_terminal_a_run_takes_the_place_of_the_one_before() {
    let playbook = playbook();
    let binary = env!("CARGO_BIN_EXE_rmqplay").to_owned();
    let words = [vec![binary], words(&playbook)].concat();
    let mut terminal = Terminal::run(&words);
    terminal.wait_for("it is down");
    terminal.press(b"\x03");
    let text = terminal.end();
    assert!(text.contains("ended with 2"), "{text}");
    let (_, shown) = text.split_once("\x1b[2J\x1b[3J\x1b[H").unwrap();
    assert!(
        shown.contains("(^C to exit)") && shown.contains("PLAY RECAP"),
        "{text}"
    );
}
