//! The lab: real sshd hosts in name spaces, for the tests that need them.
//!
//! They run where `RMQPLAY_LAB` is set, and then a lab that cannot be used is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Hosts of a lab; they end with it, where it was brought up here.
pub(crate) struct Lab {
    name: &'static str,
    /// Whether it was brought up here.
    is_own: bool,
}

/// Returns whether the lab's tests are wanted.
pub(crate) fn wanted() -> bool {
    std::env::var_os("RMQPLAY_LAB").is_some()
}

/// Names the lab in a process that `Lab::test` has started.
const CONTROLLER: &str = "RMQPLAY_LAB_CONTROLLER";

/// Returns whether this process runs on the controller of the lab of that name.
pub(crate) fn is_controller_of(lab: &str) -> bool {
    std::env::var_os(CONTROLLER).is_some_and(|name| name == lab)
}

/// The checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the password by which `operator` is root on the hosts of that lab.
pub(crate) fn operator_password(lab: &str) -> String {
    let file = root().join("build/lab").join(lab).join("operator_password");
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

impl Lab {
    /// Starts so many hosts under a name of their own.
    pub(crate) fn up(name: &'static str, hosts: usize, userland: &str) -> Self {
        let lab = Self { name, is_own: true };
        lab.run(&["up", &hosts.to_string(), "--userland", userland]);
        lab
    }

    /// Returns the lab of that name if this process runs on its controller.
    pub(crate) fn of_controller(name: &'static str) -> Option<Self> {
        is_controller_of(name).then_some(Self {
            name,
            is_own: false,
        })
    }

    /// Runs `tests/lab`, which must succeed, and returns what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "tests/lab {arguments:?}: {text}{error}"
        );
        text
    }

    /// Runs `tests/lab` and returns what it left.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(root().join("tests/lab"));
        command
            .args(["--name", self.name])
            .args(arguments)
            .current_dir(root());
        command.output().unwrap()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the inventory of its hosts.
    pub(crate) fn inventory(&self) -> PathBuf {
        root().join(format!("inventory/lab-{}.yml", self.name))
    }

    /// Runs rmqplay on the controller and returns what it left.
    pub(crate) fn rmqplay(&self, arguments: &[&str]) -> Output {
        let binary = env!("CARGO_BIN_EXE_rmqplay");
        self.try_run(&[&["ctl", binary], arguments].concat())
    }

    /// Runs the tests of this program whose names begin so in a process on the controller: it is
    /// there that they reach the hosts by themselves.
    pub(crate) fn test(&self, beginning: &str) {
        let test = std::env::current_exe().unwrap();
        let name = format!("{CONTROLLER}={}", self.name);
        let words = ["ctl", "env", &name, test.to_str().unwrap(), beginning];
        let output = self.run(&[words.as_slice(), &["--test-threads=1"]].concat());
        assert!(
            !output.contains(" 0 passed"),
            "no test begins so: {beginning}"
        );
    }

    /// Returns everything that was written on the hosts since they started, with times.
    pub(crate) fn written(&self, hosts: usize) -> String {
        (1..=hosts)
            .map(|host| self.run(&["written", &host.to_string(), "--times"]))
            .collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.is_own {
            self.try_run(&["down"]);
        }
    }
}
