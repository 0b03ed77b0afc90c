//! Secrets are nowhere but where they are wanted.

use crate::lab_faults::{Playbook, controller};
use crate::sshd::program;
use crate::terminal::Terminal;
use base64::Engine as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What no secret is without.
const CANARY: &str = "kanarienvogel";

/// The password of `operator`, to log in and for sudo.
const PASSWORD: &str = "kanarienvogel's $password\"";

/// The words of a task that hides them, and what is typed when asked.
const HIDDEN: &str = "kanarienvogel hidden";
const TYPED: &str = "kanarienvogel typed";

/// Looks at arguments and environments of all processes, those of the hosts among them, until it
/// is dropped.
struct Lookout {
    ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Lookout {
    fn begin() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let told = ends.clone();
        let thread = std::thread::spawn(move || {
            let mut found = Vec::new();
            while !told.load(Ordering::SeqCst) {
                found.extend(look());
            }
            found
        });
        Self {
            ends,
            thread: Some(thread),
        }
    }

    /// Returns the processes that had a secret.
    fn end(&mut self) -> Vec<String> {
        self.ends.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap()
    }
}

fn look() -> Vec<String> {
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            let bytes = std::fs::read(process.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            if text.contains(CANARY) {
                found.push(format!("{file}: {text}"));
            }
        }
    }
    found
}

/// What a user may do with secrets; each task fails or shows something.
const TASKS: &str = r#"    - command: cat
      args: {stdin: "{{ hidden }}"}
      register: said
      no_log: true
    - debug: {msg: "{{ said.stdout }}"}
      no_log: true
    - fail: {msg: "{{ hidden }}"}
      no_log: true
      ignore_errors: true
    - copy: {dest: /srv/secret, content: "{{ hidden }}\n", mode: '0600'}
      no_log: true
    - lineinfile: {path: /srv/secret, line: "and {{ hidden }}"}
      no_log: true
    - command: cat {{ item }}
      loop: ["/no/such/{{ hidden | hash }}"]
      loop_control: {label: "{{ hidden }}"}
      no_log: true
      ignore_errors: true
    - file: {path: /srv/secret, state: absent}
    - debug: {msg: "{{ ansible_become_password }} {{ ansible_password }}"}
    - debug: {var: ansible_become_password}
    - debug: {msg: "{{ {'a': [ansible_password | b64encode, ansible_password | to_json]} }}"}
    - fail: {msg: "no: {{ ansible_password }}"}
      ignore_errors: true
    - copy: {dest: /srv/shown, content: "{{ ansible_password }}\n", mode: '0600'}
    - replace: {path: /srv/shown, regexp: '^', replace: 'x'}
    - file: {path: /srv/shown, state: absent}
    - command: sleep 0.3
"#;

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn shows_no_secret(what: &str, text: &str) {
    let line = text.lines().find(|line| line.contains(CANARY));
    assert_eq!(line, None, "{what}");
    let encoded = base64::engine::general_purpose::STANDARD.encode(PASSWORD);
    assert!(!text.contains(&encoded), "{what}: {text}");
}

#[test]
fn controller_shows_no_secret_anywhere() {
    let Some(lab) = controller() else { return };
    let hash = program(&["openssl", "passwd", "-6", PASSWORD]);
    for host in ["1", "2"] {
        lab.run(&["enter", host, "usermod", "-p", hash.trim(), "operator"]);
    }
    let given = file(&format!(
        "{{ansible_user: operator, ansible_ssh_private_key_file: none, ansible_become: true, \
          ansible_password: {0}, ansible_become_password: {0}, hidden: {1}}}",
        json(PASSWORD),
        json(HIDDEN)
    ));
    let given = format!("@{}", given.path().display());
    let wrong = file(&format!("{{ansible_become_password: {CANARY} wrong}}"));
    let wrong = format!("@{}", wrong.path().display());
    let events = tempfile::NamedTempFile::new().unwrap();
    let events = events.path().to_str().unwrap();
    let playbook = Playbook::of_tasks(TASKS);
    // What is not seen at all would prove nothing.
    let mut seen = Command::new("sh")
        .args(["-c", "read wait", CANARY])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    assert!((0..1000).any(|_| look().len() == 1));
    drop(seen.stdin.take());
    seen.wait().unwrap();
    let mut lookout = Lookout::begin();
    for further in [
        &["-vvvv", "--diff"][..],
        &["--check", "--diff", "-v"],
        &["--output", "json", "--diff", "-vvvv"],
        &["--events", events, "--diff"],
        &["-e", &wrong, "-vvvv"],
    ] {
        let output = playbook.run(&[&["-e", &given], further].concat());
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let code = if further.contains(&wrong.as_str()) {
            2
        } else {
            0
        };
        assert_eq!(output.status.code(), Some(code), "{text}");
        shows_no_secret(&format!("{further:?}"), &text);
        assert_eq!(text.contains("no: ********"), code == 0, "{text}");
    }
    shows_no_secret("events", &std::fs::read_to_string(events).unwrap());
    asked_for(&given);
    assert_eq!(lookout.end(), [""; 0]);
    for host in ["1", "2"] {
        let written = lab.run(&["written", host]);
        for line in written.lines() {
            let mut fields = line.split('\t');
            if let (Some(path), Some("f")) = (fields.next(), fields.next()) {
                let has = lab.try_run(&["enter", host, "grep", "-F", CANARY, path]);
                assert!(!has.status.success(), "{path}");
            }
        }
    }
}

/// A secret that is typed is not shown while it is typed, and not later.
fn asked_for(given: &str) {
    let playbook = file(
        "- hosts: all\n  gather_facts: false\n  vars_prompt:\n    - {name: typed, prompt: Secret word}\n  \
         tasks:\n    - debug: {msg: \"{{ typed }}\"}\n    - fail: {msg: \"{{ typed }}\"}\n",
    );
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut words = Playbook::of_tasks("").words();
    words[2] = path(playbook.path());
    words.extend(["-e".to_owned(), given.to_owned(), "-vvvv".to_owned()]);
    let mut terminal = Terminal::run(&words);
    terminal.wait_for("Secret word");
    terminal.press(format!("{TYPED}\n").as_bytes());
    let text = terminal.end();
    assert!(text.contains("ended with 2"), "{text}");
    shows_no_secret("typed", &text);
}
