//! The properties of this machine that connections depend on.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The properties of this machine that connections depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// The user who runs rmqplay.
    pub user: String,
    /// The user's home, which contains `.ssh`.
    pub home: PathBuf,
    /// The environment, for `SSH_AUTH_SOCK` and for `${NAME}` in `ssh_config`.
    pub environment: BTreeMap<String, String>,
}

impl Controller {
    /// Returns the current properties of this machine.
    pub fn of_process() -> Self {
        let environment: BTreeMap<_, _> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let variable = |name: &str| environment.get(name).cloned();
        let account = std::fs::metadata("/proc/self")
            .ok()
            .and_then(|process| account(process.uid()));
        let (user, home) = account.unwrap_or_default();
        Self {
            user: Some(user)
                .filter(|user| !user.is_empty())
                .or_else(|| variable("USER"))
                .unwrap_or_else(|| "root".to_owned()),
            home: variable("HOME").unwrap_or(home).into(),
            environment,
        }
    }
}

/// Returns the name and home of the account with this id.
fn account(uid: u32) -> Option<(String, String)> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        match fields.as_slice() {
            [name, _, id, _, _, home, ..] if id.parse() == Ok(uid) => {
                Some(((*name).to_owned(), (*home).to_owned()))
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_user_with_a_home() {
        let controller = Controller::of_process();
        assert!(!controller.user.is_empty());
        assert!(controller.home.is_absolute());
        let root = account(0).unwrap();
        assert_eq!(root, ("root".to_owned(), "/root".to_owned()));
    }
}
