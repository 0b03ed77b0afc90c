//! The state of a service according to systemd.

use super::Command;

/// The state of a service according to systemd.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceState {
    /// `loaded`, or the state of its unit file: `not-found`, `masked`, `error`, ….
    pub load: String,
    /// `active`, `activating`, `inactive`, `failed`, ….
    pub active: String,
    /// In more detail: `running`, `auto-restart`, `dead`, ….
    pub sub: String,
    /// Its main process; 0 if there is none.
    pub main_pid: u32,
    /// Whether systemd has not read its changed unit file yet.
    pub needs_reload: bool,
}

impl ServiceState {
    /// Returns the command that prints the state of a service; the name ends with `.service`.
    pub fn question(name: &str) -> Command {
        let properties = "LoadState,ActiveState,SubState,MainPID,NeedDaemonReload";
        Command::new(["systemctl", "show", "-p", properties, name])
    }

    /// Parses the output of the command: a line for each property, in any order.
    pub fn read(text: &str) -> Self {
        let mut state = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match name {
                "LoadState" => value.clone_into(&mut state.load),
                "ActiveState" => value.clone_into(&mut state.active),
                "SubState" => value.clone_into(&mut state.sub),
                "MainPID" => state.main_pid = value.parse().unwrap_or(0),
                "NeedDaemonReload" => state.needs_reload = value == "yes",
                _ => {}
            }
        }
        state
    }

    /// Returns the output of the command for this state.
    pub fn text(&self) -> String {
        let Self {
            load,
            active,
            sub,
            main_pid,
            needs_reload,
        } = self;
        let reload = if *needs_reload { "yes" } else { "no" };
        format!(
            "LoadState={load}\nActiveState={active}\nSubState={sub}\nMainPID={main_pid}\n\
             NeedDaemonReload={reload}\n"
        )
    }

    /// Returns the state of a service with this main process.
    pub fn running(pid: u32) -> Self {
        Self {
            load: "loaded".to_owned(),
            active: "active".to_owned(),
            sub: "running".to_owned(),
            main_pid: pid,
            needs_reload: false,
        }
    }

    /// Returns the state after it was stopped.
    #[must_use]
    pub fn stopped(&self) -> Self {
        Self {
            active: "inactive".to_owned(),
            sub: "dead".to_owned(),
            main_pid: 0,
            ..self.clone()
        }
    }

    /// Returns whether it runs, or systemd is about to restart it.
    pub fn is_up(&self) -> bool {
        ["active", "activating", "reloading", "deactivating"].contains(&self.active.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood_and_written_alike() {
        let text = "MainPID=41\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n\
                    NeedDaemonReload=yes\n";
        let state = ServiceState::read(text);
        assert!(state.is_up() && state.needs_reload);
        assert_eq!(state.main_pid, 41);
        assert_eq!(ServiceState::read(&state.text()), state);
        assert!(!state.stopped().is_up());
        assert!(!ServiceState::read("LoadState=not-found\nActiveState=inactive\n").is_up());
    }
}
