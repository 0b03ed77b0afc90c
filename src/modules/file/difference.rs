//! What `file` changes of a path, in the form of Ansible's `diff`.

use crate::change::Change;
use crate::host::{Ownership, Step};
use crate::value::{Fields, Value, map};
use camino::Utf8Path;

/// Returns `before` and `after`: the path, and what differs of its state, target and attributes.
pub(super) fn difference(path: &Utf8Path, change: &Change) -> Value {
    let mut before = Fields::from_iter([("path".to_owned(), Value::from(path.as_str()))]);
    let mut after = before.clone();
    let mut differs = |name: &str, old: Option<Value>, new: Option<Value>| {
        for (fields, value) in [(&mut before, old), (&mut after, new)] {
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
    };
    let mut of_state = |old: &str, new: &str| differs("state", Some(old.into()), Some(new.into()));
    for step in &change.steps {
        match step {
            Step::Mkdir { path: at, .. } if at == path => of_state("absent", "directory"),
            Step::Write { path: at, .. } if at == path => of_state("absent", "touch"),
            Step::Hardlink { path: at, .. } if at == path => of_state("absent", "hard"),
            Step::Symlink {
                path: at, before, ..
            } if at == path && before.is_none() => {
                of_state("absent", "link");
            }
            Step::Remove {
                path: at,
                directory,
            } if at == path => {
                of_state(if *directory { "directory" } else { "file" }, "absent");
            }
            _ => {}
        }
    }
    for step in &change.steps {
        match step {
            Step::Symlink {
                path: at,
                target,
                before,
            } if at == path => {
                let text = |path: &Utf8Path| Some(Value::from(path.as_str()));
                differs("src", before.as_deref().and_then(text), text(target));
            }
            Step::Attributes {
                path: at,
                before,
                after,
                ..
            } if at == path => {
                for (name, of) in ATTRIBUTES {
                    differs(name, of(before), of(after));
                }
            }
            Step::Touch {
                path: at,
                modified,
                accessed,
            } if at == path => {
                differs("mtime", None, modified.map(Value::from));
                differs("atime", None, accessed.map(Value::from));
            }
            _ => {}
        }
    }
    let sides = [("before", before), ("after", after)];
    map(sides
        .map(|(name, fields)| (name.to_owned(), map(fields)))
        .into_iter()
        .collect())
}

/// An attribute of a path as its result shows it.
type Attribute = fn(&Ownership) -> Option<Value>;

const ATTRIBUTES: [(&str, Attribute); 3] = [
    ("mode", |of| {
        of.mode.map(|mode| format!("{mode:04o}").into())
    }),
    ("owner", |of| of.owner.clone().map(Value::from)),
    ("group", |of| of.group.clone().map(Value::from)),
];
