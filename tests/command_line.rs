//! What `rmqplay` prints and how it ends, for each way of calling it, on hosts that are this machine.

use std::process::{Command, Stdio};

/// Runs `rmqplay` in the folder of the cases, one host after the other, and returns what a user
/// without colours sees: standard output, standard error and how it ended.
fn rmqplay(arguments: &str, folder: &tempfile::TempDir) -> String {
    let path = folder.path().display().to_string();
    let inventory = std::fs::read_to_string("tests/command_line/inventory.yml").unwrap();
    let inventory_path = folder.path().join("inventory.yml");
    std::fs::write(&inventory_path, inventory.replace("FOLDER", &path)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .args(arguments.split(' ').map(|word| word.replace("%20", " ")))
        .current_dir("tests/command_line")
        .env("RMQPLAY_INVENTORY", &inventory_path)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let shown = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(&path, "FOLDER");
        let lines = text
            .lines()
            .map(|line| without_time(line.trim_end()) + "\n");
        lines.collect::<String>()
    };
    let (out, err) = (shown(&output.stdout), shown(&output.stderr));
    let code = output.status.code();
    format!("$ rmqplay {arguments}\n{out}--- stderr\n{err}--- exit code {code:?}\n")
}

/// Returns a line without how long it took.
fn without_time(line: &str) -> String {
    for (before, after) in [
        (" changed in ", " s"),
        (" made in ", " s"),
        ("\"milliseconds\":", ","),
    ] {
        if let Some((start, end)) = line.split_once(before)
            && let Some((_, end)) = end.split_once(after)
        {
            return format!("{start}{before}TIME{after}{end}");
        }
    }
    line.to_owned()
}

#[test]
fn every_way_of_calling_it_prints_what_a_user_expects() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments) in [
        ("run_check_diff", "run site.yml -f 1 -l web1 --check --diff"),
        ("run", "run site.yml -l web1"),
        ("run_again", "run site.yml -l web1"),
        ("run_again_v", "run site.yml -l web1 -v -t say"),
        (
            "run_detailed_exitcode",
            "run site.yml -l web2 --detailed-exitcode",
        ),
        ("run_with_failure", "run site.yml -l web2 -t fail"),
        ("run_json", "run site.yml -l web1 -t show --output json"),
        ("run_nothing", "run site.yml -l nowhere"),
        ("list_tasks", "run site.yml --list-tasks"),
        ("list_tasks_with_tags", "run site.yml --list-tasks -t say"),
        ("list_tags", "run site.yml --list-tags"),
        ("list_hosts", "run site.yml --list-hosts"),
        (
            "start_at_task",
            "run site.yml -l web1 -v --start-at-task Show*",
        ),
        (
            "start_at_play",
            "run site.yml -l web1 -v --start-at-task The%20end",
        ),
        (
            "start_at_unknown",
            "run site.yml --start-at-task Show%20ist",
        ),
        ("step_without_anybody", "run site.yml -l web1 --step"),
        ("exec_command", "exec web1 -- echo hello"),
        (
            "exec_failure",
            "exec web1 -m shell -a echo%20out;%20echo%20why%20>&2;%20exit%203",
        ),
        ("exec_module", "exec web1 -m ping"),
        ("exec_wrong_module", "exec web1 -m pong"),
        ("exec_wrong_argument", "exec web1 -m file -a pth=/tmp"),
        (
            "exec_change",
            "exec web1 -D -m lineinfile -a path=FOLDER/x%20line=y%20create=true",
        ),
        ("exec_nobody", "exec nowhere -- true"),
        ("check", "check site.yml"),
        ("check_with_mistakes", "check wrong.yml"),
        ("wrong_option", "run site.yml --chek"),
        ("no_playbook", "run sight.yml"),
    ] {
        let path = folder.path().display().to_string();
        let arguments = arguments.replace("FOLDER", &path);
        let shown = rmqplay(&arguments, &folder).replace(&path, "FOLDER");
        insta::assert_snapshot!(name, shown);
    }
}
