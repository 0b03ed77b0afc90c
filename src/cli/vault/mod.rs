//! `rmqplay vault`: encrypts and decrypts files and values like ansible-vault.

mod editor;
mod files;
mod keys;
mod strings;
mod written;

use super::interrupt::Interrupt;
use super::vault_passwords::VaultArguments;
use super::{Exit, refuse};
use crate::source::Problem;
use clap::{Args, Subcommand};
use files::FileArguments;
use keys::{EncryptArguments, NewArguments};
use std::io::IsTerminal as _;
use strings::StringArguments;

/// Encrypt and decrypt files and values like ansible-vault.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create an encrypted file in the editor of $VISUAL or $EDITOR.
    Create {
        /// New file.
        file: String,
        /// Open the editor even if standard output is not a terminal.
        #[arg(long)]
        skip_tty_check: bool,
        #[command(flatten)]
        passwords: VaultArguments,
        #[command(flatten)]
        encrypt: EncryptArguments,
    },
    /// Edit encrypted files in the editor of $VISUAL or $EDITOR.
    Edit {
        /// Encrypted files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
        #[command(flatten)]
        passwords: VaultArguments,
        #[command(flatten)]
        encrypt: EncryptArguments,
    },
    /// Print encrypted files.
    View {
        /// Encrypted files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
        #[command(flatten)]
        passwords: VaultArguments,
    },
    /// Encrypt files, or standard input.
    Encrypt {
        #[command(flatten)]
        files: FileArguments,
        #[command(flatten)]
        passwords: VaultArguments,
        #[command(flatten)]
        encrypt: EncryptArguments,
    },
    /// Decrypt files, or standard input.
    Decrypt {
        #[command(flatten)]
        files: FileArguments,
        #[command(flatten)]
        passwords: VaultArguments,
    },
    /// Encrypt values, and print them as YAML.
    #[command(name = "encrypt_string", alias = "encrypt-string")]
    EncryptString {
        #[command(flatten)]
        strings: StringArguments,
        #[command(flatten)]
        passwords: VaultArguments,
        #[command(flatten)]
        encrypt: EncryptArguments,
    },
    /// Encrypt files with a new password.
    Rekey {
        /// Encrypted files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
        #[command(flatten)]
        passwords: VaultArguments,
        #[command(flatten)]
        new: NewArguments,
        #[command(flatten)]
        encrypt: EncryptArguments,
    },
}

/// Carries out one of the actions.
pub(super) fn execute(arguments: &Arguments, interrupt: &Interrupt) -> Exit {
    let is_edited = matches!(
        arguments.action,
        Action::Create { .. } | Action::Edit { .. }
    );
    match act(&arguments.action, interrupt) {
        Err(problem) => refuse(&problem.into(), Exit::Error),
        // In an editor, ^C is a key like others.
        Ok(()) if is_edited => Exit::Ok,
        Ok(()) if interrupt.cancel().is_cancelled() => Exit::Interrupted,
        Ok(()) => Exit::Ok,
    }
}

fn act(action: &Action, interrupt: &Interrupt) -> Result<(), Problem> {
    match action {
        Action::Create {
            file,
            skip_tty_check,
            passwords,
            encrypt,
        } => {
            if !skip_tty_check && !std::io::stdout().is_terminal() {
                let message = "cannot open the editor: standard output is not a terminal";
                let help = "to open it nevertheless, pass --skip-tty-check";
                return Err(Problem::new(message).help(help.to_owned()));
            }
            files::create(file, &keys::to_encrypt(passwords, encrypt)?, interrupt)
        }
        Action::Edit {
            files,
            passwords,
            encrypt,
        } => {
            let passwords = keys::to_decrypt(passwords)?;
            let new = keys::chosen(&passwords, encrypt)?;
            (files.iter()).try_for_each(|file| files::edit(file, new, &passwords, interrupt))
        }
        Action::View { files, passwords } => {
            keys::to_decrypt(passwords)?;
            files.iter().try_for_each(|file| files::view(file))
        }
        Action::Encrypt {
            files,
            passwords,
            encrypt,
        } => {
            let password = keys::to_encrypt(passwords, encrypt)?;
            files.each("Encrypted", interrupt, |content| {
                files::encrypted(content, &password)
            })
        }
        Action::Decrypt { files, passwords } => {
            keys::to_decrypt(passwords)?;
            files.each("Decrypted", interrupt, files::decrypted)
        }
        Action::EncryptString {
            strings,
            passwords,
            encrypt,
        } => strings.encrypt(&keys::to_encrypt(passwords, encrypt)?),
        Action::Rekey {
            files,
            passwords,
            new,
            encrypt,
        } => {
            keys::to_decrypt(passwords)?;
            files::rekey(files, &new.password(encrypt)?, interrupt)
        }
    }
}
