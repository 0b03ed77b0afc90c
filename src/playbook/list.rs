//! What `--list-tasks` and `--list-tags` show.

use super::walk::{Visited, walk};
use super::{Play, Playbook};
use crate::source::Place;
use crate::yaml::Node;
use std::collections::BTreeSet;

/// A play as shown in lists.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedPlay {
    /// Its name as written, or else its hosts.
    pub name: String,
    /// The pattern of its hosts as written.
    pub hosts: String,
    /// The tags of the play itself.
    pub tags: Vec<String>,
    /// Its tasks in order, without handlers.
    pub tasks: Vec<ListedTask>,
}

/// A task as shown in lists.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedTask {
    /// `role : name`, with the name as written, or else the module.
    pub name: String,
    /// Its own and inherited tags.
    pub tags: Vec<String>,
    /// Its place.
    pub place: Place,
}

/// Returns the plays with the tasks whose tags `takes` accepts; an include represents the tasks it
/// will include.
pub fn list_tasks(playbook: &Playbook, takes: impl Fn(&[String]) -> bool) -> Vec<ListedPlay> {
    let list = |play| {
        let mut listed = listed_play(play);
        listed.tasks.retain(|task| takes(&task.tags));
        listed
    };
    playbook.plays.iter().map(list).collect()
}

impl Play {
    /// Returns whether a task or an include of this play is at a place.
    pub fn has_task_at(&self, place: &Place) -> bool {
        listed_play(self)
            .tasks
            .iter()
            .any(|task| task.place == *place)
    }
}

impl ListedPlay {
    /// Returns the tags of its tasks, sorted.
    pub fn task_tags(&self) -> BTreeSet<&str> {
        let tags = self.tasks.iter().flat_map(|task| &task.tags);
        tags.map(String::as_str).collect()
    }
}

fn listed_play(play: &Play) -> ListedPlay {
    let hosts = match play.hosts.as_list() {
        Some(patterns) => {
            let patterns: Vec<_> = patterns.iter().map(shown).collect();
            patterns.join(",")
        }
        None => shown(&play.hosts),
    };
    let mut tasks = Vec::new();
    walk(play, None, &mut |visited, around| {
        let (name, module, role, keywords, place) = match visited {
            // Tasks that control the run are not listed, as in Ansible.
            Visited::Task(task) if task.action.module == "meta" => return,
            Visited::Task(task) => {
                let module = task.action.module.as_str();
                (&task.name, module, &task.role, &task.keywords, &task.place)
            }
            Visited::Include(include) => {
                let module = include.kind.module();
                let role = &include.role;
                (
                    &include.name,
                    module,
                    role,
                    &include.keywords,
                    &include.place,
                )
            }
            Visited::Block(_) | Visited::Role(_) | Visited::Script(_) => return,
        };
        if around.handlers {
            return;
        }
        let name = name.as_ref().map_or_else(|| module.to_owned(), shown);
        tasks.push(ListedTask {
            name: match role {
                Some(role) => format!("{} : {name}", role.name),
                None => name,
            },
            tags: around.tags(keywords),
            place: place.clone(),
        });
    });
    ListedPlay {
        name: play.name.as_ref().map_or_else(|| hosts.clone(), shown),
        hosts,
        tags: play.keywords.tags.clone(),
        tasks,
    }
}

fn shown(node: &Node) -> String {
    node.to_value().to_string()
}
