//! Files that are encrypted as a whole.

use super::editor::Editor;
use super::written::write;
use crate::cli::interrupt::Interrupt;
use crate::source::{LocalPath, Problem, regular};
use crate::vault::{self, DEFAULT_LABEL, Envelope, Password};
use clap::{Args, ValueHint};
use std::io::{IsTerminal as _, Read as _, Write as _};
use zeroize::Zeroizing;

/// Files to convert, and where the result goes.
#[derive(Debug, Args)]
pub(super) struct FileArguments {
    /// Files; - or none for standard input.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<String>,
    /// Write the result to this file; - for standard output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<String>,
}

impl FileArguments {
    /// Converts each file. From here on ^C counts once a file is written.
    pub(super) fn each(
        &self,
        done_what: &str,
        interrupt: &Interrupt,
        convert: impl Fn(&[u8]) -> Result<Zeroizing<Vec<u8>>, Problem>,
    ) -> Result<(), Problem> {
        if self.output.is_some() && self.files.len() > 1 {
            return Err(Problem::new("--output takes the result of one file"));
        }
        let stdin = ["-".to_owned()];
        let files = match self.files.as_slice() {
            [] => stdin.as_slice(),
            files => files,
        };
        for file in files {
            if interrupt.cancel().is_cancelled() {
                return Ok(());
            }
            let content = read(file)?;
            interrupt.defer();
            let converted = convert(&content).map_err(|problem| of_file(file, problem))?;
            put(self.output.as_ref().unwrap_or(file), &converted)?;
        }
        done(done_what, files);
        Ok(())
    }
}

/// Encrypts a content that is not encrypted yet.
pub(super) fn encrypted(
    content: &[u8],
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    if vault::is_encrypted(content) {
        let help = "to change its password, use rmqplay vault rekey".to_owned();
        return Err(Problem::new("already encrypted").help(help));
    }
    seal(content, password).map(|text| Zeroizing::new(text.into_bytes()))
}

/// Decrypts a content.
pub(super) fn decrypted(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, Problem> {
    if !vault::is_encrypted(content) {
        return Err(Problem::new("not encrypted with Ansible Vault"));
    }
    vault::decrypt(content).map_err(|error| Problem::new(error.to_string()).help(error.help()))
}

/// Prints the plaintext of a file.
pub(super) fn view(file: &str) -> Result<(), Problem> {
    put("-", &open(file)?)
}

/// Creates an encrypted file in the editor.
pub(super) fn create(
    file: &str,
    password: &Password,
    interrupt: &Interrupt,
) -> Result<(), Problem> {
    let path = LocalPath::of(file);
    if path.exists() {
        let help = format!("to change it, use rmqplay vault edit {file}");
        return Err(Problem::new(format!("{file} already exists")).help(help));
    }
    let folder = path.parent();
    if !folder.is_dir() {
        return Err(Problem::new(format!("there is no folder {folder}")));
    }
    let typed = Editor::open(file, b"", interrupt)?;
    write(&path, seal(&typed, password)?.as_bytes())
}

/// Edits an encrypted file, and encrypts it with `new` or else with the password that opens it. One
/// that stays the same is not written.
pub(super) fn edit(
    file: &str,
    new: Option<&Password>,
    passwords: &[Password],
    interrupt: &Interrupt,
) -> Result<(), Problem> {
    let path = LocalPath::of(file);
    let sealed = read(file)?;
    let plain = decrypted(&sealed).map_err(|problem| of_file(file, problem))?;
    let envelope = Envelope::read(&sealed).map_err(|error| Problem::new(error.to_string()))?;
    // Its label may be of another password than the one that opens it.
    let opens = passwords
        .iter()
        .find(|password| envelope.open(password.reveal()).is_some());
    let label = envelope.label.clone();
    let password = match (new, opens) {
        (Some(new), _) => new.clone(),
        (None, Some(same)) => Password::new(
            label.unwrap_or_else(|| DEFAULT_LABEL.to_owned()),
            same.reveal().to_vec(),
        ),
        (None, None) => return Err(Problem::new(format!("{file}: wrong vault password"))),
    };
    let typed = Editor::open(file, &plain, interrupt)?;
    if typed == plain && new.is_none() {
        return Ok(());
    }
    write(&path, seal(&typed, &password)?.as_bytes())
}

/// Encrypts files with another password.
pub(super) fn rekey(
    files: &[String],
    password: &Password,
    interrupt: &Interrupt,
) -> Result<(), Problem> {
    interrupt.defer();
    for file in files {
        if interrupt.cancel().is_cancelled() {
            return Ok(());
        }
        let plain = open(file)?;
        write(&LocalPath::of(file), seal(&plain, password)?.as_bytes())?;
    }
    done("Encrypted with the new password", files);
    Ok(())
}

/// Says what was done, if somebody is there to read it.
fn done(what: &str, files: &[String]) {
    if std::io::stdout().is_terminal() {
        let _ = writeln!(anstream::stderr(), "{what}: {}", files.join(", "));
    }
}

/// Returns the text of encrypted bytes.
pub(super) fn seal(plain: &[u8], password: &Password) -> Result<String, Problem> {
    let salt = vault::new_salt()
        .map_err(|error| Problem::new(format!("no random numbers for a salt: {error}")))?;
    let label = Some(&password.label).filter(|label| *label != DEFAULT_LABEL);
    Ok(Envelope::seal(plain, password.reveal(), salt, label.cloned()).write())
}

fn open(file: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    decrypted(&read(file)?).map_err(|problem| of_file(file, problem))
}

/// Returns the content of a file, or of standard input.
fn read(file: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let content = if file == "-" {
        if std::io::stdin().is_terminal() {
            let _ = writeln!(
                anstream::stderr(),
                "Reading from standard input; ^D ends it"
            );
        }
        let mut content = Vec::new();
        let read = std::io::stdin().read_to_end(&mut content);
        read.map(|_| content)
    } else {
        regular::read(&LocalPath::of(file))
    };
    content
        .map(Zeroizing::new)
        .map_err(|error| Problem::new(format!("cannot read {file}: {error}")))
}

/// Writes the content of a file, or standard output.
pub(super) fn put(file: &str, content: &[u8]) -> Result<(), Problem> {
    if file != "-" {
        return write(&LocalPath::of(file), content);
    }
    let mut out = std::io::stdout();
    let written = out.write_all(content).and_then(|()| out.flush());
    written.map_err(|error| Problem::new(format!("cannot write to standard output: {error}")))
}

fn of_file(file: &str, problem: Problem) -> Problem {
    Problem {
        message: format!("{file}: {}", problem.message),
        ..problem
    }
}
