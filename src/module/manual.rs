//! The pages of all modules in one document, and all modules as functions for editors.

use super::{Entry, Registry};
use std::fmt::Write as _;

/// Returns the pages of all modules as one document.
pub fn manual(registry: &Registry) -> String {
    let mut text = String::from(
        "# Modules\n\n\
         Generated from the program; `rmqplay modules NAME` shows one of these pages, or that of a \
         [custom module](rhai-modules.md).\nIn [roles in Rhai](rhai.md) each is a function that takes \
         a map: `copy(#{dest: \"/etc/motd\", content: \"hello\\n\"})`.\n\n\
         | module | |\n|---|---|\n",
    );
    for entry in registry.modules() {
        let (name, summary) = (&entry.name, entry.summary().replace('|', "\\|"));
        let _ = writeln!(text, "| [{name}](#{name}) | {summary} |");
    }
    for entry in registry.modules() {
        let _ = writeln!(text, "\n## {}\n\n```text\n{}```", entry.name, entry.page());
    }
    text
}

/// Returns all modules as functions of scripts, in the form of definition files.
pub fn definitions(registry: &Registry) -> String {
    registry.modules().map(|entry| definition(entry)).collect()
}

fn definition(entry: &Entry) -> String {
    let mut text = String::new();
    for name in &entry.names {
        let mut forms = vec!["arguments: map"];
        if entry.free_form.is_some() {
            forms.push("text: string");
        }
        if entry.arguments().is_empty() {
            forms.push("");
        }
        for parameters in forms {
            for line in entry.page().lines() {
                let _ = writeln!(text, "{}", format!("/// {line}").trim_end());
            }
            let _ = writeln!(text, "fn {name}({parameters}) -> map;\n");
        }
    }
    text
}
