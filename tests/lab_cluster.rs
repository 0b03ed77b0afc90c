//! The shipped playbooks on lab hosts with genuine RocketMQ: deploy, start, stop and wipe.

use crate::lab_hosts::{Lab, root, wanted};
use serde_json::Value;

const CLUSTER: &str = "rocketmq-cluster";
pub(crate) const HOSTS: usize = 2;

/// What a run told, a line for each task and host: host, task, status, differences.
pub(crate) type Told = Vec<(String, String, String, Value)>;

pub(crate) struct Cluster {
    pub(crate) lab: Lab,
    hosts: usize,
    version: &'static str,
    /// Options of every run: the inventory, the archive, small heaps, the user.
    pub(crate) options: Vec<String>,
}

impl Cluster {
    pub(crate) fn new(lab: Lab, user: &[&str]) -> Self {
        let inventory = lab.inventory().display().to_string();
        Self::of(lab, HOSTS, "3.2.6", &[&["-i", &inventory], user].concat())
    }

    /// Returns a cluster of another release, or with another inventory, which is in `further`.
    pub(crate) fn of(lab: Lab, hosts: usize, version: &'static str, further: &[&str]) -> Self {
        let name = match version.split_once('.') {
            Some(("3", _)) => format!("alibaba-rocketmq-{version}.tar.gz"),
            _ => format!("rocketmq-all-{version}-bin-release.zip"),
        };
        let archive = root().join("build/rocketmq").join(name);
        assert!(
            archive.exists(),
            "tests/rocketmq-archive {version} makes {}",
            archive.display()
        );
        let small = "rocketmq_nameserver_heap=256m rocketmq_broker_heap=256m \
             rocketmq_broker_direct_memory=256m rocketmq_mapped_file_size_commit_log=67108864";
        let archive = format!(
            "rocketmq_version={version} rocketmq_archive={}",
            archive.display()
        );
        // Programs that live for seconds are not worth the second compiler's work, which is most of what
        // the lab's processors do.
        let java = r#"{"rocketmq_java_options": ["-XX:TieredStopAtLevel=1"]}"#;
        // For machines that are several times slower. What must fail by waiting sets its own.
        let patience = "rocketmq_start_timeout=900 rocketmq_ready_timeout=600 rocketmq_stop_timeout=600 \
             rocketmq_drain_timeout=600";
        let options = ["-e", small, "-e", &archive, "-e", java, "-e", patience];
        let options = options
            .iter()
            .chain(further)
            .map(|option| (*option).to_owned())
            .collect();
        Self {
            lab,
            hosts,
            version,
            options,
        }
    }

    /// Runs a playbook and returns its exit code, what it printed and what it told.
    pub(crate) fn play(&self, playbook: &str, further: &[&str]) -> (i32, String, Told) {
        let events = tempfile::NamedTempFile::new().unwrap();
        let playbook = format!("playbooks/{playbook}.yml");
        let path = events.path().display().to_string();
        let mut arguments = vec!["run", &playbook, "--diff", "--events", &path];
        arguments.extend(self.options.iter().map(String::as_str));
        arguments.extend(further);
        let output = self.lab.rmqplay(&arguments);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (
            output.status.code().unwrap_or(-1),
            text,
            told(events.path()),
        )
    }

    /// Runs a playbook that must end with this code, and returns what it printed and what it told.
    pub(crate) fn ends(&self, playbook: &str, further: &[&str], code: i32) -> (String, Told) {
        let (found, text, told) = self.play(playbook, further);
        assert_eq!(found, code, "{playbook} {further:?}: {text}");
        (text, told)
    }

    /// Predicts, runs and runs again: the prediction writes nothing and comes true, and the second
    /// run changes nothing.
    pub(crate) fn obeys_the_laws(&self, playbook: &str, further: &[&str]) {
        let before = self.written();
        let (code, text, predicted) = self.play(playbook, &[further, &["--check"]].concat());
        assert_eq!(code, 0, "{playbook} --check: {text}");
        assert_eq!(before, self.written(), "{playbook} --check wrote something");
        let (code, text, done) = self.play(playbook, further);
        assert_eq!(code, 0, "{playbook}: {text}");
        assert!(
            done.iter().any(|(_, _, status, _)| status == "changed"),
            "{playbook}: {text}"
        );
        for (predicted, done) in predicted.iter().zip(&done) {
            // Whether a broker stops cleanly, for example, is known only once it has.
            let (host, task, status, _) = predicted;
            if status == "unknown" {
                assert_eq!((host, task), (&done.0, &done.1), "{playbook}");
                continue;
            }
            assert_eq!(
                predicted, done,
                "{playbook}: what --check said is not what was done"
            );
        }
        assert_eq!(predicted.len(), done.len());
        let (code, text, again) = self.play(playbook, further);
        assert_eq!(code, 0, "{playbook}, again: {text}");
        let changed: Vec<_> = again
            .iter()
            .filter(|(_, _, status, _)| status == "changed")
            .collect();
        assert!(
            changed.is_empty(),
            "{playbook} changed something again: {changed:?}"
        );
    }

    /// Returns what was written on the hosts. While RocketMQ runs, without what it writes itself
    /// at any time: logs, its store, and the files that Java keeps of every process.
    fn written(&self) -> String {
        let written = self.lab.written(self.hosts);
        if self.programs(1).is_empty() {
            return written;
        }
        let own = ["/var/lib/rocketmq", "/tmp"];
        let kept = written.lines().filter(|line| {
            let conf = line.starts_with("/var/lib/rocketmq/conf/");
            conf || !own.iter().any(|folder| line.starts_with(folder))
        });
        kept.map(|line| format!("{line}\n")).collect()
    }

    /// Returns the command lines of the RocketMQ programs of a host.
    pub(crate) fn programs(&self, host: usize) -> Vec<String> {
        let processes = self.lab.run(&["processes", &host.to_string()]);
        let libraries = format!("/usr/local/rocketmq-{}/lib/*", self.version);
        let ours = processes.lines().filter(|line| line.contains(&libraries));
        ours.map(str::to_owned).collect()
    }

    /// Asks every nameserver for its brokers, with RocketMQ's own tool.
    pub(crate) fn brokers_of_every_nameserver(&self, nameservers: usize) -> Vec<String> {
        let package = if self.version.starts_with('3') {
            "com.alibaba.rocketmq"
        } else {
            "org.apache.rocketmq"
        };
        let command = format!(
            "export ROCKETMQ_HOME=/usr/local/rocketmq; \
             java -XX:TieredStopAtLevel=1 -Xmx128m -Duser.home=/tmp --add-opens=java.base/java.nio=ALL-UNNAMED \
             -cp '/usr/local/rocketmq/conf:/usr/local/rocketmq/lib/*' \
             {package}.tools.command.MQAdminStartup clusterList -n 127.0.0.1:9876"
        );
        let list = |host: usize| {
            let host = host.to_string();
            self.lab.run(&["enter", &host, "sh", "-c", &command])
        };
        (1..=nameservers).map(list).collect()
    }

    pub(crate) fn whole_life(&self) {
        for host in 1..=HOSTS {
            self.lab.run(&["foreign", &host.to_string()]);
        }
        self.obeys_the_laws("deploy", &[]);
        for list in self.brokers_of_every_nameserver(HOSTS) {
            for broker in ["192.168.2.201:10911", "192.168.2.202:10911"] {
                assert!(list.contains(broker), "{broker} is missing in: {list}");
            }
        }
        self.wipe_is_refused("is running", &["--confirm-wipe", CLUSTER]);
        self.obeys_the_laws("stop", &[]);
        for host in 1..=HOSTS {
            assert_eq!(self.programs(host), Vec::<String>::new());
            let abort = [
                "enter",
                &host.to_string(),
                "ls",
                &format!("{}/abort", store(host)),
            ];
            assert!(
                !self.lab.try_run(&abort).status.success(),
                "an abort file is left"
            );
        }
        self.obeys_the_laws("start", &[]);
        let (code, text, _) = self.play("stop", &[]);
        assert_eq!(code, 0, "{text}");
        self.wipe_is_refused(
            "not the name of the cluster",
            &["--confirm-wipe", "another"],
        );
        self.obeys_the_laws("wipe", &["--confirm-wipe", CLUSTER]);
        for host in 1..=HOSTS {
            let list = ["enter", &host.to_string(), "ls", "-A", &store(host)];
            let left = self.lab.run(&list);
            let left: Vec<_> = left.split_whitespace().collect();
            assert_eq!(left, [".cluster", "commitlog", "consumequeue", "index"]);
            let alive = self.lab.try_run(&["foreign-alive", &host.to_string()]);
            assert!(
                alive.status.success(),
                "the foreign process of host {host} is gone"
            );
        }
    }

    fn wipe_is_refused(&self, because: &str, further: &[&str]) {
        let before = self.lab.written(HOSTS);
        let (code, text, _) = self.play("wipe", further);
        assert_eq!(code, 2, "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(because), "{text}");
        // The brokers write while they run: only what is there counts.
        let names = |listing: &str| {
            listing
                .lines()
                .filter(|line| line.contains("commitlog"))
                .count()
        };
        assert_eq!(
            names(&before),
            names(&self.lab.written(HOSTS)),
            "something was deleted"
        );
    }
}

/// Returns where the master of a host keeps its messages.
fn store(host: usize) -> String {
    let name = ["broker-a", "broker-b"][host - 1];
    format!("/var/lib/rocketmq/{name}/store")
}

/// Returns what a run told in its file of events, by host and task.
pub(crate) fn told(events: &std::path::Path) -> Told {
    let told = std::fs::read_to_string(events).unwrap();
    let mut told: Told = told.lines().map(line).collect();
    told.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    told
}

fn line(line: &str) -> (String, String, String, Value) {
    let event: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    (
        text("host"),
        format!("{} {}", text("path"), text("task")),
        text("status"),
        event["diff"].clone(),
    )
}

#[test]
fn a_cluster_lives_on_hosts_with_busybox_alone() {
    if wanted() {
        // Busybox has no program that makes users: one of the host's own runs the programs.
        let user = ["-e", "rocketmq_user=operator rocketmq_manage_user=false"];
        Cluster::new(Lab::up("life-busybox", HOSTS, "busybox"), &user).whole_life();
    }
}
