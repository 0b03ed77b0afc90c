//! Paths of this machine and of hosts: from the root, whatever the user wrote and wherever rmqplay
//! was started.

use rmqplay::cli::registry;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `rmqplay` in a folder; it must succeed.
fn rmqplay(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("RMQPLAY_INVENTORY")
        .env("RMQPLAY_WORD", "word")
        .env("RMQPLAY_SHELL", "/bin/sh")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}\n{text}{errors}");
    text
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A folder whose name holds what splits words and lists, by its real path.
fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().canonicalize().unwrap().join("a b:ü'c");
    std::fs::create_dir(&folder).unwrap();
    (scratch, folder)
}

const MAGIC: &str = r#"
- hosts: all
  gather_facts: false
  roles: [shown]
  tasks:
    - copy:
        dest: play
        content: |
          {{ playbook_dir }}
          {{ inventory_dir }}
          {{ inventory_file }}
          {{ lookup("fileglob", "files/*.txt") }}
          {{ lookup("first_found", ["x.txt"]) }}
"#;

const SHOWN: &str = r#"
- copy: {dest: role, content: "{{ role_path }}\n"}
- include_tasks: more.yml
"#;

const MORE: &str = r#"
- copy: {dest: included, content: "{{ role_path }} {{ playbook_dir }}\n"}
"#;

#[test]
fn magic_paths_start_at_the_root_however_the_playbook_is_named() {
    let (scratch, folder) = folder();
    let above = folder.parent().unwrap();
    write(&folder, "site.yml", MAGIC);
    write(
        &folder,
        "outer/outer.yml",
        "- import_playbook: ../site.yml\n",
    );
    write(&folder, "hosts", "localhost ansible_connection=local\n");
    write(&folder, "files/x.txt", "");
    write(&folder, "roles/shown/tasks/main.yml", SHOWN);
    write(&folder, "roles/shown/tasks/more.yml", MORE);
    let at = folder.display();
    let play = format!("{at}\n{at}\n{at}/hosts\n{at}/files/x.txt\n{at}/files/x.txt\n");
    let below_root = |name: &str| folder.join(name).display().to_string()[1..].to_owned();
    let (site, hosts) = (below_root("site.yml"), below_root("hosts"));
    let from_root = folder.join("site.yml").display().to_string();
    for (started, playbook, inventory) in [
        (&*folder, "site.yml", "hosts"),
        (&*folder, "./site.yml", "./hosts"),
        (&*folder, "outer/../site.yml", "outer/../hosts"),
        (&*folder, from_root.as_str(), "hosts"),
        (&*folder, "outer/outer.yml", "hosts"),
        (above, "a b:ü'c/site.yml", "a b:ü'c/hosts"),
        (Path::new("/"), site.as_str(), hosts.as_str()),
    ] {
        rmqplay(started, &["run", playbook, "-i", inventory]);
        for (name, expected) in [
            ("play", play.clone()),
            ("role", format!("{at}/roles/shown\n")),
            ("included", format!("{at}/roles/shown {at}\n")),
        ] {
            let found = std::fs::read_to_string(folder.join(name));
            let found = found.unwrap_or_else(|error| panic!("{playbook}: {name}: {error}"));
            assert_eq!(
                found,
                expected,
                "{playbook} in {}: {name}",
                started.display()
            );
            std::fs::remove_file(folder.join(name)).unwrap();
        }
    }
    drop(scratch);
}

/// Tasks that make a file or find one, each by a relative path.
const RELATIVE: &str = r#"
- hosts: localhost
  gather_facts: false
  tasks:
    - {file: {path: made, state: directory}}
    - {file: {path: made/touched, state: touch, access_time: preserve, modification_time: preserve}}
    - {copy: {dest: made/copied, content: x}}
    - {template: {src: t.j2, dest: made/rendered}}
    - {command: touch made/commanded, args: {creates: made/commanded}}
    - {shell: touch made/shelled, args: {creates: made/shelled}}
    - {shell: touch changed, args: {chdir: made, creates: changed}}
    - {script: s.sh, args: {creates: made/scripted}}
    - {lineinfile: {path: made/lines, line: a, create: true}}
    - {blockinfile: {path: made/block, block: a, create: true}}
    - {replace: {path: made/lines, regexp: a, replace: b}, when: false}
    - {symlink: {path: made/link, src: copied}}
    - {copy: {src: made/copied, dest: made/again, remote_src: true}}
    - {stat: {path: made/copied}, register: seen}
    - {slurp: {src: made/copied}, register: read}
    - {find: {paths: [made], patterns: [copied]}, register: found}
    - {wait_for: {path: made/copied, timeout: 1}}
    - {assert: {that: [seen.stat.exists, read.content != "", found.matched == 1]}}
"#;

#[test]
fn relative_paths_of_modules_on_this_machine_count_from_the_playbooks_folder() {
    let (_scratch, folder) = folder();
    write(&folder, "site.yml", RELATIVE);
    write(&folder, "t.j2", "x");
    write(&folder, "s.sh", "#!/bin/sh\ntouch made/scripted\n");
    let elsewhere = tempfile::tempdir().unwrap();
    let playbook = folder.join("site.yml").display().to_string();
    rmqplay(elsewhere.path(), &["run", &playbook]);
    let again = rmqplay(elsewhere.path(), &["run", &playbook]);
    assert!(!again.contains("changed="), "{again}");
    let predicted = rmqplay(elsewhere.path(), &["run", &playbook, "--check"]);
    assert!(!predicted.contains("changed="), "{predicted}");
    for name in [
        "touched",
        "copied",
        "rendered",
        "commanded",
        "shelled",
        "changed",
        "scripted",
        "lines",
        "block",
        "link",
        "again",
    ] {
        assert!(folder.join("made").join(name).exists(), "{name}");
    }
    let left = std::fs::read_dir(elsewhere.path()).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn what_is_beside_an_imported_playbook_counts_in_its_plays() {
    let (_scratch, folder) = folder();
    let play = |expected: &str| {
        format!(
            "- hosts: all\n  gather_facts: false\n  vars_files: ['{{{{ playbook_dir }}}}/vars/v.yml']\n  \
             tasks:\n    - assert: {{that: \"[from_file, from_group] == {expected}\"}}\n"
        )
    };
    let (top, below) = (play("['top', 'top']"), play("['below', 'below']"));
    let imports = format!("{top}- import_playbook: below/in.yml\n{top}");
    write(&folder, "site.yml", &imports);
    write(&folder, "below/in.yml", &below);
    for (place, name) in [("", "top"), ("below/", "below")] {
        let file = format!("{place}vars/v.yml");
        write(&folder, &file, &format!("from_file: {name}\n"));
        let file = format!("{place}group_vars/all.yml");
        write(&folder, &file, &format!("from_group: {name}\n"));
    }
    for arguments in [
        vec!["run", "site.yml", "-i", "h1,", "-c", "local"],
        vec!["check", "site.yml", "-i", "h1,"],
    ] {
        rmqplay(&folder, &arguments);
    }
}

const LOOKED_FOR: &str = r"
- hosts: localhost
  gather_facts: false
  tasks:
    - {command: rmqplay-has-no-such-program --version, register: program, failed_when: false}
    - {command: {argv: [ls], chdir: /no/such/folder}, register: folder, ignore_errors: true}
    - {command: rmqplay-has-no-such-program, register: either, failed_when: 'either.rc not in [0, 2]'}
    - assert:
        that:
          - program.rc == 2 and program.stdout == '' and program.stderr_lines == []
          - program.cmd == ['rmqplay-has-no-such-program', '--version'] and not program.changed
          - folder is failed and folder.rc != 0 and folder.stdout_lines == []
";

#[test]
fn a_program_that_is_not_there_has_a_result_like_any_other() {
    let (_scratch, folder) = folder();
    write(&folder, "site.yml", LOOKED_FOR);
    rmqplay(&folder, &["run", "site.yml"]);
}

#[test]
fn variables_and_home_directories_are_replaced_in_paths() {
    let (_scratch, folder) = folder();
    let tasks = r#"
- hosts: localhost
  gather_facts: false
  environment: {INNER: inner}
  tasks:
    - {file: {path: "$RMQPLAY_WORD/${INNER}/$NOT_SET", state: directory}}
    - {command: {cmd: touch x, chdir: "$RMQPLAY_WORD", creates: "${INNER}/x"}, register: ran}
    - {file: {path: "~nobody-at-all/x", state: directory}}
    - {stat: {path: "~root"}, register: root}
    - {stat: {path: "~"}, register: home}
    - assert: {that: [root.stat.isdir, home.stat.isdir]}
    - {file: {path: "new/a/../b/../../other", state: directory}}
    - {copy: {dest: "far/../folder/", src: file.txt}}
    - {copy: {dest: "a/b/../../tree2", src: tree/}}
    - {shell: "echo $0 > shell", args: {executable: "$RMQPLAY_SHELL", creates: shell}}
"#;
    write(&folder, "file.txt", "x");
    write(&folder, "tree/file.txt", "x");
    write(&folder, "site.yml", tasks);
    rmqplay(&folder, &["run", "site.yml"]);
    for name in [
        "word/inner/$NOT_SET",
        "word/x",
        "~nobody-at-all/x",
        "new/a",
        "new/b",
        "other",
        "folder/file.txt",
        "tree2/file.txt",
        "shell",
    ] {
        assert!(folder.join(name).exists(), "{name}");
    }
    std::fs::write(folder.join("word/inner/x"), "").unwrap();
    let again = rmqplay(&folder, &["run", "site.yml"]);
    assert!(!again.contains("changed="), "{again}");
}

/// Tasks whose path is an empty variable.
const EMPTY: &str = r#"
- hosts: localhost
  gather_facts: false
  environment: {EMPTY: ""}
  tasks:
    - {file: {path: "$EMPTY", state: absent}, ignore_errors: true, register: r1}
    - {file: {path: "${EMPTY}", state: directory, recurse: true, mode: "0700"}, ignore_errors: true, register: r2}
    - {file: {path: "$EMPTY$EMPTY", state: touch}, ignore_errors: true, register: r3}
    - {copy: {dest: "$EMPTY", content: x}, ignore_errors: true, register: r4}
    - {copy: {dest: there, src: "$EMPTY", remote_src: true}, ignore_errors: true, register: r5}
    - {find: {paths: ["$EMPTY"]}, ignore_errors: true, register: r6}
    - {tempfile: {path: "$EMPTY"}, ignore_errors: true, register: r7}
    - {unarchive: {src: a.tar, dest: "$EMPTY"}, ignore_errors: true, register: r8}
    - {unarchive: {src: "$EMPTY", dest: there, remote_src: true}, ignore_errors: true, register: r9}
    - {stat: {path: "$EMPTY"}, ignore_errors: true, register: r10}
    - {lineinfile: {path: "$EMPTY", line: x}, ignore_errors: true, register: r11}
    - {file: {path: hard, src: "$EMPTY", state: hard}, ignore_errors: true, register: r12}
    - {user: {name: root, home: "$EMPTY"}, ignore_errors: true, register: r13}
    - assert:
        that:
          - "item.failed and item.msg is search('must not be empty')"
      loop: ["{{ r1 }}", "{{ r2 }}", "{{ r3 }}", "{{ r4 }}", "{{ r5 }}", "{{ r6 }}", "{{ r7 }}",
        "{{ r8 }}", "{{ r9 }}", "{{ r10 }}", "{{ r11 }}", "{{ r12 }}", "{{ r13 }}"]
    - {command: {cmd: echo ran, creates: "", removes: "", chdir: ""}, register: c1}
    - {command: {cmd: echo ran, creates: "$EMPTY", removes: "$EMPTY", chdir: "$EMPTY"}, register: c2}
    - {shell: "echo ran", args: {creates: "$EMPTY", removes: "", chdir: "$EMPTY", executable: ""}, register: c3}
    - {script: s.sh, args: {creates: "", removes: "$EMPTY", chdir: "$EMPTY"}, register: c4}
    - assert:
        that: [c1.stdout == "ran", c2.stdout == "ran", c3.stdout == "ran", c4.stdout == "ran"]
"#;

#[test]
fn an_empty_variable_names_no_folder() {
    let (_scratch, folder) = folder();
    write(&folder, "site.yml", EMPTY);
    write(&folder, "s.sh", "#!/bin/sh\necho ran\n");
    write(&folder, "a.tar", "");
    let names = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    rmqplay(&folder, &["run", "site.yml"]);
    assert_eq!(names(), before);
}

#[test]
fn filters_and_tests_of_files_count_from_the_playbooks_folder() {
    let (_scratch, folder) = folder();
    let tasks = r#"
- hosts: localhost
  gather_facts: false
  tasks:
    - assert:
        that:
          - "'f.txt' is exists and 'f.txt' is file and 'd' is directory and 'l' is link and 'l' is link_exists"
          - "'f.txt' is same_file('d/../f.txt')"
          - "'f.txt' is not abs"
          - "'*.txt' | fileglob == [playbook_dir ~ '/f.txt']"
          - "'d/../f.txt' | realpath == playbook_dir ~ '/f.txt'"
          - "'nope' is not exists"
"#;
    write(&folder, "site.yml", tasks);
    write(&folder, "f.txt", "x");
    write(&folder, "d/x", "x");
    std::os::unix::fs::symlink("f.txt", folder.join("l")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    rmqplay(
        elsewhere.path(),
        &["run", folder.join("site.yml").to_str().unwrap()],
    );
}

#[test]
fn every_argument_that_is_a_path_of_the_host_is_declared_as_one() {
    let names = [
        "path",
        "paths",
        "dest",
        "chdir",
        "creates",
        "removes",
        "sysctl_file",
        "log",
        "home",
    ];
    for entry in registry().modules() {
        let arguments = entry.arguments();
        for declared in entry.paths.iter().chain(&entry.relative_paths) {
            let top = declared.split('.').next().unwrap_or_default();
            assert!(arguments.contains(&top), "{}: {declared}", entry.name);
        }
        // The product's own modules want absolute paths and say so.
        if entry.name.starts_with("rocketmq") {
            continue;
        }
        for argument in arguments.into_iter().filter(|name| names.contains(name)) {
            // A path of this machine.
            if (entry.name.as_str(), argument) == ("fetch", "dest") {
                continue;
            }
            let is = |declared: &[String]| declared.iter().any(|name| name == argument);
            assert!(
                is(&entry.paths) || is(&entry.relative_paths),
                "{}: {argument}",
                entry.name
            );
        }
    }
}

/// As in Ansible, `include_tasks` of a role prefers the role's `tasks`, `import_tasks` the folder of
/// the file that imports.
#[test]
fn a_role_includes_from_its_tasks_and_imports_from_beside() {
    let (scratch, folder) = folder();
    write(
        &folder,
        "site.yml",
        "- hosts: localhost\n  gather_facts: false\n  roles: [r]\n  tasks:\n    - include_tasks: sub/x.yml\n",
    );
    let both = "- include_tasks: y.yml\n- import_tasks: y.yml\n- include_tasks: only.yml\n";
    let shows = |text: &str| format!("- debug: {{msg: '{text}'}}\n");
    write(
        &folder,
        "roles/r/tasks/main.yml",
        "- include_tasks: sub/x.yml\n",
    );
    for (at, name) in [("roles/r/tasks", "of the role"), ("", "of the play")] {
        write(
            &folder,
            format!("{at}/sub/x.yml").trim_start_matches('/'),
            both,
        );
        let beside = shows(&format!("beside {name}"));
        write(
            &folder,
            format!("{at}/sub/y.yml").trim_start_matches('/'),
            &beside,
        );
        write(
            &folder,
            format!("{at}/sub/only.yml").trim_start_matches('/'),
            &shows("only"),
        );
        write(
            &folder,
            format!("{at}/y.yml").trim_start_matches('/'),
            &shows(name),
        );
    }
    let told = rmqplay(&folder, &["run", "site.yml"]);
    let said: Vec<_> = told
        .lines()
        .filter_map(|line| line.split(" => ").nth(1))
        .map(|line| line.trim_matches('"'))
        .collect();
    let expected = [
        "of the role",
        "beside of the role",
        "only",
        "beside of the play",
        "beside of the play",
        "only",
    ];
    assert_eq!(said, expected, "{told}");
    drop(scratch);
}

/// Without `-i`, a project's own inventory is taken; without one, the error says what to pass.
#[test]
fn a_run_without_an_inventory_takes_the_project_s_or_says_what_is_missing() {
    let (scratch, folder) = folder();
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: {msg: x}\n";
    write(&folder, "site.yml", play);
    let output = Command::new(env!("CARGO_BIN_EXE_rmqplay"))
        .args(["run", "site.yml"])
        .current_dir(&folder)
        .env_remove("RMQPLAY_INVENTORY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{errors}");
    assert!(
        errors.contains("no inventory was given\n --> site.yml:1:10"),
        "{errors}"
    );
    assert!(errors.contains("pass one, such as -i"), "{errors}");
    write(&folder, "inventory/hosts", "h1 ansible_connection=local\n");
    let told = rmqplay(&folder, &["run", "site.yml"]);
    assert!(told.contains("[h1] => x"), "{told}");
    drop(scratch);
}
