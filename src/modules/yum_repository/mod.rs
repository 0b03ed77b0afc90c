//! `yum_repository`: a repository of dnf and yum.

mod section;

use super::edited_file::{EditedFile, Writing};
use super::host_path::{host_path, is_directory};
use crate::change::{Attributes, Change, Mode, Shows};
use crate::host::Content;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Presence};
use section::Options;
use serde_json::Value;

/// Adds or removes a repository of dnf and yum: a section of a file in `/etc/yum.repos.d`.
///
/// Other sections of the file are kept as they are. Without any section, the file is removed.
#[derive(Debug, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct YumRepository {
    /// The repository's id, which is the name of the section.
    name: String,
    /// What the repository is; needed for `present`.
    description: Option<String>,
    /// Whether the host should know the repository.
    #[serde(default, skip_serializing)]
    state: Presence,
    /// The file, without `.repo`; by default named after the repository.
    #[serde(skip_serializing)]
    file: Option<String>,
    /// The directory of the file.
    #[serde(default = "folder", skip_serializing)]
    reposdir: String,
    /// Permission bits of the file, such as "0644"; by default a new file gets 0666 minus the umask
    /// of the host's user.
    #[serde(skip_serializing)]
    mode: Option<Mode>,
    /// User name or number.
    #[serde(skip_serializing)]
    owner: Option<String>,
    /// Group name or number.
    #[serde(skip_serializing)]
    group: Option<String>,
    /// Whether to fetch packages in parallel; dnf ignores it.
    r#async: Option<bool>,
    /// The greatest bandwidth in bytes per second, for `throttle`.
    bandwidth: Option<String>,
    /// URLs of the repository.
    baseurl: Option<Vec<String>>,
    /// The cost of the repository, compared with others.
    cost: Option<String>,
    /// Whether to let the owner count hosts.
    countme: Option<bool>,
    /// The size of metadata for differences, in percent; dnf ignores it.
    deltarpm_metadata_percentage: Option<String>,
    /// The size up to which differences of packages are used, in percent.
    deltarpm_percentage: Option<String>,
    /// Whether to use the repository.
    enabled: Option<bool>,
    /// Whether to use its groups of packages.
    enablegroups: Option<bool>,
    /// Packages that are never installed from it.
    exclude: Option<Vec<String>>,
    /// How to choose among several URLs: `roundrobin` or `priority`.
    failovermethod: Option<String>,
    /// The URL of a key for keys; dnf ignores it.
    gpgcakey: Option<String>,
    /// Whether to verify signatures of packages.
    gpgcheck: Option<bool>,
    /// URLs of the keys of the repository.
    gpgkey: Option<Vec<String>>,
    /// What proxies may keep; dnf ignores it.
    http_caching: Option<String>,
    /// A file to include.
    include: Option<String>,
    /// The only packages that are installed from it.
    includepkgs: Option<Vec<String>>,
    /// The version of addresses: `4`, `6`, `IPv4`, `IPv6`, `whatever`.
    ip_resolve: Option<String>,
    /// Whether to keep connections; dnf ignores it.
    keepalive: Option<bool>,
    /// Whether to keep packages, `0` or `1`; only valid in the main configuration.
    keepcache: Option<String>,
    /// How long metadata is valid, in seconds.
    metadata_expire: Option<String>,
    /// When metadata must be valid; dnf ignores it.
    metadata_expire_filter: Option<String>,
    /// The URL of a list of mirrors with checksums.
    metalink: Option<String>,
    /// The URL of a list of mirrors.
    mirrorlist: Option<String>,
    /// How long that list is valid; dnf ignores it.
    mirrorlist_expire: Option<String>,
    /// Whether packages replace those of modules.
    module_hotfixes: Option<bool>,
    /// The password for the repository.
    password: Option<String>,
    /// The priority, 1 to 99; 1 is first.
    priority: Option<String>,
    /// Whether others may not update its packages; dnf ignores it.
    protect: Option<bool>,
    /// The URL of a proxy, or `_none_`.
    proxy: Option<String>,
    /// The password for the proxy.
    proxy_password: Option<String>,
    /// The user for the proxy.
    proxy_username: Option<String>,
    /// Whether to verify the signature of metadata.
    repo_gpgcheck: Option<bool>,
    /// How often to retry a download.
    retries: Option<String>,
    /// Whether the repository is in S3.
    s3_enabled: Option<bool>,
    /// Whether to continue without the repository if it does not answer.
    skip_if_unavailable: Option<bool>,
    /// Whether to check the permissions of certificates; dnf ignores it.
    ssl_check_cert_permissions: Option<bool>,
    /// The certificates of authorities.
    sslcacert: Option<String>,
    /// The certificate of the host.
    sslclientcert: Option<String>,
    /// The key of that certificate.
    sslclientkey: Option<String>,
    /// Whether to verify certificates.
    sslverify: Option<bool>,
    /// The greatest bandwidth, absolute or in percent.
    throttle: Option<String>,
    /// Seconds to wait for a connection.
    timeout: Option<String>,
    /// Variables to show with the id; dnf ignores it.
    ui_repoid_vars: Option<String>,
    /// The user for the repository.
    username: Option<String>,
}

fn folder() -> String {
    "/etc/yum.repos.d".to_owned()
}

impl BuiltIn for YumRepository {
    const NAME: &'static str = "yum_repository";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("excludepkgs", "exclude"),
        ("ca_cert", "sslcacert"),
        ("client_cert", "sslclientcert"),
        ("client_key", "sslclientkey"),
        ("validate_certs", "sslverify"),
    ];
    const PATHS: &'static [&'static str] = &["reposdir"];
    const EXAMPLE: &'static str = "\
- name: The packages of the team are known
  yum_repository:
    name: team
    description: Packages of the team
    baseurl: https://packages.example.com/el9/$basearch
    gpgcheck: true
    gpgkey: https://packages.example.com/key.asc
";
    const RETURNS: &'static [(&'static str, &'static str)] =
        &[("repo", "The repository's id."), ("state", "As given.")];
}

impl Module for YumRepository {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        self.check()?;
        let folder = host_path(&self.reposdir)?;
        let name = self.file.as_deref().unwrap_or(&self.name);
        let path = folder.join(format!("{name}.repo"));
        let file = EditedFile::open(context.host, path.as_str())?;
        if !file.exists() {
            let found = context.host.look(&folder, true, Content::None)?;
            if !is_directory(found.as_ref()) {
                return Err(ModuleError::Refused {
                    message: format!("the directory {folder} does not exist"),
                    help: Some("yum_repository is for hosts with dnf or yum".to_owned()),
                });
            }
        }
        let new = self.edited(file.text()?)?;
        let mut change = match new {
            None if !file.exists() => Change::default(),
            Some(text) if text.trim().is_empty() => file.removed()?,
            new => {
                let new = new.map(String::into_bytes).or_else(|| file.content.clone());
                file.put(new.unwrap_or_default(), "", self.writing(context)?)?
            }
        };
        change.shows = Shows::One;
        change.result.shift_remove("msg");
        change.returns("repo", self.name.as_str());
        change.returns("state", self.state.name());
        Ok(change)
    }
}

impl YumRepository {
    fn check(&self) -> Result<(), ModuleError> {
        let is_bad = |letter: char| letter.is_control() || letter == ']' || letter == '/';
        if self.name.is_empty() || self.name.contains(is_bad) {
            let message = format!("name: {:?} is not a valid id of a repository", self.name);
            return Err(ModuleError::refused(message));
        }
        let has_url =
            self.baseurl.is_some() || self.mirrorlist.is_some() || self.metalink.is_some();
        if self.state == Presence::Absent || (has_url && self.description.is_some()) {
            return Ok(());
        }
        Err(ModuleError::refused(if has_url {
            "state: present needs description"
        } else {
            "state: present needs baseurl, mirrorlist or metalink"
        }))
    }

    /// Returns the new text, if it differs.
    fn edited(&self, old: &str) -> Result<Option<String>, ModuleError> {
        let found = section::find(old, &self.name);
        if self.state == Presence::Absent {
            return Ok(found.map(|_| section::without(old, &self.name)));
        }
        let wanted = self.options()?;
        if found.as_ref() == Some(&wanted) {
            return Ok(None);
        }
        let mut text = section::without(old, &self.name);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(Some(text + &section::text(&self.name, &wanted)))
    }

    /// Returns the options of the section, sorted by name.
    fn options(&self) -> Result<Options, ModuleError> {
        let arguments = serde_json::to_value(self);
        let arguments = arguments.map_err(|error| ModuleError::refused(error.to_string()))?;
        let mut options = Options::new();
        for (name, value) in arguments.as_object().into_iter().flatten() {
            let name = match name.as_str() {
                "name" => continue,
                "description" => "name",
                name => name,
            };
            // Lists of packages are on one line, lists of URLs on several.
            let separator = if name.contains("url") || name == "gpgkey" {
                "\n"
            } else {
                " "
            };
            let text = match value {
                Value::Bool(value) => u8::from(*value).to_string(),
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let items = items.iter().filter_map(Value::as_str);
                    items.collect::<Vec<_>>().join(separator)
                }
                _ => continue,
            };
            options.insert(name.to_owned(), text);
        }
        options.sort_keys();
        Ok(options)
    }

    fn writing(&self, context: &PlanContext) -> Result<Writing<'static>, ModuleError> {
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        Ok(Writing {
            attributes: attributes.on(context.host)?,
            ..Writing::default()
        })
    }
}
