//! Tests for files of this machine.

use crate::host::unchanged_here;
use crate::source::regular;
use crate::template::call::Call;
use crate::value::Value;
use crate::vault;
use minijinja::Error;
use std::path::{Path, PathBuf};

type Result = std::result::Result<Value, Error>;

fn path(call: &Call<'_, '_, '_>) -> std::result::Result<PathBuf, Error> {
    Ok(call.path(&call.value_text()?))
}

/// Returns the path, if check mode has not changed what is there: that cannot be asked here.
fn unchanged_path(call: &Call<'_, '_, '_>) -> std::result::Result<PathBuf, Error> {
    let path = path(call)?;
    unchanged_here(&path).map_err(|reason| reason.error())?;
    Ok(path)
}

/// `exists`: whether the path exists, following links.
pub(super) fn exists(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(unchanged_path(call)?.exists().into())
}

/// `link_exists`: whether the path exists; a dangling link does.
pub(super) fn link_exists(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(unchanged_path(call)?.symlink_metadata().is_ok().into())
}

/// `file`: whether it is a file.
pub(super) fn file(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(unchanged_path(call)?.is_file().into())
}

/// `directory`: whether it is a folder.
pub(super) fn directory(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(unchanged_path(call)?.is_dir().into())
}

/// `link`: whether it is a symbolic link.
pub(super) fn link(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(unchanged_path(call)?.is_symlink().into())
}

/// `abs`: whether the path is absolute.
pub(super) fn abs(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(Path::new(&call.value_text()?).is_absolute().into())
}

/// `same_file`: whether both paths lead to the same file.
pub(super) fn same_file(call: &mut Call<'_, '_, '_>) -> Result {
    let other = crate::template::text::text(&call.required("other")?)?;
    let real = |path: &Path| {
        let real = path.canonicalize();
        real.map_err(|error| call.wrong(&format!("{}: {error}", path.display())))
    };
    Ok((real(&path(call)?)? == real(&call.path(&other))?).into())
}

/// `mount`: whether a file system is mounted there.
pub(super) fn mount(call: &mut Call<'_, '_, '_>) -> Result {
    let Ok(real) = path(call)?.canonicalize() else {
        return Ok(false.into());
    };
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let real = real.to_string_lossy();
    let mut points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    Ok((real == "/" || points.any(|point| point.replace("\\040", " ") == real)).into())
}

/// `vault_encrypted`: whether the text is that of a `!vault` value. Ansible keeps this with the
/// value; here another value with the same text counts, too.
pub(super) fn vault_encrypted(call: &mut Call<'_, '_, '_>) -> Result {
    Ok(call
        .value()?
        .as_str()
        .is_some_and(vault::is_decrypted_value)
        .into())
}

/// `vaulted_file`: whether the file is encrypted.
pub(super) fn vaulted_file(call: &mut Call<'_, '_, '_>) -> Result {
    let path = path(call)?;
    let content = regular::read(&path);
    let content = content.map_err(|error| call.wrong(&format!("{}: {error}", path.display())))?;
    Ok(vault::is_encrypted(&content).into())
}
