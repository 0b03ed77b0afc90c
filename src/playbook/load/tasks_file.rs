//! A file with a list of tasks.

use super::Reader;
use super::scope::Scope;
use crate::playbook::Item;
use crate::source::{LocalPath, Place};
use crate::yaml::Data;

impl Reader<'_> {
    /// Returns the tasks of the file at `path`, named at `place`.
    pub(super) fn tasks_file(
        &mut self,
        path: &LocalPath,
        place: &Place,
        scope: &Scope,
    ) -> Vec<Item> {
        let inner = scope.enter(path, place);
        let Some(mut inner) = self.problems.take(inner) else {
            return Vec::new();
        };
        inner.folder = path.parent();
        if path.extension().is_some_and(|end| end == "rhai") {
            return self.script(path, place, &inner);
        }
        let Some(document) = self.file(path, Some(place)) else {
            return Vec::new();
        };
        match &document.data {
            Data::Null | Data::List(_) => self.items(&document, &inner),
            _ => {
                self.report(document.unexpected("a file of tasks", "a list of tasks"));
                Vec::new()
            }
        }
    }
}
