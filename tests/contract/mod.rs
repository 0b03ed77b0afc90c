//! What every kind of host must do alike: one list of assertions.

mod attributes;
mod commands;
mod connections;
mod files;
mod links;
mod paths;
mod programs;
mod trees;
mod unpack;

use camino::{Utf8Path, Utf8PathBuf};
use rmqplay::host::{
    Answer, Before, Body, Content, Host, HostError, Limits, Node, Output, Ownership, Question, Step,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A host under test.
pub(crate) struct Contract<'a> {
    pub(crate) host: &'a dyn Host,
    /// An empty directory of the host.
    pub(crate) scratch: Utf8PathBuf,
    /// Whether steps are carried out, rather than only noted as in check mode.
    pub(crate) real: bool,
    /// Whether the user is root.
    pub(crate) root: bool,
}

type Clause = (&'static str, fn(&Contract));

/// Checks every clause, each in a directory of its own.
pub(crate) fn check(contract: &Contract) {
    let parts: [&[Clause]; 9] = [
        paths::CLAUSES,
        files::CLAUSES,
        links::CLAUSES,
        attributes::CLAUSES,
        trees::CLAUSES,
        unpack::CLAUSES,
        commands::CLAUSES,
        programs::CLAUSES,
        connections::CLAUSES,
    ];
    for (name, clause) in parts.concat() {
        let directory = contract.scratch.join(name);
        let clause_contract = Contract {
            host: contract.host,
            scratch: directory.clone(),
            ..*contract
        };
        contract.apply(&mkdir(&directory));
        let outcome = catch_unwind(AssertUnwindSafe(|| clause(&clause_contract)));
        assert!(outcome.is_ok(), "clause {name}");
    }
}

impl Contract<'_> {
    /// Returns a path in the scratch directory.
    fn path(&self, name: &str) -> Utf8PathBuf {
        self.scratch.join(name)
    }

    fn try_apply(&self, step: &Step) -> Result<Output, HostError> {
        self.host.apply(step, &Limits::default())
    }

    fn apply(&self, step: &Step) -> Output {
        match self.try_apply(step) {
            Ok(output) => output,
            Err(error) => panic!("{error} in {step:?}"),
        }
    }

    fn fails(&self, step: &Step) -> HostError {
        match self.try_apply(step) {
            Ok(output) => panic!("{step:?} did not fail: {output:?}"),
            Err(error) => error,
        }
    }

    fn ask(&self, questions: &[Question]) -> Vec<Answer> {
        self.host.ask(questions, &Limits::default()).unwrap()
    }

    fn look(&self, path: &Utf8Path, follow: bool, content: Content) -> Option<Node> {
        let question = Question::Path {
            path: path.to_owned(),
            follow,
            content,
        };
        match self.ask(&[question]).pop() {
            Some(Answer::Path(node)) => node,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the bits that new things lack.
    fn umask(&self) -> u32 {
        let answers = self.ask(&[Question::Facts]);
        match &answers[..] {
            [Answer::Facts(facts)] => facts.umask(),
            other => panic!("{other:?}"),
        }
    }

    fn stat(&self, path: &Utf8Path) -> Option<Node> {
        self.look(path, false, Content::None)
    }

    fn read(&self, path: &Utf8Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        let length = self
            .host
            .fetch(path, &mut bytes, &Limits::default())
            .unwrap();
        assert_eq!(length, bytes.len() as u64);
        bytes
    }

    /// Returns the names in the scratch directory.
    fn names(&self) -> Vec<String> {
        let tree = self.ask(&[Question::Tree {
            path: self.scratch.clone(),
            depth: Some(1),
        }]);
        let [Answer::Tree(nodes)] = tree.as_slice() else {
            panic!("{tree:?}");
        };
        let names = nodes
            .iter()
            .map(|(path, _)| path.file_name().unwrap().to_owned());
        names.collect()
    }

    /// Makes a file of some content.
    fn file(&self, name: &str, content: &[u8]) -> Utf8PathBuf {
        let path = self.path(name);
        self.apply(&write(&path, content));
        path
    }
}

pub(crate) fn write(path: &Utf8Path, content: &[u8]) -> Step {
    Step::Write {
        path: path.to_owned(),
        before: None,
        body: Body::Bytes(content.into()),
        ownership: Ownership::default(),
        backup: None,
        validate: None,
    }
}

pub(crate) fn rewrite(path: &Utf8Path, old: &[u8], content: &[u8]) -> Step {
    Step::Write {
        path: path.to_owned(),
        before: Some(Before::of(old.to_vec())),
        body: Body::Bytes(content.into()),
        ownership: Ownership::default(),
        backup: None,
        validate: None,
    }
}

pub(crate) fn mkdir(path: &Utf8Path) -> Step {
    Step::Mkdir {
        path: path.to_owned(),
        ownership: Ownership::default(),
    }
}

pub(crate) fn symlink(path: &Utf8Path, target: &str, before: Option<&str>) -> Step {
    Step::Symlink {
        path: path.to_owned(),
        target: target.into(),
        before: before.map(Into::into),
    }
}

pub(crate) fn mode(mode: u32) -> Ownership {
    Ownership {
        mode: Some(mode),
        ..Ownership::default()
    }
}

/// Names and contents that a careless shell would take for something else.
const HOSTILE: &[&str] = &[
    "plain",
    "-rf",
    "--help",
    "a b  c",
    "it's \"quoted\"",
    "$(touch pwned) `id` ${HOME} $HOME",
    "new\nline",
    "end\n",
    "tab\tand\rreturn",
    "back\\slash \\n \\",
    "*?[a-z]{a,b}~!#%&;|<>()",
    "Ünïcödé 中文 🚀 \u{81}\u{88}",
    "%s%n%d%%",
    "'",
    "\"",
    "\\",
    "a -> b",
    "x81a4",
];
