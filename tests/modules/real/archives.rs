//! Archives unpacked on this machine.

use super::super::packed::{self, Packed};
use super::super::shown::plan_lines;
use super::super::task::Task;
use super::Machine;
use rmqplay::change::Change;
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Limits, Local};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

fn entries(content: &str) -> Vec<Packed> {
    let long = "a-folder-whose-name-is-long/".repeat(6) + "file";
    let entries = serde_json::json!([
        {"path": "mq-1/", "mode": "0775"},
        {"path": "mq-1/bin/run", "mode": "4775", "content": "#!/bin/sh\n"},
        {"path": "mq-1/conf/a b'c.conf", "mode": "0664", "content": content},
        {"path": "mq-1/conf/link", "link": "a b'c.conf"},
        {"path": "mq-1/lib/empty", "mode": "0600", "content": ""},
        {"path": long.get(..99).unwrap(), "content": "long"},
    ]);
    serde_json::from_value(entries).unwrap()
}

fn apply(machine: &Machine, task: &Task) -> Change {
    let change = task.plan(&machine.host).unwrap();
    change.apply(&*machine.host, &Limits::default()).unwrap();
    change
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path)
        .unwrap()
        .permissions()
        .mode()
        & 0o7777
}

#[test]
fn archives_are_unpacked_exactly_and_repaired_where_they_were_changed() {
    for (shell, name) in [
        ("dash", "x.tar.gz"),
        ("busybox sh", "x.zip"),
        ("bash", "x.tar"),
    ] {
        let mut machine = Machine::new();
        machine.host = Arc::new(ShellHost::new(Arc::new(Local::default()), shell, None));
        let dest = machine.path("dest");
        std::fs::create_dir(&dest).unwrap();
        let args = format!("{{src: {name}, dest: {dest}}}");
        let archive = packed::archive(name, &entries("a=1\n"));
        let task = Task::written("unarchive", &args).with_file(name, &archive);
        assert!(apply(&machine, &task).is_changed());
        let again = || plan_lines(&task.plan(&machine.host).unwrap());
        assert_eq!(again(), [""; 0], "{shell}");
        let at = |path: &str| dest.join(path).into_std_path_buf();
        let conf = at("mq-1/conf/a b'c.conf");
        assert_eq!(mode(&at("mq-1")), 0o755, "{shell}");
        assert_eq!(mode(&at("mq-1/bin/run")), 0o755, "{shell}");
        assert_eq!(mode(&conf), 0o644, "{shell}");
        let target = std::fs::read_link(at("mq-1/conf/link")).unwrap();
        assert_eq!(target, Path::new("a b'c.conf"));
        let me = std::fs::metadata(&dest).unwrap();
        let made = std::fs::metadata(&conf).unwrap();
        assert_eq!((made.uid(), made.gid()), (me.uid(), me.gid()), "{shell}");

        std::fs::write(&conf, "a=2\n").unwrap();
        std::fs::remove_file(at("mq-1/bin/run")).unwrap();
        std::fs::set_permissions(at("mq-1/lib/empty"), PermissionsExt::from_mode(0o666)).unwrap();
        let change = apply(&machine, &task);
        assert_eq!(change.result["unpacked"].to_string(), "2", "{shell}");
        assert_eq!(again(), [""; 0], "{shell}");
        assert_eq!(std::fs::read_to_string(&conf).unwrap(), "a=1\n");
        assert_eq!(mode(&at("mq-1/lib/empty")), 0o600);

        let archive = packed::archive(name, &entries("a=3\n"));
        let newer = Task::written("unarchive", &args).with_file(name, &archive);
        apply(&machine, &newer);
        assert_eq!(std::fs::read_to_string(&conf).unwrap(), "a=3\n", "{shell}");
    }
}

#[test]
fn an_archive_of_the_host_needs_nothing_but_tar_there() {
    let machine = Machine::new();
    let dest = machine.path("dest");
    std::fs::create_dir(&dest).unwrap();
    let archive = machine.path("x.zip");
    std::fs::write(&archive, packed::archive("x.zip", &entries("a=1\n"))).unwrap();
    let args = format!(
        "{{src: {archive}, dest: {dest}, remote_src: yes, strip_components: 1, mode: 'u=rwX,go='}}"
    );
    let change = machine.settle("unarchive", &args);
    assert!(change.is_changed());
    assert_eq!(mode(dest.join("conf/a b'c.conf").as_std_path()), 0o600);
    assert_eq!(mode(dest.join("bin/run").as_std_path()), 0o700);
}

#[test]
fn fifty_hosts_share_one_stream() {
    let name = "x.tar.gz";
    let archive = packed::archive(name, &entries("a=1\n"));
    let task = Task::written("unarchive", "{src: x.tar.gz, dest: /srv}").with_file(name, &archive);
    let streams: std::collections::BTreeSet<_> = (0..50)
        .map(|_| {
            let host: Arc<dyn rmqplay::host::Host> =
                Arc::new(rmqplay::host::Memory::machine().directory("/srv"));
            let change = task.plan(&host).unwrap();
            match change.steps.as_slice() {
                [rmqplay::host::Step::Unpack(unpack)] => unpack.tar.clone(),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_eq!(streams.len(), 1);
}
