//! Ansible Vault: everything in `tests/vault` was encrypted by ansible-vault of ansible-core 2.19.

use rmqplay::vault::Envelope;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// All passwords of `tests/vault/project`, whose paths count from there.
const PASSWORDS: &str = "--vault-password-file ../first.txt --vault-id dev@../second.txt \
                         --vault-id third@../third.txt";

/// What no output may show.
const SECRETS: [&str; 11] = [
    "inline-secret",
    "grüße",
    "inventory-secret",
    "group-secret-value",
    "nested-secret-value",
    "host-secret-value",
    "vars-file-secret",
    "copied-file-secret",
    "environment-secret",
    "argument-secret",
    "included-vars-secret",
];

fn rmqplay(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env_remove("RMQPLAY_INVENTORY")
        .stdin(Stdio::null());
    command
}

fn project() -> &'static Path {
    Path::new("tests/vault/project")
}

/// Runs the project's playbook with files in `out`.
fn run(out: &Path, arguments: &str) -> Output {
    let out = out.display();
    let mut command = rmqplay(project(), &format!("run play.yml -i hosts.yml {arguments}"));
    command.args(["-e", &format!("out={out}")]);
    command.output().unwrap()
}

fn all(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text + &String::from_utf8_lossy(&output.stderr)
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Returns text encrypted with the password `right`.
fn sealed(plain: &str) -> String {
    Envelope::seal(plain.as_bytes(), b"right", b"a salt".to_vec(), None).write()
}

/// Returns the value `!vault` of a key at the start of a line.
fn inline(plain: &str) -> String {
    format!(
        "!vault |\n  {}\n",
        sealed(plain).trim_end().replace('\n', "\n  ")
    )
}

#[test]
fn encrypted_values_and_files_open_wherever_ansible_takes_them() {
    let out = tempfile::tempdir().unwrap();
    let events = out.path().join("events.json");
    let more = format!("{PASSWORDS} -vv --diff --events {}", events.display());
    let first = run(out.path(), &more);
    let shown = all(&first);
    assert_eq!(first.status.code(), Some(0), "{shown}");
    let made = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
    let inline = "inline-secret {{ not_a_template }}";
    let copied = "copied-file-secret\nsecond copied line";
    // ansible-playbook 2.19 makes the same files.
    assert_eq!(
        made("values"),
        format!(
            "{inline}\n[{inline}]\ngrüße-✓\ninventory-secret\n<group-secret-value>\n\
             nested-secret-value 8\nhost-secret-value\nvars-file-secret\n{copied}\n38\nTrue False\nTrue\n"
        )
    );
    assert_eq!(made("environment"), "environment-secret");
    assert_eq!(made("argument"), "argument-secret");
    assert_eq!(made("copied"), format!("{copied}\n"));
    assert!(made("sealed").starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    assert_eq!(
        std::fs::read(out.path().join("binary")).unwrap(),
        b"\xff\0binary"
    );
    assert_eq!(made("rendered"), "rendered: group-secret-value\n");
    assert_eq!(made("packed.txt"), "packed\n");
    assert!(shown.contains("script says hello"), "{shown}");
    let told = [shown, made("events.json")];
    for secret in SECRETS {
        assert!(
            !told.iter().any(|text| text.contains(secret)),
            "{secret}: {told:?}"
        );
    }
    let json = all(&run(out.path(), &format!("{PASSWORDS} --output json")));
    for secret in SECRETS {
        assert!(!json.contains(secret), "{secret}: {json}");
    }
    let compat = all(&run(out.path(), &format!("{PASSWORDS} --compat -v")));
    assert!(compat.contains("\"msg\": \"******** "), "{compat}");
    for secret in SECRETS {
        assert!(!compat.contains(secret), "{secret}: {compat}");
    }
}

#[test]
fn without_the_right_password_no_host_is_touched() {
    let out = tempfile::tempdir().unwrap();
    for (passwords, message) in [
        ("", "vars/third.yml:1:1"),
        ("", "no vault password was given"),
        (
            "",
            "help: pass --vault-id third@FILE, --vault-id third@prompt or --vault-password-file FILE",
        ),
        (
            "--vault-password-file ../first.txt",
            "wrong vault password (encrypted with vault ID \"dev\"; tried: default)",
        ),
        (
            "--vault-password-file ../first.txt",
            "help: pass its password with --vault-id dev@FILE",
        ),
        (
            "--vault-password-file ../first.txt --vault-id dev@../second.txt",
            "vars/third.yml:1:1",
        ),
    ] {
        let output = run(out.path(), passwords);
        let shown = all(&output);
        assert!(shown.contains(message), "{message:?} is not in {shown}");
        assert!(
            !output.status.success() && !shown.contains("PLAY"),
            "{shown}"
        );
    }
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn a_value_is_decrypted_only_if_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let play = |task: &str| {
        format!(
            "- hosts: localhost\n  gather_facts: false\n  vars:\n    good: {}    bad: {}  tasks:\n{task}",
            inline("the good value").replace('\n', "\n    "),
            inline("another").replace("right", "left").replace('3', "4").replace('\n', "\n    "),
        )
        .replace("    bad", "bad")
        .replace("      tasks", "  tasks")
    };
    write(folder.path(), "password", "right");
    for (task, code, message) in [
        (
            "    - debug: {msg: \"{{ good | length }}\"}\n",
            0,
            "msg: 14",
        ),
        ("    - debug: {msg: \"{{ bad }}\"}\n", 4, "play.yml:"),
        (
            "    - debug: {msg: \"{{ lookup('vars', 'b' ~ 'ad') }}\"}\n",
            2,
            "cannot decrypt this value",
        ),
    ] {
        write(folder.path(), "play.yml", play(task));
        let output = rmqplay(folder.path(), "run play.yml --vault-password-file password").output();
        let output = output.unwrap();
        let shown = all(&output);
        assert_eq!(output.status.code(), Some(code), "{task}{shown}");
        assert!(shown.contains(message), "{message:?} is not in {shown}");
    }
}

#[test]
fn passwords_come_from_files_and_programs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secret.txt", sealed("the value"));
    let task = "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - debug: {msg: \"{{ lookup('file', 'secret.txt') | length }}\"}\n";
    write(folder.path(), "play.yml", task);
    write(folder.path(), "password", "\n  right \n");
    write(folder.path(), "wrong", "wrong\n");
    write(folder.path(), "empty", "\n");
    write(folder.path(), "sealed", sealed("right\n"));
    for (name, script) in [
        ("prints", "echo right"),
        ("fails", "echo right; exit 3"),
        (
            "get-client.sh",
            "[ \"$1 $2\" = '--vault-id dev' ] && echo right",
        ),
    ] {
        write(folder.path(), name, format!("#!/bin/sh\n{script}\n"));
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path().join(name), mode).unwrap();
    }
    let (list, file) = ("ANSIBLE_VAULT_IDENTITY_LIST", "ANSIBLE_VAULT_PASSWORD_FILE");
    let opens = "msg: 9";
    for (arguments, environment, message) in [
        ("--vault-password-file password", None, opens),
        ("--vault-pass-file password", None, opens),
        ("--vault-id password", None, opens),
        ("--vault-id any@password", None, opens),
        ("--vault-id a@wrong --vault-id b@password", None, opens),
        ("--vault-password-file prints", None, opens),
        ("--vault-id dev@get-client.sh", None, opens),
        ("--vault-id password --vault-id dev@sealed", None, opens),
        ("", Some((file, "password")), opens),
        ("", Some((list, "a@wrong, b@password")), opens),
        (
            "--vault-password-file wrong",
            Some((file, "password")),
            "wrong vault password (tried: default)",
        ),
        (
            "--vault-id a@wrong --vault-id wrong",
            None,
            "wrong vault password (tried: a, default)",
        ),
        ("", None, "no vault password was given"),
        (
            "--vault-id prod@get-client.sh",
            None,
            "get-client.sh failed: exit status: 1",
        ),
        (
            "--vault-password-file fails",
            None,
            "fails failed: exit status: 3",
        ),
        (
            "--vault-password-file empty",
            None,
            "the vault password is empty: ",
        ),
        (
            "--vault-password-file missing",
            None,
            "missing: No such file or directory",
        ),
        ("--vault-id a@sealed", None, "no vault password was given"),
    ] {
        let mut command = rmqplay(folder.path(), &format!("run play.yml {arguments}"));
        command.env_remove(list).env_remove(file).envs(environment);
        let output = command.output().unwrap();
        let shown = all(&output);
        assert!(
            shown.contains(message),
            "{arguments}: {message:?} is not in {shown}"
        );
        assert_eq!(
            output.status.success(),
            message == opens,
            "{arguments}: {shown}"
        );
        assert!(!shown.contains("right"), "{shown}");
    }
}

#[test]
fn whole_files_may_be_encrypted_and_are_never_quoted() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "password", "right");
    write(
        folder.path(),
        "hosts.yml",
        sealed("all: {hosts: {hidden: {ansible_connection: local}}}\n"),
    );
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - include_tasks: more.yml\n";
    write(folder.path(), "play.yml", sealed(play));
    write(
        folder.path(),
        "more.yml",
        sealed("- debug: {msg: \"{{ given | length }}\"}\n"),
    );
    write(folder.path(), "extra.yml", sealed("given: extra-value\n"));
    let arguments = "run play.yml -i hosts.yml -e @extra.yml --vault-password-file password";
    let output = rmqplay(folder.path(), arguments).output().unwrap();
    assert!(
        all(&output).contains("ok: [hidden] => msg: 11"),
        "{}",
        all(&output)
    );
    write(
        folder.path(),
        "more.yml",
        sealed("- name: a\n  debgu: {msg: hidden-text}\n"),
    );
    let shown = all(&rmqplay(folder.path(), arguments).output().unwrap());
    assert!(
        shown.contains("more.yml:2:3") && shown.contains("debgu"),
        "{shown}"
    );
    assert!(!shown.contains("hidden-text"), "{shown}");
}

#[test]
fn inventories_show_encrypted_values_as_they_are() {
    let shown = |arguments: &str| {
        let arguments = format!("inventory {arguments} -i hosts.yml {PASSWORDS}");
        all(&rmqplay(project(), &arguments).output().unwrap())
    };
    let host = shown("host one");
    assert!(
        host.contains("\"__ansible_vault\": \"$ANSIBLE_VAULT;1.2;AES256;dev\\n"),
        "{host}"
    );
    let origin = shown("host one --origin");
    assert!(
        origin.contains("from_inventory    ") && origin.contains("!vault"),
        "{origin}"
    );
    let graph = shown("graph --vars");
    assert!(!graph.contains("inventory-secret"), "{graph}");
}

/// Runs `rmqplay vault` in a folder; returns whether it succeeded, and what it printed.
fn vault(folder: &Path, arguments: &[&str], stdin: &str) -> (bool, String) {
    let mut command = rmqplay(folder, "vault");
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    (output.status.success(), all(&output))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn files_are_encrypted_decrypted_and_rekeyed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let ok = |arguments: &str, stdin: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let (is_ok, shown) = vault(folder, &arguments, stdin);
        assert!(is_ok, "{arguments:?}: {shown}");
        shown
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    write(folder, "one", "first\n");
    write(folder, "two", "second\n");
    write(folder, "plain", "a: secret\n");
    std::os::unix::fs::symlink("plain", folder.join("link")).unwrap();
    let inode = |name: &str| std::fs::metadata(folder.join(name)).unwrap().ino();
    let before = inode("plain");
    assert_eq!(ok("encrypt link --vault-password-file one", ""), "");
    assert!(read("plain").starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    assert!(folder.join("link").is_symlink() && inode("plain") != before);
    assert_eq!(mode(&folder.join("plain")), 0o600);
    assert_eq!(
        ok("view plain --vault-password-file one", ""),
        "a: secret\n"
    );
    ok(
        "rekey plain --vault-password-file one --new-vault-id dev@two",
        "",
    );
    assert!(read("plain").starts_with("$ANSIBLE_VAULT;1.2;AES256;dev\n"));
    assert_eq!(
        ok("decrypt plain --output - --vault-id dev@two", ""),
        "a: secret\n"
    );
    ok("decrypt plain --vault-id two", "");
    assert_eq!(
        (read("plain").as_str(), mode(&folder.join("plain"))),
        ("a: secret\n", 0o600)
    );
    let sealed = ok(
        "encrypt --vault-id dev@one --vault-id b@two --encrypt-vault-id b",
        "text",
    );
    assert!(
        sealed.starts_with("$ANSIBLE_VAULT;1.2;AES256;b\n"),
        "{sealed}"
    );
    assert_eq!(ok("decrypt - --vault-password-file two", &sealed), "text");
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn values_are_encrypted_as_yaml() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "password", "right");
    let password = "--vault-password-file=password";
    let (is_ok, first) = vault(
        folder.path(),
        &["encrypt_string", password, "v1", "-n", "a"],
        "",
    );
    assert!(
        is_ok && first.starts_with("a: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n"),
        "{first}"
    );
    let arguments = ["encrypt_string", password, "--stdin-name", "b"];
    let (is_ok, second) = vault(folder.path(), &arguments, "v2");
    assert!(is_ok && second.starts_with("b: !vault |\n"), "{second}");
    write(folder.path(), "vars.yml", first + &second);
    let play = "- hosts: localhost\n  gather_facts: false\n  vars_files: vars.yml\n  tasks:\n    - assert: {that: [a == 'v1', b == 'v2']}\n";
    write(folder.path(), "play.yml", play);
    let output = rmqplay(folder.path(), &format!("run play.yml {password}"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", all(&output));
    let arguments = ["encrypt_string", password, "x", "y", "--name", "x"];
    let (is_ok, two) = vault(folder.path(), &arguments, "");
    assert!(
        is_ok && two.contains("x: !vault |\n") && two.contains("\n!vault |\n"),
        "{two}"
    );
    assert!(
        two.contains("# variable x, from the command line\n# value 2"),
        "{two}"
    );
}

#[test]
fn the_editor_leaves_no_plaintext_behind() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let runtime = folder.join("runtime");
    std::fs::create_dir(&runtime).unwrap();
    write(folder, "password", "right");
    write(folder, "new", "new");
    let run = |arguments: &str, editor: &str| {
        let mut command = rmqplay(
            folder,
            &format!("vault {arguments} --vault-id dev@password"),
        );
        command
            .env("XDG_RUNTIME_DIR", &runtime)
            .env_remove("VISUAL");
        let output = command.env("EDITOR", editor).output().unwrap();
        let left: Vec<_> = std::fs::read_dir(&runtime).unwrap().collect();
        assert!(left.is_empty(), "{editor}: {left:?}");
        (output.status.code().unwrap(), all(&output))
    };
    let (code, shown) = run("create secret.yml", "true");
    assert!(code == 1 && shown.contains("--skip-tty-check"), "{shown}");
    // The process that started the editor gets ^C, too.
    let writes = "sh -c 'kill -INT $PPID; stat -c %a \"$0\" >> modes; echo a: 1 > \"$0\"; cp \"$0\" \"$0~\"'";
    let (code, shown) = run("create secret.yml --skip-tty-check", writes);
    assert_eq!((code, shown.as_str()), (0, ""));
    let view = || run("view secret.yml", "").1;
    assert_eq!(view(), "a: 1\n");
    assert_eq!(
        std::fs::read_to_string(folder.join("modes")).unwrap(),
        "600\n"
    );
    let sealed = || std::fs::read_to_string(folder.join("secret.yml")).unwrap();
    let before = sealed();
    assert!(
        before.starts_with("$ANSIBLE_VAULT;1.2;AES256;dev\n"),
        "{before}"
    );
    assert_eq!(run("edit secret.yml", "true"), (0, String::new()));
    assert_eq!(
        sealed(),
        before,
        "nothing was changed, so nothing is written"
    );
    let (code, shown) = run("edit secret.yml", "sh -c 'echo b >> \"$0\"; exit 3'");
    assert!(code != 0 && shown.contains("exit status: 3"), "{shown}");
    assert_eq!(sealed(), before);
    assert_eq!(run("edit secret.yml", "sed -i s/1/2/").0, 0);
    assert_eq!(view(), "a: 2\n");
    assert_eq!(mode(&folder.join("secret.yml")), 0o600);
}

#[test]
fn mistakes_with_the_vault_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one", "first");
    write(folder.path(), "two", "second");
    write(folder.path(), "plain", "plain");
    write(
        folder.path(),
        "sealed",
        Envelope::seal(b"x", b"first", b"s".to_vec(), None).write(),
    );
    write(folder.path(), "broken", "$ANSIBLE_VAULT;1.1;AES256\nzz\n");
    for (arguments, message) in [
        ("view sealed", "no vault password was given"),
        (
            "view plain --vault-id one",
            "plain: not encrypted with Ansible Vault",
        ),
        (
            "view sealed --vault-id two",
            "sealed: wrong vault password (tried: default)",
        ),
        (
            "view broken --vault-id one",
            "broken: invalid vault text: the body is not hexadecimal",
        ),
        (
            "view missing --vault-id one",
            "cannot read missing: No such file or directory",
        ),
        ("encrypt sealed --vault-id one", "sealed: already encrypted"),
        ("encrypt plain", "cannot ask for a vault password"),
        (
            "encrypt plain --vault-id a@one --vault-id b@two",
            "--encrypt-vault-id: a, b",
        ),
        (
            "encrypt plain --vault-id a@one --encrypt-vault-id c",
            "no vault password has the label \"c\"",
        ),
        (
            "encrypt plain one --output x --vault-id one",
            "--output takes the result of one file",
        ),
        (
            "encrypt plain --output no/such --vault-id one",
            "cannot write ",
        ),
        (
            "create plain --skip-tty-check --vault-id one",
            "plain already exists",
        ),
        (
            "create no/such --skip-tty-check --vault-id one",
            "there is no folder no",
        ),
        (
            "encrypt_string --vault-id one",
            "the value from standard input is empty",
        ),
        (
            "encrypt_string --vault-id one -n a -n b x",
            "there are 2 names for 1 values",
        ),
        (
            "encrypt_string --vault-id one --prompt -",
            "mutually exclusive",
        ),
        (
            "rekey sealed --vault-id one --new-vault-id missing",
            "cannot read the vault password file",
        ),
        (
            "rekey sealed --vault-id one --new-vault-id two --new-vault-password-file two",
            "cannot be used with",
        ),
    ] {
        let arguments: Vec<_> = arguments.split(' ').collect();
        // Without a terminal, nobody can be asked.
        let mut command = Command::new("setsid");
        command.args(["--wait", env!("CARGO_BIN_EXE_rmqplay"), "vault"]);
        command
            .args(&arguments)
            .current_dir(folder.path())
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let shown = all(&output);
        assert!(
            !output.status.success() && shown.contains(message),
            "{arguments:?}: {shown}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(folder.path().join("plain")).unwrap(),
        "plain"
    );
}

/// Both ways against ansible-vault, if the path of one is given in `ANSIBLE_VAULT`.
#[test]
fn ansible_vault_opens_what_rmqplay_encrypts_and_the_other_way_round() {
    let Ok(other) = std::env::var("ANSIBLE_VAULT") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "one", "pässwörd with spaces\n");
    let own = env!("CARGO_BIN_EXE_rmqplay");
    let run = |words: &[&str]| {
        let (program, arguments) = words.split_first().unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", all(&output));
        output.stdout
    };
    for plain in [
        &b""[..],
        b"x",
        b"0123456789abcdef",
        &[0, 255, 10, 13],
        &vec![b'y'; 100_000],
    ] {
        for id in ["--vault-id=one", "--vault-id=dev@one"] {
            for (seals, opens) in [
                (vec![own, "vault"], vec![&*other]),
                (vec![&*other], vec![own, "vault"]),
            ] {
                write(folder, "file", plain);
                run(&[&seals[..], &["encrypt", "file", id]].concat());
                let opened = run(&[&opens[..], &["decrypt", "file", id, "--output", "-"]].concat());
                assert_eq!(opened, plain, "{seals:?} {id}");
            }
        }
    }
}

/// Hosts that come before one whose connection variables cannot be read stay untouched.
#[test]
fn encrypted_connection_variables_are_found_before_any_host_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| write(folder.path(), name, text);
    let task = format!("command: touch {}", folder.path().join("made").display());
    let inventory = |name: &str| {
        let value = inline("x").replace("\n  ", "\n          ");
        format!(
            "all:\n  hosts:\n    a: {{ansible_connection: local}}\n    b:\n      {name}: {value}"
        )
    };
    let play = |head: &str, task: &str| {
        format!("- hosts: all\n  gather_facts: false\n{head}  tasks:\n    - {task}\n")
    };
    let host = "192.0.2.1";
    for (name, head, task, options, refused) in [
        ("ansible_password", "", &*task, "", true),
        ("ansible_ssh_pass", "", &task, "", true),
        (
            "ansible_become_password",
            "  become: true\n",
            &task,
            "",
            true,
        ),
        ("ansible_become_pass", "", &task, "-b", true),
        ("ansible_password", "", &task, "-l a", false),
        (
            "ansible_become_password",
            "",
            &task,
            "-l a,b --list-hosts",
            false,
        ),
        (
            "ansible_password",
            "  vars: {ansible_password: y}\n",
            &task,
            "-l a",
            false,
        ),
        ("ansible_password", "", "debug: {msg: x}", "-l a", false),
    ] {
        write("hosts.yml", inventory(name));
        write("play.yml", play(head, task));
        let arguments = format!("run play.yml -i hosts.yml -T 1 -e ansible_host={host} {options}");
        let output = rmqplay(folder.path(), &arguments).output().unwrap();
        let told = all(&output);
        let made = folder.path().join("made");
        assert_eq!(
            output.status.code() == Some(4),
            refused,
            "{name} {options}: {told}"
        );
        assert_eq!(
            told.contains("hosts.yml:6:"),
            refused,
            "{name} {options}: {told}"
        );
        assert!(!refused || !made.exists(), "{name} {options}: {told}");
        let _ = std::fs::remove_file(made);
    }
}
