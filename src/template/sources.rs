//! Every text prepared for minijinja, each once.

use super::code::{Code, CodeError, Kind};
use super::syntax::Syntax;
use crate::host::unchanged_here;
use crate::source::{LocalPath, SourceFile};
use crate::value::NotKnown;
use minijinja::syntax::SyntaxConfig;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Starts the names of templates inside minijinja; no file name starts like this.
const MARK: char = '\u{1}';

/// Starts the names of files that check mode does not know.
const NOT_KNOWN: char = '\u{2}';

/// A text prepared for minijinja.
#[derive(Debug)]
pub(super) struct Source {
    /// Its name inside minijinja.
    pub(super) name: String,
    /// The file, and where its text starts after a `#jinja2:` line. `None` for a part of a YAML
    /// file, since the same text can be in many places.
    pub(super) file: Option<(Arc<SourceFile>, usize)>,
    /// The compiled code, or its error.
    pub(super) code: Result<Code, CodeError>,
}

type Known<K> = HashMap<K, Arc<Source>>;

/// Every text prepared for minijinja, by text. Grows with what the user wrote, never with data from
/// hosts.
#[derive(Debug, Default)]
pub(super) struct Sources {
    texts: RwLock<Known<(Kind, Arc<str>)>>,
    files: RwLock<Known<(PathBuf, Syntax)>>,
    all: RwLock<Vec<Arc<Source>>>,
    folders: RwLock<Vec<Vec<LocalPath>>>,
    not_known: RwLock<Vec<NotKnown>>,
}

impl Sources {
    /// Returns the source of a text in a YAML file.
    pub(super) fn of_text(
        &self,
        text: &Arc<str>,
        kind: Kind,
        config: &SyntaxConfig,
    ) -> Arc<Source> {
        let key = (kind, text.clone());
        if let Some(found) = read(&self.texts).get(&key) {
            return found.clone();
        }
        let made = self.add(None, Code::new(text, kind, config));
        write(&self.texts).entry(key).or_insert(made).clone()
    }

    /// Returns the source of a template file.
    pub(super) fn of_file(
        &self,
        file: &Arc<SourceFile>,
        start: usize,
        syntax: &Syntax,
        config: &SyntaxConfig,
    ) -> Arc<Source> {
        let key = (file.path.clone(), syntax.clone());
        let same = |source: &&Arc<Source>| matches!(&source.file, Some((known, _)) if known.text == file.text);
        if let Some(found) = read(&self.files).get(&key).filter(same) {
            return found.clone();
        }
        let text = file.text.get(start..).unwrap_or_default();
        let code = Code::new(text, Kind::File, config);
        let made = self.add(Some((file.clone(), start)), code);
        write(&self.files).insert(key, made.clone());
        made
    }

    fn add(
        &self,
        file: Option<(Arc<SourceFile>, usize)>,
        code: Result<Code, CodeError>,
    ) -> Arc<Source> {
        let mut all = write(&self.all);
        let source = Arc::new(Source {
            name: format!("{MARK}{}", all.len()),
            file,
            code,
        });
        all.push(source.clone());
        source
    }

    /// Returns the source with this name inside minijinja.
    pub(super) fn named(&self, name: &str) -> Option<Arc<Source>> {
        let number = name.strip_prefix(MARK)?.split('@').next()?.parse().ok()?;
        read(&self.all).get::<usize>(number).cloned()
    }

    /// Returns a name for `source` that also encodes the folders in which it looks for others, and
    /// how many templates led to it.
    pub(super) fn name_of_use(
        &self,
        source: &Source,
        folders: &[LocalPath],
        depth: usize,
    ) -> String {
        let mut known = write(&self.folders);
        let number = known.iter().position(|other| other == folders);
        let number = number.unwrap_or_else(|| {
            known.push(folders.to_vec());
            known.len() - 1
        });
        format!("{}@{number}@{depth}", source.name)
    }

    /// Returns a name for a file of which check mode does not know what it will hold.
    pub(super) fn name_of_unknown(&self, reason: NotKnown) -> String {
        let mut reasons = write(&self.not_known);
        let number = reasons.iter().position(|other| *other == reason);
        let number = number.unwrap_or_else(|| {
            reasons.push(reason);
            reasons.len() - 1
        });
        format!("{NOT_KNOWN}{number}")
    }

    /// Returns why the file called `name` is not known.
    pub(super) fn reason_of(&self, name: &str) -> Option<NotKnown> {
        let number = name.strip_prefix(NOT_KNOWN)?.parse().ok()?;
        read(&self.not_known).get::<usize>(number).cloned()
    }

    /// Returns the folders in which the template called `name` looks for others: those it was
    /// given, then its own.
    pub(super) fn folders(&self, name: &str) -> Vec<LocalPath> {
        let number = name
            .split('@')
            .nth(1)
            .and_then(|number| number.parse().ok());
        let known = read(&self.folders);
        let given = number.and_then(|number: usize| known.get(number));
        let mut folders = given.cloned().unwrap_or_default();
        if let Some(source) = self.named(name)
            && let Some((file, _)) = &source.file
        {
            let own = file.folder();
            if !folders.contains(&own) {
                folders.push(own);
            }
        }
        folders
    }
}

/// Returns how many templates led to the use of one that is called `name`.
pub(super) fn depth(name: &str) -> usize {
    let depth = name.split('@').nth(2);
    depth.and_then(|depth| depth.parse().ok()).unwrap_or(0)
}

/// Returns the first file called `name` in the folders, or `name` itself if it is absolute. In check
/// mode it is not known if an earlier task changes what would be found.
pub(super) fn find(name: &Path, folders: &[LocalPath]) -> Result<Option<LocalPath>, NotKnown> {
    let paths = if name.is_absolute() {
        vec![LocalPath::of(name)]
    } else {
        folders.iter().map(|folder| folder.join(name)).collect()
    };
    for path in paths {
        unchanged_here(&path)?;
        if path.is_file() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

// A panic while one of these is held leaves no incomplete entry behind.
fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
