//! The change that a script makes: each part of it is planned at once, on the host as the parts
//! before leave it.

use super::probe::{absolute, command, given, known_fields};
use super::{RESERVED_RESULTS, running};
use crate::change::{
    Attributes, Change, EnsureFile, Mode, Replace, Sets, directory_questions, file_question,
};
use crate::host::{Answer, Body, Draft, Kind, Probe, Step};
use crate::module::ModuleError;
use crate::script::{Called, Raised, to_value};
use crate::value::Value;
use camino::Utf8PathBuf;
use rhai::{Array, Dynamic, Engine, Map, NativeCallContext, Position};
use serde::de::{Deserialize, Deserializer, Visitor};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The change that a script makes. All its copies are the same change, so that a function of the
/// script may add to it.
#[derive(Clone)]
pub(super) struct ScriptChange(Arc<Mutex<Making>>);

struct Making {
    change: Change,
    draft: Draft,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: Utf8PathBuf,
    mode: Option<Mode>,
    owner: Option<String>,
    group: Option<String>,
    #[serde(default)]
    backup: Option<bool>,
    validate: Option<Vec<String>>,
    content: Content,
}

/// A text or bytes.
struct Content(Vec<u8>);

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl Visitor<'_> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a text or bytes")
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content(text.into()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Content, E> {
        Ok(Content(bytes))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Owned {
    path: Utf8PathBuf,
    mode: Option<Mode>,
    owner: Option<String>,
    group: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    path: Utf8PathBuf,
    target: Utf8PathBuf,
    force: Option<bool>,
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<ScriptChange>("change");
    engine.register_fn("change", |context: NativeCallContext| {
        let draft = running::draft(context.call_position())?;
        let change = Change::default();
        let change = ScriptChange(Arc::new(Mutex::new(Making { change, draft })));
        running::makes(&change);
        Called::Ok(change)
    });
    engine.register_fn("ensure_file", ensure_file);
    engine.register_fn("ensure_directory", ensure_directory);
    engine.register_fn("ensure_link", ensure_link);
    engine.register_fn("ensure_absent", ensure_absent);
    engine.register_fn("ensure_attributes", ensure_attributes);
    engine.register_fn("run", run);
    engine.register_fn(
        "run",
        |context: NativeCallContext, change: &mut ScriptChange, words: Array| {
            run(context, change, Map::from([("argv".into(), words.into())]))
        },
    );
    engine.register_fn("returns", returns);
    engine.register_fn("sets_facts", sets_facts);
    engine.register_fn("warn", |change: &mut ScriptChange, text: &str| {
        change.lock().change.warnings.push(text.to_owned());
    });
    engine.register_fn("fail", |change: &mut ScriptChange, text: &str| {
        change.lock().change.failed = Some(text.to_owned());
    });
}

impl ScriptChange {
    /// Returns what was made.
    pub(super) fn take(self) -> Change {
        std::mem::take(&mut self.lock().change)
    }

    /// Returns whether this is the same change, not only an equal one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns whether nothing was added to it.
    pub(super) fn is_empty(&self) -> bool {
        let change = &self.lock().change;
        change.steps.is_empty()
            && change.result.is_empty()
            && change.warnings.is_empty()
            && change.failed.is_none()
            && matches!(change.sets, Sets::Nothing)
    }

    fn lock(&self) -> MutexGuard<'_, Making> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to the change; what fails adds nothing.
    fn add<T>(
        &self,
        position: Position,
        work: impl FnOnce(&mut Change, &Probe) -> Result<T, ModuleError>,
    ) -> Called<T> {
        let making = &mut *self.lock();
        let before = making.change.steps.len();
        running::ask(position, || {
            let result = work(&mut making.change, &making.draft.probe());
            if result.is_err() {
                making.change.steps.truncate(before);
            }
            for step in making.change.steps.iter().skip(before) {
                making.draft.note(step)?;
            }
            result
        })
    }
}

fn ensure_file(context: NativeCallContext, change: &mut ScriptChange, map: Map) -> Called<bool> {
    let position = context.call_position();
    let file: File = given("ensure_file", &map, position)?;
    absolute(file.path.as_str(), position)?;
    let file = EnsureFile {
        path: file.path,
        body: Body::Bytes(file.content.0.into()),
        attributes: Attributes {
            mode: file.mode,
            owner: file.owner,
            group: file.group,
        },
        backup: file.backup.unwrap_or_default(),
        validate: file.validate,
    };
    change.add(position, |change, probe| {
        let file = EnsureFile {
            attributes: file.attributes.on(probe)?,
            ..file
        };
        let found = probe.ask(&[file_question(file.path.clone())])?;
        let found = found.into_iter().next().and_then(Answer::into_path);
        Ok(change.ensure_file(file, found.as_ref())?)
    })
}

fn owned(function: &str, map: &Map, position: Position) -> Called<(Utf8PathBuf, Attributes)> {
    let Owned {
        path,
        mode,
        owner,
        group,
    } = given(function, map, position)?;
    absolute(path.as_str(), position)?;
    Ok((path, Attributes { mode, owner, group }))
}

fn ensure_directory(
    context: NativeCallContext,
    change: &mut ScriptChange,
    map: Map,
) -> Called<bool> {
    let position = context.call_position();
    let (path, attributes) = owned("ensure_directory", &map, position)?;
    change.add(position, |change, probe| {
        let attributes = attributes.on(probe)?;
        let found = probe.ask(&directory_questions(&path))?;
        Ok(change.ensure_directory(&path, &attributes, &found)?)
    })
}

fn ensure_attributes(
    context: NativeCallContext,
    change: &mut ScriptChange,
    map: Map,
) -> Called<()> {
    let position = context.call_position();
    let (path, attributes) = owned("ensure_attributes", &map, position)?;
    change.add(position, |change, probe| {
        let Some(node) = probe.stat(&path)? else {
            return Err(ModuleError::refused(format!("{path} does not exist")));
        };
        change.ensure_attributes(&path, &node, &attributes.on(probe)?, false);
        Ok(())
    })
}

fn ensure_link(context: NativeCallContext, change: &mut ScriptChange, map: Map) -> Called<()> {
    let position = context.call_position();
    let link: Link = given("ensure_link", &map, position)?;
    absolute(link.path.as_str(), position)?;
    let replace = if link.force.unwrap_or_default() {
        Replace::FilesToo
    } else {
        Replace::LinksOnly
    };
    change.add(position, |change, probe| {
        let found = probe.stat(&link.path)?;
        let is_directory = found
            .as_ref()
            .is_some_and(|node| node.kind == Kind::Directory);
        let is_empty = is_directory && probe.tree(&link.path, Some(1))?.is_empty();
        Ok(change.ensure_symlink(&link.path, &link.target, found.as_ref(), replace, is_empty)?)
    })
}

fn ensure_absent(context: NativeCallContext, change: &mut ScriptChange, path: &str) -> Called<()> {
    let position = context.call_position();
    let path = absolute(path, position)?;
    change.add(position, |change, probe| {
        let found = probe.stat(path)?;
        change.ensure_absent(path, found.as_ref());
        Ok(())
    })
}

fn run(context: NativeCallContext, change: &mut ScriptChange, map: Map) -> Called<()> {
    let position = context.call_position();
    let command = command("run", &map, position)?;
    change.add(position, |change, _| {
        let words: Value = command.argv.iter().map(String::as_str).collect();
        change.returns("cmd", words);
        change.reports_output = true;
        change.steps.push(Step::Run {
            command,
            any_status: false,
        });
        Ok(())
    })
}

fn returns(
    context: NativeCallContext,
    change: &mut ScriptChange,
    name: &str,
    value: Dynamic,
) -> Called<()> {
    let position = context.call_position();
    if RESERVED_RESULTS.contains(&name) {
        let message = format!("the run itself sets the result \"{name}\"");
        let advice = (name == "failed").then(|| "use fail(text)".to_owned());
        return Err(Raised::new(message).help(advice).at(position));
    }
    let value = to_value(&value).map_err(|message| Raised::new(message).at(position))?;
    change.lock().change.returns(name, value);
    Ok(())
}

fn sets_facts(context: NativeCallContext, change: &mut ScriptChange, facts: Map) -> Called<()> {
    let fields = known_fields(&facts, context.call_position())?;
    let change = &mut change.lock().change;
    match &mut change.sets {
        Sets::NamedFacts(known) => known.extend(fields),
        sets => *sets = Sets::NamedFacts(fields),
    }
    Ok(())
}
