//! The systemd service of a program, if systemd runs the host.

use crate::change::file_question;
use crate::host::{Content, Question};
use crate::module::ModuleError;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// A directory that exists if and only if systemd runs the host (`sd_booted`).
const BOOTED: &str = "/run/systemd/system";

/// The folder for the units of the host's administrators.
const UNITS: &str = "/etc/systemd/system";

/// The folder with links to what starts at boot.
pub(super) const WANTED: &str = "/etc/systemd/system/multi-user.target.wants";

/// The systemd service of a program.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    /// Its name, without `.service`.
    pub(super) name: String,
    /// Its description in systemd's lists; the default is the `name` of the program.
    pub(super) description: Option<String>,
    /// Whether it starts at boot. A `stopped` service is disabled if this is `false`, and unchanged
    /// otherwise.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// Additional lines of `[Service]`, such as `LimitNOFILE: 655350`, which replace those that
    /// rmqplay writes itself.
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

impl Service {
    /// Refuses a name that systemd would misinterpret.
    pub(super) fn check(&self) -> Result<(), ModuleError> {
        let name = &self.name;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":_.-@".contains(&byte);
        let is_name = name.bytes().all(fits) && name.len() < 200;
        if !is_name || name.is_empty() || name.starts_with(['.', '-']) {
            let message = format!("service.name: {name:?} is not a service name");
            return Err(ModuleError::refused(message));
        }
        if let Some(without) = name.strip_suffix(".service") {
            return Err(ModuleError::Refused {
                message: format!("service.name must not end in .service: {name}"),
                help: Some(format!("did you mean {without}?")),
            });
        }
        Ok(())
    }

    /// Returns the name of its unit.
    pub(super) fn unit(&self) -> String {
        format!("{}.service", self.name)
    }

    /// Returns the path of its unit file.
    pub(super) fn file(&self) -> Utf8PathBuf {
        Utf8Path::new(UNITS).join(self.unit())
    }

    /// Returns the link that makes it start at boot.
    pub(super) fn link(&self) -> Utf8PathBuf {
        Utf8Path::new(WANTED).join(self.unit())
    }

    /// Returns the questions for [`Found::of`](super::found::Found::of), in this order.
    pub(super) fn questions(&self) -> Vec<Question> {
        let look = |path: Utf8PathBuf| Question::Path {
            path,
            follow: false,
            content: Content::None,
        };
        vec![
            look(BOOTED.into()),
            file_question(self.file()),
            look(self.link()),
            look(WANTED.into()),
        ]
    }
}
