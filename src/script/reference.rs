//! The functions and names available to scripts, as a reference page and as definitions for
//! editors.

use super::{Limits, built_in_functions, engine};
use std::fmt::Write as _;

/// Something that scripts can call or name.
pub(super) struct Name {
    /// A function with its parameters, or a name with its type, in the syntax of definition files.
    pub(super) signature: &'static str,
    /// What it is or does.
    pub(super) what: &'static str,
}

/// The names available in one place, and the place.
pub(super) struct Part {
    title: &'static str,
    /// The object of the functions, as in `OWNER.name(…)`; empty for plain functions.
    owner: &'static str,
    pub(super) names: &'static [Name],
}

const fn name(signature: &'static str, what: &'static str) -> Name {
    Name { signature, what }
}

/// Names available to the scripts of roles.
pub(super) const GLOBALS: Part = Part {
    title: "Names in roles",
    owner: "",
    names: &[
        name("host: string", "The name of the host in the inventory."),
        name(
            "vars: lookup",
            "All variables of the host by name, with the same precedence as in YAML.",
        ),
        name("facts: lookup", "The facts of the host."),
        name(
            "groups: map",
            "The groups of the inventory, each a list of host names.",
        ),
        name(
            "hostvars: lookup",
            "The variables of another host, by its name.",
        ),
        name(
            "check_mode: bool",
            "Whether this is check mode. For messages only.",
        ),
    ],
};

/// Functions of roles that are not modules.
pub(super) const ROLE: Part = Part {
    title: "Functions in roles",
    owner: "",
    names: &[
        name(
            "task(name: string, work: Fn) -> ?",
            "Names the modules that a function calls; returns what the function returns.",
        ),
        name(
            "task(name: string, options: map, work: Fn) -> ?",
            "The same with task keywords: when, notify, tags, become, register, no_log, …",
        ),
        name(
            "block(work: Fn) -> ?",
            "Calls a function as a block of tasks.",
        ),
        name(
            "block(work: Fn, rescue: Fn) -> ?",
            "Calls the second function with the error if the first one failed.",
        ),
        name(
            "block(work: Fn, rescue: Fn, always: Fn) -> ?",
            "Calls the third function in either case.",
        ),
        name(
            "block(options: map, work: Fn, rescue: Fn, always: Fn) -> ?",
            "The same with block keywords; the last two functions are optional.",
        ),
        name(
            "include_tasks(file: string) -> ()",
            "Includes tasks, in YAML or Rhai.",
        ),
        name(
            "include_tasks(file: string, options: map) -> ()",
            "The same with vars, tags, apply, …",
        ),
        name("include_role(role: string) -> ()", "Includes a role."),
        name(
            "include_role(role: string, options: map) -> ()",
            "The same with tasks_from, vars, …",
        ),
        name("notify(handler: string) -> ()", "Notifies a handler."),
        name(
            "render(template: string) -> ?",
            "The value of a template, which must be a literal in the script.",
        ),
        name(
            "render(template: string, variables: map) -> ?",
            "The same with additional variables.",
        ),
        name(
            "log(what: ?) -> ()",
            "Prints a message to the output of the run.",
        ),
        name("print(what: ?) -> ()", "The same as log."),
    ],
};

/// What every script has in addition to Rhai's own functions.
pub(super) const VALUES: Part = Part {
    title: "Values",
    owner: "",
    names: &[
        name(
            "get(map: map, key: string, other: ?) -> ?",
            "The value of a key, or another value if it is missing: map.get(key, other). Also works on vars, facts and hostvars.",
        ),
        name(
            "known(value: ?) -> ?",
            "The value, if check mode knows it; otherwise the rest is not predicted.",
        ),
        name(
            "is_known(value: ?) -> bool",
            "Whether a value and everything in it is known in check mode.",
        ),
        name("to_json(value: ?) -> string", "A map or a list as JSON."),
        name(
            "join(list: array, between: string) -> string",
            "The items of a list as one text; the second argument is optional.",
        ),
        name(
            "compare_versions(left: string, right: string) -> int",
            "-1, 0 or 1 if the left version is lower, equal or higher: 1.9 is lower than 1.10.",
        ),
        name(
            "order_by_version(list: array) -> array",
            "The versions in a list, lowest first; an error if two cannot be compared.",
        ),
        name(
            "keys(lookup: lookup) -> array",
            "The names of all variables, facts or hosts.",
        ),
        name(
            "msg: string",
            "Of an error: what went wrong, in one sentence. Also message.",
        ),
        name(
            "task: string",
            "Of an error: the name of the task that failed.",
        ),
        name(
            "result: map",
            "Of an error: the result of the task that failed.",
        ),
    ],
};

/// How a module or a file of facts reads a host.
pub(super) const PROBE: Part = Part {
    title: "The probe of modules and facts",
    owner: "probe",
    names: &[
        name(
            "facts: lookup",
            "Facts without ansible_: probe.facts.kernel.",
        ),
        name(
            "stat(path: string) -> map",
            "The result of the module stat: exists, isreg, isdir, islnk, mode, pw_name, gr_name, size, mtime, lnk_target, …",
        ),
        name(
            "read(path: string) -> string",
            "The text of a file of at most 4 MiB.",
        ),
        name(
            "read(path: string, other: ?) -> ?",
            "The same, or the other value if the file does not exist.",
        ),
        name("read_bytes(path: string) -> blob", "The bytes of a file."),
        name("list(path: string) -> array", "The names in a directory."),
        name(
            "query(command: array) -> map",
            "rc, stdout and stderr of a command, which runs in check mode too; its program must be declared in reads.",
        ),
        name(
            "query(command: map) -> map",
            "The same with argv, chdir, stdin, environment.",
        ),
        name(
            "user(name: string) -> ?",
            "name, uid, gid, group, home and shell of a user, or () if it does not exist.",
        ),
        name(
            "group(name: string) -> ?",
            "name, gid and members of a group, or () if it does not exist.",
        ),
    ],
};

/// What a module may change.
pub(super) const CHANGE: Part = Part {
    title: "The change of a module",
    owner: "change",
    names: &[
        name("change() -> change", "Begins a change; plan returns it."),
        name(
            "ensure_file(file: map) -> bool",
            "Ensures a file: path, content, mode, owner, group, backup, validate; returns whether its content changes.",
        ),
        name(
            "ensure_directory(directory: map) -> bool",
            "Ensures a directory and its parents: path, mode, owner, group; returns whether it is new.",
        ),
        name(
            "ensure_link(link: map) -> ()",
            "Ensures a symbolic link: path, target, force.",
        ),
        name(
            "ensure_absent(path: string) -> ()",
            "Removes what is at a path.",
        ),
        name(
            "ensure_attributes(attributes: map) -> ()",
            "Sets mode and owner of an existing path: path, mode, owner, group.",
        ),
        name(
            "run(command: array) -> ()",
            "Runs a command, but not in check mode; its output is in the result.",
        ),
        name(
            "run(command: map) -> ()",
            "The same with argv, chdir, stdin, environment.",
        ),
        name(
            "returns(name: string, value: ?) -> ()",
            "Sets a return value.",
        ),
        name("sets_facts(facts: map) -> ()", "Sets facts."),
        name("warn(text: string) -> ()", "Adds a warning."),
        name("fail(text: string) -> ()", "Fails the task."),
    ],
};

/// Returns the reference as a page.
pub fn page() -> String {
    let mut page = String::from(
        "# What scripts can call\n\n\
         Generated from the program. Scripts are described in [roles](rhai.md), \
         [modules](rhai-modules.md) and\n[filters, facts and inventories](rhai-extensions.md); in \
         roles, each of the [modules](modules.md) is also a function that takes a map.\n`?` means any \
         value, `lookup` a mapping whose entries are looked up by name: `vars.port`,\n\
         `\"port\" in vars`, `vars.get(\"port\", 80)`.\n",
    );
    for part in [GLOBALS, ROLE, VALUES, PROBE, CHANGE] {
        let _ = writeln!(page, "\n## {}\n\n| | |\n|---|---|", part.title);
        for Name { signature, what } in part.names {
            let owner = match part.owner {
                "" => String::new(),
                _ if signature.starts_with(&format!("{}(", part.owner)) => String::new(),
                owner => format!("{owner}."),
            };
            let _ = writeln!(page, "| `{owner}{signature}` | {what} |");
        }
    }
    page += "\n## Functions of the language\n\n\
             Rhai's own book describes them: <https://rhai.rs/book/language/>.\n\n";
    let own = |word: &str| {
        let parts = [GLOBALS, ROLE, VALUES, PROBE, CHANGE];
        let mut known = parts.iter().flat_map(|part| part.names);
        known.any(|name| name.word() == word)
    };
    let words = built_in_functions().iter().filter(|function| {
        let refused = super::engine::REFUSED;
        is_word(function) && !own(function) && !refused.iter().any(|(name, _)| name == *function)
    });
    let words: Vec<_> = words.map(String::as_str).collect();
    let mut line = String::new();
    for word in words {
        if line.len() + word.len() > 110 {
            page += &format!("{}\n", line.trim_end());
            line.clear();
        }
        line += &format!("`{word}` ");
    }
    page + line.trim_end() + "\n"
}

/// Returns definition files, each as a name and a text: for the language, for roles, and for
/// modules, facts and filters. `modules` are functions of roles.
pub fn definitions(modules: &str) -> Vec<(&'static str, String)> {
    let language = engine(Limits::default());
    let language = language.definitions().with_headers(true).single_file();
    let head = |what: &str| format!("module static;\n\n/// {what}\n\n");
    let text = |parts: &[Part]| -> String {
        parts
            .iter()
            .flat_map(|part| part.names)
            .map(Name::definition)
            .collect()
    };
    vec![
        ("language.d.rhai", language),
        (
            "roles.d.rhai",
            head("Scripts of roles.") + &text(&[GLOBALS, ROLE, VALUES]) + modules,
        ),
        (
            "library.d.rhai",
            head("Custom modules and facts.") + &text(&[VALUES, PROBE, CHANGE]),
        ),
    ]
}

impl Name {
    /// Returns the signature without parameters and types.
    pub(super) fn word(&self) -> &'static str {
        self.signature.split(['(', ':']).next().unwrap_or_default()
    }

    fn definition(&self) -> String {
        let is_function = self.signature.contains('(');
        let keyword = if is_function { "fn" } else { "let" };
        format!("/// {}\n{keyword} {};\n\n", self.what, self.signature)
    }
}

fn is_word(name: &str) -> bool {
    let letters = |letter: char| letter.is_alphanumeric() || letter == '_';
    name.chars().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn functions(engine: &super::super::Engine, standard: bool) -> BTreeSet<String> {
        let name = |function: rhai::FuncInfo<'_>| Some(function.metadata.name.to_string());
        let all = engine.collect_fn_metadata(None, name, standard).into_iter();
        all.map(|name| name.trim_start_matches("get$").to_owned())
            .filter(|name| is_word(name))
            .collect()
    }

    fn words(parts: &[Part]) -> BTreeSet<String> {
        let names = parts.iter().flat_map(|part| part.names);
        names.map(|name| name.word().to_owned()).collect()
    }

    #[test]
    fn every_function_of_ours_is_in_the_reference() {
        let own = functions(&engine(Limits::default()), false);
        let language = {
            use rhai::packages::{Package, StandardPackage};
            let mut engine = rhai::Engine::new_raw();
            StandardPackage::new().register_into_engine(&mut engine);
            functions(&engine, true)
        };
        let role = functions(&super::super::role::engine(Limits::default(), []), false);
        let module = functions(super::super::module::engine(), false);
        let ours = |all: &BTreeSet<String>, known: &BTreeSet<String>| -> BTreeSet<String> {
            all.difference(known).cloned().collect()
        };
        let values = words(&[VALUES]);
        // Functions that both our values and Rhai's have, and another name of `msg`.
        let common = "contains in is_empty len message to_debug to_string";
        let refused = super::super::engine::REFUSED.iter();
        let known = common.split(' ').chain(refused.map(|(name, _)| *name));
        let known: BTreeSet<String> = known.map(str::to_owned).collect();
        let missing = ours(&ours(&own, &language), &values);
        assert_eq!(ours(&missing, &known), BTreeSet::new());
        assert_eq!(ours(&ours(&role, &own), &words(&[ROLE])), BTreeSet::new());
        assert_eq!(
            ours(&ours(&module, &own), &words(&[PROBE, CHANGE])),
            BTreeSet::new()
        );
        let globals: BTreeSet<String> = super::super::role::GLOBALS
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(words(&[GLOBALS]), globals);
        let listed = super::super::role::FUNCTIONS
            .iter()
            .map(ToString::to_string);
        assert_eq!(words(&[ROLE]), listed.collect());
        // Everything in the reference exists.
        assert_eq!(ours(&words(&[PROBE, CHANGE]), &module), BTreeSet::new());
        assert_eq!(ours(&values, &own), BTreeSet::new());
    }
}
