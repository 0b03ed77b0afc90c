//! What the command line of a RocketMQ program reveals.

use crate::host::Process;
use camino::{Utf8Path, Utf8PathBuf};

/// What the command line of a RocketMQ program reveals.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CommandLine {
    /// Folders on its class path that may be the `lib` of a release.
    pub(super) libraries: Vec<Utf8PathBuf>,
    /// Java's `user.home`, if it is set.
    pub(super) home: Option<Utf8PathBuf>,
    /// The configuration file.
    pub(super) file: Option<Utf8PathBuf>,
}

/// Returns whether a process is Java, rather than a shell that starts it with the same words.
pub(super) fn is_java(process: &Process) -> bool {
    let first = process.argv.first().map_or("", String::as_str);
    let path = match process.executable.as_str() {
        "" => first,
        path => path.strip_suffix(" (deleted)").unwrap_or(path),
    };
    Utf8Path::new(path).file_name() == Some("java")
}

/// Options of Java that take the next word as value, besides those of the class path.
const WITH_VALUE: [&str; 9] = [
    "-p",
    "--module-path",
    "--upgrade-module-path",
    "--add-modules",
    "--add-opens",
    "--add-exports",
    "--add-reads",
    "--patch-module",
    "--enable-native-access",
];

impl CommandLine {
    /// Parses the command line of a process, if this is its main class.
    pub(super) fn of(process: &Process, class: &str) -> Option<Self> {
        let mut line = Self::default();
        let mut words = process.argv.iter().skip(1).map(String::as_str);
        let at = |path: &str| process.directory.join(path);
        let is_main = loop {
            let word = words.next()?;
            if !word.starts_with(['-', '@']) {
                break word == class;
            }
            let class_path = match word {
                "-cp" | "-classpath" | "--class-path" => words.next(),
                "-jar" | "-m" | "--module" => return None,
                _ if WITH_VALUE.contains(&word) => words.next().and(None),
                _ => word
                    .strip_prefix("--class-path=")
                    .or_else(|| word.strip_prefix("-Djava.ext.dirs=")),
            };
            let parts = class_path.into_iter().flat_map(|path| path.split(':'));
            let libraries = parts.filter_map(library).map(Utf8Path::as_str);
            line.libraries.extend(libraries.map(at));
            line.home = word.strip_prefix("-Duser.home=").map(at).or(line.home);
        };
        while let Some(word) = words.next() {
            let file = match word {
                "-c" | "--configFile" | "-configFile" => words.next(),
                _ => word
                    .strip_prefix("--configFile=")
                    .or_else(|| word.strip_prefix("-c").filter(|rest| rest.starts_with('/'))),
            };
            line.file = file.map(at).or(line.file);
        }
        is_main.then_some(line)
    }

    /// Returns all paths in it.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        self.libraries.iter().chain(&self.file)
    }
}

/// Returns the folder of a part of a class path if it contains RocketMQ's jars.
fn library(part: &str) -> Option<&Utf8Path> {
    let path = Utf8Path::new(part);
    let folder = match path.file_name()? {
        "*" => path.parent()?,
        name if name.starts_with("rocketmq-") => path.parent()?,
        _ => path,
    };
    (folder.file_name() == Some("lib")).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(executable: &str, line: &str) -> (bool, Option<CommandLine>) {
        let process = Process {
            pid: 7,
            started: 1,
            executable: executable.into(),
            argv: line.split(' ').map(str::to_owned).collect(),
            directory: "/opt/mq/bin".into(),
            uid: 0,
            user: "root".to_owned(),
            start: None,
        };
        (is_java(&process), CommandLine::of(&process, "Main"))
    }

    #[test]
    fn release_home_and_configuration_are_read() {
        for (line, libraries, home, file) in [
            (
                "java -cp .:/opt/mq/conf:/opt/mq/lib/* Main -c /etc/a.conf",
                vec!["/opt/mq/lib"],
                None,
                Some("/etc/a.conf"),
            ),
            (
                "java -Djava.ext.dirs=/jre/lib/ext:/opt/mq/bin/../lib -cp x Main",
                vec!["/opt/mq/bin/../lib"],
                None,
                None,
            ),
            (
                "java -Duser.home=/data -classpath lib/rocketmq-broker-4.9.7.jar Main -n a:1 -c ../conf/b.conf",
                vec!["/opt/mq/bin/lib"],
                Some("/data"),
                Some("/opt/mq/bin/../conf/b.conf"),
            ),
            (
                "java --class-path=/a/lib/* Main --configFile=/etc/c",
                vec!["/a/lib"],
                None,
                Some("/etc/c"),
            ),
            (
                "java --add-opens java.base/java.nio=ALL-UNNAMED -cp /a/lib/* Main -p -c/etc/c",
                vec!["/a/lib"],
                None,
                Some("/etc/c"),
            ),
        ] {
            let expected = CommandLine {
                libraries: libraries.into_iter().map(Utf8PathBuf::from).collect(),
                home: home.map(Utf8PathBuf::from),
                file: file.map(Utf8PathBuf::from),
            };
            let expected = (true, Some(expected));
            assert_eq!(read("/jdk/bin/java", line), expected, "{line}");
        }
    }

    #[test]
    fn another_main_class_is_another_program() {
        for line in [
            "java -jar x.jar -c /etc/a.conf Main",
            "java -cp x Watcher Main -c /etc/a.conf",
            "java -cp Main",
            "java --add-modules Main Other",
            "java",
        ] {
            assert_eq!(read("/jdk/bin/java", line).1, None, "{line}");
        }
    }

    #[test]
    fn a_shell_with_the_same_words_is_not_java() {
        assert!(!read("/bin/dash", "sh runbroker.sh Main -c /etc/a.conf").0);
        assert!(!read("/bin/dash", "java Main").0);
        assert!(read("/jdk/bin/java (deleted)", "x Main").0);
        // Of another user's process, only root sees which executable it is.
        assert!(read("", "/jdk/bin/java Main").0);
        assert!(!read("", "sh runbroker.sh Main").0);
    }
}
