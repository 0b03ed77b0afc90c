//! Names of projects, roles, modules and filters.

use crate::cli::project;
use crate::cli::registry;
use crate::source::{Problem, Result};
use crate::template::Engine;
use std::fmt;

/// A name of lower-case letters, digits and underscores, since it becomes part of variables, files
/// and functions.
pub(super) struct Name {
    what: &'static str,
    text: String,
}

impl Name {
    /// Parses the name of a project, role, module or filter.
    pub(super) fn read(what: &'static str, text: &str) -> Result<Self> {
        if is_name(text) {
            let text = text.to_owned();
            return Ok(Self { what, text });
        }
        let message = format!("a {what} cannot be called \"{text}\"");
        let rule = "use lower-case letters, digits and underscores, starting with a letter";
        let nearest = nearest(text).map(|name| format!("such as \"{name}\""));
        let problem = Problem::new(message).help(rule.to_owned()).help(nearest);
        Err(problem.into())
    }

    /// Returns the name.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// A module must not hide a built-in one, a keyword, or a function of scripts.
    pub(super) fn is_free_for_a_module(&self) -> Result<()> {
        let built_in = || {
            registry()
                .get(&self.text)
                .map(|_| "there is a built-in module of that name")
        };
        self.is_free(project::reserved(&self.text).or_else(built_in))
    }

    /// A filter must not hide a built-in one.
    pub(super) fn is_free_for_a_filter(&self) -> Result<()> {
        let built_in = Engine::has_filter(&self.text);
        self.is_free(built_in.then_some("there is a built-in filter of that name"))
    }

    fn is_free(&self, taken: Option<&str>) -> Result<()> {
        let Some(why) = taken else {
            return Ok(());
        };
        let Self { what, text } = self;
        let problem = Problem::new(format!("a {what} cannot be called \"{text}\": {why}"));
        Err(problem.help("choose another name".to_owned()).into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn is_name(text: &str) -> bool {
    let rest =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    text.starts_with(|letter: char| letter.is_ascii_lowercase()) && text.chars().all(rest)
}

/// Returns the valid name that is most similar to the text, if there is one.
fn nearest(text: &str) -> Option<String> {
    let text = text.rsplit('/').find(|part| !part.is_empty())?;
    let letter = |letter: char| match letter.to_ascii_lowercase() {
        letter @ ('a'..='z' | '0'..='9') => letter,
        _ => '_',
    };
    let name: String = text.chars().map(letter).collect();
    let name = name
        .trim_matches('_')
        .trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
    is_name(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_refused_with_one_like_it() {
        for (text, like) in [
            ("my-shop", Some("my_shop")),
            ("Shop", Some("shop")),
            ("a/b/", Some("b")),
            ("2go", Some("go")),
            ("../x.yml", Some("x_yml")),
            ("", None),
            ("店", None),
        ] {
            let problems = Name::read("role", text).err().unwrap();
            let help = problems.0[0].help.get(1).cloned();
            assert_eq!(
                help,
                like.map(|name| format!("such as \"{name}\"")),
                "{text}"
            );
        }
        assert_eq!(Name::read("role", "web_2").ok().unwrap().as_str(), "web_2");
    }
}
