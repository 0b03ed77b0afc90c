//! Which password encrypts.

use crate::cli::settings::settings;
use crate::cli::vault_passwords::{Source, VaultArguments};
use crate::source::{Problem, did_you_mean};
use crate::vault::Password;
use clap::{Args, ValueHint};

/// Which of several passwords encrypts.
#[derive(Debug, Default, Args)]
pub(super) struct EncryptArguments {
    /// Encrypt with the password of this label.
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
}

/// The new password of `rekey`.
#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// Encrypt with this password: LABEL@FILE, LABEL@prompt or FILE.
    #[arg(long, value_name = "ID", conflicts_with = "new_vault_password_file")]
    new_vault_id: Option<String>,
    /// Read the new password from a file, or from a program's output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    new_vault_password_file: Option<String>,
}

impl NewArguments {
    /// Returns the new password; without an option it is asked for.
    pub(super) fn password(&self, encrypt: &EncryptArguments) -> Result<Password, Problem> {
        let source = match (&self.new_vault_id, &self.new_vault_password_file) {
            (Some(id), _) => Source::of(id),
            (None, Some(file)) => Source::file(None, file),
            (None, None) => Source::prompt(),
        };
        let passwords = [source.password(true)?];
        let [password] = &passwords;
        Ok(chosen(&passwords, encrypt)?.unwrap_or(password).clone())
    }
}

/// Returns the passwords that decrypt: there must be one.
pub(super) fn to_decrypt(arguments: &VaultArguments) -> Result<Vec<Password>, Problem> {
    let passwords = arguments.passwords(false)?;
    if passwords.is_empty() {
        let help = "pass --vault-password-file FILE or --ask-vault-pass";
        return Err(Problem::new("no vault password was given").help(help.to_owned()));
    }
    Ok(passwords)
}

/// Returns the password that encrypts; if none was given, it is asked for.
pub(super) fn to_encrypt(
    arguments: &VaultArguments,
    encrypt: &EncryptArguments,
) -> Result<Password, Problem> {
    let passwords = arguments.passwords(true)?;
    let of_settings = settings().ok();
    let of_settings = of_settings.and_then(|all| all.text("vault_encrypt_identity"));
    let chosen = match (chosen(&passwords, encrypt)?, of_settings) {
        (None, Some(label)) => Some(labelled(&passwords, &label)?),
        (chosen, _) => chosen,
    };
    match (chosen, passwords.as_slice()) {
        (Some(password), _) => Ok(password.clone()),
        (None, []) => Source::prompt().password(true),
        (None, [password]) => Ok(password.clone()),
        (None, several) => Err(
            Problem::new("there are several vault passwords").help(format!(
                "choose one with --encrypt-vault-id: {}",
                labels(several)
            )),
        ),
    }
}

/// Returns the password of `--encrypt-vault-id`, which must be among those that were given.
pub(super) fn chosen<'p>(
    passwords: &'p [Password],
    encrypt: &EncryptArguments,
) -> Result<Option<&'p Password>, Problem> {
    match &encrypt.encrypt_vault_id {
        Some(label) => labelled(passwords, label).map(Some),
        None => Ok(None),
    }
}

/// Returns the password with a label.
fn labelled<'p>(passwords: &'p [Password], label: &str) -> Result<&'p Password, Problem> {
    let found = passwords.iter().find(|password| password.label == *label);
    found.ok_or_else(|| {
        let known = passwords.iter().map(|password| password.label.as_str());
        let hint = did_you_mean(label, known)
            .or_else(|| (!passwords.is_empty()).then(|| format!("given: {}", labels(passwords))));
        Problem::new(format!("no vault password has the label \"{label}\"")).help(hint)
    })
}

fn labels(passwords: &[Password]) -> String {
    let labels: Vec<_> = passwords.iter().map(|known| known.label.as_str()).collect();
    labels.join(", ")
}
