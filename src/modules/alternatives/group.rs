//! A group of alternatives, as `update-alternatives --display` shows it.

use std::fmt::{self, Write};

/// The programs of a group, and which of them is in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    /// Whether the best one is always in use.
    pub(super) is_auto: bool,
    /// The one in use.
    pub(super) current: Option<String>,
    /// The link that leads to it.
    pub(super) link: Option<String>,
    pub(super) members: Vec<Member>,
}

/// A program of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) path: String,
    pub(super) family: Option<String>,
    pub(super) priority: i64,
    pub(super) subcommands: Vec<Subcommand>,
}

/// A link that changes with the program.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub(super) struct Subcommand {
    /// Its name.
    pub(super) name: String,
    /// The path that it leads to.
    pub(super) path: String,
    /// The path of the link.
    pub(super) link: String,
}

impl Group {
    /// Reads what the program prints, on Debian and on Red Hat and their relatives.
    pub(super) fn read(name: &str, text: &str) -> Self {
        let mut group = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        let mut links: Vec<(&str, &str)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let words = line.trim();
            let rest = |start: &str| words.strip_prefix(start);
            let subcommand = rest("slave ").or_else(|| rest("follower "));
            if index == 0 {
                group.is_auto = words.ends_with("auto mode") || words.ends_with("is auto.");
            } else if let Some(path) = rest("link currently points to ") {
                group.current = Some(path.to_owned());
            } else if let (Some((one, path)), None) = (
                subcommand.and_then(|text| text.split_once(" is ")),
                group.members.last(),
            ) {
                links.push((one, path));
            } else if let (Some((one, path)), Some(member)) = (
                subcommand.and_then(|text| text.split_once(": ")),
                group.members.last_mut(),
            ) {
                let link = links.iter().find(|(name, _)| *name == one);
                if path != "(null)" {
                    member.subcommands.push(Subcommand {
                        name: one.to_owned(),
                        path: path.to_owned(),
                        link: link.map_or_else(String::new, |(_, link)| (*link).to_owned()),
                    });
                }
            } else if let Some((path, rest)) =
                words.split_once(" - ").filter(|_| words.starts_with('/'))
            {
                group.members.push(Member::read(path, rest));
            } else if let Some((_, link)) = rest("link ").and_then(|text| text.split_once(" is ")) {
                // The best version is named in a line of the same form before.
                if !words.starts_with("link best version is") {
                    group.link = Some(link.to_owned());
                }
            }
        }
        group
    }

    /// Returns the program with this path.
    pub(super) fn member(&self, path: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.path == path)
    }

    /// Adds or replaces a program.
    pub(super) fn install(&mut self, member: Member, link: &str) {
        if self.members.is_empty() {
            self.is_auto = true;
        }
        self.link = Some(link.to_owned());
        match self.members.iter_mut().find(|old| old.path == member.path) {
            Some(old) => *old = member,
            None => self.members.push(member),
        }
        self.choose();
    }

    /// Removes a program.
    pub(super) fn remove(&mut self, path: &str) {
        self.members.retain(|member| member.path != path);
        if self.current.as_deref() == Some(path) {
            self.is_auto = true;
        }
        self.choose();
    }

    /// Uses the program with this path or of this family.
    pub(super) fn set(&mut self, wanted: &str) {
        let is =
            |member: &&Member| member.path == wanted || member.family.as_deref() == Some(wanted);
        let found = self.members.iter().find(is);
        self.current = found.map(|member| member.path.clone());
        self.is_auto = false;
    }

    /// Uses the best program from now on.
    pub(super) fn reset(&mut self) {
        self.is_auto = true;
        self.choose();
    }

    /// The one with the highest priority is in use, unless somebody chose another one.
    fn choose(&mut self) {
        if self.is_auto {
            let best = self
                .members
                .iter()
                .rev()
                .max_by_key(|member| member.priority);
            self.current = best.map(|member| member.path.clone());
        }
    }
}

impl Member {
    /// Reads `[family NAME ]priority NUMBER`.
    fn read(path: &str, text: &str) -> Self {
        let words: Vec<_> = text.split_whitespace().collect();
        let after = |word: &str| {
            let at = words.iter().position(|one| *one == word)?;
            words.get(at + 1).copied()
        };
        Self {
            path: path.to_owned(),
            family: after("family").map(str::to_owned),
            priority: after("priority")
                .and_then(|number| number.parse().ok())
                .unwrap_or_default(),
            subcommands: Vec::new(),
        }
    }
}

impl fmt::Display for Group {
    /// Writes the group as Debian's program prints it; nothing if it is empty.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.members.is_empty() {
            return Ok(());
        }
        let mode = if self.is_auto { "auto" } else { "manual" };
        let mut text = format!("{} - {mode} mode\n", self.name);
        if let Some(current) = &self.current {
            writeln!(text, "  link currently points to {current}")?;
        }
        if let Some(link) = &self.link {
            writeln!(text, "  link {} is {link}", self.name)?;
        }
        let mut links: Vec<_> = (self.members.iter())
            .flat_map(|member| &member.subcommands)
            .map(|one| (&one.name, &one.link))
            .collect();
        links.sort();
        links.dedup();
        for (name, link) in links {
            writeln!(text, "  slave {name} is {link}")?;
        }
        for member in &self.members {
            let family = member
                .family
                .iter()
                .map(|family| format!("family {family} "));
            let family: String = family.collect();
            writeln!(
                text,
                "{} - {family}priority {}",
                member.path, member.priority
            )?;
            for one in &member.subcommands {
                writeln!(text, "  slave {}: {}", one.name, one.path)?;
            }
        }
        formatter.write_str(&text)
    }
}
