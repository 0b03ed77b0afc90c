//! The form of a case.

use super::packed::Packed;
use camino::Utf8PathBuf;
use indexmap::IndexMap;
use rmqplay::source::SourceFile;
use rmqplay::yaml::{self, Map};
use serde::Deserialize;
use std::path::Path;

/// One task on one machine, and what must come of it.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) module: String,
    /// Arguments as written; templates in them see `data.vars`.
    pub(super) args: Map,
    /// A map for most; text goes to the free-form argument.
    pub(super) data: Data,
    pub(super) expect: Expect,
}

/// The parts of a case that are plain data.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Data {
    pub(super) host: Declared,
    /// Files of the controller: name below `files/` or, if it ends in `.j2`, `templates/`.
    pub(super) controller: IndexMap<String, String>,
    /// Archives of the controller: name below `files/`.
    pub(super) archives: IndexMap<String, Vec<Packed>>,
    pub(super) vars: serde_json::Map<String, serde_json::Value>,
    pub(super) environment: std::collections::BTreeMap<String, String>,
}

/// What is on the machine before.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Declared {
    pub(super) files: IndexMap<Utf8PathBuf, File>,
    /// Files that are archives.
    pub(super) archives: IndexMap<Utf8PathBuf, Vec<Packed>>,
    pub(super) directories: Vec<Utf8PathBuf>,
    pub(super) links: IndexMap<Utf8PathBuf, Utf8PathBuf>,
    /// Mode, owner and group of what is declared above, as `0644 root root`.
    pub(super) owned: IndexMap<Utf8PathBuf, String>,
    /// Users by name, each with its number; the group has the same name and number.
    pub(super) users: IndexMap<String, u32>,
    /// Groups by name, each with its number.
    pub(super) groups: IndexMap<String, u32>,
    pub(super) processes: Vec<Running>,
    /// Command lines, words parted by one blank, and what they print; `PROGRAM …` is any of a program.
    pub(super) outputs: IndexMap<String, Printed>,
    pub(super) facts: serde_json::Map<String, serde_json::Value>,
}

/// A file's content.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum File {
    Text(String),
    /// `repeat` times `text`, for large ones.
    Large {
        text: String,
        repeat: usize,
    },
}

/// A running program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) executable: Utf8PathBuf,
    pub(super) argv: Vec<String>,
    #[serde(default = "root_folder")]
    pub(super) directory: Utf8PathBuf,
    #[serde(default = "root_user")]
    pub(super) user: String,
    #[serde(default)]
    pub(super) ports: Vec<u16>,
}

fn root_folder() -> Utf8PathBuf {
    "/".into()
}

fn root_user() -> String {
    "root".to_owned()
}

/// What a command leaves.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Printed {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) rc: i32,
}

/// What must come of the task; what is not given is not compared.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expect {
    pub(super) changed: Option<bool>,
    /// The steps, each as one line; see `shown::plan_lines`.
    pub(super) plan: Option<Vec<String>>,
    /// All differences, each with its two headers.
    pub(super) diff: Option<String>,
    /// Some of the return values; `a.b` is what the map `a` has under `b`.
    pub(super) result: IndexMap<String, serde_json::Value>,
    /// Why it cannot be planned.
    pub(super) error: Option<String>,
    /// How the reason ends why it cannot be planned, for one that names a temporary path.
    pub(super) error_ends: Option<String>,
    /// Why its steps cannot be done.
    pub(super) apply_error: Option<String>,
    pub(super) failed: Option<String>,
    pub(super) skipped: Option<String>,
    /// The variables or facts it sets.
    pub(super) sets: Option<serde_json::Value>,
    /// What stands on the machine afterwards, by path: some of `kind`, `content`, `mode`, `owner`,
    /// `group`, `target`; `kind: absent` for nothing, `has` for a part of the content.
    pub(super) then: IndexMap<Utf8PathBuf, IndexMap<String, serde_json::Value>>,
    /// How often the second run asks, if more than once.
    pub(super) asks: Option<u64>,
    /// Whether it is a task that does the same again each time, such as a command.
    pub(super) repeats: bool,
}

/// Reads the cases of a file.
pub(super) fn read(path: &Path) -> Vec<Case> {
    let file = SourceFile::read(path).unwrap();
    let node = yaml::read(&file).unwrap_or_else(|problems| panic!("{problems}"));
    let module = path
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let cases = node.as_list().unwrap();
    cases.iter().map(|case| read_one(module, case)).collect()
}

fn read_one(module: &str, node: &yaml::Node) -> Case {
    let text = |key| node.get(key).and_then(yaml::Node::as_text);
    let name = text("name").unwrap().to_owned();
    let args = node.get("args").and_then(yaml::Node::as_map);
    let mut rest = node.clone();
    if let yaml::Data::Map(entries) = &mut rest.data {
        entries.retain(|(key, _)| {
            !["name", "args", "expect"].contains(&key.as_text().unwrap_or_default())
        });
    }
    let expect = node.get("expect").map(yaml::Node::to_value);
    Case {
        module: module.to_owned(),
        args: args.cloned().unwrap_or_default(),
        data: from_value(&name, &rest.to_value()),
        expect: expect.map_or_else(Expect::default, |expect| from_value(&name, &expect)),
        name,
    }
}

fn from_value<T: serde::de::DeserializeOwned>(name: &str, value: &rmqplay::value::Value) -> T {
    let json = serde_json::to_value(value).unwrap();
    serde_json::from_value(json).unwrap_or_else(|error| panic!("{name}: {error}"))
}
