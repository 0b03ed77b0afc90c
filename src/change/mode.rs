//! Permission bits as playbooks write them: `"0644"` or `u=rwX,g=rX,o=`.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// Permission bits as playbooks write them: octal digits in quotes, or clauses as `chmod` takes.
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
    /// Whether nobody was named: then the usual mask of 022 is kept out, as by `chmod`.
    masked: bool,
}

/// All the bits there are.
const ALL: u32 = 0o7777;

impl Mode {
    /// Returns the mode that is exactly these bits.
    pub fn of_bits(bits: u32) -> Self {
        Self(Form::Octal(bits & ALL))
    }

    /// Returns whether it may keep bits of what it is applied to.
    pub fn is_symbolic(&self) -> bool {
        matches!(self.0, Form::Symbolic(_))
    }

    /// Reads a mode as text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
            return match u32::from_str_radix(digits, 8) {
                Ok(mode) if mode <= ALL => Ok(Self(Form::Octal(mode))),
                _ => Err(format!("\"{text}\" is no mode: it goes up to \"7777\"")),
            };
        }
        let mut clauses = Vec::new();
        for part in text.split(',') {
            clauses.extend(clauses_of(part).ok_or_else(|| {
                format!("\"{text}\" is no mode; one is written as \"0644\" or as \"u=rw,g=r,o=\"")
            })?);
        }
        Ok(Self(Form::Symbolic(clauses)))
    }

    /// Returns why a number is no mode: it is what YAML leaves of `0644` (420, for it is octal) or
    /// of `644` (644, which is not).
    pub fn not_a_number(number: i64) -> String {
        let decimal = number.to_string();
        let meant = i64::from_str_radix(&decimal, 8).unwrap_or(-1);
        if is_usual(number) {
            format!("a mode must be text; write \"{number:04o}\" in quotes")
        } else if is_usual(meant) {
            format!(
                "a mode must be text, and the number {number} would mean \"{number:04o}\"; write \"{decimal:0>4}\" in quotes"
            )
        } else {
            format!("a mode must be text such as \"0644\", not the number {number}")
        }
    }

    /// Returns the bits for something that has the bits `current`.
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

/// Returns the clauses of `u+r-x`; nothing where it is none.
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
            masked: named.is_empty(),
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
        if self.masked {
            bits &= !0o022;
        }
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
        Err(E::custom(Mode::not_a_number(number)))
    }
}

/// Returns whether the group may do nothing that the owner may not, nor others what the group may
/// not.
fn is_usual(mode: i64) -> bool {
    let (owner, group, others) = (mode >> 6 & 7, mode >> 3 & 7, mode & 7);
    (0..=i64::from(ALL)).contains(&mode) && group & !owner == 0 && others & !group == 0
}

impl schemars::JsonSchema for Mode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Mode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
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
    fn what_is_no_mode_is_refused() {
        for text in [
            "", "rwx", "0999", "77777", "u~r", "k+r", "u=q", "u=r,", "-644",
        ] {
            assert!(Mode::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_number_is_told_what_it_would_mean() {
        for (number, message) in [
            (
                644,
                "a mode must be text, and the number 644 would mean \"1204\"; write \"0644\" in quotes",
            ),
            (420, "a mode must be text; write \"0644\" in quotes"),
            (493, "a mode must be text; write \"0755\" in quotes"),
            (
                -1,
                "a mode must be text such as \"0644\", not the number -1",
            ),
        ] {
            assert_eq!(Mode::not_a_number(number), message);
        }
    }
}
