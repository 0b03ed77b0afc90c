//! `pam_limits`: limits of resources for users who log in.

use super::edited_file::{EditedFile, Writing};
use crate::change::{Change, Shows};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};

/// Sets a limit of a resource for users who log in.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PamLimits {
    /// A user, `@GROUP`, `*`, or a range of numbers.
    domain: String,
    /// `soft`, `hard`, or `-` for both.
    limit_type: LimitType,
    /// The resource: `nofile`, `nproc`, `memlock` and others of limits.conf(5).
    limit_item: String,
    /// A number, or `unlimited`; -20 to 19 for `nice` and `priority`.
    value: String,
    /// Whether a greater limit stays.
    #[serde(default)]
    use_max: bool,
    /// Whether a smaller limit stays.
    #[serde(default)]
    use_min: bool,
    /// A comment after the limit; by default that of the line is kept.
    #[serde(default)]
    comment: String,
    /// The file, which is created if it is missing.
    #[serde(default = "usual_file")]
    dest: String,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
}

/// Who may change a limit.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
enum LimitType {
    /// Nobody but root may raise it.
    #[serde(rename = "hard")]
    Hard,
    /// The user may raise it up to the hard limit.
    #[serde(rename = "soft")]
    Soft,
    /// Both.
    #[serde(rename = "-")]
    Both,
}

fn usual_file() -> String {
    "/etc/security/limits.conf".to_owned()
}

/// The resources that have limits.
const ITEMS: &[&str] = &[
    "core",
    "data",
    "fsize",
    "memlock",
    "nofile",
    "rss",
    "stack",
    "cpu",
    "nproc",
    "as",
    "maxlogins",
    "maxsyslogins",
    "priority",
    "locks",
    "sigpending",
    "msgqueue",
    "nice",
    "rtprio",
    "chroot",
];

/// Words for no limit.
const UNLIMITED: &[&str] = &["unlimited", "infinity", "-1"];

impl BuiltIn for PamLimits {
    const NAME: &'static str = "pam_limits";
    const OTHER_NAMES: &'static [&'static str] = &["community.general.pam_limits"];
    const WRITES: Writes = Writes::File("dest");
    const PATHS: &'static [&'static str] = &["dest"];
    const EXAMPLE: &'static str = "\
- name: The brokers may open many files
  pam_limits:
    domain: rocketmq
    limit_type: \"-\"
    limit_item: nofile
    value: 655350
    dest: /etc/security/limits.d/rocketmq.conf
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("msg", "The line."),
        ("backup_file", "The path of the backup."),
    ];
}

impl Module for PamLimits {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let file = EditedFile::open(context.host, &self.dest)?;
        let (text, message) = self.edited(file.text()?);
        let writing = Writing {
            backup: self.backup,
            ..Writing::default()
        };
        let mut change = file.put(text.into_bytes(), "", writing)?;
        change.shows = Shows::One;
        change.returns("msg", message);
        Ok(change)
    }
}

impl PamLimits {
    fn check(&self) -> Result<(), ModuleError> {
        if self.use_max && self.use_min {
            return Err(ModuleError::refused(
                "use_max and use_min are mutually exclusive",
            ));
        }
        if !ITEMS.contains(&self.limit_item.as_str()) {
            return Err(ModuleError::Refused {
                message: format!("limit_item: unknown resource {:?}", self.limit_item),
                help: Some(format!("expected one of {}", ITEMS.join(", "))),
            });
        }
        let number: Option<i64> = self.value.parse().ok();
        let (is_valid, expected) = if ["nice", "priority"].contains(&self.limit_item.as_str()) {
            (
                number.is_some_and(|number| (-20..=19).contains(&number)),
                "-20 to 19",
            )
        } else {
            let is_unlimited = UNLIMITED.contains(&self.value.as_str());
            (
                is_unlimited || number.is_some_and(|number| number >= 0),
                "a number or unlimited",
            )
        };
        if is_valid {
            return Ok(());
        }
        Err(ModuleError::refused(format!(
            "value: invalid limit {:?} of {} (expected {expected})",
            self.value, self.limit_item
        )))
    }

    /// Returns the text with the limit, and its line.
    fn edited(&self, old: &str) -> (String, String) {
        let mut text = String::new();
        let mut found = None;
        for line in old.split_inclusive('\n') {
            let (limit, comment) = line.split_once('#').unwrap_or((line, ""));
            let fields: Vec<_> = limit.split_whitespace().collect();
            let kind = self.kind();
            let new = match fields[..] {
                [domain, limit_type, item, value]
                    if domain == self.domain && limit_type == kind && item == self.limit_item =>
                {
                    let wanted = self.wanted(value);
                    let line = if wanted == value {
                        line.to_owned()
                    } else {
                        self.line(wanted, comment.trim_end_matches('\n'))
                    };
                    found.insert(line).as_str()
                }
                _ => line,
            };
            text += new;
        }
        let line = found.unwrap_or_else(|| {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            let line = self.line(&self.value, "");
            text += &line;
            line
        });
        (text, line)
    }

    fn kind(&self) -> &'static str {
        match self.limit_type {
            LimitType::Hard => "hard",
            LimitType::Soft => "soft",
            LimitType::Both => "-",
        }
    }

    /// Returns the greater or smaller of the wanted limit and the current one, if that counts.
    fn wanted<'a>(&'a self, current: &'a str) -> &'a str {
        let amount = |value: &str| match value {
            value if UNLIMITED.contains(&value) => i64::MAX,
            value => value.parse().unwrap_or(i64::MIN),
        };
        let keeps = self.use_max && amount(current) >= amount(&self.value)
            || self.use_min && amount(current) <= amount(&self.value);
        if keeps { current } else { &self.value }
    }

    fn line(&self, value: &str, old_comment: &str) -> String {
        let comment = match self.comment.as_str() {
            "" => old_comment,
            comment => comment,
        };
        let mark = if comment.is_empty() { "" } else { "\t#" };
        let Self {
            domain, limit_item, ..
        } = self;
        format!(
            "{domain}\t{}\t{limit_item}\t{value}{mark}{comment}\n",
            self.kind()
        )
    }
}
