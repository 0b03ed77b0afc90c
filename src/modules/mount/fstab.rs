//! The lines of `fstab`, and those of the kernel's list of mounts.

/// A file system and where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The device, or the path or address that is mounted.
    pub(super) src: String,
    /// Where it is mounted.
    pub(super) path: String,
    pub(super) fstype: String,
    /// Options, separated by commas.
    pub(super) opts: String,
    /// Whether `dump` saves it.
    pub(super) dump: String,
    /// When it is checked at the start.
    pub(super) passno: String,
}

impl Entry {
    /// Parses a line; the last two fields may be missing.
    fn read(line: &str) -> Option<Self> {
        let (fields, _) = line.split_once('#').unwrap_or((line, ""));
        let fields: Vec<_> = fields.split_whitespace().collect();
        let [src, path, fstype, opts, rest @ ..] = &fields[..] else {
            return None;
        };
        let field = |index: usize| (*rest.get(index).unwrap_or(&"0")).to_owned();
        (rest.len() <= 2).then(|| Self {
            src: plain(src),
            path: plain(path),
            fstype: plain(fstype),
            opts: plain(opts),
            dump: field(0),
            passno: field(1),
        })
    }

    fn line(&self) -> String {
        let fields = [
            &self.src,
            &self.path,
            &self.fstype,
            &self.opts,
            &self.dump,
            &self.passno,
        ];
        let fields = fields.map(|field| escaped(field));
        fields.join(" ") + "\n"
    }

    /// Returns whether it is the entry of this path; swap has no path, so its device counts.
    fn is(&self, path: &str, src: Option<&str>) -> bool {
        let is_swap = self.path == "none" && self.fstype == "swap";
        self.path == path && !(is_swap && src.is_some_and(|src| src != self.src))
    }
}

/// Returns the text with this entry.
pub(super) fn with(text: &str, wanted: &Entry) -> String {
    let mut new = String::new();
    let mut is_there = false;
    for line in text.lines() {
        let found = Entry::read(line).filter(|entry| entry.is(&wanted.path, Some(&wanted.src)));
        is_there |= found.is_some();
        new += &match found {
            Some(found) if found != *wanted => wanted.line(),
            _ => format!("{line}\n"),
        };
    }
    if !is_there {
        new += &wanted.line();
    }
    new
}

/// Returns the text without the entries of this path.
pub(super) fn without(text: &str, path: &str, src: Option<&str>) -> String {
    let is = |line: &str| Entry::read(line).is_some_and(|entry| entry.is(path, src));
    text.split_inclusive('\n')
        .filter(|line| !is(line))
        .collect()
}

/// Returns what is mounted at a path last, by the kernel's list of mounts: for a part of a file
/// system that is mounted elsewhere too, the path of that part.
pub(super) fn mounted(list: &str, path: &str) -> Option<String> {
    let find = |path: &str| {
        list.lines()
            .rev()
            .find_map(|line| Mount::read(line).filter(|mount| mount.path == path))
    };
    let mount = find(path)?;
    if mount.root == "/" {
        return Some(mount.src);
    }
    let mut whole = list.lines().filter_map(Mount::read);
    let whole = whole.find(|other| other.device == mount.device && other.root == "/");
    let base = whole.map(|whole| whole.path).unwrap_or_default();
    Some(format!("{}{}", base.trim_end_matches('/'), mount.root))
}

/// Returns the kernel's list with a new mount.
pub(super) fn with_mount(list: &str, entry: &Entry) -> String {
    let [src, path, fstype, opts] =
        [&entry.src, &entry.path, &entry.fstype, &entry.opts].map(|text| escaped(text));
    format!("{list}0 0 0:0 / {path} {opts} - {fstype} {src} {opts}\n")
}

/// Returns the kernel's list without the last mount at a path.
pub(super) fn without_mount(list: &str, path: &str) -> String {
    let is = |line: &str| Mount::read(line).is_some_and(|mount| mount.path == path);
    let lines: Vec<_> = list.split_inclusive('\n').collect();
    let last = lines.iter().rposition(|line| is(line));
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != last);
    kept.map(|(_, line)| *line).collect()
}

/// A line of the kernel's list.
struct Mount {
    device: String,
    /// The part of the file system that is mounted.
    root: String,
    path: String,
    src: String,
}

impl Mount {
    fn read(line: &str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(2);
        Some(Self {
            device: fields.next()?.to_owned(),
            root: plain(fields.next()?),
            path: plain(fields.next()?),
            src: plain(system.split(' ').nth(1)?),
        })
    }
}

/// Letters that would part fields, and how they are written.
const ESCAPES: [(&str, &str); 3] = [("\\", "\\134"), (" ", "\\040"), ("&", "\\046")];

fn escaped(text: &str) -> String {
    let all = ESCAPES.iter();
    all.fold(text.to_owned(), |text, (letter, escape)| {
        text.replace(letter, escape)
    })
}

fn plain(text: &str) -> String {
    let all = ESCAPES.iter().rev();
    all.fold(text.to_owned(), |text, (letter, escape)| {
        text.replace(escape, letter)
    })
}
