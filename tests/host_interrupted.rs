//! What is left when a request is cut short: old or new, never a part.

use crate::contract::{rewrite, write};
use crate::executable::executable;
use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::host::shell::{Channel, Received, ShellHost, Transport};
use rmqplay::host::{
    Answer, Before, Body, Command, Host, HostError, Limits, Local, Ownership, Question, Step,
    Stream,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

fn names(directory: &Utf8Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Waits until something holds that other processes bring about.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let limits = Limits {
        deadline: Some(Instant::now() + Duration::from_secs(20)),
        ..Limits::default()
    };
    while !holds() {
        let waited = limits.sleep(Duration::from_millis(20));
        assert!(waited.is_ok(), "{what}");
    }
}

fn is_alive(host: &ShellHost) -> bool {
    let answers = host.ask(&[Question::User("root".to_owned())], &Limits::default());
    matches!(answers.unwrap().as_slice(), [Answer::User(Some(_))])
}

fn validated(path: &Utf8Path, text: &str) -> Step {
    let words = ["sh", "-c", text, "%s"].map(str::to_owned);
    Step::Write {
        path: path.to_owned(),
        before: Some(Before::of(b"old".to_vec())),
        body: Body::Bytes(b"new"[..].into()),
        ownership: Ownership::default(),
        backup: None,
        validate: Some(words.into()),
    }
}

#[test]
fn a_write_that_takes_too_long_is_ended_and_leaves_nothing() {
    for shell in ["dash", "bash", "busybox sh"] {
        let (_folder, scratch) = folder();
        let file = scratch.join("file");
        std::fs::write(&file, "old").unwrap();
        let host = ShellHost::new(Arc::new(Local::default()), shell, None);
        let pid = scratch.join("pid");
        let step = validated(&file, &format!("echo $$ > {pid}; exec sleep 60"));
        let limits = Limits {
            deadline: Some(Instant::now() + Duration::from_secs(1)),
            ..Limits::default()
        };
        let error = host.apply(&step, &limits).unwrap_err();
        assert!(matches!(error, HostError::TimedOut), "{error}");
        let pid = std::fs::read_to_string(&pid).unwrap();
        let program = format!("/proc/{}/exe", pid.trim());
        eventually("the validation ends", || {
            std::fs::read_link(&program).is_err()
        });
        eventually("nothing is left", || names(&scratch) == ["file", "pid"]);
        assert_eq!(std::fs::read(&file).unwrap(), b"old");
        assert!(is_alive(&host));
    }
}

#[test]
fn a_shell_that_is_killed_is_a_lost_host_and_the_next_call_starts_another() {
    let (_folder, scratch) = folder();
    let file = scratch.join("file");
    std::fs::write(&file, "old").unwrap();
    let host = ShellHost::new(Arc::new(Local::default()), "sh", None);
    let error = host.apply(&validated(&file, "kill -KILL $PPID"), &Limits::default());
    let error = error.unwrap_err();
    assert!(matches!(error, HostError::Unreachable { .. }), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    assert!(is_alive(&host));
}

/// Programs a write runs; the shell around each is killed before it, and after it.
const PROGRAMS: [&str; 7] = ["chmod", "chown", "cp", "cat", "sha256sum", "dd", "mv"];

#[test]
fn a_write_that_is_killed_at_any_step_leaves_old_or_new() {
    let (_folder, scratch) = folder();
    let mut news = 0;
    for (program, early) in PROGRAMS
        .iter()
        .flat_map(|program| [(program, true), (program, false)])
    {
        let directory = scratch.join(format!("{program}-{early}"));
        let programs = directory.join("programs");
        std::fs::create_dir_all(&programs).unwrap();
        let file = directory.join("file");
        std::fs::write(&file, "old".repeat(9000)).unwrap();
        let real = format!("PATH=${{PATH#*:}} {program} \"$@\"");
        let kill = "kill -KILL $PPID";
        // What tries whether a program knows an option is let through.
        let script = if early {
            format!("#!/bin/sh\ncase $* in *$FILE*|'') {kill} ;; esac\n{real}\n")
        } else {
            format!(
                "#!/bin/sh\n{real}\nstatus=$?\ncase $* in *$FILE*|'') {kill} ;; esac\nexit $status\n"
            )
        };
        let path = programs.join(program);
        executable(
            &path,
            script.replace("$FILE", directory.file_name().unwrap()),
        );
        let path = std::env::var("PATH").unwrap();
        let shell = format!("env PATH={programs}:{path} sh");
        let host = ShellHost::new(Arc::new(Local::default()), &shell, None);
        let new = "new".repeat(9000);
        let mut step = rewrite(&file, "old".repeat(9000).as_bytes(), new.as_bytes());
        if let Step::Write { ownership, .. } = &mut step {
            ownership.mode = Some(0o640);
        }
        let outcome = host.apply(&step, &Limits::default());
        let left = std::fs::read_to_string(&file).unwrap();
        let whole = left == "old".repeat(9000) || left == new;
        assert!(whole, "{program} {early}: {} bytes", left.len());
        if outcome.is_ok() {
            assert_eq!(left, new, "{program} {early}");
        }
        news += usize::from(left == new);
    }
    assert!((1..PROGRAMS.len() * 2).contains(&news), "{news}");
}

/// Carries shells of this machine, until it has carried so many bytes to one of them.
struct Cut(Arc<AtomicI64>);

struct CutChannel(Box<dyn Channel>, Arc<AtomicI64>);

impl Transport for Cut {
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError> {
        let channel = Local::default().open(command, limits)?;
        Ok(Box::new(CutChannel(channel, self.0.clone())))
    }

    fn connects(&self, _: &str, _: u16, _: &Limits) -> Result<Option<bool>, HostError> {
        Ok(None)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        Local::default().connect(host, port, limits)
    }

    fn describe(&self) -> String {
        "a host behind a bad cable".to_owned()
    }
}

impl Channel for CutChannel {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        let length = i64::try_from(bytes.len()).unwrap();
        if self.1.fetch_sub(length, Ordering::Relaxed) < length {
            self.0.close();
            return Err(HostError::Unreachable {
                reason: "the cable was cut".to_owned(),
                help: None,
            });
        }
        self.0.send(bytes, limits)
    }

    fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError> {
        self.0.finish_input(limits)
    }

    fn receive(&mut self, limits: &Limits) -> Result<Received, HostError> {
        self.0.receive(limits)
    }

    fn close(&mut self) {
        self.0.close();
    }
}

#[test]
fn a_body_that_is_cut_off_is_not_written() {
    let (_folder, scratch) = folder();
    let file = scratch.join("file");
    std::fs::write(&file, "old").unwrap();
    let left = Arc::new(AtomicI64::new(1_500_000));
    let host = ShellHost::new(Arc::new(Cut(left.clone())), "sh", None);
    let step = rewrite(&file, b"old", &vec![b'n'; 3_000_000]);
    let error = host.apply(&step, &Limits::default()).unwrap_err();
    assert!(matches!(error, HostError::Unreachable { .. }), "{error}");
    eventually("nothing is left", || names(&scratch) == ["file"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    // Nothing is tried again by itself; the caller may.
    left.store(i64::MAX, Ordering::Relaxed);
    host.apply(&step, &Limits::default()).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().len(), 3_000_000);
}

#[test]
fn a_port_is_told_without_the_transport() {
    let host = ShellHost::new(
        Arc::new(Cut(Arc::new(AtomicI64::new(i64::MAX)))),
        "sh",
        None,
    );
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let open = listener.local_addr().unwrap().port();
    let port = |name: &str, port| Question::Port {
        host: name.to_owned(),
        port,
    };
    let questions = [
        port("127.0.0.1", open),
        port("localhost", open),
        port("127.0.0.1", 1),
        port("127.0.0.9", open),
    ];
    let answers = host.ask(&questions, &Limits::default()).unwrap();
    assert_eq!(answers, [true, true, false, false].map(Answer::Port));
}

/// Mounts need root, and a name space to be gone with.
#[test]
fn a_file_that_is_a_mount_point_is_written_in_place_and_mounts_are_not_removed() {
    let (_folder, scratch) = folder();
    let file = scratch.join("hosts");
    std::fs::write(&file, "hidden").unwrap();
    std::fs::write(scratch.join("mounted"), "old").unwrap();
    std::fs::create_dir_all(scratch.join("tree/below")).unwrap();
    std::fs::create_dir(scratch.join("data")).unwrap();
    std::fs::write(scratch.join("data/kept"), "").unwrap();
    let script = scratch.join("shell");
    let text = format!(
        "mount --bind {scratch}/mounted {file}\nmount --bind {scratch}/data {scratch}/tree/below\nexec sh \"$@\"\n"
    );
    std::fs::write(&script, text).unwrap();
    let shell = format!("unshare --mount sh {script}");
    let host = ShellHost::new(Arc::new(Local::default()), &shell, None);
    let may_mount = Command::new(["test", "-e", scratch.join("tree/below/kept").as_str()]);
    match host.query(&may_mount, &Limits::default()) {
        Ok(output) if output.status == 0 => {}
        _ => return,
    }
    host.apply(&rewrite(&file, b"old", b"new"), &Limits::default())
        .unwrap();
    assert_eq!(std::fs::read(scratch.join("mounted")).unwrap(), b"new");
    assert_eq!(std::fs::read(&file).unwrap(), b"hidden");
    let remove = Step::Remove {
        path: scratch.join("tree"),
        directory: true,
    };
    let error = host.apply(&remove, &Limits::default()).unwrap_err();
    assert!(
        error.to_string().contains("a file system is mounted"),
        "{error}"
    );
    assert!(scratch.join("data/kept").exists());
    assert_eq!(
        names(&scratch),
        ["data", "hosts", "mounted", "shell", "tree"]
    );
    host.apply(&write(&scratch.join("data/new"), b""), &Limits::default())
        .unwrap();
}
