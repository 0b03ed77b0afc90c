//! The host contract on this machine with each shell, and on a host in memory.

use crate::contract::{Contract, check};
use camino::Utf8PathBuf;
use rmqplay::host::Local;
use rmqplay::host::shell::ShellHost;
use std::sync::Arc;

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::metadata(folder.path()).unwrap().uid() == 0
}

fn local(shell: &str) -> ShellHost {
    ShellHost::new(Arc::new(Local), shell, None)
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

#[test]
fn the_contract_holds_on_this_machine_with_dash() {
    check_local("dash");
}

#[test]
fn the_contract_holds_on_this_machine_with_bash() {
    check_local("bash");
}

#[test]
fn the_contract_holds_on_this_machine_with_busybox() {
    check_local("busybox sh");
}
