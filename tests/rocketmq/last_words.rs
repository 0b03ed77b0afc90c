//! Why programs do not run, on a machine in memory: with what genuine RocketMQ and the kernel said.

use super::{apply, plan};
use rmqplay::host::{Host, Limits, Memory, Output, Process, Step};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What is known of causes, as the role has it.
fn reasons() -> Json {
    let text = std::fs::read_to_string("roles/rocketmq/vars/main.yml").unwrap();
    let variables: Json = serde_yaml::from_str(&text).unwrap();
    variables["rocketmq_reasons"].clone()
}

fn text(stdout: &str) -> Output {
    Output {
        stdout: stdout.into(),
        ..Output::default()
    }
}

/// A machine of a test: its logs below /home with the seconds at which they were last written, and
/// what the kernel says.
fn machine(logs: &[(&str, i64, &str)], started: i64, kernel: &str) -> Memory {
    let stat = ["grep", "-s", "^btime", "/proc/stat"];
    let mut machine = Memory::machine()
        .directory("/home")
        .output(&stat, text(&format!("btime {started}\n")));
    if !kernel.is_empty() {
        machine = machine.output(&["dmesg"], text(kernel));
    }
    for (name, _, content) in logs {
        machine = machine.file(format!("/home/logs/{name}"), *content);
    }
    for (name, at, _) in logs {
        let touch = Step::Touch {
            path: format!("/home/logs/{name}").into(),
            modified: Some(*at),
            accessed: None,
        };
        machine.apply(&touch, &Limits::default()).unwrap();
    }
    machine
}

fn arguments(lines: usize) -> Json {
    json!({
        "programs": [{ "name": "broker-a", "file": "/conf/broker-a.properties", "home": "/home" }],
        "reasons": reasons(),
        "lines": lines,
    })
}

fn told(machine: Memory, lines: usize) -> Json {
    let host: Arc<dyn Host> = Arc::new(machine);
    let arguments = arguments(lines);
    let change = plan(&host, "rocketmq_last_words", &arguments).unwrap();
    assert!(change.steps.is_empty());
    apply(&change, &*host).unwrap()["programs"][0].clone()
}

fn why(logs: &[(&str, i64, &str)]) -> Json {
    told(machine(logs, 0, ""), 0)["why"].clone()
}

const OUT: &str = "broker.out";
const BROKER: &str = "rocketmqlogs/broker.log";
const STORE: &str = "rocketmqlogs/store.log";

/// What genuine programs said, and a part of the advice that is told before their line.
const SAID: &[(&str, &str, &str)] = &[
    // 4.9.7 and 5.3.3
    (
        OUT,
        "java.lang.RuntimeException: Lock failed,MQ already started",
        "another broker has its store open",
    ),
    (
        OUT,
        "java.net.BindException: Address already in use",
        "one of its ports is used",
    ),
    // 3.2.6
    (
        OUT,
        "Caused by: java.net.UnknownHostException: mq1: Temporary failure in name resolution",
        "rocketmq_manage_hosts",
    ),
    (
        OUT,
        "java.lang.OutOfMemoryError: Java heap space",
        "its heap is too small",
    ),
    (
        STORE,
        "2026-11-23 09:15:03 WARN main - /data/commitlog/odd\t4 length not matched message store \
         config value, please check it manually",
        "rocketmq_mapped_file_size_commit_log",
    ),
    // 5.3.3 on a file system without room
    (
        OUT,
        "java.lang.InternalError: a fault occurred in a recent unsafe memory access operation in \
         compiled Java code",
        "the disk of its store or of its logs is full",
    ),
    (
        STORE,
        "java.io.IOException: No space left on device",
        "the disk of its store or of its logs is full",
    ),
    // Java 17
    (
        OUT,
        "# There is insufficient memory for the Java Runtime Environment to continue.",
        "reduce the heap sizes",
    ),
    // Java 8
    (
        OUT,
        "Error occurred during initialization of VM\nCould not reserve enough space for object heap",
        "reduce the heap sizes",
    ),
    (
        OUT,
        "Unrecognized VM option 'UseConcMarkSweepGC'",
        "rocketmq_java_options",
    ),
    (
        OUT,
        "Invalid maximum heap size: -Xmx1x\nError: Could not create the Java Virtual Machine.",
        "the heap sizes",
    ),
    (
        OUT,
        "java.io.FileNotFoundException: /conf/a.properties (No such file or directory)",
        "playbooks/deploy.yml writes it",
    ),
    (
        OUT,
        "java.nio.file.NoSuchFileException: /conf/a.properties",
        "playbooks/deploy.yml writes it",
    ),
    (
        STORE,
        "java.io.IOException: Map failed",
        "a limit of the machine is too low",
    ),
    (
        OUT,
        "java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or \
         process/resource limits reached",
        "a limit of the machine is too low",
    ),
    (
        OUT,
        "java.lang.OutOfMemoryError: Cannot reserve 16777216 bytes of direct buffer memory",
        "rocketmq_broker_direct_memory",
    ),
    (
        OUT,
        "java.io.FileNotFoundException: /logs/broker.log (Permission denied)",
        "rocketmq_user must own",
    ),
];

#[test]
fn what_a_program_said_is_told_with_what_to_do() {
    // A broker that fails says so while it ends, and then tells of that end and its own errors.
    let further = "\
2026-11-23 09:15:03 ERROR main - unregisterBroker Exception, rocketmq-nameserver2:9876
com.alibaba.rocketmq.remoting.exception.RemotingConnectException: connect to <mq2:9876> failed
\tat com.alibaba.rocketmq.broker.BrokerStartup$1.run(BrokerStartup.java:245)
2026-11-23 09:15:05 INFO ShutdownHook - shutdown hook over, consuming time total(ms): 9047
";
    for (log, said, advice) in SAID {
        let content = format!("load config properties file OK\n{said}\n\tat a.B.c(B.java:1)\n");
        let told = why(&[(log, 100, &content), (BROKER, 109, further)]);
        let told: Vec<String> = serde_json::from_value(told).unwrap();
        assert_eq!(told.len(), 2, "{said}: {told:?}");
        assert!(told[0].contains(advice), "{said}: {told:?}");
        let name = log.rsplit('/').next().unwrap();
        let lines: Vec<_> = said.lines().map(|line| format!("{name}: {line}")).collect();
        assert!(lines.contains(&told[1]), "{said}: {told:?}");
    }
}

#[test]
fn what_nobody_knows_is_told_as_it_is() {
    let running = "2026-11-23 08:00:00 INFO main - The broker[a, 1:1] boot success.\n";
    let ended = "2026-11-23 08:00:50 INFO ShutdownHook - Shutdown hook over, consuming 9\n";
    let of_another = "2026-11-23 08:00:40 ERROR Thread-1 - read socket[/127.0.0.1:52790] < 0\n";
    let of_main = "2026-11-23 08:00:40 ERROR main - load /store/config/topics.json failed\n";
    let silent = "it does not say why it ended, as if it was killed";
    for (logs, expected) in [
        (
            vec![],
            json!(["it has no logs here, as if it was never started"]),
        ),
        (vec![(BROKER, 100, running.to_owned())], json!([silent])),
        (
            vec![(BROKER, 100, running.to_owned() + of_another)],
            json!([
                format!("{silent}; its last errors:"),
                format!("broker.log: {}", of_another.trim_end())
            ]),
        ),
        (
            vec![(BROKER, 100, running.to_owned() + of_another + ended)],
            json!(["it was asked to stop, and shut down cleanly"]),
        ),
        (
            vec![(BROKER, 100, of_main.to_owned() + of_another)],
            json!([format!("broker.log: {}", of_main.trim_end())]),
        ),
        // Of an earlier life, which ended otherwise.
        (
            vec![
                (
                    OUT,
                    100,
                    "java.net.BindException: Address already in use\n".to_owned(),
                ),
                (BROKER, 9000, running.to_owned()),
            ],
            json!([silent]),
        ),
    ] {
        let logs: Vec<_> = logs
            .iter()
            .map(|(name, at, text)| (*name, *at, text.as_str()))
            .collect();
        assert_eq!(why(&logs), expected, "{logs:?}");
    }
}

#[test]
fn what_the_machine_did_is_told() {
    let running = "2026-11-23 08:00:00 INFO main - The broker[a, 1:1] boot success.\n";
    let logs = [(BROKER, 1_700_000_100, running)];
    // As kernels of 5.x and 6.x say it.
    let kernel = "\
[   20.514361] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice,task=java,pid=811,uid=1000
[   20.514388] Out of memory: Killed process 811 (java) total-vm:4821304kB, anon-rss:1563216kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:3500kB oom_score_adj:0
[  130.204114] java invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
[  130.214361] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice,task=java,pid=4321,uid=1000
[  130.214388] Out of memory: Killed process 4321 (java) total-vm:4821304kB, anon-rss:1563216kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:3500kB oom_score_adj:0
[  130.300018] oom_reaper: reaped process 4321 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
";
    let why = |started: i64, kernel: &str| told(machine(&logs, started, kernel), 0)["why"].clone();
    let killed = "the kernel killed it, out of memory (java, process 4321) at 2023-11-14 \
                  22:15:30 UTC: see the memory checks of playbooks/preflight.yml";
    assert_eq!(why(1_700_000_000, kernel), json!([killed]));
    // Only root may read it, or it ended another one long before.
    let silent = json!(["it does not say why it ended, as if it was killed"]);
    assert_eq!(why(1_700_000_000, ""), silent);
    assert_eq!(why(1_699_990_000, kernel), silent);
    assert_eq!(
        why(1_700_000_200, ""),
        json!(["the machine booted at 2023-11-14 22:16:40 UTC, and it has written nothing since"])
    );
}

/// What systemd remembers comes first, and what the program said after it.
#[test]
fn how_a_service_ended_is_told() {
    let properties = "LoadState,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus";
    let show = [
        "systemctl",
        "show",
        "-p",
        properties,
        "rocketmq-broker-a.service",
    ];
    let told = |remembered: &str, kernel: &str| {
        let bind = "java.net.BindException: Address already in use\n";
        let machine = machine(&[(OUT, 100, bind)], 0, kernel).output(&show, text(remembered));
        let host: Arc<dyn Host> = Arc::new(machine);
        let mut arguments = arguments(0);
        arguments["programs"][0]["service"] = json!("rocketmq-broker-a");
        let change = plan(&host, "rocketmq_last_words", &arguments).unwrap();
        let result = apply(&change, &*host).unwrap();
        let why = result["programs"][0]["why"].as_array().unwrap();
        let first: Vec<_> = why.iter().map(|line| line.as_str().unwrap()).collect();
        first
            .iter()
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let failed = "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\n\
                  Result=exit-code\nExecMainCode=1\nExecMainStatus=255\n";
    let killed = "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=signal\n\
                  ExecMainCode=2\nExecMainStatus=9\n";
    let kernel = "[  130.2] Out of memory: Killed process 4321 (java) total-vm:4821304kB\n";
    let advice = "one of its ports is used by another program; ss -ltnp and \
                  playbooks/preflight.yml show which";
    for (remembered, kernel, first) in [
        (failed, kernel, Some("it exited with 255")),
        (
            killed,
            "",
            Some("it was killed (signal 9); systemd has given up restarting it"),
        ),
        (
            killed,
            kernel,
            Some("the kernel killed it, out of memory (java, process 4321) at 1970-01-01 00"),
        ),
        ("LoadState=not-found\n", "", None),
    ] {
        let expected: Vec<_> = first.into_iter().chain([advice, "broker.out"]).collect();
        assert_eq!(told(remembered, kernel), expected);
    }
}

#[test]
fn a_program_that_runs_needs_no_reason() {
    let log = "2026-11-23 08:00:00 INFO main - The broker[a, 1:1] boot success.\n";
    let argv = ["/usr/bin/java", "-c", "/conf/broker-a.properties"];
    let running = Process {
        pid: 7,
        started: 1,
        executable: argv[0].into(),
        argv: argv.map(str::to_owned).to_vec(),
        directory: "/".into(),
        uid: 0,
        user: "root".to_owned(),
        start: None,
    };
    let machine = || {
        Memory::machine()
            .directory("/home")
            .file(format!("/home/logs/{BROKER}"), log)
            .process(running.clone(), &[])
    };
    let expected = json!({ "name": "broker-a", "pid": 7, "why": [], "log": [] });
    assert_eq!(told(machine(), 0), expected);
    let tail = json!(["==> /home/logs/rocketmqlogs/broker.log <==", log.trim_end()]);
    assert_eq!(told(machine(), 12)["log"], tail);
}
