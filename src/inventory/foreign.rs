//! The parsers of inventories, for tests with arbitrary bytes.

use super::{address, ini_file, python_literal, range, words};
use crate::source::{Place, Reader, SourceFile};

/// Each parser with its name.
pub const READERS: &[Reader] = &[
    ("inventory_address", address),
    ("inventory_ini", ini),
    ("inventory_python_literal", python_literal),
    ("inventory_range", range),
    ("inventory_words", words),
];

fn address(bytes: &[u8]) {
    let _ = address::parse(&String::from_utf8_lossy(bytes));
}

fn ini(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let read = ini_file::parse(&SourceFile::new("hosts", text));
    // Problems quote the lines they are about.
    let _ = read.map_err(|problems| problems.render(false));
}

fn python_literal(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = SourceFile::new("hosts", text.as_str());
    let _ = python_literal::parse(&text, &Place::new(&file, 0..text.len()));
}

fn range(bytes: &[u8]) {
    let _ = range::expand(&String::from_utf8_lossy(bytes));
}

fn words(bytes: &[u8]) {
    let _ = words::split(&String::from_utf8_lossy(bytes));
}
