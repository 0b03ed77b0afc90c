//! Archives.

use super::{Clause, Contract, mkdir, mode, rewrite, symlink};
use camino::Utf8Path;
use rmqplay::host::{
    Before, Command, Content, HostError, Kind, Limits, Ownership, Step, Unpack, UnpackEntry, sha256,
};
use std::path::Path;
use std::sync::Arc;

pub(super) const CLAUSES: &[Clause] = &[
    ("an_archive_is_unpacked", an_archive_is_unpacked),
    (
        "a_directory_that_may_not_be_written_is_unpacked",
        a_directory_that_may_not_be_written,
    ),
    (
        "unpacked_entries_get_their_owner",
        unpacked_entries_get_their_owner,
    ),
    (
        "a_file_changed_meanwhile_is_not_unpacked_over",
        a_file_changed_meanwhile,
    ),
    ("a_broken_archive_is_an_error", a_broken_archive_is_an_error),
];

pub(super) fn file(path: &str, mode: u32, content: &str) -> (UnpackEntry, String) {
    let entry = UnpackEntry {
        path: path.into(),
        kind: Kind::File,
        mode,
        ownership: Ownership::default(),
        size: content.len() as u64,
        sha256: Some(sha256(content.as_bytes())),
        modified: 1_000_000_000,
        offset: 0,
        before: None,
    };
    (entry, content.to_owned())
}

fn other(path: &str, mode: u32, kind: Kind) -> (UnpackEntry, String) {
    let (entry, content) = file(path, mode, "");
    (
        UnpackEntry {
            kind,
            sha256: None,
            ..entry
        },
        content,
    )
}

/// Writes the tar stream of the entries, and returns the step that unpacks it.
pub(super) fn step(
    stream: &Path,
    directory: &Utf8Path,
    entries: Vec<(UnpackEntry, String)>,
) -> Step {
    let mut bytes = Vec::new();
    for (entry, content) in &entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_mtime(1_000_000_000);
        header.set_uid(54321);
        header.set_gid(54321);
        header.set_path(&entry.path).unwrap();
        header.set_size(content.len() as u64);
        match &entry.kind {
            Kind::Directory => header.set_entry_type(tar::EntryType::Directory),
            Kind::Symlink { target } => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_link_name(target).unwrap();
            }
            Kind::File | Kind::Other => {}
        }
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    let offsets = entries.iter().scan(0, |at, (_, content)| {
        let offset = *at + 512;
        *at = offset + (content.len() as u64).next_multiple_of(512);
        Some(offset)
    });
    let offsets: Vec<_> = offsets.collect();
    bytes.resize(bytes.len() + 1024, 0);
    std::fs::write(stream, &bytes).unwrap();
    let entries = entries.into_iter().zip(offsets);
    Step::Unpack(Arc::new(Unpack {
        name: "archive.tar".to_owned(),
        directory: directory.to_owned(),
        tar: stream.to_owned(),
        size: bytes.len() as u64,
        entries: entries
            .map(|((entry, _), offset)| UnpackEntry { offset, ..entry })
            .collect(),
    }))
}

fn an_archive_is_unpacked(contract: &Contract) {
    let folder = tempfile::tempdir().unwrap();
    let stream = folder.path().join("stream.tar");
    contract.apply(&mkdir(&contract.path("kept")));
    contract.file("kept/mine", b"mine");
    let big = "0123456789".repeat(100_000);
    let target = "bin/tool".into();
    contract.apply(&step(
        &stream,
        &contract.scratch,
        vec![
            other("bin", 0o750, Kind::Directory),
            file("bin/tool", 0o755, "#!/bin/sh\n"),
            file("lib/deep/er/big", 0o604, &big),
            other("link", 0o777, Kind::Symlink { target }),
            file("kept/theirs", 0o640, "theirs"),
        ],
    ));
    let stat = |name: &str| contract.stat(&contract.path(name)).unwrap();
    assert_eq!(
        (stat("bin").kind, stat("bin").mode),
        (Kind::Directory, 0o750)
    );
    assert_eq!(
        (stat("bin/tool").mode, stat("bin/tool").modified),
        (0o755, 1_000_000_000)
    );
    assert_eq!(stat("lib/deep/er").mode, 0o777 & !contract.umask());
    assert_eq!(stat("lib/deep/er/big").mode, 0o604);
    assert_eq!(
        contract.read(&contract.path("lib/deep/er/big")),
        big.as_bytes()
    );
    assert_eq!(contract.read(&contract.path("link")), b"#!/bin/sh\n");
    assert_eq!(contract.read(&contract.path("kept/mine")), b"mine");
    assert_eq!(contract.read(&contract.path("kept/theirs")), b"theirs");
    let names = contract.names();
    let left = names.iter().find(|name| name.contains("rmqplay"));
    assert_eq!(left, None);
    // The owner that the stream names is not asked for.
    assert_eq!(stat("bin/tool").uid, stat("kept").uid);
}

fn a_directory_that_may_not_be_written(contract: &Contract) {
    let help = Command::new(["tar", "--help"]);
    let help = contract.host.query(&help, &Limits::default());
    // The tar of busybox closes a directory before it fills it.
    if help.is_ok_and(|help| String::from_utf8_lossy(&help.stderr).contains("BusyBox")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    contract.apply(&step(
        &folder.path().join("stream.tar"),
        &contract.scratch,
        vec![
            other("closed", 0o555, Kind::Directory),
            file("closed/file", 0o444, "closed"),
        ],
    ));
    let closed = contract.path("closed");
    assert_eq!(contract.read(&closed.join("file")), b"closed");
    assert_eq!(contract.stat(&closed).unwrap().mode, 0o555);
    contract.apply(&Step::Attributes {
        path: closed,
        before: mode(0o555),
        after: mode(0o755),
        follow: false,
    });
}

fn unpacked_entries_get_their_owner(contract: &Contract) {
    if !(contract.root && contract.real) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let stream = folder.path().join("stream.tar");
    let mut entries: Vec<_> = (0..300)
        .map(|number| file(&format!("file {number}"), 0o640, ""))
        .collect();
    entries.push(other(
        "link",
        0o777,
        Kind::Symlink {
            target: "/etc/passwd".into(),
        },
    ));
    for (number, (entry, _)) in entries.iter_mut().enumerate() {
        entry.ownership.owner = (number != 7).then(|| "54321".to_owned());
        entry.ownership.group = (number > 9).then(|| "54322".to_owned());
    }
    contract.apply(&step(&stream, &contract.scratch, entries));
    let owner = |name: &str| {
        let node = contract.stat(&contract.path(name)).unwrap();
        (node.uid, node.gid)
    };
    assert_eq!(owner("file 0"), (54321, 0));
    assert_eq!(owner("file 7"), (0, 0));
    assert_eq!(owner("file 299"), (54321, 54322));
    assert_eq!(owner("link"), (54321, 54322));
    assert_eq!(
        contract
            .look("/etc/passwd".into(), true, Content::None)
            .unwrap()
            .uid,
        0
    );
}

fn a_file_changed_meanwhile(contract: &Contract) {
    let folder = tempfile::tempdir().unwrap();
    let stream = folder.path().join("stream.tar");
    let path = contract.file("file", b"old");
    let entries = |before: &str| {
        let (entry, content) = file("file", 0o644, "new");
        let before = Some(Before::of(before.as_bytes().to_vec()));
        vec![(UnpackEntry { before, ..entry }, content)]
    };
    let error = contract.fails(&step(&stream, &contract.scratch, entries("planned with")));
    assert!(
        matches!(error, HostError::ChangedSincePlan { .. }),
        "{error}"
    );
    assert_eq!(contract.read(&path), b"old");
    contract.apply(&step(&stream, &contract.scratch, entries("old")));
    assert_eq!(contract.read(&path), b"new");
    contract.apply(&rewrite(&path, b"new", b"newer"));
    let link = contract.path("link");
    contract.apply(&symlink(&link, "file", None));
    assert_eq!(contract.read(&link), b"newer");
}

fn a_broken_archive_is_an_error(contract: &Contract) {
    if !contract.real {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let stream = folder.path().join("stream.tar");
    let unpack = step(
        &stream,
        &contract.scratch,
        vec![file("file", 0o644, "content")],
    );
    // More than any pipe holds, so that the sender notices that nobody reads.
    std::fs::write(&stream, "touch pwned\n".repeat(400_000)).unwrap();
    let error = contract.fails(&unpack);
    assert!(error.to_string().contains("unpack archive.tar"), "{error}");
    assert_eq!(contract.names(), [""; 0]);
    let missing = Unpack {
        name: "archive.tar".to_owned(),
        directory: contract.path("missing"),
        tar: stream,
        size: 0,
        entries: Vec::new(),
    };
    contract.fails(&Step::Unpack(Arc::new(missing)));
}
