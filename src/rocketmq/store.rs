//! `rocketmq_store`: moves a broker's store to its path.

use crate::change::{Attributes, Change, directory_questions};
use crate::host::{Answer, Command, Content, Kind, Probe, Question, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use camino::{Utf8Path, Utf8PathBuf};

/// Moves the store of a stopped broker to its path, by renaming its folder.
///
/// Nothing is ever copied, so it takes no time and no space, and is atomic. A store that is already
/// there is kept; one on another file system, and a path that contains something else, are refused.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreModule {
    /// Its current path.
    #[schemars(with = "String")]
    src: Utf8PathBuf,
    /// Its future path.
    #[schemars(with = "String")]
    dest: Utf8PathBuf,
    /// `known` only checks whether it can be moved.
    #[serde(default)]
    state: State,
}

/// The desired state of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is at its path.
    #[default]
    Moved,
    /// It can be moved there.
    Known,
}

impl BuiltIn for StoreModule {
    const NAME: &'static str = "rocketmq_store";
    const PATHS: &'static [&'static str] = &["src", "dest"];
    const EXAMPLE: &'static str = "\
- name: The store is where the inventory says
  rocketmq_store:
    src: /opt/rocketmq/store
    dest: /var/lib/rocketmq/broker-a/store
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[];
}

impl Module for StoreModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let Self { src, dest, .. } = self;
        let mut change = Change::default();
        if src == dest {
            return Ok(change);
        }
        let mut questions = [src, dest].map(question).to_vec();
        questions.push(Question::Tree {
            path: dest.clone(),
            depth: Some(1),
        });
        let parent = dest.parent().unwrap_or(dest);
        questions.extend(directory_questions(parent));
        let mut answers = context.host.ask(&questions)?.into_iter();
        let mut next = || {
            answers
                .next()
                .and_then(Answer::into_path)
                .map(|node| node.kind)
        };
        let (old, new) = (next(), next());
        let held = answers.next().map(Answer::into_tree).unwrap_or_default();
        match (&old, &new) {
            (None, Some(Kind::Directory)) => return Ok(change),
            (None, _) => {
                let message = format!("the store is neither in {src} nor in {dest}");
                return Err(ModuleError::refused(message));
            }
            (Some(Kind::Directory), None) => {}
            (Some(Kind::Directory), Some(Kind::Directory)) if held.is_empty() => {
                change.steps.push(Step::Remove {
                    path: dest.clone(),
                    directory: true,
                });
            }
            (Some(Kind::Directory), Some(_)) => return Err(self.both()),
            (Some(other), _) => {
                let message = format!("the store {src} is {}, not a directory", other.name());
                return Err(ModuleError::refused(message));
            }
        }
        let found: Vec<_> = answers.collect();
        self.check_file_system(context.host)?;
        if self.state == State::Known {
            return Ok(Change::default());
        }
        change.ensure_directory(parent, &Attributes::default(), &found)?;
        change.steps.push(Step::Rename {
            from: src.clone(),
            to: dest.clone(),
        });
        Ok(change)
    }
}

fn question(path: &Utf8PathBuf) -> Question {
    Question::Path {
        path: path.clone(),
        follow: false,
        content: Content::None,
    }
}

impl StoreModule {
    fn both(&self) -> ModuleError {
        let Self { src, dest, .. } = self;
        ModuleError::Refused {
            message: format!(
                "both {src} and {dest} contain something: it is unclear which is the store"
            ),
            help: Some("move away the one that is not the store; nothing was moved".to_owned()),
        }
    }

    /// A folder can only be renamed within a file system.
    fn check_file_system(&self, host: &Probe) -> Result<(), ModuleError> {
        let Self { src, dest, .. } = self;
        // The new place is on the file system of the first folder on its way that is there: df passes
        // over what is not.
        let above = src.parent().unwrap_or(src);
        let folders = [src.as_path(), above].into_iter();
        let folders = folders
            .chain(dest.ancestors().skip(1))
            .map(Utf8Path::as_str);
        let argv = ["df", "-P"].into_iter().chain(folders);
        let output = host.query(&Command::new(argv))?;
        let told = String::from_utf8_lossy(&output.stdout);
        let mounts: Vec<_> = told.lines().skip(1).filter_map(mount).collect();
        match mounts.as_slice() {
            [old, above, new, ..] if old == above && old == new => Ok(()),
            [old, _, new, ..] => Err(ModuleError::Refused {
                message: format!(
                    "the store {src} is on another file system ({old}) than {dest} ({new})"
                ),
                help: Some(format!(
                    "rocketmq_store: {src} (or `store` of rocketmq_brokers) leaves it where it is; \
                     nothing is copied"
                )),
            }),
            _ => Err(ModuleError::refused(format!(
                "df does not report which file systems {src} and {dest} are on"
            ))),
        }
    }
}

/// Parses the mount point of a file system: `/dev/sda1 100 70 30 70% /var/lib`.
fn mount(line: &str) -> Option<&str> {
    let at = line.rfind("% /")?;
    line.get(at + 2..)
}
