//! Completion at Tab and the manual pages: both come from the definitions of the command line.

use std::process::{Command, Output};

fn rmqplay() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rmqplay"));
    command
        .current_dir("tests/command_line")
        .env_remove("RMQPLAY_INVENTORY");
    command
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(str::to_owned).collect()
}

/// Returns the candidates for the last word of a command line, asked as a shell's script asks.
fn candidates(typed: &str) -> Vec<String> {
    let words: Vec<_> = typed.split(' ').collect();
    let output = rmqplay()
        .arg("--")
        .args(&words)
        .env("RMQPLAY_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    lines(&output)
}

#[test]
fn tab_offers_what_fits_and_nothing_else() {
    for (typed, expected) in [
        ("rmqplay ru", &["run"][..]),
        ("rmqplay completions ", &["bash", "zsh", "fish"]),
        ("rmqplay run --lim", &["--limit"]),
        ("rmqplay run si", &["site.yml"]),
        (
            "rmqplay run ../command_line/si",
            &["../command_line/site.yml"],
        ),
        ("rmqplay run site.yml -i inventory.yml -l web1", &["web1"]),
        (
            "rmqplay run site.yml --inventory=inventory.yml -l web",
            &["web", "web1", "web2"],
        ),
        (
            "rmqplay run site.yml -i inventory.yml --limit=web1:!we",
            &[
                "--limit=web1:!web",
                "--limit=web1:!web1",
                "--limit=web1:!web2",
            ],
        ),
        ("rmqplay exec -i inventory.yml all:&web1", &["all:&web1"]),
        ("rmqplay exec -i inventory.yml web1,web2", &["web1,web2"]),
        ("rmqplay inventory host -i inventory.yml web2", &["web2"]),
        ("rmqplay inventory graph -i inventory.yml al", &["all"]),
        ("rmqplay inventory hosts -i nowhere.yml we", &[]),
        // The project's own inventory.
        ("rmqplay run site.yml -l web", &["web", "web1", "web2"]),
        ("rmqplay run site.yml -t sa", &["say"]),
        ("rmqplay run site.yml -t show,sa", &["show,say"]),
        ("rmqplay run nowhere.yml -t sa", &[]),
        ("rmqplay exec all -m lineinf", &["lineinfile"]),
        ("rmqplay modules rocketmq_cl", &["rocketmq_cluster"]),
        ("rmqplay run site.yml --output ", &["text", "json"]),
    ] {
        let found = candidates(typed);
        let own = |name: &&String| {
            !name.starts_with('-') || typed.contains('=') || typed.contains("--lim")
        };
        let found: Vec<_> = found.iter().filter(own).collect();
        assert_eq!(found, expected, "{typed}");
    }
}

#[test]
fn tab_offers_the_modules_of_the_project() {
    let output = rmqplay()
        .args([
            "--",
            "rmqplay",
            "modules",
            "--playbook-dir",
            "../modules",
            "",
        ])
        .env("RMQPLAY_COMPLETE", "fish")
        .output()
        .unwrap();
    let found = lines(&output);
    let own = found.iter().find(|line| line.contains("Turns swap off."));
    assert!(own.is_some(), "{found:?}");
}

#[test]
fn bash_completes_with_the_script_that_is_printed() {
    let script = r#"
        source <("$0" completions bash)
        complete -p rmqplay >/dev/null || exit 1
        function=$(complete -p rmqplay | sed 's/.*-F \([^ ]*\).*/\1/')
        COMP_WORDS=(rmqplay run site.yml -i inventory.yml -l we) COMP_CWORD=6 COMP_TYPE=9
        "$function" rmqplay we -l
        printf '%s\n' "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_rmqplay")])
        .current_dir("tests/command_line")
        .output()
        .unwrap();
    assert_eq!(lines(&output), ["web", "web1", "web2"]);
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let output = rmqplay().arg("man").arg(folder.path()).output().unwrap();
    let written = lines(&output);
    for name in [
        "rmqplay",
        "rmqplay-run",
        "rmqplay-inventory-graph",
        "rmqplay-man",
    ] {
        let path = folder.path().join(format!("{name}.1"));
        assert!(written.contains(&path.display().to_string()), "{written:?}");
    }
    let page = std::fs::read_to_string(folder.path().join("rmqplay-run.1")).unwrap();
    assert!(page.contains("become\\-password\\-file"), "{page}");
}

#[test]
fn the_version_names_the_build() {
    let output = rmqplay().arg("--version").output().unwrap();
    let lines = lines(&output);
    assert_eq!(lines[0], concat!("rmqplay ", env!("CARGO_PKG_VERSION")));
    assert!(lines[1].starts_with("target: "), "{lines:?}");
    assert!(lines[2].contains("+debug"), "{lines:?}");
}
