//! Questions about trees.

use super::{Clause, Contract, mkdir, symlink};
use camino::Utf8PathBuf;
use rmqplay::host::{Answer, Kind, Node, Question};

pub(super) const CLAUSES: &[Clause] = &[
    ("a_tree_is_told_in_order", a_tree_is_told_in_order),
    (
        "no_directory_is_an_empty_tree",
        no_directory_is_an_empty_tree,
    ),
];

fn tree(contract: &Contract, path: Utf8PathBuf, depth: Option<u32>) -> Vec<(Utf8PathBuf, Node)> {
    match contract.ask(&[Question::Tree { path, depth }]).pop() {
        Some(Answer::Tree(nodes)) => nodes,
        other => panic!("{other:?}"),
    }
}

fn a_tree_is_told_in_order(contract: &Contract) {
    let top = contract.path("top");
    for name in ["top", "top/b", "top/b/c"] {
        contract.apply(&mkdir(&contract.path(name)));
    }
    contract.file("top/a", b"123");
    contract.file("top/b/new\nline", b"");
    contract.file("top/b/c/d", b"");
    contract.apply(&symlink(&top.join("link"), "b", None));
    let names = |depth| -> Vec<String> {
        let nodes = tree(contract, top.clone(), depth);
        nodes
            .iter()
            .map(|(path, _)| path.strip_prefix(&top).unwrap().to_string())
            .collect()
    };
    assert_eq!(
        names(None),
        ["a", "b", "b/c", "b/c/d", "b/new\nline", "link"]
    );
    assert_eq!(names(Some(1)), ["a", "b", "link"]);
    assert_eq!(names(Some(2)), ["a", "b", "b/c", "b/new\nline", "link"]);
    let nodes = tree(contract, top.clone(), None);
    let (file, link) = (&nodes[0].1, &nodes[5].1);
    assert_eq!((&file.kind, file.size), (&Kind::File, 3));
    assert_eq!(link.kind, Kind::Symlink { target: "b".into() });
    assert_eq!(Some(file.clone()), contract.stat(&top.join("a")));
    let with_slash = tree(contract, format!("{top}/").into(), Some(1));
    assert_eq!(with_slash.len(), 3);
    assert_eq!(with_slash[0].0, top.join("a"));
}

fn no_directory_is_an_empty_tree(contract: &Contract) {
    let file = contract.file("file", b"");
    let link = contract.path("link");
    contract.apply(&symlink(&link, ".", None));
    for path in [file, link, contract.path("missing")] {
        assert_eq!(tree(contract, path, None), []);
    }
}
