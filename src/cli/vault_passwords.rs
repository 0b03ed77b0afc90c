//! The passwords of Ansible Vault: from files, from programs that print them, and from the terminal.

use super::settings::{Settings, settings};
use super::typed;
use crate::host::Cancel;
use crate::source::{LocalPath, Problem, Problems, regular};
use crate::vault::{self, DEFAULT_LABEL, Password};
use clap::{Args, ValueHint};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// The passwords of Ansible Vault.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Vault")]
pub(super) struct VaultArguments {
    /// Decrypt with this password: LABEL@FILE, LABEL@prompt or FILE; repeatable
    /// [env: `ANSIBLE_VAULT_IDENTITY_LIST`].
    #[arg(long, value_name = "ID")]
    pub(super) vault_id: Vec<String>,
    /// Read a vault password from a file, or from a program's output; repeatable
    /// [env: `ANSIBLE_VAULT_PASSWORD_FILE`].
    #[arg(
        long,
        visible_alias = "vault-pass-file",
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub(super) vault_password_file: Vec<String>,
    /// Ask for the vault password.
    #[arg(
        short = 'J',
        long,
        visible_alias = "ask-vault-password",
        conflicts_with = "vault_password_file"
    )]
    pub(super) ask_vault_pass: bool,
}

/// Where a password comes from, with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    label: Option<String>,
    from: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// The terminal; `named` asks with the label.
    Prompt { named: bool },
    /// A file, or a program that prints it.
    File(LocalPath),
}

impl VaultArguments {
    /// Reads all passwords, and makes them those of this process.
    pub(super) fn unlock(&self) -> Result<(), Problem> {
        self.passwords(false).map(drop)
    }

    /// Returns all passwords, in the order in which they are tried. They are those of this process
    /// from now on. New ones are asked for twice.
    pub(super) fn passwords(&self, are_new: bool) -> Result<Vec<Password>, Problem> {
        let mut passwords = Vec::new();
        for source in self.sources(settings().map_err(first)?) {
            passwords.push(source.password(are_new)?);
            // The next one may be in a file that this one decrypts.
            vault::use_passwords(passwords.clone());
        }
        Ok(passwords)
    }

    fn sources(&self, settings: &Settings) -> Vec<Source> {
        let listed = settings.list("vault_identity_list");
        let ids = listed.iter().chain(&self.vault_id);
        let mut sources: Vec<_> = ids.map(|id| Source::of(id)).collect();
        let mut files = self.vault_password_file.clone();
        if files.is_empty() {
            files.extend(settings.text("vault_password_file"));
        }
        sources.extend(files.iter().map(|file| Source::file(None, file)));
        if self.ask_vault_pass || settings.boolean("ask_vault_pass") == Some(true) {
            sources.push(Source::prompt());
        }
        sources
    }
}

impl Source {
    /// Parses `LABEL@SOURCE` or `SOURCE`.
    pub(super) fn of(text: &str) -> Self {
        let (label, source) = match text.split_once('@') {
            Some((label, source)) => (Some(label).filter(|label| !label.is_empty()), source),
            None => (None, text),
        };
        match source {
            "prompt" | "prompt_ask_vault_pass" => Self {
                label: label.map(str::to_owned),
                from: Origin::Prompt {
                    named: source == "prompt",
                },
            },
            file => Self::file(label, file),
        }
    }

    /// Returns the source of `--ask-vault-pass`.
    pub(super) fn prompt() -> Self {
        Self {
            label: None,
            from: Origin::Prompt { named: false },
        }
    }

    /// Returns the source of `--vault-password-file`.
    pub(super) fn file(label: Option<&str>, file: &str) -> Self {
        let home = file.strip_prefix("~/").zip(std::env::home_dir());
        let path = match home {
            Some((below, home)) => LocalPath::of(home.join(below)),
            None => LocalPath::of(file),
        };
        Self {
            label: label.map(str::to_owned),
            from: Origin::File(path),
        }
    }

    /// Returns the password; a new one is asked for twice.
    pub(super) fn password(&self, is_new: bool) -> Result<Password, Problem> {
        let label = self.label.as_deref().unwrap_or(DEFAULT_LABEL);
        let mut bytes = match &self.from {
            Origin::Prompt { named } => typed_password(named.then_some(label), is_new)?,
            Origin::File(path) if is_program(path) => self.printed(path)?,
            Origin::File(path) => read(path)?,
        };
        let plain = trimmed(&bytes);
        if plain.is_empty() {
            let from = match &self.from {
                Origin::Prompt { .. } => String::new(),
                Origin::File(path) => format!(": {}", path.display()),
            };
            return Err(Problem::new(format!("the vault password is empty{from}")));
        }
        let plain = plain.to_vec();
        bytes.clear();
        Ok(Password::new(label, plain))
    }

    /// Runs a program that prints the password. One whose name ends in `-client` gets the label, as
    /// in Ansible.
    #[expect(
        clippy::disallowed_methods,
        reason = "the user's program runs on this machine"
    )]
    fn printed(&self, path: &LocalPath) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let mut command = Command::new(path.as_os_str());
        let stem = path.file_stem().unwrap_or_default();
        if let (true, Some(label)) = (stem.to_string_lossy().ends_with("-client"), &self.label) {
            command.args(["--vault-id", label]);
        }
        let name = path.display();
        let output = command
            .stdin(Stdio::inherit())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| {
                Problem::new(format!(
                    "cannot run the vault password program {name}: {error}"
                ))
                .help("remove the execute permission of a file that holds a password".to_owned())
            })?;
        if !output.status.success() {
            let status = output.status;
            return Err(Problem::new(format!(
                "the vault password program {name} failed: {status}"
            )));
        }
        Ok(Zeroizing::new(output.stdout))
    }
}

/// Returns what was typed at the terminal.
fn typed_password(label: Option<&str>, is_new: bool) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let of = label.map_or_else(String::new, |label| format!(" ({label})"));
    let ask = |what: &str| {
        let typed = typed::secret(&format!("{what}{of}: "), &Cancel::default());
        let typed = typed.map_err(|error| {
            Problem::new(format!("cannot ask for a vault password: {error}"))
                .help("without a terminal, pass --vault-password-file FILE".to_owned())
        })?;
        Ok(Zeroizing::new(typed.into_bytes()))
    };
    if !is_new {
        return ask("Vault password");
    }
    let typed = ask("New vault password")?;
    if typed == ask("Confirm new vault password")? {
        Ok(typed)
    } else {
        Err(Problem::new("the two passwords are not the same"))
    }
}

fn is_program(path: &LocalPath) -> bool {
    let metadata = std::fs::metadata(path);
    metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Returns the content of a password file, which may itself be encrypted with an earlier password.
fn read(path: &LocalPath) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let name = path.display();
    let content = regular::read(path).map_err(|error| {
        Problem::new(format!(
            "cannot read the vault password file {name}: {error}"
        ))
    })?;
    let content = Zeroizing::new(content);
    if !vault::is_encrypted(&content) {
        return Ok(Zeroizing::new(content.trim_ascii().to_vec()));
    }
    vault::decrypt(&content).map_err(|error| {
        let message = format!("cannot decrypt the vault password file {name}: {error}");
        Problem::new(message).help("pass its own password first".to_owned())
    })
}

/// Returns a password without line breaks at its ends.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = bytes.iter().take_while(|byte| is_break(byte)).count();
    let bytes = bytes.get(start..).unwrap_or_default();
    let end = bytes.iter().rev().take_while(|byte| is_break(byte)).count();
    bytes.get(..bytes.len() - end).unwrap_or_default()
}

/// Returns the first of several problems.
fn first(problems: Problems) -> Problem {
    let first = problems.0.into_iter().next();
    first.unwrap_or_else(|| Problem::new("the settings cannot be read"))
}
