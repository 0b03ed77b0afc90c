//! `rmqplay repl`: entries from a file and from a person at a terminal, on this machine.

use crate::terminal::Terminal;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Types entries as a file and returns what is shown.
fn typed(arguments: &str, entries: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .arg("repl")
        .args(arguments.split_whitespace())
        .current_dir("tests/command_line")
        .env_remove("RMQPLAY_INVENTORY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that ends at once does not read.
    let _ = child.stdin.take().unwrap().write_all(entries.as_bytes());
    let output = child.wait_with_output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let lines = entries.lines().map(|line| format!("> {line}\n"));
    let entries: String = lines.collect();
    let code = output.status.code();
    format!("$ rmqplay repl {arguments}\n{entries}{out}--- stderr\n{err}--- exit code {code:?}\n\n")
}

#[test]
fn entries_are_carried_out_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new").display().to_string();
    let mut told = String::new();
    for (arguments, entries) in [
        (
            "",
            "let found = stat(#{path: \"site.yml\"}).stat.exists;\nfound\n\
             fn greeting(name) {\n    `hello ${name}`\n}\ngreeting(\"you\")\n\
             let made = command(\"echo one\");\nmade.stdout\n#{a: [1, 2], b: #{c: \"text\"}}\n\
             log(`on ${host}`);\n\"secret\" in vars\nrender(\"{{ inventory_hostname | upper }}\")\n\
             try { command(\"false\") } catch (error) { error.task }\n\
             set_fact(#{port: 80}).changed\nvars.port + 1\n:help\n:quit\nnothing more\n",
        ),
        ("", "let x = 1;\nx.y\nx\n"),
        ("", "command(\"false\")\n1\n"),
        ("", "copy(#{path: \"/x\", content: \"\"})\n"),
        ("", "stat()\n"),
        ("", "fn f(a) {\n    a.b\n}\n\nf(#{})\n"),
        ("", "fn f( {\n"),
        (
            "-C",
            "let ran = command(\"touch NEW\");\nran.stdout\ncheck_mode\n",
        ),
        (
            "-C -D",
            "copy(#{dest: \"NEW\", content: \"a\\n\", mode: \"0644\"}).changed\n",
        ),
        ("", "task(\"t\", #{no_log: true}, || fail(\"hidden\"))\n"),
        ("-i a,b", ""),
        ("-i a,b -l c", ""),
    ] {
        let shown = typed(arguments, &entries.replace("NEW", &new));
        let _ = write!(told, "{}", shown.replace(&new, "NEW"));
    }
    assert!(!folder.path().join("new").exists());
    insta::assert_snapshot!(told);
}

#[test]
fn a_person_types_over_several_lines_and_calls_off_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("XDG_CONFIG_HOME={}", folder.path().display());
    let words = [
        "env",
        &config,
        "TERM=xterm",
        env!("CARGO_BIN_EXE_rmqplay"),
        "repl",
    ];
    let mut terminal = Terminal::run(&words.map(str::to_owned));
    terminal.wait_for("Type :help");
    terminal.press(b"let x = #{\r");
    terminal.press(b"a: 41 }; `set ${x.a}`\r");
    terminal.wait_for("set 41");
    terminal.press(b"`sum ${x.a + 1}`\r");
    terminal.wait_for("sum 42");
    terminal.press(b"x.b\r");
    terminal.wait_for("the map has no key");
    terminal.press(b"log(`be${\"gins\"}`); command(\"sleep 1000\")\r");
    terminal.wait_for("begins");
    terminal.press(b"\x03");
    terminal.wait_for("interrupted: stopping");
    terminal.press(b"`sum ${x.a + 2}`\r");
    terminal.wait_for("sum 43");
    terminal.press(b":quit\r");
    let shown = terminal.end();
    assert!(shown.contains("ended with 0"), "{shown}");
    let history = folder.path().join("rmqplay/repl_history");
    let kept = std::fs::read_to_string(history).unwrap();
    assert!(kept.contains("sum ${x.a + 2}"), "{kept}");
}
