//! `blockinfile`: keeps a block of lines between two marker lines of a file.

use super::byte_pattern::BytePattern;
use super::edited_file::{EditedFile, Writing};
use crate::change::{Attributes, Change, Mode};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence, Writes};
use crate::template::regex::is_multiline;

/// Keeps a block of lines in a file, between two marker lines that identify it.
///
/// Two blocks in one file need different markers.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockInFile {
    /// The file; a link is followed.
    path: String,
    /// Whether the block should exist.
    #[serde(default)]
    state: Presence,
    /// The marker lines; `{mark}` is replaced with `marker_begin` and `marker_end`.
    #[serde(default = "marker")]
    marker: String,
    /// The value of `{mark}` before the block.
    #[serde(default = "marker_begin")]
    marker_begin: String,
    /// The value of `{mark}` after the block.
    #[serde(default = "marker_end")]
    marker_end: String,
    /// The lines. If empty, the block is removed.
    #[serde(default)]
    block: String,
    /// Insert a new block after the last line that matches this Python regular expression; at the
    /// end of the file for `EOF`, without a match, and by default. With a leading `(?m)` the whole
    /// text is searched.
    insertafter: Option<String>,
    /// Insert a new block before the last line that matches this regular expression; at the start
    /// of the file for `BOF`.
    insertbefore: Option<String>,
    /// Whether to create a missing file and its directories.
    #[serde(default)]
    create: bool,
    /// Whether to add an empty line after the block, unless it ends the file.
    #[serde(default)]
    append_newline: bool,
    /// Whether to add an empty line before the block, unless it starts the file.
    #[serde(default)]
    prepend_newline: bool,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it replaces the old one; `%s` in it is the
    /// new file's path.
    validate: Option<String>,
    /// Permission bits, such as "0644" or "u=rw,g=r,o="; by default a new file gets 0666 minus the
    /// umask of the host's user.
    mode: Option<Mode>,
    /// User name or number.
    owner: Option<String>,
    /// Group name or number.
    group: Option<String>,
}

fn marker() -> String {
    "# {mark} ANSIBLE MANAGED BLOCK".to_owned()
}

fn marker_begin() -> String {
    "BEGIN".to_owned()
}

fn marker_end() -> String {
    "END".to_owned()
}

impl BuiltIn for BlockInFile {
    const NAME: &'static str = "blockinfile";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("dest", "path"),
        ("destfile", "path"),
        ("name", "path"),
        ("content", "block"),
    ];
    const WRITES: Writes = Writes::File("path");
    const PATHS: &'static [&'static str] = &["path"];
    const EXAMPLE: &'static str = r"- name: The hosts of the cluster have names
  blockinfile:
    path: /etc/hosts
    marker: '# {mark} rocketmq'
    block: |
      192.168.2.201 rocketmq-master1
      192.168.2.202 rocketmq-master2
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("msg", "What was done."),
        ("backup_file", "The path of the backup."),
    ];
}

impl Module for BlockInFile {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        if self.insertafter.is_some() && self.insertbefore.is_some() {
            return Err(ModuleError::exclusive(&["insertafter", "insertbefore"]));
        }
        let file = EditedFile::open(context.host, &self.path)?;
        if !self.create {
            file.existing("Path", Some("create: true makes it"))?;
        }
        if self.state == Presence::Absent && file.content.is_none() {
            let mut change = Change::default();
            change.returns("msg", format!("File {} not present", file.path));
            return Ok(change);
        }
        let text = self.edited(file.content.as_deref().unwrap_or_default())?;
        let message = match &file.content {
            Some(old) if *old == text => "",
            None => "File created",
            Some(_) if self.block().is_empty() => "Block removed",
            Some(_) => "Block inserted",
        };
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        }
        .on(context.host)?;
        let writing = Writing {
            attributes,
            backup: self.backup,
            validate: self.validate.as_deref(),
            folder: None,
        };
        file.put(text, message, writing)
    }
}

impl BlockInFile {
    /// Returns the text with the block in its place.
    fn edited(&self, old: &[u8]) -> Result<Vec<u8>, ModuleError> {
        let mut lines: Vec<Vec<u8>> = lines(old).into_iter().map(<[u8]>::to_vec).collect();
        let [begin, end] = self.markers().map(|marker| {
            let marker = marker.as_bytes();
            lines.iter().rposition(|line| line == marker)
        });
        let mut at = if let (Some(begin), Some(end)) = (begin, end) {
            let first = begin.min(end);
            lines.drain(first..=begin.max(end));
            first
        } else {
            self.place(old, &lines)?
        };
        let line_before = at.checked_sub(1).and_then(|before| lines.get_mut(before));
        let mut follows_text = false;
        if let Some(line) = line_before {
            if !line.ends_with(b"\n") {
                line.push(b'\n');
            }
            follows_text = line != b"\n";
        }
        let block = self.block();
        let is_present = self.state == Presence::Present;
        if self.prepend_newline && is_present && follows_text {
            lines.insert(at, b"\n".to_vec());
            at += 1;
        }
        let after = at + block.len();
        lines.splice(at..at, block);
        let precedes_text = lines.get(after).is_some_and(|line| line != b"\n");
        if self.append_newline && is_present && precedes_text {
            lines.insert(after, b"\n".to_vec());
        }
        Ok(lines.concat())
    }

    /// Returns the marker lines.
    fn markers(&self) -> [String; 2] {
        [&self.marker_begin, &self.marker_end]
            .map(|mark| format!("{}\n", self.marker.replace("{mark}", mark)))
    }

    /// Returns the lines of the block, markers included.
    fn block(&self) -> Vec<Vec<u8>> {
        if self.state == Presence::Absent || self.block.is_empty() {
            return Vec::new();
        }
        let [begin, end] = self.markers();
        let last = if self.block.ends_with('\n') { "" } else { "\n" };
        let text = format!("{}{last}", self.block);
        let lines = lines(text.as_bytes()).into_iter();
        std::iter::once(begin.as_bytes())
            .chain(lines)
            .chain(std::iter::once(end.as_bytes()))
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// Returns how many lines come before a new block.
    fn place(&self, old: &[u8], lines: &[Vec<u8>]) -> Result<usize, ModuleError> {
        let (argument, pattern) = match (&self.insertafter, &self.insertbefore) {
            (Some(after), _) if after != "EOF" => ("insertafter", after),
            (None, Some(before)) if before != "BOF" => ("insertbefore", before),
            (None, Some(_)) => return Ok(0),
            _ => return Ok(lines.len()),
        };
        let is_after = argument == "insertafter";
        let compiled = BytePattern::compile(argument, pattern)?;
        let mut found = None;
        if is_multiline(pattern) {
            found = compiled.search(old)?.and_then(|found| {
                let found = found.get(0)?;
                let end = if is_after { found.end() } else { found.start() };
                let before = old.get(..end).unwrap_or_default();
                Some(before.split(|byte| *byte == b'\n').count() - 1)
            });
        } else {
            for (index, line) in lines.iter().enumerate() {
                if compiled.is_match(line)? {
                    found = Some(index);
                }
            }
        }
        let place = found.map_or(lines.len(), |index| index + usize::from(is_after));
        Ok(place.min(lines.len()))
    }
}

/// Returns the lines with their ends: `\n`, `\r` or `\r\n`.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        let both = rest.get(end..).is_some_and(|end| end.starts_with(b"\r\n"));
        let (line, after) = rest.split_at(end + 1 + usize::from(both));
        lines.push(line);
        rest = after;
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}
