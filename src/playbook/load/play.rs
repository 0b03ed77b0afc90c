//! A play.

use super::Reader;
use super::keywords::Entry;
use super::scope::Scope;
use crate::playbook::{Keywords, Kind, Level, Play, Serial, Strategy, variables_file};
use crate::source::{LocalPath, Problem, did_you_mean};
use crate::yaml::{Data, Map, Node};

const ORDERS: &[&str] = &[
    "inventory",
    "sorted",
    "reverse_inventory",
    "reverse_sorted",
    "shuffle",
];
const STRATEGIES: &[&str] = &["linear", "free", "host_pinned"];
const PROMPT_KEYS: &[&str] = &[
    "name",
    "prompt",
    "default",
    "private",
    "confirm",
    "encrypt",
    "salt",
    "salt_size",
    "unsafe",
];

impl Reader<'_> {
    /// Returns the play in `node`, or `None` if it has no hosts.
    pub(super) fn play(&mut self, node: &Node, folder: &LocalPath) -> Option<Play> {
        let entries = self.entries(node, Level::Play, |_| false);
        let scope = Scope {
            play_folder: folder.clone(),
            folder: folder.clone(),
            role: None,
            handlers: false,
            chain: Vec::new(),
        };
        let hosts = entries.iter().find(|entry| entry.name == "hosts");
        if node.entry("hosts").is_none() {
            self.report(no_hosts(node));
        }
        let hosts = hosts.map(|entry| entry.value.clone());
        let mut play = empty_play(node, hosts.unwrap_or_else(|| node.clone()), folder);
        for entry in &entries {
            self.play_keyword(&mut play, entry, &scope);
        }
        entries
            .iter()
            .any(|entry| entry.name == "hosts")
            .then_some(play)
    }

    fn play_keyword(&mut self, play: &mut Play, entry: &Entry<'_>, scope: &Scope) {
        let value = entry.value;
        if self.set_shared(&mut play.keywords, entry) {
            return;
        }
        match entry.name {
            "user" => self.older_remote_user(play, entry),
            "name" => play.name = Some(value.clone()),
            "hosts" => self.check_hosts(value),
            "gather_facts" => play.gather_facts = Some(value.clone()),
            "gather_subset" => play.gather_subset = one_or_many(value),
            "gather_timeout" => play.gather_timeout = Some(value.clone()),
            "fact_path" => play.fact_path = Some(value.clone()),
            "vars_files" => play.vars_files = self.vars_files(value, scope),
            "serial" => {
                play.serial = self.serial(value);
                play.serial_place = Some(value.place.clone());
            }
            "strategy" => play.strategy = self.strategy(value),
            "max_fail_percentage" => play.max_fail_percentage = Some(value.clone()),
            "force_handlers" => play.force_handlers = Some(value.clone()),
            "order" => {
                self.check_choice("order", value, ORDERS);
                play.order = Some(value.clone());
            }
            "vars_prompt" => play.vars_prompt = self.vars_prompt(value),
            "pre_tasks" => play.pre_tasks = self.items(value, scope),
            "tasks" => play.tasks = self.items(value, scope),
            "post_tasks" => play.post_tasks = self.items(value, scope),
            "handlers" => {
                let handlers = Scope {
                    handlers: true,
                    ..scope.clone()
                };
                play.handlers = self.items(value, &handlers);
            }
            "roles" => play.roles = self.role_uses(value, scope),
            _ => {}
        }
    }

    fn older_remote_user(&mut self, play: &mut Play, entry: &Entry<'_>) {
        if let Some(other) = &play.keywords.remote_user {
            let problem = Problem::at(&entry.key.place, "user and remote_user mean the same");
            self.report(problem.related(&other.place, "given here too"));
        }
        play.keywords.remote_user = Some(entry.value.clone());
    }

    fn check_hosts(&mut self, value: &Node) {
        let empty = match &value.data {
            Data::Null => true,
            Data::Text(text) => text.trim().is_empty(),
            Data::List(items) => items.is_empty(),
            _ => false,
        };
        if empty {
            self.report(
                Problem::at(&value.place, "this play has no hosts")
                    .help("write a pattern, such as \"hosts: all\"".to_owned()),
            );
        }
    }

    /// Reads those that are there: a task of an earlier play may make the others.
    fn vars_files(&mut self, value: &Node, scope: &Scope) -> Vec<Node> {
        let files = one_or_many(value);
        for file in &files {
            for choice in one_or_many(file) {
                if choice.as_text().is_none() {
                    self.report(choice.unexpected("an entry of vars_files", "a path"));
                }
            }
            if let Some(Ok(path)) = variables_file(file, &scope.play_folder) {
                self.variables_file(&path, &file.place);
            }
        }
        files
    }

    fn serial(&mut self, value: &Node) -> Vec<Serial> {
        let mut sizes = Vec::new();
        for item in one_or_many(value) {
            let size = match &item.data {
                Data::Integer(hosts) => usize::try_from(*hosts).ok().map(Serial::Hosts),
                Data::Text(_) if item.has_template() => Some(Serial::Template(item.clone())),
                Data::Text(text) => match text.trim().strip_suffix('%') {
                    Some(percent) => percent.trim().parse().ok().map(Serial::Percent),
                    None => text.trim().parse().ok().map(Serial::Hosts),
                },
                _ => None,
            };
            if size.is_none() {
                let problem = item.unexpected("serial", "a number of hosts or a percentage");
                self.report(problem.help("such as 2, \"30%\" or [1, \"50%\"]".to_owned()));
            }
            sizes.extend(size);
        }
        sizes
    }

    fn strategy(&mut self, value: &Node) -> Strategy {
        self.check_choice("strategy", value, STRATEGIES);
        match value.as_text().map(super::action::short_name) {
            Some("free") => Strategy::Free,
            Some("host_pinned") => Strategy::HostPinned,
            _ => Strategy::Linear,
        }
    }

    fn check_choice(&mut self, keyword: &str, value: &Node, choices: &[&str]) {
        let Some(text) = value.as_text().filter(|_| !value.has_template()) else {
            return;
        };
        let name = super::action::short_name(text);
        if !choices.contains(&name) {
            let problem = Problem::at(&value.place, format!("there is no {keyword} \"{text}\""));
            self.report(
                problem
                    .help(did_you_mean(name, choices.iter().copied()))
                    .help(format!("known are {}", choices.join(", "))),
            );
        }
    }

    fn vars_prompt(&mut self, value: &Node) -> Vec<Map> {
        let mut prompts = Vec::new();
        for item in one_or_many(value) {
            let Some(map) = item.as_map() else {
                continue;
            };
            if item.get("name").and_then(Node::as_text).is_none() {
                let message = "an entry of vars_prompt needs the name of the variable";
                self.report(Problem::at(&item.place, message).label("no name"));
            }
            for (key, _) in map {
                let name = key.to_value().to_string();
                if !PROMPT_KEYS.contains(&name.as_str()) {
                    let message = format!("unknown key \"{name}\" in vars_prompt");
                    self.report(
                        Problem::at(&key.place, message)
                            .help(did_you_mean(&name, PROMPT_KEYS.iter().copied())),
                    );
                }
            }
            for (key, value) in map {
                match key.as_text() {
                    Some(name @ ("private" | "confirm" | "unsafe")) => {
                        let problem = Kind::Boolean.check(name, value);
                        problem.into_iter().for_each(|problem| self.report(problem));
                    }
                    // Without this, the value would be used as it was typed.
                    Some(name @ ("encrypt" | "salt" | "salt_size")) => {
                        let message = format!("{name} in vars_prompt is not supported");
                        let advice = "hash the answer where it is used, with the filter \
                                      password_hash";
                        let problem = Problem::at(&key.place, message);
                        self.report(problem.help(advice.to_owned()));
                    }
                    Some("name" | "prompt") => {
                        let problem =
                            Kind::Text.check(&format!("{} of vars_prompt", key.to_value()), value);
                        problem.into_iter().for_each(|problem| self.report(problem));
                    }
                    _ => {}
                }
            }
            prompts.push(map.clone());
        }
        prompts
    }
}

/// Returns the items of a list; a single value is a list of one, and null is empty.
pub(super) fn one_or_many(value: &Node) -> Vec<Node> {
    match &value.data {
        Data::Null => Vec::new(),
        Data::List(items) => items.clone(),
        _ => vec![value.clone()],
    }
}

fn no_hosts(node: &Node) -> Problem {
    let problem = Problem::at(&node.place, "this play has no hosts").label("no \"hosts\"");
    let like_a_task = node.as_map().is_some_and(|map| {
        map.iter().any(|(key, _)| {
            key.as_text()
                .is_some_and(|name| crate::playbook::keyword(name).is_none())
        })
    });
    let advice = like_a_task.then(|| {
        "if this file is a list of tasks, import it with import_tasks in a playbook".to_owned()
    });
    problem.help(advice)
}

fn empty_play(node: &Node, hosts: Node, folder: &LocalPath) -> Play {
    Play {
        place: node.place.clone(),
        name: None,
        hosts,
        keywords: Keywords::default(),
        gather_facts: None,
        gather_subset: Vec::new(),
        gather_timeout: None,
        fact_path: None,
        vars_files: Vec::new(),
        serial: Vec::new(),
        serial_place: None,
        strategy: Strategy::default(),
        max_fail_percentage: None,
        force_handlers: None,
        order: None,
        vars_prompt: Vec::new(),
        pre_tasks: Vec::new(),
        roles: Vec::new(),
        tasks: Vec::new(),
        post_tasks: Vec::new(),
        handlers: Vec::new(),
        folder: folder.clone(),
    }
}
