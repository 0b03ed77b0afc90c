//! `--shard`: which part of the hosts a run has, also from the variables of a scheduler.

use crate::run::Shard;
use crate::source::{Problem, Result};
use std::str::FromStr;

/// A value of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `K/N`.
    This(Shard),
    /// `auto` or `auto/N`: the environment says which one, and how many there are.
    Auto(Option<usize>),
}

/// Variables in which a scheduler counts its tasks.
struct Counted {
    index: &'static str,
    total: Option<&'static str>,
    /// The index of the first task.
    first: usize,
}

const COUNTED: [Counted; 3] = [
    Counted {
        index: "SLURM_ARRAY_TASK_ID",
        total: Some("SLURM_ARRAY_TASK_COUNT"),
        first: 1,
    },
    Counted {
        index: "JOB_COMPLETION_INDEX",
        total: None,
        first: 0,
    },
    Counted {
        index: "CI_NODE_INDEX",
        total: Some("CI_NODE_TOTAL"),
        first: 1,
    },
];

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let expected = || "expected K/N with K from 1 to N, auto, or auto/N".to_owned();
        let (number, of) = match text.split_once('/') {
            None if text == "auto" => return Ok(Self::Auto(None)),
            None => return Err(expected()),
            Some(parts) => parts,
        };
        let of = of.parse().ok().filter(|of| *of > 0).ok_or_else(expected)?;
        if number == "auto" {
            return Ok(Self::Auto(Some(of)));
        }
        let shard = number
            .parse()
            .ok()
            .and_then(|number| Shard::new(number, of));
        shard.map(Self::This).ok_or_else(expected)
    }
}

impl Wanted {
    /// Returns the shard, where needed from the environment.
    pub(super) fn resolve(self, variable: impl Fn(&str) -> Option<String>) -> Result<Shard> {
        let of = match self {
            Self::This(shard) => return Ok(shard),
            Self::Auto(of) => of,
        };
        let set = COUNTED
            .iter()
            .filter(|counted| variable(counted.index).is_some());
        let counted = match set.collect::<Vec<_>>().as_slice() {
            [one] => *one,
            [] => {
                let names = COUNTED.map(|counted| counted.index).join(", ");
                return Err(refused(
                    "no scheduler says which shard this is",
                    &format!("say --shard K/N; auto needs one of {names}"),
                ));
            }
            [one, other, ..] => {
                let message = format!("{} and {} are both set", one.index, other.index);
                return Err(refused(&message, "say which shard this is: --shard K/N"));
            }
        };
        let number = |name: &str| -> Result<usize> {
            let text = variable(name).unwrap_or_default();
            let problem = || {
                refused(
                    &format!("{name} is not a number: {text:?}"),
                    "say --shard K/N",
                )
            };
            text.parse().map_err(|_| problem())
        };
        let of = match (of, counted.total) {
            (Some(of), _) => of,
            (None, Some(total)) => number(total)?,
            (None, None) => {
                let message = format!("{} does not say how many shards there are", counted.index);
                return Err(refused(&message, "say how many: --shard auto/N"));
            }
        };
        let index = number(counted.index)?;
        let position = (index + 1).checked_sub(counted.first);
        let shard = position.and_then(|position| Shard::new(position, of));
        // An array that runs some of its tasks again counts only those.
        let last = variable("SLURM_ARRAY_TASK_MAX").and_then(|last| last.parse().ok());
        let is_whole = counted.first != 1
            || last.is_none_or(|last: usize| self != Self::Auto(None) || last == of);
        shard.filter(|_| is_whole).ok_or_else(|| {
            let (first, end) = (counted.first, of + counted.first - 1);
            let message = format!("{}={index} is not one of {of} shards", counted.index);
            refused(
                &message,
                &format!("they count from {first} to {end}; for some of them, say --shard auto/N"),
            )
        })
    }
}

fn refused(message: &str, help: &str) -> crate::source::Problems {
    Problem::new(message).help(help.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(wanted: &str, variables: &[(&str, &str)]) -> std::result::Result<String, String> {
        let wanted: Wanted = wanted.parse()?;
        let variable = |name: &str| {
            let mut given = variables.iter();
            given
                .find(|(given, _)| *given == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let shard = wanted
            .resolve(variable)
            .map_err(|problems| problems.0[0].message.clone());
        shard.map(|shard| shard.to_string())
    }

    /// Returns the variables of a task of a Slurm array.
    fn slurm<'v>(id: &'v str, count: &'v str, max: &'v str) -> [(&'static str, &'v str); 3] {
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_COUNT", count),
            ("SLURM_ARRAY_TASK_MAX", max),
        ]
    }

    #[test]
    fn a_shard_is_named_or_the_environment_says_which_it_is() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(shard("2/4", &[]), ok("2/4"));
        assert_eq!(shard("auto", &slurm("3", "4", "4")), ok("3/4"));
        assert_eq!(shard("auto/4", &slurm("3", "1", "3")), ok("3/4"));
        assert_eq!(shard("auto/4", &[("JOB_COMPLETION_INDEX", "0")]), ok("1/4"));
        let gitlab = [("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")];
        assert_eq!(shard("auto", &gitlab), ok("4/4"));
        for wrong in ["", "4", "0/4", "5/4", "1/0", "a/b", "auto/0", "auto/x"] {
            assert!(
                shard(wrong, &[]).unwrap_err().starts_with("expected K/N"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_the_environment_says_is_never_guessed() {
        let refused =
            |wanted: &str, variables: &[(&str, &str)]| shard(wanted, variables).unwrap_err();
        assert_eq!(
            refused("auto", &[]),
            "no scheduler says which shard this is"
        );
        let kubernetes = [("JOB_COMPLETION_INDEX", "0")];
        assert_eq!(
            refused("auto", &kubernetes),
            "JOB_COMPLETION_INDEX does not say how many shards there are"
        );
        let from_zero = slurm("0", "4", "3");
        assert_eq!(
            refused("auto", &from_zero),
            "SLURM_ARRAY_TASK_ID=0 is not one of 4 shards"
        );
        let again = slurm("3", "1", "3");
        assert_eq!(
            refused("auto", &again),
            "SLURM_ARRAY_TASK_ID=3 is not one of 1 shards"
        );
        let part = slurm("1", "2", "3");
        assert_eq!(
            refused("auto", &part),
            "SLURM_ARRAY_TASK_ID=1 is not one of 2 shards"
        );
        let both = [("SLURM_ARRAY_TASK_ID", "1"), ("CI_NODE_INDEX", "1")];
        assert_eq!(
            refused("auto", &both),
            "SLURM_ARRAY_TASK_ID and CI_NODE_INDEX are both set"
        );
        assert_eq!(
            refused("auto/2", &[("CI_NODE_INDEX", "x")]),
            "CI_NODE_INDEX is not a number: \"x\""
        );
    }
}
