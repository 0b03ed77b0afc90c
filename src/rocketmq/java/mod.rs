//! `rocketmq_java`: whether RocketMQ runs on a host's Java.

mod agents;
mod options;
mod share;
mod size;

use super::program::Program;
use super::topology::numbers;
use crate::change::Change;
use crate::host::{Command, HostError, Probe};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use crate::value::{Fields, Value, map};
pub(super) use share::Share;
pub(super) use size::{Size, shown};

/// Finds a host's Java and the options for its programs, and fails if RocketMQ does not run on it.
///
/// Heap sizes are derived from the host's memory and the number of its programs, and the garbage
/// collector from Java's version. Java is started with those options of each program that have no
/// side effects (`-XX:+UseG1GC`, `-Xmx4g`, no log or agent): an option that this Java rejects would
/// keep the program from starting.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JavaModule {
    /// The release of RocketMQ, such as `3.2.6`.
    version: String,
    /// The Java program: a path, or a name to look up in PATH.
    #[serde(default = "usual_program")]
    java: String,
    /// Additional options for programs, placed after the returned ones. A collector chosen here
    /// (`-XX:+UseZGC`) replaces the default.
    #[serde(default)]
    options: Vec<String>,
    /// The programs that should run here, in the form that `rocketmq_preflight` takes.
    #[serde(default)]
    programs: Vec<Program>,
}

pub(super) fn usual_program() -> String {
    "java".to_owned()
}

impl BuiltIn for JavaModule {
    const NAME: &'static str = "rocketmq_java";
    const EXAMPLE: &'static str = "\
- name: Java fits
  rocketmq_java:
    version: 4.9.7
    programs:
      - name: nameserver
        file: /etc/rocketmq/namesrv.properties
        heap: 1g
        home: /var/lib/rocketmq/nameserver
  register: java
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("version", "Its version, such as `1.8.0_504` or `17.0.15`."),
        ("major", "Its major version: 8, 17."),
        (
            "options",
            "The list of options for each program, by the program's name.",
        ),
    ];
}

impl Module for JavaModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let found = Java::fitting(
            context.host,
            &self.java,
            &self.version,
            &self.options,
            &self.programs,
        )?;
        let (java, options) = found.map_err(|message| ModuleError::Refused {
            message,
            help: Some(
                "set rocketmq_java to the Java to use (/usr/lib/jvm/…/bin/java), and \
                 rocketmq_java_options to additional options; empty sizes are derived from the \
                 host's memory"
                    .to_owned(),
            ),
        })?;
        let mut change = Change::default();
        change.returns("version", java.version);
        change.returns("major", java.major);
        let options = options.into_iter();
        let options = options.map(|(name, options)| (name, Value::from(options)));
        change.returns("options", map(options.collect::<Fields>()));
        Ok(change)
    }
}

/// The options for each program, by the program's name.
type ProgramOptions = Vec<(String, Vec<String>)>;

/// Returns a host's memory in bytes, if the host reports it.
fn total(host: &Probe) -> Result<Option<u64>, HostError> {
    let facts = host.facts()?.0;
    let mebibytes = facts.get("memtotal_mb").and_then(Value::as_i64);
    let mebibytes = mebibytes.and_then(|total| u64::try_from(total).ok());
    Ok(mebibytes
        .filter(|total| *total > 0)
        .map(|total| total << 20))
}

/// A Java of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Java {
    pub(super) version: String,
    major: u32,
    has_64_bits: bool,
}

impl Java {
    /// Starts Java to find its version, and with the options of each program. Returns it with these
    /// options by the program's name, or why one could not start.
    pub(super) fn fitting(
        host: &Probe,
        program: &str,
        version: &str,
        further: &[String],
        programs: &[Program],
    ) -> Result<Result<(Self, ProgramOptions), String>, HostError> {
        let shares = match Share::of_all(total(host)?, programs) {
            Ok(shares) => shares,
            Err(reason) => return Ok(Err(reason)),
        };
        let java = match Self::of(host, program, &[])? {
            Ok(java) => java,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Some(reason) = java.unfit_for(version) {
            return Ok(Err(reason));
        }
        if let Some(reason) = agents::problem(host, further)? {
            return Ok(Err(reason));
        }
        if programs.is_empty() {
            let all = options::of_all(java.major, further);
            let java = Self::of(host, program, &[&all, further].concat())?;
            return Ok(java.map(|java| (java, Vec::new())));
        }
        let mut of_programs = Vec::new();
        for (one, share) in programs.iter().zip(&shares) {
            let options = options::of_program(one, share, java.major, further);
            if let Err(reason) = Self::of(host, program, &[&options, further].concat())? {
                return Ok(Err(format!("{}: {reason}", one.name)));
            }
            of_programs.push((one.name.clone(), options));
        }
        Ok(Ok((java, of_programs)))
    }

    /// Starts Java with these options to find its version, or returns why it does not start.
    fn of(
        host: &Probe,
        program: &str,
        options: &[String],
    ) -> Result<Result<Self, String>, HostError> {
        let mut argv = vec![program.to_owned()];
        argv.extend(
            options
                .iter()
                .filter(|option| writes_nothing(option))
                .cloned(),
        );
        argv.push("-version".to_owned());
        let output = match host.query(&Command::new(argv)) {
            Ok(output) => output,
            Err(HostError::Step { reason, .. }) => return Ok(Err(reason)),
            Err(error) => return Err(error),
        };
        let told = [output.stderr, output.stdout].concat();
        let told = String::from_utf8_lossy(&told);
        if output.status != 0 {
            let lines: Vec<_> = told.lines().map(str::trim).collect();
            return Ok(Err(format!(
                "{program} does not start: {}",
                lines.join("; ")
            )));
        }
        let understood = Self::told(&told);
        Ok(understood.ok_or_else(|| format!("{program} reports no version: {}", told.trim())))
    }

    /// Parses `openjdk version "17.0.15" …`; Java 8 and older report `1.8.0_504`.
    fn told(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("version \"")?;
        let (version, _) = rest.split_once('"')?;
        let number = version.strip_prefix("1.").unwrap_or(version);
        let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self {
            version: version.to_owned(),
            major: digits.parse().ok()?,
            has_64_bits: text.contains("64-Bit"),
        })
    }

    /// Returns why this version of RocketMQ does not run on it.
    ///
    /// RocketMQ's classes are compiled for Java 6 (3.x), 7 (until 4.4) and 8. Versions newer than
    /// the tested ones are accepted: RocketMQ's own scripts fail there because of options that are
    /// not used here.
    fn unfit_for(&self, version: &str) -> Option<String> {
        let oldest = match numbers(version).as_slice() {
            [..=3, ..] => 6,
            [4, 0..=4, ..] => 7,
            _ => 8,
        };
        let found = &self.version;
        if self.major < oldest {
            return Some(format!(
                "RocketMQ {version} needs Java {oldest} or newer, this is {found}"
            ));
        }
        if !self.has_64_bits {
            return Some(format!(
                "Java {found} is not a 64-bit one: RocketMQ maps files of 1 GiB into memory"
            ));
        }
        None
    }
}

/// Whether an option has no side effects: a switch, a number or a size. Others may write a log, or
/// listen on a port that the running program uses. The initial heap size (`-Xms`) is left out: it
/// takes memory, and the maximum size tests the same.
fn writes_nothing(option: &str) -> bool {
    let Some(option) = option.strip_prefix("-XX:") else {
        let sizes = ["-Xmn", "-Xmx", "-Xss"];
        return option.starts_with("-Djava.ext.dirs=")
            || sizes.iter().any(|size| option.starts_with(size));
    };
    let switch = option.strip_prefix(['+', '-']);
    match (switch, option.split_once('=')) {
        (Some(name), _) => !["Log", "Dump", "Flight", "Record"]
            .iter()
            .any(|word| name.contains(word)),
        (None, Some((_, value))) => value.starts_with(|c: char| c.is_ascii_digit()),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_java_tells_them() {
        for (text, version, major) in [
            (
                "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK 64-Bit Server VM",
                "17.0.15",
                17,
            ),
            (
                "Picked up _JAVA_OPTIONS: -Xmx1g\njava version \"1.8.0_504\"\n64-Bit",
                "1.8.0_504",
                8,
            ),
            ("openjdk version \"25\" 2025-09-16\n64-Bit", "25", 25),
            ("openjdk version \"9-ea\"\n64-Bit", "9-ea", 9),
        ] {
            let java = Java::told(text).unwrap();
            assert_eq!((java.version.as_str(), java.major), (version, major));
            assert!(java.has_64_bits);
        }
        assert_eq!(Java::told("command not found"), None);
    }

    #[test]
    fn java_is_not_tried_with_what_writes_something() {
        let options = [
            "-XX:+UseG1GC",
            "-XX:MaxDirectMemorySize=1g",
            "-Xms1g",
            "-Xmx1g",
            "-XX:+HeapDumpOnOutOfMemoryError",
            "-XX:HeapDumpPath=/tmp",
            "-Xlog:gc*:file=/var/log/gc.log",
            "-Xloggc:/var/log/gc.log",
            "-agentlib:jdwp=transport=dt_socket,server=y,address=5005",
            "-XX:StartFlightRecording=filename=/tmp/a.jfr",
        ];
        let tried = options.into_iter().filter(|option| writes_nothing(option));
        let tried: Vec<_> = tried.collect();
        assert_eq!(
            tried,
            ["-XX:+UseG1GC", "-XX:MaxDirectMemorySize=1g", "-Xmx1g"]
        );
    }

    #[test]
    fn a_java_that_is_too_old_is_told() {
        let java = |version: &str, bits: &str| {
            Java::told(&format!("java version \"{version}\"\n{bits}")).unwrap()
        };
        for (version, java, expected) in [
            ("3.2.6", java("1.6.0_45", "64-Bit"), None),
            ("4.4.0", java("1.7.0_80", "64-Bit"), None),
            ("5.3.3", java("25", "64-Bit"), None),
            (
                "4.9.7",
                java("1.7.0_80", "64-Bit"),
                Some("RocketMQ 4.9.7 needs Java 8 or newer, this is 1.7.0_80"),
            ),
            (
                "4.0.0-incubating",
                java("1.6.0_45", "64-Bit"),
                Some("RocketMQ 4.0.0-incubating needs Java 7 or newer, this is 1.6.0_45"),
            ),
            (
                "4.9.7",
                java("1.8.0_504", "Server VM"),
                Some(
                    "Java 1.8.0_504 is not a 64-bit one: RocketMQ maps files of 1 GiB into memory",
                ),
            ),
        ] {
            assert_eq!(java.unfit_for(version).as_deref(), expected);
        }
    }
}
