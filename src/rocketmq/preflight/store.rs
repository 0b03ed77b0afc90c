//! What a broker left in its store.

use super::check::Check;
use crate::host::{Answer, Content, Kind, Question};
use crate::rocketmq::wire::read_json;
use camino::Utf8Path;

/// The files in which a broker keeps its topics, groups and offsets. One truncated by a crash keeps
/// it from starting, or makes it lose all of them.
const TABLES: [&str; 4] = [
    "topics.json",
    "subscriptionGroup.json",
    "consumerOffset.json",
    "delayOffset.json",
];

/// Larger files are not read.
const TABLE_LIMIT: u64 = 1 << 20;

/// What a broker left in its store.
pub(super) struct Store {
    has_abort: bool,
    /// The cluster that it is marked with.
    owner: Option<String>,
    /// Tables that are not valid JSON.
    broken: Vec<&'static str>,
    /// The sizes of its message files.
    file_sizes: Vec<u64>,
}

/// Returns the questions about a store.
pub(super) fn questions(store: &Utf8Path) -> Vec<Question> {
    let path = |name: &str, content| Question::Path {
        path: store.join(name),
        follow: true,
        content,
    };
    let mut questions = vec![
        path("abort", Content::None),
        path(".cluster", Content::UpTo(TABLE_LIMIT)),
    ];
    questions.extend(
        TABLES
            .iter()
            .map(|name| path(&format!("config/{name}"), Content::UpTo(TABLE_LIMIT))),
    );
    questions.push(Question::Tree {
        path: store.join("commitlog"),
        depth: Some(1),
    });
    questions
}

impl Store {
    /// Reads the answers in the order of the questions.
    pub(super) fn read(next: &mut impl FnMut() -> Option<Answer>) -> Self {
        let mut node = || next().and_then(Answer::into_path);
        let has_abort = node().is_some();
        let owner = node().and_then(|node| node.content);
        let owner = owner.map(|name| String::from_utf8_lossy(&name).trim().to_owned());
        let broken = TABLES.into_iter().filter(|_| {
            let content = node().and_then(|node| node.content);
            content.is_some_and(|content| read_json(&content).is_err())
        });
        let broken = broken.collect();
        let files = next().map(Answer::into_tree).unwrap_or_default();
        let files = files.into_iter().filter(|(path, node)| {
            let name = path.file_name().unwrap_or_default();
            node.kind == Kind::File && name.bytes().all(|byte| byte.is_ascii_digit())
        });
        Self {
            has_abort,
            owner,
            broken,
            file_sizes: files.map(|(_, node)| node.size).collect(),
        }
    }

    /// Returns the failure for a store marked by another cluster.
    pub(super) fn owned_by_another(&self, name: &str, cluster: Option<&str>) -> Option<Check> {
        let (owner, cluster) = (self.owner.as_deref()?, cluster?);
        (owner != cluster)
            .then(|| Check::fail("store", format!("that of {name} is of the cluster {owner}")))
    }

    /// Returns the problems of the store, given the configured `file_size`.
    pub(super) fn checks(
        &self,
        name: &str,
        is_running: bool,
        file_size: Option<u64>,
    ) -> Vec<Check> {
        let mut wrong: Vec<_> = self
            .broken
            .iter()
            .map(|table| {
                let found = format!(
                    "config/{table} of {name} is not valid JSON: before it starts, replace it with \
                     {table}.bak beside it"
                );
                Check::fail("store", found)
            })
            .collect();
        let mut sizes = self.file_sizes.iter();
        if let Some(wanted) = file_size
            && let Some(other) = sizes.find(|size| **size != wanted)
        {
            wrong.push(Check::fail(
                "store",
                format!(
                    "{name} has files of {other} bytes, but mappedFileSizeCommitLog is \
                     {wanted}: it would not load them"
                ),
            ));
        }
        if self.has_abort && !is_running {
            wrong.push(Check::warn(
                "store",
                format!("{name} was not stopped cleanly: its next start will scan all of it"),
            ));
        }
        wrong
    }
}
