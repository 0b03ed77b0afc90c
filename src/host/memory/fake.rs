//! The machine of a test: what it declares, and nothing else.

use super::overlay::{Edit, Entry, Here, Overlay, Started};
use super::server::{self, Serve, Served};
use super::source::Source;
use super::{Below, Memory};
use crate::host::needs;
use crate::host::{
    Access, Answer, Command, Facts, Group, Host, HostError, Kind, Limits, Node, Output, Process,
    Question, Step, Stream, Traffic, User,
};
use crate::value::{Fields, Value};
use camino::{Utf8Path, Utf8PathBuf};

/// A machine on which there is nothing but facts and the output of some commands.
#[derive(Clone)]
pub(super) struct Nothing {
    pub(super) facts: Facts,
    pub(super) outputs: Vec<(Vec<String>, Output)>,
    programs: Vec<(String, Output)>,
    lacking: Vec<String>,
    pub(super) servers: Vec<(String, Serve)>,
}

impl Host for Nothing {
    fn ask(&self, questions: &[Question], _limits: &Limits) -> Result<Vec<Answer>, HostError> {
        let answer = |question: &Question| match question {
            Question::Path { .. } => Answer::Path(None),
            Question::Access(_) => Answer::Access(Access::default()),
            Question::Tree { .. } => Answer::Tree(Vec::new()),
            Question::Processes(_) => Answer::Processes(Vec::new()),
            Question::User(_) => Answer::User(None),
            Question::Group(_) => Answer::Group(None),
            Question::Port { .. } => Answer::Port(false),
            Question::Lock(_) => Answer::Lock(None),
            Question::Facts => Answer::Facts(Box::new(self.facts.clone())),
        };
        Ok(questions.iter().map(answer).collect())
    }

    fn query(&self, command: &Command, _limits: &Limits) -> Result<Output, HostError> {
        let exact = self.outputs.iter().find(|(argv, _)| *argv == command.argv);
        let program = command.argv.first();
        let of_program = || {
            let mut programs = self.programs.iter();
            programs.find(|(name, _)| Some(name) == program)
        };
        let found = exact.map(|(_, output)| output);
        match found.or_else(|| of_program().map(|(_, output)| output)) {
            Some(output) => Ok(output.clone()),
            // Unless a test says otherwise, a machine has all programs that steps need.
            None if needs::is_question(command) => Ok(Output {
                status: i32::from(needs::asked_for(command).all(|name| self.lacks(name))),
                ..Output::default()
            }),
            None => Err(HostError::Step {
                action: format!("run {}", command.display()),
                reason: "the test declares no output of it".to_owned(),
            }),
        }
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        _sink: &mut dyn std::io::Write,
        _limits: &Limits,
    ) -> Result<u64, HostError> {
        Err(HostError::Read {
            path: path.to_owned(),
            reason: "No such file or directory".to_owned(),
        })
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        _limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        let address = format!("{host}:{port}");
        let server = self.servers.iter().find(|(known, _)| *known == address);
        let (_, serve) = server.ok_or_else(|| server::refused(host, port))?;
        Ok(Box::new(Served::by(serve.clone())))
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        match step {
            Step::Run {
                command,
                any_status,
            } => {
                let output = self.query(command, limits)?;
                if output.status == 0 || *any_status {
                    return Ok(output);
                }
                Err(HostError::Command {
                    command: command.display(),
                    output,
                })
            }
            _ => Ok(Output::default()),
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

impl Nothing {
    fn lacks(&self, program: &str) -> bool {
        self.lacking.iter().any(|lacking| lacking == program)
    }
}

impl Default for Nothing {
    fn default() -> Self {
        let user = ("user_id".to_owned(), Value::from("root"));
        Self {
            facts: Facts(Fields::from_iter([user])),
            outputs: Vec::new(),
            programs: Vec::new(),
            lacking: Vec::new(),
            servers: Vec::new(),
        }
    }
}

/// What a test declares; each returns the machine with it.
impl Memory {
    /// Returns a machine of a test with an empty root directory and the user root, who is also
    /// the one logged in.
    pub fn machine() -> Self {
        Self::on(Below::Nothing(Nothing::default()), Overlay::default())
            .user(root())
            .directory("/")
    }

    /// Declares a regular file of root's with mode 0644, its directories too.
    #[must_use]
    pub fn file(self, path: impl AsRef<Utf8Path>, content: impl Into<Vec<u8>>) -> Self {
        let content: Vec<u8> = content.into();
        let mut node = Node::new(Kind::File, 0o644, &root());
        node.size = content.len() as u64;
        self.put(path.as_ref(), node, Source::Bytes(content.into()))
    }

    /// Declares a directory of root's with mode 0755, its parents too.
    #[must_use]
    pub fn directory(self, path: impl AsRef<Utf8Path>) -> Self {
        let source = Source::Bytes(Vec::new().into());
        self.put(
            path.as_ref(),
            Node::new(Kind::Directory, 0o755, &root()),
            source,
        )
    }

    /// Declares a symbolic link, its directories too.
    #[must_use]
    pub fn symlink(self, path: impl AsRef<Utf8Path>, target: impl Into<Utf8PathBuf>) -> Self {
        let target = target.into();
        let size = target.as_str().len() as u64;
        let mut node = Node::new(Kind::Symlink { target }, 0o777, &root());
        node.size = size;
        let source = Source::Bytes(Vec::new().into());
        self.put(path.as_ref(), node, source)
    }

    /// Changes mode, owner and group of something that was declared.
    #[must_use]
    pub fn owned(self, path: impl AsRef<Utf8Path>, mode: u32, owner: &User) -> Self {
        let mut state = self.overlay.lock();
        if let Some(Entry::Here(here)) = state.entries.get_mut(path.as_ref()) {
            here.node.mode = mode;
            here.node.uid = owner.uid;
            here.node.gid = owner.gid;
            here.node.owner.clone_from(&owner.name);
            here.node.group.clone_from(&owner.group);
        }
        drop(state);
        self
    }

    /// Declares a user account, and the group it is named after in it.
    #[must_use]
    pub fn user(self, user: User) -> Self {
        let group = Group {
            name: user.group.clone(),
            gid: user.gid,
            members: Vec::new(),
        };
        let mut state = self.overlay.lock();
        let groups = &mut state.groups;
        groups.entry(user.group.clone()).or_insert(Some(group));
        state.users.insert(user.name.clone(), Some(user));
        drop(state);
        self
    }

    /// Declares a group.
    #[must_use]
    pub fn group(self, group: Group) -> Self {
        let mut state = self.overlay.lock();
        state.groups.insert(group.name.clone(), Some(group));
        drop(state);
        self
    }

    /// Declares a running program that listens on these ports.
    #[must_use]
    pub fn process(self, process: Process, ports: &[u16]) -> Self {
        let mut state = self.overlay.lock();
        state.ports.extend(ports.iter().map(|port| (*port, true)));
        state.started.push(Started {
            process,
            ports: ports.to_vec(),
            service: None,
        });
        drop(state);
        self
    }

    /// Declares what a command prints, be it a query or a task's; any other command is an error.
    #[must_use]
    pub fn output(mut self, argv: &[&str], output: Output) -> Self {
        let argv = argv.iter().map(|word| (*word).to_owned()).collect();
        if let Below::Nothing(nothing) = &mut self.below {
            nothing.outputs.push((argv, output));
        }
        self
    }

    /// Declares what a program prints whatever its arguments are, unless [`Self::output`] says it.
    #[must_use]
    pub fn program(mut self, name: &str, output: Output) -> Self {
        if let Below::Nothing(nothing) = &mut self.below {
            nothing.programs.push((name.to_owned(), output));
        }
        self
    }

    /// Declares that the machine lacks programs that steps need.
    #[must_use]
    pub fn lacking(mut self, programs: &[&str]) -> Self {
        if let Below::Nothing(nothing) = &mut self.below {
            let programs = programs.iter().map(|name| (*name).to_owned());
            nothing.lacking.extend(programs);
        }
        self
    }

    /// Declares what answers at an address (`192.168.2.201:9876`) that the machine connects to.
    #[must_use]
    pub fn server(mut self, address: &str, serve: Serve) -> Self {
        if let Below::Nothing(nothing) = &mut self.below {
            nothing.servers.push((address.to_owned(), serve));
        }
        self
    }

    /// Declares a fact, without the `ansible_` prefix.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Below::Nothing(nothing) = &mut self.below {
            nothing.facts.0.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Returns the same machine as another user sees it, who owns what is made through it.
    #[must_use]
    pub fn seen_by(&self, user: &str) -> Self {
        let below = match &self.below {
            Below::Machine(host) => Below::Machine(host.clone()),
            Below::Nothing(nothing) => Below::Nothing(nothing.clone()),
        };
        Self::on(below, self.overlay.clone()).fact("user_id", user)
    }

    fn put(self, path: &Utf8Path, node: Node, source: Source) -> Self {
        let mut state = self.overlay.lock();
        let parents: Vec<_> = path.ancestors().skip(1).collect();
        for parent in parents.into_iter().rev() {
            if !state.entries.contains_key(parent) {
                let node = Node::new(Kind::Directory, 0o755, &root());
                let here = Here::new(node, Source::Bytes(Vec::new().into()));
                state.edit(Edit::Put(parent.to_owned(), here.into()));
            }
        }
        let here = Here::new(node, source);
        state.edit(Edit::Replace(path.to_owned(), here.into()));
        drop(state);
        self
    }
}

/// Returns the account of root.
fn root() -> User {
    User {
        name: "root".to_owned(),
        group: "root".to_owned(),
        home: "/root".into(),
        shell: "/bin/sh".into(),
        ..User::default()
    }
}
