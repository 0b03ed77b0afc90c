//! What a person sees of a run on many hosts: equal results once, in lines that fit the terminal.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Runs `tests/screen/NAME.yml` on this machine under the names of sixteen hosts, and returns what
/// was printed, without how long it took.
fn shown(name: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let playbook = Path::new("tests/screen").join(format!("{name}.yml"));
    std::fs::copy(playbook, folder.path().join("site.yml")).unwrap();
    let inventory = "all: {vars: {ansible_connection: local}, hosts: {'web[1:16]': }}\n";
    std::fs::write(folder.path().join("hosts.yml"), inventory).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "-i", "hosts.yml", "site.yml"])
        .args(options)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let mut text = String::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line = line.replace(&folder.path().display().to_string(), "FOLDER");
        let fits = options.contains(&"--compat") || line.chars().count() <= 80;
        assert!(fits, "{line}");
        let line = without_seconds(&line, "] ", " s");
        let _ = writeln!(text, "{}", without_seconds(&line, " in ", " s"));
    }
    let code = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    format!("{text}--- stderr\n{errors}--- exit code {code:?}\n")
}

/// Removes the number between two texts, with the first of them.
fn without_seconds(line: &str, before: &str, after: &str) -> String {
    for (index, _) in line.match_indices(before) {
        let number = &line[index + before.len()..];
        let end = number.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
        let (digits, rest) = number.split_at(end.unwrap_or(number.len()));
        if !digits.is_empty()
            && let Some(rest) = rest.strip_prefix(after)
        {
            let kept = before.trim_end();
            return format!("{}{kept}{rest}", &line[..index]);
        }
    }
    line.to_owned()
}

#[test]
fn equal_results_of_sixteen_hosts_are_one_line() {
    insta::assert_snapshot!("equal", shown("many", &[]));
    insta::assert_snapshot!("equal_check_diff", shown("many", &["--check", "--diff"]));
    insta::assert_snapshot!("equal_v", shown("many", &["-v", "-l", "web1,web2,web5"]));
}

#[test]
fn a_failure_of_one_host_of_sixteen_is_named_at_the_end() {
    insta::assert_snapshot!("one_fails", shown("one_fails", &[]));
}

#[test]
fn free_and_serial_hosts_read_well() {
    insta::assert_snapshot!("serial", shown("serial", &["-l", "web1,web2,web3,web4"]));
    // These hosts keep no order.
    let free = shown("free", &["-l", "web1,web2,web3"]);
    for host in ["web1", "web2", "web3"] {
        for result in [
            format!("changed: [{host}] (2 items)"),
            format!("ok: [{host}] => {host}"),
        ] {
            assert!(free.contains(&result), "{result}: {free}");
        }
    }
}

#[test]
fn compat_prints_a_line_for_each_host_and_item() {
    let text = shown("many", &["--compat", "-l", "web1,web2"]);
    let lines = text.lines().map(without_times).collect::<Vec<_>>();
    insta::assert_snapshot!("compat", lines.join("\n"));
}

/// Returns a line of `--compat` without the times in its JSON, which differ each time.
fn without_times(line: &str) -> String {
    let mut line = line.to_owned();
    for name in ["delta", "start", "end"] {
        let key = format!("\"{name}\": \"");
        if let Some(at) = line.find(&key) {
            let from = at + key.len();
            let length = line[from..].find('"').unwrap_or(0);
            line.replace_range(from..from + length, "TIME");
        }
    }
    line
}
