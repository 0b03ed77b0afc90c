//! `file`: files, directories and links, and their permissions.

mod difference;
mod directory;
mod link;
mod times;
mod touch;

use super::file_result::{FileResult, state_of};
use super::host_path::{host_path, look, real_path};
use crate::change::{Attributes, Change, Mode, Shows};
use crate::host::{Answer, Kind, Node, Probe};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use camino::Utf8Path;
use difference::difference;
use times::{Time, Times, ensure_times};

/// Creates, changes or removes files, directories and links, and sets their mode, owner and group.
///
/// Without `mode`, new directories get 0777 and new files 0666, minus the umask of the host's user.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileModule {
    /// What the task is about.
    path: String,
    /// Desired state: `absent` removes recursively, `directory` makes it with the
    /// directories on the way, `file` only sets attributes of what exists, `link` and `hard` make
    /// links to `src`, `touch` makes an empty file or sets the times. Without it: what is there.
    state: Option<State>,
    /// Where a link leads to; for `link` relative to the link's directory.
    src: Option<String>,
    /// Whether everything in a directory gets mode, owner and group too. Links in it are not
    /// followed.
    #[serde(default)]
    recurse: bool,
    /// Whether a link takes the place of a file or an empty directory, and whether its target may
    /// be missing.
    #[serde(default)]
    force: bool,
    /// Whether a link at `path` stands for what it leads to.
    #[serde(default = "crate::module::yes")]
    follow: bool,
    /// Permission bits, such as "0644" or "u=rw,g=r,o=".
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
    /// `preserve`, `now` or a time in the host's time zone. `touch` means `now` unless told
    /// otherwise.
    modification_time: Option<String>,
    /// How `modification_time` is written, of `%Y %m %d %H %M %S`.
    #[serde(default = "usual_format")]
    modification_time_format: String,
    /// As `modification_time`, for the last access.
    access_time: Option<String>,
    /// How `access_time` is written.
    #[serde(default = "usual_format")]
    access_time_format: String,
}

/// The desired state of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Absent,
    Directory,
    File,
    Hard,
    Link,
    Touch,
}

fn usual_format() -> String {
    "%Y%m%d%H%M.%S".to_owned()
}

impl BuiltIn for FileModule {
    const NAME: &'static str = "file";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("dest", "path"), ("name", "path")];
    const WRITES: Writes = Writes::File("path");
    const PATHS: &'static [&'static str] = &["path"];
    const RELATIVE_PATHS: &'static [&'static str] = &["src"];
    const EXAMPLE: &'static str = "\
- name: The store has a place of its own
  file:
    path: /data/rocketmq/store
    state: directory
    owner: rocketmq
    group: rocketmq
    mode: \"0750\"

- name: The old log is gone
  file:
    path: /var/log/rocketmq_old
    state: absent
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("path", "The path (`dest` for links and `touch`)."),
        ("state", "What is at the path."),
        ("mode", "Permission bits, as in \"0644\"."),
        ("owner", "User name; `uid` is the number."),
        ("group", "Group name; `gid` is the number."),
        ("size", "Bytes."),
        ("src", "Where a link leads to."),
    ];
}

impl Module for FileModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let path = host_path(&self.path)?;
        let mut change = self.plan_state(context, &path)?;
        change.shows = Shows::Value(difference(&path, &change));
        Ok(change)
    }
}

impl FileModule {
    fn plan_state(&self, context: &PlanContext, path: &Utf8Path) -> Result<Change, ModuleError> {
        let Some(state) = self.state else {
            return self.plan_present(context, path);
        };
        if self.recurse && state != State::Directory {
            return Err(ModuleError::refused("recurse needs state: directory")
                .as_ansible("recurse option requires state to be 'directory'"));
        }
        if self.src.is_some() && !matches!(state, State::Link | State::Hard) {
            return Err(src_needs_link());
        }
        match state {
            State::Absent => plan_absent(context, path),
            State::Directory => self.plan_directory(context, path),
            State::File => self.plan_file(context, path),
            State::Touch => self.plan_touch(context, path),
            State::Link => self.plan_link(context, path),
            State::Hard => self.plan_hard(context, path),
        }
    }

    fn attributes(&self, host: &Probe) -> Result<Attributes, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(attributes.on(host)?)
    }

    fn times(&self, context: &PlanContext, default: Time) -> Result<Times, ModuleError> {
        let read = |written: &Option<String>, format: &str| {
            Time::read(written.as_deref(), format, default, context.host)
        };
        Ok(Times {
            modified: read(&self.modification_time, &self.modification_time_format)?,
            accessed: read(&self.access_time, &self.access_time_format)?,
        })
    }

    /// Without `state`, keeps the kind that exists; if nothing exists, `recurse` implies a
    /// directory.
    fn plan_present(&self, context: &PlanContext, path: &Utf8Path) -> Result<Change, ModuleError> {
        if self.src.is_some() {
            return Err(src_needs_link());
        }
        let answers = context.host.ask(&[look(path, false), look(path, true)])?;
        let [itself, followed] = [0, 1].map(|index| node(&answers, index));
        let seen = if self.follow { followed } else { itself };
        match (itself, seen) {
            (None, _) if self.recurse => self.plan_directory(context, path),
            (None, _) => Err(absent(path)),
            (Some(_), None) => Err(leads_nowhere(path)),
            (Some(_), Some(seen)) => {
                if self.recurse && seen.kind == Kind::Directory {
                    return self.plan_directory(context, path);
                }
                self.plan_attributes(context, path, seen)
            }
        }
    }

    fn plan_file(&self, context: &PlanContext, path: &Utf8Path) -> Result<Change, ModuleError> {
        let answers = context.host.ask(&[look(path, self.follow)])?;
        match node(&answers, 0) {
            None => Err(absent(path)),
            Some(seen) if matches!(seen.kind, Kind::File | Kind::Other) => {
                self.plan_attributes(context, path, seen)
            }
            Some(seen) => {
                let message = format!("{path} is {}, not a file", seen.kind.name());
                let is = state_of(seen);
                Err(ModuleError::refused(message)
                    .as_ansible(format!("file ({path}) is {is}, cannot continue"))
                    .returning("path", path.as_str())
                    .returning("state", is))
            }
        }
    }

    fn plan_attributes(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
        seen: &Node,
    ) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        let attributes = self.attributes(context.host)?;
        change.ensure_attributes(path, seen, &attributes, self.follow);
        let times = self.times(context, Time::Preserve)?;
        ensure_times(&mut change, path, seen, times);
        change.returns("path", path.as_str());
        FileResult {
            found: Some(seen),
            above: None,
            attributes: &attributes,
            state: state_of(seen),
            size: None,
        }
        .add(&mut change, context.host)?;
        Ok(change)
    }
}

fn plan_absent(context: &PlanContext, path: &Utf8Path) -> Result<Change, ModuleError> {
    if path == "/" {
        return Err(ModuleError::refused("the root directory cannot be removed"));
    }
    if path.file_name().is_none() {
        return Err(ModuleError::Refused {
            message: format!("{path} ends in \"..\" and is not removed"),
            help: Some("name the directory itself".to_owned()),
        });
    }
    let answers = context.host.ask(&[look(path, false)])?;
    let mut change = Change::default();
    match (node(&answers, 0), path.parent(), path.file_name()) {
        // What `..` means is known: all of the path exists.
        (found @ Some(_), Some(parent), Some(name)) if parent.as_str().contains("..") => {
            let parent = real_path(context.host, parent)?;
            change.ensure_absent(&parent.join(name), found);
        }
        (found, ..) => change.ensure_absent(path, found),
    }
    change.returns("path", path.as_str());
    change.returns("state", "absent");
    Ok(change)
}

/// Returns the node found by the answer at this index.
fn node(answers: &[Answer], index: usize) -> Option<&Node> {
    match answers.get(index) {
        Some(Answer::Path(node)) => node.as_ref(),
        _ => None,
    }
}

fn src_needs_link() -> ModuleError {
    ModuleError::refused("src needs state: link or state: hard")
        .as_ansible("src option requires state to be 'link' or 'hard'")
}

fn absent(path: &Utf8Path) -> ModuleError {
    let error = ModuleError::Refused {
        message: format!("there is nothing at {path}"),
        help: Some(
            "use state: touch to create an empty file, state: directory for a directory".to_owned(),
        ),
    };
    error
        .as_ansible(format!("file ({path}) is absent, cannot continue"))
        .returning("path", path.as_str())
        .returning("state", "absent")
}

fn leads_nowhere(path: &Utf8Path) -> ModuleError {
    ModuleError::refused(format!("{path} is a dangling symbolic link"))
}
