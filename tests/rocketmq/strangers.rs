//! Programs of RocketMQ that nobody declared, and their stores, on a machine in memory.

use super::{apply, diff, plan};
use rmqplay::host::{Host, Memory, Output, Process, User};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const BROKER: &str = "com.alibaba.rocketmq.broker.BrokerStartup";
const NAMESERVER: &str = "com.alibaba.rocketmq.namesrv.NamesrvStartup";
const BY_HAND: &str = "/usr/local/rocketmq/conf/2m-noslave/broker-a.properties";
const RELEASE: &str = "/usr/local/alibaba-rocketmq";

fn text(stdout: &str) -> Output {
    Output {
        stdout: stdout.into(),
        ..Output::default()
    }
}

/// A machine on which a program runs with these words, from a release that was unpacked by hand.
fn machine(executable: &str, words: &str, settings: &str) -> Memory {
    let home = User {
        name: "root".to_owned(),
        home: "/root".into(),
        ..User::default()
    };
    let process = Process {
        pid: 77,
        started: 1,
        executable: executable.into(),
        argv: words.split(' ').map(str::to_owned).collect(),
        directory: format!("{RELEASE}/bin").into(),
        uid: 0,
        user: "root".to_owned(),
        start: None,
    };
    let mut machine = Memory::machine()
        .user(home)
        .process(process, &[])
        .file(BY_HAND, settings)
        .file(format!("{RELEASE}/lib/rocketmq-broker-3.2.6.jar"), "")
        .file("/opt/mq/lib/rocketmq-broker-4.9.7.jar", "")
        .output(
            &["grep", "-s", "[.]service$", "/proc/77/cgroup"],
            text("0::/system.slice/mq.service\n"),
        );
    // What `readlink -f` tells: /usr/local/rocketmq is a link, others are none.
    for (path, real) in [
        ("/usr/local/rocketmq", RELEASE),
        (concat!("/usr/local/alibaba-rocketmq", "/lib/.."), RELEASE),
        ("/opt/mq/lib/..", "/opt/mq"),
        (
            "/usr/local/rocketmq/store",
            "/usr/local/alibaba-rocketmq/store",
        ),
        (
            "/usr/local/rocketmq/store/commitlog",
            "/usr/local/alibaba-rocketmq/store/commitlog",
        ),
        ("/root/store", "/root/store"),
        ("/root/store/commitlog", "/root/store/commitlog"),
        ("/data/store", "/data/store"),
        ("/data/store/commitlog", "/data/store/commitlog"),
    ] {
        machine = machine.output(&["readlink", "-f", path], text(&format!("{real}\n")));
    }
    machine
}

/// Returns what is found beside broker-a of this port.
fn found(machine: Memory, port: u16) -> Vec<Json> {
    let host: Arc<dyn Host> = Arc::new(machine);
    let arguments = json!({
        "programs": [
            { "name": "nameserver", "file": "/conf/namesrv.properties", "home": "/home/n", "ports": [9876] },
            {
                "name": "broker-a", "file": "/conf/broker-a.properties", "home": "/home/a",
                "store": "/home/a/store", "ports": [port, port + 1],
            },
        ],
        "link": "/usr/local/rocketmq",
    });
    let change = plan(&host, "rocketmq_strangers", &arguments).unwrap();
    assert!(change.steps.is_empty());
    let told = apply(&change, &*host).unwrap();
    told["strangers"].as_array().unwrap().clone()
}

const SEED: &str = "brokerName=broker-a\nlistenPort=10911\nstorePathRootDir=/usr/local/rocketmq/store\n\
                    storePathCommitLog=/usr/local/rocketmq/store/commitlog\n";

fn by_hand(class: &str, rest: &str) -> String {
    format!("java -cp {RELEASE}/conf:{RELEASE}/lib/* {class}{rest}")
}

#[test]
fn a_broker_that_was_started_by_hand_is_told_with_all_that_is_known() {
    let words = by_hand(BROKER, &format!(" -c {BY_HAND}"));
    let told = found(machine("/jdk/bin/java", &words, SEED), 10911);
    let [told] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(
        told["text"],
        "broker broker-a (process 77 of root, RocketMQ 3.2.6, in /usr/local/alibaba-rocketmq, store \
         /usr/local/alibaba-rocketmq/store, configured by \
         /usr/local/rocketmq/conf/2m-noslave/broker-a.properties, service mq)"
    );
    assert_eq!(told["declared"], "broker-a");
    assert_eq!(told["in_the_way"], true);
    assert_eq!(told["ports"], json!([10911, 10912, 10909]));
    assert_eq!(
        told["commit_log"],
        "/usr/local/alibaba-rocketmq/store/commitlog"
    );
    assert_eq!(told["configured_store"], "/usr/local/rocketmq/store");
}

#[test]
fn only_what_cannot_run_beside_the_declared_is_in_the_way() {
    let file = format!(" -c {BY_HAND}");
    let elsewhere = "-cp /opt/mq/lib/*";
    for (name, class, rest, settings, declared, in_the_way) in [
        (
            "its port",
            BROKER,
            "",
            "storePathRootDir=/data/store\nlistenPort=10911",
            json!("broker-a"),
            true,
        ),
        (
            "the usual port",
            BROKER,
            "",
            "storePathRootDir=/data/store",
            json!("broker-a"),
            true,
        ),
        (
            "the port of slaves",
            BROKER,
            "",
            "storePathRootDir=/data/store\nlistenPort=10914",
            json!(null),
            true,
        ),
        (
            "a port of its own",
            BROKER,
            "",
            "storePathRootDir=/data/store\nlistenPort=20911",
            json!(null),
            false,
        ),
        (
            "a store by the link",
            BROKER,
            "",
            "storePathRootDir=/usr/local/rocketmq/store\nlistenPort=20911",
            json!(null),
            true,
        ),
        (
            "the nameserver's port",
            NAMESERVER,
            "",
            "",
            json!("nameserver"),
            true,
        ),
        (
            "another nameserver",
            NAMESERVER,
            "",
            "listenPort=9999",
            json!(null),
            false,
        ),
    ] {
        // The file is not below the link, and the release is another one.
        let words = format!("java {elsewhere} {class} -c /etc/mq.conf{rest}");
        let machine = machine("/jdk/bin/java", &words, "").file("/etc/mq.conf", settings);
        let told = found(machine, 10911);
        let [told] = told.as_slice() else {
            panic!("{name}: {told:?}")
        };
        assert_eq!(told["version"], "4.9.7", "{name}");
        assert_eq!(told["declared"], declared, "{name}");
        assert_eq!(told["in_the_way"], in_the_way, "{name}");
    }
    // What runs from the release that the link leads to has it taken away from below.
    for words in [by_hand(NAMESERVER, ""), by_hand(BROKER, &file)] {
        let settings = "listenPort=20911\nstorePathRootDir=/data/store";
        let told = found(machine("/jdk/bin/java", &words, settings), 10950);
        assert_eq!(told[0]["in_the_way"], true, "{words}");
    }
}

#[test]
fn what_is_declared_and_what_only_looks_like_it_are_not_strangers() {
    for (executable, words) in [
        (
            "/jdk/bin/java",
            by_hand(BROKER, " -c /conf/broker-a.properties"),
        ),
        (
            "/bin/dash",
            format!("sh runbroker.sh {BROKER} -c {BY_HAND}"),
        ),
        (
            "/jdk/bin/java",
            by_hand(
                "com.example.BrokerStartupWatcher",
                &format!(" {BROKER} -c {BY_HAND}"),
            ),
        ),
    ] {
        assert_eq!(
            found(machine(executable, &words, SEED), 10911),
            [] as [Json; 0],
            "{words}"
        );
    }
}

#[test]
fn without_settings_messages_are_in_the_home_of_the_account() {
    let words = by_hand(BROKER, "");
    let told = found(machine("/jdk/bin/java", &words, ""), 10911);
    assert_eq!(told[0]["store"], "/root/store");
    assert_eq!(told[0]["commit_log"], "/root/store/commitlog");
    assert_eq!(told[0]["name"], json!(null));
    assert_eq!(told[0]["file"], json!(null));
    // Until 5.0 the commit log stays there even where the store is elsewhere.
    let words = by_hand(BROKER, &format!(" -c {BY_HAND}"));
    let settings = "storePathRootDir=/data/store";
    let told = found(machine("/jdk/bin/java", &words, settings), 10911);
    assert_eq!(told[0]["store"], "/data/store");
    assert_eq!(told[0]["commit_log"], "/root/store/commitlog");
}

/// Returns the difference, or why a store is not moved, where df tells these mounts.
fn moved(machine: Memory, mounts: &[&str], state: &str) -> Result<String, String> {
    let mut rows = "Filesystem 1024-blocks Used Available Capacity Mounted on\n".to_owned();
    for mount in mounts {
        rows += &format!("/dev/x 100 50 50 50% {mount}\n");
    }
    let argv = ["df", "-P", "/old/store", "/old", "/new/a", "/new", "/"];
    let host: Arc<dyn Host> = Arc::new(machine.output(&argv, text(&rows)));
    let arguments = json!({ "src": "/old/store", "dest": "/new/a/store", "state": state });
    let change = plan(&host, "rocketmq_store", &arguments)?;
    apply(&change, &*host).unwrap();
    if change.is_changed() {
        let again = plan(&host, "rocketmq_store", &arguments)?;
        assert!(!again.is_changed(), "moved twice");
    }
    Ok(diff(&change))
}

#[test]
fn a_store_is_moved_by_its_name_or_not_at_all() {
    let old = || Memory::machine().file("/old/store/commitlog/0", "x");
    let one = ["/", "/", "/"];
    let told = moved(old(), &one, "moved").unwrap();
    assert!(told.contains("+path: /new/a/store"), "{told}");
    assert_eq!(moved(old(), &one, "known").unwrap(), "");
    let empty = old().directory("/new/a/store");
    let told = moved(empty, &one, "moved").unwrap();
    assert!(told.contains("+path: /new/a/store"), "{told}");
    let there = Memory::machine().file("/new/a/store/commitlog/0", "x");
    assert_eq!(moved(there, &one, "moved").unwrap(), "");

    let refused = |machine: Memory, mounts: &[&str]| {
        let [moved, known] =
            ["moved", "known"].map(|state| moved(machine_of(&machine), mounts, state).unwrap_err());
        assert_eq!(moved, known);
        moved
    };
    let both = old().file("/new/a/store/commitlog/0", "y");
    assert_eq!(
        refused(both, &one),
        "both /old/store and /new/a/store contain something: it is unclear which is the store"
    );
    let file = old().file("/new/a/store", "y");
    assert!(refused(file, &one).starts_with("both "));
    assert_eq!(
        refused(Memory::machine(), &one),
        "the store is neither in /old/store nor in /new/a/store"
    );
    let link = Memory::machine().symlink("/old/store", "/data");
    assert!(refused(link, &one).contains("not a directory"));
    for mounts in [
        ["/old", "/old", "/"],
        ["/", "/", "/new"],
        ["/old/store", "/old", "/old"],
    ] {
        assert!(
            refused(old(), &mounts).contains("is on another file system"),
            "{mounts:?}"
        );
    }
    assert!(refused(old(), &["/", "/"]).starts_with("df does not report"));
}

fn machine_of(machine: &Memory) -> Memory {
    machine.seen_by("root")
}
