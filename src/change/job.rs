//! Jobs: commands that are left running in the background, and what came of them.
//!
//! A job is a few files of one name in a folder of the host's user. The file without an ending holds
//! what was known when the job began, or all of its result if it ended at once; `.in`, `.out` and
//! `.err` are what the command reads and writes, and `.done` appears when it has ended.

use crate::host::{Command, HostError};
use crate::value::{self, Fields, Value};
use camino::{Utf8Path, Utf8PathBuf};

/// Writes the files, starts the rest in a session of its own, and returns at once.
const START: &str = include_str!("job.sh");

/// Runs the command within its time limit, and notes its end.
const WATCHED: &str = include_str!("job_watched.sh");

/// Writes a result.
const RECORD: &str =
    "umask 077; mkdir -p -- \"${1%/*}\" && cat >\"$1.new\" && mv -- \"$1.new\" \"$1\"";

/// The key of what the module knew before the command began.
const RESULT: &str = "result";

/// The key that says whether the command's output is part of the result.
const REPORTS_OUTPUT: &str = "reports_output";

/// The ends of the names of a job's files: once `.done` is there, what it writes is whole.
pub const ENDS: [&str; 5] = ["", ".done", ".out", ".err", ".in"];

/// A job on a host.
#[derive(Debug, Clone)]
pub struct Job {
    id: String,
    file: Utf8PathBuf,
}

/// What the file of a job says.
#[derive(Debug)]
pub enum Note {
    /// It ended at once, with this result.
    Ended(Fields),
    /// Its command was started.
    Started {
        /// What the module knew before.
        result: Fields,
        /// Whether the command's output is part of the result.
        reports_output: bool,
    },
}

/// The end of a job's command.
#[derive(Debug)]
pub struct End {
    /// Its exit code; `None` if it was killed at the time limit.
    pub status: Option<i32>,
    /// When it began and ended, by the clock of the host: date and time, then seconds since 1970.
    times: [(String, u64); 2],
}

impl Job {
    /// Returns a job with an id that no other has.
    pub fn new(folder: &Utf8Path) -> Result<Self, HostError> {
        let number = getrandom::u64().map_err(|error| HostError::Step {
            action: "start a job".to_owned(),
            reason: format!("cannot read random numbers on this machine: {error}"),
        })?;
        let id = format!(
            "j{}.{}",
            number / 10_000 % 1_000_000_000_000,
            number % 10_000
        );
        Ok(Self::known(folder, &id))
    }

    /// Returns the job with this id.
    pub fn known(folder: &Utf8Path, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            file: folder.join(id),
        }
    }

    /// Returns its file with this end of the name.
    pub fn file(&self, end: &str) -> Utf8PathBuf {
        format!("{}{end}", self.file).into()
    }

    /// Returns the command that starts the job and returns at once. The result goes through standard
    /// input, before what the command itself reads: it may hold secrets.
    pub fn start(
        &self,
        command: &Command,
        seconds: u32,
        result: &Fields,
        reports_output: bool,
    ) -> Command {
        let note = Fields::from([
            ("ansible_job_id".to_owned(), self.id.as_str().into()),
            ("started".to_owned(), true.into()),
            ("finished".to_owned(), false.into()),
            (RESULT.to_owned(), value::map(result.clone())),
            (REPORTS_OUTPUT.to_owned(), reports_output.into()),
        ]);
        let mut stdin = value::to_json(&value::map(note)).to_string().into_bytes();
        stdin.push(b'\n');
        stdin.extend(command.stdin.iter().flatten());
        let words = ["/bin/sh", "-c", START, "sh", self.file.as_str()];
        let words = words.map(str::to_owned).into_iter();
        let words = words.chain([seconds.to_string(), WATCHED.to_owned()]);
        Command {
            argv: words.chain(command.argv.iter().cloned()).collect(),
            stdin: Some(stdin),
            ..command.clone()
        }
    }

    /// Returns the command that notes the result of a job that has ended at once.
    pub fn record(&self, result: &Value) -> Command {
        let mut note = value::fields(result).unwrap_or_default();
        note.swap_remove("started");
        Command {
            stdin: Some(value::to_json(&value::map(note)).to_string().into_bytes()),
            ..Command::new(["/bin/sh", "-c", RECORD, "sh", self.file.as_str()])
        }
    }

    /// Returns the result of the task that started the job.
    pub fn started(&self) -> Fields {
        Fields::from([
            ("ansible_job_id".to_owned(), self.id.as_str().into()),
            ("changed".to_owned(), true.into()),
            ("started".to_owned(), true.into()),
            ("finished".to_owned(), false.into()),
            ("results_file".to_owned(), self.file.as_str().into()),
        ])
    }
}

impl Note {
    /// Reads the file of a job; `None` if it holds something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let mut fields = value::fields(&value::of(&json))?;
        if !fields.contains_key("started") {
            return Some(Self::Ended(fields));
        }
        Some(Self::Started {
            result: value::fields(&fields.swap_remove(RESULT)?)?,
            reports_output: fields.get(REPORTS_OUTPUT).is_some_and(Value::is_true),
        })
    }
}

impl End {
    /// Reads the file that appears when a job has ended.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let status = match lines.next()? {
            "late" => None,
            status => Some(status.parse().ok()?),
        };
        let mut time = || {
            let (time, seconds) = lines.next()?.rsplit_once(' ')?;
            // Not every `date` knows the seconds.
            Some((time.to_owned(), seconds.parse().unwrap_or_default()))
        };
        Some(Self {
            status,
            times: [time()?, time()?],
        })
    }

    /// Returns `start`, `end` and `delta`.
    pub fn times(&self) -> Fields {
        let [(start, began), (end, ended)] = &self.times;
        let took = std::time::Duration::from_secs(ended.saturating_sub(*began));
        Fields::from([
            ("start".to_owned(), start.as_str().into()),
            ("end".to_owned(), end.as_str().into()),
            ("delta".to_owned(), super::since::timedelta(took).into()),
        ])
    }
}
