//! Downloads from a server of the test's own.

use super::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// A server on 127.0.0.1 that serves a few files and counts its requests.
struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
}

fn serve(files: &[(&str, &str)]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let files: HashMap<String, String> = files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), (*content).to_owned()))
        .collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            let _headers: Vec<_> = lines
                .map(Result::unwrap)
                .take_while(|line| !line.is_empty())
                .collect();
            counter.fetch_add(1, Ordering::Relaxed);
            let path = request.split([' ', '?']).nth(1).unwrap();
            let answer = match files.get(path) {
                Some(content) if content.starts_with("-> ") => {
                    format!(
                        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n",
                        &content[3..]
                    ) + "Connection: close\r\n\r\n"
                }
                Some(content) if content == "cut" => {
                    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly this"
                        .to_owned()
                }
                Some(content) => format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{content}",
                    content.len()
                ),
                None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .to_owned(),
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    Server { address, asked }
}

const HELLO: &str = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn download(server: &Server, path: &str, checksum: &str) -> Download {
    Download {
        url: format!("{}{path}", server.address),
        checksum: (!checksum.is_empty()).then(|| checksum.parse().unwrap()),
        insecure: false,
    }
}

#[test]
fn a_file_is_fetched_once_and_then_taken_from_the_cache() {
    let server = serve(&[
        ("/dir/hello.txt", "hello\n"),
        ("/moved", "-> /dir/hello.txt"),
    ]);
    let cache = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let path = download(&server, "/dir/hello.txt?x=/y", HELLO)
            .fetch(cache.path(), &Limits::default())
            .unwrap();
        assert!(path.ends_with("hello.txt"));
        assert_eq!(std::fs::read_to_string(path).unwrap(), "hello\n");
    }
    assert_eq!(server.asked.load(Ordering::Relaxed), 1);
    let moved = download(&server, "/moved", HELLO)
        .fetch(cache.path(), &Limits::default())
        .unwrap();
    assert_eq!(std::fs::read_to_string(&moved).unwrap(), "hello\n");
    std::fs::write(&moved, "spoilt").unwrap();
    let again = download(&server, "/moved", HELLO)
        .fetch(cache.path(), &Limits::default())
        .unwrap();
    assert_eq!(std::fs::read_to_string(again).unwrap(), "hello\n");
}

#[test]
fn another_file_than_declared_is_not_kept() {
    let server = serve(&[("/a", "evil\n"), ("/cut", "cut")]);
    let cache = tempfile::tempdir().unwrap();
    let error = download(&server, "/a", HELLO)
        .fetch(cache.path(), &Limits::default())
        .unwrap_err();
    assert!(matches!(error, DownloadError::Differs { .. }), "{error}");
    let error = download(&server, "/cut", HELLO)
        .fetch(cache.path(), &Limits::default())
        .unwrap_err();
    assert!(matches!(error, DownloadError::Fetch { .. }), "{error}");
    let error = download(&server, "/missing", HELLO)
        .fetch(cache.path(), &Limits::default())
        .unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    let kept = std::fs::read_dir(cache.path()).unwrap().flatten();
    assert!(
        kept.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap())
            .next()
            .is_none()
    );
}

#[test]
fn what_nothing_proves_is_warned_of() {
    for (url, checksum, insecure, doubted) in [
        ("http://a/b", "", false, true),
        ("http://a/b", "", true, false),
        ("http://a/b", HELLO, false, false),
        ("https://a/b", "", false, false),
        ("https://a/b", HELLO, false, false),
        ("http://a/b", "sha256:https://a/list", false, false),
        ("http://a/b", "sha256:http://a/list", false, true),
        ("https://a/b", "sha256:http://a/list", false, true),
        ("https://a/b", "sha256:http://a/list", true, false),
    ] {
        let download = Download {
            url: url.to_owned(),
            checksum: (!checksum.is_empty()).then(|| checksum.parse().unwrap()),
            insecure,
        };
        let shown = format!("{url} {checksum} {insecure}");
        assert_eq!(download.doubt().is_some(), doubted, "{shown}");
    }
}

#[test]
fn a_warning_shows_no_password() {
    let download = Download {
        url: "http://me:secret@127.0.0.1/x".to_owned(),
        checksum: None,
        insecure: false,
    };
    let doubt = download.doubt().unwrap();
    assert!(
        doubt.contains("http://127.0.0.1/x") && !doubt.contains("secret"),
        "{doubt}"
    );
}

#[test]
fn only_the_web_is_fetched_from() {
    let ftp = Download {
        url: "ftp://me:secret@127.0.0.1/x".to_owned(),
        checksum: None,
        insecure: true,
    };
    let cache = tempfile::tempdir().unwrap();
    let error = ftp.fetch(cache.path(), &Limits::default()).unwrap_err();
    let expected = "ftp://127.0.0.1/x is not an http or https URL";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_list_of_checksums_proves_a_file() {
    let (_, hello) = HELLO.split_once(':').unwrap();
    let list = format!("{}  other\n{hello} *./dir/a\n", "0".repeat(64));
    let server = serve(&[("/a", "hello\n"), ("/list", &list), ("/b", "hello\n")]);
    let cache = tempfile::tempdir().unwrap();
    let listed = |path: &str| Download {
        insecure: true,
        ..download(&server, path, &format!("{}/list", server.address))
    };
    listed("/a")
        .fetch(cache.path(), &Limits::default())
        .unwrap();
    let error = listed("/b")
        .fetch(cache.path(), &Limits::default())
        .unwrap_err();
    assert!(matches!(error, DownloadError::NotListed { .. }), "{error}");
}

#[test]
fn lists_of_every_usual_form_are_read() {
    let (_, hex) = HELLO.split_once(':').unwrap();
    let capitals = hex.to_uppercase();
    let (start, end) = capitals.split_at(32);
    let grouped = |text: &str| {
        let groups: Vec<_> = text
            .as_bytes()
            .chunks(8)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect();
        groups.join(" ")
    };
    for list in [
        hex.to_owned(),
        format!("{hex}\n"),
        format!("{hex}  a.zip\n"),
        format!("{hex} *a.zip\n"),
        format!("SHA256 (a.zip) = {hex}\n"),
        format!("a.zip: {}\n       {}\n", grouped(start), grouped(end)),
        format!("{}  b.zip\n{hex}  dir/a.zip\n", "1".repeat(64)),
    ] {
        let found = Digest::find(&list, "a.zip", None);
        assert_eq!(
            found.map(|digest| digest.hex).as_deref(),
            Some(hex),
            "{list}"
        );
    }
    for list in [
        "",
        "no digest at all",
        &format!("{hex}  b.zip\n"),
        &format!("b.zip: {hex}"),
        &hex[..63],
    ] {
        assert_eq!(Digest::find(list, "a.zip", None), None, "{list}");
    }
    assert_eq!(
        Digest::find(hex, "a.zip", Some(checksum::Algorithm::Sha512)),
        None
    );
}

#[test]
fn checksums_are_read_as_declared() {
    for text in [
        "",
        "md5:5d41402abc4b2a76b9719d911017c592",
        "sha256:xyz",
        "sha512:00",
        "5891b5b522",
    ] {
        assert!(text.parse::<Checksum>().is_err(), "{text}");
    }
    let (_, hex) = HELLO.split_once(':').unwrap();
    for text in [HELLO, hex, &format!("SHA256: {}", hex.to_uppercase())] {
        let Ok(Checksum::Digest(digest)) = text.parse() else {
            panic!("{text}");
        };
        assert_eq!(digest.to_string(), HELLO);
    }
}

/// The behaviour of a server that never completes a download.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stuck {
    /// It does not accept the connection.
    Deaf,
    /// It accepts the connection and sends nothing.
    Silent,
    /// It closes the connection in the middle of the headers.
    Headers,
    /// It announces 100 bytes, and sends one.
    Body,
    /// It never stops sending.
    Endless,
    /// It never stops sending chunks.
    Chunks,
    /// It redirects to another address of its own, which sends nothing.
    Redirect,
}

impl Stuck {
    const ALL: [Self; 7] = [
        Self::Deaf,
        Self::Silent,
        Self::Headers,
        Self::Body,
        Self::Endless,
        Self::Chunks,
        Self::Redirect,
    ];

    /// Starts it, and signals each time it reaches that point.
    fn start(self) -> (String, Receiver<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/file", listener.local_addr().unwrap());
        let (stuck, reached) = channel();
        std::thread::spawn(move || {
            if self == Self::Deaf {
                stuck.send(()).unwrap();
                std::thread::park();
            }
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                let answer = match self {
                    Self::Headers => "HTTP/1.1 200 OK\r\nContent-",
                    Self::Body => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx",
                    Self::Endless => "HTTP/1.1 200 OK\r\n\r\n",
                    Self::Chunks => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                    Self::Redirect if request.contains("/file") => {
                        "HTTP/1.1 302 Found\r\nLocation: /silent\r\nContent-Length: 0\r\n\r\n"
                    }
                    _ => "",
                };
                // The other side may have closed the connection.
                let _ = stream.write_all(answer.as_bytes());
                let _ = stuck.send(());
                let piece: &[u8] = match self {
                    Self::Endless => &[b'x'; 4096],
                    Self::Chunks => b"1\r\nx\r\n",
                    _ => &[],
                };
                while !piece.is_empty() && stream.write_all(piece).is_ok() {}
                kept.push(stream);
            }
        });
        (address, reached)
    }
}

#[test]
fn a_limit_ends_a_download_whatever_the_server_does() {
    for server in Stuck::ALL {
        for (by_deadline, list) in [(true, false), (false, false), (true, true), (false, true)] {
            let (url, reached) = server.start();
            let mut limits = Limits::default();
            let cancel = limits.cancel.clone();
            if by_deadline {
                limits.deadline = Some(Instant::now() + Duration::from_millis(300));
            } else {
                std::thread::spawn(move || {
                    reached.recv().unwrap();
                    cancel.cancel();
                });
            }
            let cache = tempfile::tempdir().unwrap();
            let checksum = Checksum::List {
                url: url.clone(),
                algorithm: Some(Algorithm::Sha256),
            };
            let download = Download {
                url,
                checksum: list.then_some(checksum),
                insecure: true,
            };
            let error = download.fetch(cache.path(), &limits).unwrap_err();
            let right = match error {
                DownloadError::Limit(HostError::TimedOut) => by_deadline,
                DownloadError::Limit(HostError::Cancelled) => !by_deadline,
                // The size of a list is limited.
                DownloadError::Fetch { ref reason, .. } => list && reason.contains("at most"),
                _ => false,
            };
            assert!(
                right,
                "{server:?}, deadline {by_deadline}, list {list}: {error}"
            );
            assert_eq!(files_below(cache.path()), [] as [PathBuf; 0], "{server:?}");
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = paths.flat_map(|path| {
        if path.is_dir() {
            files_below(&path)
        } else {
            vec![path]
        }
    });
    below.collect()
}

#[test]
fn what_a_killed_download_left_goes_at_the_next_one() {
    let server = serve(&[("/a", "hello\n")]);
    let cache = tempfile::tempdir().unwrap();
    let unfinished = cache.path().join("unfinished");
    let left = unfinished.join("download-LEFT");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join(".in-use"), "").unwrap();
    std::fs::write(left.join("content"), "half").unwrap();
    let another = TemporaryFolder::new(&unfinished, "download-").unwrap();
    assert!(!left.exists());
    let fetched = download(&server, "/a", HELLO).fetch(cache.path(), &Limits::default());
    assert_eq!(
        std::fs::read_to_string(fetched.unwrap()).unwrap(),
        "hello\n"
    );
    let entries = std::fs::read_dir(&unfinished).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    assert_eq!(paths.collect::<Vec<_>>(), [another.path()]);
}
