//! Whether a host is fit: each thing that can be wrong with one, on a machine in memory.

use super::{apply, plan};
use rmqplay::host::{Host, Memory, Output, Process, User};
use rmqplay::value::{Fields, Value, map};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const JAVA: &str =
    "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK 64-Bit Server VM (build 17.0.15+6)\n";

/// Returns a machine that tells what the examples of these modules ask for.
pub(crate) fn of_examples(machine: Memory) -> Memory {
    let told = |stdout: &str, stderr: &str| Output {
        stdout: stdout.into(),
        stderr: stderr.into(),
        ..Output::default()
    };
    let grep = grep(&[], &[]);
    let grep: Vec<_> = grep.iter().map(String::as_str).collect();
    machine
        .fact("nodename", "localhost")
        .program("java", told("", JAVA))
        .output(&["df", "-P", "-k", "/", "/"], told("", ""))
        .directory("/opt/rocketmq/store")
        .output(
            &[
                "df",
                "-P",
                "/opt/rocketmq/store",
                "/opt/rocketmq",
                "/var/lib/rocketmq/broker-a",
                "/var/lib/rocketmq",
                "/var/lib",
                "/var",
                "/",
            ],
            told(
                "Filesystem\n/dev/x 9 1 8 1% /\n/dev/x 9 1 8 1% /\n/dev/x 9 1 8 1% /\n",
                "",
            ),
        )
        .output(&grep, told("", ""))
}

/// Returns how the lines of interest are asked for.
fn grep(parameters: &[&str], pids: &[&str]) -> Vec<String> {
    let patterns = [
        " 0A ",
        "^Max open files",
        "^Max processes",
        "^Mem",
        "^[0-9]*$",
    ];
    let patterns = patterns.into_iter().flat_map(|pattern| ["-e", pattern]);
    let files = ["self/limits", "meminfo", "net/tcp", "net/tcp6"];
    let traps = ["min_free_kbytes", "overcommit_memory", "zone_reclaim_mode"];
    let parameters = parameters.iter().copied().chain(traps);
    ["grep", "-sH"]
        .into_iter()
        .chain(patterns)
        .map(str::to_owned)
        .chain(files.map(|file| format!("/proc/{file}")))
        .chain(parameters.map(|name| format!("/proc/sys/vm/{name}")))
        .chain(pids.iter().map(|pid| format!("/proc/{pid}/limits")))
        .collect()
}

/// A machine of a test, with what it tells; tests change single things of it.
struct Fake {
    machine: Memory,
    java: (i32, &'static str),
    /// What `grep` finds below /proc.
    lines: Vec<&'static str>,
    disk: &'static str,
    hosts: &'static str,
    environment: Vec<(&'static str, &'static str)>,
    seconds_ahead: i64,
    interface: &'static str,
}

impl Fake {
    fn fit() -> Self {
        Self {
            machine: Memory::machine(),
            java: (0, JAVA),
            lines: vec![
                "/proc/self/limits:Max open files   1024   655350   files",
                "/proc/self/limits:Max processes    65536  65536    processes",
                "/proc/meminfo:MemTotal:       8388608 kB",
                "/proc/meminfo:MemAvailable:   8000000 kB",
                "/proc/sys/vm/max_map_count:655360",
                "/proc/sys/vm/swappiness:10",
            ],
            disk: "/dev/sda1 104857600 20971520 83886080 20% /",
            hosts: "127.0.0.1 localhost\n192.168.2.201 mq1 # own\n",
            environment: Vec::new(),
            seconds_ahead: 0,
            interface: "eth0",
        }
    }

    fn line(mut self, line: &'static str) -> Self {
        let (file, _) = line.rsplit_once(':').unwrap();
        self.lines.retain(|known| !known.starts_with(file));
        self.lines.push(line);
        self
    }

    fn host(self) -> Arc<dyn Host> {
        let text = |status: i32, stdout: &str, stderr: &str| Output {
            status,
            stdout: stdout.into(),
            stderr: stderr.into(),
            ..Output::default()
        };
        let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let epoch = (i64::try_from(since).unwrap() + self.seconds_ahead).to_string();
        let nested =
            |outer: &str, inner: Value| map(Fields::from_iter([(outer.to_owned(), inner)]));
        let environment = self.environment.iter();
        let environment =
            environment.map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        let df = format!(
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n{0}\n{0}\n",
            self.disk
        );
        let mut machine = self
            .machine
            .file("/etc/hosts", self.hosts)
            .fact("nodename", "mq1")
            .fact("memtotal_mb", 7900)
            .fact("interfaces", vec![self.interface])
            .fact(
                self.interface,
                nested("ipv4", nested("address", "192.168.2.201".into())),
            )
            .fact("date_time", nested("epoch", epoch.into()))
            .fact("env", map(environment.collect()))
            .program("java", text(self.java.0, "", self.java.1))
            .output(
                &[
                    "java",
                    "-Xmx1g",
                    "-XX:MaxDirectMemorySize=1g",
                    "-XX:-OmitStackTraceInFastThrow",
                    "-XX:+UseConcMarkSweepGC",
                    "-version",
                ],
                text(1, "", "Unrecognized VM option 'UseConcMarkSweepGC'"),
            )
            .output(&["df", "-P", "-k", "/", "/"], text(0, &df, ""))
            .output(
                &["ss", "-Hltnp"],
                text(
                    0,
                    "LISTEN 0 50 *:10911 *:* users:((\"java\",pid=123,fd=5))\n",
                    "",
                ),
            )
            .output(&["getent", "hosts", "mq1"], text(2, "", ""));
        let lines = text(0, &(self.lines.join("\n") + "\n"), "");
        for pids in [&[][..], &["7"]] {
            let argv = grep(&["max_map_count", "swappiness"], pids);
            let argv: Vec<_> = argv.iter().map(String::as_str).collect();
            machine = machine.output(&argv, lines.clone());
        }
        Arc::new(machine)
    }

    /// Returns what is not right: `LEVEL check: found`.
    fn wrong_with(self, arguments: &Json) -> Vec<String> {
        let host = self.host();
        let change = plan(&host, "rocketmq_preflight", arguments).unwrap();
        assert!(change.steps.is_empty());
        let result = apply(&change, &*host).unwrap();
        let checks = result["checks"].as_array().unwrap();
        let wrong = checks.iter().filter(|check| check["level"] != "pass");
        wrong
            .map(|check| {
                let text = |name: &str| check[name].as_str().unwrap();
                format!("{} {}: {}", text("level"), text("check"), text("found"))
            })
            .collect()
    }

    fn wrong(self) -> Vec<String> {
        self.wrong_with(&broker())
    }
}

fn broker() -> Json {
    json!({
        "version": "5.3.3",
        "address": "192.168.2.201",
        "programs": [{
            "name": "broker-a",
            "file": "/conf/broker-a.properties",
            "ports": [10911, 10912],
            "heap": "1g",
            "direct_memory": "1g",
            "home": "/data/broker-a",
            "store": "/data/broker-a/store",
            "file_size": 1024,
        }],
        "sysctl": { "vm.max_map_count": 655_360, "vm.swappiness": 10 },
        "open_files": 655_350,
        "processes": 65_536,
    })
}

fn with(name: &str, value: Json) -> Json {
    let mut arguments = broker();
    arguments[name] = value;
    arguments
}

fn of_program(name: &str, value: Json) -> Json {
    let mut arguments = broker();
    arguments["programs"][0][name] = value;
    arguments
}

/// What is looked at and what programs are started with is worked out in one place.
#[test]
fn memory_that_follows_from_the_host_is_fit_unless_it_is_too_small() {
    let wrong = |total: &'static str| {
        let mut fake = Fake::fit();
        fake.lines.retain(|known| !known.contains("meminfo"));
        fake.lines.push(total);
        let mut arguments = of_program("heap", json!(""));
        arguments["programs"][0]["direct_memory"] = json!("");
        let mut nameserver = arguments["programs"][0].clone();
        nameserver["name"] = json!("nameserver");
        nameserver.as_object_mut().unwrap().remove("store");
        arguments["programs"]
            .as_array_mut()
            .unwrap()
            .push(nameserver);
        let df = Output {
            stdout: "Filesystem\n/dev/sda1 104857600 20971520 83886080 20% /\n"
                .repeat(3)
                .into(),
            ..Output::default()
        };
        fake.machine = fake.machine.output(&["df", "-P", "-k", "/", "/", "/"], df);
        let wrong = fake.wrong_with(&arguments).into_iter();
        wrong
            .filter(|line| line.contains("memory"))
            .collect::<Vec<_>>()
    };
    assert!(wrong("/proc/meminfo:MemTotal:        8388608 kB").is_empty());
    assert!(wrong("/proc/meminfo:MemTotal:         960000 kB").is_empty());
    assert_eq!(
        wrong("/proc/meminfo:MemTotal:         491520 kB"),
        [
            "fail memory: heaps take 576 MiB of 480 MiB, more than 70 %: the host is too small for its programs"
        ]
    );
}

fn running(machine: Memory) -> Memory {
    let process = Process {
        pid: 7,
        started: 1,
        executable: "/usr/bin/java".into(),
        argv: ["java", "BrokerStartup", "-c", "/conf/broker-a.properties"]
            .map(str::to_owned)
            .to_vec(),
        directory: "/".into(),
        uid: 0,
        user: "root".to_owned(),
        start: None,
    };
    machine.process(process, &[10911])
}

#[test]
fn a_host_that_is_fit_has_nothing_wrong() {
    assert_eq!(Fake::fit().wrong(), Vec::<String>::new());
}

#[test]
fn java_is_told_that_does_not_fit_or_does_not_start() {
    let old = Fake {
        java: (0, "java version \"1.7.0_80\"\n64-Bit"),
        ..Fake::fit()
    };
    assert_eq!(
        old.wrong(),
        ["fail java: RocketMQ 5.3.3 needs Java 8 or newer, this is 1.7.0_80"]
    );
    let options = with(
        "java_options",
        json!(["-XX:+UseConcMarkSweepGC", "-Xloggc:/var/log/gc"]),
    );
    assert_eq!(
        Fake::fit().wrong_with(&options),
        ["fail java: broker-a: java does not start: Unrecognized VM option 'UseConcMarkSweepGC'"]
    );
    let none = with("java", json!("/opt/java"));
    assert_eq!(
        Fake::fit().wrong_with(&none),
        ["fail java: the test declares no output of it"]
    );
}

#[test]
fn memory_is_shared_by_all_programs_of_a_host() {
    for (heap, direct, line, expected) in [
        (
            "6g",
            "0m",
            "/proc/meminfo:MemAvailable:   8000000 kB",
            "fail memory: heaps take 6.2 GiB of 8.0 GiB, more than 70 %: lower rocketmq_broker_heap",
        ),
        (
            "5g",
            "4g",
            "/proc/meminfo:MemAvailable:   8000000 kB",
            "warn memory: programs may take 9.2 GiB of 8.0 GiB: lower rocketmq_broker_direct_memory",
        ),
        (
            "2g",
            "0m",
            "/proc/meminfo:MemAvailable:   1048576 kB",
            "fail memory: programs that do not run yet need 2.2 GiB, and 1.0 GiB of 8.0 GiB are left",
        ),
        (
            "much",
            "0m",
            "/proc/meminfo:MemAvailable:   1048576 kB",
            "fail memory: rocketmq_broker_heap is \"much\", not a size such as 512m or 4g",
        ),
    ] {
        let mut arguments = of_program("heap", json!(heap));
        arguments["programs"][0]["direct_memory"] = json!(direct);
        let mut fake = Fake::fit();
        fake.lines.retain(|known| !known.contains("MemAvailable"));
        fake.lines.push(line);
        assert_eq!(fake.wrong_with(&arguments), [expected]);
    }
    let mut two = broker();
    let mut second = two["programs"][0].clone();
    second["name"] = json!("broker-b-s");
    second["heap"] = json!("5g");
    two["programs"].as_array_mut().unwrap().push(second);
    // Two programs have four folders.
    let machine =
        Memory::machine().output(&["df", "-P", "-k", "/", "/", "/", "/"], Output::default());
    let fake = Fake {
        machine,
        ..Fake::fit()
    };
    let text = fake.wrong_with(&two).join("\n");
    assert!(text.contains("heaps take 6.5 GiB of 8.0 GiB"), "{text}");
}

#[test]
fn a_disk_that_is_too_full_is_told_with_what_it_is_for() {
    let disk = |disk: &'static str| {
        Fake {
            disk,
            ..Fake::fit()
        }
        .wrong()
    };
    assert_eq!(
        disk("/dev/sda1 104857600 96000000 8857600 92% /"),
        [
            "fail disk: for messages in /data/broker-a/store: / is 92 % full, 8.4 GiB are left; from 90 % on a broker accepts no messages"
        ]
    );
    assert_eq!(
        disk("/dev/sda1 104857600 83886080 20971520 80% /"),
        [
            "warn disk: for messages in /data/broker-a/store: / is 80 % full, 20.0 GiB are left; from 75 % on messages are deleted early"
        ]
    );
    let small = disk("/dev/sda1 1048576 838860 209716 20% /");
    assert_eq!(small.len(), 2, "{small:?}");
    assert_eq!(
        small[1],
        "fail disk: for logs in /data/broker-a: / is 20 % full, 204 MiB are left"
    );
}

#[test]
fn a_port_is_free_or_our_own_programs() {
    // 2A9F is 10911.
    let taken = "/proc/net/tcp:   0: 00000000:2A9F 00000000:0000 0A 00000000:00000000";
    assert_eq!(
        Fake::fit().line(taken).wrong(),
        ["fail ports: 10911 of broker-a: taken by java (process 123)"]
    );
    let mut ours = Fake::fit().line(taken);
    ours.lines
        .push("/proc/7/limits:Max open files   1024   655350   files");
    ours.machine = running(ours.machine);
    let host = ours.host();
    let change = plan(&host, "rocketmq_preflight", &broker()).unwrap();
    let result = apply(&change, &*host).unwrap();
    assert_eq!(result["listening"], json!(["192.168.2.201:10911"]));
    let checks = result["checks"].as_array().unwrap();
    let ports = checks
        .iter()
        .find(|check| check["check"] == "ports")
        .unwrap();
    assert_eq!(ports["found"], "free, or of broker-a that run");
}

#[test]
fn limits_of_the_login_and_of_running_programs_are_told() {
    let low = Fake::fit().line("/proc/self/limits:Max open files   1024   4096   files");
    assert_eq!(
        low.wrong(),
        ["warn limits: who logs in may open 4096 files, not 655350"]
    );
    let mut ours = Fake::fit();
    ours.lines
        .push("/proc/7/limits:Max open files   1024   4096   files");
    ours.machine = running(ours.machine);
    assert_eq!(
        ours.wrong(),
        ["warn limits: broker-a may open 4096 files, not 655350; it was started with that"]
    );
}

#[test]
fn limits_are_those_of_the_user_that_programs_run_as() {
    let mut fake = Fake::fit();
    let user = User {
        name: "rocketmq".to_owned(),
        uid: 999,
        group: "rocketmq".to_owned(),
        ..User::default()
    };
    let told = Output {
        stdout: b"Max open files   1024   20000   files\n".to_vec(),
        ..Output::default()
    };
    let su = [
        "su",
        "-s",
        "/bin/sh",
        "rocketmq",
        "-c",
        "cat /proc/self/limits",
    ];
    fake.machine = fake.machine.user(user).output(&su, told);
    assert_eq!(
        fake.wrong_with(&with("user", json!("rocketmq"))),
        ["warn limits: rocketmq may open 20000 files, not 655350"]
    );
    // Before it is made there is nothing to ask.
    assert_eq!(
        Fake::fit().wrong_with(&with("user", json!("rocketmq"))),
        Vec::<String>::new()
    );
}

#[test]
fn parameters_of_the_kernel_are_told() {
    for (line, expected) in [
        (
            "/proc/sys/vm/max_map_count:65530",
            "warn sysctl: vm.max_map_count is 65530, should be at least 655360",
        ),
        (
            "/proc/sys/vm/swappiness:60",
            "warn sysctl: vm.swappiness is 60, should be at most 10",
        ),
        (
            "/proc/sys/vm/min_free_kbytes:5000000",
            "warn sysctl: vm.min_free_kbytes reserves more than 5 % of the memory: set by RocketMQ's os.sh",
        ),
        (
            "/proc/sys/vm/overcommit_memory:2",
            "warn sysctl: vm.overcommit_memory is 2: Java reserves more than it uses",
        ),
        (
            "/proc/sys/vm/zone_reclaim_mode:1",
            "warn sysctl: vm.zone_reclaim_mode is not 0: the page cache stays small",
        ),
    ] {
        assert_eq!(Fake::fit().line(line).wrong(), [expected]);
    }
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let ahead = |seconds_ahead| {
        Fake {
            seconds_ahead,
            ..Fake::fit()
        }
        .wrong()
    };
    assert!(ahead(0).is_empty());
    let [late] = ahead(-3600).try_into().unwrap();
    assert!(
        late.starts_with("fail clock: 3") && late.ends_with(" s behind this machine"),
        "{late}"
    );
    let [early] = ahead(20).try_into().unwrap();
    assert!(
        early.starts_with("warn clock: ") && early.ends_with(" s ahead of this machine"),
        "{early}"
    );
}

#[test]
fn the_own_name_must_have_an_address_of_the_machine() {
    let of = |hosts, version: &str, managed: bool| {
        let mut arguments = with("version", json!(version));
        arguments["names_are_managed"] = json!(managed);
        let wrong = Fake {
            hosts,
            ..Fake::fit()
        }
        .wrong_with(&arguments);
        let mut wrong = wrong.into_iter();
        wrong.find(|line| line.contains("own name"))
    };
    let none = "127.0.0.1 localhost\n";
    assert_eq!(
        of(none, "3.2.6", false).unwrap(),
        "fail own name: mq1 has no address: 3.2.6 does not start so"
    );
    assert_eq!(
        of(none, "4.9.7", false).unwrap(),
        "warn own name: mq1 has no address: starts may be slow"
    );
    assert_eq!(of(none, "3.2.6", true), None);
    assert_eq!(
        of("127.0.1.1 mq1\n", "4.9.7", true).unwrap(),
        "warn own name: mq1 is 127.0.1.1: programs that resolve it get this as the host's address"
    );
}

#[test]
fn a_name_of_another_cluster_on_this_host_is_told() {
    let hosts = "192.168.2.201 mq1\n\
                 # BEGIN rocketmq-cluster\n192.168.2.9 rocketmq-master2\n# END rocketmq-cluster\n\
                 # BEGIN billing\n192.168.2.7 rocketmq-nameserver1\n# END billing\n";
    let mut arguments = with("cluster", json!("rocketmq-cluster"));
    arguments["names"] = json!([
        { "address": "192.168.2.202", "name": "rocketmq-master2" },
        { "address": "192.168.2.201", "name": "rocketmq-nameserver1" },
    ]);
    let fake = Fake {
        hosts,
        ..Fake::fit()
    };
    assert_eq!(
        fake.wrong_with(&arguments),
        [
            "fail names: rocketmq-nameserver1 is 192.168.2.7 in /etc/hosts, not 192.168.2.201: set \
             rocketmq_name_prefix"
        ]
    );
}

#[test]
fn an_address_that_others_do_not_reach_is_told() {
    let bridge = Fake {
        interface: "docker0",
        ..Fake::fit()
    };
    assert_eq!(
        bridge.wrong(),
        [
            "fail address: 192.168.2.201 is that of docker0: other machines cannot reach it; set rocketmq_address"
        ]
    );
    assert_eq!(
        Fake::fit().wrong_with(&with("address", json!("203.0.113.9"))),
        ["warn address: no interface has 203.0.113.9: is it that of a gateway?"]
    );
}

#[test]
fn options_that_java_takes_from_the_environment_are_told() {
    let fake = Fake {
        environment: vec![("_JAVA_OPTIONS", "-Xmx64m")],
        ..Fake::fit()
    };
    assert_eq!(
        fake.wrong(),
        ["warn environment: _JAVA_OPTIONS=-Xmx64m is set: Java takes undeclared options from it"]
    );
}

#[test]
fn what_a_crash_left_in_a_store_is_told() {
    let store = "/data/broker-a/store";
    for (file, content, expected) in [
        (
            "abort",
            "",
            "warn store: broker-a was not stopped cleanly: its next start will scan all of it",
        ),
        (
            ".cluster",
            "billing\n",
            "fail store: that of broker-a is of the cluster billing",
        ),
        (
            "config/topics.json",
            "{\"topicConfigTable\":{",
            "fail store: config/topics.json of broker-a is not valid JSON: before it starts, replace it with topics.json.bak beside it",
        ),
        (
            "config/consumerOffset.json",
            "{\"offsetTable\":{\"a@b\":{0:5,1:6}}}",
            "",
        ),
        (
            "commitlog/00000000000000000000",
            "short",
            "fail store: broker-a has files of 5 bytes, but mappedFileSizeCommitLog is 1024: it would not load them",
        ),
    ] {
        let machine = Memory::machine().file(format!("{store}/{file}"), content);
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 104857600 20971520 83886080 20% /\n/dev/sda1 104857600 20971520 83886080 20% /\n";
        let df = Output {
            stdout: df.into(),
            ..Output::default()
        };
        let argv = ["df", "-P", "-k", store, "/data/broker-a"];
        let fake = Fake {
            machine: machine.output(&argv, df),
            ..Fake::fit()
        };
        let expected = if expected.is_empty() {
            vec![]
        } else {
            vec![expected]
        };
        let arguments = with("cluster", json!("rocketmq-cluster"));
        assert_eq!(fake.wrong_with(&arguments), expected, "{file}");
    }
}

#[test]
fn known_weaknesses_of_the_version_are_told() {
    let [told] = Fake::fit()
        .wrong_with(&with("version", json!("3.2.6")))
        .try_into()
        .unwrap();
    assert!(
        told.starts_with("warn version: CVE-2023-33246 (anyone who can reach a broker's port"),
        "{told}"
    );
}

#[test]
fn ports_of_others_are_reached_where_they_are_refused_unless_something_listens() {
    let serve: rmqplay::host::Serve = Arc::new(|_| Vec::new());
    let machine = Memory::machine().server("192.168.2.202:9876", serve);
    let host: Arc<dyn Host> = Arc::new(machine);
    let checks = |listening: Json| {
        let arguments = json!({ "addresses": ["192.168.2.202:9876", "192.168.2.203:10911"], "listening": listening });
        let change = plan(&host, "rocketmq_reach", &arguments).unwrap();
        apply(&change, &*host).unwrap()["checks"].clone()
    };
    let fine = json!([{ "check": "reach", "level": "pass", "found": "2 ports of others" }]);
    assert_eq!(checks(json!([])), fine);
    assert_eq!(checks(json!(["192.168.2.202:9876"])), fine);
    let found = "192.168.2.203:10911 refuses the connection although something listens there: check for a firewall";
    let refused = json!([{ "check": "reach", "level": "fail", "found": found }]);
    assert_eq!(checks(json!(["192.168.2.203:10911"])), refused);
}

#[test]
fn agents_that_keep_java_from_starting_are_told_before_it_is_started() {
    let agent = "-javaagent:/opt/jmx.jar=9100:/etc/jmx.yml";
    let wrong = |options: Json| {
        let machine = Memory::machine().file("/opt/jmx.jar", "PK");
        let fake = Fake {
            machine,
            ..Fake::fit()
        };
        fake.wrong_with(&with("java_options", options))
    };
    assert_eq!(wrong(json!([agent])), Vec::<String>::new());
    assert_eq!(
        wrong(json!([agent, agent])),
        ["fail java: Java would load the agent /opt/jmx.jar twice"]
    );
    assert_eq!(
        wrong(json!([
            "-agentlib:jdwp=server=y",
            "-agentlib:jdwp=server=n"
        ])),
        ["fail java: Java would load the agent jdwp twice"]
    );
    assert_eq!(
        wrong(json!(["-javaagent:/opt/typo.jar"])),
        ["fail java: the agent /opt/typo.jar does not exist"]
    );
}

#[test]
fn a_java_that_does_not_fit_fails_the_deployment() {
    let old = Fake {
        java: (0, "java version \"1.7.0_80\"\n64-Bit"),
        ..Fake::fit()
    }
    .host();
    let arguments = json!({ "version": "4.9.7" });
    let refused = plan(&old, "rocketmq_java", &arguments).unwrap_err();
    assert_eq!(
        refused,
        "RocketMQ 4.9.7 needs Java 8 or newer, this is 1.7.0_80"
    );
}

/// Returns what `rocketmq_java` returns for the programs of a host of almost 8 GiB with this Java.
fn started(java: &'static str, arguments: &Json) -> Result<Json, String> {
    let fake = Fake {
        java: (0, java),
        ..Fake::fit()
    };
    let host = fake.host();
    let change = plan(&host, "rocketmq_java", arguments)?;
    assert!(change.steps.is_empty());
    Ok(apply(&change, &*host).unwrap())
}

fn nameserver_and_broker() -> Json {
    let program = |name: &str| {
        json!({
            "name": name,
            "file": format!("/conf/{name}.properties"),
            "heap": "",
            "young": "",
            "home": format!("/data/{name}"),
        })
    };
    let mut broker = program("broker-a");
    broker["store"] = json!("/data/broker-a/store");
    json!({ "version": "5.3.3", "programs": [program("nameserver"), broker] })
}

#[test]
fn programs_are_started_as_memory_and_java_of_their_host_allow() {
    let result = started(JAVA, &nameserver_and_broker()).unwrap();
    assert_eq!(
        (&result["version"], &result["major"]),
        (&json!("17.0.15"), &json!(17))
    );
    let first = |name: &str, count: usize| {
        let options = result["options"][name].as_array().unwrap();
        options[..count].to_vec()
    };
    assert_eq!(
        first("nameserver", 3),
        ["-Xms512m", "-Xmx512m", "-XX:+UseG1GC"]
    );
    assert_eq!(
        first("broker-a", 4),
        [
            "-Xms2g",
            "-Xmx2g",
            "-XX:MaxDirectMemorySize=1g",
            "-XX:+UseG1GC"
        ]
    );
    let last = result["options"]["broker-a"].as_array().unwrap().last();
    let log = "-Xlog:gc*:file=/data/broker-a/logs/gc.log:time,tags:filecount=5,filesize=30m";
    assert_eq!(last, Some(&json!(log)));
}

#[test]
fn a_size_that_is_none_is_refused_by_the_name_of_its_variable() {
    let mut arguments = nameserver_and_broker();
    arguments["programs"][0]["heap"] = json!("1x");
    assert_eq!(
        started(JAVA, &arguments).unwrap_err(),
        "rocketmq_nameserver_heap is \"1x\", not a size such as 512m or 4g"
    );
}
