//! `rocketmq_archive`: whether an archive contains the expected release.

use super::topology::numbers;
use crate::change::Change;
use crate::module::{BuiltIn, Module, ModuleError, PlanContext};
use std::collections::BTreeSet;

/// The jars that every nameserver and broker needs, in every release.
const NEEDED: &[&str] = &["broker", "client", "common", "namesrv", "remoting", "store"];

/// Checks from its listing that an archive of this machine is the expected release of RocketMQ, and
/// complete. It contacts no host.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArchiveModule {
    /// The archive, a file of this machine, searched like `src` of `unarchive`.
    src: String,
    /// The expected release, such as `4.9.7`.
    version: String,
    /// How many folders are stripped from the start of each path when it is unpacked.
    #[serde(default)]
    strip_components: usize,
}

impl BuiltIn for ArchiveModule {
    const NAME: &'static str = "rocketmq_archive";
    const EXAMPLE: &'static str = "\
- name: The archive is the release
  rocketmq_archive:
    src: rocketmq-all-4.9.7-bin-release.zip
    version: 4.9.7
    strip_components: 1
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[];
}

impl Module for ArchiveModule {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let path = context.files.find("files", &self.src)?;
        let archive = context.archives.open(&path, context.host.limits())?;
        let paths = archive.entries.iter().map(|entry| entry.path.as_str());
        let jars: BTreeSet<_> = paths
            .filter_map(|path| jar(path, self.strip_components))
            .collect();
        if let Some(message) = self.problem(&jars) {
            return Err(ModuleError::Refused {
                message,
                help: Some("rocketmq_archive and rocketmq_version name one release".to_owned()),
            });
        }
        Ok(Change::default())
    }
}

impl ArchiveModule {
    /// Returns what is wrong with an archive of these jars, each a part and its version.
    fn problem(&self, jars: &BTreeSet<(&str, &str)>) -> Option<String> {
        let (src, version) = (&self.src, &self.version);
        let mut brokers = jars.iter().filter(|(part, _)| *part == "broker");
        let Some((_, found)) = brokers.next() else {
            let folders = self.strip_components;
            return Some(format!(
                "{src} is not a release of RocketMQ: there is no lib/rocketmq-broker-*.jar in it \
                 (rocketmq_archive_strip: {folders} takes away the first {folders} folders of each path)"
            ));
        };
        if found != version && numbers(found) != numbers(version) {
            return Some(format!(
                "{src} is RocketMQ {found} (lib/rocketmq-broker-{found}.jar), but rocketmq_version is {version}"
            ));
        }
        let missing = NEEDED
            .iter()
            .filter(|part| !jars.contains(&(**part, *found)));
        let missing: Vec<_> = missing
            .map(|part| format!("lib/rocketmq-{part}-{found}.jar"))
            .collect();
        let others: BTreeSet<_> = jars
            .iter()
            .map(|(_, other)| *other)
            .filter(|other| other != found)
            .collect();
        if !others.is_empty() {
            let others: Vec<_> = others.into_iter().collect();
            return Some(format!(
                "{src} mixes RocketMQ {found} with {}",
                others.join(", ")
            ));
        }
        (!missing.is_empty())
            .then(|| format!("{src} is incomplete: {} is missing", missing.join(", ")))
    }
}

/// Returns the part of RocketMQ that a file is, and its version: `lib/rocketmq-broker-4.9.7.jar`.
fn jar(path: &str, strip: usize) -> Option<(&str, &str)> {
    let mut names = path.trim_start_matches("./").split('/').skip(strip);
    let (folder, file) = (names.next()?, names.next()?);
    let name = file.strip_prefix("rocketmq-")?.strip_suffix(".jar")?;
    let (part, version) = name.split_once('-')?;
    let is_needed = NEEDED.contains(&part) && version.starts_with(|c: char| c.is_ascii_digit());
    (folder == "lib" && names.next().is_none() && is_needed).then_some((part, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(version: &str, strip: usize, paths: &[String]) -> Option<String> {
        let module = ArchiveModule {
            src: "rocketmq.zip".to_owned(),
            version: version.to_owned(),
            strip_components: strip,
        };
        let jars = paths.iter().filter_map(|path| jar(path, strip)).collect();
        module.problem(&jars)
    }

    fn release(root: &str, version: &str) -> Vec<String> {
        let parts = NEEDED.iter().chain(&["tools", "auth"]);
        parts
            .map(|part| format!("{root}lib/rocketmq-{part}-{version}.jar"))
            .chain([
                format!("{root}conf/broker.conf"),
                format!("{root}lib/netty-all-4.0.42.jar"),
            ])
            .collect()
    }

    #[test]
    fn a_release_is_known_by_its_jars() {
        for (root, strip, version) in [
            ("alibaba-rocketmq/", 1, "3.2.6"),
            ("./rocketmq-all-4.9.7-bin-release/", 1, "4.9.7"),
            ("", 0, "4.2.0"),
            ("r/", 1, "4.0.0-incubating"),
        ] {
            assert_eq!(
                problem(version, strip, &release(root, version)),
                None,
                "{version}"
            );
        }
        assert_eq!(
            problem("4.0.0", 1, &release("r/", "4.0.0-incubating")),
            None
        );
    }

    #[test]
    fn what_is_not_the_release_is_told() {
        let whole = release("r/", "5.3.3");
        let part: Vec<_> = whole
            .iter()
            .filter(|path| !path.contains("store"))
            .cloned()
            .collect();
        let mixed = [release("r/", "4.9.7"), release("r/", "5.3.3")].concat();
        for (version, strip, paths, expected) in [
            (
                "4.9.7",
                1,
                &whole,
                "rocketmq.zip is RocketMQ 5.3.3 (lib/rocketmq-broker-5.3.3.jar), but rocketmq_version is 4.9.7",
            ),
            (
                "5.3.3",
                0,
                &whole,
                "rocketmq.zip is not a release of RocketMQ: there is no lib/rocketmq-broker-*.jar in it \
                 (rocketmq_archive_strip: 0 takes away the first 0 folders of each path)",
            ),
            (
                "5.3.3",
                1,
                &part,
                "rocketmq.zip is incomplete: lib/rocketmq-store-5.3.3.jar is missing",
            ),
            (
                "4.9.7",
                1,
                &mixed,
                "rocketmq.zip mixes RocketMQ 4.9.7 with 5.3.3",
            ),
        ] {
            assert_eq!(problem(version, strip, paths).as_deref(), Some(expected));
        }
    }
}
