//! What a command would have printed, in check mode: each file of `tests/unknown` holds plays in
//! which such output goes on to other tasks, with what check mode must say of each. Every play is
//! also run: what check mode predicted must then have come true.

use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Cancel, Host, HostError, Local, Memory, Output, User};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::Event;
use rmqplay::run::{Connector, Options, Parts, Session};
use rmqplay::source::SourceFile;
use rmqplay::yaml::{self, Data, Node};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// How each task ended, by its name; with its host before it, if that is another than `h1`.
type Statuses = BTreeMap<String, String>;

/// Where a case stands for its folder on the host.
const FOLDER: char = '@';

fn connect() -> Connector {
    Connector::new(Box::new(|_| {
        let host = ShellHost::new(Arc::new(Local::default()), "/bin/sh", None);
        Ok(Arc::new(host) as Arc<dyn Host>)
    }))
}

fn text(node: &Node) -> String {
    node.to_value().to_string()
}

/// Makes the files of a case and the roles of its scripts.
fn prepare(case: &Node, folder: &Path) {
    let entries = |key: &str| case.get(key).and_then(Node::as_map).cloned();
    for (name, content) in entries("files").unwrap_or_default() {
        let path = folder.join(text(&name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text(&content)).unwrap();
    }
    for (name, script) in entries("roles").unwrap_or_default() {
        let tasks = folder.join("roles").join(text(&name)).join("tasks");
        std::fs::create_dir_all(&tasks).unwrap();
        std::fs::write(tasks.join("main.rhai"), text(&script)).unwrap();
    }
}

/// Returns the play of a case.
fn play(case: &Node) -> Node {
    let place = &case.place;
    let node = |data| Node {
        data,
        place: place.clone(),
    };
    let word = |text: &str| node(Data::Text(text.into()));
    let mut entries = vec![
        (word("hosts"), word("all")),
        (word("gather_facts"), node(Data::Bool(false))),
    ];
    for key in ["vars", "tasks", "handlers"] {
        entries.extend(case.entry(key).cloned());
    }
    if let (Some(roles), None) = (case.get("roles"), case.get("include_only")) {
        let names = roles.as_map().unwrap().iter().map(|(name, _)| name.clone());
        entries.push((word("roles"), node(Data::List(names.collect()))));
    }
    node(Data::List(vec![node(Data::Map(entries))]))
}

fn carry_out(written: &str, number: usize, check: bool) -> Statuses {
    let folder = tempfile::tempdir().unwrap();
    let written = written.replace(FOLDER, &folder.path().display().to_string());
    let cases = yaml::read(&SourceFile::new("cases.yml", written)).unwrap();
    let case = &cases.as_list().unwrap()[number];
    prepare(case, folder.path());
    let hosts = case.get("hosts").map_or("h1,".to_owned(), text);
    statuses(connect(), hosts, folder.path(), &play(case), check)
}

/// Carries out a playbook that stands in a folder.
fn statuses(
    connector: Connector,
    hosts: String,
    folder: &Path,
    document: &Node,
    check: bool,
) -> Statuses {
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::cli::registry(),
        inventory: Inventory::load(&[hosts]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options {
            check,
            ..Options::default()
        },
        playbook_folder: folder.into(),
        connector,
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let path = folder.join("case.yml");
    let playbook = session.loader.playbook_of(&path, document);
    let playbook = playbook.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    session.playbook(&playbook, &[], None).unwrap();
    session.finish();
    drop(session);
    let mut statuses = Statuses::new();
    for event in told {
        let Event::TaskFinished(result) = event else {
            continue;
        };
        let name = match &*result.host {
            "h1" => result.task.name.clone(),
            host => format!("{host} {}", result.task.name),
        };
        let status = format!("{:?}", result.status).to_lowercase();
        let numbered = (2..).map(|number| format!("{name} {number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let free = names.find(|name| !statuses.contains_key(name)).unwrap();
        statuses.insert(free, status);
    }
    statuses
}

/// Checks the cases of a file.
fn check(file: &str) {
    let mut wrong = String::new();
    let path = format!("tests/unknown/{file}.yml");
    let written = std::fs::read_to_string(&path).unwrap();
    let cases = yaml::read(&SourceFile::new(&path, written.clone())).unwrap();
    for (number, case) in cases.as_list().unwrap().iter().enumerate() {
        let name = text(case.get("name").unwrap());
        let expected = case.get("check").and_then(Node::as_map).unwrap().iter();
        let expected = expected.map(|(task, status)| (text(task), text(status)));
        let expected: Statuses = expected.collect();
        let predicted = carry_out(&written, number, true);
        if predicted != expected {
            let _ = writeln!(
                wrong,
                "{path}: {name}: check says\n  {predicted:?}, not\n  {expected:?}"
            );
        }
        if case.get("run").is_some() {
            continue;
        }
        let done = carry_out(&written, number, false);
        for (task, status) in &predicted {
            // How a command ends is presumed.
            if status != "unknown" && task != "read" && done.get(task) != Some(status) {
                let done = done.get(task);
                let _ = writeln!(
                    wrong,
                    "{path}: {name}: {task} is predicted {status}, done {done:?}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn output_stays_unknown_in_values() {
    check("values");
}

#[test]
fn output_stays_unknown_in_conditions() {
    check("conditions");
}

#[test]
fn output_stays_unknown_in_loops_handlers_and_includes() {
    check("loops");
}

#[test]
fn what_an_unknown_task_leaves_is_unknown() {
    check("files");
}

#[test]
fn output_stays_unknown_in_scripts() {
    check("scripts");
}

#[test]
fn what_depends_on_a_name_from_output_is_unknown() {
    check("includes");
}

#[test]
fn output_stays_unknown_in_what_playbooks_often_do() {
    check("patterns");
}

#[test]
fn what_a_task_only_foresees_is_not_seen_later() {
    check("check_mode");
}

#[test]
fn what_rmqplay_reads_itself_is_unknown_once_a_task_would_change_it() {
    check("this_machine");
}

#[test]
fn what_the_run_cannot_do_is_not_promised() {
    check("failures");
}

fn outcomes(written: &str, machine: fn() -> Memory) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let document = yaml::read(&SourceFile::new("tools.yml", written)).unwrap();
    let connector = Connector::new(Box::new(move |_| Ok(Arc::new(machine()) as Arc<dyn Host>)));
    let told = statuses(connector, "h1,".to_owned(), folder.path(), &document, true);
    let order = |name: &String| written.find(&format!("name: {name},"));
    let mut told: Vec<_> = told.into_iter().collect();
    told.sort_by_key(|(name, _)| order(name));
    told
}

/// Checks that tasks are told as their names say: `NAME is STATUS`.
fn named_by_outcome(tasks: &str, machine: fn() -> Memory) {
    let written = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    let wrong: Vec<_> = outcomes(&written, machine)
        .into_iter()
        .filter(|(name, status)| name.rsplit(' ').next() != Some(status))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn printed(status: i32, text: &str) -> Output {
    Output {
        status,
        stdout: text.into(),
        ..Output::default()
    }
}

fn debian() -> Memory {
    Memory::machine()
        .program("dpkg-query", printed(0, ""))
        .file("/usr/bin/apt-get", "")
        .file("/etc/debian_version", "12\n")
        .directory("/usr/sbin")
}

/// A Debian on which no group can be made.
fn without_programs() -> Memory {
    debian()
        .lacking(&["groupadd", "addgroup"])
        .program("apt-get", printed(0, "Inst passwd (1 Debian [amd64])\n"))
}

/// The same whose package manager finds no way to install anything.
fn without_packages() -> Memory {
    let refused = printed(100, "E: Unable to correct problems\n");
    let trial = "apt-get -s -y -q -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confdef -o \
                 Dpkg::Options::=--force-confold install -- first";
    let words: Vec<_> = trial.split(' ').collect();
    debian()
        .program("apt-get", refused)
        .output(&words, printed(0, "Inst first (1 Debian [amd64])\n"))
}

#[test]
fn a_program_that_the_host_lacks_is_unknown_once_a_task_may_bring_it() {
    let lacks = "    - {name: early is failed, group: {name: g}, ignore_errors: true}\n";
    let group = "    - {name: group is unknown, group: {name: g}}\n";
    for bringing in [
        "{name: package is changed, package: {name: passwd}}",
        "{name: apt is changed, apt: {name: passwd}}",
        "{name: copied is changed, copy: {dest: /usr/sbin/groupadd, content: x, mode: '0755'}}",
        "{name: linked is changed, file: {dest: /usr/sbin/addgroup, src: /bin/x, state: link, force: true}}",
        "{name: command is changed, command: apt-get install passwd}",
    ] {
        named_by_outcome(
            &format!("{lacks}    - {bringing}\n{group}"),
            without_programs,
        );
    }
    for perhaps in [
        "{name: package is unknown, apt: {name: passwd}, when: r.stdout == 'a'}",
        "{name: package is unknown, package: {name: '{{ r.stdout }}'}}",
        "{name: copied is unknown, copy: {dest: /usr/sbin/groupadd, content: '{{ r.stdout }}'}}",
    ] {
        let read = "    - {name: read is changed, command: x, register: r}\n";
        named_by_outcome(
            &format!("{lacks}{read}    - {perhaps}\n{group}"),
            without_programs,
        );
    }
    let more = "    - {name: again is unknown, apt: {name: passwd}}\n";
    let read = "    - {name: read is changed, command: x, register: r}\n";
    let names = "    - {name: names are unknown, apt: {name: '{{ r.stdout }}'}}\n";
    named_by_outcome(&format!("{read}{names}{more}"), without_programs);
}

/// A machine seen by a user who owns only a folder and a file in another.
fn without_rights() -> Memory {
    let user = |name: &str, uid| User {
        name: name.to_owned(),
        uid,
        gid: uid,
        group: name.to_owned(),
        home: format!("/home/{name}").into(),
        ..User::default()
    };
    let (app, other) = (user("app", 500), user("other", 501));
    let machine = Memory::machine()
        .user(app.clone())
        .user(other.clone())
        .fact("user_id", "app")
        .fact("user_uid", 500);
    let machine = machine
        .directory("/own")
        .owned("/own", 0o755, &app)
        .directory("/own/theirs")
        .file("/own/theirs/file", "x")
        .directory("/shared")
        .owned("/shared", 0o1777, &other)
        .file("/shared/theirs", "x")
        .file("/shared/mine", "x")
        .owned("/shared/mine", 0o644, &app)
        .file("/etc/hostname", "new\n")
        .file("/etc/theirs", "x")
        .file("/etc/mine", "x")
        .owned("/etc/mine", 0o644, &app);
    machine.output(&["uname", "-n"], printed(0, "h1\n"))
}

#[test]
fn rights_that_the_user_lacks_fail_in_check_mode_too() {
    let ignored = "ignore_errors: true";
    let cases = [
        ("file is failed", "copy: {dest: /etc/new, content: x}"),
        ("replaced is failed", "copy: {dest: /etc/mine, content: y}"),
        (
            "folder is failed",
            "file: {path: /etc/new, state: directory}",
        ),
        (
            "link is failed",
            "file: {path: /etc/new, src: x, state: link, force: true}",
        ),
        (
            "touched is failed",
            "file: {path: /etc/theirs, state: touch}",
        ),
        ("mode is failed", "file: {path: /etc/theirs, mode: '0600'}"),
        (
            "removal is failed",
            "file: {path: /etc/mine, state: absent}",
        ),
        (
            "sticky is failed",
            "file: {path: /shared/theirs, state: absent}",
        ),
        ("tree is failed", "file: {path: /own/theirs, state: absent}"),
        (
            "owner is failed",
            "copy: {dest: /own/new, content: x, owner: other}",
        ),
        ("group is failed", "file: {path: /etc/mine, group: other}"),
        ("user is failed", "user: {name: new}"),
        ("new group is failed", "group: {name: new}"),
        ("setting is unknown", "hostname: {name: new}"),
        (
            "own mode is changed",
            "file: {path: /etc/mine, mode: '0600'}",
        ),
        ("own file is changed", "copy: {dest: /own/new, content: x}"),
        ("shared is changed", "copy: {dest: /shared/new, content: x}"),
        (
            "own removal is changed",
            "file: {path: /shared/mine, state: absent}",
        ),
    ];
    for (name, task) in cases {
        let tasks = format!("    - {{name: {name}, {task}, {ignored}}}\n");
        named_by_outcome(&tasks, without_rights);
    }
    // A command that was not run may grant anything.
    let tasks = "    - {name: read is changed, command: x}
    - {name: file is unknown, copy: {dest: /etc/new, content: x}}
";
    named_by_outcome(tasks, without_rights);
}

#[test]
fn a_group_that_is_the_primary_one_of_a_user_stays() {
    let tasks =
        "    - {name: group is failed, group: {name: first, state: absent}, ignore_errors: true}
    - {name: user is changed, user: {name: first, state: absent}}
    - {name: group again is ok, group: {name: first, state: absent}}
    - {name: other is failed, group: {name: second, state: absent}, ignore_errors: true}
    - {name: other user is changed, user: {name: other, state: absent}}
    - {name: other again is changed, group: {name: second, state: absent}}
";
    named_by_outcome(tasks, || {
        let user = |name: &str, uid, group: &str| User {
            name: name.to_owned(),
            uid,
            gid: uid,
            group: group.to_owned(),
            home: "/none".into(),
            ..User::default()
        };
        Memory::machine()
            .user(user("first", 500, "first"))
            .user(user("other", 501, "second"))
            .file("/etc/passwd", "first:x:500:500\nother:x:501:501\n")
            .file("/etc/login.defs", "# comment\nUSERGROUPS_ENAB yes\n")
    });
}

#[test]
fn a_program_that_a_task_removes_is_not_taken_to_be_there() {
    let tasks = "    - {name: before is changed, group: {name: g}}
    - {name: removal is changed, file: {path: /usr/sbin/groupadd, state: absent}}
    - {name: after is unknown, group: {name: h}}
";
    named_by_outcome(tasks, || {
        debian()
            .program("/bin/sh", printed(0, "/usr/sbin/groupadd\n"))
            .file("/usr/sbin/groupadd", "")
    });
}

#[test]
fn packages_that_only_the_run_installs_are_not_seen_by_a_trial() {
    let tasks = "    - {name: second is failed, apt: {name: second}, ignore_errors: true}
    - {name: first is changed, apt: {name: first}}
    - {name: first again is ok, apt: {name: first}}
    - {name: dependent is unknown, apt: {name: second}}
";
    named_by_outcome(tasks, without_packages);
    let tasks = "    - {name: early is failed, apt: {deb: /srv/x.deb}, ignore_errors: true}
    - {name: folder is changed, file: {path: /srv, state: directory}}
    - {name: file is changed, copy: {dest: /srv/x.deb, content: x}}
    - {name: package is unknown, apt: {deb: /srv/x.deb}}
";
    named_by_outcome(tasks, without_packages);
    let tasks = "    - {name: early is failed, apt: {name: second}, ignore_errors: true}
    - {name: source is changed, copy: {dest: /etc/apt/sources.list, content: x}}
    - {name: package is unknown, apt: {name: second}}
";
    named_by_outcome(tasks, || without_packages().directory("/etc/apt"));
    let tasks = "    - {name: first is changed, apt: {name: passwd}}
    - {name: removal is unknown, apt: {name: passwd, state: absent}}
";
    named_by_outcome(tasks, without_programs);
}

/// A machine on which only root can be become: it does not know the users of the play.
fn fresh_machine() -> Connector {
    Connector::new(Box::new(|settings| {
        let user = settings.r#become.as_ref().map(|wanted| wanted.user.clone());
        match user {
            Some(user) if user != "root" => Err(HostError::Become {
                user,
                reason: "unknown user".to_owned(),
            }),
            _ => Ok(Arc::new(
                Memory::machine()
                    .fact("user_dir", "/root")
                    .directory("/srv"),
            )),
        }
    }))
}

#[test]
fn users_that_earlier_tasks_make_can_be_become_and_removed_ones_cannot() {
    let written = "
- hosts: all
  gather_facts: false
  tasks:
    - {name: too early, copy: {dest: /srv/a, content: x}, become: true, become_user: app, ignore_errors: true}
    - {name: user, user: {name: app, home: /srv/app}}
    - {name: own, copy: {dest: /srv/app/own, content: x}, become: true, become_user: app}
    - {name: at home, copy: {dest: ~/file, content: x}, become: true, become_user: app}
    - {name: not its own, copy: {dest: /srv/a, content: x}, become: true, become_user: app, ignore_errors: true}
    - {name: private, file: {path: /srv/private/open, state: directory, mode: '0777', recurse: true}}
    - {name: hide, file: {path: /srv/private, mode: '0700'}}
    - {name: hidden, copy: {dest: /srv/private/open/a, content: x}, become: true, become_user: app, ignore_errors: true}
    - {name: look, stat: {path: /srv/app/file}, register: s}
    - {name: owner, assert: {that: s.stat.pw_name == 'app'}}
    - {name: give, file: {path: /srv/given, state: touch, owner: app}}
    - {name: really as app, command: id, become: true, become_user: app, check_mode: false}
    - {name: remove, user: {name: app, state: absent}}
    - {name: really as nobody, command: id, become: true, become_user: app, check_mode: false}
    - {name: too late, copy: {dest: /srv/a, content: x}, become: true, become_user: app, ignore_errors: true}
    - {name: read, command: id, register: r}
    - {name: perhaps, user: {name: other}, when: r.stdout == ''}
    - {name: as other, copy: {dest: /srv/a, content: x}, become: true, become_user: other}
";
    let document = yaml::read(&SourceFile::new("users.yml", written)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let told = statuses(
        fresh_machine(),
        "h1,".to_owned(),
        folder.path(),
        &document,
        true,
    );
    let expected = [
        ("too early", "failed"),
        ("user", "changed"),
        ("own", "changed"),
        ("at home", "changed"),
        ("not its own", "failed"),
        ("private", "changed"),
        ("hide", "changed"),
        ("hidden", "failed"),
        ("look", "ok"),
        ("owner", "ok"),
        ("give", "changed"),
        ("really as app", "unknown"),
        ("remove", "changed"),
        ("really as nobody", "unknown"),
        ("too late", "failed"),
        ("read", "changed"),
        ("perhaps", "unknown"),
        ("as other", "unknown"),
    ];
    let expected = expected.map(|(task, status)| (task.to_owned(), status.to_owned()));
    assert_eq!(told, Statuses::from(expected));
}

/// Runs a playbook in a folder with `--check`, then for real, and returns what was printed.
fn check_and_run(folder: &Path) -> [String; 2] {
    [&["--check"][..], &[]].map(|options| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_rmqplay"))
            .args(["run", "site.yml", "-i", "h1,", "-c", "local"])
            .args(options)
            .current_dir(folder)
            .env_remove("RMQPLAY_INVENTORY")
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&printed).into_owned()
    })
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const QUERY: &str = r#"
const MODULE = #{
    description: "Shows a file.",
    arguments: #{ q: #{ type: "raw", required: true, description: "The command." } },
    reads: ["cat", "sh"],
};
fn plan(probe, args) {
    let change = change();
    change.returns("out", probe.query(args.q).stdout);
    change
}
"#;

/// What `probe.query` of a module finds, by each name of a path that an earlier task only changes.
#[test]
fn a_query_of_a_path_that_is_only_foreseen_is_unknown_by_all_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let at = folder.display();
    write(&folder, "library/q.rhai", QUERY);
    write(&folder, "w/f", "old");
    write(&folder, "w/other", "kept");
    for (link, target) in [("file", "w/f"), ("folder", "w"), ("again", "folder")] {
        std::os::unix::fs::symlink(target, folder.join(link)).unwrap();
    }
    let queries = [
        format!("[cat, '{at}/w/f']"),
        format!("[cat, '{at}/w/../w/f']"),
        format!("[cat, '{at}/file']"),
        format!("[cat, '{at}/folder/f']"),
        format!("[cat, '{at}/again/f']"),
        format!("{{argv: [cat, f], chdir: '{at}/again'}}"),
        format!("[sh, -c, 'cat {at}/again/f']"),
        format!("{{argv: [sh, -c, 'cat \"$F\"'], environment: {{F: '{at}/folder/f'}}}}"),
        format!("{{argv: [sh], stdin: 'cat {at}/folder/f'}}"),
    ];
    let mut tasks = format!("    - copy: {{dest: '{at}/w/f', content: new}}\n");
    for query in &queries {
        tasks += &format!("    - q: {{q: {query}}}\n      register: r\n");
        tasks += "    - debug: {msg: 'it is {{ r.out }}'}\n";
    }
    tasks += &format!("    - q: {{q: [cat, '{at}/folder/other']}}\n      register: r\n");
    tasks += "    - debug: {msg: 'the other is {{ r.out }}'}\n";
    let play = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    write(&folder, "site.yml", &play);
    let [checked, run] = check_and_run(&folder);
    assert!(!checked.contains("it is old"), "{checked}");
    let unknown = format!("unknown={}", 2 * queries.len());
    assert!(checked.contains(&unknown), "{checked}");
    assert!(checked.contains("the other is kept"), "{checked}");
    assert_eq!(run.matches("it is new").count(), queries.len(), "{run}");
}

/// `vars_files` of a later play, made by an earlier one.
#[test]
fn variables_of_a_file_that_a_task_makes_on_this_machine_are_unknown() {
    for name in ["{{ playbook_dir }}/made.yml", "made.yml"] {
        let folder = tempfile::tempdir().unwrap();
        let play = "
- hosts: all
  connection: local
  gather_facts: false
  tasks:
    - copy: {dest: '{{ playbook_dir }}/made.yml', content: 'a: 1'}
- hosts: all
  gather_facts: false
  vars: {known: 2}
  vars_files: ['NAME']
  tasks:
    - debug: {msg: 'a is {{ a }}'}
    - debug: {msg: 'b is {{ b | default(3) }}'}
";
        write(folder.path(), "site.yml", &play.replace("NAME", name));
        let [checked, run] = check_and_run(folder.path());
        assert!(checked.contains("unknown=2"), "{checked}");
        assert!(!checked.contains("failed"), "{checked}");
        assert!(run.contains("a is 1") && run.contains("b is 3"), "{run}");
    }
}
