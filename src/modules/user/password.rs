//! The password of an account, and how long both are valid.

use super::{Found, UpdatePassword, UserModule};
use crate::host::Aging;
use crate::module::{ModuleError, PlanContext};

/// The seconds of a day.
const DAY: f64 = 86400.0;

impl UserModule {
    /// Returns whether the present password or its validity matters.
    pub(super) fn needs_shadow(&self) -> bool {
        self.password.is_some() && self.update_password == UpdatePassword::Always
            || self.password_lock.is_some()
            || !self.aging().is_empty()
    }

    /// Fails if the password is not a hash. Ansible only warns about it.
    pub(super) fn check_password(
        &self,
        context: &PlanContext,
    ) -> Result<Option<String>, ModuleError> {
        if self.password.as_deref().is_none_or(is_hash) {
            return Ok(None);
        }
        if context.templates.is_lenient() {
            let warning = "The input password appears not to have been hashed. The 'password' \
                           argument must be encrypted for this module to work properly.";
            return Ok(Some(warning.to_owned()));
        }
        Err(ModuleError::Refused {
            message: "password: expected a hash, not the password itself".to_owned(),
            help: Some(
                "create one with the filter password_hash: \"{{ secret | password_hash }}\""
                    .to_owned(),
            ),
        })
    }

    /// Returns the password to set, unless it is already set. A locked one has `!` before its hash.
    pub(super) fn new_password(&self, found: &Found) -> Option<String> {
        let lock = self.password_lock;
        let given = self.password.as_ref().map(|password| match lock {
            Some(true) => locked(password),
            _ => password.clone(),
        });
        if found.user.is_none() {
            return given;
        }
        let present = found.shadow_line(&self.name).and_then(password_of);
        if let (Some(given), UpdatePassword::Always) = (given, self.update_password) {
            let is_other = present.is_none_or(|present| hash(present) != hash(&given));
            let is_open = present.is_some_and(|present| !present.starts_with('!'));
            if is_other || is_open && given.starts_with('!') {
                return Some(given);
            }
        }
        match (lock, present) {
            (Some(true), Some(present)) if !present.starts_with('!') => Some(locked(present)),
            (Some(false), Some(present)) if present.starts_with('!') => {
                // Ansible's tool refuses that too: anybody could log in.
                Some(hash(present).to_owned()).filter(|hash| !hash.is_empty())
            }
            _ => None,
        }
    }

    /// Returns the given limits of validity.
    pub(super) fn aging(&self) -> Aging {
        let days = self.expires.map(|seconds| (seconds / DAY).floor());
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float that is too large becomes the largest integer"
        )]
        let expires = days.map(|days| if days < 0.0 { -1 } else { days as i64 });
        Aging {
            minimum: self.password_expire_min,
            maximum: self.password_expire_max,
            warning: self.password_expire_warn,
            inactive: self.password_expire_account_disable,
            expires,
        }
    }

    /// Returns the limits of validity to set.
    pub(super) fn new_aging(&self, found: &Found) -> Aging {
        match &found.user {
            None => self.aging(),
            Some(_) => self.aging().that_differs(found.shadow_line(&self.name)),
        }
    }
}

impl Found {
    /// Returns the line of the account in `/etc/shadow`.
    fn shadow_line(&self, name: &str) -> Option<&str> {
        let mut lines = self.shadow.as_deref()?.lines();
        lines.find(|line| line.split(':').next() == Some(name))
    }
}

fn password_of(line: &str) -> Option<&str> {
    line.split(':').nth(1)
}

/// Returns a password without the marks that lock it.
fn hash(password: &str) -> &str {
    password.trim_start_matches('!')
}

fn locked(password: &str) -> String {
    match password {
        locked if locked.starts_with('!') => locked.to_owned(),
        open => format!("!{open}"),
    }
}

/// Hashes start with `$`, or have 13 letters in the old form; `!` and `*` mean no password.
fn is_hash(text: &str) -> bool {
    let text = text.trim_start_matches('!');
    let of_old = |letter: char| letter.is_ascii_alphanumeric() || "./".contains(letter);
    text.is_empty()
        || text.chars().all(|letter| letter == '*')
        || text.starts_with('$') && text.matches('$').count() >= 3
        || text.len() == 13 && text.chars().all(of_old)
}
