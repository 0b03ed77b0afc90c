//! Values that tasks keep for the end of the run (`set_stats`).

use crate::value::{self, Fields, Value};
use crate::vars::Secrets;
use indexmap::IndexMap;
use minijinja::value::ValueKind;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by host, or of the whole run.
#[derive(Default)]
pub(super) struct Stats(Mutex<IndexMap<Option<Arc<str>>, Fields>>);

impl Stats {
    /// Keeps values of a host, or of the whole run.
    pub(super) fn add(&self, host: Option<Arc<str>>, values: &Fields, aggregate: bool) {
        let mut stats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = stats.entry(host).or_default();
        for (name, value) in values {
            let earlier = known.get(name).filter(|_| aggregate);
            let value = earlier.map_or_else(|| value.clone(), |earlier| sum(earlier, value));
            known.insert(name.clone(), value);
        }
    }

    /// Returns the values of each host and of the run, without secrets; the host of the run has no
    /// name.
    pub(super) fn shown(&self, secrets: &Secrets) -> Vec<(Arc<str>, serde_json::Value)> {
        let stats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = stats.iter().map(|(host, values)| {
            let mut json = value::to_json(&value::map(values.clone()));
            secrets.redact_json(&mut json);
            (host.clone().unwrap_or_default(), json)
        });
        shown.collect()
    }
}

/// Returns both values together: numbers are added, texts and lists are joined, mappings merged. A
/// value of another kind than the earlier one is ignored, as in Ansible.
fn sum(earlier: &Value, value: &Value) -> Value {
    if earlier.kind() != value.kind() {
        return earlier.clone();
    }
    let items = |value: &Value| value.try_iter().into_iter().flatten().collect::<Vec<_>>();
    match earlier.kind() {
        ValueKind::Number => match (earlier.as_i64(), value.as_i64()) {
            (Some(one), Some(other)) if earlier.is_integer() && value.is_integer() => {
                one.saturating_add(other).into()
            }
            _ => {
                let float = |value: &Value| f64::try_from(value.clone()).unwrap_or_default();
                (float(earlier) + float(value)).into()
            }
        },
        ValueKind::String => format!("{earlier}{value}").into(),
        ValueKind::Seq => [items(earlier), items(value)].concat().into(),
        ValueKind::Map => {
            let mut fields = value::fields(earlier).unwrap_or_default();
            fields.extend(value::fields(value).unwrap_or_default());
            value::map(fields)
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_name_are_added_up_or_replaced() {
        let stats = Stats::default();
        let one = |value: Value| Fields::from([("n".to_owned(), value)]);
        let list = |item: &str| one([item].into_iter().collect());
        for (host, values, aggregate) in [
            (None, one(1.into()), true),
            (None, one(2.into()), true),
            (None, one("text".into()), true),
            (Some("a"), list("x"), true),
            (Some("a"), list("y"), true),
            (Some("b"), one("x".into()), true),
            (Some("b"), one("y".into()), false),
        ] {
            stats.add(host.map(Arc::from), &values, aggregate);
        }
        let shown = stats.shown(&Secrets::default());
        let shown: Vec<_> = shown
            .iter()
            .map(|(host, values)| format!("{host} {values}"))
            .collect();
        assert_eq!(
            shown,
            [r#" {"n":3}"#, r#"a {"n":["x","y"]}"#, r#"b {"n":"y"}"#]
        );
    }
}
