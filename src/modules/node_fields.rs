//! What `stat` and `find` report about a path on a host.

use crate::host::{Command, HostError, Kind, Node, Probe};
use crate::value::Fields;
use camino::Utf8Path;

/// Adds kind, mode, owner, size, times and each permission bit.
pub(super) fn add(
    fields: &mut Fields,
    host: &Probe,
    path: &Utf8Path,
    node: &Node,
) -> Result<(), HostError> {
    add_kind(fields, host, path, node)?;
    add_numbers(fields, node);
    add_bits(fields, node.mode);
    Ok(())
}

fn add_kind(
    fields: &mut Fields,
    host: &Probe,
    path: &Utf8Path,
    node: &Node,
) -> Result<(), HostError> {
    let special = match node.kind {
        Kind::Other => special(host, path)?,
        _ => None,
    };
    for (name, is) in [
        ("isreg", node.kind == Kind::File),
        ("isdir", node.kind == Kind::Directory),
        ("islnk", matches!(node.kind, Kind::Symlink { .. })),
        ("ischr", special == Some('c')),
        ("isblk", special == Some('b')),
        ("isfifo", special == Some('p')),
        ("issock", special == Some('S')),
    ] {
        fields.insert(name.to_owned(), is.into());
    }
    Ok(())
}

/// Returns the letter that `test` uses for anything but a file, directory or link: `c`, `b`, `p` or
/// `S`.
fn special(host: &Probe, path: &Utf8Path) -> Result<Option<char>, HostError> {
    for letter in ['c', 'p', 'S', 'b'] {
        let option = format!("-{letter}");
        let output = host.query(&Command::new(["test", &option, path.as_str()]))?;
        if output.status == 0 {
            return Ok(Some(letter));
        }
    }
    Ok(None)
}

fn add_numbers(fields: &mut Fields, node: &Node) {
    for (name, value) in [
        ("mode", format!("{:04o}", node.mode).into()),
        ("uid", node.uid.into()),
        ("gid", node.gid.into()),
        ("size", node.size.into()),
        ("inode", node.inode.into()),
        ("dev", node.device.into()),
        ("nlink", node.links.into()),
        ("atime", seconds(node.accessed).into()),
        ("mtime", seconds(node.modified).into()),
        ("ctime", seconds(node.changed).into()),
    ] {
        fields.insert(name.to_owned(), value);
    }
    for (name, account, number) in [
        ("pw_name", &node.owner, node.uid),
        ("gr_name", &node.group, node.gid),
    ] {
        if *account != number.to_string() {
            fields.insert(name.to_owned(), account.as_str().into());
        }
    }
}

/// Ansible reports times as fractions of seconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "a fraction holds whole seconds for 285 million years"
)]
fn seconds(time: i64) -> f64 {
    time as f64
}

fn add_bits(fields: &mut Fields, mode: u32) {
    for (class, shift) in [("usr", 6), ("grp", 3), ("oth", 0)] {
        for (letter, bit) in [("r", 0o4), ("w", 0o2), ("x", 0o1)] {
            let is_set = mode >> shift & bit != 0;
            fields.insert(format!("{letter}{class}"), is_set.into());
        }
    }
    fields.insert("isuid".to_owned(), (mode & 0o4000 != 0).into());
    fields.insert("isgid".to_owned(), (mode & 0o2000 != 0).into());
}
