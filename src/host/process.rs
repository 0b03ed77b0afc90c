//! Running programs of a host.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// A running program according to /proc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot: together with the pid it is unique.
    pub started: u64,
    /// `/proc/PID/exe`; empty if it cannot be read.
    pub executable: Utf8PathBuf,
    /// The argument vector.
    pub argv: Vec<String>,
    /// The working directory; empty if it cannot be read.
    pub directory: Utf8PathBuf,
    /// The id of the user it runs as.
    pub uid: u32,
    /// Name of that user, or the number as text.
    pub user: String,
    /// The start that it belongs to, if a task started it or its parent: the value of
    /// [`START_MARK`] in its environment.
    pub start: Option<String>,
}

/// The environment variable that marks the processes of one start, to tell them from other programs.
pub const START_MARK: &str = "RMQPLAY_START";

/// How to recognise a program; all conditions must hold. Zombies and kernel threads never match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ProcessMatch {
    /// `/proc/PID/exe`: the full path, or only the file name.
    pub executable: Option<String>,
    /// An argument that is exactly this text, such as a Java main class.
    pub main_class: Option<String>,
    /// Arguments that must all be present, each exactly.
    pub arguments: Vec<String>,
    /// The whole command line, including the program's name as started. If the program is a script,
    /// the words of its interpreter may come first.
    pub argv: Option<Vec<String>>,
    /// User name or number.
    pub user: Option<String>,
    /// The start that it belongs to: its environment has the mark of the start, or it is in a
    /// session led by such a program.
    pub start: Option<String>,
}

impl ProcessMatch {
    /// Returns whether this process matches.
    pub fn matches(&self, process: &Process) -> bool {
        let has = |word: &String| process.argv.iter().skip(1).any(|argument| argument == word);
        self.executable
            .as_deref()
            .is_none_or(|wanted| is_executable(&process.executable, wanted))
            && self.main_class.as_ref().is_none_or(has)
            && self.arguments.iter().all(has)
            && self
                .argv
                .as_deref()
                .is_none_or(|argv| is_command_line(process, argv))
            && self
                .user
                .as_deref()
                .is_none_or(|user| process.user == user || process.uid.to_string() == user)
            && (self.start.is_none() || self.start == process.start)
    }
}

/// Programs that run another one given by the rest of their command line, and wait for it.
const WRAPPERS: [&str; 8] = [
    "sudo", "doas", "timeout", "strace", "ltrace", "flock", "unshare", "nsenter",
];

/// The kernel runs a script as its interpreter, at most one argument of that, and the script's path
/// (looked up in PATH if given without a slash).
fn is_command_line(process: &Process, wanted: &[String]) -> bool {
    if process.argv == wanted {
        return true;
    }
    let (Some((program, arguments)), [interpreter, rest @ ..]) =
        (wanted.split_first(), &*process.argv)
    else {
        return false;
    };
    let is_script = |word: &str| {
        word == program
            || !program.contains('/') && Utf8Path::new(word).file_name() == Some(program)
    };
    let follows = |words: &[String]| matches!(words, [word, rest @ ..] if is_script(word) && rest == arguments);
    let is_wrapper = |word: &Utf8Path| {
        word.file_name()
            .is_some_and(|name| WRAPPERS.contains(&name))
    };
    if is_wrapper(&process.executable) || is_wrapper(Utf8Path::new(interpreter)) {
        return false;
    }
    follows(rest) || matches!(rest, [option, rest @ ..] if option != "-c" && follows(rest))
}

/// The path of a replaced program ends in ` (deleted)`; it is still the same program.
fn is_executable(path: &Utf8Path, wanted: &str) -> bool {
    let path = path
        .as_str()
        .strip_suffix(" (deleted)")
        .unwrap_or(path.as_str());
    if wanted.contains('/') {
        path == wanted
    } else {
        Utf8Path::new(path).file_name() == Some(wanted)
    }
}

/// A program to start so that it outlives the connection: with a session of its own, no standard
/// input, and output appended to a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartProcess {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Working directory.
    pub directory: Utf8PathBuf,
    /// Variables added to the environment.
    pub environment: BTreeMap<String, String>,
    /// The user it runs as, if not the connection's.
    pub user: Option<String>,
    /// The file for standard output and error.
    pub log: Utf8PathBuf,
    /// How to recognise it; check mode shows a matching process from then on.
    pub recognise: ProcessMatch,
    /// Ports it will listen on; check mode assumes that they are open from then on.
    pub ports: Vec<u16>,
    /// The systemd service to start instead: the name of the unit, which defines the rest.
    pub service: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(executable: &str, argv: &str) -> Process {
        Process {
            pid: 7,
            started: 1,
            executable: executable.into(),
            argv: argv.split(' ').map(str::to_owned).collect(),
            directory: "/".into(),
            uid: 1000,
            user: "rocketmq".to_owned(),
            start: None,
        }
    }

    #[test]
    fn all_that_is_given_must_hold() {
        let broker = process(
            "/opt/jdk/bin/java",
            "java -Xmx1g BrokerStartup -c /etc/a.conf",
        );
        let recognise = |executable: &str, main_class: &str, argument: &str, user: &str| {
            ProcessMatch {
                executable: Some(executable.to_owned()),
                main_class: Some(main_class.to_owned()),
                arguments: vec![argument.to_owned()],
                argv: None,
                user: Some(user.to_owned()),
                start: None,
            }
            .matches(&broker)
        };
        assert!(recognise("java", "BrokerStartup", "/etc/a.conf", "1000"));
        assert!(recognise(
            "/opt/jdk/bin/java",
            "BrokerStartup",
            "-c",
            "rocketmq"
        ));
        assert!(!recognise("/bin/java", "BrokerStartup", "-c", "rocketmq"));
        assert!(!recognise("java", "Broker", "-c", "rocketmq"));
        assert!(!recognise(
            "java",
            "BrokerStartup",
            "/etc/b.conf",
            "rocketmq"
        ));
        assert!(!recognise("java", "BrokerStartup", "-c", "root"));
    }

    #[test]
    fn a_whole_command_line_is_no_part_of_another() {
        let running = |argv: &str| {
            ProcessMatch {
                argv: Some(vec![
                    "serve".to_owned(),
                    "--port".to_owned(),
                    "80".to_owned(),
                ]),
                ..ProcessMatch::default()
            }
            .matches(&process("/bin/x", argv))
        };
        assert!(running("serve --port 80"));
        assert!(running("/bin/sh /usr/bin/serve --port 80"));
        assert!(running("/usr/bin/perl -w /usr/bin/serve --port 80"));
        assert!(!running("serve --port 80 --more"));
        assert!(!running("serve --port 8080"));
        assert!(!running("sh -c serve --port 80"));
        assert!(!running("sudo serve --port 80"));
        assert!(!running("a b c serve --port 80"));
        assert!(!running("vi serve"));
    }
}
