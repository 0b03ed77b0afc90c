//! Running programs of a host.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// A running program as /proc shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot: with the pid it names the process for good.
    pub started: u64,
    /// `/proc/PID/exe`; empty where it cannot be read.
    pub executable: Utf8PathBuf,
    /// The argument vector.
    pub argv: Vec<String>,
    /// The working directory; empty where it cannot be read.
    pub directory: Utf8PathBuf,
    /// User id it runs as.
    pub uid: u32,
    /// Name of that user, or the number as text.
    pub user: String,
}

/// How to recognise a program; all that is given must hold. Zombies and kernel threads never do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ProcessMatch {
    /// `/proc/PID/exe`: the whole path, or the file name alone.
    pub executable: Option<String>,
    /// An argument that is exactly this (a Java main class, for one).
    pub main_class: Option<String>,
    /// Arguments that must all be there, each exactly.
    pub arguments: Vec<String>,
    /// The whole command line, the program's own name included as it was started. Where the
    /// program is a script, the words of its interpreter may stand before it.
    pub argv: Option<Vec<String>>,
    /// User name or number.
    pub user: Option<String>,
}

impl ProcessMatch {
    /// Returns whether this process is meant.
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
    }
}

/// Programs that start another one with the rest of their command line and stay around it.
const WRAPPERS: [&str; 8] = [
    "sudo", "doas", "timeout", "strace", "ltrace", "flock", "unshare", "nsenter",
];

/// The kernel starts a script as its interpreter, at the most one argument of that, and the
/// script's path (searched in PATH if it was given without a slash).
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

/// A replaced program's path ends in ` (deleted)`; it is still that program.
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

/// A program to be started so that it outlives the connection: a session of its own, no standard
/// input, output appended to a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartProcess {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Working directory.
    pub directory: Utf8PathBuf,
    /// Variables added to the environment.
    pub environment: BTreeMap<String, String>,
    /// The user it runs as, if another than the connection's.
    pub user: Option<String>,
    /// Where standard output and error go.
    pub log: Utf8PathBuf,
    /// How it is found again; check mode shows a process of this shape from then on.
    pub recognise: ProcessMatch,
    /// Ports it will listen on; check mode takes them as open from then on.
    pub ports: Vec<u16>,
    /// The service of systemd that is started instead, whose unit says the rest: the name of the
    /// unit.
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
