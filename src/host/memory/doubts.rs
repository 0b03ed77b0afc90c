//! The parts of a simulated machine that check mode no longer knows.

use super::overlay::{Edit, Entry, State};
use super::view::{Stop, View};
use crate::host::{Content, Doubtful, HostError, Kind};
use crate::value::NotKnown;

impl View<'_> {
    /// Fails if this is in doubt.
    pub(super) fn is_known(&self, part: &Doubtful) -> Result<(), Stop> {
        match self.state.doubts.get(part) {
            None => Ok(()),
            Some(reason) => Err(HostError::from(reason.clone()).into()),
        }
    }

    /// Returns the edit that puts a path in doubt, or `None` for anything but a path, or if it is
    /// already in doubt.
    pub(super) fn doubted(&self, part: &Doubtful, reason: &NotKnown) -> Result<Option<Edit>, Stop> {
        let (path, follow) = match part {
            Doubtful::Path(path) => (path, false),
            Doubtful::File(path) | Doubtful::Attributes(path) => (path, true),
            _ => return Ok(None),
        };
        let found = match self.place(path, follow, &Content::None) {
            Ok(found) => found,
            Err(Stop::Fail(HostError::NotKnown(_))) => return Ok(None),
            Err(stop) => return Err(stop),
        };
        let keeps_rest = |kind: &Kind| match part {
            Doubtful::File(_) => *kind == Kind::Directory,
            Doubtful::Attributes(_) => true,
            _ => false,
        };
        Ok(Some(match found.here {
            Some(mut here) if keeps_rest(&here.node.kind) => {
                here.doubt = Some(reason.clone());
                Edit::Put(found.path, here.into())
            }
            _ => Edit::Replace(found.path, Entry::Unknown(reason.clone())),
        }))
    }
}

impl State {
    /// Records doubts about anything but paths.
    pub(super) fn doubt(&mut self, parts: &[Doubtful], reason: &NotKnown) {
        let others = parts.iter().filter(|part| {
            !matches!(
                part,
                Doubtful::Path(_) | Doubtful::File(_) | Doubtful::Attributes(_)
            )
        });
        self.doubts
            .extend(others.map(|part| (part.clone(), reason.clone())));
    }
}
