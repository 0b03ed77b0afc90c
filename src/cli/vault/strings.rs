//! Values as YAML with the tag `!vault`.

use super::files::{put, seal};
use crate::cli::typed;
use crate::host::Cancel;
use crate::source::Problem;
use crate::vault::Password;
use clap::{Args, ValueHint};
use std::io::{IsTerminal as _, Read as _, Write as _};
use zeroize::Zeroizing;

/// How far the digits of a value are indented, as by ansible-vault.
const INDENT: &str = "          ";

/// Values to encrypt.
#[derive(Debug, Args)]
pub(super) struct StringArguments {
    /// Values, which other users of this machine may see; - or none for standard input.
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
    /// Name of a value's variable; repeatable, in the order of the values.
    #[arg(short, long, value_name = "NAME")]
    name: Vec<String>,
    /// Name of the variable of standard input.
    #[arg(long, value_name = "NAME", conflicts_with = "prompt")]
    stdin_name: Option<String>,
    /// Ask for a value.
    #[arg(short, long)]
    prompt: bool,
    /// Show what is typed after --prompt.
    #[arg(long, requires = "prompt")]
    show_input: bool,
    /// Write the result to this file; - for standard output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<String>,
}

/// A value with the name of its variable.
struct Named {
    name: Option<String>,
    text: Zeroizing<String>,
    /// Where it comes from, for messages.
    from: &'static str,
}

impl StringArguments {
    /// Encrypts each value, and prints it.
    pub(super) fn encrypt(&self, password: &Password) -> Result<(), Problem> {
        let values = self.values()?;
        let mut text = String::new();
        for (index, value) in values.iter().enumerate() {
            if value.text.is_empty() {
                return Err(Problem::new(format!("the value {} is empty", value.from)));
            }
            if values.len() > 1 {
                let what = match &value.name {
                    Some(name) => format!("variable {name}"),
                    None => format!("value {}", index + 1),
                };
                let _ = writeln!(anstream::stderr(), "# {what}, {}", value.from);
            }
            if let Some(name) = &value.name {
                text.extend([name, ": "]);
            }
            text.push_str("!vault |\n");
            for line in seal(value.text.as_bytes(), password)?.lines() {
                text.extend([INDENT, line, "\n"]);
            }
        }
        put(self.output.as_deref().unwrap_or("-"), text.as_bytes())
    }

    fn values(&self) -> Result<Vec<Named>, Problem> {
        let is_stdin = |value: &&String| *value == "-";
        let stdin = self.values.iter().any(|value| is_stdin(&value))
            || self.stdin_name.is_some()
            || (self.values.is_empty() && !self.prompt);
        if self.prompt && stdin {
            return Err(Problem::new(
                "--prompt and standard input are mutually exclusive",
            ));
        }
        let mut values = Vec::new();
        if self.prompt {
            values.push(self.typed()?);
        }
        if stdin {
            values.push(Named {
                name: self.stdin_name.clone(),
                text: read()?,
                from: "from standard input",
            });
        }
        let given: Vec<_> = self
            .values
            .iter()
            .filter(|value| !is_stdin(value))
            .collect();
        if self.name.len() > given.len() {
            let message = format!(
                "there are {} names for {} values",
                self.name.len(),
                given.len()
            );
            let help = "name the value of standard input with --stdin-name".to_owned();
            return Err(Problem::new(message).help(help));
        }
        for (index, value) in given.into_iter().enumerate() {
            values.push(Named {
                name: self.name.get(index).cloned(),
                text: Zeroizing::new(value.clone()),
                from: "from the command line",
            });
        }
        Ok(values)
    }

    fn typed(&self) -> Result<Named, Problem> {
        let failed =
            |error: std::io::Error| Problem::new(format!("cannot ask for a value: {error}"));
        let cancel = Cancel::default();
        let name = typed::line("Variable name (empty for none): ", &cancel).map_err(failed)?;
        let text = if self.show_input {
            typed::line("Value: ", &cancel)
        } else {
            typed::secret("Value (hidden): ", &cancel)
        };
        Ok(Named {
            name: Some(name).filter(|name| !name.is_empty()),
            text: Zeroizing::new(text.map_err(failed)?),
            from: "typed",
        })
    }
}

fn read() -> Result<Zeroizing<String>, Problem> {
    if std::io::stdin().is_terminal() {
        let _ = writeln!(
            anstream::stderr(),
            "Reading a value from standard input; ^D ends it"
        );
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Problem::new(format!("cannot read standard input: {error}")))?;
    Ok(text)
}
