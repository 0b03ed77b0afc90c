//! A file of variables.

use super::Reader;
use crate::source::Place;
use crate::yaml::{Data, Map};
use std::path::Path;

impl Reader<'_> {
    /// Returns the variables in the file at `path`, named at `place`.
    pub(super) fn variables_file(&mut self, path: &Path, place: &Place) -> Map {
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
