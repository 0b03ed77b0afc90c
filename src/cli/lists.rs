//! The output of `--list-hosts`, `--list-tags` and `--list-tasks`, in Ansible's form.

use crate::playbook::{ListedPlay, Play, Playbook, list_tasks};
use crate::run::Session;
use crate::source::{LocalPath, Result, on_one_line};
use clap::Args;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// What to list instead of running.
#[derive(Debug, Args)]
pub(super) struct Lists {
    /// List the hosts of each play, and touch none.
    #[arg(long)]
    list_hosts: bool,
    /// List the tags of each play, and touch no host.
    #[arg(long)]
    list_tags: bool,
    /// List the tasks that would run, and touch no host.
    #[arg(long)]
    list_tasks: bool,
    /// Only check the playbooks, and touch no host.
    #[arg(long)]
    syntax_check: bool,
}

impl Lists {
    /// Returns whether anything should be listed.
    pub(super) fn any(&self) -> bool {
        self.syntax_check || self.list_hosts || self.list_tags || self.list_tasks
    }

    /// Returns the lists of these playbooks.
    pub(super) fn show(
        &self,
        session: &Arc<Session>,
        paths: &[LocalPath],
        playbooks: &[Playbook],
    ) -> Result<String> {
        let mut text = String::new();
        for (path, playbook) in paths.iter().zip(playbooks) {
            let path = path.display().to_string();
            let _ = writeln!(text, "\nplaybook: {}", on_one_line(&path));
            if self.syntax_check {
                continue;
            }
            let takes = |tags: &[String]| {
                let tags: BTreeSet<_> = tags.iter().map(String::as_str).collect();
                session.options.tags.takes(&tags)
            };
            let listed = list_tasks(playbook, takes);
            for (number, (play, listed)) in (1..).zip(playbook.plays.iter().zip(&listed)) {
                let name = session.play_name(play);
                let (hosts, name) = (on_one_line(&listed.hosts), on_one_line(&name));
                let tags = shown(&listed.tags);
                let _ = writeln!(text, "\n  play #{number} ({hosts}): {name}\tTAGS: [{tags}]");
                self.show_play(session, play, listed, &mut text)?;
            }
        }
        Ok(text)
    }

    fn show_play(
        &self,
        session: &Arc<Session>,
        play: &Play,
        listed: &ListedPlay,
        text: &mut String,
    ) -> Result<()> {
        if self.list_hosts {
            let hosts = session.hosts_of(play)?;
            let _ = writeln!(text, "    hosts ({}):", hosts.len());
            for host in hosts {
                let _ = writeln!(text, "      {}", on_one_line(&host));
            }
        }
        if self.list_tasks {
            text.push_str("    tasks:\n");
            for task in &listed.tasks {
                let (name, tags) = (on_one_line(&task.name), shown(&task.tags));
                let _ = writeln!(text, "      {name}\tTAGS: [{tags}]");
            }
        }
        if self.list_tags {
            let tags: Vec<_> = listed.task_tags().into_iter().map(str::to_owned).collect();
            let _ = writeln!(text, "      TASK TAGS: [{}]", shown(&tags));
        }
        Ok(())
    }
}

/// Returns tags on one line.
fn shown(tags: &[String]) -> String {
    on_one_line(&tags.join(", ")).into_owned()
}
