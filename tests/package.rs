//! The Debian package: built from this program, installed into a bare tree, used there, and removed.

use std::path::{Path, PathBuf};
use std::process::Command;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{err}");
    out
}

/// Runs dpkg on a tree that has nothing but its own database, so no scripts and no dependencies.
fn dpkg(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("dpkg");
    command.arg("--root").arg(root);
    run(command
        .args(["--force-depends,not-root", "--no-triggers"])
        .arg(format!("--log={}", root.join("log").display()))
        .args(arguments));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn the_package_installs_into_a_bare_tree_and_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    for folder in ["info", "updates"] {
        std::fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
    }
    std::fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    run(Command::new("scripts/package").arg(env!("CARGO_BIN_EXE_rmqplay")));
    let built = files(Path::new("build/package"));
    let package = built
        .iter()
        .find(|path| path.extension().is_some_and(|end| end == "deb"));
    dpkg(root, &["--install", package.unwrap().to_str().unwrap()]);

    let program = root.join("usr/bin/rmqplay");
    let version = run(Command::new(&program).arg("--version"));
    assert!(
        version.starts_with(concat!("rmqplay ", env!("CARGO_PKG_VERSION"))),
        "{version}"
    );
    let share = root.join("usr/share/rmqplay");
    let mut check = Command::new(&program);
    check.args(["check", "playbooks/deploy.yml", "-i", "inventory/prod.yml"]);
    run(check.current_dir(&share));
    for path in [
        "usr/share/man/man1/rmqplay-run.1.gz",
        "usr/share/bash-completion/completions/rmqplay",
        "usr/share/zsh/vendor-completions/_rmqplay",
        "usr/share/fish/vendor_completions.d/rmqplay.fish",
        "usr/share/doc/rmqplay/copyright",
    ] {
        let text = std::fs::read(root.join(path)).unwrap();
        let checkout = env!("CARGO_MANIFEST_DIR").as_bytes();
        assert!(!text.is_empty(), "{path}");
        assert!(
            !text.windows(checkout.len()).any(|part| part == checkout),
            "{path}"
        );
    }

    dpkg(root, &["--purge", "rmqplay"]);
    assert_eq!(files(&root.join("usr")), Vec::<PathBuf>::new());
}
