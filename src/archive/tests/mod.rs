//! What is read from archives, what is refused, and what is sent.

mod pack;

use super::{Archive, ArchiveError, Choice, Format, Selected, Store};
use crate::host::{Kind, Limits};
use pack::Item;
use proptest::prelude::*;
use std::path::PathBuf;
use tar::EntryType;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

const RELEASE: [Item; 6] = [
    Item::Directory("./release-1.0/", 0o775),
    Item::File("./release-1.0/bin/run", 0o4777, b"#!/bin/sh\n"),
    Item::File("./release-1.0/conf/a.conf", 0o664, b"a=1\n"),
    Item::File("./release-1.0/lib/empty", 0o600, b""),
    Item::Symlink("./release-1.0/conf/b.conf", "a.conf"),
    Item::Symlink("./release-1.0/lib/up", "../conf/a.conf"),
];

fn select(content: &[u8], choice: &Choice) -> Result<Vec<Selected>, ArchiveError> {
    let folder = Folder::new();
    Archive::open(&folder.put("x", content))?.select(choice)
}

/// Returns each entry as a line: mode, path, and the size or where a link points.
fn listed(selected: &[Selected]) -> Vec<String> {
    let line = |one: &Selected| {
        let mode = one.mode.map_or("-".to_owned(), |mode| format!("{mode:o}"));
        match &one.kind {
            Kind::Symlink { target } => format!("{} -> {target}", one.path),
            Kind::Directory => format!("{mode} {}/", one.path),
            _ => format!("{mode} {} {}", one.path, one.size),
        }
    };
    selected.iter().map(line).collect()
}

#[test]
fn every_format_is_known_by_its_content() {
    let tar = pack::tar(&RELEASE);
    let zip = pack::zip(&[
        Item::Directory("release-1.0/", 0o775),
        Item::File("release-1.0/bin/run", 0o4777, b"#!/bin/sh\n"),
        Item::File("release-1.0/conf/a.conf", 0o664, b"a=1\n"),
        Item::File("release-1.0/lib/empty", 0o600, b""),
        Item::Symlink("release-1.0/conf/b.conf", "a.conf"),
        Item::Symlink("release-1.0/lib/up", "../conf/a.conf"),
    ]);
    for (format, content) in [
        (Format::TarGzip, pack::gzip(&tar)),
        (Format::TarBzip2, pack::bzip2(&tar)),
        (Format::TarXz, pack::xz(&tar)),
        (Format::TarZstd, pack::zstd(&tar)),
        (Format::Tar, tar),
        (Format::Zip, zip),
    ] {
        let folder = Folder::new();
        let archive = Archive::open(&folder.put("anything.bin", &content)).unwrap();
        assert_eq!(archive.format, format);
        let selected = archive.select(&Choice::default()).unwrap();
        let expected = [
            "755 release-1.0/",
            "- release-1.0/bin/",
            "755 release-1.0/bin/run 10",
            "- release-1.0/conf/",
            "644 release-1.0/conf/a.conf 4",
            "release-1.0/conf/b.conf -> a.conf",
            "- release-1.0/lib/",
            "600 release-1.0/lib/empty 0",
            "release-1.0/lib/up -> ../conf/a.conf",
        ];
        assert_eq!(listed(&selected), expected, "{format:?}");
        let digest = selected[2].sha256.as_deref();
        let expected = "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf";
        assert_eq!(digest, Some(expected), "{format:?}");
    }
}

#[test]
fn parallel_packers_write_several_frames() {
    let tar = pack::tar(&RELEASE);
    let (start, end) = tar.split_at(1000);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..]].concat();
    let zstd = [pack::zstd(start), skippable, pack::zstd(end)].concat();
    let gzip = [pack::gzip(start), pack::gzip(end)].concat();
    let bzip2 = [pack::bzip2(start), pack::bzip2(end)].concat();
    let xz = [pack::xz(start), pack::xz(end)].concat();
    for content in [zstd, gzip, bzip2, xz] {
        assert_eq!(select(&content, &Choice::default()).unwrap().len(), 9);
    }
}

#[test]
fn other_files_are_no_archives() {
    let text = b"just text, and more than one block of it\n".repeat(50);
    for content in [
        &b""[..],
        b"PK",
        &text,
        &pack::gzip(&text),
        &pack::zstd(b"x"),
    ] {
        let error = select(content, &Choice::default()).unwrap_err();
        assert!(matches!(error, ArchiveError::Unknown { .. }), "{error}");
    }
}

#[test]
fn folders_are_taken_away_and_entries_chosen() {
    let tar = pack::tar(&RELEASE);
    let choose = |strip_components, include: &[&str], exclude: &[&str]| {
        let owned = |patterns: &[&str]| patterns.iter().map(|one| (*one).to_owned()).collect();
        let choice = Choice {
            strip_components,
            include: owned(include),
            exclude: owned(exclude),
        };
        listed(&select(&tar, &choice).unwrap()).join(", ")
    };
    assert_eq!(
        choose(1, &["release-1.0/bin", "*/a.conf"], &[]),
        "- bin/, 755 bin/run 10, - conf/, 644 conf/a.conf 4"
    );
    assert_eq!(choose(1, &[], &["lib", "*.conf"]), "- bin/, 755 bin/run 10");
    assert_eq!(choose(2, &["*/run"], &[]), "755 run 10");
    assert_eq!(choose(3, &[], &[]), "");
}

#[test]
fn long_names_and_times_of_both_dialects_are_read() {
    let name = format!("{}/file", "long-folder-name/".repeat(12));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    builder.append_data(&mut header, &name, &b"g"[..]).unwrap();
    let pax = [("path", b"pax/name".as_slice()), ("mtime", b"1700000000.5")];
    builder.append_pax_extensions(pax).unwrap();
    header.set_path("short").unwrap();
    header.set_cksum();
    builder.append(&header, &b"p"[..]).unwrap();
    let selected = select(&builder.into_inner().unwrap(), &Choice::default()).unwrap();
    let files: Vec<_> = selected
        .iter()
        .filter(|one| one.kind == Kind::File)
        .collect();
    assert_eq!(files[0].path.as_str(), name.replace("//", "/"));
    assert_eq!(files[1].path.as_str(), "pax/name");
    assert_eq!(files[1].modified, 1_700_000_000);
}

#[test]
fn what_would_leave_the_destination_is_refused() {
    let file = Item::File("a/file", 0o644, b"x");
    for (items, reason) in [
        (vec![Item::File("/etc/passwd", 0o644, b"")], "absolute path"),
        (vec![Item::File("../x", 0o644, b"")], "leads out"),
        (vec![Item::File("a/../../x", 0o644, b"")], "leads out"),
        (vec![Item::File("a/..", 0o644, b"")], "leads out"),
        (
            vec![Item::Symlink("link", "/etc")],
            "outside the destination",
        ),
        (vec![Item::Symlink("link", "..")], "outside the destination"),
        (
            vec![Item::Symlink("a/link", "../../x")],
            "outside the destination",
        ),
        (
            // Read word by word it stays inside; followed, the first link leads one up too many.
            vec![
                Item::Symlink("a/b/up", "../.."),
                Item::Symlink("out", "a/b/up/../x"),
            ],
            "outside the destination",
        ),
        (
            vec![Item::Symlink("here", "a"), Item::File("here/x", 0o644, b"")],
            "lies below here",
        ),
        (
            vec![Item::File("f", 0o644, b""), Item::File("f/x", 0o644, b"")],
            "lies below f",
        ),
        (vec![Item::Hardlink("h", "/etc/shadow")], "absolute path"),
        (vec![Item::Hardlink("h", "../x")], "leads out"),
        (vec![Item::Hardlink("h", "a/other")], "not in the archive"),
        (
            vec![Item::Hardlink("h", "i"), Item::Hardlink("i", "h")],
            "cycle of hard links",
        ),
        (
            vec![Item::Directory("d/", 0o755), Item::Hardlink("h", "d")],
            "to a directory",
        ),
        (vec![Item::Special("null", EntryType::Char)], "is a device"),
        (vec![Item::Special("disk", EntryType::Block)], "is a device"),
        (vec![Item::Special("pipe", EntryType::Fifo)], "is a pipe"),
        (
            vec![Item::Special("?", EntryType::new(b'Q'))],
            "unknown type",
        ),
    ] {
        let mut items = items;
        items.insert(0, Item::File("a/b/file", 0o644, b"x"));
        let error = select(&pack::tar(&items), &Choice::default()).unwrap_err();
        assert!(
            error.to_string().contains(reason),
            "{error} has no {reason:?}"
        );
    }
    assert!(select(&pack::tar(&[file]), &Choice::default()).is_ok());
    let zip = pack::zip(&[Item::Symlink("a/link", "../../x")]);
    assert!(select(&zip, &Choice::default()).is_err());
    let zip = pack::zip(&[Item::File("..\\..\\x", 0o644, b"")]);
    assert!(select(&zip, &Choice::default()).is_err());
}

#[test]
fn what_is_left_out_is_not_refused() {
    let tar = pack::tar(&[
        Item::Symlink("jdk/lib/security", "/etc/ssl"),
        Item::File("jdk/release", 0o644, b"17"),
    ]);
    let choice = Choice {
        exclude: vec!["jdk/lib/security".to_owned()],
        ..Choice::default()
    };
    assert_eq!(
        listed(&select(&tar, &choice).unwrap()),
        ["- jdk/", "644 jdk/release 2"]
    );
}

#[test]
fn legal_links_within_an_archive_are_kept() {
    let tar = pack::tar(&[
        Item::File("roles/x/files/a", 0o644, b"a"),
        Item::Symlink("roles/y/files", "../x/files"),
        Item::Symlink("current", "roles/y"),
        Item::Symlink("deep/er/link", "../../current/files/a"),
        Item::Symlink("loop", "loop"),
        Item::Hardlink("same", "roles/x/files/a"),
    ]);
    let selected = listed(&select(&tar, &Choice::default()).unwrap());
    assert!(selected.contains(&"roles/y/files -> ../x/files".to_owned()));
    assert!(selected.contains(&"deep/er/link -> ../../current/files/a".to_owned()));
    assert!(selected.contains(&"644 same 1".to_owned()));
}

#[test]
fn the_last_of_two_entries_of_one_name_counts() {
    let tar = pack::tar(&[
        Item::File("a", 0o644, b"first"),
        Item::File("./a", 0o600, b"second!"),
    ]);
    assert_eq!(
        listed(&select(&tar, &Choice::default()).unwrap()),
        ["600 a 7"]
    );
}

#[test]
fn the_stream_holds_what_is_asked_for_where_it_says() {
    let long = "n".repeat(60) + "/" + &"m".repeat(70);
    let tar = pack::tar(&[
        Item::Symlink("a-link", "z/file"),
        Item::Hardlink("b-hard", "z/file"),
        Item::File("z/file", 0o755, b"content"),
        Item::File("z/other", 0o644, b"not wanted"),
    ]);
    let folder = Folder::new();
    let store = Store::default();
    let archive = store
        .open(&folder.put("x.tgz", &pack::gzip(&tar)), &Limits::default())
        .unwrap();
    let mut wanted = archive.select(&Choice::default()).unwrap();
    wanted.retain(|one| one.path != "z/other");
    wanted
        .iter_mut()
        .filter(|one| one.path == "z/file")
        .for_each(|one| one.path = long.clone().into());
    let stream = store.stream(&archive, &wanted, &Limits::default()).unwrap();
    let bytes = std::fs::read(&stream.path).unwrap();
    assert_eq!(stream.size, bytes.len() as u64);
    for (one, offset) in wanted.iter().zip(&stream.offsets) {
        if one.kind == Kind::File {
            let start = usize::try_from(*offset).unwrap();
            assert_eq!(&bytes[start..start + 7], b"content", "{}", one.path);
        }
    }
    let sent = Archive::open(&stream.path).unwrap();
    let order: Vec<_> = sent
        .entries
        .iter()
        .map(|entry| entry.path.as_str())
        .collect();
    assert_eq!(order, ["z/", "b-hard", &long, "a-link"]);
    assert_eq!(
        store
            .stream(&archive, &wanted, &Limits::default())
            .unwrap()
            .path,
        stream.path
    );
    wanted.pop();
    assert_ne!(
        store
            .stream(&archive, &wanted, &Limits::default())
            .unwrap()
            .path,
        stream.path
    );
    drop(store);
    assert!(!stream.path.exists());
}

#[test]
fn an_archive_that_changed_meanwhile_is_not_sent() {
    let folder = Folder::new();
    let path = folder.put("x.tar", &pack::tar(&[Item::File("a", 0o644, b"one")]));
    let archive = Archive::open(&path).unwrap();
    let wanted = archive.select(&Choice::default()).unwrap();
    folder.put("x.tar", &pack::tar(&[Item::File("a", 0o644, b"two")]));
    let error = Store::default()
        .stream(&archive, &wanted, &Limits::default())
        .unwrap_err();
    assert!(
        error.to_string().contains("changed while it was read"),
        "{error}"
    );
}

#[test]
fn many_hosts_read_an_archive_once() {
    let folder = Folder::new();
    let path = folder.put("x.tar", &pack::tar(&RELEASE));
    let store = Store::default();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| store.open(&path, &Limits::default()).unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        opened
            .iter()
            .all(|archive| std::sync::Arc::ptr_eq(archive, &opened[0]))
    );
}

#[test]
fn an_archive_that_breaks_off_is_damaged_wherever_it_breaks() {
    let tar = pack::tar(&[Item::File("a", 0o644, &[7; 3000])]);
    let whole = [
        pack::gzip(&tar),
        pack::bzip2(&tar),
        pack::xz(&tar),
        pack::zstd(&tar),
        pack::zip(&[Item::File("a", 0o644, &[7; 3000])]),
    ];
    for content in whole {
        for length in 0..content.len() {
            let read = select(&content[..length], &Choice::default());
            assert!(read.is_err(), "{length} of {} bytes", content.len());
        }
    }
    for length in [100, 512, 600, 3000] {
        assert!(
            select(&tar[..length], &Choice::default()).is_err(),
            "{length}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn corrupt_archives_never_panic(
        format in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let tar = pack::tar(&RELEASE);
        let mut content = match format {
            0 => tar,
            1 => pack::gzip(&tar),
            2 => pack::bzip2(&tar),
            3 => pack::xz(&tar),
            4 => pack::zstd(&tar),
            _ => pack::zip(&RELEASE),
        };
        for (place, byte) in changes {
            let place = place.index(content.len());
            content[place] = byte;
        }
        if let Some(cut) = cut {
            content.truncate(cut.index(content.len()));
        }
        let folder = Folder::new();
        if let Ok(archive) = Archive::open(&folder.put("x", &content))
            && let Ok(selected) = archive.select(&Choice::default())
        {
            for one in &selected {
                prop_assert!(one.path.is_relative());
                prop_assert!(one.path.as_str().split('/').all(|part| part != ".."));
            }
            Store::default().stream(&archive, &selected, &Limits::default()).unwrap();
        }
    }

    #[test]
    fn any_bytes_never_panic(start in 0..6_usize, bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let magic: &[u8] = [
            &b"PK\x03\x04"[..], b"PK\x05\x06", &[0x1f, 0x8b], b"BZh9", b"\xfd7zXZ\0", &[0x28, 0xb5, 0x2f, 0xfd],
        ][start];
        let _ = select(&[magic, &bytes].concat(), &Choice::default());
    }
}
