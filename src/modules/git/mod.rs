//! `git`: a repository checked out on a host.

mod commands;

use crate::change::Change;
use crate::host::{Command, Content, Kind as NodeKind, Output, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::modules::host_path::host_path;
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};

/// Clones a repository to a directory of the host, and keeps it at a version.
///
/// It uses the host's own `git`. Check mode asks the server which commit the version is, so it shows
/// exactly what changes; what the files contain then is unknown.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of Ansible's"
)]
pub(super) struct Git {
    /// The address of the repository: of git, ssh or https, or a path on the host.
    repo: String,
    /// The directory. It can only be left out with `clone: false`.
    dest: Option<String>,
    /// A branch, a tag, a commit in full, a name that begins with `refs/`, or `HEAD` for what the
    /// server checks out.
    #[serde(default = "head")]
    version: String,
    /// The name of the remote.
    #[serde(default = "origin")]
    remote: String,
    /// A further refspec to fetch.
    refspec: Option<String>,
    /// A local repository to take objects from.
    reference: Option<String>,
    /// Whether to discard local modifications instead of failing.
    #[serde(default)]
    force: bool,
    /// How many commits of the history to fetch.
    depth: Option<u32>,
    /// Whether to clone if nothing is there.
    #[serde(default = "crate::module::yes")]
    clone: bool,
    /// Whether to change a repository that is there.
    #[serde(default = "crate::module::yes")]
    update: bool,
    /// Whether to have no working tree.
    #[serde(default)]
    bare: bool,
    /// Whether to check out submodules.
    #[serde(default = "crate::module::yes")]
    recursive: bool,
    /// Whether to clone only one branch.
    #[serde(default)]
    single_branch: bool,
    /// Whether to accept any host key of the server.
    #[serde(default)]
    accept_hostkey: bool,
    /// Whether to accept a host key of the server that is not known yet.
    #[serde(default)]
    accept_newhostkey: bool,
    /// A file of the host with the key for ssh.
    key_file: Option<String>,
    /// Options for ssh.
    ssh_opts: Option<String>,
    /// The program; `git` by default.
    executable: Option<String>,
}

fn head() -> String {
    "HEAD".to_owned()
}

fn origin() -> String {
    "origin".to_owned()
}

/// Prints what is in the directory, and nothing if that is not a repository itself. Its arguments
/// are the directory, the remote, the program, and what to name the commit of.
const STATE: &str = "cd \"$1\" 2>/dev/null || exit 0
[ -e .git ] || { [ -f HEAD ] && [ -d objects ]; } || exit 0
echo \"commit $(\"$3\" rev-parse -q --verify \"$4^{commit}\" 2>/dev/null)\"
echo \"url $(\"$3\" config --get \"remote.$2.url\")\"
[ -z \"$(\"$3\" status --porcelain --untracked-files=no 2>/dev/null)\" ] || echo modified";

/// What a version is on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Head,
    Branch,
    Tag,
    Reference,
    Commit,
}

/// What is in the directory.
struct State {
    text: String,
    commit: Option<String>,
    url: String,
    is_modified: bool,
}

impl BuiltIn for Git {
    const NAME: &'static str = "git";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("name", "repo")];
    const WRITES: Writes = Writes::Tree("dest");
    const PATHS: &'static [&'static str] = &["dest", "reference", "key_file"];
    const EXAMPLE: &'static str = "\
- name: The tools are there in one version
  git:
    repo: https://example.com/tools.git
    dest: /opt/tools
    version: v1.2.0
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("before", "The commit before, or null."),
        ("after", "The commit after."),
        ("msg", "That local modifications were discarded."),
        (
            "remote_url_changed",
            "Whether the address of the remote was another.",
        ),
    ];
}

impl Module for Git {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        for (name, text) in [
            ("repo", &self.repo),
            ("version", &self.version),
            ("remote", &self.remote),
        ] {
            if text.is_empty() || text.starts_with('-') {
                return Err(ModuleError::refused(format!(
                    "{name}: invalid value {text:?}"
                )));
            }
        }
        if self.accept_hostkey && self.accept_newhostkey {
            return Err(ModuleError::exclusive(&[
                "accept_hostkey",
                "accept_newhostkey",
            ]));
        }
        let dest = self.dest.as_deref().filter(|dest| !dest.is_empty());
        let dest = dest.map(host_path).transpose()?;
        let mut change = Change::default();
        change.returns("before", ());
        let Some(dest) = dest else {
            if self.clone {
                return Err(ModuleError::refused(
                    "dest is required unless clone is false",
                ));
            }
            return self.only_told(context, change);
        };
        let state = self.state(&dest, context)?;
        let Some(found) = &state else {
            if !self.clone {
                return self.only_told(context, change);
            }
            check_empty(context, &dest)?;
            let (commit, kind) = self.wanted(context)?;
            let setters = self.clone_commands(&dest, &commit, kind);
            self.set(
                &mut change,
                &dest,
                context,
                (String::new(), &commit),
                setters,
            );
            change.returns("after", commit);
            return Ok(change);
        };
        change.returns(
            "before",
            found.commit.clone().map_or(().into(), Value::from),
        );
        if !self.update {
            change.returns("after", found.commit.clone().map_or(().into(), Value::from));
            return Ok(change);
        }
        if found.is_modified && !self.force {
            return Err(ModuleError::Refused {
                message: format!(
                    "Local modifications exist in the destination: {dest} (force=no)."
                ),
                help: Some("commit or discard them, or set `force: true`".to_owned()),
            });
        }
        let (commit, kind) = self.wanted(context)?;
        let has_other_url = found.url != self.address();
        change.returns("remote_url_changed", has_other_url);
        if found.is_modified {
            let message = format!("Local modifications exist in the destination: {dest}");
            change.returns("msg", message);
        }
        change.returns("after", commit.as_str());
        if found.commit.as_ref() != Some(&commit) || has_other_url || found.is_modified {
            let setters = self.update_commands(&dest, found, &commit, kind);
            let before = found.text.clone();
            self.set(&mut change, &dest, context, (before, &commit), setters);
        }
        Ok(change)
    }
}

impl Git {
    /// Returns the address as git needs it: only with a protocol, a path obeys `depth`.
    fn address(&self) -> String {
        if self.repo.starts_with('/') {
            return format!("file://{}", self.repo);
        }
        self.repo.clone()
    }

    fn program(&self) -> &str {
        self.executable.as_deref().unwrap_or("git")
    }

    /// Returns which commit the version is, and changes nothing. As in Ansible, it counts as a
    /// change.
    fn only_told(&self, context: &PlanContext, mut change: Change) -> Result<Change, ModuleError> {
        change.returns("after", self.wanted(context)?.0);
        change.changed = Some(true);
        Ok(change)
    }

    fn teller(&self, dest: &Utf8Path) -> Command {
        let words = ["/bin/sh", "-c", STATE, "sh", dest.as_str()];
        let words = words
            .into_iter()
            .chain([self.remote.as_str(), self.program()])
            // A bare repository has many versions at once.
            .chain([if self.bare { &self.version } else { "HEAD" }]);
        Command::new(words)
    }

    /// Returns what is in the directory, if it is a repository.
    fn state(&self, dest: &Utf8Path, context: &PlanContext) -> Result<Option<State>, ModuleError> {
        let output = context.host.query(&self.teller(dest))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let field = |name: &str| {
            let mut lines = text.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            value.unwrap_or_default().to_owned()
        };
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(State {
            commit: Some(field("commit")).filter(|commit| !commit.is_empty()),
            url: field("url"),
            is_modified: text.lines().any(|line| line == "modified"),
            text,
        }))
    }

    /// Returns the commit that the server has under the version.
    fn wanted(&self, context: &PlanContext) -> Result<(String, Kind), ModuleError> {
        let version = self.version.as_str();
        let is_commit = [40, 64].contains(&version.len())
            && version.chars().all(|letter| letter.is_ascii_hexdigit());
        if is_commit {
            return Ok((version.to_ascii_lowercase(), Kind::Commit));
        }
        let itself = if version == "HEAD" {
            Kind::Head
        } else {
            Kind::Reference
        };
        // What a tag points at comes after it, under its name with these letters.
        let names = [
            (format!("{version}^{{}}"), Kind::Reference),
            (version.to_owned(), itself),
            (format!("refs/heads/{version}"), Kind::Branch),
            (format!("refs/tags/{version}^{{}}"), Kind::Tag),
            (format!("refs/tags/{version}"), Kind::Tag),
        ];
        let address = self.address();
        let mut argv = vec![self.program(), "ls-remote", &address];
        argv.extend(names.iter().map(|(name, _)| name.as_str()));
        let mut command = Command::new(argv);
        command.environment = self.environment(context);
        let output = context.host.query(&command)?;
        if output.lacks_program() {
            return Err(ModuleError::no_program(
                self.program(),
                "install the package git first",
            ));
        }
        if output.status != 0 {
            return Err(ModuleError::refused(said(&output)));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let listed: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .collect();
        let found = names.iter().find_map(|(name, kind)| {
            let mut listed = listed.iter();
            let (commit, _) = listed.find(|(_, known)| known == name)?;
            Some(((*commit).to_owned(), *kind))
        });
        found.ok_or_else(|| ModuleError::Refused {
            message: format!("Could not determine remote revision for {version}"),
            help: Some(
                "give a branch, a tag, or a commit with all its 40 hexadecimal digits".to_owned(),
            ),
        })
    }

    /// Adds the step that brings the repository to a commit.
    fn set(
        &self,
        change: &mut Change,
        dest: &Utf8PathBuf,
        context: &PlanContext,
        (before, commit): (String, &str),
        setters: Vec<Vec<String>>,
    ) {
        let environment = self.environment(context);
        let command = |argv: Vec<String>| Command {
            environment: environment.clone(),
            ..Command::new(argv)
        };
        change.steps.push(Step::Set(Setting {
            name: format!("repository {dest}"),
            teller: self.teller(dest),
            before,
            after: format!("commit {commit}\nurl {}\n", self.address()),
            setters: setters.into_iter().map(command).collect(),
            brings_programs: false,
        }));
        // It tells a checkout that is not complete; and check mode, which does not run it, takes
        // note that it does not know the content of the directory.
        let verify = self.at(dest, &["rev-parse", "-q", "--verify", "HEAD^{commit}"]);
        change.steps.push(Step::Run {
            command: command(verify),
            any_status: false,
        });
        change.makes = Some(dest.clone());
    }
}

/// Fails if git would refuse to clone to a directory.
fn check_empty(context: &PlanContext, dest: &Utf8Path) -> Result<(), ModuleError> {
    let Some(node) = context.host.look(dest, true, Content::None)? else {
        return Ok(());
    };
    if node.kind == NodeKind::Directory && context.host.tree(dest, Some(1))?.is_empty() {
        return Ok(());
    }
    Err(ModuleError::Refused {
        message: format!("{dest} is there already, and is neither empty nor a repository"),
        help: Some("remove it with `file` and `state: absent`, or use another dest".to_owned()),
    })
}

/// Returns why git failed, as one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let fatal = text.lines().find_map(|line| line.strip_prefix("fatal: "));
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    let reason = fatal.or(last).unwrap_or("it said nothing");
    format!("git exited with {}: {reason}", output.status)
}
