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
