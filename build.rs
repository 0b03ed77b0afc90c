//! Gives `--version` the target and, in a release build from a checkout, the commit.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let of_cargo = |name: &str| std::env::var(name).unwrap_or_default();
    let mut version = of_cargo("CARGO_PKG_VERSION");
    let release = of_cargo("PROFILE") == "release";
    // A developer's build does not start over with each commit.
    if release && let Some(commit) = git(&["log", "-1", "--format=%h %cs"]) {
        version = format!("{version} ({commit})");
        for name in ["HEAD", "logs/HEAD"] {
            if let Some(path) = git(&["rev-parse", "--git-path", name]) {
                println!("cargo::rerun-if-changed={path}");
            }
        }
    }
    let has_static = of_cargo("CARGO_CFG_TARGET_FEATURE").contains("crt-static");
    let sign = |enabled| if enabled { '+' } else { '-' };
    println!("cargo::rustc-env=RMQPLAY_VERSION={version}");
    println!("cargo::rustc-env=RMQPLAY_TARGET={}", of_cargo("TARGET"));
    println!(
        "cargo::rustc-env=RMQPLAY_FEATURES={}static {}debug",
        sign(has_static),
        sign(!release)
    );
}

/// Runs git in this package's folder; nothing if it is not a checkout of its own.
#[expect(clippy::disallowed_methods, reason = "a build has no host")]
fn git(arguments: &[&str]) -> Option<String> {
    if !std::path::Path::new(".git").exists() {
        return None;
    }
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
