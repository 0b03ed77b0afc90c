//! What inventory and command line say about SSH, as `rmqplay exec` follows it.

use crate::sshd::{Sshd, program};

/// Runs `echo in` on `web1` with these variables of the host, which may name the server's folder
/// as DIR and its port as PORT.
fn exec(sshd: &Sshd, variables: &[&str], options: &[&str]) -> String {
    let directory = sshd.folder.path().display().to_string();
    let filled = |text: &str| {
        let text = text.replace("DIR", &directory);
        text.replace("PORT", &sshd.port.to_string())
    };
    let mut inventory = "all:\n  hosts:\n    web1:\n".to_owned();
    for line in variables {
        inventory += &format!("      {}\n", filled(line));
    }
    std::fs::write(sshd.path("inventory.yml"), inventory).unwrap();
    let file = sshd.path("inventory.yml");
    let options: Vec<_> = options.iter().map(|option| filled(option)).collect();
    let mut words = vec![env!("CARGO_BIN_EXE_rmqplay"), "exec", "web1", "-i"];
    words.push(file.to_str().unwrap());
    words.extend(options.iter().map(String::as_str));
    words.extend(["--", "echo", "i", "am", "in"]);
    program(&words)
}

#[test]
fn each_way_of_saying_it_leads_to_the_host() {
    let sshd = Sshd::start("");
    let config = format!(
        "Host web1\nHostName 127.0.0.1\nPort {}\nUser root\nIdentityFile {}\nUserKnownHostsFile {}\n",
        sshd.port,
        sshd.path("id").display(),
        sshd.path("known_hosts").display()
    );
    std::fs::write(sshd.path("config"), config).unwrap();
    let by_variables: &[&str] = &[
        "ansible_host: 127.0.0.1",
        "ansible_port: PORT",
        "ansible_user: root",
        "ansible_ssh_private_key_file: DIR/id",
        "rmqplay_known_hosts: DIR/known_hosts",
    ];
    let by_options: &[&str] = &[
        "ansible_host: 127.0.0.1",
        "ansible_ssh_common_args: -o Port=PORT -o User=root",
        "ansible_ssh_extra_args: -o UserKnownHostsFile=DIR/known_hosts",
    ];
    let address: &[&str] = &["ansible_host: 127.0.0.1"];
    let common = "--ssh-common-args=-o Port=PORT -o User=root -i DIR/id";
    let extra = "--ssh-extra-args=-o UserKnownHostsFile=DIR/known_hosts";
    let by_file: &[&str] = &["ansible_ssh_common_args: -F DIR/config"];
    let by_command: &[&str] = &[
        "ansible_ssh_common_args: >-",
        "  -F DIR/config",
        "  -o ProxyCommand=\"ssh -F DIR/config -W %h:%p web1\"",
    ];
    for (variables, options) in [
        (by_variables, vec![]),
        (by_options, vec!["--private-key", "DIR/id"]),
        (address, vec![common, extra, "--scp-extra-args=-l 1"]),
        (by_file, vec![]),
        (by_command, vec![]),
    ] {
        let output = exec(&sshd, variables, &options);
        assert!(output.contains("i am in"), "{variables:?}: {output}");
    }
}

#[test]
fn cases_on_a_lab_log_in_as_they_are_told_to() {
    let sshd = Sshd::start("");
    let project = sshd.path("project");
    std::fs::create_dir_all(project.join("tests")).unwrap();
    let case = "- name: greets\n  tasks:\n    - assert: {that: \"word == 'hello'\"}\n";
    std::fs::write(project.join("tests/case.yml"), case).unwrap();
    let inventory = format!(
        "all:\n  hosts:\n    web1:\n      ansible_host: 127.0.0.1\n      ansible_port: {}\n      \
         rmqplay_known_hosts: {}\n",
        sshd.port,
        sshd.path("known_hosts").display()
    );
    std::fs::write(sshd.path("inventory.yml"), inventory).unwrap();
    std::fs::write(sshd.path("password"), "secret\n").unwrap();
    let [inventory, key, password] = ["inventory.yml", "id", "password"]
        .map(|name| sshd.path(name).to_str().unwrap().to_owned());
    let test = |options: &[&str]| {
        let start = [env!("CARGO_BIN_EXE_rmqplay"), "test", "--playbook-dir"];
        let words = start.into_iter().chain([project.to_str().unwrap()]);
        program(&words.chain(options.iter().copied()).collect::<Vec<_>>())
    };
    let lab = ["--lab", "-i", &inventory, "-u", "root", "-e", "word=hello"];
    for credentials in [
        ["--private-key", &key],
        ["--connection-password-file", &password],
    ] {
        let shown = test(&[&lab[..], &credentials].concat());
        assert!(shown.contains("1 passed"), "{shown}");
    }
    let line = format!("! {} test -u root 2>&1", env!("CARGO_BIN_EXE_rmqplay"));
    assert!(program(&["sh", "-c", &line]).contains("need --lab"));
}
