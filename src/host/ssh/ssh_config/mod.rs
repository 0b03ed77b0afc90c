//! Reads OpenSSH's `ssh_config`: its settings for reaching a host.

mod arguments;
mod criterion;
mod include;
mod line;
mod options;
mod setting;

pub use arguments::Arguments;
pub use options::{Checking, Options, Proxy};

use super::pattern;
use crate::source::{Place, Problem, Problems, Result, SourceFile};
use criterion::{Circumstances, Criterion};
use line::Line;
use setting::Setting;
use std::path::Path;
use std::sync::Arc;

/// The `ssh_config` files of a user, in order of precedence.
#[derive(Debug, Clone, Default)]
pub struct SshConfig {
    files: Vec<Vec<Item>>,
}

/// The connection for which settings are looked up.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The host as the user named it.
    pub host: &'a str,
    /// The user of this machine.
    pub local_user: &'a str,
}

#[derive(Debug, Clone)]
enum Item {
    Host(Vec<String>),
    Match(Vec<Criterion>),
    Set(Setting),
    Include(Vec<Vec<Item>>),
}

impl SshConfig {
    /// Reads the files of a user: `.ssh/config` in the home and `/etc/ssh/ssh_config`. Missing
    /// files are empty.
    pub fn of_user(home: &Path) -> Result<Self> {
        let mut config = Self::default();
        let user = home.join(".ssh");
        for (file, folder) in [
            (user.join("config"), user.as_path()),
            ("/etc/ssh/ssh_config".into(), Path::new("/etc/ssh")),
        ] {
            if file.exists() {
                config.add_file(&file, home, folder)?;
            }
        }
        Ok(config)
    }

    /// Reads a single file, like `ssh -F`.
    pub fn of_file(file: &Path, home: &Path) -> Result<Self> {
        let mut config = Self::default();
        config.add_file(file, home, &home.join(".ssh"))?;
        Ok(config)
    }

    /// Adds a file after the existing ones; relative paths of `Include` are below `folder`.
    pub fn add_file(&mut self, file: &Path, home: &Path, folder: &Path) -> Result<()> {
        let reader = Reader {
            home,
            folder,
            depth: 0,
        };
        self.files.push(reader.read(&SourceFile::read(file)?)?);
        Ok(())
    }

    /// Reads settings from lines such as `Port=22`, for example those of `-o` on a command line.
    /// Problems refer to them as `name`.
    pub fn of_lines(name: &str, lines: &[String]) -> Result<Self> {
        let source = SourceFile::new(name, lines.join("\n"));
        let reader = Reader {
            home: Path::new("/"),
            folder: Path::new("/"),
            depth: 0,
        };
        Ok(Self {
            files: vec![reader.read(&source)?],
        })
    }

    /// Returns the settings of the files for a host, after what is `given` elsewhere: the first
    /// value of a setting counts.
    pub fn options(&self, query: &Query, given: Options) -> Options {
        let mut options = given;
        self.pass(query, query.host, false, &mut options);
        if self.files.iter().any(|items| asks_for_last_pass(items)) {
            let host = host_name(&options, query.host);
            self.pass(query, &host, true, &mut options);
        }
        options
    }

    fn pass(&self, query: &Query, host: &str, is_last: bool, options: &mut Options) {
        let pass = Pass {
            query,
            host,
            is_last,
        };
        for items in &self.files {
            pass.collect(items, true, options);
        }
    }
}

/// Returns the name to connect to, in lower case: `HostName` with its tokens replaced, or otherwise
/// the host's own.
pub fn host_name(options: &Options, host: &str) -> String {
    let name = match &options.host_name {
        Some(name) => {
            let parts = name.split("%%").map(|part| part.replace("%h", host));
            parts.collect::<Vec<_>>().join("%")
        }
        None => host.to_owned(),
    };
    name.to_lowercase()
}

fn asks_for_last_pass(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Match(criteria) => criteria.iter().any(Criterion::is_final),
        Item::Include(files) => files.iter().any(|items| asks_for_last_pass(items)),
        Item::Host(_) | Item::Set(_) => false,
    })
}

/// One reading of the files for one host.
struct Pass<'a> {
    query: &'a Query<'a>,
    host: &'a str,
    is_last: bool,
}

impl Pass<'_> {
    /// Adds the settings of matching blocks. In a file included in a block that does not match,
    /// nothing matches.
    fn collect(&self, items: &[Item], possible: bool, options: &mut Options) {
        let mut active = possible;
        for item in items {
            match item {
                Item::Host(patterns) => {
                    let patterns = patterns.iter().map(String::as_str);
                    active = possible && pattern::matches_list(patterns, self.host);
                }
                Item::Match(criteria) => active = possible && self.matches(criteria, options),
                Item::Set(setting) if active => options.add(setting),
                Item::Set(_) => {}
                Item::Include(files) => {
                    for items in files {
                        self.collect(items, active, options);
                    }
                }
            }
        }
    }

    fn matches(&self, criteria: &[Criterion], options: &Options) -> bool {
        let circumstances = Circumstances {
            original_host: self.query.host,
            host: &host_name(options, self.host),
            user: options.user.as_deref().unwrap_or(self.query.local_user),
            local_user: self.query.local_user,
            last_pass: self.is_last,
        };
        criteria
            .iter()
            .all(|criterion| criterion.holds(&circumstances))
    }
}

/// How deeply files may include each other, as in ssh.
const MOST_INCLUDES: usize = 16;

struct Reader<'a> {
    home: &'a Path,
    folder: &'a Path,
    depth: usize,
}

impl Reader<'_> {
    fn read(&self, source: &Arc<SourceFile>) -> Result<Vec<Item>> {
        let mut problems = Problems::default();
        let mut items = Vec::new();
        let mut start = 0;
        for text in source.text.split_inclusive('\n') {
            let range = start..start + text.trim_end().len();
            start += text.len();
            let Some(line) = Line::parse(text.trim_end_matches('\n')) else {
                continue;
            };
            let place = Place::new(source, range);
            items.extend(problems.take(self.item(&line, &place)).flatten());
        }
        problems.or(items)
    }

    fn item(&self, line: &Line, place: &Place) -> Result<Option<Item>> {
        let problem = |message: String| Problem::at(place, format!("{}: {message}", line.keyword));
        if line.rest.is_empty() {
            return Err(problem("expected a value".to_owned()).into());
        }
        let words =
            || line::words(line.rest).ok_or_else(|| problem("a quote is not closed".to_owned()));
        Ok(match line.keyword.as_str() {
            "host" => Some(Item::Host(words()?)),
            "match" => Some(Item::Match(
                Criterion::parse_all(&words()?).map_err(problem)?,
            )),
            "include" => {
                if self.depth == MOST_INCLUDES {
                    return Err(problem("files include each other endlessly".to_owned()).into());
                }
                Some(Item::Include(self.include(&words()?)?))
            }
            keyword => Setting::parse(keyword, line.rest)
                .map_err(problem)?
                .map(Item::Set),
        })
    }

    fn include(&self, patterns: &[String]) -> Result<Vec<Vec<Item>>> {
        let deeper = Reader {
            depth: self.depth + 1,
            ..*self
        };
        let mut files = Vec::new();
        for pattern in patterns {
            let path = match pattern.strip_prefix("~/") {
                Some(rest) => self.home.join(rest),
                None => self.folder.join(pattern),
            };
            for file in include::files(&path) {
                files.push(deeper.read(&SourceFile::read(&file)?)?);
            }
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests;
