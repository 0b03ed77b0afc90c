//! Programs that tests make and run.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program. Another process does: what this one has open for writing, a child that another
/// test starts at that moment has open too, and until that child runs its own program, Linux refuses to
/// run ours ("Text file busy").
pub(crate) fn executable(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat >\"$0\" && chmod 755 \"$0\""])
        .arg(path.as_ref())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = writer.stdin.take().unwrap();
    pipe.write_all(content.as_ref()).unwrap();
    drop(pipe);
    assert!(writer.wait().unwrap().success());
}
