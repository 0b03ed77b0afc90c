//! The host contract over SSH.

use crate::contract::{Contract, check};
use crate::sshd::{Sshd, connections};
use camino::Utf8PathBuf;
use rmqplay::host::shell::ShellHost;

fn check_over_ssh(shell: &str) {
    let sshd = Sshd::start("");
    let folder = tempfile::tempdir().unwrap();
    let transport = connections().transport(&sshd.target());
    check(&Contract {
        host: &ShellHost::new(transport, shell, None),
        scratch: Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap(),
        real: true,
        root: true,
    });
}

#[test]
fn the_contract_holds_over_ssh_with_dash() {
    check_over_ssh("dash");
}

#[test]
fn the_contract_holds_over_ssh_with_busybox() {
    check_over_ssh("busybox sh");
}
