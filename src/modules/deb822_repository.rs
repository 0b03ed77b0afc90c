//! `deb822_repository`: a source of packages in apt's newer form, and its key.

use super::edited_file::{EditedFile, Writing};
use super::openpgp;
use super::web;
use crate::change::{Attributes, Change, Mode};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use crate::value::Value;
use std::fmt::Write;

/// The directory of keys that belong to one source.
const KEYRINGS: &str = "/etc/apt/keyrings";

/// Adds or removes a source of packages in `/etc/apt/sources.list.d`, and its key.
///
/// The package index is not updated: use `apt` with `update_cache` if the task changed something.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deb822Repository {
    /// The source's name, by which its files are named too.
    name: String,
    /// Whether apt should know the source.
    #[serde(default)]
    state: Presence,
    /// Where the packages are.
    uris: Option<Vec<String>>,
    /// Releases, or paths that end in a slash.
    suites: Option<Vec<String>>,
    /// Sections of the releases.
    components: Option<Vec<String>>,
    /// Binary packages or sources.
    #[serde(default = "binary")]
    types: Vec<PackageType>,
    /// The key: a URL, which this machine downloads from; a path on the host; fingerprints; or the
    /// key itself in text form.
    signed_by: Option<String>,
    /// Architectures.
    architectures: Option<Vec<String>>,
    /// Whether apt should use the source.
    enabled: Option<bool>,
    /// Whether packages may become insecure.
    allow_downgrade_to_insecure: Option<bool>,
    /// Whether the source may lack signatures.
    allow_insecure: Option<bool>,
    /// Whether signatures may be weak.
    allow_weak: Option<bool>,
    /// Whether to fetch indexes by their checksum.
    by_hash: Option<bool>,
    /// Whether to trust the host's clock.
    check_date: Option<bool>,
    /// Whether an expired source is an error.
    check_valid_until: Option<bool>,
    /// How many seconds the source may be from the future.
    date_max_future: Option<i64>,
    /// The path of the file `InRelease`.
    inrelease_path: Option<String>,
    /// Languages of descriptions.
    languages: Option<Vec<String>>,
    /// Whether to update indexes by differences.
    pdiffs: Option<bool>,
    /// Which files to fetch.
    targets: Option<Vec<String>>,
    /// Whether the source counts as authentic without a check.
    trusted: Option<bool>,
    /// Permission bits of the file.
    #[serde(default = "usual_mode")]
    mode: Mode,
}

/// What a source has.
#[derive(Debug, Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum PackageType {
    /// Binary packages.
    Deb,
    /// Sources of packages.
    DebSrc,
}

fn binary() -> Vec<PackageType> {
    vec![PackageType::Deb]
}

fn usual_mode() -> Mode {
    Mode::of_bits(0o644)
}

impl BuiltIn for Deb822Repository {
    const NAME: &'static str = "deb822_repository";
    const EXAMPLE: &'static str = "\
- name: The packages of the team are known
  deb822_repository:
    name: team
    uris: https://packages.example.com/debian
    suites: stable
    components: [main, extra]
    signed_by: /etc/apt/keyrings/team.asc
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("repo", "The content of the file."),
        ("dest", "The file."),
        ("key_filename", "The file of the key, if it was downloaded."),
    ];
}

impl Module for Deb822Repository {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let slug = slug(&self.name);
        if slug.is_empty() {
            let message = format!("name: {:?} has no letter or digit", self.name);
            return Err(ModuleError::refused(message));
        }
        let dest = format!("/etc/apt/sources.list.d/{slug}.sources");
        let mut change = Change::default();
        let mut key_file = None;
        if self.state == Presence::Absent {
            for path in [&dest, &key_path(&slug, "asc"), &key_path(&slug, "gpg")] {
                let removed = EditedFile::open(context.host, path)?.removed()?;
                change.steps.extend(removed.steps);
                key_file = Some(path.clone());
            }
            change.returns("repo", Value::from(()));
        } else {
            let key = self.key(context, &slug, &mut change)?;
            key_file = key.clone().filter(|key| key.starts_with('/'));
            let repo = self.text(key.as_deref());
            let file = EditedFile::open(context.host, &dest)?;
            let writing = Writing {
                attributes: with_mode(self.mode.clone()),
                ..Writing::default()
            };
            let put = file.put(repo.clone().into_bytes(), "", writing)?;
            change.steps.extend(put.steps);
            change.returns("repo", repo);
        }
        change.returns("dest", dest);
        change.returns("key_filename", key_file);
        Ok(change)
    }
}

impl Deb822Repository {
    /// Returns the value of `Signed-By`, after adding the steps for a downloaded key.
    fn key(
        &self,
        context: &PlanContext,
        slug: &str,
        change: &mut Change,
    ) -> Result<Option<String>, ModuleError> {
        let Some(key) = &self.signed_by else {
            return Ok(None);
        };
        if !key.starts_with("https://") && !key.starts_with("http://") {
            return Ok(Some(key.clone()));
        }
        let fetched = web::download(context, key, None, false)?;
        change.warnings.extend(fetched.doubt);
        let content = crate::files::read(&fetched.path)?;
        let extension = if openpgp::is_armored(&content) {
            "asc"
        } else {
            "gpg"
        };
        let path = key_path(slug, extension);
        let file = EditedFile::open(context.host, &path)?;
        let is_same = file.content.as_ref() == Some(&content);
        let folder = Attributes {
            owner: Some("root".to_owned()),
            group: Some("root".to_owned()),
            ..with_mode(Mode::of_bits(0o755))
        };
        let writing = Writing {
            attributes: with_mode(Mode::of_bits(0o644)),
            folder: Some(folder).filter(|_| !is_same),
            ..Writing::default()
        };
        change.steps.extend(file.put(content, "", writing)?.steps);
        Ok(Some(path))
    }

    /// Returns the text of the file: the fields in the order of the arguments' names.
    fn text(&self, key: Option<&str>) -> String {
        let yes_no =
            |value: Option<bool>| value.map(|value| if value { "yes" } else { "no" }.to_owned());
        let list = |values: &Option<Vec<String>>| values.as_ref().map(|values| values.join(" "));
        let types = self.types.iter().map(|one| match one {
            PackageType::Deb => "deb",
            PackageType::DebSrc => "deb-src",
        });
        let fields = [
            (
                "Allow-Downgrade-To-Insecure",
                yes_no(self.allow_downgrade_to_insecure),
            ),
            ("Allow-Insecure", yes_no(self.allow_insecure)),
            ("Allow-Weak", yes_no(self.allow_weak)),
            ("Architectures", list(&self.architectures)),
            ("By-Hash", yes_no(self.by_hash)),
            ("Check-Date", yes_no(self.check_date)),
            ("Check-Valid-Until", yes_no(self.check_valid_until)),
            ("Components", list(&self.components)),
            (
                "Date-Max-Future",
                self.date_max_future.map(|seconds| seconds.to_string()),
            ),
            ("Enabled", yes_no(self.enabled)),
            ("Inrelease-Path", self.inrelease_path.clone()),
            ("Languages", list(&self.languages)),
            ("X-Repolib-Name", Some(self.name.clone())),
            ("Pdiffs", yes_no(self.pdiffs)),
            ("Signed-By", key.map(str::to_owned)),
            ("Suites", list(&self.suites)),
            ("Targets", list(&self.targets)),
            ("Trusted", yes_no(self.trusted)),
            ("Types", Some(types.collect::<Vec<_>>().join(" "))),
            ("URIs", list(&self.uris)),
        ];
        let mut text = String::new();
        for (name, value) in fields {
            let Some(value) = value else { continue };
            let value = folded(&value);
            let blank = if value.is_empty() || value.starts_with('\n') {
                ""
            } else {
                " "
            };
            let _ = writeln!(text, "{name}:{blank}{value}");
        }
        text
    }
}

fn with_mode(mode: Mode) -> Attributes {
    Attributes {
        mode: Some(mode),
        ..Attributes::default()
    }
}

fn key_path(slug: &str, extension: &str) -> String {
    format!("{KEYRINGS}/{slug}.{extension}")
}

/// Returns the name of the files: lower-case letters, digits and `-`.
fn slug(name: &str) -> String {
    let mut dashed = String::new();
    let mut is_gap = false;
    for letter in name.to_lowercase().chars() {
        let was_gap = std::mem::replace(&mut is_gap, letter == '_' || letter.is_whitespace());
        match letter {
            _ if is_gap && was_gap => {}
            _ if is_gap => dashed.push('-'),
            letter => dashed.push(letter),
        }
    }
    let fits = |letter: &char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    dashed.chars().filter(fits).collect()
}

/// Indents the lines of a value; an empty one becomes a dot.
fn folded(value: &str) -> String {
    if !value.contains('\n') {
        return value.to_owned();
    }
    let lines = value.trim().lines().map(|line| match line.trim() {
        "" => "\n    .".to_owned(),
        line => format!("\n    {line}"),
    });
    lines.collect()
}
