//! A lock: one run has it, others are told which, and it ends with its run, whatever ends that.

use rmqplay::host::shell::ShellHost;
use rmqplay::host::{
    Answer, Host, HostError, Limits, Local, Lock, Memory, Overlay, Question, Step,
};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};

const SHELLS: [&str; 3] = ["dash", "bash", "busybox sh"];

fn local(shell: &str) -> ShellHost {
    ShellHost::new(Arc::new(Local::default()), shell, None)
}

/// Returns a name that no other test has.
fn name(of: &str) -> String {
    format!("test-{}-{}", of.replace(' ', "-"), std::process::id())
}

fn lock(name: &str, holder: &str) -> Lock {
    Lock {
        name: name.to_owned(),
        holder: holder.to_owned(),
    }
}

/// Where the host keeps it.
fn folder(name: &str) -> PathBuf {
    format!("/var/tmp/.rmqplay-lock-{name}").into()
}

/// Takes a lock; an error is who has it.
fn take(host: &dyn Host, name: &str, holder: &str) -> Result<(), String> {
    match host.apply(&Step::Lock(lock(name, holder)), &Limits::default()) {
        Ok(_) => Ok(()),
        Err(HostError::Locked { holder, .. }) => Err(holder),
        Err(other) => panic!("{other}"),
    }
}

fn ask(host: &dyn Host, name: &str) -> Option<String> {
    let question = Question::Lock(lock(name, "who asks"));
    match host.ask(&[question], &Limits::default()).unwrap().pop() {
        Some(Answer::Lock(holder)) => holder,
        other => panic!("{other:?}"),
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn one_run_has_a_lock_until_it_ends() {
    for shell in SHELLS {
        let name = name(shell);
        let (first, second) = (local(shell), local(shell));
        let checked = Memory::over(Arc::new(local(shell)), Overlay::default());
        assert_eq!(take(&checked, &name, "the checked run"), Ok(()), "{shell}");
        assert!(!folder(&name).exists(), "{shell}: check mode took it");

        assert_eq!(take(&first, &name, "the first run"), Ok(()), "{shell}");
        // Again, and as another user on another connection.
        assert_eq!(take(&first, &name, "the first run"), Ok(()), "{shell}");
        assert_eq!(
            take(&local(shell), &name, "the first run"),
            Ok(()),
            "{shell}"
        );
        let refused = Err("the first run".to_owned());
        assert_eq!(take(&second, &name, "the second run"), refused, "{shell}");
        assert_eq!(take(&checked, &name, "the checked run"), refused, "{shell}");
        assert_eq!(ask(&second, &name), refused.err(), "{shell}");

        drop(first);
        assert_eq!(take(&second, &name, "the second run"), Ok(()), "{shell}");
        assert_eq!(ask(&second, "another"), None, "{shell}");
        drop(second);
        let is_gone = (0..1000).any(|_| {
            ask(&local(shell), &name);
            !folder(&name).exists()
        });
        assert!(is_gone, "{shell}: {:?}", entries(&folder(&name)));
    }
}

#[test]
fn of_runs_that_come_at_once_one_has_the_lock() {
    for shell in SHELLS {
        let name = name(&format!("many-{shell}"));
        let together = Barrier::new(6);
        let took = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..6)
                .map(|run| {
                    let (name, together) = (&name, &together);
                    scope.spawn(move || {
                        let host = local(shell);
                        together.wait();
                        let took = take(&host, name, &format!("run {run}"));
                        together.wait();
                        took
                    })
                })
                .collect();
            let ends = runs.into_iter().map(|run| run.join().unwrap());
            ends.collect::<Vec<_>>()
        });
        let had = took.iter().filter(|took| took.is_ok());
        assert_eq!(had.count(), 1, "{shell}: {took:?}");
    }
}

#[test]
fn a_run_that_has_lost_its_lock_is_told() {
    for shell in SHELLS {
        let name = name(&format!("lost-{shell}"));
        let host = local(shell);
        let kept = || host.keeps_locks(&Limits::default());
        kept().unwrap();
        assert_eq!(take(&host, &name, "the run"), Ok(()), "{shell}");
        kept().unwrap();
        let entry = entries(&folder(&name)).pop().unwrap();
        let pid = entry.split('-').nth(1).unwrap();
        let kill = Command::new("kill").args(["-KILL", pid]).status();
        assert!(kill.unwrap().success());
        // The end of the shell takes a moment to arrive.
        let told = (0..1000).find_map(|_| {
            ask(&host, &name);
            kept().err()
        });
        let told = told.unwrap_or_else(|| panic!("{shell}: no output"));
        assert!(
            matches!(told, HostError::LockLost { .. }),
            "{shell}: {told}"
        );
        assert!(kept().is_err(), "{shell}: it is not found again by itself");
        assert_eq!(take(&host, &name, "the run"), Ok(()), "{shell}");
        kept().unwrap();
    }
}

#[test]
fn a_lock_whose_shell_was_killed_is_free() {
    for shell in SHELLS {
        let name = name(&format!("killed-{shell}"));
        let first = local(shell);
        assert_eq!(take(&first, &name, "the first run"), Ok(()), "{shell}");
        let entry = entries(&folder(&name)).pop().unwrap();
        let pid = entry.split('-').nth(1).unwrap();
        let kill = Command::new("kill").args(["-KILL", pid]).status();
        assert!(kill.unwrap().success());
        let second = local(shell);
        assert_eq!(take(&second, &name, "the second run"), Ok(()), "{shell}");
        let left = entries(&folder(&name));
        assert_eq!(
            left.len(),
            2,
            "{shell}: what the first run left is still there: {left:?}"
        );
    }
}

/// A run that takes the lock and then waits for what never comes. It ends with this.
struct Run(Child);

impl Run {
    fn start(folder: &Path, lock: &str) -> Self {
        let playbook = format!(
            "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - lock:\n        name: {lock}\n    \
             - wait_for:\n        path: {}/never\n        timeout: 900\n",
            folder.display()
        );
        std::fs::write(folder.join("locked.yml"), playbook).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
        command.args(["run", "locked.yml", "-i", "localhost,"]);
        command.current_dir(folder).stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Waits until another one sees that it has the lock.
    fn holder(&mut self, host: &dyn Host, name: &str) -> String {
        loop {
            if let Some(holder) = ask(host, name) {
                return holder;
            }
            assert_eq!(self.0.try_wait().unwrap(), None, "it has ended");
        }
    }

    /// Waits for its end; returns its exit code and what it printed.
    fn end(mut self) -> (Option<i32>, String) {
        let mut told = String::new();
        let mut printed = self.0.stdout.take().unwrap();
        printed.read_to_string(&mut told).unwrap();
        let words: Vec<_> = told.split_whitespace().collect();
        (self.0.wait().unwrap().code(), words.join(" "))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_run_is_refused_while_another_has_the_lock_and_not_once_that_is_killed() {
    let project = tempfile::tempdir().unwrap();
    let name = name("binary");
    let host = local("sh");
    let mut first = Run::start(project.path(), &name);
    let holder = first.holder(&host, &name);
    let process = format!("(process {})", first.0.id());
    assert!(
        holder.starts_with("locked.yml by ") && holder.contains(&process),
        "{holder}"
    );

    let (code, told) = Run::start(project.path(), &name).end();
    let expected = format!("another run holds the lock {name}: {holder}");
    assert!(told.contains(&expected), "{told}");
    assert_eq!(code, Some(2));

    drop(first);
    assert_eq!(take(&host, &name, "the third run"), Ok(()));
}
