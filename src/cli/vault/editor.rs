//! The user's editor, on a file that leaves nothing behind.

use crate::cli::interrupt::Interrupt;
use crate::files::TemporaryFolder;
use crate::source::{Problem, regular};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use zeroize::Zeroizing;

/// A folder with the plaintext, for as long as the editor runs: files in it are overwritten and
/// removed in any case.
pub(super) struct Editor {
    folder: TemporaryFolder,
}

impl Drop for Editor {
    fn drop(&mut self) {
        // An editor may leave backups next to the file.
        let entries = fs::read_dir(self.folder.path()).into_iter().flatten();
        for entry in entries.flatten() {
            if let Ok(metadata) = entry.metadata()
                && metadata.is_file()
                && let Ok(mut file) = OpenOptions::new().write(true).open(entry.path())
            {
                let size = usize::try_from(metadata.len()).unwrap_or_default();
                let _ = file.write_all(&vec![0; size]);
            }
        }
    }
}

impl Editor {
    /// Returns what the user makes of a content. ^C is for the editor, and does not end rmqplay
    /// while the plaintext is in a file.
    pub(super) fn open(
        name: &str,
        content: &[u8],
        interrupt: &Interrupt,
    ) -> Result<Zeroizing<Vec<u8>>, Problem> {
        interrupt.defer();
        let failed = |error: std::io::Error| {
            Problem::new(format!("cannot make a file for the editor: {error}"))
        };
        let folder = TemporaryFolder::new(&place(), "rmqplay-vault-").map_err(failed)?;
        let editor = Self { folder };
        // The same name, from which editors know the syntax.
        let name = Path::new(name).file_name().unwrap_or_default();
        let path = editor.folder.path().join(name);
        let mut file = private(&path).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        drop(file);
        run(&path)?;
        let typed = regular::read(&path);
        let typed =
            typed.map_err(|error| Problem::new(format!("the editor left no file: {error}")))?;
        Ok(Zeroizing::new(typed))
    }
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Returns the folder for plaintext: in memory if there is one, so that it never reaches a disk.
fn place() -> PathBuf {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let in_memory = of_user.into_iter().chain([PathBuf::from("/dev/shm")]);
    let is_usable = |path: &PathBuf| {
        rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok() && path.is_dir()
    };
    in_memory
        .into_iter()
        .find(is_usable)
        .unwrap_or_else(std::env::temp_dir)
}

/// Runs the editor of $VISUAL or $EDITOR, which may have arguments, or vi.
#[expect(
    clippy::disallowed_methods,
    reason = "the user's editor runs on this machine"
)]
fn run(path: &Path) -> Result<(), Problem> {
    let given = ["VISUAL", "EDITOR"]
        .iter()
        .filter_map(|name| std::env::var(name).ok());
    let mut given = given.filter(|editor| !editor.trim().is_empty());
    let editor = given.next().unwrap_or_else(|| "vi".to_owned());
    // The value is a command line. A shell that stays would end with ^C, which is for the editor.
    let status = Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("exec {editor} \"$@\""))
        .arg(&editor)
        .arg(path)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(
            Problem::new(format!("the editor {editor} failed: {status}"))
                .help("nothing was written".to_owned()),
        ),
        Err(error) => Err(Problem::new(format!(
            "cannot run the editor {editor}: {error}"
        ))),
    }
}
