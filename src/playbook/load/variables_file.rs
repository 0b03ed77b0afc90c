//! A file of variables.

use super::Reader;
use crate::source::{LocalPath, Place};
use crate::yaml::{Data, Map};

impl Reader<'_> {
    /// Returns the variables in the file at `path`, named at `place`.
    pub(super) fn variables_file(&mut self, path: &LocalPath, place: &Place) -> Map {
        let Some(document) = self.file(path, Some(place)) else {
            return Map::new();
        };
        match &document.data {
            Data::Null => Map::new(),
            Data::Map(map) => map.clone(),
            _ => {
                self.report(document.unexpected("a file of variables", "a mapping"));
                Map::new()
            }
        }
    }
}
