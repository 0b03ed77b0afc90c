//! Permission bits as playbooks write them: `"0644"` or `u=rwX,g=rX,o=`.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// Permission bits as playbooks write them: octal digits in quotes, or clauses in the form of
/// `chmod`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mode(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Octal(u32),
    Symbolic(Vec<Clause>),
}

/// Such as `u+rw`, or `g=u`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    /// Of `u`, `g` and `o`.
    users: Vec<char>,
    /// `+`, `-` or `=`.
    operator: char,
    /// Of `rwxXstugo`.
    permissions: String,
    /// The bits that it leaves alone, as it names no class: the umask, as with `chmod`.
    mask: u32,
}

/// All permission bits.
const ALL: u32 = 0o7777;

/// The umask of a clause without a class until the one of the host's user is known.
const USUAL_MASK: u32 = 0o022;

impl Mode {
    /// The format in an argument's schema that marks it as a mode.
    pub const FORMAT: &'static str = "mode";

    /// Returns the mode that sets exactly these bits.
    pub fn of_bits(bits: u32) -> Self {
        Self(Form::Octal(bits & ALL))
    }

    /// Returns whether it depends on the current bits.
    pub fn is_symbolic(&self) -> bool {
        matches!(self.0, Form::Symbolic(_))
    }

    /// Returns whether it depends on the umask of the host's user.
    pub fn needs_umask(&self) -> bool {
        matches!(&self.0, Form::Symbolic(clauses) if clauses.iter().any(|clause| clause.mask != 0))
    }

    /// Returns the mode as it is for a user with this umask.
    #[must_use]
    pub fn under(mut self, umask: u32) -> Self {
        if let Form::Symbolic(clauses) = &mut self.0 {
            for clause in clauses.iter_mut().filter(|clause| clause.mask != 0) {
                clause.mask = umask;
            }
        }
        self
    }

    /// Parses a mode.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
            return match u32::from_str_radix(digits, 8) {
                Ok(mode) if mode <= ALL => Ok(Self(Form::Octal(mode))),
                _ => Err(format!("\"{text}\" is not a mode: the highest is \"7777\"")),
            };
        }
        let mut clauses = Vec::new();
        for part in text.split(',') {
            clauses.extend(clauses_of(part).ok_or_else(|| {
                format!(
                    "\"{text}\" is not a mode (expected one such as \"0644\" or \"u=rw,g=r,o=\")"
                )
            })?);
        }
        Ok(Self(Form::Symbolic(clauses)))
    }

    /// Converts a number to a mode. YAML reads `0644` as the number 420, whose bits are a usual
    /// mode; it reads `644` as the number 644, which is 1204 in octal and surely not meant.
    pub fn of_number(number: i64) -> Result<Self, String> {
        if is_usual(number) {
            return Self::parse(&format!("{number:o}"));
        }
        let decimal = number.to_string();
        let meant = i64::from_str_radix(&decimal, 8).unwrap_or(-1);
        if is_usual(meant) {
            return Err(format!(
                "the number {number} is the mode {number:04o}; write \"{decimal:0>4}\""
            ));
        }
        Err(format!(
            "a mode must be text such as \"0644\", not the number {number}"
        ))
    }

    /// Returns the new bits of something that has the bits `current`.
    pub fn apply(&self, current: u32, is_directory: bool) -> u32 {
        match &self.0 {
            Form::Octal(mode) => *mode,
            Form::Symbolic(clauses) => clauses.iter().fold(current, |mode, clause| {
                clause
                    .users
                    .iter()
                    .fold(mode, |mode, user| clause.apply(*user, mode, is_directory))
            }),
        }
    }
}

/// Returns the clauses of a text such as `u+r-x`, or `None` if it is invalid.
fn clauses_of(text: &str) -> Option<Vec<Clause>> {
    let is_operator = |c: char| "+-=".contains(c);
    let named = &text[..text.find(is_operator)?];
    let users = match named {
        "" | "a" => vec!['u', 'g', 'o'],
        _ => named.chars().collect(),
    };
    if users.iter().any(|user| !"ugo".contains(*user)) {
        return None;
    }
    let mut clauses = Vec::new();
    let mut rest = &text[named.len()..];
    while let Some(operator) = rest.chars().next() {
        let after = &rest[operator.len_utf8()..];
        let end = after.find(is_operator).unwrap_or(after.len());
        let permissions = after[..end].to_owned();
        if permissions.chars().any(|c| !"rwxXstugo".contains(c)) {
            return None;
        }
        clauses.push(Clause {
            users: users.clone(),
            operator,
            permissions,
            mask: if named.is_empty() { USUAL_MASK } else { 0 },
        });
        rest = &after[end..];
    }
    Some(clauses)
}

impl Clause {
    fn apply(&self, user: char, mode: u32, is_directory: bool) -> u32 {
        let (shift, special) = match user {
            'u' => (6, 0o4000),
            'g' => (3, 0o2000),
            _ => (0, 0o1000),
        };
        let executable = is_directory || mode & 0o111 != 0;
        let mut bits = 0;
        for permission in self.permissions.chars() {
            bits |= match permission {
                'r' => 0o4 << shift,
                'w' => 0o2 << shift,
                'x' => 0o1 << shift,
                'X' if executable => 0o1 << shift,
                's' if user != 'o' => special,
                't' if user == 'o' => special,
                'u' => (mode >> 6 & 0o7) << shift,
                'g' => (mode >> 3 & 0o7) << shift,
                'o' => (mode & 0o7) << shift,
                _ => 0,
            };
        }
        bits &= !self.mask;
        match self.operator {
            '+' => mode | bits,
            '-' => mode & !bits,
            _ => mode & !(0o7 << shift | special) | bits,
        }
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ModeVisitor)
    }
}

struct ModeVisitor;

impl Visitor<'_> for ModeVisitor {
    type Value = Mode;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mode such as \"0644\" or \"u=rw,g=r,o=\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Mode, E> {
        Mode::parse(text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Mode, E> {
        Mode::of_number(number).map_err(E::custom)
    }
}

/// Permission bits that are common in practice, without set-user-ID and the like.
const USUAL: &[i64] = &[
    0, 0o400, 0o440, 0o444, 0o500, 0o550, 0o555, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666, 0o700,
    0o710, 0o711, 0o750, 0o751, 0o755, 0o770, 0o771, 0o775, 0o777,
];

fn is_usual(mode: i64) -> bool {
    (0..=i64::from(ALL)).contains(&mode) && USUAL.contains(&(mode & 0o777))
}

impl schemars::JsonSchema for Mode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Mode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": Self::FORMAT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_mean_what_chmod_makes_of_them() {
        for (text, current, is_directory, expected) in [
            ("0644", 0o777, false, 0o644),
            ("644", 0, false, 0o644),
            ("0o1777", 0, true, 0o1777),
            ("u=rw,g=r,o=", 0o7777, false, 0o640),
            ("a+x", 0o644, false, 0o755),
            ("+x", 0o600, false, 0o711),
            ("+w", 0o400, false, 0o600),
            ("u=rwX,g=rX,o=", 0o600, false, 0o640),
            ("u=rwX,g=rX,o=", 0o700, false, 0o750),
            ("u=rwX,g=rX,o=", 0o600, true, 0o750),
            ("g=u,o=g", 0o640, false, 0o666),
            ("u+s,g+s,o+t", 0o755, true, 0o7755),
            ("a-s", 0o7755, false, 0o1755),
            ("u=", 0o4755, false, 0o055),
            ("u+r-x,o-rwx", 0o155, false, 0o450),
        ] {
            let mode = Mode::parse(text).unwrap();
            let applied = mode.apply(current, is_directory);
            assert_eq!(
                format!("{applied:04o}"),
                format!("{expected:04o}"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_clause_without_a_class_leaves_the_umask_alone() {
        for (text, umask, current, expected) in [
            ("+x", 0o077, 0o600, 0o700),
            ("+x", 0o027, 0o640, 0o750),
            ("+x", 0, 0o600, 0o711),
            ("=rw", 0o077, 0o755, 0o600),
            ("=rw", 0o027, 0o755, 0o640),
            ("=u", 0o027, 0o700, 0o750),
            ("+X", 0o077, 0o700, 0o700),
            ("-w", 0o077, 0o666, 0o466),
            ("a+x", 0o077, 0o600, 0o711),
            ("u+x,+r", 0o077, 0o200, 0o700),
        ] {
            let mode = Mode::parse(text).unwrap().under(umask);
            let applied = mode.apply(current, false);
            assert_eq!(
                format!("{applied:04o}"),
                format!("{expected:04o}"),
                "{text} under {umask:03o}"
            );
        }
    }

    #[test]
    fn what_is_no_mode_is_refused() {
        for text in [
            "", "rwx", "0999", "77777", "u~r", "k+r", "u=q", "u=r,", "-644",
        ] {
            assert!(Mode::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_number_is_the_mode_that_it_was_written_as_in_octal() {
        for written in [
            0, 0o400, 0o440, 0o444, 0o500, 0o550, 0o555, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666,
            0o700, 0o711, 0o750, 0o755, 0o770, 0o775, 0o777, 0o1777, 0o2750, 0o2775, 0o4755,
        ] {
            let bits = u32::try_from(written).unwrap();
            assert_eq!(
                Mode::of_number(written),
                Ok(Mode::of_bits(bits)),
                "{written:o}"
            );
        }
    }

    #[test]
    fn a_number_that_was_written_in_decimal_is_refused() {
        for (number, message) in [
            (644, "the number 644 is the mode 1204; write \"0644\""),
            (640, "the number 640 is the mode 1200; write \"0640\""),
            (755, "the number 755 is the mode 1363; write \"0755\""),
            (1777, "the number 1777 is the mode 3361; write \"1777\""),
            (
                -1,
                "a mode must be text such as \"0644\", not the number -1",
            ),
            (
                9999,
                "a mode must be text such as \"0644\", not the number 9999",
            ),
        ] {
            assert_eq!(Mode::of_number(number), Err(message.to_owned()));
        }
        for number in [
            400, 440, 444, 500, 550, 600, 660, 664, 666, 700, 711, 750, 770, 775, 777, 2755,
        ] {
            assert!(Mode::of_number(number).is_err(), "{number}");
        }
    }
}
