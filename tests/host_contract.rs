//! The host contract on this machine with each shell, and on a host in memory.

use crate::contract::{Contract, check};
use crate::executable::executable;
use camino::Utf8PathBuf;
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Command, Host, Limits, Local, Memory, Overlay};
use std::sync::{Arc, Once};

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::metadata(folder.path()).unwrap().uid() == 0
}

/// What a machine in the background was told to ignore, its children would ignore too: a program
/// that heeds SIGINT could not be told from one that does not.
fn heed_interrupts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| ctrlc::set_handler(|| std::process::exit(130)).unwrap());
}

fn local(shell: &str) -> ShellHost {
    heed_interrupts();
    ShellHost::new(Arc::new(Local::default()), shell, None)
}

fn check_local(shell: &str) {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    check(&Contract {
        host: &local(shell),
        scratch,
        real: true,
        root: is_root(),
    });
}

/// Returns a shell that runs `shell` with this umask: what steps make must not depend on it.
fn with_umask(umask: &str, shell: &str, folder: &tempfile::TempDir) -> String {
    let path = folder.path().join(umask);
    let text = format!("#!/bin/sh\numask {umask}\nexec {shell} \"$@\"\n");
    executable(&path, text);
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_contract_holds_on_this_machine_with_dash() {
    check_local("dash");
}

#[test]
fn the_contract_holds_on_this_machine_with_bash_and_a_strict_umask() {
    let folder = tempfile::tempdir().unwrap();
    check_local(&with_umask("077", "bash", &folder));
}

#[test]
fn the_contract_holds_on_this_machine_with_the_shell_of_busybox_and_no_umask() {
    let folder = tempfile::tempdir().unwrap();
    check_local(&with_umask("000", "busybox sh", &folder));
}

#[test]
fn the_contract_holds_on_this_machine_with_busybox_alone() {
    let folder = tempfile::tempdir().unwrap();
    let applets = folder.path().to_str().unwrap();
    let install = Command::new(["busybox", "--install", "-s", applets]);
    local("sh").query(&install, &Limits::default()).unwrap();
    check_local(&format!("env PATH={applets} busybox sh"));
}

/// A machine in memory with the users and directories that the contract takes for granted.
#[test]
fn the_contract_holds_in_memory() {
    let machine = Memory::machine().directory("/scratch");
    check(&Contract {
        host: &machine,
        scratch: "/scratch".into(),
        real: false,
        root: true,
    });
}

#[test]
fn the_contract_holds_in_check_mode() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    let below = Arc::new(local("sh"));
    check(&Contract {
        host: &Memory::over(below, Overlay::default()),
        scratch,
        real: false,
        root: is_root(),
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
