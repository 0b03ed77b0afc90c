//! Which entries `find` returns.

use super::{AgeStamp, FileType, Find};
use crate::glob;
use crate::host::{Command, Kind, Node, Probe};
use crate::module::ModuleError;
use crate::modules::byte_pattern::BytePattern;
use camino::Utf8Path;

/// Which entries `find` returns.
pub(super) struct Filter<'a> {
    find: &'a Find,
    patterns: Vec<NamePattern>,
    excludes: Vec<NamePattern>,
    /// The time since which, or until which, an entry was changed.
    age: Option<(i64, i64)>,
    size: Option<i64>,
    mode: Option<u32>,
    /// What a file must contain.
    pub(super) contains: Option<BytePattern>,
}

enum NamePattern {
    Glob(String),
    Regex(BytePattern),
}

impl NamePattern {
    fn fits(&self, name: &str) -> Result<bool, ModuleError> {
        match self {
            NamePattern::Glob(pattern) => Ok(glob::matches(pattern, name)),
            NamePattern::Regex(pattern) => pattern.fits_start(name.as_bytes()),
        }
    }
}

impl<'a> Filter<'a> {
    /// Returns the filter of a task. The host is asked for its time if ages matter.
    pub(super) fn of(find: &'a Find, host: &Probe) -> Result<Self, ModuleError> {
        let patterns = |argument: &str, patterns: &[String]| {
            let pattern = |text: &String| {
                if find.use_regex {
                    BytePattern::compile(argument, text).map(NamePattern::Regex)
                } else {
                    Ok(NamePattern::Glob(text.clone()))
                }
            };
            patterns.iter().map(pattern).collect::<Result<_, _>>()
        };
        let units = [
            ('s', 1),
            ('m', 60),
            ('h', 3600),
            ('d', 86_400),
            ('w', 604_800),
        ];
        let age = match &find.age {
            None => None,
            Some(text) => Some((amount("age", text, &units)?, now(host)?)),
        };
        let units = [
            ('b', 1),
            ('k', 1 << 10),
            ('m', 1 << 20),
            ('g', 1 << 30),
            ('t', 1 << 40),
        ];
        let size = find.size.as_ref();
        let mode = match &find.mode {
            Some(mode) if mode.needs_umask() => Some(mode.clone().under(host.facts()?.umask())),
            mode => mode.clone(),
        };
        let contains = find.contains.as_ref();
        Ok(Self {
            find,
            patterns: patterns("patterns", &find.patterns)?,
            excludes: patterns("excludes", &find.excludes)?,
            age,
            mode: mode.map(|mode| mode.apply(0, false)),
            size: size.map(|text| amount("size", text, &units)).transpose()?,
            contains: contains
                .map(|text| BytePattern::compile("contains", text))
                .transpose()?,
        })
    }

    /// Returns whether an entry passes, as far as can be said without its content.
    pub(super) fn takes(&self, path: &Utf8Path, node: &Node) -> Result<bool, ModuleError> {
        let name = path.file_name().unwrap_or_default();
        let is_kind = match self.find.file_type {
            FileType::Any => true,
            FileType::Directory => node.kind == Kind::Directory,
            FileType::File => node.kind == Kind::File,
            FileType::Link => matches!(node.kind, Kind::Symlink { .. }),
        };
        let is_seen = self.find.hidden || !name.starts_with('.');
        Ok(is_kind
            && is_seen
            && self.is_old_enough(node)
            && self.is_large_enough(node)
            && self.has_mode(node)
            && self.is_named(name)?)
    }

    fn is_named(&self, name: &str) -> Result<bool, ModuleError> {
        let any = |patterns: &[NamePattern]| -> Result<bool, ModuleError> {
            for pattern in patterns {
                if pattern.fits(name)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        Ok((self.patterns.is_empty() || any(&self.patterns)?) && !any(&self.excludes)?)
    }

    fn is_old_enough(&self, node: &Node) -> bool {
        let time = match self.find.age_stamp {
            AgeStamp::Atime => node.accessed,
            AgeStamp::Ctime => node.changed,
            AgeStamp::Mtime => node.modified,
        };
        self.age.is_none_or(|(age, now)| reaches(now - time, age))
    }

    /// Only the size of files matters.
    fn is_large_enough(&self, node: &Node) -> bool {
        let size = i64::try_from(node.size).unwrap_or(i64::MAX);
        node.kind != Kind::File || self.size.is_none_or(|wanted| reaches(size, wanted))
    }

    fn has_mode(&self, node: &Node) -> bool {
        self.mode.is_none_or(|wanted| {
            if self.find.exact_mode {
                node.mode == wanted
            } else {
                node.mode & wanted != 0
            }
        })
    }
}

/// Returns whether a number is at least the limit, or at most the limit if that is negative.
fn reaches(number: i64, wanted: i64) -> bool {
    if wanted < 0 {
        number <= -wanted
    } else {
        number >= wanted
    }
}

/// Parses a number with a letter for its unit.
fn amount(argument: &str, text: &str, units: &[(char, i64)]) -> Result<i64, ModuleError> {
    let lower = text.to_lowercase();
    let unit = units.iter().find(|(letter, _)| lower.ends_with(*letter));
    let digits = lower.strip_suffix(char::is_alphabetic).unwrap_or(&lower);
    let number: Option<i64> = digits.parse().ok();
    let scale = match unit {
        Some((_, scale)) => Some(*scale),
        None if digits == lower => Some(1),
        None => None,
    };
    let product = number
        .zip(scale)
        .and_then(|(number, scale)| number.checked_mul(scale));
    product.ok_or_else(|| {
        let letters: Vec<_> = units.iter().map(|(letter, _)| letter.to_string()).collect();
        ModuleError::refused(format!(
            "{argument}: {text:?} is not a number with one of {}",
            letters.join(", ")
        ))
    })
}

/// Returns the host's time in seconds since 1970.
fn now(host: &Probe) -> Result<i64, ModuleError> {
    let output = host.query(&Command::new(["date", "+%s"]))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.trim().parse().map_err(|_| {
        ModuleError::refused(format!("cannot read the host's time: {}", printed.trim()))
    })
}
