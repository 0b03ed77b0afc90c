//! `apt_repository`: a line in apt's lists of sources.

mod sources;

use super::edited_file::{EditedFile, Writing};
use crate::change::{Attributes, Change, Mode};
use crate::host::{Command, Content, Kind, Question, Step};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use crate::value::Value;
use camino::{Utf8Path, Utf8PathBuf};
use sources::{List, Source, Sources};

/// The list of the system's own sources.
const MAIN: &str = "/etc/apt/sources.list";

/// The directory of further lists.
const FOLDER: &str = "/etc/apt/sources.list.d";

/// Adds or removes a source of packages, as one line.
///
/// `deb822_repository` writes the newer form, with a key of its own.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AptRepository {
    /// The line: `deb [OPTIONS] URL SUITE COMPONENT…`, or `ppa:OWNER/NAME`, which must be removed or
    /// already there.
    repo: String,
    /// Whether apt should use the source.
    #[serde(default)]
    state: Presence,
    /// The file in `/etc/apt/sources.list.d`, without `.list`; by default named after the URL.
    filename: Option<String>,
    /// Permission bits of the file, if the line is added to it; by default a new file gets 0666
    /// minus the umask of the host's user.
    mode: Option<Mode>,
    /// Whether to update the package index after a change.
    #[serde(default = "crate::module::yes")]
    update_cache: bool,
    /// How often to retry a failed download of the index.
    #[serde(default = "retries")]
    update_cache_retries: u32,
    /// Ignored: apt decides how long it waits between retries.
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    update_cache_retry_max_delay: Option<u32>,
    /// The suite of a `ppa:`; the host's own by default.
    codename: Option<String>,
    /// Ignored: nothing is downloaded but the index, by apt.
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    validate_certs: Option<bool>,
    /// Ignored: no library is needed.
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    install_python_apt: Option<bool>,
}

fn retries() -> u32 {
    5
}

impl BuiltIn for AptRepository {
    const NAME: &'static str = "apt_repository";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("update-cache", "update_cache")];
    const EXAMPLE: &'static str = "\
- name: The packages of the team are known
  apt_repository:
    repo: deb [signed-by=/etc/apt/keyrings/team.asc] https://packages.example.com/debian stable main
    filename: team
    update_cache: false
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("repo", "As given."),
        ("state", "As given."),
        ("sources_added", "New files."),
        ("sources_removed", "Removed files."),
    ];
}

impl Module for AptRepository {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let ppa = self.ppa(context)?;
        let wanted = Source::enabled(ppa.as_deref().unwrap_or(&self.repo));
        let wanted = wanted.ok_or_else(|| ModuleError::Refused {
            message: format!("repo: {:?} is not a source of packages", self.repo),
            help: Some("expected deb [OPTIONS] URL SUITE COMPONENT".to_owned()),
        })?;
        let mut sources = read(context)?;
        let known: Vec<_> = sources.files.iter().map(|list| list.path.clone()).collect();
        match self.state {
            Presence::Absent => sources.remove(&wanted),
            Presence::Present if ppa.is_some() && !sources.has(&wanted.words) => {
                return Err(unknown_ppa(&self.repo, &wanted.words));
            }
            Presence::Present => sources.add(&wanted, &self.path(&wanted)),
        }
        let mut change = Change::default();
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for list in sources.files.into_iter().filter(|list| list.is_changed) {
            let name = list.path.to_string();
            if !known.contains(&list.path) {
                added.push(name);
            } else if list.lines.is_empty() {
                removed.push(name);
            }
            change.steps.extend(self.written(context, list)?.steps);
        }
        if self.update_cache && !change.steps.is_empty() {
            change.steps.push(self.update());
        }
        change.returns("repo", self.repo.as_str());
        change.returns("state", self.state.name());
        change.returns("sources_added", Value::from(added));
        change.returns("sources_removed", Value::from(removed));
        Ok(change)
    }
}

impl AptRepository {
    /// Returns the line of a `ppa:`.
    fn ppa(&self, context: &PlanContext) -> Result<Option<String>, ModuleError> {
        let Some(ppa) = self.repo.strip_prefix("ppa:") else {
            return Ok(None);
        };
        let (owner, name) = ppa.split_once('/').unwrap_or((ppa, "ppa"));
        let codename = match &self.codename {
            Some(codename) => codename.clone(),
            None => {
                let facts = context.host.facts()?;
                let release = facts.0.get("distribution_release");
                release.map(ToString::to_string).unwrap_or_default()
            }
        };
        Ok(Some(format!(
            "deb https://ppa.launchpadcontent.net/{owner}/{name}/ubuntu {codename} main"
        )))
    }

    fn path(&self, wanted: &Source) -> Utf8PathBuf {
        let name = match &self.filename {
            Some(name) => name.clone(),
            None => wanted.file_name(),
        };
        Utf8Path::new(FOLDER).join(format!("{name}.list"))
    }

    fn written(&self, context: &PlanContext, list: List) -> Result<Change, ModuleError> {
        let file = EditedFile::open(context.host, list.path.as_str())?;
        if list.lines.is_empty() {
            return file.removed();
        }
        let attributes = Attributes {
            mode: self.mode.clone().filter(|_| list.is_extended),
            ..Attributes::default()
        };
        let writing = Writing {
            attributes: attributes.on(context.host)?,
            ..Writing::default()
        };
        file.put(list.lines.concat().into_bytes(), "", writing)
    }

    fn update(&self) -> Step {
        let retries = format!("Acquire::Retries={}", self.update_cache_retries);
        Step::Run {
            command: Command::new(["apt-get", "-q", "-o", &retries, "update"]),
            any_status: false,
        }
    }
}

/// The key of a new one is known to Launchpad alone.
fn unknown_ppa(repo: &str, line: &str) -> ModuleError {
    let address = line.strip_prefix("deb ").unwrap_or(line);
    ModuleError::Refused {
        message: format!(
            "{repo} is not in the lists of the host, and rmqplay does not ask Launchpad for its key"
        ),
        help: Some(format!(
            "put its key into /etc/apt/keyrings with get_url, and use repo: deb [signed-by=KEY] {address}"
        )),
    }
}

/// Reads all lists of sources.
fn read(context: &PlanContext) -> Result<Sources, ModuleError> {
    let list = |path: Utf8PathBuf| Question::Path {
        path,
        follow: true,
        content: Content::UpTo(1 << 20),
    };
    let folder = Question::Tree {
        path: FOLDER.into(),
        depth: Some(1),
    };
    let mut answers = context.host.ask(&[list(MAIN.into()), folder])?.into_iter();
    let main = answers.next().and_then(crate::host::Answer::into_path);
    let names = answers
        .next()
        .map(crate::host::Answer::into_tree)
        .unwrap_or_default();
    let names = names
        .into_iter()
        .filter(|(path, node)| path.extension() == Some("list") && node.kind != Kind::Directory);
    let paths: Vec<_> = names
        .map(|(path, _)| Utf8Path::new(FOLDER).join(path))
        .collect();
    let mut found = vec![(Utf8PathBuf::from(MAIN), main)];
    if !paths.is_empty() {
        let questions: Vec<_> = paths.iter().cloned().map(list).collect();
        let answers = context.host.ask(&questions)?.into_iter();
        found.extend(
            paths
                .into_iter()
                .zip(answers.map(crate::host::Answer::into_path)),
        );
    }
    let mut files = Vec::new();
    for (path, node) in found {
        let Some(content) = node.and_then(|node| node.content) else {
            continue;
        };
        let text = String::from_utf8(content)
            .map_err(|_| ModuleError::refused(format!("{path} is not UTF-8")))?;
        files.push(List::of(path, &text));
    }
    Ok(Sources { files })
}
