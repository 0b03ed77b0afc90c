//! Finds the cases of a project and selects the wanted ones.

use super::case::Case;
use crate::cli::project::Project;
use crate::source::{LocalPath, Problem, Problems, Result, did_you_mean};
use std::path::Path;

/// Returns the case files of the project in a folder, and the named ones.
pub(super) fn files(folder: &LocalPath, wanted: &[String]) -> Vec<LocalPath> {
    let mut files = Project::of([folder.clone()], &[], None).cases();
    for path in wanted.iter().map(Path::new).filter(|path| path.is_file()) {
        if !files.iter().any(|file| is_same(file, path)) {
            files.push(path.into());
        }
    }
    files
}

/// Returns the selected cases: all, those of files and folders, and those whose names contain a
/// text.
pub(super) fn wanted(cases: Vec<Case>, wanted: &[String]) -> Result<Vec<Case>> {
    let mut problems = Problems::default();
    for text in wanted {
        if !cases.iter().any(|case| is_meant(case, text)) {
            let names = cases.iter().map(|case| case.name.as_str());
            let stems = cases.iter().filter_map(|case| {
                let stem = case.place.file.path.file_stem();
                stem.and_then(|stem| stem.to_str())
            });
            let advice = did_you_mean(text, stems.chain(names));
            problems.push(Problem::new(format!("no case is named \"{text}\"")).help(advice));
        }
    }
    let is_wanted =
        |case: &Case| wanted.is_empty() || wanted.iter().any(|text| is_meant(case, text));
    problems.or(cases.into_iter().filter(is_wanted).collect())
}

fn is_meant(case: &Case, text: &str) -> bool {
    let (file, path) = (&case.place.file.path, Path::new(text));
    if path.is_file() {
        return is_same(file, path);
    }
    if !path.is_dir() {
        return case.title().contains(text);
    }
    let real = |path| std::fs::canonicalize(path).ok();
    let (file, folder) = (real(file.as_path()), real(path));
    file.zip(folder)
        .is_some_and(|(file, folder)| file.starts_with(folder))
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path| std::fs::canonicalize(path).ok();
    real(one).is_some() && real(one) == real(other)
}
