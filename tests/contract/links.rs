//! Symbolic and hard links.

use super::{Clause, Contract, mkdir, symlink};
use rmqplay::host::{HostError, Kind, Step};

pub(super) const CLAUSES: &[Clause] = &[
    ("a_link_is_swapped", a_link_is_swapped),
    (
        "a_link_that_was_changed_is_left_alone",
        a_link_that_was_changed_is_left_alone,
    ),
    ("a_hard_link_is_made_in_place", a_hard_link_is_made_in_place),
];

fn a_link_is_swapped(contract: &Contract) {
    let link = contract.path("current");
    for release in ["one", "two"] {
        contract.apply(&mkdir(&contract.path(release)));
    }
    contract.apply(&symlink(&link, "one", None));
    contract.apply(&symlink(&link, "two", Some("one")));
    contract.apply(&symlink(&link, "-no where", Some("two")));
    let target = "-no where".into();
    assert_eq!(contract.stat(&link).unwrap().kind, Kind::Symlink { target });
    assert_eq!(contract.names(), ["current", "one", "two"]);
}

fn a_link_that_was_changed_is_left_alone(contract: &Contract) {
    let link = contract.path("link");
    contract.apply(&symlink(&link, "somebody's", None));
    let file = contract.file("file", b"");
    for step in [
        symlink(&link, "new", None),
        symlink(&link, "new", Some("planned with")),
        symlink(&file, "new", None),
        symlink(&file, "new", Some("planned with")),
        symlink(&contract.path("gone"), "new", Some("planned with")),
    ] {
        let error = contract.fails(&step);
        assert!(
            matches!(error, HostError::ChangedSincePlan { .. }),
            "{error}"
        );
    }
    let target = "somebody's".into();
    assert_eq!(contract.stat(&link).unwrap().kind, Kind::Symlink { target });
    contract.fails(&symlink(&contract.path("no/such/link"), "new", None));
    assert_eq!(contract.names(), ["file", "link"]);
}

fn a_hard_link_is_made_in_place(contract: &Contract) {
    let target = contract.file("target", b"content");
    let path = contract.file("path", b"old");
    let step = || Step::Hardlink {
        path: path.clone(),
        target: target.clone(),
    };
    contract.apply(&step());
    contract.apply(&step());
    assert_eq!(contract.read(&path), b"content");
    assert_eq!(contract.names(), ["path", "target"]);
    if contract.real {
        let (one, other) = (
            contract.stat(&path).unwrap(),
            contract.stat(&target).unwrap(),
        );
        assert_eq!((one.inode, one.links), (other.inode, 2));
    }
    let missing = contract.path("missing");
    contract.fails(&Step::Hardlink {
        path,
        target: missing,
    });
    assert_eq!(contract.names(), ["path", "target"]);
}
