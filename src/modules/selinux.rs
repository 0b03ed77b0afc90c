//! `selinux`: whether and how SELinux is enforced.

use super::edited_file::{EditedFile, Writing};
use crate::change::Change;
use crate::host::{Command, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};

/// Sets whether SELinux is enforced, now and for later starts of the host.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Selinux {
    /// Whether SELinux is enforced.
    state: State,
    /// The policy, such as `targeted`; needed unless `disabled`. Another one is loaded at the next
    /// start.
    policy: Option<String>,
    /// The file for later starts.
    #[serde(default = "usual_file")]
    configfile: String,
    /// Must be `false`: the options of the kernel stay as they are.
    #[serde(default)]
    update_kernel_param: bool,
}

/// Whether SELinux is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is.
    Enforcing,
    /// It only logs.
    Permissive,
    /// It is off, from the next start on.
    Disabled,
}

fn usual_file() -> String {
    "/etc/selinux/config".to_owned()
}

impl BuiltIn for Selinux {
    const NAME: &'static str = "selinux";
    const OTHER_NAMES: &'static [&'static str] = &["ansible.posix.selinux"];
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("conf", "configfile"), ("file", "configfile")];
    const PATHS: &'static [&'static str] = &["configfile"];
    const EXAMPLE: &'static str = "\
- name: SELinux is enforced
  selinux:
    policy: targeted
    state: enforcing
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("msg", "What was done."),
        ("configfile", "The file."),
        ("policy", "The policy."),
        ("state", "As given."),
        (
            "reboot_required",
            "Whether the state counts from the next start on.",
        ),
    ];
}

impl Module for Selinux {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let file = EditedFile::open(context.host, &self.configfile)?;
        file.existing(
            "Path",
            Some("install a policy of SELinux, such as selinux-policy-targeted"),
        )?;
        let mut messages = Vec::new();
        let (text, policy, configured) = self.edited(file.text()?, &mut messages);
        let mut change = match &file.content {
            Some(old) if *old == text.as_bytes() => Change::default(),
            _ => file.put(text.into_bytes(), "", Writing::default())?,
        };
        let reboot_required = self.enforce(context, &mut change, &mut messages)?;
        messages.extend(configured);
        if reboot_required {
            let word = self.name();
            let warning = format!("SELinux is {word} from the next start of the host on");
            change.warnings.push(warning);
        }
        change.returns("msg", messages.join(", "));
        change.returns("configfile", self.configfile.as_str());
        change.returns("policy", policy);
        change.returns("state", self.name());
        change.returns("reboot_required", reboot_required);
        Ok(change)
    }
}

impl Selinux {
    fn check(&self) -> Result<(), ModuleError> {
        if self.update_kernel_param {
            return Err(ModuleError::Refused {
                message: "update_kernel_param is not supported".to_owned(),
                help: Some("use command: grubby".to_owned()),
            });
        }
        if self.policy.is_none() && self.state != State::Disabled {
            let message = "policy is needed unless state is disabled";
            return Err(ModuleError::refused(message));
        }
        Ok(())
    }

    /// Returns the text of the file for later starts, the policy, and what was done to the state.
    fn edited(&self, old: &str, messages: &mut Vec<String>) -> (String, String, Option<String>) {
        let (wanted, path) = (self.name(), &self.configfile);
        let old_policy = value(old, "SELINUXTYPE").unwrap_or_default();
        let policy = self.policy.as_deref().unwrap_or(old_policy);
        let mut text = old.to_owned();
        if policy != old_policy {
            text = set(&text, "SELINUXTYPE", policy);
            messages.push(format!(
                "SELinux policy configuration in '{path}' changed from '{old_policy}' to '{policy}'"
            ));
        }
        let old_state = value(old, "SELINUX").unwrap_or_default();
        let configured = (old_state != wanted).then(|| {
            text = set(&text, "SELINUX", wanted);
            format!("Config SELinux state changed from '{old_state}' to '{wanted}'")
        });
        (text, policy.to_owned(), configured)
    }

    /// Switches the running kernel; returns whether the state counts from the next start on.
    fn enforce(
        &self,
        context: &PlanContext,
        change: &mut Change,
        messages: &mut Vec<String>,
    ) -> Result<bool, ModuleError> {
        let teller = Command::new(["getenforce"]);
        let output = context.host.query(&teller)?;
        let before = String::from_utf8_lossy(&output.stdout).into_owned();
        let now = match before.trim().to_lowercase() {
            // Without the program there is no SELinux.
            word if word.is_empty() => "disabled".to_owned(),
            word => word,
        };
        let wanted = self.name();
        let is_off = now == "disabled";
        let needs_reboot = now != wanted && (is_off || self.state == State::Disabled);
        // What should be off from the next start on only logs until then.
        let (next, number) = match self.state {
            State::Enforcing => ("Enforcing", "1"),
            State::Permissive | State::Disabled => ("Permissive", "0"),
        };
        if !is_off && now != next.to_lowercase() {
            if !needs_reboot {
                let message = format!("SELinux state changed from '{now}' to '{wanted}'");
                messages.push(message);
            }
            change.steps.push(Step::Set(Setting {
                name: "SELinux".to_owned(),
                teller,
                before,
                after: format!("{next}\n"),
                setters: vec![Command::new(["setenforce", number])],
                brings_programs: false,
            }));
        }
        Ok(needs_reboot)
    }

    fn name(&self) -> &'static str {
        match self.state {
            State::Enforcing => "enforcing",
            State::Permissive => "permissive",
            State::Disabled => "disabled",
        }
    }
}

/// Returns the value of a variable.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .map(str::trim)
}

/// Returns the text with a variable set.
fn set(text: &str, name: &str, value: &str) -> String {
    let is = |line: &str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('='))
    };
    let new = format!("{name}={value}\n");
    let lines: String = (text.lines())
        .map(|line| {
            if is(line) {
                new.clone()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    if text.lines().any(is) {
        lines
    } else {
        lines + &new
    }
}
