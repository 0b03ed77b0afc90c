//! What a program may be given besides options, if it only looks.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// What a program may be given besides options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// Nothing.
    None,
    /// Anything: names of things that it tells something of.
    Any,
    /// Files that it reads. To open a device may do something (a watchdog, a tape).
    Files,
    /// A text, then files that it reads.
    TextAndFiles,
    /// Names of settings: with `=` in it, one would be set.
    Settings,
    /// Formats of a date: anything else would set the clock.
    DateFormats,
    /// Packages and paths without `%`, which RPM may expand and so run, and without addresses,
    /// which it would fetch.
    Packages,
    /// An object of `ip`, with how it is shown.
    Network,
    /// A condition as of `test`.
    Condition,
}

/// The objects of `ip`, and short forms of them.
const NETWORK: &[&str] = &[
    "a",
    "addr",
    "address",
    "l",
    "link",
    "neigh",
    "neighbour",
    "r",
    "route",
    "rule",
];

/// What `test` asks. Some shells' own one runs what stands in the operands of `-v` and `-eq`.
const CONDITIONS: &[&str] = &[
    "-a", "-b", "-c", "-d", "-e", "-ef", "-f", "-g", "-G", "-h", "-k", "-L", "-n", "-N", "-nt",
    "-o", "-O", "-ot", "-p", "-r", "-s", "-S", "-u", "-w", "-x", "-z",
];

impl Operands {
    /// Returns whether a program that may be given these only looks at them.
    pub(super) fn take(self, operands: &[&str], folder: Option<&str>) -> bool {
        let all = |fits: fn(&str) -> bool| operands.iter().all(|word| fits(word));
        match self {
            Self::None => operands.is_empty(),
            Self::Any => true,
            Self::Files => files(operands, folder),
            Self::TextAndFiles => files(operands.get(1..).unwrap_or_default(), folder),
            Self::Settings => all(|name| !name.contains('=')),
            Self::DateFormats => all(|format| format.starts_with('+')),
            Self::Packages => all(|name| !name.contains('%') && !name.contains("://")),
            Self::Network => match operands {
                [object] => NETWORK.contains(object),
                [object, "show" | "list" | "ls", ..] => NETWORK.contains(object),
                _ => false,
            },
            Self::Condition => all(|word| !word.starts_with('-') || CONDITIONS.contains(&word)),
        }
    }

    /// Returns whether a program that may be given these only looks with this value of an option.
    pub(super) fn takes_value(self, value: &str) -> bool {
        // A format of RPM may expand macros: `%{NAME:expand}`.
        self != Self::Packages || !value.contains(':')
    }
}

fn files(files: &[&str], folder: Option<&str>) -> bool {
    files.iter().all(|file| is_file(file, folder))
}

/// Returns whether a path is that of no device, nor leads to one through a process.
fn is_file(path: &str, folder: Option<&str>) -> bool {
    let path = Utf8Path::new(folder.unwrap_or_default()).join(path);
    // Where a login's folder is, is not known here.
    if !path.is_absolute() {
        return !path
            .components()
            .any(|part| part == Utf8Component::ParentDir);
    }
    let mut plain = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    let of_process = plain.starts_with("/proc")
        && plain
            .components()
            .any(|part| matches!(part.as_str(), "cwd" | "fd" | "kmsg" | "map_files" | "root"));
    // What the kernel's tracing tells, it tells once.
    !(plain.starts_with("/dev") || of_process || plain.starts_with("/sys/kernel"))
}
