//! A cluster on which cells are tried, one after the other.

use super::run::{Ended, Going};
use super::table::{self, Column};
use crate::lab_cluster::Cluster;
use crate::lab_hosts::{Lab, root};
use crate::lab_status::shell;
use std::collections::BTreeMap;

/// The programs of each host, by the file that configures them.
type Layout = [&'static [&'static str]; 3];
pub(super) const CROSSED: Layout = [
    &["broker-a", "broker-b-s", "namesrv"],
    &["broker-a-s", "broker-b", "namesrv"],
    &[],
];
const MASTERS: Layout = [&["broker-a", "namesrv"], &["broker-b", "namesrv"], &[]];
pub(super) const GROWN: Layout = [MASTERS[0], MASTERS[1], &["broker-c"]];

/// A playbook, and how it is tried.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) playbook: &'static str,
    /// Options of all its runs.
    pub(super) further: &'static [&'static str],
    pub(super) before: Before,
    pub(super) goal: Goal,
    /// Values, besides those that every playbook refuses, and what is said about them.
    pub(super) wrong: &'static [(&'static str, &'static str)],
    /// At how many moments it is killed.
    pub(super) kills: usize,
    /// Whether it takes the lock.
    pub(super) is_locked: bool,
}

/// The state of the cluster before a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Runs,
    /// With something in its stores.
    Stopped,
    /// Nothing is installed.
    Fresh,
    /// It was upgraded.
    Newer,
    /// A slave has messages that its master has lost.
    Ahead,
    /// With the broker that leaves.
    Grown,
    ByHand,
}

/// The state after a playbook that has done its work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// Nothing has changed.
    Same,
    Topic,
    /// All runs in this release.
    Runs(&'static str, &'static Layout),
    /// The same, and every program is another process than before.
    Restarted(&'static str, &'static Layout),
    Stopped,
    Wiped,
    /// All but that broker runs.
    Left(&'static str),
    /// All runs in the folders of the role.
    Adopted,
}

/// Values that every playbook refuses before it connects to a host.
const WRONG: [(&str, &str); 5] = [
    (
        "rocketmq_broker_hep=1g",
        "did you mean \"rocketmq_broker_heap\"",
    ),
    ("rocketmq_version=4.9", "is not a version of RocketMQ"),
    ("rocketmq_systemd=nein", "rocketmq_systemd"),
    ("rocketmq_home=/var/lib", "/var/lib"),
    (
        r#"{"rocketmq_broker_settings": {"flushDiskTyp": "x"}}"#,
        "flushDiskTyp",
    ),
];

/// Why a playbook refuses, as its message says it and as the page shows it.
const REASONS: [(&str, &str); 5] = [
    ("not in this run", "needs all hosts"),
    ("another run holds the lock", "locked"),
    ("different settings than the inventory", "not as applied"),
    ("is not installed", "not installed"),
    ("is running", "a broker runs"),
];

/// Programs by host and file: process id and release.
type Programs = BTreeMap<(usize, String), (String, String)>;

pub(super) struct Bench {
    cluster: Cluster,
    hosts: usize,
}

impl Bench {
    /// Two hosts, each with a master and the slave of the other one's.
    pub(super) fn crossed(name: &'static str) -> Self {
        let lab = Lab::up(name, 2, "debian");
        let slaves = "slaves:\n  hosts:\n    centos202:\n    centos201:\n";
        let slaves = written(name, "slaves.yml", slaves);
        let inventory = lab.inventory().display().to_string();
        let sync = "rocketmq_replication=sync";
        let options = ["-i", &inventory, "-i", &slaves, "-e", sync];
        Self {
            cluster: Cluster::of(lab, 2, "4.9.7", &options),
            hosts: 2,
        }
    }

    /// Two masters, and a host for a third one.
    pub(super) fn scaling(name: &'static str) -> Self {
        let lab = Lab::up(name, 3, "debian");
        let inventory = std::fs::read_to_string(lab.inventory()).unwrap();
        let (vars, _) = inventory.split_once("  children:").unwrap();
        let two = "centos201:\n        centos202:\n";
        let few = format!(
            "{vars}  children:\n    nameservers:\n      hosts:\n        {two}    masters:\n      hosts:\n        {two}    \
             slaves:\n      hosts: {{}}\n"
        );
        let few = written(name, "few.yml", &few);
        written(name, "more.yml", "masters:\n  hosts:\n    centos203:\n");
        Self {
            cluster: Cluster::of(lab, 3, "4.9.7", &["-i", &few]),
            hosts: 3,
        }
    }

    pub(super) fn by_hand(name: &'static str) -> Self {
        let lab = Lab::up(name, 2, "debian");
        let inventory = lab.inventory().display().to_string();
        let size = "rocketmq_mapped_file_size_consume_queue=300000";
        Self {
            cluster: Cluster::of(lab, 2, "3.2.6", &["-i", &inventory, "-e", size]),
            hosts: 2,
        }
    }

    /// Tries a cell, and compares the outcome with the page's.
    pub(super) fn try_cell(&self, row: &Row, column: Column) {
        let outcome = match column {
            Column::All => self.one(row, &[], 0),
            Column::Limited => self.one(row, &["-l", "centos201"], 1),
            Column::Down => {
                self.prepare(row);
                self.lab()
                    .run(&["ctl", "ip", "link", "set", "host2", "down"]);
                let outcome = self.judged(row, &["-T", "5"], 1);
                self.lab().run(&["ctl", "ip", "link", "set", "host2", "up"]);
                outcome
            }
            Column::Killed => self.killed(row),
            Column::Twice => self.twice(row),
            Column::Wrong => self.wrong(row),
        };
        table::found(row.playbook, column, &outcome);
    }

    fn lab(&self) -> &Lab {
        &self.cluster.lab
    }

    fn one(&self, row: &Row, further: &[&str], alone: usize) -> String {
        self.prepare(row);
        self.judged(row, further, alone)
    }

    /// Runs it and says how it ended. With `alone`, the run reaches that host only.
    fn judged(&self, row: &Row, further: &[&str], alone: usize) -> String {
        let before = self.programs();
        let ended = self.play(row.playbook, &[row.further, further].concat());
        let after = self.programs();
        let half = |why: &str| -> ! {
            panic!(
                "{} {further:?}: half: {why}: exit code {}, changed {:?}\n{}\n{before:#?}\n{after:#?}",
                row.playbook, ended.code, ended.changed, ended.text
            )
        };
        let is_untouched = ended.changed.is_empty() && before == after;
        let reason = REASONS.iter().find(|(said, _)| ended.text.contains(said));
        match (ended.code, reason) {
            (2 | 4, Some((_, reason))) if is_untouched => return format!("refused: {reason}"),
            // Code 4: a host was not reached.
            (0, _) => {}
            (4, _) if alone != 0 && ended.is_cut_off => {}
            _ => half("neither done nor refused"),
        }
        let left = match alone {
            0 => self.unreached(row, 0, &before, &after),
            host => self
                .unreached(row, host, &before, &after)
                .or_else(|| Self::touched_beside(host, &before, &after)),
        };
        if let Some(left) = left {
            half(&left);
        }
        match (alone, ended.code) {
            (0, _) => "done".to_owned(),
            (_, 0) => "done there".to_owned(),
            _ => "done on the others".to_owned(),
        }
    }

    /// Kills it at several moments and runs it again each time.
    #[expect(clippy::print_stderr, reason = "the moments are not in the table")]
    fn killed(&self, row: &Row) -> String {
        self.prepare(row);
        let whole = self.play(row.playbook, row.further).events;
        for kill in 1..=row.kills {
            self.prepare(row);
            let before = self.programs();
            let path = format!("playbooks/{}.yml", row.playbook);
            let mut going = Going::start(&self.cluster, &path, row.further);
            let moment = whole * kill / (row.kills + 1);
            going.until(|told| told.len() >= moment.max(1));
            let last = going.kill();
            // Its shells on the hosts take a moment to see that it is gone.
            let mut again = self.play(row.playbook, row.further);
            for _ in 0..20 {
                if again.text.contains("another run holds the lock") {
                    again = self.play(row.playbook, row.further);
                }
            }
            let left = self.unreached(row, 0, &before, &self.programs());
            assert!(
                again.code == 0 && left.is_none(),
                "{} killed after {last} and run again: {left:?}, exit code {}: {}",
                row.playbook,
                again.code,
                again.text
            );
            eprintln!("{} killed after {last}: finished", row.playbook);
        }
        match row.kills {
            1 => "finishes (1 moment)".to_owned(),
            kills => format!("finishes ({kills} moments)"),
        }
    }

    /// Runs it while another run has the lock.
    fn twice(&self, row: &Row) -> String {
        self.prepare(row);
        let mut first = Going::start(&self.cluster, "tests/lab.d/hold.yml", &[]);
        let holds = first.until(|told| {
            let locks = told.iter().filter(|event| event["action"] == "lock");
            locks.count() > 2
        });
        assert!(holds, "the lock was not taken: {}", first.end().text);
        let outcome = self.judged(row, &[], 0);
        if row.is_locked {
            let ended = self.play(row.playbook, row.further);
            let holder = "another run holds the lock rocketmq-cluster: tests/lab.d/hold.yml by ";
            assert!(ended.text.contains(holder), "{}", ended.text);
        }
        first.kill();
        outcome
    }

    fn wrong(&self, row: &Row) -> String {
        self.prepare(row);
        let before = self.programs();
        let wrong: Vec<_> = WRONG.iter().chain(row.wrong).collect();
        for (value, said) in &wrong {
            let ended = self.play(row.playbook, &[row.further, &["-e", value]].concat());
            let is_untouched = ended.changed.is_empty() && before == self.programs();
            assert!(
                matches!(ended.code, 2 | 4) && is_untouched && ended.text.contains(said),
                "{} -e {value}: exit code {}, changed {:?}: {}",
                row.playbook,
                ended.code,
                ended.changed,
                ended.text
            );
        }
        format!("refused ({} values)", wrong.len())
    }

    fn play(&self, playbook: &str, further: &[&str]) -> Ended {
        let path = format!("playbooks/{playbook}.yml");
        Going::start(&self.cluster, &path, further).end()
    }

    fn does(&self, playbook: &str, further: &[&str]) {
        let ended = self.play(playbook, further);
        assert_eq!(ended.code, 0, "{playbook} {further:?}: {}", ended.text);
    }

    fn programs(&self) -> Programs {
        let mut programs = Programs::new();
        for host in 1..=self.hosts {
            for line in self.lab().run(&["processes", &host.to_string()]).lines() {
                let between = |start: &str, end: &str| {
                    let (_, rest) = line.split_once(start)?;
                    Some(rest.split_once(end)?.0.to_owned())
                };
                let file = between("/var/lib/rocketmq/conf/", ".properties");
                if let (Some(file), Some(release)) = (file, between("/rocketmq-", "/conf:")) {
                    let (pid, _) = line.split_once('\t').unwrap();
                    programs.insert((host, file), (pid.to_owned(), release));
                }
            }
        }
        programs
    }

    /// Returns what has changed on hosts that the run did not reach.
    fn touched_beside(reached: usize, before: &Programs, after: &Programs) -> Option<String> {
        let beside = |programs: &Programs| -> Programs {
            let other = programs.iter().filter(|((host, _), _)| *host != reached);
            other
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        (beside(before) != beside(after)).then(|| "another host was touched".to_owned())
    }

    /// Returns how far the cluster, or one host of it, is from the goal.
    fn unreached(
        &self,
        row: &Row,
        alone: usize,
        before: &Programs,
        after: &Programs,
    ) -> Option<String> {
        let hosts: Vec<usize> = match alone {
            0 => (1..=self.hosts).collect(),
            host => vec![host],
        };
        let all_run = |version: &str, layout: &Layout| {
            hosts.iter().find_map(|host| {
                let here = after
                    .iter()
                    .filter(|((of, _), (_, release))| of == host && release == version);
                let found: Vec<_> = here.map(|((_, file), _)| file.as_str()).collect();
                (found != layout[host - 1]).then(|| format!("host {host} runs {found:?}"))
            })
        };
        let healthy = |further: &[&str]| {
            if alone != 0 || row.before == Before::Stopped && matches!(row.goal, Goal::Same) {
                return None;
            }
            let ended = self.play("status", further);
            (ended.code != 0).then(|| format!("status says {}", ended.text))
        };
        let same = || (before != after).then(|| "programs were touched".to_owned());
        let left_in_stores = || {
            hosts.iter().find_map(|host| {
                let list = "find /var/lib/rocketmq/*/store -type f ! -name .cluster";
                let found = shell(&self.cluster, &host.to_string(), list);
                (!found.is_empty()).then(|| format!("host {host} has {found}"))
            })
        };
        match row.goal {
            Goal::Same => same(),
            Goal::Topic => same().or_else(|| {
                let list =
                    "grep -l '\"orders\"' /var/lib/rocketmq/broker-?/store/config/topics.json";
                hosts.iter().find_map(|host| {
                    let found = self
                        .lab()
                        .try_run(&["enter", &host.to_string(), "sh", "-c", list]);
                    (!found.status.success()).then(|| format!("host {host} has no topic"))
                })
            }),
            Goal::Runs(version, layout) => {
                all_run(version, layout).or_else(|| healthy(row.further))
            }
            Goal::Restarted(version, layout) => {
                let kept = before.iter().find(|((host, file), (pid, _))| {
                    hosts.contains(host)
                        && after
                            .get(&(*host, file.clone()))
                            .is_some_and(|(new, _)| new == pid)
                });
                let kept = kept.map(|(key, _)| format!("{key:?} was not restarted"));
                kept.or_else(|| all_run(version, layout))
                    .or_else(|| healthy(row.further))
            }
            Goal::Stopped => after
                .keys()
                .find(|(host, _)| hosts.contains(host))
                .map(|key| format!("{key:?} runs")),
            Goal::Wiped => same().or_else(left_in_stores),
            Goal::Left(broker) => {
                let stays = |(key, value): (&(usize, String), &(String, String))| {
                    (key.1 != broker).then(|| (key.clone(), value.clone()))
                };
                let expected: Programs = before.iter().filter_map(stays).collect();
                (&expected != after)
                    .then(|| "others were touched, or it runs".to_owned())
                    .or_else(|| healthy(&[]))
            }
            Goal::Adopted => all_run("3.2.6", &MASTERS).or_else(|| healthy(&[])),
        }
    }

    /// Brings the cluster into the state that the row begins with.
    fn prepare(&self, row: &Row) {
        // A cell that failed leaves it cut.
        self.lab().run(&["ctl", "ip", "link", "set", "host2", "up"]);
        match row.before {
            Before::Runs => self.runs(),
            Before::Stopped => {
                if self.is_new() {
                    self.runs();
                }
                self.does("stop", &[]);
                let file = "for store in /var/lib/rocketmq/broker-*/store; do \
                            mkdir -p $store/commitlog; : >$store/commitlog/00000000000000000000; done";
                if matches!(row.goal, Goal::Wiped) {
                    self.on_all(file);
                }
            }
            Before::Fresh => _ = self.lab().run(&["reset"]),
            Before::Newer => {
                if self.is_new() {
                    self.runs();
                }
                self.does("upgrade", &super::NEWER);
            }
            Before::Ahead => {
                self.runs();
                self.does("stop", &[]);
                let lost = "cd /var/lib/rocketmq/broker-a/store && rm -rf commitlog/* consumequeue/* index/* \
                            checkpoint; rm -rf /var/lib/rocketmq/*/store.ahead";
                shell(&self.cluster, "1", lost);
                shell(&self.cluster, "2", "rm -rf /var/lib/rocketmq/*/store.ahead");
                let ended = self.play("start", &[]);
                assert!(ended.text.contains("ahead"), "{}", ended.text);
            }
            Before::Grown => {
                let more = SCALED.as_slice();
                let (grown, here) = (self.programs(), (3, "broker-c".to_owned()));
                if self.is_new() || !grown.contains_key(&here) {
                    self.runs();
                    self.does("scale_out", more);
                }
            }
            Before::ByHand => {
                self.lab().run(&["reset"]);
                let archive = root().join("build/rocketmq/alibaba-rocketmq-3.2.6.tar.gz");
                let archive = format!("rocketmq_archive={}", archive.display());
                let path = "tests/lab.d/by-hand.yml";
                let ended = Going::start(&self.cluster, path, &["-e", &archive]).end();
                assert_eq!(ended.code, 0, "{}", ended.text);
            }
        }
    }

    fn is_new(&self) -> bool {
        let link = ["enter", "1", "test", "-e", "/usr/local/rocketmq"];
        !self.lab().try_run(&link).status.success()
    }

    /// Lets it run as the inventory says, the quickest way.
    fn runs(&self) {
        let is_whole = || self.play("status", &[]).code == 0;
        if !self.is_new() && (is_whole() || (self.play("start", &[]).code == 0 && is_whole())) {
            return;
        }
        self.lab().run(&["reset"]);
        self.does("deploy", &[]);
    }

    fn on_all(&self, line: &str) {
        for host in 1..=self.hosts {
            shell(&self.cluster, &host.to_string(), line);
        }
    }
}

const SCALED: [&str; 2] = ["-i", "build/lab/matrix-scaling/more.yml"];

/// Writes a file beside the lab's own and returns its path.
fn written(lab: &str, name: &str, text: &str) -> String {
    let file = root().join("build/lab").join(lab).join(name);
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}
