//! A program on a terminal of its own, as a person has it.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

/// A program on a terminal of its own. util-linux's `script` makes the terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<(Mutex<Screen>, Condvar)>,
}

#[derive(Default)]
struct Screen {
    text: String,
    closed: bool,
}

impl Terminal {
    /// Starts a program.
    pub(crate) fn run(words: &[String]) -> Self {
        let quoted = words.iter().map(|word| format!("'{word}'"));
        let line = quoted.collect::<Vec<_>>().join(" ");
        // ^C reaches this shell as well, and dash would end of it.
        let line = format!("trap : INT; {line}; echo ended with $?; stty -a");
        let mut child = Command::new("script")
            .env("SHELL", "/bin/sh")
            .args(["-qfc", &line, "/dev/null"])
            .current_dir(crate::lab_hosts::root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut shown = child.stdout.take().unwrap();
        let screen: Arc<(Mutex<Screen>, Condvar)> = Arc::default();
        let written = screen.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let length = shown.read(&mut buffer).unwrap_or(0);
                let mut screen = written.0.lock().unwrap();
                screen.closed = length == 0;
                screen
                    .text
                    .push_str(&String::from_utf8_lossy(&buffer[..length]));
                written.1.notify_all();
                if length == 0 {
                    return;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until a text is shown.
    pub(crate) fn wait_for(&self, text: &str) {
        let screen = self.screen.0.lock().unwrap();
        let screen = self.screen.1.wait_while(screen, |screen| {
            !screen.closed && !screen.text.contains(text)
        });
        let screen = screen.unwrap();
        assert!(screen.text.contains(text), "{text:?}: {}", screen.text);
    }

    /// Asserts that nothing more is shown for a while: several ticks of a live line.
    pub(crate) fn stays_as_it_is(&self) {
        let screen = self.screen.0.lock().unwrap();
        let before = screen.text.clone();
        let while_ticking = std::time::Duration::from_millis(500);
        let same = |screen: &mut Screen| screen.text == before;
        let (screen, waited) = self
            .screen
            .1
            .wait_timeout_while(screen, while_ticking, same)
            .unwrap();
        assert!(waited.timed_out(), "{:?}", &screen.text[before.len()..]);
    }

    /// Waits for its end, after which the terminal must be as before; returns all that was shown,
    /// with `ended with CODE`.
    pub(crate) fn end(mut self) -> String {
        let screen = self.screen.0.lock().unwrap();
        let screen = self.screen.1.wait_while(screen, |screen| !screen.closed);
        let text = std::mem::take(&mut screen.unwrap().text);
        self.child.wait().unwrap();
        let (shown, state) = text.split_once("ended with ").unwrap_or((&text, ""));
        for off in [" -echo ", " -icanon", " -isig"] {
            assert!(!state.contains(off), "{off}: {text}");
        }
        let shows = |code: &str| shown.matches(code).count();
        assert_eq!(
            shows("\x1b[?25l"),
            shows("\x1b[?25h"),
            "the cursor is hidden"
        );
        text
    }
}

/// Runs a play on this machine.
fn play(folder: &std::path::Path, play: &str, options: &[&str]) -> Terminal {
    let path = folder.join("playbook.yml");
    std::fs::write(&path, play).unwrap();
    let path = path.display().to_string();
    let program = env!("CARGO_BIN_EXE_rmqplay");
    let words = [
        "env",
        "TERM=xterm",
        program,
        "run",
        &path,
        "-i",
        "localhost,",
    ];
    let words = words.into_iter().chain(options.iter().copied());
    Terminal::run(&words.map(str::to_owned).collect::<Vec<_>>())
}

const PROMPTS: &str = "\
- hosts: localhost
  gather_facts: false
  connection: local
  vars_prompt: [{name: word, prompt: Which word, private: false}, {name: secret}]
  tasks:
    - pause: {prompt: Go on}
    - debug: {msg: \"{{ word }} {{ secret | length }}\"}
";

#[test]
fn a_question_stays_until_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = play(folder.path(), PROMPTS, &["--step"]);
    for (question, answer) in [
        ("Which word: ", "hello"),
        ("secret: ", "12345"),
        ("Run task \"pause\"?", "y"),
        ("Go on: ", ""),
        ("Run task \"debug\"?", "y"),
    ] {
        terminal.wait_for(question);
        if question.ends_with(' ') {
            terminal.stays_as_it_is();
        }
        terminal.press(answer.as_bytes());
        terminal.press(b"\n");
    }
    let shown = terminal.end();
    assert!(shown.contains("hello 5"), "{shown}");
    assert!(!shown.contains("12345"), "{shown}");
}

#[test]
fn the_terminal_is_as_before_after_ctrl_c_at_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let questions = ["Which word: ", "secret: ", "Go on: "];
    for ended_at in questions {
        let mut terminal = play(folder.path(), PROMPTS, &[]);
        for question in questions {
            terminal.wait_for(question);
            if question == ended_at {
                break;
            }
            terminal.press(b"x\n");
        }
        terminal.press(b"\x03");
        let shown = terminal.end();
        assert!(shown.contains("ended with 99"), "{shown}");
        assert!(!shown.contains("there is no terminal"), "{shown}");
    }
}

#[test]
fn one_ctrl_c_ends_a_run_that_waits_for_a_person() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, options, waits_for) in [
        ("{prompt: Go on}", &[][..], "Go on: "),
        ("{prompt: Go on, echo: false}", &[], "Go on: "),
        ("{seconds: 1000}", &[], "pause"),
        ("{prompt: Go on}", &["--step"], "run all the rest: "),
    ] {
        let text = format!(
            "- hosts: localhost\n  gather_facts: false\n  connection: local\n  tasks:\n    \
             - pause: {arguments}\n    - debug: {{msg: too far}}\n"
        );
        let mut terminal = play(folder.path(), &text, options);
        terminal.wait_for(waits_for);
        // Half of an answer is none.
        terminal.press(b"y");
        terminal.press(b"\x03");
        let shown = terminal.end();
        for expected in ["interrupted: stopping", "PLAY RECAP", "ended with 99"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
        assert!(!shown.contains("too far"), "{shown}");
    }
}

const LOOKUP: &str = "\
- hosts: localhost
  gather_facts: false
  connection: local
  tasks:
    - debug: {msg: \"{{ lookup('pipe', 'echo $$ begins >&2; sleep 1000; :') }}\"}
";

#[test]
fn the_command_of_a_lookup_ends_at_the_first_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = play(folder.path(), LOOKUP, &[]);
    terminal.wait_for("begins");
    terminal.press(b"\x03");
    let shown = terminal.end();
    for expected in ["interrupted: stopping", "PLAY RECAP", "ended with 99"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

#[test]
fn the_command_of_a_lookup_ends_with_the_time_of_its_task() {
    let folder = tempfile::tempdir().unwrap();
    let of_task = LOOKUP.replace("    - debug", "    - timeout: 1\n      debug");
    for (play_text, options) in [(of_task.as_str(), &[][..]), (LOOKUP, &["--task-timeout=1"])] {
        let shown = play(folder.path(), play_text, options).end();
        for expected in ["timed out", "PLAY RECAP", "ended with 2"] {
            assert!(shown.contains(expected), "{expected}: {shown}");
        }
    }
}

/// Returns a play on this machine with these tasks.
fn tasks(tasks: &str) -> String {
    format!("- hosts: localhost\n  gather_facts: false\n  connection: local\n  tasks:\n{tasks}")
}

#[test]
fn a_pause_waits_for_the_user_unless_it_has_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let after = "    - debug: {msg: went on}\n";
    let mut terminal = play(
        folder.path(),
        &tasks(&format!("    - pause:\n{after}")),
        &[],
    );
    terminal.wait_for("Press Enter to continue, ^C to interrupt: ");
    terminal.stays_as_it_is();
    terminal.press(b"\n");
    assert!(terminal.end().contains("went on"));
    // Nobody presses a key.
    let timed = format!("    - pause: {{prompt: Going on soon, seconds: 1}}\n{after}");
    let shown = play(folder.path(), &tasks(&timed), &[]).end();
    let (prompt, end) = (shown.find("Going on soon"), shown.find("went on"));
    assert!(prompt.is_some() && prompt < end, "{shown}");
    // The end of the input is not an answer.
    let gate = format!("    - pause: {{prompt: Sure}}\n{after}");
    let mut terminal = play(folder.path(), &tasks(&gate), &[]);
    terminal.wait_for("Sure: ");
    terminal.press(b"\x04");
    let shown = terminal.end();
    assert!(shown.contains("the input ended (^D)"), "{shown}");
    assert!(!shown.contains("went on"), "{shown}");
}

#[test]
fn a_question_of_vars_prompt_shows_its_default_and_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "- hosts: localhost\n  gather_facts: false\n  connection: local\n  \
                vars: {who: me, hide: \"no\"}\n  \
                vars_prompt: [{name: a, prompt: \"Word of {{ who }}\", default: d, private: \"{{ hide }}\"}, \
                {name: b, private: false, confirm: true}]\n  \
                tasks:\n    - debug: {msg: \"a={{ a }} b={{ b }}\"}\n";
    let mut terminal = play(folder.path(), text, &[]);
    for (question, answer) in [
        ("Word of me [d]: ", "\n"),
        ("b: ", "one\n"),
        ("confirm b: ", "two\n"),
        // The terminal keeps the second line until it is asked for.
        ("differ", "three\nthree\n"),
    ] {
        terminal.wait_for(question);
        terminal.press(answer.as_bytes());
    }
    let shown = terminal.end();
    assert!(shown.contains("a=d b=three"), "{shown}");
    let mut terminal = play(folder.path(), text, &[]);
    terminal.wait_for("[d]: ");
    terminal.press(b"\x04");
    let shown = terminal.end();
    let error = "\nerror: \"a\" has no value: the input ended (^D)";
    let plain = anstream::adapter::strip_str(&shown)
        .to_string()
        .replace('\r', "");
    assert!(plain.contains(error), "{plain}");
}

#[test]
fn nothing_stays_above_an_error_or_a_list_and_names_stay_on_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let live = |shown: &str| shown.contains('\u{2801}') || shown.contains(" 0s");
    let shown = play(folder.path(), &tasks("    - nosuch:\n"), &[]).end();
    assert!(shown.contains("error") && !live(&shown), "{shown}");
    let named =
        "    - debug: {msg: x}\n      name: \"one\\ntwo\\e[31m\"\n      tags: \"a\\e]0;b\"\n";
    for list in ["--list-tasks", "--list-tags", "--list-hosts"] {
        let shown = play(folder.path(), &tasks(named), &[list]).end();
        assert!(!live(&shown) && !shown.contains("\u{1b}[31m"), "{shown}");
        assert!(!shown.contains("\u{1b}]0"), "{shown}");
        assert_eq!(
            shown.contains("one\\ntwo\\u{1b}[31m"),
            list == "--list-tasks",
            "{shown}"
        );
    }
    let mut terminal = play(folder.path(), &tasks(named), &["--step"]);
    terminal.wait_for("Run task \"one\\ntwo\\u{1b}[31m\"?");
    terminal.press(b"n\n");
    terminal.end();
}

#[test]
fn the_keyword_diff_shows_the_difference_of_its_task() {
    let folder = tempfile::tempdir().unwrap();
    for (keyword, is_shown) in [
        ("diff: true", true),
        ("diff: false", false),
        ("retries: 1", false),
    ] {
        let text = tasks(&format!(
            "    - copy: {{dest: \"{{{{ playbook_dir }}}}/out\", content: \"{keyword}\\n\"}}\n      {keyword}\n"
        ));
        let shown = play(folder.path(), &text, &[]).end();
        assert_eq!(shown.contains(&format!("+{keyword}")), is_shown, "{shown}");
    }
}
