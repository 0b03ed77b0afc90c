//! Writes YAML as libyaml's emitter lays it out.

use super::scalar::{Scalar, is_break, is_printable, reads_as_other};
use crate::template::compare::{compare, is_list};
use crate::template::filters::maps::pairs;
use crate::template::text;
use crate::value::Value;
use minijinja::Error;
use minijinja::value::ValueKind;

/// The settings of `PyYAML`'s `dump`.
pub(super) struct Options {
    /// Blanks of a level.
    pub(super) indent: usize,
    /// The column after which lines are broken.
    pub(super) width: usize,
    /// Whether lists and maps are in brackets; none: where they hold only scalars.
    pub(super) flow: Option<bool>,
    /// The style of all scalars: `'`, `"`, `|` or `>`.
    pub(super) style: Option<char>,
    /// Whether entries are sorted by key.
    pub(super) sort_keys: bool,
    /// Whether characters beyond ASCII are written as they are.
    pub(super) unicode: bool,
    /// Whether `---` starts the document.
    pub(super) explicit_start: bool,
    /// Whether `...` ends it.
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

/// A value made ready: what it is written as, and whether in brackets.
enum Node {
    /// `tag` stands before it where it is no text but quoted.
    Scalar {
        text: String,
        style: Style,
        plain: bool,
        tag: &'static str,
    },
    List {
        items: Vec<Node>,
        flow: bool,
    },
    Map {
        entries: Vec<(Node, Node)>,
        flow: bool,
    },
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    /// A key on one line.
    Key,
    /// A value, or a key that `?` starts.
    Value,
}

/// Writes one document.
pub(super) struct Emitter {
    options: Options,
    out: String,
    column: usize,
    indent: Option<usize>,
    flow_level: usize,
    whitespace: bool,
    indention: bool,
    open_ended: bool,
}

impl Emitter {
    /// Returns the document that a value is.
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

    /// A key that is short and on one line stands before its colon.
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

    fn plain(&mut self, text: &str, may_break: bool) {
        if !self.whitespace && (!text.is_empty() || self.flow_level > 0) {
            self.put(' ');
        }
        self.running(text, may_break, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, may_break: bool) {
        self.indicator("'", true, false, false);
        self.running(text, may_break, true);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes the text of a plain or single-quoted scalar, broken at blanks beyond the width.
    fn running(&mut self, text: &str, may_break: bool, quoted: bool) {
        let (mut spaces, mut breaks) = (false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((index, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            if character == ' ' {
                let inside = !quoted || (index > 0 && next.is_some());
                let wide = may_break && !spaces && self.column > self.options.width;
                if wide && inside && next != Some(' ') {
                    self.new_line();
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else if is_break(character) {
                if !breaks && character == '\n' {
                    self.put_break('\n');
                }
                self.put_break(character);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                }
                if quoted && character == '\'' {
                    self.put('\'');
                }
                self.put(character);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
        if quoted && breaks {
            self.new_line();
        }
    }

    fn double_quoted(&mut self, text: &str, may_break: bool) {
        self.indicator("\"", true, false, false);
        let mut spaces = false;
        let mut characters = text.char_indices().peekable();
        while let Some((index, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let beyond = !self.options.unicode && !character.is_ascii();
            if !is_printable(character)
                || beyond
                || is_break(character)
                || "\"\\".contains(character)
            {
                self.escape(character);
                spaces = false;
            } else if character == ' ' {
                let wide = may_break && !spaces && self.column > self.options.width;
                if wide && index > 0 && next.is_some() {
                    self.new_line();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                spaces = true;
            } else {
                self.put(character);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => "0",
            '\x07' => "a",
            '\x08' => "b",
            '\t' => "t",
            '\n' => "n",
            '\x0b' => "v",
            '\x0c' => "f",
            '\r' => "r",
            '\x1b' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let code = u32::from(character);
        let text = match code {
            _ if !short.is_empty() => short.to_owned(),
            0..=0xff => format!("x{code:02X}"),
            0x100..=0xffff => format!("u{code:04X}"),
            _ => format!("U{code:08X}"),
        };
        self.put('\\');
        text.chars().for_each(|character| self.put(character));
    }

    /// Writes `|` or `>` with what tells of white space at the ends.
    fn block_start(&mut self, sign: &str, text: &str) {
        self.indicator(sign, true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            let hint = self.options.indent.to_string();
            self.indicator(&hint, false, false, false);
        }
        self.open_ended = false;
        let mut back = text.chars().rev();
        match back.next() {
            Some(last) if is_break(last) => {
                if back.next().is_none_or(is_break) {
                    self.indicator("+", false, false, false);
                    self.open_ended = true;
                }
            }
            _ => self.indicator("-", false, false, false),
        }
        self.put_break('\n');
        self.indention = true;
        self.whitespace = true;
    }

    fn literal(&mut self, text: &str) {
        self.block_start("|", text);
        let mut breaks = true;
        for character in text.chars() {
            if is_break(character) {
                self.put_break(character);
                self.indention = true;
            } else {
                if breaks {
                    self.new_line();
                }
                self.put(character);
                self.indention = false;
            }
            breaks = is_break(character);
        }
    }

    fn folded(&mut self, text: &str) {
        self.block_start(">", text);
        let (mut breaks, mut leading_spaces) = (true, true);
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..).unwrap_or_default();
            if is_break(character) {
                if !breaks && !leading_spaces && character == '\n' {
                    let next = rest.trim_start_matches(is_break).chars().next();
                    if next.is_some_and(|next| !" \t".contains(next)) {
                        self.put_break('\n');
                    }
                }
                self.put_break(character);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                    leading_spaces = " \t".contains(character);
                }
                let space = character == ' ';
                if !breaks && space && !after.starts_with(' ') && self.column > self.options.width {
                    self.new_line();
                } else {
                    self.put(character);
                }
                self.indention = false;
                breaks = false;
            }
            rest = after;
        }
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

    fn new_line(&mut self) {
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

    fn indicator(&mut self, text: &str, spaced: bool, whitespace: bool, indention: bool) {
        if spaced && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|character| self.put(character));
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn put_break(&mut self, character: char) {
        self.out.push(character);
        self.column = 0;
    }
}

fn node(value: &Value, options: &Options) -> Result<Node, Error> {
    if value.kind() == ValueKind::Map {
        let mut entries = pairs(value)?;
        if options.sort_keys {
            sort(&mut entries);
        }
        let mut nodes = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            nodes.push((node(&key, options)?, node(&value, options)?));
        }
        let bare = nodes
            .iter()
            .all(|(key, value)| is_bare(key, options) && is_bare(value, options));
        return Ok(Node::Map {
            flow: options.flow.unwrap_or(bare),
            entries: nodes,
        });
    }
    if is_list(value) {
        let items = value
            .try_iter()?
            .checked()
            .map(|item| node(&item?, options));
        let items: Vec<Node> = items.collect::<Result<_, _>>()?;
        let bare = items.iter().all(|item| is_bare(item, options));
        return Ok(Node::List {
            flow: options.flow.unwrap_or(bare),
            items,
        });
    }
    scalar(value, options)
}

/// Sorts by key as Python does, or leaves the order where the keys cannot be compared.
fn sort(entries: &mut Vec<(Value, Value)>) {
    let mut sorted = entries.clone();
    let mut failed = false;
    sorted.sort_by(|(left, _), (right, _)| {
        compare(left, right).unwrap_or_else(|_| {
            failed = true;
            std::cmp::Ordering::Equal
        })
    });
    if !failed {
        *entries = sorted;
    }
}

/// Returns whether it is a scalar without a style of its own.
fn is_bare(node: &Node, options: &Options) -> bool {
    matches!(node, Node::Scalar { .. }) && options.style.is_none()
}

fn scalar(value: &Value, options: &Options) -> Result<Node, Error> {
    text::check(value)?;
    let (text, tag) = match value.as_str() {
        Some(text) => (text.to_owned(), ""),
        // What is no text but quoted needs a tag, which libyaml shortens to this.
        None => (number_or_name(value)?, "!"),
    };
    let style = match options.style {
        Some('\'') => Style::Single,
        Some('"') => Style::Double,
        Some('|') => Style::Literal,
        Some('>') => Style::Folded,
        _ => Style::Plain,
    };
    let plain = !tag.is_empty() || !reads_as_other(&text)?;
    Ok(Node::Scalar {
        text,
        style,
        plain,
        tag,
    })
}

fn number_or_name(value: &Value) -> Result<String, Error> {
    if value.is_none() {
        return Ok("null".to_owned());
    }
    if value.kind() == ValueKind::Bool {
        return Ok(if value.is_true() { "true" } else { "false" }.to_owned());
    }
    let text = text::text(value)?;
    Ok(match text.as_str() {
        "nan" => ".nan".to_owned(),
        "inf" => ".inf".to_owned(),
        "-inf" => "-.inf".to_owned(),
        // YAML 1.1 wants a point before the exponent.
        number if value.kind() == ValueKind::Number && !number.contains('.') => {
            number.replacen('e', ".0e", 1)
        }
        _ => text,
    })
}
