//! A unit of systemd: what `systemctl` reports about it, and how it is changed.

use crate::change::Change;
use crate::host::{Command, Probe, Setting, Step};
use crate::module::ModuleError;
use crate::value::{Fields, map};
use camino::Utf8PathBuf;

/// The properties that `systemctl show` is asked for.
const PROPERTIES: &str = "LoadState,ActiveState,SubState,UnitFileState";

/// A unit and its desired state.
pub(super) struct Unit<'a> {
    /// Its name, with or without `.service`.
    pub(super) name: &'a str,
    /// Whether it should run.
    pub(super) state: Option<UnitState>,
    /// Whether it should start at boot.
    pub(super) enabled: Option<bool>,
    /// Whether it should be masked, so that nothing can start it.
    pub(super) masked: Option<bool>,
    /// Whether systemd should reload its unit files first.
    pub(super) daemon_reload: bool,
    /// Whether to return without waiting for a start or stop.
    pub(super) no_block: bool,
}

/// The desired state of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum UnitState {
    /// Running.
    Started,
    /// Stopped.
    Stopped,
    /// Restarted, or started if it is stopped.
    Restarted,
    /// Reloaded, or started if it is stopped.
    Reloaded,
}

/// The output of `systemctl show`: lines of the form `NAME=VALUE`.
#[derive(Clone)]
struct Told(Vec<(String, String)>);

impl Told {
    fn read(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let mut told = self.clone();
        for (known, old) in &mut told.0 {
            if known == name {
                value.clone_into(old);
            }
        }
        told
    }

    fn text(&self) -> String {
        self.0
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect()
    }
}

impl Unit<'_> {
    /// Returns the steps that bring the unit to its desired state.
    pub(super) fn plan(&self, host: &Probe) -> Result<Change, ModuleError> {
        let mut change = Change::default();
        let teller = self.systemctl(&["show", "-p", PROPERTIES]);
        let mut told = self.told(host, &teller)?;
        let status = told
            .0
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()));
        change.returns("status", map(status.collect::<Fields>()));
        change.returns("name", self.name);
        let mut set = |told: &mut Told, after: Told, verb: &str| {
            change.steps.push(Step::Set(Setting {
                name: format!("unit {}", self.name),
                teller: teller.clone(),
                before: told.text(),
                after: after.text(),
                setters: vec![self.systemctl(&[verb])],
                brings_programs: false,
            }));
            *told = after;
        };
        let is_masked = told.get("UnitFileState").starts_with("masked");
        if let Some(masked) = self.masked.filter(|masked| *masked != is_masked) {
            let after = if masked { "masked" } else { "disabled" };
            let after = told.with("UnitFileState", after);
            set(&mut told, after, if masked { "mask" } else { "unmask" });
        }
        if let Some(enabled) = self
            .enabled
            .filter(|wanted| is_enabled(&told) == Some(!wanted))
        {
            let after = if enabled { "enabled" } else { "disabled" };
            let after = told.with("UnitFileState", after);
            set(&mut told, after, if enabled { "enable" } else { "disable" });
        }
        let runs = ["active", "activating", "reloading"].contains(&told.get("ActiveState"));
        let running = told
            .with("ActiveState", "active")
            .with("SubState", "running");
        match self.state {
            Some(UnitState::Started | UnitState::Restarted | UnitState::Reloaded) if !runs => {
                set(&mut told, running, "start");
            }
            Some(UnitState::Stopped) if runs => {
                let after = told
                    .with("ActiveState", "inactive")
                    .with("SubState", "dead");
                set(&mut told, after, "stop");
            }
            Some(UnitState::Restarted) => set(&mut told, running, "restart"),
            Some(UnitState::Reloaded) => set(&mut told, running, "reload"),
            _ => {}
        }
        if let Some(enabled) = self.enabled {
            if is_enabled(&told).is_none() {
                let state = told.get("UnitFileState");
                change.warnings.push(format!(
                    "the unit {} can be neither enabled nor disabled: it is {state}",
                    self.name
                ));
            }
            change.returns("enabled", enabled);
        }
        if let Some(state) = self.state {
            change.returns(
                "state",
                match state {
                    UnitState::Stopped => "stopped",
                    _ => "started",
                },
            );
        }
        if self.daemon_reload {
            // Reloading unit files alone does not count as a change.
            change.changed = Some(!change.steps.is_empty());
            let command = Command::new(["systemctl", "daemon-reload"]);
            let any_status = false;
            change.steps.insert(
                0,
                Step::Run {
                    command,
                    any_status,
                },
            );
        }
        Ok(change)
    }

    fn systemctl(&self, words: &[&str]) -> Command {
        let mut argv = vec!["systemctl"];
        if self.no_block && words.first() != Some(&"show") {
            argv.push("--no-block");
        }
        argv.extend(words);
        argv.push(self.name);
        Command::new(argv)
    }

    /// Returns what systemd reports about the unit. If systemd has not read its file yet, as in
    /// check mode, the unit counts as stopped and disabled.
    fn told(&self, host: &Probe, teller: &Command) -> Result<Told, ModuleError> {
        let output = host
            .query(teller)
            .map_err(|error| no_systemd(&error.to_string()))?;
        if output.status != 0 {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(no_systemd(&said));
        }
        let told = Told::read(&String::from_utf8_lossy(&output.stdout));
        if !["not-found", ""].contains(&told.get("LoadState")) {
            return Ok(told);
        }
        let file = match self.name.rsplit_once('.') {
            Some(_) => self.name.to_owned(),
            None => format!("{}.service", self.name),
        };
        let paths = [
            "/etc/systemd/system",
            "/usr/lib/systemd/system",
            "/lib/systemd/system",
        ];
        for folder in paths {
            if host.stat(&Utf8PathBuf::from(folder).join(&file))?.is_some() {
                return Ok(told
                    .with("LoadState", "loaded")
                    .with("UnitFileState", "disabled"));
            }
        }
        Err(ModuleError::refused(format!(
            "the host has no unit {}",
            self.name
        )))
    }
}

/// Returns whether the unit starts at boot, or `None` if that cannot be changed.
fn is_enabled(told: &Told) -> Option<bool> {
    match told.get("UnitFileState") {
        "enabled" | "enabled-runtime" | "linked" => Some(true),
        "disabled" | "masked" | "masked-runtime" | "bad" => Some(false),
        _ => None,
    }
}

fn no_systemd(reason: &str) -> ModuleError {
    ModuleError::Refused {
        message: format!("systemd does not run this host: {reason}"),
        help: Some("use the module process to keep a program running without it".to_owned()),
    }
}

/// The return values of both modules.
pub(super) const RETURNS: &[(&str, &str)] = &[
    ("name", "The unit."),
    ("state", "`started` or `stopped`."),
    ("enabled", "Whether it is started with the host."),
    (
        "status",
        "What systemd reported before: `ActiveState`, `UnitFileState` and some more.",
    ),
];
