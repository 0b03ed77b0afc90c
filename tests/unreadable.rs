//! A folder of a host that the user may not read.

use camino::Utf8Path;
use rmqplay::host::{
    Answer, Cancel, Command, Host, HostError, Limits, Memory, Output, Question, Step, Stream,
    Traffic,
};
use rmqplay::inventory::Inventory;
use rmqplay::playbook::{LoadOptions, Loader};
use rmqplay::report::Event;
use rmqplay::run::{Connector, Options, Parts, Session};
use rmqplay::source::SourceFile;
use rmqplay::yaml;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// A machine whose `/srv/secret` cannot be listed.
struct Unreadable(Memory);

impl Host for Unreadable {
    fn ask(&self, questions: &[Question], limits: &Limits) -> Result<Vec<Answer>, HostError> {
        let secret = Utf8Path::new("/srv/secret");
        let reaches = |question: &Question| match question {
            Question::Tree { path, depth } => secret.strip_prefix(path).is_ok_and(|below| {
                let levels = below.components().count();
                depth.is_none_or(|depth| depth as usize > levels)
            }),
            _ => false,
        };
        if questions.iter().any(reaches) {
            return Err(HostError::Read {
                path: secret.to_owned(),
                reason: "Permission denied".to_owned(),
            });
        }
        self.0.ask(questions, limits)
    }

    fn query(&self, command: &Command, limits: &Limits) -> Result<Output, HostError> {
        self.0.query(command, limits)
    }

    fn fetch(
        &self,
        path: &Utf8Path,
        sink: &mut dyn std::io::Write,
        limits: &Limits,
    ) -> Result<u64, HostError> {
        self.0.fetch(path, sink, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        self.0.connect(host, port, limits)
    }

    fn apply(&self, step: &Step, limits: &Limits) -> Result<Output, HostError> {
        self.0.apply(step, limits)
    }

    fn traffic(&self) -> Traffic {
        self.0.traffic()
    }
}

fn connect() -> Connector {
    Connector::new(Box::new(|_| {
        let machine = Memory::machine()
            .file("/srv/a", "")
            .file("/srv/b/c/d", "")
            .file("/srv/secret/e", "")
            .directory("/opt")
            .symlink("/opt/link", "/srv");
        Ok(Arc::new(Unreadable(machine)) as Arc<dyn Host>)
    }))
}

#[test]
fn what_can_be_read_is_found() {
    let written = "
- hosts: all
  gather_facts: false
  tasks:
    - {find: {paths: [/srv, /opt/link], recurse: true}, register: f}
    - assert:
        that:
          - f.files | map(attribute='path') | sort | join(' ') == '/opt/link/a /opt/link/b/c/d /srv/a /srv/b/c/d'
          - f.skipped_paths | dict2items | map(attribute='key') | sort | join(' ') == '/opt/link/secret /srv/secret'
          - f.skipped_paths['/srv/secret'] == 'Permission denied'
          - f.msg == 'Not all paths examined, check warnings for details'
    - {find: {paths: /srv/secret}, register: f}
    - assert: {that: f.matched == 0 and f.skipped_paths | length == 1}
    - {find: {paths: /srv, recurse: true, depth: 2, file_type: any}, register: f}
    - assert: {that: f.matched == 4}
";
    let document = yaml::read(&SourceFile::new("find.yml", written)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (events, told) = channel();
    let session = Session::new(Parts {
        registry: rmqplay::cli::registry(),
        inventory: Inventory::load(&["h1,".to_owned()]).unwrap(),
        loader: Loader::new(LoadOptions::default()),
        options: Options::default(),
        playbook_folder: folder.path().into(),
        connector: connect(),
        cancel: Cancel::default(),
        ask: Box::new(|_, _| Err(rmqplay::run::Unanswered::NoTerminal)),
        events,
    });
    let playbook = session
        .loader
        .playbook_of(&folder.path().join("find.yml"), &document);
    let playbook = playbook.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    session.playbook(&playbook, &[], None).unwrap();
    session.finish();
    drop(session);
    let failed = told.iter().find_map(|event| match event {
        Event::TaskFinished(result) if result.message.is_some() => result.message.clone(),
        _ => None,
    });
    assert_eq!(failed, None);
}
