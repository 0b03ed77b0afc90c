//! The probe of a script: a read-only view of the host.

use super::{reads, running};
use crate::host::{Command, Content, Doubtful, Kind, Node, Probe};
use crate::module::{ModuleError, from_fields};
use crate::script::{Called, Lookup, Raised, to_dynamic, to_fields};
use crate::value::{self, Fields, Value};
use camino::{Utf8Path, Utf8PathBuf};
use rhai::{Array, Dynamic, Engine, ImmutableString, Map, NativeCallContext, Position};
use std::collections::BTreeMap;

/// The maximum size in bytes of a file that a script may read.
const MOST: u64 = 4 << 20;

/// The probe of a script.
#[derive(Clone)]
pub(super) struct ScriptProbe(pub(super) Probe);

/// A read-only command.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) argv: Vec<String>,
    pub(super) chdir: Option<Utf8PathBuf>,
    pub(super) stdin: Option<String>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<ScriptProbe>("probe");
    engine.register_get("facts", |probe: &mut ScriptProbe| {
        let facts = running::ask(Position::NONE, || Ok(probe.0.facts()?))?;
        Called::Ok(Lookup {
            value: value::map(facts.0),
            what: "fact",
            inner: None,
        })
    });
    engine.register_fn("stat", stat);
    engine.register_fn("read", read);
    engine.register_fn("read", read_or);
    engine.register_fn("read_bytes", read_bytes);
    engine.register_fn("list", list);
    engine.register_fn("query", query);
    engine.register_fn("query", query_words);
    engine.register_fn("user", user);
    engine.register_fn("group", group);
}

fn stat(context: NativeCallContext, probe: &mut ScriptProbe, path: &str) -> Called<Dynamic> {
    let position = context.call_position();
    let path = absolute(path, position)?;
    let node = running::ask(position, || Ok(probe.0.stat(path)?))?;
    to_dynamic(&value::map(of_node(path, node.as_ref())))
}

/// The result of `stat`, under the names of the module.
fn of_node(path: &Utf8Path, node: Option<&Node>) -> Fields {
    let mut fields = Fields::new();
    fields.insert("exists".to_owned(), node.is_some().into());
    let Some(node) = node else {
        return fields;
    };
    for (name, value) in [
        ("path", Value::from(path.as_str())),
        ("isreg", (node.kind == Kind::File).into()),
        ("isdir", (node.kind == Kind::Directory).into()),
        ("islnk", matches!(node.kind, Kind::Symlink { .. }).into()),
        ("mode", format!("{:04o}", node.mode).into()),
        ("uid", node.uid.into()),
        ("gid", node.gid.into()),
        ("pw_name", node.owner.as_str().into()),
        ("gr_name", node.group.as_str().into()),
        ("size", node.size.into()),
        ("mtime", node.modified.into()),
        ("nlink", node.links.into()),
        ("inode", node.inode.into()),
    ] {
        fields.insert(name.to_owned(), value);
    }
    if let Kind::Symlink { target } = &node.kind {
        fields.insert("lnk_target".to_owned(), target.as_str().into());
    }
    fields
}

fn read(
    context: NativeCallContext,
    probe: &mut ScriptProbe,
    path: &str,
) -> Called<ImmutableString> {
    let position = context.call_position();
    match text(probe, path, position)? {
        Some(text) => Ok(text),
        None => Err(
            Raised::new(format!("cannot read {path}: it does not exist"))
                .help("read(path, other) returns the other value then".to_owned())
                .at(position),
        ),
    }
}

fn read_or(
    context: NativeCallContext,
    probe: &mut ScriptProbe,
    path: &str,
    other: Dynamic,
) -> Called<Dynamic> {
    let text = text(probe, path, context.call_position())?;
    Ok(text.map_or(other, Into::into))
}

fn read_bytes(context: NativeCallContext, probe: &mut ScriptProbe, path: &str) -> Called<Dynamic> {
    let position = context.call_position();
    let bytes = bytes(probe, path, position)?;
    bytes
        .map(Dynamic::from_blob)
        .ok_or_else(|| Raised::new(format!("cannot read {path}: it does not exist")).at(position))
}

fn text(probe: &ScriptProbe, path: &str, position: Position) -> Called<Option<ImmutableString>> {
    let Some(bytes) = bytes(probe, path, position)? else {
        return Ok(None);
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text.into())),
        Err(_) => Err(Raised::new(format!("{path} is not UTF-8 text"))
            .help("read_bytes reads anything".to_owned())
            .at(position)),
    }
}

fn bytes(probe: &ScriptProbe, path: &str, position: Position) -> Called<Option<Vec<u8>>> {
    let path = absolute(path, position)?;
    let look = || Ok(probe.0.look(path, true, Content::UpTo(MOST))?);
    let Some(node) = running::ask(position, look)? else {
        return Ok(None);
    };
    let refused = |why: String| Err(Raised::new(format!("cannot read {path}: {why}")).at(position));
    match node.content {
        Some(content) if node.kind == Kind::File => Ok(Some(content)),
        _ if node.kind != Kind::File => refused(format!("it is {}", node.kind.name())),
        _ => refused(format!(
            "it has {} bytes, and a script reads {MOST} at most",
            node.size
        )),
    }
}

fn list(context: NativeCallContext, probe: &mut ScriptProbe, path: &str) -> Called<Array> {
    let position = context.call_position();
    let path = absolute(path, position)?;
    let found = running::ask(position, || Ok(probe.0.tree(path, Some(1))?))?;
    let names = found.iter().filter_map(|(path, _)| path.file_name());
    Ok(names
        .map(|name| Dynamic::from(ImmutableString::from(name)))
        .collect())
}

fn query_words(
    context: NativeCallContext,
    probe: &mut ScriptProbe,
    words: Array,
) -> Called<Dynamic> {
    query(context, probe, Map::from([("argv".into(), words.into())]))
}

fn query(context: NativeCallContext, probe: &mut ScriptProbe, arguments: Map) -> Called<Dynamic> {
    let position = context.call_position();
    let command = command("query", &arguments, position)?;
    if let Some(program) = command.argv.first() {
        reads::allow(program, position)?;
    }
    let output = running::ask(position, || {
        let mut paths = command.paths().into_iter().map(Doubtful::Path);
        let foreseen = paths.find_map(|path| probe.0.foreseen(&path).transpose());
        match foreseen.transpose()? {
            Some(reason) => Err(ModuleError::NotKnown(reason)),
            None => Ok(probe.0.query(&command)?),
        }
    })?;
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        ImmutableString::from(text.trim_end_matches(['\r', '\n']))
    };
    Ok(Map::from([
        ("rc".into(), i64::from(output.status).into()),
        ("stdout".into(), text(&output.stdout).into()),
        ("stderr".into(), text(&output.stderr).into()),
    ])
    .into())
}

fn user(context: NativeCallContext, probe: &mut ScriptProbe, name: &str) -> Called<Dynamic> {
    let Some(user) = running::ask(context.call_position(), || Ok(probe.0.user(name)?))? else {
        return Ok(Dynamic::UNIT);
    };
    let fields = [
        ("name", Value::from(user.name)),
        ("uid", user.uid.into()),
        ("gid", user.gid.into()),
        ("group", user.group.into()),
        ("home", user.home.as_str().into()),
        ("shell", user.shell.as_str().into()),
    ];
    to_dynamic(&Value::from_pairs(fields))
}

fn group(context: NativeCallContext, probe: &mut ScriptProbe, name: &str) -> Called<Dynamic> {
    let Some(group) = running::ask(context.call_position(), || Ok(probe.0.group(name)?))? else {
        return Ok(Dynamic::UNIT);
    };
    let fields = [
        ("name", Value::from(group.name)),
        ("gid", group.gid.into()),
        (
            "members",
            group.members.into_iter().map(Value::from).collect(),
        ),
    ];
    to_dynamic(&Value::from_pairs(fields))
}

/// Returns a path of a host, which must be absolute.
pub(super) fn absolute(path: &str, position: Position) -> Called<&Utf8Path> {
    if path.starts_with('/') && !path.contains('\0') {
        return Ok(Utf8Path::new(path));
    }
    let message = format!("a path on a host must be absolute, not \"{path}\"");
    Err(Raised::new(message).at(position))
}

/// Returns the command that a script describes, with the task's environment.
pub(super) fn command(function: &str, arguments: &Map, position: Position) -> Called<Command> {
    let run: Run = given(function, arguments, position)?;
    if run.argv.is_empty() {
        return Err(Raised::new(format!("{function} was given no command")).at(position));
    }
    let mut environment = running::environment();
    environment.extend(run.environment);
    Ok(Command {
        argv: run.argv,
        chdir: run.chdir,
        environment,
        stdin: run.stdin.map(String::into_bytes),
        script: None,
    })
}

/// Returns the arguments of a function, rejecting unknown ones.
pub(super) fn given<T: serde::de::DeserializeOwned>(
    function: &str,
    arguments: &Map,
    position: Position,
) -> Called<T> {
    let fields = known_fields(arguments, position)?;
    from_fields(fields).map_err(|error| {
        let quoted = |prefix: &str| {
            Some(
                error
                    .message
                    .strip_prefix(prefix)?
                    .split('`')
                    .next()?
                    .to_owned(),
            )
        };
        if let Some(name) = quoted("unknown field `") {
            let known = error.message.split('`').skip(3).step_by(2);
            let message = format!("{function} has no argument \"{name}\"");
            let all = format!(
                "its arguments are {}",
                known.clone().collect::<Vec<_>>().join(", ")
            );
            let near = crate::source::did_you_mean(&name, known);
            return Raised::new(message).help(near.or(Some(all))).at(position);
        }
        if let Some(name) = quoted("missing field `") {
            let message = format!("{function} needs the argument \"{name}\"");
            return Raised::new(message).at(position);
        }
        Raised::new(format!("{function}: {error}")).at(position)
    })
}

/// Returns the entries of a map, all of which must be known in check mode.
pub(super) fn known_fields(map: &Map, position: Position) -> Called<Fields> {
    let fields = to_fields(map).map_err(|message| Raised::new(message).at(position))?;
    match fields.values().find_map(value::unknown_in) {
        Some(reason) => running::ask(position, || Err(ModuleError::NotKnown(reason))),
        None => Ok(fields),
    }
}
