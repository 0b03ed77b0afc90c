//! The test `version`.

use crate::template::call::Call;
use crate::template::regex::{Flags, compile, search};
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use std::cmp::Ordering;

/// `version`: whether a comparison of two versions holds.
pub(super) fn version(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = call.value_text()?;
    let other = text::text(&call.required("version")?)?;
    if value.is_empty() || other.is_empty() {
        return Err(call.wrong("a version must not be empty"));
    }
    let kind = call.text("version_type")?;
    let strict = call.some("strict");
    if strict.is_some() && kind.is_some() {
        return Err(call.wrong("cannot specify both 'strict' and 'version_type'"));
    }
    let kind = match kind {
        Some(kind) => kind,
        None if strict.is_some_and(|strict| strict.is_true()) => "strict".to_owned(),
        None => "loose".to_owned(),
    };
    let order = order(&kind, &value, &other)?;
    let order = order.ok_or_else(|| {
        call.wrong(&format!(
            "'{value}' and '{other}' cannot be compared as {kind} versions"
        ))
    })?;
    let operator = call.text("operator")?.unwrap_or_else(|| "eq".to_owned());
    Ok(match operator.as_str() {
        "==" | "=" | "eq" => order == Ordering::Equal,
        "!=" | "<>" | "ne" => order != Ordering::Equal,
        "<" | "lt" => order == Ordering::Less,
        "<=" | "le" => order != Ordering::Greater,
        ">" | "gt" => order == Ordering::Greater,
        ">=" | "ge" => order != Ordering::Less,
        _ => return Err(call.wrong(&format!("invalid operator type ({operator})"))),
    }
    .into())
}

/// Returns the order, or `None` if one is not a version of this kind or they cannot be compared.
fn order(kind: &str, left: &str, right: &str) -> Result<Option<Ordering>, Error> {
    Ok(match kind {
        "loose" => loose(left, right),
        "strict" => both(strict(left)?, strict(right)?),
        "semver" | "semantic" => both(semantic(left)?, semantic(right)?),
        "pep440" => both(pep440(left)?, pep440(right)?),
        _ => None,
    })
}

fn both<T: Ord>(left: Option<T>, right: Option<T>) -> Option<Ordering> {
    Some(left?.cmp(&right?))
}

/// A part of a version; numbers come before words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

fn part(text: &str) -> Part {
    text.parse()
        .map_or_else(|_| Part::Word(text.to_owned()), Part::Number)
}

/// Splits into runs of digits, of lower-case letters, and of anything else except dots.
fn loose_parts(version: &str) -> Vec<Part> {
    let class = |character: char| match character {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        _ => 3,
    };
    let mut runs: Vec<(u8, String)> = Vec::new();
    for character in version.chars() {
        let class = class(character);
        match runs.last_mut() {
            Some((last, run)) if *last == class && class != 2 => run.push(character),
            _ => runs.push((class, character.to_string())),
        }
    }
    runs.iter()
        .filter(|(class, _)| *class != 2)
        .map(|(_, run)| part(run))
        .collect()
}

/// Returns the order of two versions as the test `version` sees it, or `None` if they cannot be
/// compared, like `1.0` and `1.x`.
pub fn loose(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (loose_parts(left), loose_parts(right));
    let differing = left.iter().zip(&right).find(|(a, b)| a != b);
    match differing {
        Some((Part::Number(a), Part::Number(b))) => Some(a.cmp(b)),
        Some((Part::Word(a), Part::Word(b))) => Some(a.cmp(b)),
        Some(_) => None,
        None => Some(left.len().cmp(&right.len())),
    }
}

/// Sorts versions, or returns two that cannot be compared.
pub fn in_order(mut versions: Vec<String>) -> Result<Vec<String>, (String, String)> {
    versions.sort_by_cached_key(|version| loose_parts(version));
    let mut pairs = versions.windows(2);
    let wrong = pairs.find_map(|pair| match pair {
        [left, right] if loose(left, right).is_none() => Some((left.clone(), right.clone())),
        _ => None,
    });
    wrong.map_or(Ok(versions), Err)
}

fn groups(pattern: &str, text: &str) -> Result<Option<Vec<Option<String>>>, Error> {
    let regex = compile(
        pattern,
        Flags {
            ignore_case: true,
            multiline: false,
        },
    )?;
    let found = search(&regex, text)?;
    Ok(found.map(|found| {
        let group = |number| found.get(number).map(|group| group.as_str().to_owned());
        (1..found.len()).map(group).collect()
    }))
}

fn number(groups: &[Option<String>], index: usize) -> u64 {
    let text = groups.get(index).cloned().flatten();
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

type Strict = ([u64; 3], bool, Option<(String, u64)>);

fn strict(version: &str) -> Result<Option<Strict>, Error> {
    let found = groups(
        "\\A(\\d+)\\.(\\d+)(?:\\.(\\d+))?(?:([ab])(\\d+))?\\Z",
        version,
    )?;
    Ok(found.map(|found| {
        let before = found
            .get(3)
            .cloned()
            .flatten()
            .map(|letter| (letter, number(&found, 4)));
        let release = [number(&found, 0), number(&found, 1), number(&found, 2)];
        (release, before.is_none(), before)
    }))
}

type Semantic = ([u64; 3], bool, Vec<Part>);

fn semantic(version: &str) -> Result<Option<Semantic>, Error> {
    let identifier = "(?:0|[1-9]\\d*|\\d*[a-z-][0-9a-z-]*)";
    let pattern = format!(
        "\\A(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-({identifier}(?:\\.{identifier})*))?(?:\\+[0-9a-z.-]+)?\\Z"
    );
    let found = groups(&pattern, version)?;
    Ok(found.map(|found| {
        let before = found.get(3).cloned().flatten();
        let parts = before
            .iter()
            .flat_map(|text| text.split('.'))
            .map(part)
            .collect();
        (
            [number(&found, 0), number(&found, 1), number(&found, 2)],
            before.is_none(),
            parts,
        )
    }))
}

/// Epoch, release, and the keys that order pre-, post- and development releases around it.
type Pep440 = (
    u64,
    Vec<u64>,
    (i8, String, u64),
    (bool, u64),
    (bool, u64),
    Vec<Part>,
);

fn pep440(version: &str) -> Result<Option<Pep440>, Error> {
    let pattern = "\\A\\s*v?(?:(\\d+)!)?(\\d+(?:\\.\\d+)*)(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?(\\d*))?\
        (?:(?:-(\\d+))|(?:[-_.]?(post|rev|r)[-_.]?(\\d*)))?(?:[-_.]?(dev)[-_.]?(\\d*))?(?:\\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*\\Z";
    let Some(found) = groups(pattern, version)? else {
        return Ok(None);
    };
    let text = |index: usize| found.get(index).cloned().flatten();
    let mut release: Vec<u64> = text(1)
        .iter()
        .flat_map(|release| release.split('.'))
        .map(|part| part.parse().unwrap_or(u64::MAX))
        .collect();
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    let post = text(4).is_some() || text(5).is_some();
    let development = text(7).is_some();
    let before = text(2).map(|letter| match letter.to_lowercase().as_str() {
        "alpha" | "a" => "a",
        "beta" | "b" => "b",
        _ => "rc",
    });
    // A development release that is not of a pre-release sorts before all pre-releases.
    let before = match before {
        Some(letter) => (0, letter.to_owned(), number(&found, 3)),
        None if development && !post => (-1, String::new(), 0),
        None => (1, String::new(), 0),
    };
    let after = number(&found, 4).max(number(&found, 6));
    let local = text(9).map(|local| local.to_lowercase());
    let local = local
        .iter()
        .flat_map(|local| local.split(['-', '_', '.']))
        .map(|text| match part(text) {
            // Here numbers sort after words.
            Part::Number(number) => Part::Word(format!("~{number:020}")),
            word @ Part::Word(_) => word,
        });
    let local = local.collect();
    Ok(Some((
        number(&found, 0),
        release,
        before,
        (post, after),
        (!development, number(&found, 8)),
        local,
    )))
}
