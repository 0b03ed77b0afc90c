//! Parses YAML text to nodes.

use super::{Data, Map, Node, mistake, scalar};
use crate::source::{Place, Problem, Result, SourceFile};
use crate::value::{self, MAX_DEPTH};
use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How many nodes the aliases of a file may expand to; more is an alias bomb.
const ALIAS_BUDGET: usize = 250_000;

/// Returns the only document of a file; an empty file is `Data::Null`.
pub fn read(file: &Arc<SourceFile>) -> Result<Node> {
    one(file, Reader::new(file).documents()?)
}

/// Returns the same, but the last of two equal keys counts, with a warning, as in Ansible.
pub fn read_lenient(file: &Arc<SourceFile>) -> Result<Node> {
    let reader = Reader {
        last_key_counts: true,
        ..Reader::new(file)
    };
    one(file, reader.documents()?)
}

fn one(file: &Arc<SourceFile>, mut documents: Vec<Node>) -> Result<Node> {
    if documents.len() > 1 {
        let second = &documents[1].place;
        return Err(Problem::at(second, "the file holds more than one YAML document").into());
    }
    let empty = || Node {
        data: Data::Null,
        place: Place::start_of(file),
    };
    Ok(documents.pop().unwrap_or_else(empty))
}

/// Returns all documents of a file.
pub fn read_documents(file: &Arc<SourceFile>) -> Result<Vec<Node>> {
    Reader::new(file).documents()
}

type Input<'a> = granit_parser::StrInput<'a>;

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    parser: Parser<'a, Input<'a>>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    /// The lists and mappings around the current node.
    depth: usize,
    /// Whether the last of two equal keys counts instead of being an error.
    last_key_counts: bool,
}

impl<'a> Reader<'a> {
    fn new(file: &'a Arc<SourceFile>) -> Self {
        Self {
            file,
            parser: Parser::new_from_str(&file.text),
            anchors: HashMap::new(),
            aliased: 0,
            depth: 0,
            last_key_counts: false,
        }
    }

    fn documents(mut self) -> Result<Vec<Node>> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(documents),
                (Event::DocumentStart(..), _) => {
                    let first = self.next()?;
                    documents.push(self.node(first)?);
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        loop {
            match self.parser.next_event() {
                None => return Ok((Event::StreamEnd, Span::default())),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => return Err(mistake::problem(self.file, &error).into()),
            }
        }
    }

    fn node(&mut self, (event, span): (Event<'a>, Span)) -> Result<Node> {
        let mut place = self.place(&span);
        let (data, anchor) = match event {
            Event::Alias(id) => return self.alias(id, place),
            Event::Scalar(text, style, anchor, tag) => {
                (Self::scalar(&text, style, tag.as_ref(), &place)?, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.enter(&place)?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        event => items.push(self.node(event)?),
                    }
                }
                self.depth -= 1;
                (Data::List(items), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                self.enter(&place)?;
                let map = self.mapping(&place)?;
                self.depth -= 1;
                if let Some((key, _)) = map.first() {
                    place = key.place.clone();
                }
                (Data::of_entries(map), anchor)
            }
            _ => return Err(Problem::at(&place, "expected a YAML value here").into()),
        };
        let node = Node { data, place };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Starts a list or a mapping.
    fn enter(&mut self, place: &Place) -> Result<()> {
        self.depth += 1;
        self.fits(0, place)
    }

    /// Fails if this many more levels are too many.
    fn fits(&self, levels: usize, place: &Place) -> Result<()> {
        if self.depth + levels > MAX_DEPTH {
            return Err(Problem::at(place, value::too_deep()).into());
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<Node> {
        let Some(node) = self.anchors.get(&id) else {
            return Err(Problem::at(&place, "an anchor cannot refer to itself").into());
        };
        self.aliased += size(node);
        if self.aliased > ALIAS_BUDGET {
            let message = "the aliases of this file expand to too many values";
            return Err(Problem::at(&place, message)
                .help(format!("at most {ALIAS_BUDGET} are allowed"))
                .into());
        }
        self.fits(depth(node), &place)?;
        Ok(Node {
            data: node.data.clone(),
            place,
        })
    }

    fn scalar(
        text: &str,
        style: ScalarStyle,
        tag: Option<&Cow<'_, Tag>>,
        place: &Place,
    ) -> Result<Data> {
        let name = tag.map(|tag| tag.original());
        Ok(match name.as_deref() {
            Some("!unsafe") => Data::Unsafe(text.into()),
            Some("!vault" | "!vault-encrypted") => Data::Vault(text.into()),
            Some("!!str" | "!") => Data::Text(text.into()),
            Some("!!int" | "!!float" | "!!bool" | "!!null") => scalar::resolve(text),
            Some(other) => {
                return Err(Problem::at(place, format!("unknown YAML tag {other}"))
                    .help(
                        "supported are !unsafe, !vault, !!str, !!int, !!float and !!bool"
                            .to_owned(),
                    )
                    .into());
            }
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            None => Data::Text(text.into()),
        })
    }

    fn mapping(&mut self, start: &Place) -> Result<Map> {
        let mut entries: Map = Vec::new();
        let mut merged: Map = Vec::new();
        let mut seen: HashMap<String, Place> = HashMap::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                event => self.node(event)?,
            };
            if matches!(key.data, Data::Vault(_)) {
                return Err(Problem::at(&key.place, "a key cannot be encrypted").into());
            }
            let next = self.next()?;
            let value = self.node(next)?;
            if matches!(key.data, Data::Map(_) | Data::List(_)) {
                return Err(unquoted_template(&key, start));
            }
            if key.as_text() == Some("<<") {
                merged.extend(merge(value)?);
                continue;
            }
            let name = format!("{:?}", key.data);
            if let Some(first) = seen.insert(name, key.place.clone()) {
                let message = format!("the key {} is given twice", key.to_value());
                let problem = Problem::at(&key.place, message)
                    .label("given again here")
                    .related(&first, "first given here");
                if !self.last_key_counts {
                    return Err(problem.into());
                }
                tracing::warn!("{problem}: this one counts");
                entries.retain(|(earlier, _)| earlier.data != key.data);
            }
            entries.push((key, value));
        }
        for (key, value) in merged {
            if seen
                .insert(format!("{:?}", key.data), key.place.clone())
                .is_none()
            {
                entries.push((key, value));
            }
        }
        Ok(entries)
    }

    fn place(&self, span: &Span) -> Place {
        let byte = |marker: &granit_parser::Marker, fallback: usize| {
            marker.byte_offset().unwrap_or(fallback)
        };
        let start = byte(&span.start, 0);
        let end = byte(&span.end, start).max(start);
        let text = self.file.text.get(start..end).unwrap_or_default();
        // A block scalar's span extends to the next token: the line breaks are not part of it.
        Place::new(self.file, start..start + text.trim_end().len())
    }
}

/// Returns how deep lists and mappings are nested.
fn depth(node: &Node) -> usize {
    let deepest = match &node.data {
        Data::List(items) => items.iter().map(depth).max(),
        Data::Map(entries) => entries.iter().map(|(_, value)| depth(value)).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

/// Returns the number of nodes in `node`, including itself.
fn size(node: &Node) -> usize {
    1 + match &node.data {
        Data::List(items) => items.iter().map(size).sum(),
        Data::Map(entries) => entries
            .iter()
            .map(|(key, value)| size(key) + size(value))
            .sum(),
        _ => 0,
    }
}

/// Returns the entries that a merge key (`<<`) adds.
fn merge(value: Node) -> Result<Map> {
    match value.data {
        Data::Map(entries) => Ok(entries),
        Data::List(items) => {
            let maps: Vec<Map> = items.into_iter().map(merge).collect::<Result<_>>()?;
            Ok(maps.into_iter().flatten().collect())
        }
        _ => Err(value
            .unexpected("what << merges", "a mapping or a list of mappings")
            .into()),
    }
}

/// `key: {{ x }}` parses as a mapping whose key is a mapping.
fn unquoted_template(key: &Node, start: &Place) -> crate::source::Problems {
    let from = start.range.start;
    let template = start
        .file
        .text
        .get(from..)
        .is_some_and(|rest| rest.starts_with("{{"));
    let place = if template { start } else { &key.place };
    let problem = Problem::at(place, format!("a key must be text, not {}", key.kind()));
    let advice =
        template.then(|| "a value that starts with {{ must be quoted: \"{{ … }}\"".to_owned());
    problem.help(advice).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Node> {
        read(&SourceFile::new("test.yml", text))
    }

    #[test]
    fn every_node_knows_its_place() {
        let node = read_text("- name: x\n  copy:\n    dest: \"/é/y\"\n").unwrap();
        let task = &node.as_list().unwrap()[0];
        assert_eq!(task.place.to_string(), "test.yml:1:3");
        let (key, value) = task.get("copy").unwrap().entry("dest").unwrap();
        assert_eq!(key.place.to_string(), "test.yml:3:5");
        assert_eq!(
            (value.place.to_string().as_str(), value.place.text()),
            ("test.yml:3:11", "\"/é/y\"")
        );
    }

    #[test]
    fn quoted_text_keeps_its_type_and_tags_are_kept() {
        let node = read_text("a: 'yes'\nb: yes\nc: !unsafe '{{ x }}'\nd: |\n  x\n").unwrap();
        assert_eq!(node.get("a").unwrap().data, Data::Text("yes".into()));
        assert_eq!(node.get("b").unwrap().data, Data::Bool(true));
        assert_eq!(node.get("c").unwrap().data, Data::Unsafe("{{ x }}".into()));
        assert!(!node.get("c").unwrap().has_template());
        assert_eq!(node.get("d").unwrap().data, Data::Text("x\n".into()));
    }

    #[test]
    fn merge_keys_add_what_is_not_given() {
        let node = read_text("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n").unwrap();
        let b = node.get("b").unwrap();
        assert_eq!(
            (
                b.get("x").unwrap().to_value(),
                b.get("y").unwrap().to_value()
            ),
            (1.into(), 3.into())
        );
    }

    #[test]
    fn mistakes_point_at_their_place() {
        for (text, expected) in [
            (
                "a: 1\nb: 2\na: 3\n",
                "test.yml:3:1: the key a is given twice",
            ),
            (
                "a: {{ x }}\n",
                "test.yml:1:4: a key must be text, not a mapping",
            ),
            ("a: !thing x\n", "test.yml:1:11: unknown YAML tag !thing"),
            (
                "a: 1\n---\nb: 2\n",
                "test.yml:3:1: the file holds more than one YAML document",
            ),
        ] {
            assert_eq!(read_text(text).unwrap_err().to_string(), expected);
        }
        assert!(
            read_text("a: [1\nb: 2\n")
                .unwrap_err()
                .to_string()
                .starts_with("test.yml:")
        );
    }

    #[test]
    fn a_lenient_reader_takes_the_last_of_two_equal_keys() {
        let file = SourceFile::new("test.yml", "a: 1\nb: 2\na: 3\n");
        let node = read_lenient(&file).unwrap();
        assert_eq!(node.as_map().unwrap().len(), 2);
        assert_eq!(node.get("a").unwrap().data, Data::Integer(3));
    }

    #[test]
    fn what_is_too_deep_is_refused_however_it_is_written() {
        let flow = |levels: usize| format!("a: {}{}", "[".repeat(levels), "]".repeat(levels));
        let block: String = (0..200).map(|level| " ".repeat(level) + "a:\n").collect();
        let aliases: String = (1..300)
            .map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1))
            .collect();
        assert!(read_text(&flow(MAX_DEPTH - 1)).is_ok());
        for text in [
            flow(MAX_DEPTH),
            flow(100_000),
            block,
            format!("a0: &a0 []\n{aliases}"),
        ] {
            let error = read_text(&text).unwrap_err().to_string();
            assert!(
                error.ends_with("lists and maps are nested more than 128 levels deep"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(","));
        }
        let error = read_text(&text).unwrap_err().to_string();
        assert!(error.contains("too many values"), "{error}");
    }
}
