//! A file that exists, empty if new, with the wanted times.

use super::times::{Time, ensure_times};
use super::{FileModule, node};
use crate::change::{Change, EnsureFile};
use crate::host::{Body, Step};
use crate::module::{ModuleError, PlanContext};
use crate::modules::file_result::{FileResult, given, state_of};
use crate::modules::host_path::look;
use camino::Utf8Path;

impl FileModule {
    /// Creates an empty file if nothing exists, and sets the times.
    pub(super) fn plan_touch(
        &self,
        context: &PlanContext,
        path: &Utf8Path,
    ) -> Result<Change, ModuleError> {
        let times = self.times(context, Time::Now)?;
        let answers = context.host.ask(&[look(path, self.follow)])?;
        let found = node(&answers, 0);
        let attributes = given(
            context.host,
            &self.attributes(context.host)?,
            found,
            false,
            None,
        )?;
        let mut change = Change::default();
        change.returns("dest", path.as_str());
        if let Some(found) = found {
            change.ensure_attributes(path, found, &attributes, self.follow);
            ensure_times(&mut change, path, found, times);
        } else {
            let file = EnsureFile {
                path: path.to_owned(),
                body: Body::Bytes(Vec::new().into()),
                attributes: attributes.clone(),
                backup: false,
                validate: None,
            };
            change.ensure_file(file, None)?;
            if let (Time::At(_), _) | (_, Time::At(_)) = (times.modified, times.accessed) {
                // A new file has the present time where nothing else is wanted.
                let at = |time: Time| match time {
                    Time::At(time) => Some(time),
                    Time::Now | Time::Preserve => None,
                };
                change.steps.push(Step::Touch {
                    path: path.to_owned(),
                    modified: at(times.modified),
                    accessed: at(times.accessed),
                });
            }
        }
        FileResult {
            found,
            above: None,
            attributes: &attributes,
            state: found.map_or("file", state_of),
            size: found.is_none().then_some(0),
        }
        .add(&mut change, context.host)?;
        Ok(change)
    }
}
