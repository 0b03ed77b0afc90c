//! Names, bytes and links that others have made to do harm.

use crate::contract::{mode, symlink, write};
use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{
    Answer, Before, Body, Command, Content, Host, HostError, Limits, Local, Node, Ownership,
    Question, Step,
};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::sync::Arc;

const SHELLS: [&str; 3] = ["dash", "bash", "busybox sh"];

fn local(shell: &str) -> ShellHost {
    ShellHost::new(Arc::new(Local::default()), shell, None)
}

fn apply(host: &ShellHost, step: &Step) -> Result<(), HostError> {
    host.apply(step, &Limits::default()).map(|_| ())
}

fn look(host: &ShellHost, path: &Utf8Path, content: Content) -> Option<Node> {
    let question = Question::Path {
        path: path.to_owned(),
        follow: false,
        content,
    };
    match host.ask(&[question], &Limits::default()).unwrap().pop() {
        Some(Answer::Path(node)) => node,
        other => panic!("{other:?}"),
    }
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

/// File names of characters that shells have a use for, and of all others.
fn name() -> impl Strategy<Value = String> {
    let special = proptest::sample::select(
        " '\"\\$`\n\t*?[]{}~!#&;|<>()-=%.^\r\u{7f}\u{1}"
            .chars()
            .collect::<Vec<_>>(),
    );
    let any = any::<char>().prop_filter("no name", |c| !matches!(c, '/' | '\0'));
    let character = prop_oneof![special, any, proptest::char::range('a', 'c')];
    proptest::collection::vec(character, 1..40)
        .prop_map(|characters| characters.into_iter().collect::<String>())
        .prop_filter("names of their own", |name| name != "." && name != "..")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_name_and_the_bytes_the_file_has_them(
        names in proptest::collection::hash_set(name(), 1..4),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        targets in proptest::collection::vec(name(), 3),
    ) {
        for shell in SHELLS {
            let (_folder, scratch) = folder();
            let host = local(shell);
            for (name, target) in names.iter().zip(&targets) {
                let path = scratch.join(name);
                apply(&host, &write(&path, &bytes)).unwrap();
                prop_assert_eq!(std::fs::read(&path).unwrap(), &*bytes);
                let node = look(&host, &path, Content::UpTo(1000)).unwrap();
                prop_assert_eq!(node.content.as_deref(), Some(&*bytes));
                let link = scratch.join(format!("{name}.link"));
                apply(&host, &symlink(&link, target, None)).unwrap();
                prop_assert_eq!(std::fs::read_link(&link).unwrap(), std::path::Path::new(target));
                let kind = look(&host, &link, Content::Digest).unwrap().kind;
                let target = target.as_str().into();
                prop_assert_eq!(kind, rmqplay::host::Kind::Symlink { target });
            }
            let tree = Question::Tree { path: scratch.clone(), depth: None };
            let answers = host.ask(&[tree], &Limits::default()).unwrap();
            let [Answer::Tree(nodes)] = answers.as_slice() else { panic!("{answers:?}") };
            prop_assert_eq!(nodes.len(), std::fs::read_dir(&scratch).unwrap().count());
        }
    }

    #[test]
    fn whatever_the_words_the_command_gets_them(
        words in proptest::collection::vec(name(), 1..5),
        value in name(),
    ) {
        for shell in SHELLS {
            let mut command = Command::new(["printf", "%s\\0"]);
            command.argv.extend(words.clone());
            command.environment.insert("VALUE".to_owned(), value.clone());
            let output = local(shell).query(&command, &Limits::default()).unwrap();
            let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
            command.argv = ["sh", "-c", "printf %s \"$VALUE\""].map(str::to_owned).into();
            let output = local(shell).query(&command, &Limits::default()).unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&output.stdout), value.as_str());
        }
    }
}

/// A directory that another user owns, with a link to a file that is not that user's. Nothing
/// where we are not root, who alone is worth such a trap.
struct Trap {
    _folder: tempfile::TempDir,
    directory: Utf8PathBuf,
    victim: Utf8PathBuf,
    link: Utf8PathBuf,
}

const OTHER: u32 = 54321;

impl Trap {
    fn set() -> Option<Self> {
        let (folder, scratch) = folder();
        let directory = scratch.join("theirs");
        std::fs::create_dir(&directory).unwrap();
        chown(&directory, Some(OTHER), Some(OTHER)).ok()?;
        let victim = scratch.join("victim");
        std::fs::write(&victim, "ours").unwrap();
        std::fs::set_permissions(&victim, PermissionsExt::from_mode(0o600)).unwrap();
        let link = directory.join("link");
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        Some(Self {
            _folder: folder,
            directory,
            victim,
            link,
        })
    }

    fn victim_is_untouched(&self) {
        assert_eq!(std::fs::read(&self.victim).unwrap(), b"ours");
        let node = std::fs::metadata(&self.victim).unwrap();
        assert_eq!((node.uid(), node.mode() & 0o7777), (0, 0o600));
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn owned(mode: u32) -> Ownership {
    Ownership {
        mode: Some(mode),
        owner: Some(OTHER.to_string()),
        group: Some(OTHER.to_string()),
    }
}

#[test]
fn a_file_written_over_a_planted_link_replaces_the_link() {
    for shell in SHELLS {
        let Some(trap) = Trap::set() else { return };
        let host = local(shell);
        for content in [b"new".to_vec(), vec![b'x'; 100_000]] {
            let step = Step::Write {
                path: trap.link.clone(),
                before: None,
                body: Body::Bytes(content.clone().into()),
                ownership: owned(0o666),
                backup: None,
                validate: None,
            };
            apply(&host, &step).unwrap();
            trap.victim_is_untouched();
            let node = std::fs::symlink_metadata(&trap.link).unwrap();
            assert!(node.is_file());
            assert_eq!((node.uid(), node.mode() & 0o7777), (OTHER, 0o666));
            assert_eq!(std::fs::read(&trap.link).unwrap(), content);
            assert_eq!(trap.names(), ["link"]);
            std::fs::remove_file(&trap.link).unwrap();
            std::os::unix::fs::symlink(&trap.victim, &trap.link).unwrap();
        }
    }
}

#[test]
fn a_backup_does_not_go_through_a_planted_link() {
    let Some(trap) = Trap::set() else { return };
    let host = local("sh");
    let file = trap.directory.join("file");
    apply(&host, &write(&file, b"old")).unwrap();
    let step = |backup| Step::Write {
        path: file.clone(),
        before: Some(Before::of(b"old".to_vec())),
        body: Body::Bytes(b"new"[..].into()),
        ownership: Ownership::default(),
        backup: Some(backup),
        validate: None,
    };
    apply(&host, &step(trap.link.clone())).unwrap_err();
    trap.victim_is_untouched();
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    apply(&host, &step(trap.directory.join("backup"))).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
    assert_eq!(trap.names(), ["backup", "file", "link"]);
}

#[test]
fn attributes_do_not_go_through_a_planted_link() {
    let Some(trap) = Trap::set() else { return };
    let host = local("sh");
    let step = |after| Step::Attributes {
        path: trap.link.clone(),
        before: Ownership::default(),
        after,
        follow: false,
    };
    let owner = Ownership {
        mode: None,
        ..owned(0)
    };
    apply(&host, &step(owner)).unwrap();
    apply(&host, &step(mode(0o777))).unwrap_err();
    trap.victim_is_untouched();
    assert_eq!(std::fs::symlink_metadata(&trap.link).unwrap().uid(), OTHER);
}

#[test]
fn a_tree_is_removed_without_what_its_links_lead_to() {
    let Some(trap) = Trap::set() else { return };
    let outside = trap.victim.parent().unwrap().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("kept"), "").unwrap();
    std::os::unix::fs::symlink(&outside, trap.directory.join("way")).unwrap();
    let remove = Step::Remove {
        path: trap.directory.clone(),
        directory: true,
    };
    apply(&local("sh"), &remove).unwrap();
    assert!(!trap.directory.exists());
    assert!(outside.join("kept").exists());
    trap.victim_is_untouched();
}

#[test]
fn a_name_that_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt;
    let (_folder, scratch) = folder();
    let odd = std::ffi::OsStr::from_bytes(b"odd\xff");
    std::fs::write(scratch.as_std_path().join(odd), "").unwrap();
    let link = scratch.join("link");
    std::os::unix::fs::symlink(odd, &link).unwrap();
    for shell in SHELLS {
        let host = local(shell);
        let tree = Question::Tree {
            path: scratch.clone(),
            depth: None,
        };
        let path = Question::Path {
            path: link.clone(),
            follow: false,
            content: Content::None,
        };
        for question in [tree, path] {
            let error = host.ask(&[question], &Limits::default()).unwrap_err();
            assert!(error.to_string().contains("not UTF-8"), "{error}");
        }
    }
}
