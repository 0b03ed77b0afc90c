//! Tests of the `known_hosts` reader against the rules of ssh, line by line.

use super::*;
use proptest::prelude::*;

/// Keys are compared as bytes, so any bytes will do.
const OURS: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x01A";
const OTHER: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x01B";
const RSA: &[u8] = b"\0\0\0\x07ssh-rsa\0\0\0\x01C";

/// Returns the text with `OURS`, `OTHER` and `RSA` replaced by algorithm and key.
fn with_keys(text: &str) -> String {
    let mut text = text.to_owned();
    for (word, algorithm, key) in [
        ("OURS", "ssh-ed25519", OURS),
        ("OTHER", "ssh-ed25519", OTHER),
        ("RSA", "ssh-rsa", RSA),
    ] {
        text = text.replace(word, &format!("{algorithm} {}", STANDARD.encode(key)));
    }
    text
}

fn standing(text: &str, host: &str, port: u16) -> Standing {
    let mut known = KnownHosts::default();
    known.add(Path::new("known_hosts"), &with_keys(text));
    known.standing(host, port, OURS)
}

fn line(number: usize) -> Line {
    Line {
        file: "known_hosts".into(),
        number,
    }
}

const UNKNOWN: Standing = Standing::Unknown { authority: None };

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn the_standing_of_a_key_is_that_of_ssh() {
    let changed = |number| Standing::Changed { line: line(number) };
    let revoked = |number| Standing::Revoked { line: line(number) };
    for (text, host, port, expected) in [
        ("", "web1", 22, UNKNOWN),
        ("web1 OURS", "web1", 22, Standing::Known),
        (
            "web1 OURS comment of many words\n",
            "WEB1",
            22,
            Standing::Known,
        ),
        ("Web1 OURS", "web1", 22, Standing::Known),
        ("web1 OTHER", "web1", 22, changed(1)),
        ("# web1 OTHER\n\n  \nweb1 OTHER", "web1", 22, changed(4)),
        ("web2 OURS", "web1", 22, UNKNOWN),
        // Several keys of a host, with the same or different algorithms.
        ("web1 RSA\nweb1 OURS", "web1", 22, Standing::Known),
        ("web1 OTHER\nweb1 OURS", "web1", 22, Standing::Known),
        ("web1 OURS\nweb1 OTHER", "web1", 22, Standing::Known),
        // Known only with another algorithm: a new key is not simply accepted.
        ("web1 RSA", "web1", 22, changed(1)),
        // Ports.
        ("[web1]:2222 OURS", "web1", 2222, Standing::Known),
        ("[web1]:2222 OURS", "web1", 22, UNKNOWN),
        ("[web1]:2222 OTHER", "web1", 2222, changed(1)),
        ("web1 OURS", "web1", 2222, Standing::Known),
        ("web1 OTHER", "web1", 2222, UNKNOWN),
        ("[::1]:2222 OURS", "::1", 2222, Standing::Known),
        ("::1 OURS", "::1", 22, Standing::Known),
        // Lists, globs and negation.
        ("db1,web1,10.0.0.1 OURS", "10.0.0.1", 22, Standing::Known),
        (
            "*.example.com,!bad.example.com OURS",
            "a.example.com",
            22,
            Standing::Known,
        ),
        (
            "*.example.com,!bad.example.com OURS",
            "bad.example.com",
            22,
            UNKNOWN,
        ),
        (
            "!bad.example.com,*.example.com OURS",
            "bad.example.com",
            22,
            UNKNOWN,
        ),
        ("web? OTHER", "web1", 22, changed(1)),
        ("* OURS", "anything", 2222, Standing::Known),
        // Blanks and line endings.
        ("web1\tOURS", "web1", 22, Standing::Known),
        ("  web1  \t OURS  ", "web1", 22, Standing::Known),
        ("web1 OTHER\r\nweb2 OURS\r\n", "web2", 22, Standing::Known),
        // Revoked keys.
        ("@revoked web1 OURS\nweb1 OURS", "web1", 22, revoked(1)),
        ("web1 OURS\n@revoked * OURS", "web1", 22, revoked(2)),
        ("@revoked web2 OURS\nweb1 OURS", "web1", 22, Standing::Known),
        (
            "@revoked web1 OTHER\nweb1 OURS",
            "web1",
            22,
            Standing::Known,
        ),
        ("@revoked web1 OTHER", "web1", 22, UNKNOWN),
        ("@revoked\tweb1\tOURS", "web1", 2222, revoked(1)),
        (
            "[web1]:2222 OURS\n@revoked web1 OURS",
            "web1",
            2222,
            revoked(2),
        ),
        // Certificate authorities do not vouch for a plain key.
        (
            "@cert-authority web* OURS",
            "web1",
            22,
            Standing::Unknown {
                authority: Some(line(1)),
            },
        ),
        (
            "@cert-authority web1 OTHER\nweb1 OURS",
            "web1",
            22,
            Standing::Known,
        ),
        // Invalid lines are ignored.
        ("@unknown web1 OURS", "web1", 22, UNKNOWN),
        ("web1", "web1", 22, UNKNOWN),
        ("web1 ssh-ed25519", "web1", 22, UNKNOWN),
        (
            "web1 ssh-ed25519 not=base64\nweb1 OURS",
            "web1",
            22,
            Standing::Known,
        ),
        ("|1|nonsense OURS", "web1", 22, UNKNOWN),
        (
            "web1 2048 65537 1234\nweb1 OURS",
            "web1",
            22,
            Standing::Known,
        ),
    ] {
        assert_eq!(
            standing(text, host, port),
            expected,
            "{text:?} {host}:{port}"
        );
    }
}

#[test]
fn hashed_names_match_as_ssh_keygen_wrote_them() {
    // Created by `ssh-keygen -H`.
    let web1 = "|1|3YRzaXsTqG43TL5U+wQdBcHZgiQ=|j/oEhsYl7We4xv5yEdvchBlmlhs=";
    let text = format!("{web1} OURS");
    assert_eq!(standing(&text, "WEB1", 22), Standing::Known);
    assert_eq!(standing(&text, "web2", 22), UNKNOWN);
    let ours = hash("[web1]:2222").unwrap();
    assert_eq!(
        standing(&format!("{ours} OURS"), "web1", 2222),
        Standing::Known
    );
    assert_eq!(standing(&format!("{ours} OURS"), "web1", 22), UNKNOWN);
}

#[test]
fn the_known_algorithms_come_in_the_order_of_the_files() {
    let mut known = KnownHosts::default();
    known.add(
        Path::new("a"),
        &with_keys("web1 RSA\n@revoked web1 OTHER\nweb2 OURS\nweb1 RSA\n[web1]:2222 OURS"),
    );
    assert_eq!(known.algorithms("web1", 22), ["ssh-rsa"]);
    assert_eq!(known.algorithms("web1", 2222), ["ssh-ed25519", "ssh-rsa"]);
    assert!(known.algorithms("web3", 22).is_empty());
}

#[test]
fn a_missing_file_is_empty_and_an_unreadable_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let known = KnownHosts::read(std::slice::from_ref(&missing)).unwrap();
    assert_eq!(known.standing("web1", 22, OURS), UNKNOWN);
    let unreadable = folder.path().to_owned();
    let error = KnownHosts::read(&[missing, unreadable.clone()]).unwrap_err();
    assert_eq!(error.file, unreadable);
    assert!(error.to_string().starts_with("cannot read /"), "{error}");
}

#[test]
fn bytes_that_are_no_text_spoil_only_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let mut bytes = b"w\xffb1 x\n".to_vec();
    bytes.extend(with_keys("web1 OURS").bytes());
    std::fs::write(&file, bytes).unwrap();
    let known = KnownHosts::read(&[file]).unwrap();
    assert_eq!(known.standing("web1", 22, OURS), Standing::Known);
}

fn new<'a>(host: &'a str, port: u16, key: &'a [u8]) -> NewKey<'a> {
    NewKey {
        host,
        port,
        algorithm: "ssh-ed25519",
        key,
        hashed: false,
    }
}

#[test]
fn a_learned_key_is_a_whole_line_in_a_private_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ssh/known_hosts");
    assert_eq!(
        learn(&file, &new("Web1", 22, OURS)).unwrap(),
        Standing::Known
    );
    assert_eq!(
        learn(&file, &new("web2", 2222, OURS)).unwrap(),
        Standing::Known
    );
    let expected = with_keys("web1 OURS\n[web2]:2222 OURS\n");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    // A known key is not written again.
    assert_eq!(
        learn(&file, &new("web1", 22, OURS)).unwrap(),
        Standing::Known
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn learning_ends_an_unfinished_line_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    std::fs::write(&file, with_keys("web1 OURS")).unwrap();
    learn(&file, &new("web2", 22, OURS)).unwrap();
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        with_keys("web1 OURS\nweb2 OURS\n")
    );
}

#[test]
fn learning_never_accepts_a_second_or_revoked_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let text = with_keys("web1 OTHER\n@revoked web2 OURS\n");
    std::fs::write(&file, &text).unwrap();
    let changed = learn(&file, &new("web1", 22, OURS)).unwrap();
    assert!(matches!(changed, Standing::Changed { line } if line.number == 1));
    let revoked = learn(&file, &new("web2", 22, OURS)).unwrap();
    assert!(matches!(revoked, Standing::Revoked { line } if line.number == 2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_hashed_name_is_learned_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let hashed = NewKey {
        hashed: true,
        ..new("web1", 22, OURS)
    };
    assert_eq!(learn(&file, &hashed).unwrap(), Standing::Known);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("|1|") && !text.contains("web1"), "{text}");
    assert_eq!(learn(&file, &hashed).unwrap(), Standing::Known);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn fifty_hosts_learned_at_once_are_fifty_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    std::thread::scope(|scope| {
        for thread in 0..100 {
            let file = &file;
            // Two threads per host: the second must not write the key again.
            let host = format!("host{}", thread % 50);
            scope.spawn(move || learn(file, &new(&host, 22, OURS)).unwrap());
        }
    });
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    let mut expected: Vec<_> = (0..50)
        .map(|host| with_keys(&format!("host{host} OURS")))
        .collect();
    expected.sort();
    assert_eq!(lines, expected);
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "(?s)[@#|!,*? \t\r\na-z0-9=+/]{0,200}") {
        let mut known = KnownHosts::default();
        known.add(Path::new("x"), &text);
        known.standing("web1", 22, OURS);
        known.algorithms("web1", 22);
    }

    #[test]
    fn a_learned_key_is_known_whatever_stood_in_the_file(
        before in "(?s)[@#|!,. \t\r\na-z0-9=+/]{0,200}",
        host in "[a-z][a-z0-9.-]{0,20}",
        port in 1_u16..,
        hashed: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, &before).unwrap();
        let key = NewKey { hashed, ..new(&host, port, OURS) };
        let learned = learn(&file, &key).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        prop_assert!(text.starts_with(&before));
        if learned == Standing::Known {
            let known = KnownHosts::read(&[file]).unwrap();
            prop_assert_eq!(known.standing(&host, port, OURS), Standing::Known);
        } else {
            prop_assert_eq!(text, before);
        }
    }
}
