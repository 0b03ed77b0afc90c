//! Writing files.

use super::{Clause, Contract, mkdir, mode, rewrite, symlink, write};
use rmqplay::host::{Before, Body, Content, HostError, Kind, Limits, Ownership, Step, sha256};

pub(super) const CLAUSES: &[Clause] = &[
    (
        "new_things_have_the_mode_that_the_umask_leaves",
        new_things_have_the_mode_that_the_umask_leaves,
    ),
    (
        "any_bytes_of_any_length_arrive",
        any_bytes_of_any_length_arrive,
    ),
    (
        "a_file_of_the_controller_arrives",
        a_file_of_the_controller_arrives,
    ),
    (
        "what_was_changed_meanwhile_is_not_overwritten",
        what_was_changed_meanwhile,
    ),
    (
        "a_rewritten_file_keeps_its_mode",
        a_rewritten_file_keeps_its_mode,
    ),
    (
        "a_backup_is_as_the_old_file_was",
        a_backup_is_as_the_old_file_was,
    ),
    (
        "content_that_is_not_valid_is_not_written",
        content_that_is_not_valid,
    ),
    (
        "many_changes_take_a_handful_of_round_trips",
        many_changes_take_a_handful_of_round_trips,
    ),
    (
        "nothing_is_done_after_a_change_that_fails",
        nothing_is_done_after_a_change_that_fails,
    ),
    ("a_link_is_replaced_by_a_file", a_link_is_replaced_by_a_file),
    (
        "a_failed_write_leaves_nothing",
        a_failed_write_leaves_nothing,
    ),
    ("a_file_is_copied_on_the_host", a_file_is_copied_on_the_host),
    (
        "a_file_is_renamed_and_removed",
        a_file_is_renamed_and_removed,
    ),
];

fn new_things_have_the_mode_that_the_umask_leaves(contract: &Contract) {
    let umask = contract.umask();
    let mode_of = |name: &str| contract.stat(&contract.path(name)).unwrap().mode;
    contract.file("file", b"x");
    contract.file("long", &b"x".repeat(70_000));
    contract.apply(&symlink(&contract.path("replaced"), "file", None));
    contract.file("replaced", b"y");
    contract.apply(&mkdir(&contract.path("directory")));
    contract.apply(&Step::Touch {
        path: contract.path("touched"),
        modified: None,
        accessed: None,
    });
    contract.apply(&Step::Copy {
        from: contract.path("file"),
        to: contract.path("copied"),
        before: None,
        sha256: sha256(b"x"),
        ownership: Ownership::default(),
        backup: None,
    });
    for name in ["file", "long", "replaced", "touched", "copied"] {
        assert_eq!(mode_of(name), 0o666 & !umask, "{name}");
    }
    assert_eq!(mode_of("directory"), 0o777 & !umask);
    let own = Ownership {
        owner: Some(contract.stat(&contract.scratch).unwrap().owner),
        ..Ownership::default()
    };
    contract.apply(&Step::Mkdir {
        path: contract.path("owned"),
        ownership: own,
    });
    assert_eq!(mode_of("owned"), 0o777 & !umask);
    let open = contract.path("open");
    let mut step = write(&open, b"y");
    if let Step::Write { ownership, .. } = &mut step {
        *ownership = mode(0o2754);
    }
    contract.apply(&step);
    assert_eq!(contract.stat(&open).unwrap().mode, 0o2754);
}

fn many_changes_take_a_handful_of_round_trips(contract: &Contract) {
    let names: Vec<_> = (0..400).map(|number| format!("file-{number}")).collect();
    let writes: Vec<_> = names
        .iter()
        .map(|name| write(&contract.path(name), name.as_bytes()))
        .collect();
    let attributes: Vec<_> = names
        .iter()
        .map(|name| Step::Attributes {
            path: contract.path(name),
            before: Ownership::default(),
            after: mode(0o640),
            follow: false,
        })
        .collect();
    for steps in [writes, attributes] {
        let before = contract.host.traffic().round_trips;
        let outputs = contract.host.apply_all(&steps, &Limits::default()).unwrap();
        assert_eq!(outputs.len(), steps.len());
        let took = contract.host.traffic().round_trips - before;
        assert!(took <= 8, "{took} round trips");
    }
    assert_eq!(contract.names().len(), names.len());
    for name in ["file-0", "file-399"] {
        let path = contract.path(name);
        assert_eq!(contract.read(&path), name.as_bytes());
        assert_eq!(contract.stat(&path).unwrap().mode, 0o640);
    }
}

fn nothing_is_done_after_a_change_that_fails(contract: &Contract) {
    let missing = contract.path("missing/file");
    let large = b"long ".repeat(9000);
    for (round, bad) in [write(&missing, b"x"), write(&missing, &large)]
        .into_iter()
        .enumerate()
    {
        let path = |name: &str| contract.path(&format!("{name}-{round}"));
        let steps = [
            mkdir(&path("directory")),
            write(&path("directory").join("first"), b"1"),
            bad,
            write(&path("second"), b"2"),
            symlink(&path("link"), "first", None),
        ];
        let error = contract.host.apply_all(&steps, &Limits::default());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(missing.as_str()), "{error}");
        let first = path("directory").join("first");
        assert_eq!(contract.read(&first), b"1");
    }
    assert_eq!(contract.names(), ["directory-0", "directory-1"]);
    // What comes later is done as ever.
    contract.file("later", b"3");
}

fn any_bytes_of_any_length_arrive(contract: &Contract) {
    let all: Vec<u8> = (0..=255).collect();
    for (number, length) in [0, 1, 256, 3000, 5000, 20_000, 1_000_003]
        .into_iter()
        .enumerate()
    {
        let bytes: Vec<u8> = all.iter().copied().cycle().take(length).collect();
        let file = contract.file(&format!("bytes-{number}"), &bytes);
        assert_eq!(contract.read(&file), bytes, "{length}");
    }
    for (number, text) in ["-n", "%s\\n\\0101", "\n\n", "a\n", "'", "\\"]
        .into_iter()
        .enumerate()
    {
        let file = contract.file(&format!("text-{number}"), text.as_bytes());
        assert_eq!(contract.read(&file), text.as_bytes(), "{text:?}");
    }
    let text = "line with 'quotes' \\ and $dollars\n".repeat(300);
    let file = contract.file("text", text.as_bytes());
    assert_eq!(contract.read(&file), text.as_bytes());
}

fn a_file_of_the_controller_arrives(contract: &Contract) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    let bytes: Vec<u8> = (0..=250).cycle().take(700_001).collect();
    std::fs::write(&path, &bytes).unwrap();
    let body = |sha256: String| Body::File {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256,
    };
    let to = contract.path("file");
    let step = |sha256| Step::Write {
        path: to.clone(),
        before: None,
        body: body(sha256),
        ownership: mode(0o640),
        backup: None,
        validate: None,
    };
    if contract.real {
        // As if it had been changed since.
        contract.fails(&step(sha256(b"other")));
        assert_eq!(contract.names(), [""; 0]);
    }
    contract.apply(&step(sha256(&bytes)));
    assert_eq!(contract.read(&to), bytes);
    assert_eq!(contract.stat(&to).unwrap().mode, 0o640);
}

fn what_was_changed_meanwhile(contract: &Contract) {
    let file = contract.file("file", b"somebody's");
    let changed = |step| {
        let error = contract.fails(&step);
        assert!(
            matches!(error, HostError::ChangedSincePlan { .. }),
            "{error}"
        );
        assert_eq!(contract.read(&file), b"somebody's");
    };
    changed(write(&file, b"new"));
    changed(rewrite(&file, b"planned with", b"new"));
    changed(rewrite(&file, b"planned with", &b"long ".repeat(9000)));
    let gone = contract.fails(&rewrite(&contract.path("gone"), b"old", b"new"));
    assert!(matches!(gone, HostError::ChangedSincePlan { .. }), "{gone}");
    let link = contract.path("link");
    contract.apply(&symlink(&link, "file", None));
    changed(rewrite(&link, b"somebody's", b"new"));
    assert_eq!(contract.names(), ["file", "link"]);
}

fn a_rewritten_file_keeps_its_mode(contract: &Contract) {
    let file = contract.file("file", b"old");
    let before = mode(0o600);
    let after = mode(0o4751);
    contract.apply(&Step::Attributes {
        path: file.clone(),
        before,
        after,
        follow: false,
    });
    contract.apply(&rewrite(&file, b"old", b"new"));
    assert_eq!(contract.stat(&file).unwrap().mode, 0o4751);
    contract.apply(&rewrite(&file, b"new", &b"long ".repeat(9000)));
    let node = contract.stat(&file).unwrap();
    assert_eq!((node.mode, node.size), (0o4751, 45_000));
    assert_eq!(contract.names(), ["file"]);
}

fn a_backup_is_as_the_old_file_was(contract: &Contract) {
    let file = contract.file("file", b"old");
    let after = mode(0o640);
    contract.apply(&Step::Attributes {
        path: file.clone(),
        before: mode(0o600),
        after,
        follow: false,
    });
    let backup = contract.path("file.1234~");
    let step = |old: &[u8]| Step::Write {
        path: file.clone(),
        before: Some(Before::of(old.to_vec())),
        body: Body::Bytes(b"new"[..].into()),
        ownership: mode(0o644),
        backup: Some(backup.clone()),
        validate: None,
    };
    contract.apply(&step(b"old"));
    assert_eq!(
        (contract.read(&file), contract.read(&backup)),
        (b"new".to_vec(), b"old".to_vec())
    );
    assert_eq!(contract.stat(&backup).unwrap().mode, 0o640);
    assert_eq!(contract.stat(&file).unwrap().mode, 0o644);
    contract.fails(&step(b"new"));
    assert_eq!(contract.read(&backup), b"old");
    assert_eq!(contract.names(), ["file", "file.1234~"]);
}

fn content_that_is_not_valid(contract: &Contract) {
    if !contract.real {
        return;
    }
    let file = contract.file("file", b"good\n");
    let step = |content: &[u8]| Step::Write {
        path: file.clone(),
        before: Some(Before::of(b"good\n".to_vec())),
        body: Body::Bytes(content.into()),
        ownership: Ownership::default(),
        backup: Some(contract.path("backup")),
        validate: Some(["grep", "-q", "good", "%s"].map(str::to_owned).into()),
    };
    let error = contract.fails(&step(b"bad\n"));
    assert!(error.to_string().contains("not valid"), "{error}");
    assert_eq!(contract.read(&file), b"good\n");
    assert_eq!(contract.names(), ["file"]);
    contract.apply(&step(b"good too\n"));
    assert_eq!(contract.read(&file), b"good too\n");
}

fn a_link_is_replaced_by_a_file(contract: &Contract) {
    let file = contract.file("file", b"kept");
    let link = contract.path("link");
    let to_directory = contract.path("to-directory");
    contract.apply(&symlink(&link, "file", None));
    contract.apply(&symlink(&to_directory, ".", None));
    contract.apply(&write(&link, b"new"));
    contract.apply(&write(&to_directory, b"new"));
    for path in [&link, &to_directory] {
        let node = contract.stat(path).unwrap();
        assert_eq!(
            (node.kind, node.mode),
            (Kind::File, 0o666 & !contract.umask())
        );
        assert_eq!(contract.read(path), b"new");
    }
    assert_eq!(contract.read(&file), b"kept");
    assert_eq!(contract.names(), ["file", "link", "to-directory"]);
}

fn a_failed_write_leaves_nothing(contract: &Contract) {
    let directory = contract.path("directory");
    contract.apply(&mkdir(&directory));
    contract.fails(&write(&directory, b"x"));
    contract.fails(&write(&contract.path("no/such/file"), b"x"));
    let owner = Some("no-such-user".to_owned());
    let mut step = write(&contract.path("file"), b"x");
    if let Step::Write { ownership, .. } = &mut step {
        ownership.owner = owner;
    }
    contract.fails(&step);
    assert_eq!(contract.names(), ["directory"]);
    assert_eq!(contract.stat(&directory).unwrap().kind, Kind::Directory);
}

fn a_file_is_copied_on_the_host(contract: &Contract) {
    let from = contract.file("from", b"content");
    let to = contract.path("to");
    let step = |sha256, before| Step::Copy {
        from: from.clone(),
        to: to.clone(),
        before,
        sha256,
        ownership: mode(0o604),
        backup: None,
    };
    contract.fails(&step(sha256(b"planned with"), None));
    contract.apply(&step(sha256(b"content"), None));
    let node = contract.look(&to, false, Content::UpTo(9)).unwrap();
    assert_eq!(
        (node.mode, node.content.as_deref()),
        (0o604, Some(&b"content"[..]))
    );
    let error = contract.fails(&step(sha256(b"content"), None));
    assert!(
        matches!(error, HostError::ChangedSincePlan { .. }),
        "{error}"
    );
    contract.apply(&step(
        sha256(b"content"),
        Some(Before::of(b"content".to_vec())),
    ));
    assert_eq!(contract.names(), ["from", "to"]);
}

fn a_file_is_renamed_and_removed(contract: &Contract) {
    let from = contract.file("from", b"content");
    let to = contract.path("to");
    contract.apply(&symlink(&to, ".", None));
    contract.apply(&Step::Rename {
        from,
        to: to.clone(),
    });
    assert_eq!(contract.read(&to), b"content");
    assert_eq!(contract.names(), ["to"]);
    let remove = |directory| Step::Remove {
        path: to.clone(),
        directory,
    };
    let error = contract.fails(&remove(true));
    assert!(
        matches!(error, HostError::ChangedSincePlan { .. }),
        "{error}"
    );
    contract.apply(&remove(false));
    contract.apply(&remove(false));
    assert_eq!(contract.names(), [""; 0]);
}
