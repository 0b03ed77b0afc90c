//! `pip`: Python packages of a host.

use super::host_path::host_path;
use super::words;
use crate::change::Change;
use crate::host::{Command, HostError, Output, Setting, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};

/// Installs and removes Python packages with the host's own `pip`.
///
/// Check mode asks `pip install --dry-run` what would be installed, dependencies included.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Pip {
    /// Packages: names, with a version as in `flask>=2,<3`, addresses, or paths of the host.
    #[serde(default)]
    name: Vec<String>,
    /// The version, if `name` is one package without one.
    version: Option<String>,
    /// A file of the host that lists packages.
    requirements: Option<String>,
    /// What should hold.
    #[serde(default)]
    state: State,
    /// A virtual environment to install to; it is created if it is missing.
    virtualenv: Option<String>,
    /// The command that creates it.
    #[serde(default = "usual_command")]
    virtualenv_command: String,
    /// The Python of a new virtual environment; not for `python -m venv`.
    virtualenv_python: Option<String>,
    /// Whether a new virtual environment sees the packages of the host.
    #[serde(default)]
    virtualenv_site_packages: bool,
    /// Further words for pip, such as `--no-index --find-links /srv/wheels`.
    extra_args: Option<String>,
    /// Whether to install from a directory without copying it.
    #[serde(default)]
    editable: bool,
    /// The directory in which pip runs.
    chdir: Option<String>,
    /// The program, without a virtual environment; `pip3` by default.
    executable: Option<String>,
    /// Whether pip may change what the host's own package manager manages.
    #[serde(default)]
    break_system_packages: bool,
}

/// What should hold of the packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// They are installed.
    #[default]
    Present,
    /// They are installed in the newest version.
    Latest,
    /// They are installed anew.
    ForceReinstall,
    /// They are not installed.
    Absent,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Latest => "latest",
            Self::ForceReinstall => "forcereinstall",
            Self::Absent => "absent",
        }
    }
}

fn usual_command() -> String {
    "virtualenv".to_owned()
}

impl BuiltIn for Pip {
    const NAME: &'static str = "pip";
    const WRITES: Writes = Writes::Tree("virtualenv");
    const PATHS: &'static [&'static str] = &["requirements", "virtualenv", "chdir"];
    const EXAMPLE: &'static str = "\
- name: A library for a tool of ours
  pip:
    name: requests==2.32.3
    virtualenv: /opt/tool
    virtualenv_command: python3 -m venv
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("cmd", "The words of pip's command, if anything changes."),
        ("name", "As given."),
        ("version", "As given."),
        ("state", "As given."),
        ("requirements", "As given."),
        ("virtualenv", "As given."),
    ];
}

/// The packages that are installed.
struct Installed {
    teller: Command,
    /// What pip prints: `NAME==VERSION` on each line. Empty for a new virtual environment.
    text: String,
    /// Whether the virtual environment must be created first.
    is_new: bool,
}

impl Module for Pip {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let requests = self.requests()?;
        let mut change = Change::default();
        self.add_arguments(&mut change);
        let installed = self.installed(context)?;
        if self.state == State::Absent {
            let is_wanted = |name: &String| version_of(&installed.text, name).is_some();
            let gone: Vec<String> = requests.into_iter().filter(is_wanted).collect();
            if !gone.is_empty() {
                let mut uninstall = self.pip(context, &["uninstall", "-y"])?;
                uninstall.argv.extend(self.extra()?);
                uninstall.argv.extend(gone.iter().cloned());
                let after = without(&installed.text, &gone);
                add(&mut change, installed, after, vec![uninstall]);
            }
            return Ok(change);
        }
        let all_there = requests
            .iter()
            .all(|request| is_there(&installed.text, request));
        if self.state == State::Present && self.requirements.is_none() && all_there {
            return Ok(change);
        }
        let mut install = self.pip(context, &["install"])?;
        let mode: &[&str] = match self.state {
            State::Latest => &["-U"],
            State::ForceReinstall => &["-U", "--force-reinstall"],
            _ => &[],
        };
        install
            .argv
            .extend(mode.iter().map(|word| (*word).to_owned()));
        install.argv.extend(self.extra()?);
        if self.editable {
            install.argv.push("-e".to_owned());
        }
        install.argv.extend(requests.iter().cloned());
        if let Some(file) = &self.requirements {
            install.argv.extend(["-r".to_owned(), file.clone()]);
        }
        if installed.is_new {
            let create = self.create(context)?;
            let after = requests
                .iter()
                .fold(String::new(), |text, name| text + name + "\n");
            change.makes = self.virtualenv.as_ref().map(Utf8PathBuf::from);
            add(&mut change, installed, after, vec![create, install]);
            return Ok(change);
        }
        let Some(new) = would_install(context, &install)? else {
            return Ok(change);
        };
        let after = with(&installed.text, &new);
        add(&mut change, installed, after, vec![install]);
        Ok(change)
    }
}

impl Pip {
    /// Returns the packages as pip wants them.
    fn requests(&self) -> Result<Vec<String>, ModuleError> {
        if self.name.is_empty() == self.requirements.is_none() {
            return Err(ModuleError::refused(
                "pip needs either name or requirements",
            ));
        }
        if self.state == State::Absent && self.requirements.is_some() {
            return Err(ModuleError::refused(
                "requirements cannot be removed: name the packages",
            ));
        }
        if self.state == State::Latest && self.version.is_some() {
            return Err(ModuleError::refused(
                "version and state: latest are mutually exclusive",
            ));
        }
        // As in Ansible, a comma parts packages only if a name follows: `a>=1,<2` is one.
        let mut names: Vec<String> = Vec::new();
        for part in self.name.iter().flat_map(|text| text.split(',')) {
            let part = part.trim();
            match names.last_mut() {
                Some(last) if part.starts_with(['<', '>', '=', '!', '~']) => {
                    *last += ",";
                    *last += part;
                }
                _ => names.push(part.to_owned()),
            }
        }
        if let Some(bad) = names
            .iter()
            .find(|name| name.is_empty() || name.starts_with('-'))
        {
            return Err(ModuleError::refused(format!(
                "name: invalid package {bad:?}"
            )));
        }
        match (&self.version, &mut names[..]) {
            (None, _) => {}
            (Some(version), [name]) if is_plain(name) => *name += &format!("=={version}"),
            (Some(_), _) => {
                return Err(ModuleError::refused(
                    "version needs one package in name, without a version of its own",
                ));
            }
        }
        Ok(names)
    }

    fn add_arguments(&self, change: &mut Change) {
        change.returns("name", Value::from(self.name.clone()));
        change.returns("state", self.state.name());
        for (name, value) in [
            ("version", &self.version),
            ("requirements", &self.requirements),
            ("virtualenv", &self.virtualenv),
        ] {
            let value = value.as_ref();
            change.returns(
                name,
                value.map_or(().into(), |value| Value::from(value.as_str())),
            );
        }
    }

    /// Returns a command of pip.
    fn pip(&self, context: &PlanContext, words: &[&str]) -> Result<Command, ModuleError> {
        let program = match (&self.virtualenv, &self.executable) {
            (Some(folder), name) => {
                let name = name.as_deref().unwrap_or("pip");
                host_path(folder)?.join("bin").join(name).into_string()
            }
            (None, name) => name.clone().unwrap_or_else(|| "pip3".to_owned()),
        };
        let first = [program.as_str()].into_iter();
        let mut command = Command::new(first.chain(words.iter().copied()));
        command.environment.clone_from(context.environment);
        for (name, is_set) in [
            ("PIP_NO_INPUT", true),
            ("PIP_DISABLE_PIP_VERSION_CHECK", true),
            ("PIP_BREAK_SYSTEM_PACKAGES", self.break_system_packages),
        ] {
            if is_set {
                let value = "1".to_owned();
                command.environment.entry(name.to_owned()).or_insert(value);
            }
        }
        command.chdir = self.chdir.as_ref().map(Utf8PathBuf::from);
        Ok(command)
    }

    fn extra(&self) -> Result<Vec<String>, ModuleError> {
        words::split(self.extra_args.as_deref().unwrap_or_default())
    }

    fn installed(&self, context: &PlanContext) -> Result<Installed, ModuleError> {
        let mut teller = self.pip(context, &["list", "--format=freeze"])?;
        teller.chdir = None;
        if let (Some(_), Some(program)) = (&self.virtualenv, teller.argv.first())
            && context.host.stat(Utf8Path::new(program))?.is_none()
        {
            return Ok(Installed {
                teller,
                text: String::new(),
                is_new: true,
            });
        }
        let output = context.host.query(&teller)?;
        if output.lacks_program() {
            return Err(ModuleError::no_program(
                teller.argv.first().map_or("", String::as_str),
                "install it first, usually with the package python3-pip",
            ));
        }
        Ok(Installed {
            text: text_of(&teller, output)?,
            teller,
            is_new: false,
        })
    }

    /// Returns the command that creates the virtual environment.
    fn create(&self, context: &PlanContext) -> Result<Command, ModuleError> {
        let mut argv = words::split(&self.virtualenv_command)?;
        if self.virtualenv_site_packages {
            argv.push("--system-site-packages".to_owned());
        }
        if let Some(python) = &self.virtualenv_python {
            if argv.iter().any(|word| word == "venv") {
                return Err(ModuleError::refused(
                    "virtualenv_python is not for venv: name that Python in virtualenv_command",
                ));
            }
            argv.push(format!("-p{python}"));
        }
        argv.extend(self.virtualenv.clone());
        let mut command = Command::new(argv);
        command.environment.clone_from(context.environment);
        Ok(command)
    }
}

/// Adds the step that brings the packages from what is there to what should be.
fn add(change: &mut Change, installed: Installed, after: String, setters: Vec<Command>) {
    let words = setters.last().map(|command| command.argv.clone());
    change.returns("cmd", Value::from(words.unwrap_or_default()));
    change.changed = Some(true);
    change.steps.push(Step::Set(Setting {
        name: "packages of pip".to_owned(),
        teller: installed.teller,
        before: installed.text,
        after,
        setters,
        brings_programs: true,
    }));
}

/// Returns what an installation would install, as `NAME-VERSION`; `None` for nothing. It is empty
/// if this pip cannot say.
fn would_install(
    context: &PlanContext,
    install: &Command,
) -> Result<Option<Vec<String>>, ModuleError> {
    let mut dry = install.clone();
    dry.argv
        .insert(2.min(dry.argv.len()), "--dry-run".to_owned());
    let output = context.host.query(&dry)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status == 2 && said.contains("no such option") {
        return Ok(Some(Vec::new()));
    }
    let text = text_of(&dry, output)?;
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix("Would install "));
    Ok(line.map(|line| line.split_whitespace().map(str::to_owned).collect()))
}

/// Returns what a command printed; fails as it did.
fn text_of(command: &Command, output: Output) -> Result<String, ModuleError> {
    if output.status != 0 {
        let command = command.display();
        return Err(HostError::Command { command, output }.into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns whether a request is a name alone.
fn is_plain(request: &str) -> bool {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    request.chars().all(is_of_name)
}

/// Returns a name as pip compares it.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// Returns the version of a package that is installed.
fn version_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once("=="));
    lines.find_map(|(known, version)| (normal(known) == normal(name)).then_some(version))
}

/// Returns whether a request certainly is installed; what else pip decides.
fn is_there(text: &str, request: &str) -> bool {
    match request.split_once("==") {
        Some((name, version)) if is_plain(name) && is_plain(version) => {
            version_of(text, name) == Some(version)
        }
        Some(_) => false,
        None => is_plain(request) && version_of(text, request).is_some(),
    }
}

fn without(text: &str, gone: &[String]) -> String {
    let stays = |line: &&str| {
        let name = line.split("==").next().unwrap_or_default();
        !gone.iter().any(|gone| normal(gone) == normal(name))
    };
    let lines = text.lines().filter(stays);
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the packages after an installation, in pip's order.
fn with(text: &str, new: &[String]) -> String {
    let parts = new.iter().filter_map(|package| package.rsplit_once('-'));
    let parts: Vec<_> = parts.collect();
    let names: Vec<String> = parts.iter().map(|(name, _)| (*name).to_owned()).collect();
    let kept = without(text, &names);
    let added = parts
        .iter()
        .map(|(name, version)| format!("{name}=={version}"));
    let mut lines: Vec<String> = kept.lines().map(str::to_owned).chain(added).collect();
    lines.sort_by_key(|line| line.to_ascii_lowercase());
    lines.iter().map(|line| format!("{line}\n")).collect()
}
