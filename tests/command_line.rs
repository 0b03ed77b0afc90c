//! What `rmqplay` prints and how it ends, for each way of calling it, on hosts that are this machine.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `rmqplay` in the folder of the cases, one host after the other, and returns what a user
/// without colours sees: standard output, standard error and how it ended.
fn rmqplay(arguments: &str, folder: &tempfile::TempDir) -> String {
    let path = folder.path().display().to_string();
    let inventory = std::fs::read_to_string("tests/command_line/inventory.yml").unwrap();
    let inventory_path = folder.path().join("inventory.yml");
    std::fs::write(&inventory_path, inventory.replace("FOLDER", &path)).unwrap();
    let mut command = command(arguments, Path::new("tests/command_line"));
    command.env("RMQPLAY_INVENTORY", &inventory_path);
    shown(arguments, command, &path)
}

/// Returns the command that runs `rmqplay` in a folder; `%20` is a blank in a word.
fn command(arguments: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .args(arguments.split(' ').map(|word| word.replace("%20", " ")))
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("RMQPLAY_INVENTORY")
        .stdin(Stdio::null());
    command
}

/// Runs a command and shows it with what it printed and how it ended.
fn shown(arguments: &str, mut command: Command, path: &str) -> String {
    let output = command.output().unwrap();
    let shown = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(path, "FOLDER");
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
    // A slow machine shows the seconds of a task.
    if let Some((task, rest)) = line.split_once("] ")
        && task.contains("TASK [")
        && let Some((seconds, rest)) = rest.split_once(" s")
        && seconds.bytes().all(|digit| digit.is_ascii_digit())
    {
        return format!("{task}]{rest}");
    }
    for (before, after) in [
        (" changed in ", " s"),
        (" made in ", " s"),
        (" finished in ", " s"),
        ("shop1 runs ", " with a cache"),
        ("\"milliseconds\":", ","),
        ("\"start\":", "}"),
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
fn a_command_of_a_lookup_ends_with_rmqplay_before_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let started = folder.path().join("started");
    let number = started.display();
    let hosts = format!("echo $$ > {number}.new; mv {number}.new {number}; exec sleep 1000");
    let playbook = format!("- hosts: \"{{{{ lookup('pipe', '{hosts}') }}}}\"\n");
    std::fs::write(folder.path().join("site.yml"), playbook).unwrap();
    let mut rmqplay = command("run site.yml -i a, --list-hosts", folder.path());
    let mut rmqplay = rmqplay
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !started.exists() {
        assert!(
            rmqplay.try_wait().unwrap().is_none(),
            "it waits for the command"
        );
        std::thread::yield_now();
    }
    let id = rmqplay.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    assert_eq!(rmqplay.wait().unwrap().code(), Some(99));
    let command = std::fs::read_to_string(&started).unwrap();
    let line = format!("/proc/{}/cmdline", command.trim());
    while std::fs::read(&line).is_ok_and(|line| !line.is_empty()) {
        std::thread::yield_now();
    }
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
        ("run_delegated", "run delegated.yml -l web1"),
        ("forks_none", "run site.yml --forks 0"),
        ("inventory_empty", "inventory list -i "),
        ("inventory_commas", "inventory list -i ,"),
        ("inventory_blank", "inventory list -i a%20b,c"),
        ("inventory_slash", "inventory list -i hosts/one,-two,"),
        ("run_nobody", "run nobody.yml"),
        ("list_tasks", "run site.yml --list-tasks"),
        ("syntax_check", "run site.yml --syntax-check"),
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
        ("check_with_doubts", "check doubtful.yml"),
        (
            "check_with_mistakes_of_every_kind",
            "check layered/site.yml",
        ),
        (
            "check_without_the_inventory",
            "check site.yml -i nowhere.yml",
        ),
        ("wrong_option", "run site.yml --chek"),
        ("no_playbook", "run sight.yml"),
    ] {
        let path = folder.path().display().to_string();
        let arguments = arguments.replace("FOLDER", &path);
        let shown = rmqplay(&arguments, &folder).replace(&path, "FOLDER");
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn a_new_project_runs_and_its_cases_are_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let project = folder.path().join("shop");
    let run = |name: &str, arguments: &str, folder: &Path| {
        let arguments = arguments.replace("FOLDER", &path);
        let shown = shown(&arguments, command(&arguments, folder), &path);
        insta::assert_snapshot!(name, shown.replace(&path, "FOLDER"));
    };
    for (name, arguments) in [
        ("new_project", "new project shop"),
        ("new_project_again", "new project shop"),
        ("new_project_name", "new project my-Shop"),
        ("new_role_nowhere", "new role web"),
        ("test_nowhere", "test"),
    ] {
        run(name, arguments, folder.path());
    }
    for (name, arguments) in [
        ("new_role", "new role web"),
        ("new_role_again", "new role web"),
        ("new_module", "new module greeting"),
        ("new_module_again", "new module greeting"),
        ("new_module_built_in", "new module copy"),
        ("new_module_keyword", "new module when"),
        ("new_filter", "new filter quoted"),
        ("new_filter_built_in", "new filter upper"),
        ("test", "test"),
        ("test_named", "test quot roles/web"),
        ("test_unknown", "test quotd"),
        ("test_folder", "test roles/"),
        ("test_no_folder", "test --playbook-dir nowhere"),
        ("test_lab_without_inventory", "test --lab"),
        (
            "new_project_checks",
            "check site.yml -i hosts.rhai -e shop_home=FOLDER/home",
        ),
        (
            "new_project_runs",
            "run site.yml -i inventory.yml -e shop_home=FOLDER/home -e shop_cache=8g",
        ),
        (
            "new_project_runs_again",
            "run site.yml -i inventory.yml -e shop_home=FOLDER/home -e shop_cache=8g",
        ),
    ] {
        run(name, arguments, &project);
    }
    for (name, file, arguments) in [
        ("test_failing", "failing.yml", "test failing.yml quoted"),
        ("test_wrong", "wrong.yml", "test"),
    ] {
        let from = Path::new("tests/command_line/cases").join(file);
        std::fs::copy(from, project.join("tests").join(file)).unwrap();
        run(name, arguments, &project);
    }
}

#[test]
fn cases_that_use_every_key_pass() {
    let command = command("test", Path::new("tests/cases"));
    let shown = shown("test", command, "FOLDER");
    insta::assert_snapshot!("test_every_key", shown);
}

#[test]
fn links_with_the_names_of_ansible_take_its_command_lines() {
    let folder = tempfile::tempdir().unwrap();
    let play = "- hosts: all\n  tasks:\n    - ping:\n      delay: 1\n";
    std::fs::write(folder.path().join("site.yml"), play).unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_rmqplay"));
    // Strictly, a delay without retries is a mistake.
    for (name, arguments, expected) in [
        (
            "ansible-playbook",
            "-i h1, -c local site.yml",
            "ok=2    changed=0",
        ),
        (
            "ansible-playbook",
            "-i h1, site.yml --syntax-check",
            "playbook: site.yml",
        ),
        ("ansible", "h1 -i h1, -c local --module-name ping", "h1"),
        ("ansible-inventory", "-i h1, --list", "\"h1\""),
        ("ansible-inventory", "--host=h1 --inventory-file h1,", "{}"),
        ("ansible-playbook", "--version", "rmqplay "),
        ("rmqplay", "--version", "rmqplay "),
    ] {
        let link = folder.path().join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(own, &link).unwrap();
        }
        let output = Command::new(&link)
            .args(arguments.split(' '))
            .current_dir(&folder)
            .env_remove("RMQPLAY_INVENTORY")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        let it = format!("{name} {arguments}: {text}{error}");
        assert!(output.status.success() && text.contains(expected), "{it}");
    }
}
