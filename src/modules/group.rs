//! `group`: a group of the host.

use crate::change::Change;
use crate::host::{Answer, Group, Question, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use crate::modules::user::check_name;

/// Creates, changes or removes a group.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupModule {
    /// The group's name.
    name: String,
    /// Its number; chosen by the host for a new group if not given.
    gid: Option<u32>,
    /// Whether the group should exist.
    #[serde(default)]
    state: Presence,
    /// Whether a new group gets a number from the range of system groups.
    #[serde(default)]
    system: bool,
}

impl BuiltIn for GroupModule {
    const NAME: &'static str = "group";
    const WRITES: Writes = Writes::Group("name");
    const EXAMPLE: &'static str = "\
- name: The group of the brokers
  group:
    name: brokers
    system: true
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "The group's name."),
        ("state", "Whether it should exist."),
        (
            "gid",
            "Its number; missing in check mode if the host would choose it.",
        ),
        ("system", "As given."),
    ];
}

impl Module for GroupModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        check_name("group", &self.name)?;
        let mut questions = vec![Question::Group(self.name.clone())];
        questions.extend(self.gid.map(|gid| Question::Group(gid.to_string())));
        let mut answers = context
            .host
            .ask(&questions)?
            .into_iter()
            .map(|answer| match answer {
                Answer::Group(group) => group,
                _ => None,
            });
        let before = answers.next().flatten();
        let of_number = answers.next().flatten();
        let mut change = Change::default();
        change.returns("name", self.name.as_str());
        change.returns("state", self.state.name());
        change.returns("system", self.system);
        let after = match self.state {
            Presence::Absent => None,
            Presence::Present => Some(self.wanted(before.as_ref(), of_number.as_ref())?),
        };
        // The host chooses a number that is not given: it is asked for it afterwards.
        change.again = before.is_none() && after.as_ref().is_some_and(|group| group.gid == 0);
        if context.again {
            change.changed = Some(true);
        }
        let known = after
            .as_ref()
            .map(|group| group.gid)
            .filter(|gid| *gid != 0 || self.name == "root");
        if let Some(gid) = known {
            change.returns("gid", gid);
        }
        if before != after {
            change.steps.push(Step::Group {
                before,
                after,
                system: self.system,
            });
        }
        Ok(change)
    }
}

impl GroupModule {
    /// Returns the wanted group; number 0 lets the host choose.
    fn wanted(
        &self,
        before: Option<&Group>,
        of_number: Option<&Group>,
    ) -> Result<Group, ModuleError> {
        if let Some(other) = of_number.filter(|other| other.name != self.name) {
            let message = format!(
                "the number {} already belongs to the group {}",
                other.gid, other.name
            );
            return Err(ModuleError::refused(message));
        }
        let mut group = before.cloned().unwrap_or_else(|| Group {
            name: self.name.clone(),
            ..Group::default()
        });
        if let Some(gid) = self.gid {
            if gid == 0 && self.name != "root" && before.is_none() {
                return Err(ModuleError::refused("the number 0 belongs to root's group"));
            }
            group.gid = gid;
        }
        Ok(group)
    }
}
