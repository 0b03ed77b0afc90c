//! The passwords of accounts that check mode predicts.

use super::overlay::Edit;
use super::source::Source;
use super::view::{Stop, View};
use crate::host::{Aging, Content};
use camino::Utf8Path;

/// The file with the hashes of all passwords.
const SHADOW: &str = "/etc/shadow";

/// How many bytes of it are read.
const LARGEST: u64 = 4 << 20;

/// What the programs that add users enter: no password fits, and nothing expires.
const LOCKED: &str = "!:1:0:99999:7:::";

/// How many fields a line has after the name.
const LINE_FIELDS: usize = 8;

impl View<'_> {
    /// Returns the effect on the passwords when a user is added, gets a password or is removed: a later task that asks
    /// for the password must find what the run will find.
    pub(super) fn shadow(
        &self,
        name: &str,
        is_there: bool,
        password: Option<&str>,
        aging: &Aging,
    ) -> Result<Option<Edit>, Stop> {
        let found = self.find(Utf8Path::new(SHADOW), true, &Content::UpTo(LARGEST))?;
        let Some(mut here) = found.here else {
            return Ok(None);
        };
        // A user who may not read the file does not see its changes either.
        let Some(text) = here.node.content.take() else {
            return Ok(None);
        };
        let changed = entered(&text, name, is_there, password, aging);
        if changed == text {
            return Ok(None);
        }
        here.node.size = changed.len() as u64;
        here.source = Source::Bytes(changed.into());
        Ok(Some(Edit::Replace(found.path, here.into())))
    }
}

/// Returns the file with the changed line.
fn entered(
    text: &[u8],
    name: &str,
    is_there: bool,
    password: Option<&str>,
    aging: &Aging,
) -> Vec<u8> {
    let start = format!("{name}:");
    let is_own = |line: &&[u8]| line.starts_with(start.as_bytes());
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let mut changed: Vec<u8> = lines
        .clone()
        .filter(|line| !is_own(line))
        .flatten()
        .copied()
        .collect();
    if is_there {
        let own = lines.clone().find(is_own).map(String::from_utf8_lossy);
        let fields = own.as_deref().and_then(|line| line.split_once(':'));
        let fields = fields.map_or(LOCKED, |(_, fields)| fields.trim_end());
        let mut fields: Vec<String> = fields.split(':').map(str::to_owned).collect();
        fields.resize(LINE_FIELDS, String::new());
        let given = aging.fields().map(|field| {
            let days = (field.days >= 0).then(|| field.days.to_string());
            (field.place - 1, days.unwrap_or_default())
        });
        let password = password.map(|password| (0, password.to_owned()));
        for (place, value) in given.chain(password) {
            if let Some(field) = fields.get_mut(place) {
                *field = value;
            }
        }
        if !changed.is_empty() && !changed.ends_with(b"\n") {
            changed.push(b'\n');
        }
        changed.extend(format!("{name}:{}\n", fields.join(":")).into_bytes());
    }
    changed
}
