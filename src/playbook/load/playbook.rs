//! A playbook file: a list of plays and of other playbooks to import.

use super::Reader;
use super::import::{below_known_folder, template_in_import};
use super::scope::Scope;
use crate::playbook::{Keywords, Level, Play};
use crate::source::{LocalPath, Place, Problem};
use crate::yaml::{Data, Node};

/// The playbooks being read, and where each was named.
type Chain = Vec<(LocalPath, Place)>;

impl Reader<'_> {
    /// Returns the plays of the file at `path`, with imported ones in place.
    pub(super) fn playbook(&mut self, path: &LocalPath) -> Vec<Play> {
        match self.file(path, None) {
            Some(document) => self.plays(path, &document, &Vec::new()),
            None => Vec::new(),
        }
    }

    pub(super) fn plays(&mut self, path: &LocalPath, document: &Node, chain: &Chain) -> Vec<Play> {
        let Some(entries) = document.as_list() else {
            let problem = match &document.data {
                Data::Null => Problem::at(&document.place, "the playbook is empty"),
                _ => document.unexpected("a playbook", "a list of plays"),
            };
            self.report(problem.help("a play starts with \"- hosts: …\"".to_owned()));
            return Vec::new();
        };
        if entries.is_empty() {
            self.report(Problem::at(&document.place, "the playbook is empty"));
        }
        let folder = &path.parent();
        let mut plays = Vec::new();
        for entry in entries {
            let Some(map) = entry.as_map() else {
                self.report(entry.unexpected("a play", "a mapping"));
                continue;
            };
            let import = map.iter().find(|(key, _)| {
                key.as_text().map(super::action::short_name) == Some("import_playbook")
            });
            if let Some((key, _)) = entry.entry("include") {
                let message = "Ansible has removed include";
                let problem = Problem::at(&key.place, message).label("imports a playbook");
                self.lacks_files = true;
                self.report(problem.help("write import_playbook".to_owned()));
                continue;
            }
            match import {
                Some((_, file)) => plays.extend(self.import_playbook(entry, file, folder, chain)),
                None => plays.extend(self.play(entry, folder)),
            }
        }
        plays
    }

    fn import_playbook(
        &mut self,
        entry: &Node,
        file: &Node,
        folder: &LocalPath,
        chain: &Chain,
    ) -> Vec<Play> {
        let keywords = self.shared_keywords(entry, Level::ImportPlaybook, |name| {
            super::action::short_name(name) == "import_playbook"
        });
        let Some(name) = file.as_text() else {
            self.report(file.unexpected("import_playbook", "the path of a playbook"));
            return Vec::new();
        };
        let path = match below_known_folder(file, None, folder) {
            Some(path) => path,
            None if file.has_template() => {
                self.report(template_in_import(file, "import_playbook"));
                return Vec::new();
            }
            None => folder.join(name),
        };
        let Some(path) = self.existing_file(path, file) else {
            return Vec::new();
        };
        let scope = Scope {
            play_folder: folder.clone(),
            folder: folder.clone(),
            role: None,
            handlers: false,
            chain: chain.clone(),
        };
        let inner = scope.enter(&path, &file.place);
        let Some(inner) = self.problems.take(inner) else {
            return Vec::new();
        };
        let Some(document) = self.file(&path, Some(&file.place)) else {
            return Vec::new();
        };
        let mut plays = self.plays(&path, &document, &inner.chain);
        for play in &mut plays {
            put_around(&keywords, &mut play.keywords);
        }
        plays
    }
}

/// Keywords of `import_playbook` apply to all its plays; its variables win.
fn put_around(import: &Keywords, play: &mut Keywords) {
    play.when.splice(0..0, import.when.iter().cloned());
    for tag in &import.tags {
        if !play.tags.contains(tag) {
            play.tags.push(tag.clone());
        }
    }
    for (key, value) in &import.vars {
        play.vars.retain(|(other, _)| other.data != key.data);
        play.vars.push((key.clone(), value.clone()));
    }
}
