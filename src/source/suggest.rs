//! "Did you mean …?"

/// Returns `did you mean "x"?` for the most similar name in `known`, if one is similar enough (at
/// most a third of its letters differ, as in rustc).
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = name.chars().count().max(3) / 3;
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| format!("did you mean \"{candidate}\"?"))
}
