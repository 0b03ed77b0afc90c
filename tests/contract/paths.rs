//! Questions about paths.

use super::{Clause, Contract, HOSTILE, mkdir, symlink, write};
use rmqplay::host::{Answer, Content, Kind, Limits, Ownership, Question, Step, sha256};

pub(super) const CLAUSES: &[Clause] = &[
    ("nothing_is_nothing", nothing_is_nothing),
    ("kinds_and_sizes_are_told", kinds_and_sizes_are_told),
    (
        "content_is_given_as_asked_for",
        content_is_given_as_asked_for,
    ),
    (
        "links_are_followed_if_asked_for",
        links_are_followed_if_asked_for,
    ),
    ("every_name_is_a_name", every_name_is_a_name),
    (
        "many_paths_are_answered_in_order",
        many_paths_are_answered_in_order,
    ),
    (
        "contents_asked_for_together_are_those_asked_for_alone",
        contents_asked_for_together_are_those_asked_for_alone,
    ),
];

fn nothing_is_nothing(contract: &Contract) {
    let file = contract.file("file", b"x");
    for path in [
        contract.path("no"),
        contract.path("no/such/path"),
        file.join("below"),
    ] {
        for content in [
            Content::None,
            Content::Digest,
            Content::UpTo(9),
            Content::From(0),
        ] {
            for follow in [false, true] {
                let node = contract.look(&path, follow, content.clone());
                assert_eq!(node, None, "{path} {content:?}");
            }
        }
    }
    assert!(
        contract
            .host
            .fetch(&contract.path("no"), &mut Vec::new(), &Limits::default())
            .is_err()
    );
}

fn kinds_and_sizes_are_told(contract: &Contract) {
    let file = contract.file("file", b"12345");
    let directory = contract.path("directory");
    contract.apply(&mkdir(&directory));
    let link = contract.path("link");
    contract.apply(&symlink(&link, "some where", None));
    let node = contract.stat(&file).unwrap();
    assert_eq!((node.kind, node.size), (Kind::File, 5));
    assert_eq!((node.content, node.sha256), (None, None));
    let node = contract.stat(&directory).unwrap();
    assert_eq!(node.kind, Kind::Directory);
    let node = contract.stat(&link).unwrap();
    let target = "some where".into();
    assert_eq!(node.kind, Kind::Symlink { target });
}

fn content_is_given_as_asked_for(contract: &Contract) {
    let bytes: Vec<u8> = (0..=255).cycle().take(2000).collect();
    let file = contract.file("file", &bytes);
    let empty = contract.file("empty", b"");
    let look = |content| contract.look(&file, false, content).unwrap();
    let digest = Some(sha256(&bytes));
    assert_eq!(look(Content::Digest).digest(), digest);
    assert_eq!(look(Content::Digest).content, None);
    assert_eq!(look(Content::UpTo(2000)).content.as_deref(), Some(&*bytes));
    assert_eq!(look(Content::UpTo(1999)).content, None);
    assert_eq!(look(Content::UpTo(1999)).digest(), digest);
    assert_eq!(
        look(Content::From(1990)).content.as_deref(),
        bytes.get(1990..)
    );
    assert_eq!(look(Content::From(3000)).content.unwrap_or_default(), b"");
    let node = contract.look(&empty, false, Content::UpTo(10)).unwrap();
    assert_eq!(node.content.as_deref(), Some(&b""[..]));
    let node = contract.look(&empty, false, Content::Digest).unwrap();
    assert_eq!(node.digest(), Some(sha256(b"")));
    assert_eq!(contract.read(&file), bytes);
    let node = contract
        .look(&contract.scratch, false, Content::UpTo(10))
        .unwrap();
    assert_eq!((node.kind, node.content), (Kind::Directory, None));
}

fn links_are_followed_if_asked_for(contract: &Contract) {
    let file = contract.file("file", b"content");
    let link = contract.path("link");
    let dangling = contract.path("dangling");
    let circle = contract.path("circle");
    contract.apply(&symlink(&link, "file", None));
    contract.apply(&symlink(&dangling, "nowhere", None));
    contract.apply(&symlink(&circle, "circle", None));
    let node = contract.look(&link, true, Content::UpTo(10)).unwrap();
    assert_eq!(
        (node.kind, node.content.as_deref()),
        (Kind::File, Some(&b"content"[..]))
    );
    let node = contract.look(&link, false, Content::UpTo(10)).unwrap();
    assert_eq!(node.content, None);
    assert_eq!(contract.look(&dangling, true, Content::Digest), None);
    assert_eq!(contract.look(&circle, true, Content::UpTo(1)), None);
    assert!(contract.look(&dangling, false, Content::Digest).is_some());
    assert_eq!(contract.read(&link), contract.read(&file));
}

fn every_name_is_a_name(contract: &Contract) {
    for name in HOSTILE {
        let path = contract.path(name);
        contract.apply(&write(&path, name.as_bytes()));
        let link = contract.path(&format!("{name}.link"));
        contract.apply(&symlink(&link, name, None));
    }
    let paths = HOSTILE
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("{name}.link")]);
    let questions: Vec<_> = paths
        .map(|name| Question::Path {
            path: contract.path(&name),
            follow: false,
            content: Content::Digest,
        })
        .collect();
    let answers = contract.ask(&questions);
    for (name, pair) in HOSTILE.iter().zip(answers.chunks(2)) {
        let [Answer::Path(Some(file)), Answer::Path(Some(link))] = pair else {
            panic!("{name:?}: {pair:?}");
        };
        assert_eq!(file.digest(), Some(sha256(name.as_bytes())), "{name:?}");
        let target = (*name).into();
        assert_eq!(link.kind, Kind::Symlink { target }, "{name:?}");
        let through = contract.path(&format!("{name}.link"));
        assert_eq!(contract.read(&through), name.as_bytes(), "{name:?}");
    }
    let mut expected: Vec<_> = questions
        .iter()
        .map(|question| match question {
            Question::Path { path, .. } => path.file_name().unwrap().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    expected.sort();
    let mut found = contract.names();
    found.sort();
    assert_eq!(found, expected);
    for name in HOSTILE {
        let path = contract.path(name);
        contract.apply(&Step::Remove {
            path: path.clone(),
            directory: false,
        });
        assert_eq!(contract.stat(&path), None);
        let ownership = Ownership::default();
        contract.apply(&Step::Mkdir {
            path: path.clone(),
            ownership,
        });
        let moved = contract.path(&format!("{name}.moved"));
        contract.apply(&Step::Rename {
            from: path,
            to: moved.clone(),
        });
        contract.apply(&Step::Remove {
            path: moved,
            directory: true,
        });
    }
}

fn many_paths_are_answered_in_order(contract: &Contract) {
    let long = "long name ".repeat(10);
    for number in 0..40 {
        contract.file(&format!("{long}{number}"), number.to_string().as_bytes());
    }
    let questions: Vec<_> = (0..400)
        .map(|number| Question::Path {
            path: contract.path(&format!("{long}{}", number % 50)),
            follow: number % 3 == 0,
            content: if number % 2 == 0 {
                Content::Digest
            } else {
                Content::None
            },
        })
        .collect();
    let before = contract.host.traffic();
    let answers = contract.ask(&questions);
    let cost = contract.host.traffic() - before;
    for (number, answer) in answers.into_iter().enumerate() {
        let Answer::Path(node) = answer else {
            panic!("{answer:?}")
        };
        let (there, digest) = (number % 50 < 40, number % 2 == 0);
        assert_eq!(node.is_some(), there, "{number}");
        if let (Some(node), true) = (node, digest) {
            let content = (number % 50).to_string();
            assert_eq!(node.digest(), Some(sha256(content.as_bytes())), "{number}");
        }
    }
    assert!(cost.round_trips <= 2, "{cost:?}");
    assert!(cost.forks <= 8, "{cost:?}");
}

/// Small and large files, empty ones, other kinds and odd names, all in one request.
fn contents_asked_for_together_are_those_asked_for_alone(contract: &Contract) {
    let mut paths = vec![
        contract.path("no"),
        contract.file("first", b"x").join("below"),
    ];
    for (number, content) in ["a\n", "", "no end", "1234567890", "12345678901", "b\n"]
        .iter()
        .enumerate()
    {
        paths.push(contract.file(&format!("file{number}"), content.as_bytes()));
    }
    for (number, name) in HOSTILE.iter().enumerate() {
        paths.push(contract.file(name, format!("content {number}").as_bytes()));
    }
    let directory = contract.path("directory");
    contract.apply(&mkdir(&directory));
    for (link, target) in [
        ("to-file", "file2"),
        ("to-directory", "directory"),
        ("to-no", "no"),
    ] {
        let link = contract.path(link);
        contract.apply(&symlink(&link, target, None));
        paths.push(link);
    }
    paths.extend([directory, contract.path("file0"), contract.path("file3")]);
    // Reading a file changes the time of its last access.
    let shown = |answers: Vec<Answer>| {
        let nodes = answers.into_iter().map(Answer::into_path);
        let shown = nodes.map(|node| {
            node.map(|node| (node.kind, node.size, node.mode, node.content, node.sha256))
        });
        shown.collect::<Vec<_>>()
    };
    for follow in [false, true] {
        for limit in [0, 10, u64::MAX] {
            let question = |path: &camino::Utf8PathBuf| Question::Path {
                path: path.clone(),
                follow,
                content: Content::UpTo(limit),
            };
            let questions: Vec<_> = paths.iter().map(question).collect();
            let together = contract.ask(&questions);
            for (question, together) in questions.iter().zip(together) {
                let alone = contract.ask(std::slice::from_ref(question));
                assert_eq!(shown(alone), shown(vec![together]), "{question:?}");
            }
        }
    }
}
