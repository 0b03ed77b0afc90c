//! What kind of machine it is.

pub(super) mod distribution;
pub(super) mod network;

use super::{ACCOUNTS, Plan};
use crate::host::shell::script::Library;
use crate::host::{Answer, Facts};
use crate::value::{Fields, Value, map};
use std::collections::HashMap;

const FACTS: Library = Library {
    name: "facts",
    text: include_str!("../facts.sh"),
};

/// Adds the question what kind of machine it is.
pub(super) fn ask(plan: &mut Plan<'_>, index: usize) {
    let words: [&str; 0] = [];
    plan.call(
        &[&ACCOUNTS, &FACTS],
        "rmq_facts",
        words,
        move |pieces, answers| {
            let mut told = Told::default();
            loop {
                let piece = pieces.next()?;
                if piece.word == "end" {
                    break;
                }
                let text = String::from_utf8_lossy(&piece.bytes).into_owned();
                told.0.insert(piece.word, text);
            }
            answers.set(index, Answer::Facts(Box::new(Facts(told.facts()))));
            Ok(())
        },
    );
}

/// What the host told, by the names of the pieces.
#[derive(Default)]
struct Told(HashMap<String, String>);

impl Told {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    fn facts(&self) -> Fields {
        let mut facts = Fields::new();
        let mut set = |name: &str, value: Value| {
            facts.insert(name.to_owned(), value);
        };
        let system: Vec<_> = self.text("system").split_whitespace().collect();
        let word = |index: usize| system.get(index).copied().unwrap_or_default();
        let (nodename, fqdn) = (word(1), fully_qualified(word(1), self.text("hosts")));
        let domain = fqdn.split_once('.').map_or("", |(_, domain)| domain);
        let hostname = nodename.split('.').next().unwrap_or_default();
        set("system", word(0).into());
        set("kernel", word(2).into());
        set("kernel_version", self.text("kernel_version").into());
        set("machine", word(3).into());
        set("architecture", architecture(word(3)).into());
        set("nodename", nodename.into());
        set("hostname", hostname.into());
        set("fqdn", fqdn.into());
        set("domain", domain.into());
        set("machine_id", self.text("machine_id").into());
        set("service_mgr", self.text("service_manager").into());
        set("pkg_mgr", or_unknown(self.text("package_manager")).into());
        let processors = number(self.text("processors"));
        set("processor_vcpus", processors.into());
        set("processor_nproc", processors.into());
        set("uptime_seconds", number(self.text("uptime")).into());
        set("umask", self.text("umask").into());
        set("fips", (self.text("fips") == "1").into());
        let load = self.text("load").split(' ');
        let load = ["1m", "5m", "15m"].iter().zip(load);
        let load = load.filter_map(|(name, text)| Some((*name, text.parse::<f64>().ok()?)));
        set("loadavg", fields(load));
        // Ansible's is the interpreter of its modules; playbooks use it to run a script.
        if let Some(path) = Some(self.text("python")).filter(|path| path.starts_with('/')) {
            set("python", fields([("executable", path)]));
        }
        // What is in the folder is asked for by who wants to know.
        set(
            "local",
            match self.text("local") {
                "" => map(Fields::new()),
                _ => ().into(),
            },
        );
        set("env", self.environment());
        set("date_time", date_time(self.text("date")));
        facts.extend(distribution::facts(
            self.text("os"),
            self.text("release"),
            word(0),
        ));
        facts.extend(self.memory());
        facts.extend(self.user());
        let network = network::facts(
            self.text("links"),
            self.text("addresses"),
            self.text("routes"),
            self.text("bare_addresses"),
        );
        // An interface may have the name of any other fact.
        for (name, fact) in network {
            facts.entry(name).or_insert(fact);
        }
        facts
    }

    fn environment(&self) -> Value {
        let text = self.0.get("environment").map_or("", String::as_str);
        let variables = text
            .split('\0')
            .filter_map(|variable| variable.split_once('='))
            // Of the login, which may have gone elsewhere since.
            .filter(|(name, _)| *name != "PWD")
            .chain([("PWD", self.text("start"))]);
        map(variables
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect())
    }

    fn memory(&self) -> Fields {
        let mib = |name: &str| {
            let mut lines = self.text("memory").lines();
            let amount = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            amount.map_or(0, |amount| number(amount.trim_end_matches("kB")) / 1024)
        };
        let (total, free) = (mib("MemTotal"), mib("MemFree"));
        let (swap, swap_free) = (mib("SwapTotal"), mib("SwapFree"));
        let unused = free + mib("Cached") + mib("Buffers");
        let real = [("total", total), ("used", total - free), ("free", free)];
        let without_cache = [("free", unused), ("used", total - unused)];
        let swapped = [
            ("total", swap),
            ("free", swap_free),
            ("used", swap - swap_free),
            ("cached", mib("SwapCached")),
        ];
        let detailed = [
            ("real", fields(real)),
            ("nocache", fields(without_cache)),
            ("swap", fields(swapped)),
        ];
        [
            ("memtotal_mb", total.into()),
            ("memfree_mb", free.into()),
            ("swaptotal_mb", swap.into()),
            ("swapfree_mb", swap_free.into()),
            ("memory_mb", fields(detailed)),
        ]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
    }

    fn user(&self) -> Fields {
        let entry: Vec<_> = self.text("user").split(':').collect();
        let field = |index: usize| entry.get(index).copied().unwrap_or_default();
        // A user without an entry has a number only.
        let name = match field(0) {
            "" => self.text("uid"),
            name => name,
        };
        [
            ("user_id", Value::from(name)),
            ("user_uid", number(self.text("uid")).into()),
            ("user_gid", number(self.text("gid")).into()),
            ("user_gecos", field(4).into()),
            ("user_dir", field(5).into()),
            ("user_shell", field(6).into()),
        ]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
    }
}

/// Returns a map of values by their names.
fn fields<V: Into<Value>>(entries: impl IntoIterator<Item = (&'static str, V)>) -> Value {
    let entries = entries.into_iter();
    map(entries
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect())
}

fn number(text: &str) -> i64 {
    text.trim().parse().unwrap_or_default()
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

/// Ansible calls every 32-bit x86 i386.
fn architecture(machine: &str) -> &str {
    match machine {
        "i486" | "i586" | "i686" => "i386",
        "amd64" => "x86_64",
        other => other,
    }
}

/// Returns the name with a dot under which `/etc/hosts` has the host, else the name it has itself.
fn fully_qualified<'a>(nodename: &'a str, hosts: &'a str) -> &'a str {
    if nodename.contains('.') {
        return nodename;
    }
    let lines = hosts
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    for line in lines {
        let names: Vec<_> = line.split_whitespace().skip(1).collect();
        if names.contains(&nodename)
            && let Some(name) = names.iter().find(|name| name.contains('.'))
        {
            return name;
        }
    }
    nodename
}

/// Returns the parts of a date as text, under Ansible's names.
fn date_time(printed: &str) -> Value {
    let words: Vec<_> = printed.split_whitespace().collect();
    let &[
        year,
        month,
        day,
        hour,
        minute,
        second,
        epoch,
        zone,
        offset,
        weekday,
        number,
        week,
    ] = words.as_slice()
    else {
        return map(Fields::new());
    };
    let fields = [
        ("year", year.to_owned()),
        ("month", month.to_owned()),
        ("day", day.to_owned()),
        ("hour", hour.to_owned()),
        ("minute", minute.to_owned()),
        ("second", second.to_owned()),
        ("epoch", epoch.to_owned()),
        ("epoch_int", epoch.to_owned()),
        ("date", format!("{year}-{month}-{day}")),
        ("time", format!("{hour}:{minute}:{second}")),
        ("iso8601", utc(epoch)),
        (
            "iso8601_basic",
            format!("{year}{month}{day}T{hour}{minute}{second}000000"),
        ),
        (
            "iso8601_basic_short",
            format!("{year}{month}{day}T{hour}{minute}{second}"),
        ),
        ("tz", zone.to_owned()),
        ("tz_offset", offset.to_owned()),
        ("weekday", weekday.to_owned()),
        ("weekday_number", number.to_owned()),
        ("weeknumber", week.to_owned()),
    ];
    map(fields
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Value::from(text)))
        .collect())
}

/// Returns a moment in UTC as `2026-11-22T14:56:06Z`.
fn utc(epoch: &str) -> String {
    let time = crate::host::shell::date::Time::of(number(epoch));
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year, time.month, time.day, time.hour, time.minute, time.second
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_interface_takes_the_place_of_another_fact() {
        let mut links = String::new();
        for (number, name) in ["local", "kernel", "interfaces", "eth0"]
            .into_iter()
            .enumerate()
        {
            links += &format!("{number}: {name}: <UP> mtu 1500 link/ether 02:00:00:00:00:01 brd\n");
        }
        let told = Told([("links".to_owned(), links)].into());
        let facts = told.facts();
        assert_eq!(facts["local"].to_string(), "{}");
        assert_eq!(facts["kernel"].to_string(), "");
        assert_eq!(
            facts["interfaces"].to_string(),
            "['local', 'kernel', 'interfaces', 'eth0']"
        );
        assert_eq!(facts["eth0"].get_attr("mtu").unwrap().to_string(), "1500");
    }
}
