//! `mount`: file systems of a host.

mod fstab;

use super::edited_file::{EditedFile, Writing};
use super::host_path::host_path;
use crate::change::{Attributes, Change, directory_questions};
use crate::host::{Command, CommandScript, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use fstab::{Entry, mounted, with_mount, without_mount};

/// Mounts and unmounts file systems, now and when the host starts (`/etc/fstab`).
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MountModule {
    /// Where the file system is mounted; `none` for swap.
    path: String,
    /// The desired state.
    state: State,
    /// The device, or the path or address that is mounted.
    src: Option<String>,
    /// The type of the file system: `ext4`, `xfs`, `nfs`, `none`.
    fstype: Option<String>,
    /// Options, separated by commas.
    #[serde(default = "usual_options")]
    opts: String,
    /// Whether `dump` saves it.
    #[serde(default = "zero")]
    dump: String,
    /// When it is checked at the start: 0 for never.
    #[serde(default = "zero")]
    passno: String,
    /// Whether it is mounted at the start; `false` adds the option `noauto`.
    #[serde(default = "crate::module::yes")]
    boot: bool,
    /// The file; by default `/etc/fstab`.
    fstab: Option<String>,
    /// Whether to keep a backup of the old file.
    #[serde(default)]
    backup: bool,
    /// Ignored: options that are secret need `no_log`.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    opts_no_log: bool,
}

/// Whether a file system is mounted, and whether it is when the host starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// In the file and mounted.
    Mounted,
    /// In the file.
    Present,
    /// Not mounted; the file stays as it is.
    Unmounted,
    /// Mounted; the file stays as it is.
    Ephemeral,
    /// Not in the file; if it was, it is unmounted and the empty directory is removed.
    Absent,
    /// Not in the file.
    AbsentFromFstab,
    /// Mounted again, with the options of the file or those given.
    Remounted,
}

fn usual_options() -> String {
    "defaults".to_owned()
}

fn zero() -> String {
    "0".to_owned()
}

impl BuiltIn for MountModule {
    const NAME: &'static str = "mount";
    const OTHER_NAMES: &'static [&'static str] = &["ansible.posix.mount"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("name", "path")];
    const RELATIVE_PATHS: &'static [&'static str] = &["path", "src"];
    const EXAMPLE: &'static str = "\
- name: The store has a disk of its own
  mount:
    path: /data/rocketmq
    src: LABEL=rocketmq
    fstype: xfs
    opts: noatime
    state: present
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("name", "Where the file system is mounted."),
        ("src", "As given."),
        ("fstype", "As given."),
        (
            "opts",
            "The options, with `noauto` if it is not mounted at the start.",
        ),
        ("dump", "As given."),
        ("passno", "As given."),
        ("boot", "`yes` or `no`."),
        ("fstab", "The file."),
        ("backup_file", "The path of the backup, or empty."),
    ];
}

impl Module for MountModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let entry = self.entry()?;
        let mut change = Change::default();
        match self.state {
            State::Present => self.write(context, &entry, true, &mut change)?,
            State::AbsentFromFstab => self.write(context, &entry, false, &mut change)?,
            State::Unmounted => unmount(context, &entry, false, &mut change)?,
            State::Remounted => {
                let opts = Some(entry.opts.as_str()).filter(|opts| *opts != "defaults");
                change.steps.push(again(&entry.path, opts));
            }
            State::Mounted | State::Ephemeral => self.mount(context, &entry, &mut change)?,
            State::Absent => {
                self.write(context, &entry, false, &mut change)?;
                if !change.steps.is_empty() {
                    let mut before = Change::default();
                    unmount(context, &entry, true, &mut before)?;
                    change.steps.splice(0..0, before.steps);
                }
            }
        }
        self.add_result(&mut change, entry);
        Ok(change)
    }
}

impl MountModule {
    fn entry(&self) -> Result<Entry, ModuleError> {
        let needs = [State::Mounted, State::Present, State::Ephemeral].contains(&self.state);
        if needs && (self.src.is_none() || self.fstype.is_none()) {
            return Err(ModuleError::refused(
                "the states mounted, present and ephemeral need src and fstype",
            ));
        }
        let path = match self.path.as_str() {
            "/" | "none" => self.path.clone(),
            path => host_path(path)?.into_string(),
        };
        let mut opts = self.opts.clone();
        if !self.boot {
            opts += ",noauto";
        }
        Ok(Entry {
            src: self.src.clone().unwrap_or_default(),
            path,
            fstype: self.fstype.clone().unwrap_or_default(),
            opts,
            dump: self.dump.clone(),
            passno: self.passno.clone(),
        })
    }

    fn fstab(&self) -> &str {
        self.fstab.as_deref().unwrap_or("/etc/fstab")
    }

    /// Adds the entry to the file, or removes it.
    fn write(
        &self,
        context: &PlanContext,
        entry: &Entry,
        is_wanted: bool,
        change: &mut Change,
    ) -> Result<(), ModuleError> {
        let file = EditedFile::open(context.host, self.fstab())?;
        let old = file.text()?;
        let new = if is_wanted {
            fstab::with(old, entry)
        } else {
            fstab::without(old, &entry.path, self.src.as_deref())
        };
        if new == old {
            return Ok(());
        }
        let writing = Writing {
            attributes: file.mode_if_new(0o644),
            backup: self.backup,
            ..Writing::default()
        };
        let put = file.put(new.into_bytes(), "", writing)?;
        change.steps.extend(put.steps);
        if let Some(backup) = put.result.get("backup_file") {
            change.returns("backup_file", backup.clone());
        }
        Ok(())
    }

    /// Mounts the file system first: an entry that does not work could keep the host from starting.
    fn mount(
        &self,
        context: &PlanContext,
        entry: &Entry,
        change: &mut Change,
    ) -> Result<(), ModuleError> {
        let (teller, list) = mounts(context)?;
        let found = mounted(&list, &entry.path);
        if self.state == State::Mounted {
            self.write(context, entry, true, change)?;
        }
        if let Some(found) = found {
            if self.state == State::Ephemeral && found != entry.src {
                return Err(ModuleError::Refused {
                    message: format!("{} is mounted at {}, not {}", found, entry.path, entry.src),
                    help: Some("unmount it first, with state: unmounted".to_owned()),
                });
            }
            if !change.steps.is_empty() {
                change.steps.push(again(&entry.path, None));
            }
            return Ok(());
        }
        let path = camino::Utf8Path::new(&entry.path);
        let answers = context.host.ask(&directory_questions(path))?;
        let mut first = Change::default();
        first.ensure_directory(path, &Attributes::default(), &answers)?;
        // Directories that exist keep their attributes.
        let mut steps = first.steps;
        let words = [
            "mount",
            "-t",
            &entry.fstype,
            "-o",
            &entry.opts,
            &entry.src,
            &entry.path,
        ];
        steps.push(Step::Set(Setting {
            name: format!("mount of {}", entry.path),
            teller,
            after: with_mount(&list, entry),
            before: list,
            setters: vec![Command::new(words)],
            brings_programs: false,
        }));
        change.steps.splice(0..0, steps);
        Ok(())
    }

    fn add_result(&self, change: &mut Change, entry: Entry) {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let backup = change.result.shift_remove("backup_file");
        change.returns("name", entry.path);
        if let Some(src) = given(entry.src) {
            change.returns("src", src);
        }
        if let Some(fstype) = given(entry.fstype) {
            change.returns("fstype", fstype);
        }
        change.returns("opts", entry.opts);
        change.returns("dump", entry.dump);
        change.returns("passno", entry.passno);
        change.returns("boot", if self.boot { "yes" } else { "no" });
        change.returns("fstab", self.fstab());
        change.returns("backup_file", backup.unwrap_or_else(|| "".into()));
    }
}

/// Adds the step that unmounts the file system, and removes its directory if that is wanted.
fn unmount(
    context: &PlanContext,
    entry: &Entry,
    removes: bool,
    change: &mut Change,
) -> Result<(), ModuleError> {
    let (teller, list) = mounts(context)?;
    let is_mounted = mounted(&list, &entry.path).is_some();
    let found = context.host.stat(camino::Utf8Path::new(&entry.path))?;
    let mut setters = Vec::new();
    if is_mounted {
        setters.push(Command::new(["umount", &entry.path]));
    }
    if removes && found.is_some() {
        // It fails if something is in the directory.
        setters.push(Command::new(["rmdir", &entry.path]));
    }
    if !setters.is_empty() {
        change.steps.push(Step::Set(Setting {
            name: format!("mount of {}", entry.path),
            teller,
            after: without_mount(&list, &entry.path),
            before: list,
            setters,
            brings_programs: false,
        }));
    }
    Ok(())
}

/// Returns the command that lists what is mounted, and what it prints.
fn mounts(context: &PlanContext) -> Result<(Command, String), ModuleError> {
    let teller = Command::new(["cat", "/proc/self/mountinfo"]);
    let output = context.host.query(&teller)?;
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((teller, list))
}

/// Returns the step that mounts a file system again. One that cannot change its options while it is
/// mounted is unmounted first, unless the options are given.
fn again(path: &str, opts: Option<&str>) -> Step {
    let command = match opts {
        Some(opts) => Command::new(["mount", "-o", &format!("remount,{opts}"), path]),
        None => {
            let content = "mount -o remount \"$1\" || { umount \"$1\" && mount \"$1\"; }\n";
            Command {
                script: Some(CommandScript {
                    name: "remount".to_owned(),
                    content: content.as_bytes().to_vec(),
                    position: 1,
                }),
                ..Command::new(["sh", path])
            }
        }
    };
    Step::Run {
        command,
        any_status: false,
    }
}
