//! Parses the lines that `stat` prints for us.

use crate::host::{HostError, Kind, Node};
use camino::{Utf8Path, Utf8PathBuf};

/// A line of `stat`.
pub(super) struct StatLine {
    /// The node that it describes.
    pub(super) node: Node,
    /// Whether it contains the target of a symbolic link. An old `stat` escapes unusual characters.
    pub(super) has_target: bool,
    /// Its length including the newline.
    pub(super) length: usize,
}

/// The end of a line.
const END: &[u8] = b"|\n";

/// How many fields precede the name.
const FIELDS: usize = 12;

impl StatLine {
    /// Parses the line at the start of `bytes`; `None` if it is not about `path`.
    ///
    /// The path is known, and so is the length of a link's target, which is its size: so neither
    /// can imitate the next line.
    pub(super) fn read(bytes: &[u8], path: &Utf8Path) -> Result<Option<Self>, HostError> {
        let mut fields = bytes.splitn(FIELDS + 1, |&byte| byte == b'/');
        let values: Vec<_> = fields
            .by_ref()
            .take(FIELDS)
            .map(String::from_utf8_lossy)
            .collect();
        let (Some(name), Some(mut node)) = (fields.next(), node(&values)) else {
            return Ok(None);
        };
        let before = bytes.len() - name.len();
        let is_link = matches!(node.kind, Kind::Symlink { .. });
        let Some(line) = Line::read(name, path, is_link.then_some(node.size)) else {
            return Ok(None);
        };
        let has_target = !is_link || line.target.is_some();
        if let Some(target) = line.target {
            node.kind = Kind::Symlink {
                target: utf8_target(path, target)?,
            };
        }
        Ok(Some(Self {
            node,
            has_target,
            length: before + line.length,
        }))
    }
}

/// Returns the target of the link at `path`, or an error if it is not UTF-8.
pub(super) fn utf8_target(path: &Utf8Path, target: &[u8]) -> Result<Utf8PathBuf, HostError> {
    let target = std::str::from_utf8(target).map_err(|_| HostError::Read {
        path: path.to_owned(),
        reason: format!(
            "it points to {:?}, which is not UTF-8",
            String::from_utf8_lossy(target)
        ),
    })?;
    Ok(Utf8PathBuf::from(target))
}

/// A line from the name on.
struct Line<'a> {
    target: Option<&'a [u8]>,
    length: usize,
}

impl<'a> Line<'a> {
    /// Parses `NAME`, or for a link `NAME -> TARGET`, with or without quotes.
    fn read(bytes: &'a [u8], path: &Utf8Path, link_size: Option<u64>) -> Option<Self> {
        let (rest, quotes) = after_name(bytes, path.as_str().as_bytes())?;
        let (target, rest) = match (link_size, rest.strip_prefix(b" -> ")) {
            (None, _) => (None, rest),
            (Some(size), Some(rest)) => target(rest, usize::try_from(size).ok()?, quotes)?,
            // It could not be read.
            (Some(_), None) => (None, from_end(rest)?),
        };
        let rest = rest.strip_prefix(END)?;
        Some(Self {
            target,
            length: bytes.len() - rest.len(),
        })
    }
}

/// Returns the text after the name, and how many quotes are on each side of it.
fn after_name<'a>(bytes: &'a [u8], name: &[u8]) -> Option<(&'a [u8], usize)> {
    if let Some(rest) = bytes.strip_prefix(name) {
        return Some((rest, 0));
    }
    let (quote, rest) = bytes.split_first()?;
    let end: &[u8] = match quote {
        b'\'' | b'`' => b"'",
        b'"' => b"\"",
        _ => return None,
    };
    Some((rest.strip_prefix(name)?.strip_prefix(end)?, 1))
}

/// Takes a target of this many bytes, or `None` and the rest of the line if it is escaped.
fn target(bytes: &[u8], size: usize, quotes: usize) -> Option<(Option<&[u8]>, &[u8])> {
    let end = size.saturating_add(2 * quotes);
    let after = bytes.get(end..).filter(|rest| rest.starts_with(END));
    if let (1.., Some(rest)) = (size, after) {
        return Some((bytes.get(quotes..size + quotes), rest));
    }
    let rest = from_end(bytes)?;
    let line = bytes.get(..bytes.len() - rest.len())?;
    // Links in /proc have a size of 0.
    Some(((size == 0).then(|| unquoted(line)), rest))
}

fn from_end(bytes: &[u8]) -> Option<&[u8]> {
    let at = bytes.windows(END.len()).position(|window| window == END)?;
    bytes.get(at..)
}

/// Returns a word without the surrounding quotes.
pub(super) fn unquoted(word: &[u8]) -> &[u8] {
    match word {
        [b'\'' | b'"' | b'`', inner @ .., b'\'' | b'"'] => inner,
        other => other,
    }
}

fn node(values: &[impl AsRef<str>]) -> Option<Node> {
    let value = |index: usize| values.get(index).map(AsRef::as_ref);
    let mode = value(0)?;
    let mode = match mode.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => u32::from_str_radix(mode.strip_prefix('o')?, 8).ok()?,
    };
    let (uid, gid) = (value(1)?.parse().ok()?, value(2)?.parse().ok()?);
    Some(Node {
        kind: match mode & 0o170_000 {
            0o100_000 => Kind::File,
            0o040_000 => Kind::Directory,
            0o120_000 => Kind::Symlink {
                target: Utf8PathBuf::new(),
            },
            _ => Kind::Other,
        },
        mode: mode & 0o7777,
        uid,
        gid,
        size: value(3)?.parse().ok()?,
        modified: value(4)?.parse().ok()?,
        accessed: value(5)?.parse().ok()?,
        changed: value(6)?.parse().ok()?,
        links: value(7)?.parse().ok()?,
        inode: value(8)?.parse().ok()?,
        device: value(9)?.parse().ok()?,
        owner: account(value(10)?, uid),
        group: account(value(11)?, gid),
        content: None,
        sha256: None,
    })
}

/// Returns a name, or the number of an account without a name.
pub(super) fn account(name: &str, number: u32) -> String {
    if name == "UNKNOWN" || name.is_empty() {
        number.to_string()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "xa1ff/0/0/8/1/2/3/1/9/5/root/root/";

    #[test]
    fn each_way_to_print_a_link_is_read() {
        for printed in [
            "/l -> TARGET",
            "'/l' -> 'TARGET'",
            "`/l' -> `TARGET'",
            "\"/l\" -> 'TARGET'",
        ] {
            let printed = printed.replace("TARGET", "tar\nget\n");
            let bytes = format!("{LINK}{printed}|\nnext");
            let line = StatLine::read(bytes.as_bytes(), "/l".into())
                .unwrap()
                .unwrap();
            let target = "tar\nget\n".into();
            assert_eq!(line.node.kind, Kind::Symlink { target }, "{printed}");
            assert!(line.has_target);
            assert_eq!(&bytes[line.length..], "next");
        }
    }

    #[test]
    fn an_escaped_target_is_left_to_be_asked_for() {
        let bytes = format!("{LINK}'/l' -> 'tar\\nget\\n'|\n");
        let line = StatLine::read(bytes.as_bytes(), "/l".into())
            .unwrap()
            .unwrap();
        assert!(!line.has_target);
        assert_eq!(line.length, bytes.len());
    }

    #[test]
    fn a_line_about_another_path_is_not_taken() {
        let bytes = b"x81a4/0/0/8/1/2/3/1/9/5/UNKNOWN/root//etc/hosts.bak|\n";
        assert!(
            StatLine::read(bytes, "/etc/hosts".into())
                .unwrap()
                .is_none()
        );
        let line = StatLine::read(bytes, "/etc/hosts.bak".into())
            .unwrap()
            .unwrap();
        assert_eq!((line.node.owner.as_str(), line.node.mode), ("0", 0o644));
    }
}
