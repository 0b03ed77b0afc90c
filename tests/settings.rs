//! `ansible.cfg` and the `ANSIBLE_…` variables of the environment.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const TASK: &str = "- hosts: all\n  tasks:\n    - debug: {msg: \"at {{ inventory_hostname }}\"}\n";

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Runs `rmqplay` in a folder, with that folder as the home and without other settings.
fn rmqplay(folder: &Path, arguments: &str, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder.join("home"))
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    command.output().unwrap()
}

fn all(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text + &String::from_utf8_lossy(&output.stderr)
}

fn config(folder: &Path, environment: &[(&str, &str)]) -> String {
    let shown = all(&rmqplay(folder, "config --only-changed", environment));
    shown.replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn the_file_is_found_where_ansible_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let forks = |number: u8| format!("[defaults]\nforks = {number}\n");
    let none = config(folder, &[]);
    assert_eq!(none, "file: none\n");
    write(folder, "home/.ansible.cfg", &forks(3));
    assert_eq!(
        config(folder, &[]),
        "file: home/.ansible.cfg\n\nforks  3  home/.ansible.cfg:2\n"
    );
    write(folder, "ansible.cfg", &forks(2));
    assert_eq!(
        config(folder, &[]),
        "file: ansible.cfg\n\nforks  2  ansible.cfg:2\n"
    );
    write(folder, "other/ansible.cfg", &forks(1));
    for given in ["other", "other/ansible.cfg", "~/../other"] {
        let shown = config(folder, &[("ANSIBLE_CONFIG", given)]);
        assert!(shown.contains("other/ansible.cfg:2"), "{shown}");
    }
    let shown = config(folder, &[("ANSIBLE_FORKS", "9")]);
    assert!(shown.contains("forks  9  ANSIBLE_FORKS"), "{shown}");
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let shown = config(folder, &[]);
    assert!(
        shown.starts_with("file: home/.ansible.cfg\nwarning: ansible.cfg is ignored"),
        "{shown}"
    );
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn settings_have_their_effect() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "conf/hosts.yml",
        "all: {hosts: {one: {}}, vars: {ansible_connection: local}}\n",
    );
    write(
        folder,
        "conf/more.yml",
        "all: {hosts: {two: {}}, vars: {ansible_connection: local}}\n",
    );
    write(
        folder,
        "conf/roles/own/tasks/main.yml",
        "- debug: {msg: from the role}\n",
    );
    write(
        folder,
        "home/.ansible/roles/usual/tasks/main.yml",
        "- debug: {msg: from the usual role}\n",
    );
    write(folder, "play.yml", TASK);
    write(
        folder,
        "role.yml",
        "- hosts: all\n  gather_facts: false\n  roles: [own]\n",
    );
    write(
        folder,
        "usual.yml",
        "- hosts: all\n  gather_facts: false\n  roles: [usual]\n",
    );
    let tagged = "- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: {msg: one}\n      tags: a\n    - debug: {msg: two}\n      tags: b\n";
    write(folder, "tagged.yml", tagged);
    let facts =
        "- hosts: all\n  tasks:\n    - debug: {msg: \"{{ ansible_hostname is defined }}\"}\n";
    write(folder, "facts.yml", facts);
    let password = "- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: {msg: \"{{ lookup('unvault', 'sealed') }}\"}\n";
    write(folder, "sealed.yml", password);
    let sealed = rmqplay::vault::Envelope::seal(b"opened!", b"right", b"s".to_vec(), None);
    write(folder, "sealed", &sealed.write());
    write(folder, "conf/password", "right");
    write(
        folder,
        "conf/ansible.cfg",
        "[defaults]\ninventory = hosts.yml\n",
    );
    for (lines, arguments, environment, expected) in [
        (
            "inventory = hosts.yml",
            "run play.yml",
            None,
            "ok: [one] => at one",
        ),
        (
            "inventory = hosts.yml,more.yml",
            "run play.yml",
            None,
            "ok: [two] => at two",
        ),
        (
            "inventory = no.yml",
            "run play.yml",
            Some(("ANSIBLE_INVENTORY", "conf/more.yml")),
            "ok: [two]",
        ),
        (
            "inventory = hosts.yml",
            "run play.yml -i conf/more.yml",
            None,
            "ok: [two]",
        ),
        ("inventory = hosts.yml", "inventory hosts", None, "one\n"),
        (
            "roles_path = roles\ninventory = hosts.yml",
            "run role.yml",
            None,
            "from the role",
        ),
        (
            "inventory = hosts.yml",
            "check role.yml",
            None,
            "there is no role \"own\"",
        ),
        (
            "roles_path = roles\ninventory = hosts.yml",
            "check role.yml",
            None,
            "no mistakes",
        ),
        (
            "inventory = hosts.yml",
            "run usual.yml",
            None,
            "from the usual role",
        ),
        (
            "inventory = hosts.yml\n[tags]\nrun = b",
            "run tagged.yml",
            None,
            "two",
        ),
        (
            "inventory = hosts.yml\n[tags]\nskip = a",
            "run tagged.yml",
            None,
            "two",
        ),
        (
            "inventory = hosts.yml\ngathering = explicit",
            "run facts.yml",
            None,
            "false",
        ),
        (
            "inventory = hosts.yml",
            "run facts.yml",
            Some(("ANSIBLE_GATHERING", "implicit")),
            "true",
        ),
        (
            "inventory = hosts.yml\nvault_password_file = password",
            "run sealed.yml",
            None,
            "********",
        ),
        (
            "inventory = hosts.yml\nvault_identity_list = a@password",
            "run sealed.yml",
            None,
            "********",
        ),
        (
            "inventory = hosts.yml\nstdout_callback = yaml\npipelining = true\nstrange = 1",
            "run play.yml -v",
            None,
            "conf/ansible.cfg:3: stdout_callback has no effect: rmqplay has its own output",
        ),
    ] {
        write(
            folder,
            "conf/ansible.cfg",
            &format!("[defaults]\n{lines}\n"),
        );
        let mut given = vec![("ANSIBLE_CONFIG", "conf/ansible.cfg")];
        given.extend(environment);
        let shown = all(&rmqplay(folder, arguments, &given));
        assert!(
            shown.contains(expected),
            "{lines}: {arguments}: {expected:?} is not in {shown}"
        );
        assert!(!shown.contains("pipelining"), "{shown}");
        assert_eq!(
            shown.contains("strange"),
            lines.contains("strange"),
            "{shown}"
        );
    }
}

#[test]
fn mistakes_in_settings_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "play.yml", TASK);
    for (text, expected) in [
        ("forks = 5", "ansible.cfg:1:1"),
        (
            "[defaults]\nforks = many",
            "invalid forks: \"many\" (expected a whole number from 1)",
        ),
        ("[defaults]\nforks = 0", "ansible.cfg:2:1"),
        ("[defaults]\ngathering = smrt", "did you mean \"smart\"?"),
        (
            "[privilege_escalation]\nbecome = perhaps",
            "expected true or false",
        ),
        ("[defaults\n", "a section is not closed by ]"),
        ("[defaults]\nforks\n", "expected KEY = VALUE"),
    ] {
        write(folder, "ansible.cfg", text);
        for arguments in ["run play.yml -i localhost,", "config", "check play.yml"] {
            let output = rmqplay(folder, arguments, &[]);
            let shown = all(&output);
            assert!(shown.contains(expected), "{text}: {arguments}: {shown}");
            assert!(!output.status.success(), "{text}: {shown}");
        }
    }
    std::fs::remove_file(folder.join("ansible.cfg")).unwrap();
    let shown = all(&rmqplay(folder, "run play.yml", &[("ANSIBLE_FORKS", "x")]));
    assert!(shown.contains("invalid ANSIBLE_FORKS: \"x\""), "{shown}");
}
