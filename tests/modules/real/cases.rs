//! The cases of all modules on this machine: each below a folder that takes the place of `/`.

use super::super::case::{Case, Declared, File};
use super::super::laws::{self, Ground};
use super::super::{check_all, packed};
use crate::executable::executable;
use camino::Utf8Path;
use rmqplay::host::shell::ShellHost;
use rmqplay::host::{Host, Local};
use std::cell::RefCell;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

/// Modules whose cases declare running programs, take minutes, or need what these folders lack:
/// `/proc`, or no package manager.
const NOT_HERE: [&str; 5] = ["lock", "package", "pause", "process", "wait_for"];

/// Where this machine's programs and what they need are.
const PROGRAMS: [&str; 8] = [
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
];

/// What the folder holds besides what a case declares.
enum Userland {
    /// Busybox and nothing else: the folder with its applets.
    Busybox(tempfile::TempDir),
    /// The programs of this machine.
    Machine,
}

/// What the folders are like that a case finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folders {
    /// As the case declares them.
    Declared,
    /// All of them belong to another group and give it to what is made in them, and are for
    /// everybody, who may remove only what is theirs.
    Shared,
}

/// The group of the folders that give theirs on.
const GROUP: u32 = 54_322;

/// Folders that take the place of `/`, one a machine; they go with this.
pub(in super::super) struct Root {
    userland: Rc<Userland>,
    kind: Folders,
    folders: RefCell<Vec<tempfile::TempDir>>,
}

#[test]
fn cases_hold_on_this_machine() {
    hold(Userland::Machine, Folders::Declared);
}

/// Half of the cases with the programs of this machine, the other half with busybox.
#[test]
fn the_laws_hold_in_set_group_id_and_sticky_folders() {
    hold(Userland::Machine, Folders::Shared);
    hold(busybox(), Folders::Shared);
}

#[test]
fn cases_hold_on_this_machine_with_busybox_alone() {
    hold(busybox(), Folders::Declared);
}

fn busybox() -> Userland {
    let applets = tempfile::tempdir().unwrap();
    let folder = applets.path().to_str().unwrap();
    let install =
        format!("cp \"$(command -v busybox)\" {folder} && {folder}/busybox --install {folder}");
    let output = Command::new("sh").args(["-c", &install]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Userland::Busybox(applets)
}

fn hold(userland: Userland, kind: Folders) {
    if !is_root() {
        // Only root may give a folder the place of /.
        return;
    }
    let userland = Rc::new(userland);
    check_all(|case| {
        let declared = &case.data.host;
        let is_made_up = !declared.outputs.is_empty()
            || !declared.facts.is_empty()
            || !declared.processes.is_empty();
        let is_account = ["group", "user"].contains(&case.module.as_str());
        if is_account && matches!(*userland, Userland::Busybox(_)) {
            // Busybox comes with and without programs that change accounts.
            return Ok(());
        }
        let is_odd = case.name.bytes().fold(0, |sum, byte| sum ^ byte) & 1 == 1;
        let is_others = is_odd != matches!(*userland, Userland::Busybox(_));
        if kind == Folders::Shared && is_others {
            return Ok(());
        }
        if is_made_up || NOT_HERE.contains(&case.module.as_str()) {
            return Ok(());
        }
        let root = Root {
            userland: userland.clone(),
            kind,
            folders: RefCell::default(),
        };
        laws::check(case, &Ground::Real(root))
    });
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    fs::metadata(folder.path()).unwrap().uid() == 0
}

impl Root {
    /// Lays out what a case declares in a new folder, and returns a shell in it.
    pub(in super::super) fn machine(&self, case: &Case) -> Result<Arc<dyn Host>, String> {
        let folder = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(folder.path()).unwrap();
        let root = top.join("root");
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, PermissionsExt::from_mode(0o755)).unwrap();
        lay_out(&root, &case.data.host);
        self.change_folders(&root);
        let enter = top.join("enter");
        executable(&enter, self.enter(&root));
        self.folders.borrow_mut().push(folder);
        let host = ShellHost::new(Arc::new(Local::default()), enter.as_str(), None);
        Ok(Arc::new(host))
    }

    /// Returns whether the folders are as the case declares them.
    pub(in super::super) fn is_as_declared(&self) -> bool {
        self.kind == Folders::Declared
    }

    fn change_folders(&self, folder: &Utf8Path) {
        if self.kind == Folders::Declared {
            return;
        }
        lchown(folder, None, Some(GROUP)).unwrap();
        fs::set_permissions(folder, PermissionsExt::from_mode(0o3777)).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                self.change_folders(Utf8Path::from_path(&entry.path()).unwrap());
            }
        }
    }

    /// Returns the program that starts a shell in the folder, in a mount name space of its own.
    fn enter(&self, root: &Utf8Path) -> String {
        let mut mounts = mount(root, "/dev/null");
        match &*self.userland {
            Userland::Machine => PROGRAMS
                .iter()
                .for_each(|path| mounts += &mount(root, path)),
            Userland::Busybox(applets) => mounts += &mount_at(root, applets.path(), "/bin"),
        }
        // The shell's arguments are `$@`; its PATH is that of an sshd.
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        format!(
            "#!/bin/sh\nexec unshare --mount sh -c '{mounts}PATH={path} HOME=/root exec chroot {root} /bin/sh \"$@\"' sh \"$@\"\n"
        )
    }
}

/// Returns the command that makes something of this machine seen in the folder too. A link is
/// made there at once.
fn mount(root: &Utf8Path, path: &str) -> String {
    mount_at(root, Path::new(path), path)
}

fn mount_at(root: &Utf8Path, path: &Path, at: &str) -> String {
    let Ok(found) = fs::symlink_metadata(path) else {
        return String::new();
    };
    let inside = root.join(at.trim_start_matches('/'));
    fs::create_dir_all(inside.parent().unwrap()).unwrap();
    if found.is_symlink() {
        symlink(fs::read_link(path).unwrap(), inside).unwrap();
        return String::new();
    }
    if found.is_dir() {
        fs::create_dir_all(&inside).unwrap();
    } else {
        fs::write(&inside, "").unwrap();
    }
    format!("mount --bind {} {inside} || exit 1; ", path.display())
}

/// Lays out what a case declares.
fn lay_out(root: &Utf8Path, declared: &Declared) {
    let inside = |path: &Utf8Path| {
        let inside = root.join(path.as_str().trim_start_matches('/'));
        fs::create_dir_all(inside.parent().unwrap()).unwrap();
        inside
    };
    for path in &declared.directories {
        fs::create_dir_all(inside(path)).unwrap();
    }
    for (path, file) in &declared.files {
        let text = match file {
            File::Text(text) => text.clone(),
            File::Large { text, repeat } => text.repeat(*repeat),
        };
        fs::write(inside(path), text).unwrap();
    }
    for (path, entries) in &declared.archives {
        fs::write(inside(path), packed::archive(path.as_str(), entries)).unwrap();
    }
    for (path, target) in &declared.links {
        symlink(target, inside(path)).unwrap();
    }
    for (path, owned) in &declared.owned {
        let [mode, owner, group] = owned.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{owned}: not MODE OWNER GROUP");
        };
        let number = |name: &str| match name.parse() {
            Ok(number) => number,
            Err(_) => declared.users.get(name).copied().unwrap_or_default(),
        };
        let gid = declared.groups.get(group).copied();
        let path = inside(path);
        lchown(
            &path,
            Some(number(owner)),
            Some(gid.unwrap_or(number(group))),
        )
        .unwrap();
        if !path.is_symlink() {
            let mode = u32::from_str_radix(mode, 8).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
    }
    for path in declared.files.keys().chain(declared.archives.keys()) {
        let file = fs::File::options().write(true).open(inside(path)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    write_accounts(root, declared);
}

/// Writes the files that name users and groups; each user has a group of the same name.
fn write_accounts(root: &Utf8Path, declared: &Declared) {
    let mut users = "root:x:0:0:root:/root:/bin/sh\n".to_owned();
    let mut groups = "root:x:0:\n".to_owned();
    let mut shadow = "root:*:19000:0:99999:7:::\n".to_owned();
    for (name, id) in &declared.users {
        let _ = writeln!(users, "{name}:x:{id}:{id}::/home/{name}:/bin/sh");
        let _ = writeln!(shadow, "{name}:!:19000:0:99999:7:::");
        if !declared.groups.contains_key(name) {
            let _ = writeln!(groups, "{name}:x:{id}:");
        }
    }
    for (name, id) in &declared.groups {
        let _ = writeln!(groups, "{name}:x:{id}:");
    }
    fs::create_dir_all(root.join("etc")).unwrap();
    for (name, text) in [("passwd", users), ("group", groups), ("shadow", shadow)] {
        let path = root.join("etc").join(name);
        if !path.exists() {
            fs::write(path, text).unwrap();
        }
    }
}
