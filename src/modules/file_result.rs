//! What modules return about the file they leave behind.

use crate::change::{Attributes, Change, Mode};
use crate::host::{Answer, Facts, Kind, Node, Probe, Question};
use crate::module::ModuleError;
use crate::value::Value;

/// The set-group-ID bit of a directory: new entries get its group.
const SET_GROUP_ID: u32 = 0o2000;

/// What is known about a file after the change.
pub(super) struct FileResult<'a> {
    /// What is at the path now, if it is kept.
    pub(super) found: Option<&'a Node>,
    /// The nearest existing parent of a new directory, which may pass its group on.
    pub(super) above: Option<&'a Node>,
    /// The attributes it is given.
    pub(super) attributes: &'a Attributes,
    /// `file`, `directory`, `link`, `hard`.
    pub(super) state: &'a str,
    /// Bytes.
    pub(super) size: Option<u64>,
}

impl FileResult<'_> {
    /// Adds `state`, `size`, `mode`, `owner`, `group`, `uid` and `gid` to the task's result. Only
    /// if the owner or the group is new, the host is asked for what belongs to the name or the
    /// number; omits it if there is no such account yet.
    pub(super) fn add(&self, change: &mut Change, host: &Probe) -> Result<(), ModuleError> {
        change.returns("state", self.state);
        if let Some(size) = self.size.or(self.found.map(|node| node.size)) {
            change.returns("size", size);
        }
        if let Some(found) = self.found {
            self.add_mode(change, found.mode);
        }
        let owner = self.found.map(|node| (node.owner.clone(), node.uid));
        let group = self.found.map(|node| (node.group.clone(), node.gid));
        add_account(
            change,
            ["owner", "uid"],
            self.attributes.owner.as_deref(),
            owner,
        );
        add_account(
            change,
            ["group", "gid"],
            self.attributes.group.as_deref(),
            group,
        );
        if self.found.is_none() {
            self.add_user(change, host)?;
        }
        complete_accounts(change, host)
    }

    fn add_mode(&self, change: &mut Change, usual: u32) {
        let is_directory = self.state == "directory";
        let mode = self.attributes.mode.as_ref();
        let mode = mode.map_or(usual, |mode| mode.apply(usual, is_directory));
        change.returns("mode", format!("{mode:04o}"));
    }

    /// New files belong to the user who creates them, and that user's umask decides their mode.
    fn add_user(&self, change: &mut Change, host: &Probe) -> Result<(), ModuleError> {
        let facts = host.facts()?;
        self.add_mode(
            change,
            match self.state {
                "link" => 0o777,
                state => new_mode(&facts, state == "directory", self.above),
            },
        );
        let from_above = self.above.filter(|above| hands_on(above));
        if let (Some(above), None) = (from_above, &self.attributes.group) {
            change.returns("group", above.group.clone());
            change.returns("gid", above.gid);
        }
        for (wanted, names) in [
            (
                &self.attributes.owner,
                &[("owner", "user_id"), ("uid", "user_uid")][..],
            ),
            (&self.attributes.group, &[("gid", "user_gid")][..]),
        ] {
            for (name, fact) in names {
                if let (None, Some(value)) = (wanted, facts.0.get(*fact))
                    && !(*name == "gid" && from_above.is_some())
                {
                    change.returns(name, value.clone());
                }
            }
        }
        Ok(())
    }
}

/// Returns the attributes to set: a symbolic mode modifies the current mode, or the default mode of
/// a new file; `above` is the nearest existing parent of a new directory.
pub(super) fn given(
    host: &Probe,
    attributes: &Attributes,
    found: Option<&Node>,
    is_directory: bool,
    above: Option<&Node>,
) -> Result<Attributes, ModuleError> {
    let mut given = attributes.clone();
    if found.is_none()
        && let Some(mode) = attributes.mode.as_ref().filter(|mode| mode.is_symbolic())
    {
        let usual = new_mode(&host.facts()?, is_directory, above);
        given.mode = Some(Mode::of_bits(mode.apply(usual, is_directory)));
    }
    Ok(given)
}

/// Returns the default mode of a new file or directory: a directory inherits the set-group-ID bit.
fn new_mode(facts: &Facts, is_directory: bool, above: Option<&Node>) -> u32 {
    let all = if is_directory { 0o777 } else { 0o666 };
    let inherited = above.filter(|above| is_directory && hands_on(above));
    all & !facts.umask() | inherited.map_or(0, |_| SET_GROUP_ID)
}

/// Returns whether what is new in a directory belongs to the directory's group.
fn hands_on(directory: &Node) -> bool {
    directory.kind == Kind::Directory && directory.mode & SET_GROUP_ID != 0
}

/// Adds the name and number of an owner or a group; a task sets one of them or neither.
fn add_account(
    change: &mut Change,
    [name, number]: [&str; 2],
    wanted: Option<&str>,
    found: Option<(String, u32)>,
) {
    match (wanted, found) {
        (None, None) => {}
        (None, Some((found, id))) => {
            change.returns(name, found);
            change.returns(number, id);
        }
        (Some(wanted), found) => {
            let same = found.filter(|(found, id)| wanted == found || wanted.parse() == Ok(*id));
            let given: Option<u32> = wanted.parse().ok();
            let id = same.as_ref().map(|(_, id)| *id).or(given);
            if let Some(text) = same.map(|(found, _)| found).or(match given {
                Some(_) => None,
                None => Some(wanted.to_owned()),
            }) {
                change.returns(name, text);
            }
            if let Some(id) = id {
                change.returns(number, Value::from(id));
            }
        }
    }
}

/// Adds the number of an owner or group that is known by name, or its name if the number is known.
fn complete_accounts(change: &mut Change, host: &Probe) -> Result<(), ModuleError> {
    let half = |name: &str, number: &str| match (change.result.get(name), change.result.get(number))
    {
        (Some(known), None) | (None, Some(known)) => Some(known.to_string()),
        _ => None,
    };
    let (owner, group) = (half("owner", "uid"), half("group", "gid"));
    let questions = owner.into_iter().map(Question::User);
    let questions: Vec<_> = questions.chain(group.map(Question::Group)).collect();
    if questions.is_empty() {
        return Ok(());
    }
    for answer in host.ask(&questions)? {
        let (names, name, id) = match answer {
            Answer::User(Some(user)) => (["owner", "uid"], user.name, user.uid),
            Answer::Group(Some(group)) => (["group", "gid"], group.name, group.gid),
            _ => continue,
        };
        // In check mode, the host has not chosen the number of a new account yet.
        if id != 0 || name == "root" {
            let [text, number] = names;
            change.returns(text, name);
            change.returns(number, id);
        }
    }
    Ok(())
}

/// Returns the word for what is at a path.
pub(super) fn state_of(node: &Node) -> &'static str {
    match &node.kind {
        Kind::Symlink { .. } => "link",
        Kind::Directory => "directory",
        Kind::File if node.links > 1 => "hard",
        Kind::File | Kind::Other => "file",
    }
}
