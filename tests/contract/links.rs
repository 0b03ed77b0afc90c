//! Symbolic and hard links.

use super::{Clause, Contract, mkdir, mode, symlink, unpack, write};
use camino::Utf8Path;
use rmqplay::host::{HostError, Kind, Ownership, ProcessMatch, StartProcess, Step};
use std::collections::BTreeMap;

pub(super) const CLAUSES: &[Clause] = &[
    ("a_link_is_swapped", a_link_is_swapped),
    (
        "a_link_that_was_changed_is_left_alone",
        a_link_that_was_changed_is_left_alone,
    ),
    ("a_hard_link_is_made_in_place", a_hard_link_is_made_in_place),
    (
        "links_of_others_lead_only_to_what_is_theirs",
        links_of_others_lead_only_to_what_is_theirs,
    ),
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

fn owner(path: &Utf8Path, name: &str) -> Step {
    Step::Attributes {
        path: path.to_owned(),
        before: Ownership::default(),
        after: Ownership {
            owner: Some(name.to_owned()),
            ..Ownership::default()
        },
        follow: false,
    }
}

/// Another user's link must not lead a change to where that user could not make it.
fn links_of_others_lead_only_to_what_is_theirs(contract: &Contract) {
    if !contract.root {
        return;
    }
    let secret = contract.path("secret");
    contract.apply(&mkdir(&secret));
    let file = contract.file("secret/file", b"root's");
    contract.apply(&mkdir(&secret.join("sub")));
    let home = contract.path("home");
    contract.apply(&mkdir(&home));
    let link = |name: &str, target: &str| {
        let path = home.join(name);
        contract.apply(&symlink(&path, target, None));
        contract.apply(&owner(&path, "54321"));
        path
    };
    let way = link("way", "../secret");
    let conf = link("conf", "../secret/file");
    let dangling = link("dangling", "../secret/new");
    let again = link("again", "way");
    // Of root's own, through one that is not.
    let through = home.join("through");
    contract.apply(&symlink(&through, "again/sub/..", None));
    let folder = tempfile::tempdir().unwrap();
    let ways = [&way, &again, &through];
    for step in ways
        .map(|way| forbidden(way, &conf, &dangling, folder.path()))
        .concat()
    {
        let error = contract.fails(&step);
        let HostError::ForeignLink { link, owner } = &error else {
            panic!("{step:?}: {error}");
        };
        assert!(link.starts_with(&home) && *link != through, "{link}");
        assert_eq!(owner, "54321");
    }
    assert_eq!(contract.read(&file), b"root's");
    assert_eq!(contract.stat(&file).unwrap().owner, "root");
    assert!(contract.stat(&secret.join("new")).is_none());

    // What is changed is the link itself, or belongs to the same user.
    contract.apply(&owner(&conf, "root"));
    contract.apply(&owner(&secret, "54321"));
    contract.apply(&write(&again.join("new"), b"theirs"));
    contract.apply(&owner(&again.join("new"), "54321"));
    contract.apply(&Step::Attributes {
        path: dangling.clone(),
        before: Ownership::default(),
        after: mode(0o600),
        follow: true,
    });
    assert_eq!(contract.stat(&secret.join("new")).unwrap().mode, 0o600);
    contract.apply(&Step::Remove {
        path: dangling,
        directory: false,
    });
    assert_eq!(contract.read(&secret.join("new")), b"theirs");
}

/// Returns changes of every kind that go through a link to a directory, to a file, to nothing.
fn forbidden(
    way: &Utf8Path,
    conf: &Utf8Path,
    dangling: &Utf8Path,
    folder: &std::path::Path,
) -> Vec<Step> {
    let (home, name) = (way.parent().unwrap(), way.file_name().unwrap());
    let archive = |directory: &Utf8Path, path: &str| {
        let entries = vec![unpack::file(path, 0o644, "content")];
        unpack::step(&folder.join(format!("{name}.tar")), directory, entries)
    };
    let touch = |path: &Utf8Path| Step::Touch {
        path: path.to_owned(),
        modified: None,
        accessed: None,
    };
    let attributes = |path: &Utf8Path, follow| Step::Attributes {
        path: path.to_owned(),
        before: Ownership::default(),
        after: mode(0o666),
        follow,
    };
    let remove = |name: &str, directory| Step::Remove {
        path: way.join(name),
        directory,
    };
    vec![
        write(&way.join("x"), b""),
        mkdir(&way.join("x")),
        mkdir(&way.join("sub/../x")),
        symlink(&way.join("x"), "y", None),
        Step::Hardlink {
            path: way.join("x"),
            target: way.join("file"),
        },
        attributes(&way.join("file"), false),
        attributes(way, true),
        attributes(conf, true),
        touch(&way.join("x")),
        touch(conf),
        touch(dangling),
        remove("file", false),
        remove("sub", true),
        Step::Rename {
            from: way.join("file"),
            to: home.join("outside"),
        },
        archive(way, "x"),
        archive(home, &format!("{name}/x")),
        Step::StartProcess(StartProcess {
            argv: vec!["/bin/true".to_owned()],
            directory: "/".into(),
            environment: BTreeMap::new(),
            user: None,
            log: dangling.to_owned(),
            recognise: ProcessMatch::default(),
            ports: Vec::new(),
            service: None,
        }),
    ]
}
