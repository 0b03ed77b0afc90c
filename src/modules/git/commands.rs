//! The commands of git that bring a repository to a commit.

use super::{Git, Kind, State};
use crate::host::quote_lines;
use crate::module::PlanContext;
use camino::Utf8Path;
use std::collections::BTreeMap;

impl Git {
    /// Returns a command of git in the repository.
    pub(super) fn at(&self, dest: &Utf8Path, words: &[&str]) -> Vec<String> {
        let start = [self.program(), "-C", dest.as_str()].into_iter();
        start
            .chain(words.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    fn depth_words(&self, kind: Kind) -> Vec<String> {
        // A server hands out any commit, but not each with a part of its history.
        let depth = self.depth.filter(|_| kind != Kind::Commit);
        depth.map_or_else(Vec::new, |depth| {
            vec!["--depth".to_owned(), depth.to_string()]
        })
    }

    /// Returns the commands that make the repository.
    pub(super) fn clone_commands(
        &self,
        dest: &Utf8Path,
        commit: &str,
        kind: Kind,
    ) -> Vec<Vec<String>> {
        let mut clone = [self.program(), "clone"].map(str::to_owned).to_vec();
        clone.push(if self.bare { "--bare" } else { "--origin" }.to_owned());
        if !self.bare {
            clone.push(self.remote.clone());
        }
        if matches!(kind, Kind::Branch | Kind::Tag) {
            clone.extend(["--branch".to_owned(), self.version.clone()]);
        }
        clone.extend(self.depth_words(kind));
        if self.single_branch {
            clone.push("--single-branch".to_owned());
        }
        if let Some(reference) = &self.reference {
            clone.extend(["--reference".to_owned(), reference.clone()]);
        }
        clone.extend(["--".to_owned(), self.address(), dest.as_str().to_owned()]);
        let mut commands = vec![clone];
        if let Some(refspec) = &self.refspec {
            commands.push(self.at(dest, &["fetch", &self.remote, refspec]));
        }
        if self.bare {
            let remote = ["remote", "add", self.remote.as_str(), &self.address()];
            if self.remote != "origin" {
                commands.push(self.at(dest, &remote));
            }
            return commands;
        }
        match kind {
            Kind::Reference => {
                commands.push(self.at(dest, &["fetch", &self.remote, &self.version]));
                commands.push(self.at(dest, &["checkout", "--force", "--detach", "FETCH_HEAD"]));
            }
            Kind::Commit => commands.push(self.at(dest, &["checkout", "--force", commit])),
            Kind::Head | Kind::Branch | Kind::Tag => {}
        }
        commands.extend(self.submodules(dest));
        commands
    }

    /// Returns the commands that bring the repository that is there to the commit.
    pub(super) fn update_commands(
        &self,
        dest: &Utf8Path,
        found: &State,
        commit: &str,
        kind: Kind,
    ) -> Vec<Vec<String>> {
        let (remote, version) = (self.remote.as_str(), self.version.as_str());
        let address = self.address();
        let mut commands = Vec::new();
        if found.is_modified {
            commands.push(self.at(dest, &["reset", "--hard", "HEAD"]));
        }
        if found.url.is_empty() {
            commands.push(self.at(dest, &["remote", "add", remote, &address]));
        } else if found.url != address {
            commands.push(self.at(dest, &["remote", "set-url", remote, &address]));
        }
        let (branch, tag) = (
            format!("+refs/heads/{version}:refs/remotes/{remote}/{version}"),
            format!("+refs/tags/{version}:refs/tags/{version}"),
        );
        let all = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        let fetched: Vec<&str> = match kind {
            _ if self.bare => all.to_vec(),
            Kind::Branch => vec![&branch],
            Kind::Tag => vec![&tag],
            Kind::Head | Kind::Reference => vec![version],
            Kind::Commit => Vec::new(),
        };
        let depth = self.depth_words(kind);
        let mut words = vec!["fetch"];
        words.extend(depth.iter().map(String::as_str));
        words.push(remote);
        words.extend(fetched);
        // What is fetched last is FETCH_HEAD.
        if let Some(refspec) = &self.refspec {
            commands.push(self.at(dest, &["fetch", remote, refspec]));
        }
        commands.push(self.at(dest, &words));
        if self.bare {
            return commands;
        }
        let tracked = format!("{remote}/{version}");
        commands.push(match kind {
            Kind::Head => self.at(dest, &["reset", "--hard", "FETCH_HEAD"]),
            Kind::Branch => self.at(dest, &["checkout", "--force", "-B", version, &tracked]),
            Kind::Tag | Kind::Commit | Kind::Reference => {
                self.at(dest, &["checkout", "--force", "--detach", commit])
            }
        });
        commands.extend(self.submodules(dest));
        commands
    }

    fn submodules(&self, dest: &Utf8Path) -> Option<Vec<String>> {
        let words = ["submodule", "update", "--init", "--recursive", "--force"];
        self.recursive.then(|| self.at(dest, &words))
    }

    /// Returns the task's environment, with what keeps git from asking questions.
    pub(super) fn environment(&self, context: &PlanContext) -> BTreeMap<String, String> {
        let mut ssh = vec!["ssh".to_owned(), "-o BatchMode=yes".to_owned()];
        if let Some(key) = &self.key_file {
            ssh.push(format!("-i {} -o IdentitiesOnly=yes", quote_lines(key)));
        }
        ssh.extend(self.ssh_opts.clone());
        if self.accept_hostkey {
            ssh.push("-o StrictHostKeyChecking=no".to_owned());
        } else if self.accept_newhostkey {
            ssh.push("-o StrictHostKeyChecking=accept-new".to_owned());
        }
        let own = [
            ("GIT_SSH_COMMAND", ssh.join(" ")),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("LC_ALL", "C".to_owned()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let mut environment = BTreeMap::from(own);
        environment.extend(context.environment.clone());
        environment
    }
}
