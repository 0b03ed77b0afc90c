//! The tokens and variables in texts of `ssh_config`.

use super::Controller;
use std::path::PathBuf;

/// The values of the tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens<'a> {
    pub(super) controller: &'a Controller,
    /// `%h`: the name to connect to.
    pub(super) host: &'a str,
    /// `%n`: the host as the user named it.
    pub(super) original_host: &'a str,
    /// `%k`: the name used to look up the host's key.
    pub(super) key_alias: &'a str,
    /// `%p`.
    pub(super) port: u16,
    /// `%r`: the remote user.
    pub(super) user: &'a str,
}

impl Tokens<'_> {
    /// Returns the text with its tokens replaced.
    pub(super) fn expand(&self, text: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            if c != '%' {
                expanded.push(c);
                continue;
            }
            match characters.next() {
                Some('%') => expanded.push('%'),
                Some('h') => expanded.push_str(self.host),
                Some('n') => expanded.push_str(self.original_host),
                Some('k') => expanded.push_str(self.key_alias),
                Some('p') => expanded.push_str(&self.port.to_string()),
                Some('r') => expanded.push_str(self.user),
                Some('u') => expanded.push_str(&self.controller.user),
                Some('d') => expanded.push_str(&self.controller.home.to_string_lossy()),
                Some(other) => return Err(format!("%{other} in {text:?} is not supported")),
                None => return Err(format!("{text:?} ends with a single %")),
            }
        }
        Ok(expanded)
    }

    /// Returns the path with tokens, `${NAME}` and a leading `~` replaced.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let mut path = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| format!("a brace is not closed in {text:?}"))?;
            path += before;
            path += self.variable(name)?;
            rest = after;
        }
        path += rest;
        let path = self.expand(&path)?;
        Ok(match path.strip_prefix('~') {
            Some("") => self.controller.home.clone(),
            Some(rest) if rest.starts_with('/') => {
                self.controller.home.join(rest.trim_start_matches('/'))
            }
            _ => path.into(),
        })
    }

    /// Returns a variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Result<&str, String> {
        let value = self.controller.environment.get(name);
        value
            .map(String::as_str)
            .ok_or_else(|| format!("the environment variable {name} is not set"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_variables_are_replaced_in_paths() {
        let controller = Controller {
            user: "me".to_owned(),
            home: "/home/me".into(),
            environment: [("RUN".to_owned(), "/run/me".to_owned())].into(),
        };
        let tokens = Tokens {
            controller: &controller,
            host: "10.0.0.1",
            original_host: "web1",
            key_alias: "web",
            port: 2222,
            user: "deploy",
        };
        for (text, expected) in [
            ("~", Ok("/home/me")),
            ("~/.ssh/id", Ok("/home/me/.ssh/id")),
            ("~other/id", Ok("~other/id")),
            ("/a/~/b", Ok("/a/~/b")),
            (
                "%d/%u/%r@%h:%p/%n/%k/%%",
                Ok("/home/me/me/deploy@10.0.0.1:2222/web1/web/%"),
            ),
            ("${RUN}/agent", Ok("/run/me/agent")),
            ("${RUN", Err("a brace is not closed in \"${RUN\"")),
            ("${NONE}/x", Err("the environment variable NONE is not set")),
            ("%C", Err("%C in \"%C\" is not supported")),
            ("100%", Err("\"100%\" ends with a single %")),
        ] {
            let expected = expected.map(PathBuf::from).map_err(str::to_owned);
            assert_eq!(tokens.path(text), expected, "{text}");
        }
    }
}
