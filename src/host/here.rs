//! What check mode foresees of this machine, for all that reads its files itself: what an earlier
//! task would have made here is not there yet.

use super::Overlay;
use crate::value::NotKnown;
use camino::Utf8Path;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

thread_local! {
    static FORESEEN: RefCell<Option<Overlay>> = const { RefCell::new(None) };
}

impl Overlay {
    /// Does `work`, for which this is what check mode changed on this machine.
    pub fn stand_for_this_machine<T>(&self, work: impl FnOnce() -> T) -> T {
        /// A panic ends it, too.
        struct Outer(Option<Overlay>);
        impl Drop for Outer {
            fn drop(&mut self) {
                FORESEEN.set(self.0.take());
            }
        }
        let _outer = Outer(FORESEEN.replace(Some(self.clone())));
        work()
    }
}

/// Fails if check mode changed a path of this machine, or something below it: what is there now is
/// not what the run will find.
pub fn unchanged_here(path: &Path) -> Result<(), NotKnown> {
    asked(path, Overlay::foreseen_at)
}

/// The same for the entries of a folder whose names match.
pub fn unchanged_within(folder: &Path, matches: impl Fn(&str) -> bool) -> Result<(), NotKnown> {
    asked(folder, |foreseen, folder| {
        foreseen.foreseen_within(folder, &matches)
    })
}

/// Says that the run will change a file of this machine, and why check mode does not know it then.
pub(super) fn foresee_here(path: &Path, reason: &NotKnown) {
    FORESEEN.with_borrow(|foreseen| {
        let path = real(path);
        if let (Some(foreseen), Some(path)) = (foreseen, Utf8Path::from_path(&path)) {
            foreseen.forget(path, reason);
        }
    });
}

fn asked(
    path: &Path,
    look: impl FnOnce(&Overlay, &Utf8Path) -> Option<NotKnown>,
) -> Result<(), NotKnown> {
    let reason = FORESEEN.with_borrow(|foreseen| {
        let foreseen = foreseen.as_ref()?;
        let path = real(path);
        look(foreseen, Utf8Path::from_path(&path)?)
    });
    reason.map_or(Ok(()), Err)
}

/// Returns the path with links resolved as far as it exists.
fn real(path: &Path) -> PathBuf {
    let existing = path
        .ancestors()
        .find_map(|parent| Some((parent.canonicalize().ok()?, parent)));
    match existing {
        Some((real, parent)) => match path.strip_prefix(parent) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        },
        None => path.to_owned(),
    }
}
