//! Several runs, each with a shard of the hosts, against one run with all of them.

use std::path::Path;
use std::process::{Command, Output};

const INVENTORY: &str = "\
[web]
h[1:10]
[web:vars]
ansible_connection=local
[far]
far1 ansible_host=192.0.2.1
";

const PLAYBOOK: &str = "\
- hosts: web
  gather_facts: false
  tasks:
    - name: write
      copy: {content: \"{{ inventory_hostname }}\", dest: \"{{ folder }}/{{ inventory_hostname }}\"}
    - name: fail
      fail: {msg: too small}
      when: inventory_hostname in ['h4', 'h9']
    - name: speak
      debug: {msg: \"{{ ansible_play_hosts_all | length }}\"}
";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(playbook: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hosts.ini"), INVENTORY).unwrap();
        std::fs::write(folder.path().join("play.yml"), playbook).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
        command.args(arguments.split(' ')).current_dir(self.path());
        for name in [
            "SLURM_ARRAY_TASK_ID",
            "JOB_COMPLETION_INDEX",
            "CI_NODE_INDEX",
        ] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &str) -> Command {
        let folder = self.path().join("out");
        std::fs::create_dir_all(&folder).unwrap();
        let folder = folder.display();
        self.command(&format!(
            "run -i hosts.ini -e folder={folder} play.yml {arguments}"
        ))
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Returns the results in a text of event files, sorted.
fn results(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("\"event\""))
        .map(str::to_owned)
        .collect();
    lines.sort_unstable();
    lines
}

/// Returns the failures and the recap, without the time.
fn end(output: &Output) -> String {
    let text = said(output);
    let (_, end) = text
        .split_once("FAILED ***")
        .unwrap_or_else(|| panic!("{text}"));
    end.rsplit_once(" in ").unwrap().0.to_owned()
}

#[test]
fn shards_together_do_what_one_run_does() {
    let one = Folder::new(PLAYBOOK);
    let whole = one.run("--events all").output().unwrap();
    let many = Folder::new(PLAYBOOK);
    let start = |shard: usize| {
        let arguments = format!("--shard {shard}/3 --events shard{shard}");
        many.run(&arguments)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let started: Vec<_> = (1..=3).map(start).collect();
    for mut shard in started {
        shard.wait().unwrap();
    }
    let all: String = (1..=3)
        .map(|shard| many.read(&format!("shard{shard}")))
        .collect();
    assert_eq!(results(&all), results(&one.read("all")));
    for host in 1..=10 {
        assert_eq!(many.read(&format!("out/h{host}")), format!("h{host}"));
    }
    let merged = many
        .command("report merge shard3 shard1 shard2")
        .output()
        .unwrap();
    assert_eq!(merged.status.code(), whole.status.code(), "{merged:?}");
    assert_eq!(merged.status.code(), Some(2));
    assert_eq!(end(&merged), end(&whole));
}

#[test]
fn a_shard_that_died_is_named_and_run_again_alone() {
    let folder = Folder::new(PLAYBOOK);
    for shard in 1..=2 {
        let arguments = format!("--shard {shard}/2 --events shard{shard}");
        assert_eq!(
            folder.run(&arguments).output().unwrap().status.code(),
            Some(2)
        );
    }
    let merge = |files: &str| {
        folder
            .command(&format!("report merge {files}"))
            .output()
            .unwrap()
    };
    let missing = merge("shard1");
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        said(&missing).contains("shard 2/2 is missing"),
        "{missing:?}"
    );
    assert!(said(&missing).contains("--shard 2/2"), "{missing:?}");
    let (whole, text) = (folder.read("shard2"), folder.path().join("shard2"));
    std::fs::write(&text, &whole[..whole.len() / 2]).unwrap();
    let died = merge("shard1 shard2");
    assert_eq!(died.status.code(), Some(1));
    assert!(
        said(&died).contains("shard 2/2 did not run to its end: shard2"),
        "{died:?}"
    );
    assert_eq!(
        folder
            .run("--shard 2/2 --events shard2")
            .output()
            .unwrap()
            .status
            .code(),
        Some(2)
    );
    assert_eq!(merge("shard1 shard2").status.code(), Some(2));
    let twice = merge("shard1 shard1");
    assert!(
        said(&twice).contains("shard1 and shard1 are both of shard 1/2"),
        "{twice:?}"
    );
    let foreign = merge("hosts.ini");
    assert!(
        said(&foreign).contains("hosts.ini is not the event file of a shard"),
        "{foreign:?}"
    );
}

#[test]
fn what_depends_on_all_hosts_is_refused_with_its_place() {
    let folder = Folder::new(
        "\
- hosts: web
  gather_facts: false
  serial: 30%
  max_fail_percentage: 20
  any_errors_fatal: true
  tasks:
    - debug: {msg: once}
      run_once: true
    - debug: {msg: few}
      throttle: 2
    - debug: {msg: elsewhere}
      delegate_to: h2
    - debug: {msg: here}
      delegate_to: localhost
      run_once: false
",
    );
    let refused = folder.run("--shard 1/2").output().unwrap();
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(4), "{text}");
    for place in ["3:11", "4:24", "5:21", "8:17", "10:17", "12:20"] {
        assert!(
            text.contains(&format!("play.yml:{place}")),
            "{place}: {text}"
        );
    }
    assert!(
        !text.contains("play.yml:14") && !text.contains("play.yml:15"),
        "{text}"
    );
    let allowed = folder.run("--shard 1/2 --per-shard").output().unwrap();
    assert!(allowed.status.success(), "{allowed:?}");
}

#[test]
fn a_host_of_another_shard_is_refused_when_only_the_run_knows_its_name() {
    let folder = Folder::new(
        "\
- hosts: h1
  gather_facts: false
  tasks:
    - command: \"true\"
      delegate_to: \"{{ groups.far[0] }}\"
",
    );
    // far1 is the 11th host.
    let refused = folder.run("--shard 1/2").output().unwrap();
    assert_eq!(
        refused.status.code(),
        Some(4),
        "it is its own host, which cannot be reached"
    );
    let refused = folder.run("--shard 1/3").output().unwrap();
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(
        text.contains("\"far1\" is not a host of this shard (1/3)"),
        "{text}"
    );
    assert!(text.contains("play.yml:5:20"), "{text}");
}

#[test]
fn a_scheduler_says_which_shard_it_is() {
    let folder = Folder::new(PLAYBOOK);
    let mut command = folder.run("--shard auto/5 --events events");
    let output = command.env("JOB_COMPLETION_INDEX", "2").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let events = folder.read("events");
    let first = events.lines().next().unwrap();
    assert_eq!(first, r#"{"event":"shard","number":3,"of":5}"#);
    assert!(
        events.contains("\"h3\"") && events.contains("\"h8\""),
        "{events}"
    );
    assert!(!events.contains("\"h4\""), "{events}");
    let refused = folder.run("--shard auto").output().unwrap();
    assert_eq!(refused.status.code(), Some(5), "{refused:?}");
}
