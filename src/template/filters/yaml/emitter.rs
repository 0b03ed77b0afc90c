//! Writes YAML as libyaml's emitter lays it out.

use super::node::{Node, Style, node};
use super::scalar::Scalar;
use crate::value::Value;
use minijinja::Error;

/// The settings of `PyYAML`'s `dump`.
pub(super) struct Options {
    /// Spaces per level.
    pub(super) indent: usize,
    /// The column after which lines are wrapped.
    pub(super) width: usize,
    /// Whether lists and maps are in brackets; `None`: only if they contain nothing but scalars.
    pub(super) flow: Option<bool>,
    /// The style of all scalars: `'`, `"`, `|` or `>`.
    pub(super) style: Option<char>,
    /// Whether entries are sorted by key.
    pub(super) sort_keys: bool,
    /// Whether characters beyond ASCII are written literally.
    pub(super) unicode: bool,
    /// Whether the document starts with `---`.
    pub(super) explicit_start: bool,
    /// Whether it ends with `...`.
    pub(super) explicit_end: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            indent: 2,
            width: 80,
            flow: None,
            style: None,
            sort_keys: true,
            unicode: true,
            explicit_start: false,
            explicit_end: false,
        }
    }
}

/// The context of a node.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    /// A key on one line.
    Key,
    /// A value, or a key that starts with `?`.
    Value,
}

/// Writes one document.
pub(super) struct Emitter {
    /// The settings.
    pub(super) options: Options,
    out: String,
    /// The column of the next character.
    pub(super) column: usize,
    indent: Option<usize>,
    /// How many brackets are open.
    pub(super) flow_level: usize,
    /// Whether only white space was written since the last word.
    pub(super) whitespace: bool,
    /// Whether only indentation was written on this line.
    pub(super) indention: bool,
    /// Whether the document needs an explicit end.
    pub(super) open_ended: bool,
}

impl Emitter {
    /// Returns a value as a document.
    pub(super) fn document(value: &Value, options: Options) -> Result<String, Error> {
        let node = node(value, &options)?;
        let (start, end) = (options.explicit_start, options.explicit_end);
        let mut emitter = Self {
            options,
            out: String::new(),
            column: 0,
            indent: None,
            flow_level: 0,
            whitespace: true,
            indention: true,
            open_ended: false,
        };
        if start {
            emitter.indicator("---", true, false, false);
        }
        emitter.node(&node, Place::Root);
        emitter.new_line();
        if end || emitter.open_ended {
            emitter.indicator("...", true, false, false);
            emitter.new_line();
        }
        Ok(emitter.out)
    }

    fn node(&mut self, node: &Node, place: Place) {
        match node {
            Node::Scalar { .. } => self.scalar(node, place),
            Node::List { items, flow } if *flow || self.flow_level > 0 || items.is_empty() => {
                self.flow('[', ']', items, |emitter, item| {
                    emitter.node(item, Place::Item);
                });
            }
            Node::Map { entries, flow } if *flow || self.flow_level > 0 || entries.is_empty() => {
                self.flow('{', '}', entries, Self::flow_entry);
            }
            Node::List { items, .. } => {
                let outer = self.indent;
                let in_map = matches!(place, Place::Key | Place::Value);
                if !in_map || self.indention {
                    self.deeper(false);
                }
                for item in items {
                    self.new_line();
                    self.indicator("-", true, false, true);
                    self.node(item, Place::Item);
                }
                self.indent = outer;
            }
            Node::Map { entries, .. } => {
                let outer = self.indent;
                self.deeper(false);
                for (key, value) in entries {
                    self.new_line();
                    if self.is_simple(key) {
                        self.node(key, Place::Key);
                        self.indicator(":", false, false, false);
                    } else {
                        self.indicator("?", true, false, true);
                        self.node(key, Place::Value);
                        self.new_line();
                        self.indicator(":", true, false, true);
                    }
                    self.node(value, Place::Value);
                }
                self.indent = outer;
            }
        }
    }

    fn flow<T>(&mut self, open: char, close: char, items: &[T], each: impl Fn(&mut Self, &T)) {
        let outer = self.indent;
        self.indicator(&open.to_string(), true, true, false);
        self.deeper(true);
        self.flow_level += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.indicator(",", false, false, false);
            }
            if self.column > self.options.width {
                self.new_line();
            }
            each(self, item);
        }
        self.flow_level -= 1;
        self.indent = outer;
        self.indicator(&close.to_string(), false, false, false);
    }

    fn flow_entry(&mut self, (key, value): &(Node, Node)) {
        if self.is_simple(key) {
            self.node(key, Place::Key);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, false);
            self.node(key, Place::Value);
            if self.column > self.options.width {
                self.new_line();
            }
            self.indicator(":", true, false, false);
        }
        self.node(value, Place::Value);
    }

    /// Whether a key is short and on one line, so that it can be written before its colon.
    fn is_simple(&self, key: &Node) -> bool {
        match key {
            Node::Scalar { text, .. } => {
                text.len() <= 128 && !Scalar::of(text, self.options.unicode).multiline
            }
            Node::List { items, .. } => items.is_empty(),
            Node::Map { entries, .. } => entries.is_empty(),
        }
    }

    fn scalar(&mut self, node: &Node, place: Place) {
        let Node::Scalar {
            text,
            style: wanted,
            plain,
            tag,
        } = node
        else {
            return;
        };
        let scalar = Scalar::of(text, self.options.unicode);
        let (flow, key) = (self.flow_level > 0, place == Place::Key);
        let mut style = *wanted;
        if key && scalar.multiline {
            style = Style::Double;
        }
        let allowed = if flow {
            scalar.flow_plain
        } else {
            scalar.block_plain
        };
        if style == Style::Plain && (!allowed || !*plain || (text.is_empty() && (flow || key))) {
            style = Style::Single;
        }
        if style == Style::Single && !scalar.single_quoted {
            style = Style::Double;
        }
        if matches!(style, Style::Literal | Style::Folded) && (!scalar.block || flow || key) {
            style = Style::Double;
        }
        if style != Style::Plain && !tag.is_empty() {
            self.indicator(tag, true, false, false);
        }
        let outer = self.indent;
        self.deeper(true);
        match style {
            Style::Plain => self.plain(text, !key),
            Style::Single => self.single_quoted(text, !key),
            Style::Double => self.double_quoted(text, !key),
            Style::Literal => self.literal(text),
            Style::Folded => self.folded(text),
        }
        self.indent = outer;
    }

    fn deeper(&mut self, flow: bool) {
        self.indent = Some(match self.indent {
            None => {
                if flow {
                    self.options.indent
                } else {
                    0
                }
            }
            Some(indent) => indent + self.options.indent,
        });
    }

    /// Starts a line with the current indentation, unless it is there already.
    pub(super) fn new_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// Writes an indicator, after a space if `spaced` and needed.
    pub(super) fn indicator(
        &mut self,
        text: &str,
        spaced: bool,
        whitespace: bool,
        indention: bool,
    ) {
        if spaced && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|character| self.put(character));
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    /// Writes a character.
    pub(super) fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    /// Writes a line break.
    pub(super) fn put_break(&mut self, character: char) {
        self.out.push(character);
        self.column = 0;
    }
}
