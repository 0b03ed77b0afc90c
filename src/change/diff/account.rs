//! Differences of users and groups.

use super::{Diff, attribute};
use crate::host::{Aging, Group, User};
use jiff::{ToSpan, civil::Date};

/// Returns the difference of creating, changing or removing a user.
pub(super) fn user(
    before: Option<&User>,
    after: Option<&User>,
    password: bool,
    aging: &Aging,
) -> Diff {
    let name = after.or(before).map_or("", |user| &user.name);
    let fields = |user: &User| {
        // The host chooses the number of a new account if it is 0.
        let chosen = user.uid == 0 && before.is_none();
        let uid = (!chosen).then(|| ("uid", user.uid.to_string()));
        let mut fields: Vec<_> = uid.into_iter().collect();
        fields.extend([
            ("group", user.group.clone()),
            ("groups", user.groups.join(",")),
            ("comment", user.comment.clone()),
            ("home", user.home.to_string()),
            ("shell", user.shell.to_string()),
        ]);
        fields
    };
    let mut diff = account(
        &format!("user {name}"),
        before.map(fields),
        after.map(fields),
    );
    if password {
        diff.text += "+password: (not shown)\n";
    }
    for field in aging.fields() {
        let days = match field.days {
            -1 => "never".to_owned(),
            days if field.name == "expires" => date(days),
            days => days.to_string(),
        };
        diff.text += &format!("+{}: {days}\n", field.name);
    }
    diff
}

/// Returns the difference of creating, changing or removing a group.
pub(super) fn group(before: Option<&Group>, after: Option<&Group>) -> Diff {
    let name = after.or(before).map_or("", |group| &group.name);
    let fields = |group: &Group| {
        let chosen = group.gid == 0 && before.is_none();
        let gid = (!chosen).then(|| ("gid", group.gid.to_string()));
        gid.into_iter().collect()
    };
    account(
        &format!("group {name}"),
        before.map(fields),
        after.map(fields),
    )
}

/// Returns the date of a day counted from 1970, or its number if it is too far away.
fn date(days: i64) -> String {
    let span = 0.days().try_days(days);
    let date = span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span));
    date.map_or_else(|_| days.to_string(), |date| date.to_string())
}

type FieldsOfAccount = Option<Vec<(&'static str, String)>>;

fn account(what: &str, before: FieldsOfAccount, after: FieldsOfAccount) -> Diff {
    let state = |fields: &FieldsOfAccount| fields.as_ref().map_or("absent", |_| "present");
    let mut diff = attribute(
        what,
        &[("state", Some(state(&before)), Some(state(&after)))],
    );
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let value = |fields: &[(&str, String)], name: &str| {
        let field = fields.iter().find(|(field, _)| *field == name);
        field.map(|(_, value)| value.clone())
    };
    let names = if after.is_empty() { &before } else { &after };
    for (name, _) in names {
        let (old, new) = (value(&before, name), value(&after, name));
        let line = (*name, old.as_deref(), new.as_deref());
        diff.text += &attribute(what, &[line]).text;
    }
    diff
}
