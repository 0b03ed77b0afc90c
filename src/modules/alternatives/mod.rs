//! `alternatives`: which of several programs a name means.

mod group;

use super::host_path::look;
use crate::change::Change;
use crate::host::{Answer, Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use group::{Group, Member, Subcommand};

/// Chooses which of several programs a name means, with `update-alternatives`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternatives {
    /// The name of the group, such as `java`.
    name: String,
    /// The program.
    path: Option<String>,
    /// A group of similar programs instead of `path`; on Red Hat and its relatives.
    family: Option<String>,
    /// The link that leads to the program in use; needed for a new group, and always on Red Hat and
    /// its relatives.
    link: Option<String>,
    /// The priority of the program; 50 by default for a new one.
    priority: Option<i64>,
    /// The desired state.
    #[serde(default)]
    state: State,
    /// Links that change with the program, such as those of manual pages.
    subcommands: Option<Vec<Subcommand>>,
}

/// Whether a program is in its group, and in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// In the group and in use.
    #[default]
    Selected,
    /// In the group.
    Present,
    /// In the group, and the best one is in use.
    Auto,
    /// Not in the group.
    Absent,
}

/// What is to be done with a group.
struct Plan {
    group: Group,
    messages: Vec<String>,
    setters: Vec<Command>,
}

impl BuiltIn for Alternatives {
    const NAME: &'static str = "alternatives";
    const OTHER_NAMES: &'static [&'static str] = &["community.general.alternatives"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("slaves", "subcommands")];
    const PATHS: &'static [&'static str] = &["path", "link"];
    const EXAMPLE: &'static str = "\
- name: Java 17 is in use
  alternatives:
    name: java
    path: /usr/lib/jvm/java-17-openjdk-amd64/bin/java
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[("msg", "What was done.")];
}

impl Module for Alternatives {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.path.is_some() == self.family.is_some() && self.path.is_none() {
            return Err(ModuleError::refused("alternatives needs path or family"));
        }
        let teller = command(&["--display", &self.name]);
        let output = context.host.query(&teller)?;
        if output.lacks_program() {
            return Err(ModuleError::refused("the host has no update-alternatives"));
        }
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        // It fails for a group that does not exist.
        let told = if output.status == 0 {
            told
        } else {
            String::new()
        };
        let before = Group::read(&self.name, &told);
        let mut plan = Plan {
            group: before.clone(),
            messages: Vec::new(),
            setters: Vec::new(),
        };
        match self.state {
            State::Absent => self.remove(&mut plan),
            _ => self.put(context, &mut plan)?,
        }
        let mut change = Change::default();
        if !plan.setters.is_empty() {
            change.steps.push(Step::Set(Setting {
                name: format!("alternatives of {}", self.name),
                teller,
                before: before.to_string(),
                after: plan.group.to_string(),
                setters: plan.setters,
                brings_programs: true,
            }));
        }
        change.returns("msg", plan.messages.join(" "));
        Ok(change)
    }
}

impl Alternatives {
    fn put(&self, context: &PlanContext, plan: &mut Plan) -> Result<(), ModuleError> {
        if let Some(path) = &self.path
            && self.needs_install(path, &plan.group)
        {
            self.install(context, path, plan)?;
        }
        let current = plan.group.current.as_deref();
        let member = current.and_then(|current| plan.group.member(current));
        let is_same_path = current.is_some() && current == self.path.as_deref();
        let is_same_family =
            self.path.is_none() && member.is_some_and(|member| member.family == self.family);
        if self.state == State::Selected && !is_same_path && !is_same_family {
            let wanted = self.path.as_ref().or(self.family.as_ref());
            let wanted = wanted.map_or("", String::as_str);
            plan.messages
                .push(format!("Set alternative '{wanted}' for '{}'.", self.name));
            plan.setters.push(command(&["--set", &self.name, wanted]));
            plan.group.set(wanted);
        }
        if self.state == State::Auto && !plan.group.is_auto {
            plan.messages
                .push(format!("Set alternative to auto for '{}'.", self.name));
            plan.setters.push(command(&["--auto", &self.name]));
            plan.group.reset();
        }
        Ok(())
    }

    fn needs_install(&self, path: &str, group: &Group) -> bool {
        let Some(member) = group.member(path) else {
            return true;
        };
        let sorted = |links: &[Subcommand]| {
            let mut links = links.to_vec();
            links.sort();
            links
        };
        self.priority
            .is_some_and(|priority| priority != member.priority)
            || (self.subcommands.as_ref())
                .is_some_and(|links| sorted(links) != sorted(&member.subcommands))
    }

    fn install(
        &self,
        context: &PlanContext,
        path: &str,
        plan: &mut Plan,
    ) -> Result<(), ModuleError> {
        let found = context
            .host
            .ask(&[look(camino::Utf8Path::new(path), true)])?;
        if found
            .into_iter()
            .next()
            .and_then(Answer::into_path)
            .is_none()
        {
            return Err(ModuleError::refused(format!("{path} does not exist")));
        }
        let link = self.link.clone().or_else(|| plan.group.link.clone());
        let link = link.ok_or_else(|| ModuleError::Refused {
            message: format!("the host has no alternatives of {:?}", self.name),
            help: Some("give the link, such as /usr/bin/java, to create them".to_owned()),
        })?;
        let old = plan.group.member(path).cloned().unwrap_or_else(|| Member {
            priority: 50,
            ..Member::default()
        });
        let member = Member {
            path: path.to_owned(),
            family: self.family.clone().or(old.family),
            priority: self.priority.unwrap_or(old.priority),
            subcommands: self.subcommands.clone().unwrap_or(old.subcommands),
        };
        let priority = member.priority.to_string();
        let mut words = vec!["--install", &link, &self.name, path, &priority];
        if let Some(family) = &self.family {
            words.extend(["--family", family]);
        }
        for one in &member.subcommands {
            words.extend(["--slave", &one.link, &one.name, &one.path]);
        }
        plan.setters.push(command(&words));
        plan.messages
            .push(format!("Install alternative '{path}' for '{}'.", self.name));
        plan.group.install(member, &link);
        Ok(())
    }

    fn remove(&self, plan: &mut Plan) {
        let path = self.path.as_deref().unwrap_or_default();
        if plan.group.member(path).is_some() {
            plan.setters.push(command(&["--remove", &self.name, path]));
            plan.messages
                .push(format!("Remove alternative '{path}' from '{}'.", self.name));
            plan.group.remove(path);
        }
    }
}

/// Returns the command, whose output is in English.
fn command(words: &[&str]) -> Command {
    let words = words.iter().copied();
    Command {
        environment: [("LC_ALL".to_owned(), "C".to_owned())].into(),
        ..Command::new(std::iter::once("update-alternatives").chain(words))
    }
}
