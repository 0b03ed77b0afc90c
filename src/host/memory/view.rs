//! The predicted machine: the changes of check mode over the answers of the machine below.

use super::overlay::{Backing, Entry, Here, State};
use super::source::Source;
use crate::host::{Answer, Content, HostError, Kind, Node, Question, may_follow};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use indexmap::IndexSet;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

/// The predicted machine.
///
/// Every look-up is either answered or recorded as a question for the machine below. Then it ends
/// with [`Stop::Ask`], and is repeated once the answers are there. So related questions are asked
/// together, and look-ups need not know about connections.
pub(super) struct View<'a> {
    pub(super) state: &'a State,
    /// The answers of the machine below.
    pub(super) seen: &'a HashMap<Question, Answer>,
    /// The questions to ask it.
    pub(super) wanted: RefCell<IndexSet<Question>>,
    /// The owner of new files, if not the login user.
    pub(super) acting_as: Option<&'a str>,
    /// Whether changes fail for which the user lacks rights.
    pub(super) judges: bool,
}

/// Why a look-up ended.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something must be asked below first.
    Ask,
    /// It cannot succeed.
    Fail(HostError),
}

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        Stop::Fail(error)
    }
}

/// A node and its path after resolving all links.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: Utf8PathBuf,
    pub(super) here: Option<Here>,
}

/// How many links are followed on one path, as in Linux.
const MAX_LINKS: usize = 40;

impl View<'_> {
    /// Returns the answer of the machine below, or records the question.
    pub(super) fn below(&self, question: Question) -> Result<&Answer, Stop> {
        if let Some(answer) = self.seen.get(&question) {
            return Ok(answer);
        }
        self.wanted.borrow_mut().insert(question);
        Err(Stop::Ask)
    }

    /// Returns the node at a path, with the requested content. Links to parents are followed; the
    /// last one only if `follow`. A dangling link counts as missing.
    pub(super) fn find(
        &self,
        path: &Utf8Path,
        follow: bool,
        content: &Content,
    ) -> Result<Found, Stop> {
        let found = self.place(path, follow, content)?;
        match found.here.as_ref().and_then(|here| here.doubt.as_ref()) {
            None => Ok(found),
            Some(reason) => Err(HostError::from(reason.clone()).into()),
        }
    }

    /// Returns the node at a path, even if its owner, mode and times are unknown.
    pub(super) fn place(
        &self,
        path: &Utf8Path,
        follow: bool,
        content: &Content,
    ) -> Result<Found, Stop> {
        self.walk(path, follow, content, |_, _| Ok(()))
    }

    /// Does the same, and asks of each link before it is followed.
    fn walk(
        &self,
        path: &Utf8Path,
        follow: bool,
        content: &Content,
        may_follow: impl Fn(&Utf8Path, &Here) -> Result<(), Stop>,
    ) -> Result<Found, Stop> {
        let mut at = Utf8PathBuf::from("/");
        let mut names = names(path);
        let mut links = 0;
        loop {
            let next = match names.pop_front() {
                None => {
                    let here = self.at(&at, content)?;
                    return Ok(Found { path: at, here });
                }
                Some(name) if name == ".." => {
                    at.pop();
                    continue;
                }
                Some(name) => at.join(name),
            };
            let is_last = names.is_empty();
            let found = self.at(&next, if is_last { content } else { &Content::None });
            if matches!(found, Err(Stop::Ask)) {
                self.foresee(next.clone(), &names, content);
            }
            let here = found?;
            let link = here.as_ref().and_then(Here::target);
            match (link.filter(|_| follow || !is_last), &here) {
                (Some(target), Some(here)) => {
                    may_follow(&next, here)?;
                    links += 1;
                    if links > MAX_LINKS {
                        return Ok(Found {
                            path: next,
                            here: None,
                        });
                    }
                    if target.is_absolute() {
                        at = "/".into();
                    }
                    let rest = std::mem::replace(&mut names, self::names(target));
                    names.extend(rest);
                }
                (_, None) | (None, _) if is_last => return Ok(Found { path: next, here }),
                (None, Some(here)) if here.node.kind == Kind::Directory => at = next,
                (_, None) | (None, _) => {
                    let path = names.iter().fold(next, |path, name| path.join(name));
                    return Ok(Found { path, here: None });
                }
            }
        }
    }

    /// Fails if what is behind a path may not be changed, because the way to it goes through a link
    /// that [`may_follow`] forbids.
    pub(super) fn way(&self, path: &Utf8Path) -> Result<(), Stop> {
        let check = |link: &Utf8Path, here: &Here| {
            if here.node.uid == 0 {
                return Ok(());
            }
            let target = self.place(link, true, &Content::None)?.here;
            let target = target.as_ref().map(|here| &here.node);
            if may_follow(&here.node, target, self.acting()?.uid) {
                return Ok(());
            }
            Err(HostError::ForeignLink {
                link: link.to_owned(),
                owner: here.node.owner.clone(),
            }
            .into())
        };
        self.walk(path, true, &Content::None, check).map(drop)
    }

    /// Returns the node at a path whose parents are not links.
    fn at(&self, path: &Utf8Path, content: &Content) -> Result<Option<Here>, Stop> {
        let mut here = match self.state.backing(path) {
            Backing::Nothing | Backing::Changed(Entry::Gone) => return Ok(None),
            Backing::Unknown(reason) | Backing::Changed(Entry::Unknown(reason)) => {
                return Err(HostError::from(reason.clone()).into());
            }
            Backing::Below(path) => {
                let node = self.node_below(&path, content)?.cloned();
                return Ok(node.map(|node| Here::below(node, path)));
            }
            Backing::Changed(Entry::Here(here)) => Here::clone(here),
        };
        if here.node.kind == Kind::File && *content != Content::None {
            match &here.source {
                Source::Below(path) => {
                    let node = self.node_below(path, content)?;
                    here.node.content = node.and_then(|node| node.content.clone());
                    here.node.sha256 = node.and_then(|node| node.sha256.clone());
                }
                source => source.fill(&mut here.node, content)?,
            }
        }
        Ok(Some(here))
    }

    /// Records the further questions about a path, assuming that none of its parents is a link.
    fn foresee(&self, mut path: Utf8PathBuf, names: &VecDeque<String>, content: &Content) {
        for (index, name) in names.iter().enumerate() {
            path = path.join(name);
            let is_last = index + 1 == names.len();
            // Only the questions it records matter here.
            let _ = self.at(&path, if is_last { content } else { &Content::None });
        }
    }

    fn node_below(&self, path: &Utf8Path, content: &Content) -> Result<Option<&Node>, Stop> {
        let question = Question::Path {
            path: path.to_owned(),
            follow: false,
            content: content.clone(),
        };
        match self.below(question)? {
            Answer::Path(node) => Ok(node.as_ref()),
            other => Err(mismatch(other)),
        }
    }
}

/// Looks up everything, even if some must be asked below first, so that all of it is asked at once.
pub(super) fn all<T, R>(
    items: impl IntoIterator<Item = T>,
    mut look: impl FnMut(T) -> Result<R, Stop>,
) -> Result<Vec<R>, Stop> {
    let mut results = Vec::new();
    let mut ask = false;
    for item in items {
        match look(item) {
            Ok(result) => results.push(result),
            Err(Stop::Ask) => ask = true,
            Err(fail) => return Err(fail),
        }
    }
    if ask { Err(Stop::Ask) } else { Ok(results) }
}

/// Returns the error for an answer to a different question.
pub(super) fn mismatch(answer: &Answer) -> Stop {
    HostError::Protocol(format!("an answer to a different question: {answer:?}")).into()
}

/// Returns the names of a path; `..` is kept, since a link may precede it.
fn names(path: &Utf8Path) -> VecDeque<String> {
    path.components()
        .filter(|part| matches!(part, Utf8Component::Normal(_) | Utf8Component::ParentDir))
        .map(|part| part.as_str().to_owned())
        .collect()
}
