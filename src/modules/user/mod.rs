//! `user`: an account of the host.

mod wanted;

use super::host_path::host_path;
use super::sent::make_missing;
use crate::change::{Attributes, Change, directory_questions};
use crate::host::{Answer, Content, Group, Node, Question, Step, User};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};

/// Creates, changes or removes a user account.
///
/// Anything not given is kept. A new account gets a group with its own name unless `group` is
/// given, and the home directory `/home/NAME`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of Ansible's"
)]
pub(super) struct UserModule {
    /// The login name.
    name: String,
    /// The number; chosen by the host for a new account if not given.
    uid: Option<u32>,
    /// The primary group, which must exist.
    group: Option<String>,
    /// Further groups, which must exist. An empty list removes the user from all.
    groups: Option<Vec<String>>,
    /// Whether to keep groups that are not in `groups`.
    #[serde(default)]
    append: bool,
    /// The login shell.
    shell: Option<String>,
    /// The home directory.
    #[schemars(with = "Option<String>")]
    home: Option<Utf8PathBuf>,
    /// Whether to create a missing home directory; true by default.
    create_home: Option<bool>,
    /// Whether to move the home directory if `home` changes.
    #[serde(default)]
    move_home: bool,
    /// Whether a new account is a system account.
    #[serde(default)]
    system: bool,
    /// A comment about the user, usually the full name.
    comment: Option<String>,
    /// Whether the account should exist.
    #[serde(default)]
    state: Presence,
    /// Whether to remove the home directory with the account.
    #[serde(default)]
    remove: bool,
    /// Whether to remove the account even while its user is logged in.
    #[serde(default)]
    force: bool,
    /// Accepted for Ansible's sake: accounts are always those of the host's own files.
    #[serde(default)]
    #[expect(dead_code, reason = "accounts are always local")]
    local: bool,
    /// The password's hash as in `/etc/shadow`, as returned by the filter `password_hash`; `!` or
    /// `*` for no password. An account that was locked with `usermod -L` stays locked.
    password: Option<String>,
    /// When to set the password.
    #[serde(default)]
    update_password: UpdatePassword,
}

/// When to set a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UpdatePassword {
    /// Whenever it differs.
    #[default]
    Always,
    /// When the account is created.
    OnCreate,
}

impl BuiltIn for UserModule {
    const NAME: &'static str = "user";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("user", "name"), ("createhome", "create_home")];
    const WRITES: Writes = Writes::User("name");
    const PATHS: &'static [&'static str] = &["home"];
    const RELATIVE_PATHS: &'static [&'static str] = &["shell"];
    const EXAMPLE: &'static str = "\
- name: The account of the brokers
  user:
    name: broker
    system: true
    home: /var/lib/broker
    shell: /usr/sbin/nologin
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "The login name."),
        ("state", "Whether the account should exist."),
        (
            "uid",
            "Its number; missing in check mode if the host would choose it.",
        ),
        (
            "group",
            "Its primary group's number; missing in check mode if the host would choose it.",
        ),
        ("groups", "Its further groups, joined by commas."),
        ("home", "Its home directory."),
        ("shell", "Its shell."),
        ("comment", "The comment about the user."),
        ("system", "As given."),
        ("append", "As given."),
        ("create_home", "As given."),
        ("move_home", "As given."),
        ("remove", "As given."),
        ("password", "`NOT_LOGGING_PASSWORD`, if one was given."),
    ];
}

/// What the host reports about an account, for the given arguments.
struct Found {
    user: Option<User>,
    /// The account with the given number.
    of_uid: Option<User>,
    /// The group with the number of the user.
    of_gid: Option<Group>,
    /// The primary group: the given one, or that with the user's name.
    group: Option<Group>,
    /// What is at the path of the home directory.
    home: Option<Node>,
    shadow: Option<Node>,
    /// The further groups that exist.
    groups: Vec<Group>,
}

impl Module for UserModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        check_name("user", &self.name)?;
        if let Some(home) = &self.home {
            host_path(home.as_str())?;
        }
        self.check()?;
        let found = self.look(context)?;
        let mut change = Change::default();
        self.add_arguments(&mut change);
        if self.state == Presence::Absent {
            change.returns("remove", self.remove);
            change.returns("force", self.force);
            if found.user.is_some() {
                change.steps.push(Step::User {
                    before: found.user,
                    after: None,
                    system: false,
                    home: self.remove,
                    forced: self.force,
                    password: None,
                });
            }
            return Ok(change);
        }
        let wanted = self.wanted(&found)?;
        add_account(&mut change, &wanted);
        if context.again {
            change.changed = Some(true);
            return Ok(change);
        }
        // The host chooses a number that is not given: it is asked for it afterwards.
        change.again = found.user.is_none() && (wanted.uid == 0 || wanted.gid == 0);
        self.add_steps(context, &mut change, found, wanted)?;
        Ok(change)
    }
}

impl UserModule {
    fn look(&self, context: &PlanContext) -> Result<Found, ModuleError> {
        let path = |path: Utf8PathBuf, content| Question::Path {
            path,
            follow: false,
            content,
        };
        let number = self.uid.unwrap_or_default().to_string();
        let group = self.group.as_ref().unwrap_or(&self.name);
        let shadow = if self.password.is_some() && self.update_password == UpdatePassword::Always {
            Content::UpTo(LARGEST_SHADOW)
        } else {
            Content::None
        };
        let mut questions = vec![
            Question::User(self.name.clone()),
            Question::User(number.clone()),
            Question::Group(number),
            Question::Group(group.clone()),
            path(self.usual_home(), Content::None),
            path("/etc/shadow".into(), shadow),
        ];
        let groups = self.groups.iter().flatten();
        questions.extend(groups.map(|name| Question::Group(name.clone())));
        let mut answers = context.host.ask(&questions)?.into_iter();
        let mut user = || match answers.next() {
            Some(Answer::User(user)) => user,
            _ => None,
        };
        let (of_name, of_number) = (user(), user());
        let mut group = || match answers.next() {
            Some(Answer::Group(group)) => group,
            _ => None,
        };
        let (same_number, of_group) = (group(), group());
        let mut node = || match answers.next() {
            Some(Answer::Path(node)) => node,
            _ => None,
        };
        let (home, shadow) = (node(), node());
        let given = self.uid.is_some();
        Ok(Found {
            user: of_name,
            of_uid: of_number.filter(|_| given),
            of_gid: same_number.filter(|_| given),
            group: of_group,
            home,
            shadow,
            groups: std::iter::from_fn(|| answers.next())
                .filter_map(|answer| match answer {
                    Answer::Group(group) => group,
                    _ => None,
                })
                .collect(),
        })
    }

    fn usual_home(&self) -> Utf8PathBuf {
        let usual = || Utf8PathBuf::from("/home").join(&self.name);
        self.home.clone().unwrap_or_else(usual)
    }

    /// A home directory that is not moved is created in a separate step, and before it the
    /// directories on the way.
    fn add_steps(
        &self,
        context: &PlanContext,
        change: &mut Change,
        found: Found,
        wanted: User,
    ) -> Result<(), ModuleError> {
        let password = self.new_password(&found);
        let create_home = self.create_home.unwrap_or(true);
        let step = |before: Option<User>, after: User, home, password| Step::User {
            before,
            after: Some(after),
            system: self.system,
            home,
            forced: false,
            password,
        };
        let Some(before) = found.user else {
            if create_home && found.home.is_none() {
                add_parents(context, change, &wanted.home)?;
            }
            change.steps.push(step(None, wanted, create_home, password));
            return Ok(());
        };
        let moves = before.home != wanted.home && self.move_home;
        if before != wanted || password.is_some() {
            let step = step(Some(before), wanted.clone(), moves, password);
            change.steps.push(step);
        }
        let home = if wanted.home == self.usual_home() {
            found.home
        } else {
            context.host.stat(&wanted.home)?
        };
        // One that is there is left alone, whatever it is: accounts of programs have homes such as
        // /dev/null.
        if home.is_none() && create_home && !moves {
            add_parents(context, change, &wanted.home)?;
            let step = step(Some(wanted.clone()), wanted, true, None);
            change.steps.push(step);
        }
        Ok(())
    }

    fn add_arguments(&self, change: &mut Change) {
        change.returns("name", self.name.as_str());
        change.returns("state", self.state.name());
        if self.state == Presence::Present {
            change.returns("system", self.system);
            change.returns("append", self.append);
            change.returns("create_home", self.create_home.unwrap_or(true));
            change.returns("move_home", self.move_home);
        }
        if self.password.is_some() {
            change.returns("password", "NOT_LOGGING_PASSWORD");
        }
    }
}

/// The largest `/etc/shadow` in which a password is looked up, in bytes.
const LARGEST_SHADOW: u64 = 4 * 1024 * 1024;

/// Creates the missing directories above a home directory.
fn add_parents(
    context: &PlanContext,
    change: &mut Change,
    home: &Utf8Path,
) -> Result<(), ModuleError> {
    let Some(parent) = home.parent().filter(|parent| parent.as_str() != "/home") else {
        return Ok(());
    };
    let found = context.host.ask(&directory_questions(parent))?;
    make_missing(change, parent, &Attributes::default(), &found)
}

/// A number chosen by the host is not returned.
fn add_account(change: &mut Change, user: &User) {
    for (name, number) in [("uid", user.uid), ("group", user.gid)] {
        if number != 0 || user.name == "root" {
            change.returns(name, number);
        }
    }
    change.returns("groups", user.groups.join(","));
    for (name, text) in [
        ("home", user.home.as_str()),
        ("shell", user.shell.as_str()),
        ("comment", user.comment.as_str()),
    ] {
        if !text.is_empty() {
            change.returns(name, Value::from(text));
        }
    }
}

/// Refuses names that programs would mistake for an option or that would break `/etc/passwd`.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), ModuleError> {
    let bad =
        |letter: char| letter.is_control() || letter.is_whitespace() || ":/,".contains(letter);
    if name.is_empty() || name.starts_with(['-', '+', '~']) || name.contains(bad) {
        return Err(ModuleError::refused(format!(
            "{name:?} is not a valid name of a {what}"
        )));
    }
    Ok(())
}
