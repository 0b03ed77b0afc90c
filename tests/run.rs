//! Playbooks carried out on hosts in memory: each folder of `tests/run` holds a playbook, and its
//! snapshot what was told and counted.

use rmqplay::host::{Cancel, Host, HostError, Memory, Output};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::{Event, Recap};
use rmqplay::run::{Connector, Options, Parts, Session, Settings};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// Three hosts, one of which cannot be reached where its variables say so.
const INVENTORY: &str = "tests/run/inventory.yml";

fn connect(settings: &Settings) -> Result<Arc<dyn Host>, HostError> {
    if &*settings.name == "gone" {
        let reason = "connection to gone:22 refused".to_owned();
        return Err(HostError::Unreachable { reason, help: None });
    }
    let host = Memory::machine()
        .file("/etc/hosts", "127.0.0.1 localhost\n")
        .output(&["true"], Output::default())
        .fact("hostname", &*settings.name)
        .fact("os_family", "Debian");
    Ok(Arc::new(host))
}

/// Carries out a playbook and returns what was told, sorted by place and host: hosts go through a
/// task at the same time.
fn carry_out(path: &Path, options: Options) -> String {
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::modules::built_in(),
        inventory: Inventory::load(&[INVENTORY.to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options,
        playbook_folder: path.parent().unwrap().to_owned(),
        connector: Connector::new(Box::new(connect)),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| None),
        events,
    });
    let result = match session.loader.playbook(path) {
        Ok(playbook) => session.playbook(&playbook, &[]),
        Err(problems) => Err(problems),
    };
    session.finish();
    drop(session);
    let mut text = show(&told.iter().collect::<Vec<_>>());
    if let Err(problems) = result {
        let _ = writeln!(text, "{}", problems.render(false));
    }
    text
}

fn show(told: &[Event]) -> String {
    let mut text = String::new();
    let mut lines: Vec<String> = Vec::new();
    let flush = |lines: &mut Vec<String>, text: &mut String| {
        for line in lines.drain(..) {
            text.push_str(&line);
        }
    };
    for event in told {
        match event {
            Event::PlayStarted { name, hosts } => {
                flush(&mut lines, &mut text);
                let _ = writeln!(text, "play {name}: {}", hosts.join(", "));
            }
            Event::NoHosts { name } => {
                let _ = writeln!(text, "play {name}: no hosts");
            }
            Event::TaskFinished(result) => {
                let message = result.message.as_deref().unwrap_or_default();
                let ignored = if result.ignored { " ignored" } else { "" };
                let status = format!("{:?}", result.status).to_lowercase();
                let on = result
                    .delegated_to
                    .as_ref()
                    .map_or(String::new(), |host| format!(" -> {host}"));
                let line = format!(
                    "  {} | {}{on} | {status}{ignored} | {message}\n",
                    result.task.name, result.host,
                );
                lines.push(line);
                // Hosts finish a task in any order; tasks follow each other.
                let start = lines
                    .iter()
                    .rposition(|line| !line.starts_with(&format!("  {} | ", result.task.name)));
                let start = start.map_or(0, |position| position + 1);
                lines[start..].sort();
            }
            Event::Warning(warning) => lines.push(format!("  warning: {warning}\n")),
            Event::RunFinished { recap, .. } => {
                flush(&mut lines, &mut text);
                for (host, recap) in recap {
                    let _ = writeln!(text, "{host}: {}", counted(*recap));
                }
            }
            _ => {}
        }
    }
    text
}

fn counted(recap: Recap) -> String {
    let Recap {
        ok,
        changed,
        unreachable,
        failed,
        skipped,
        rescued,
        ignored,
    } = recap;
    format!(
        "ok={ok} changed={changed} unreachable={unreachable} failed={failed} skipped={skipped} rescued={rescued} ignored={ignored}"
    )
}

#[test]
fn playbooks_do_what_they_say() {
    insta::glob!("run/*/playbook.yml", |path| {
        let path = path
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .unwrap_or(path);
        insta::assert_snapshot!(carry_out(path, Options::default()));
    });
}
