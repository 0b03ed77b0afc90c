//! Owners, modes and times.

use super::{Clause, Contract, mkdir, mode, symlink, write};
use camino::Utf8Path;
use rmqplay::host::{Answer, Kind, Ownership, Question, Step};

pub(super) const CLAUSES: &[Clause] = &[
    ("modes_are_set", modes_are_set),
    (
        "a_mode_is_all_there_is_in_set_group_id_directories",
        a_mode_is_all_there_is,
    ),
    (
        "new_things_belong_to_the_group_of_their_directory",
        new_things_belong_to_the_group,
    ),
    (
        "a_new_owner_takes_set_id_bits_away",
        a_new_owner_takes_set_id_bits_away,
    ),
    ("owners_are_set", owners_are_set),
    (
        "a_link_keeps_what_is_behind_it",
        a_link_keeps_what_is_behind_it,
    ),
    ("what_the_user_may_do_is_told", what_the_user_may_do_is_told),
    ("times_are_set", times_are_set),
    (
        "a_directory_with_all_in_it_is_removed",
        a_directory_is_removed,
    ),
    (
        "the_root_directory_is_not_removed",
        the_root_directory_is_not_removed,
    ),
];

fn modes_are_set(contract: &Contract) {
    let file = contract.file("file", b"");
    for bits in [0o644, 0o4755, 0o1000, 0o000, 0o700] {
        let before = Ownership::default();
        contract.apply(&Step::Attributes {
            path: file.clone(),
            before,
            after: mode(bits),
            follow: false,
        });
        assert_eq!(contract.stat(&file).unwrap().mode, bits);
    }
    for bits in [0o700, 0o2775, 0o1777] {
        let path = contract.path(&format!("directory-{bits:o}"));
        contract.apply(&Step::Mkdir {
            path: path.clone(),
            ownership: mode(bits),
        });
        let node = contract.stat(&path).unwrap();
        assert_eq!((node.kind, node.mode), (Kind::Directory, bits));
    }
    let before = Ownership::default();
    let path = contract.path("missing");
    contract.fails(&Step::Attributes {
        path,
        before,
        after: mode(0o700),
        follow: true,
    });
    contract.fails(&mkdir(&file));
    contract.fails(&mkdir(&contract.path("no/such/directory")));
}

/// GNU `chmod` and `mkdir -m` would keep the set-group-ID bit of a directory.
fn a_mode_is_all_there_is(contract: &Contract) {
    let shared = contract.path("shared");
    let set = |path: &Utf8Path, bits| {
        contract.apply(&Step::Attributes {
            path: path.to_owned(),
            before: Ownership::default(),
            after: mode(bits),
            follow: false,
        });
        contract.stat(path).unwrap().mode
    };
    contract.apply(&mkdir(&shared));
    for bits in [0o2775, 0o0755, 0o6750, 0o1777, 0o3770, 0o2700, 0o0700] {
        assert_eq!(set(&shared, bits), bits, "{bits:o}");
    }
    set(&shared, 0o2775);
    for bits in [0o755, 0o700, 0o1777, 0o2750, 0o000] {
        let path = shared.join(format!("{bits:o}"));
        contract.apply(&Step::Mkdir {
            path: path.clone(),
            ownership: mode(bits),
        });
        assert_eq!(contract.stat(&path).unwrap().mode, bits, "{bits:o}");
    }
    let given = shared.join("given");
    contract.apply(&Step::Mkdir {
        path: given.clone(),
        ownership: Ownership {
            group: Some(contract.stat(&shared).unwrap().group),
            ..mode(0o755)
        },
    });
    assert_eq!(contract.stat(&given).unwrap().mode, 0o755);
    let file = shared.join("file");
    contract.apply(&write(&file, b"x"));
    for bits in [0o644, 0o4755, 0o2755, 0o6711, 0o600] {
        assert_eq!(set(&file, bits), bits, "{bits:o}");
    }
}

fn new_things_belong_to_the_group(contract: &Contract) {
    let shared = contract.path("shared");
    let group = contract.root.then(|| "54322".to_owned());
    contract.apply(&Step::Mkdir {
        path: shared.clone(),
        ownership: Ownership {
            group: group.clone(),
            ..mode(0o2775)
        },
    });
    let below = shared.join("below");
    contract.apply(&mkdir(&below));
    assert_eq!(contract.stat(&below).unwrap().mode & 0o2000, 0o2000);
    let gid = contract.stat(&shared).unwrap().gid;
    for (name, step) in [
        ("file", write(&below.join("file"), b"x")),
        ("link", symlink(&below.join("link"), "file", None)),
        ("directory", mkdir(&below.join("directory"))),
        (
            "touched",
            Step::Touch {
                path: below.join("touched"),
                modified: None,
                accessed: None,
            },
        ),
    ] {
        contract.apply(&step);
        let node = contract.stat(&below.join(name)).unwrap();
        assert_eq!(node.gid, gid, "{name}");
    }
    let file = contract.stat(&below.join("file")).unwrap();
    assert_eq!(file.mode & 0o7000, 0);
}

fn a_new_owner_takes_set_id_bits_away(contract: &Contract) {
    let step = |path: &Utf8Path, bits: Option<u32>| Step::Attributes {
        path: path.to_owned(),
        before: Ownership::default(),
        after: Ownership {
            mode: bits,
            owner: None,
            group: Some(contract.stat(path).unwrap().group),
        },
        follow: false,
    };
    for (bits, left) in [
        (0o4755, 0o755),
        (0o6755, 0o755),
        (0o4644, 0o644),
        (0o1755, 0o1755),
    ] {
        let file = contract.file(&format!("file-{bits:o}"), b"");
        contract.apply(&step(&file, Some(bits)));
        assert_eq!(contract.stat(&file).unwrap().mode, bits);
        contract.apply(&step(&file, None));
        assert_eq!(contract.stat(&file).unwrap().mode, left, "{bits:o}");
        let directory = contract.path(&format!("directory-{bits:o}"));
        contract.apply(&mkdir(&directory));
        contract.apply(&step(&directory, Some(bits)));
        contract.apply(&step(&directory, None));
        assert_eq!(contract.stat(&directory).unwrap().mode, bits, "{bits:o}");
    }
}

fn what_the_user_may_do_is_told(contract: &Contract) {
    let access = |path: &Utf8Path| {
        let answers = contract.ask(&[Question::Access(path.to_owned())]);
        let [Answer::Access(access)] = answers[..] else {
            panic!("{answers:?}")
        };
        [access.readable, access.writable, access.executable]
    };
    for (bits, for_user, for_root) in [
        (0o400, [true, false, false], [true, true, false]),
        (0o200, [false, true, false], [true, true, false]),
        (0o077, [false; 3], [true; 3]),
        (0o755, [true; 3], [true; 3]),
    ] {
        let file = contract.path(&format!("file-{bits:o}"));
        let mut step = write(&file, b"");
        if let Step::Write { ownership, .. } = &mut step {
            *ownership = mode(bits);
        }
        contract.apply(&step);
        let link = contract.path(&format!("link-{bits:o}"));
        contract.apply(&symlink(&link, file.as_str(), None));
        let expected = if contract.root { for_root } else { for_user };
        assert_eq!(access(&file), expected, "{bits:o}");
        assert_eq!(access(&link), expected, "{bits:o}");
    }
    assert_eq!(access(&contract.scratch), [true; 3]);
    assert_eq!(access(&contract.path("missing")), [false; 3]);
}

fn owners_are_set(contract: &Contract) {
    if !(contract.root && contract.real) {
        return;
    }
    let ownership = |owner: Option<&str>, group: Option<&str>| Ownership {
        mode: Some(0o2750),
        owner: owner.map(str::to_owned),
        group: group.map(str::to_owned),
    };
    for (owner, group, uid, gid) in [
        (Some("54321"), Some("54322"), 54321, 54322),
        (Some("54321"), None, 54321, 0),
        (None, Some("54322"), 0, 54322),
        (Some("root"), Some("root"), 0, 0),
    ] {
        let name = format!("{owner:?}-{group:?}");
        let path = contract.path(&name);
        contract.apply(&Step::Mkdir {
            path: path.clone(),
            ownership: ownership(owner, group),
        });
        let node = contract.stat(&path).unwrap();
        assert_eq!(
            (node.uid, node.gid, node.mode),
            (uid, gid, 0o2750),
            "{name}"
        );
        let file = contract.file(&format!("{name}.file"), b"");
        let after = ownership(owner, group);
        contract.apply(&Step::Attributes {
            path: file.clone(),
            before: Ownership::default(),
            after,
            follow: false,
        });
        let node = contract.stat(&file).unwrap();
        assert_eq!(
            (node.uid, node.gid, node.mode),
            (uid, gid, 0o2750),
            "{name}"
        );
    }
}

fn a_link_keeps_what_is_behind_it(contract: &Contract) {
    let file = contract.file("file", b"");
    let link = contract.path("link");
    contract.apply(&symlink(&link, "file", None));
    let before = Ownership::default();
    contract.apply(&Step::Attributes {
        path: link.clone(),
        before: before.clone(),
        after: mode(0o640),
        follow: true,
    });
    assert_eq!(contract.stat(&file).unwrap().mode, 0o640);
    if contract.root && contract.real {
        let after = Ownership {
            owner: Some("54321".to_owned()),
            ..Ownership::default()
        };
        contract.apply(&Step::Attributes {
            path: link.clone(),
            before,
            after,
            follow: false,
        });
        assert_eq!(contract.stat(&file).unwrap().uid, 0);
        assert_eq!(contract.stat(&link).unwrap().uid, 54321);
    }
}

fn times_are_set(contract: &Contract) {
    let file = contract.path("file");
    let touch = |modified, accessed| Step::Touch {
        path: file.clone(),
        modified,
        accessed,
    };
    contract.apply(&touch(None, None));
    let node = contract.stat(&file).unwrap();
    assert_eq!((node.kind, node.size), (Kind::File, 0));
    contract.apply(&touch(Some(951_868_799), Some(1_000_000_001)));
    let node = contract.stat(&file).unwrap();
    assert_eq!((node.modified, node.accessed), (951_868_799, 1_000_000_001));
    contract.apply(&touch(Some(5), None));
    let node = contract.stat(&file).unwrap();
    assert_eq!(node.modified, 5);
    assert!(node.accessed > 1_600_000_000, "{}", node.accessed);
    contract.fails(&Step::Touch {
        path: contract.path("no/such"),
        modified: None,
        accessed: None,
    });
}

fn a_directory_is_removed(contract: &Contract) {
    let directory = contract.path("directory");
    contract.apply(&mkdir(&directory));
    contract.apply(&mkdir(&directory.join("below")));
    contract.file("directory/below/file", b"");
    let outside = contract.file("outside", b"kept");
    contract.apply(&symlink(&directory.join("link"), "..", None));
    let remove = |directory_too| Step::Remove {
        path: directory.clone(),
        directory: directory_too,
    };
    contract.fails(&remove(false));
    contract.apply(&remove(true));
    contract.apply(&remove(true));
    assert_eq!(contract.names(), ["outside"]);
    let link = contract.path("link");
    contract.apply(&symlink(&link, ".", None));
    contract.fails(&Step::Remove {
        path: link,
        directory: true,
    });
    assert_eq!(contract.read(&outside), b"kept");
}

fn the_root_directory_is_not_removed(contract: &Contract) {
    if contract.real {
        for path in ["/", "//", "/.", "/./", "/tmp/.."] {
            // Had it been tried as a file, nothing would be lost.
            contract.fails(&Step::Remove {
                path: path.into(),
                directory: false,
            });
        }
    }
}
