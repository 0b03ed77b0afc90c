//! A cluster as reported by its nameservers and brokers.

use super::super::cluster_info::ClusterInfo;
use super::super::runtime::Runtime;
use super::super::version;
use super::super::wire::{Address, Client, WireError};
use super::broker::Broker;
use super::producers::Producers;
use super::{ClusterModule, State};
use crate::host::HostError;
use crate::value::{Fields, Value};

/// A cluster as reported by its nameservers and brokers.
#[derive(Debug)]
pub(super) struct Seen {
    nameservers: Vec<Nameserver>,
    /// The declared and listed brokers, sorted by name and number.
    brokers: Vec<Broker>,
    /// Differences from the declaration.
    pub(super) problems: Vec<String>,
}

#[derive(Debug)]
struct Nameserver {
    address: Address,
    /// The brokers it lists, or why they are unknown.
    info: Result<ClusterInfo, String>,
}

impl Seen {
    /// Asks all nameservers and all brokers, even those that are not listed.
    pub(super) fn look(wanted: &ClusterModule, client: &mut Client) -> Result<Self, HostError> {
        let mut nameservers = Vec::new();
        for address in &wanted.nameservers {
            nameservers.push(Nameserver {
                address: address.clone(),
                info: told(ClusterInfo::of(client, address))?,
            });
        }
        let mut brokers = brokers(wanted, &nameservers);
        for index in 0..brokers.len() {
            let (known, rest) = brokers.split_at_mut(index);
            if let Some(broker) = rest.first_mut() {
                broker.runtime = told(Runtime::of(client, &broker.address))?;
                (broker.lag, broker.ahead) = distance(client, broker, known)?;
                // Whoever waits for a cluster may have sent producers away from a broker himself.
                if wanted.state == State::Known && broker.is_asked_for_producers() {
                    let name = &broker.name;
                    broker.producers =
                        Producers::of(client, name, &broker.address, &broker.listed_by)?;
                }
            }
        }
        let mut seen = Self {
            nameservers,
            brokers,
            problems: Vec::new(),
        };
        seen.compare(wanted);
        Ok(seen)
    }

    /// Returns the names and addresses of the masters.
    pub(super) fn masters(&self) -> impl Iterator<Item = (&str, &Address)> {
        let masters = self.brokers.iter().filter(|broker| broker.id == 0);
        masters.map(|broker| (broker.name.as_str(), &broker.address))
    }

    /// Returns the slaves that have more than their master, which waiting does not fix.
    pub(super) fn ahead(&self) -> Vec<String> {
        let brokers = self.brokers.iter();
        brokers.filter_map(Broker::ahead_of_its_master).collect()
    }

    /// Returns the slaves that are further behind than the limit.
    pub(super) fn lagging(&self, most: u64) -> Vec<String> {
        let slaves = self.brokers.iter().filter(|broker| broker.id != 0);
        slaves
            .filter_map(|broker| match broker.lag {
                Some(lag) if lag > most => Some(format!("{broker} is {lag} bytes behind")),
                Some(_) => None,
                None => Some(format!("it is unknown how far {broker} is behind")),
            })
            .collect()
    }

    fn compare(&mut self, wanted: &ClusterModule) {
        let silent = self.nameservers.iter();
        self.problems = silent
            .filter_map(|one| one.problem(wanted.version.as_deref()))
            .collect();
        let brokers = self.brokers.iter();
        let found: Vec<_> = brokers.map(|one| self.of_broker(wanted, one)).collect();
        for (broker, problems) in self.brokers.iter_mut().zip(found) {
            self.problems.extend(problems.iter().cloned());
            broker.problems = problems;
        }
    }

    fn of_broker(&self, wanted: &ClusterModule, broker: &Broker) -> Vec<String> {
        if !broker.is_declared {
            let unwanted = format!(
                "{broker} is listed by {}, but not declared",
                broker.listed_by()
            );
            return if wanted.exactly {
                vec![unwanted]
            } else {
                Vec::new()
            };
        }
        let mut problems = Vec::new();
        for nameserver in &self.nameservers {
            if nameserver.info.is_ok() && !broker.listed_by.contains(&nameserver.address) {
                let instead = nameserver.instead_of(broker);
                problems.push(format!(
                    "nameserver {} does not list {broker}{instead}",
                    nameserver.address
                ));
            }
        }
        match (&broker.runtime, &wanted.version) {
            (Err(reason), _) => problems.push(format!("{broker}: {reason}")),
            (Ok(runtime), Some(version)) if runtime.version().as_ref() != Some(version) => {
                let found = runtime.version();
                let found = found.as_deref().unwrap_or("an unknown version");
                problems.push(format!("{broker} is {found}, not {version}"));
            }
            _ => {}
        }
        problems.extend(broker.full_disk());
        problems.extend(broker.ahead_of_its_master());
        problems.extend(broker.without_producers());
        problems
    }

    /// Returns the return values for the playbook.
    pub(super) fn fields(&self, wanted: &ClusterModule) -> Fields {
        let version = wanted.version.as_deref();
        let nameservers = self.nameservers.iter().map(|one| one.value(version));
        let brokers = self.brokers.iter().map(Broker::value);
        let problems = self.problems.iter().map(String::as_str);
        Fields::from_iter([
            ("nameservers".to_owned(), nameservers.collect()),
            ("brokers".to_owned(), brokers.collect()),
            ("problems".to_owned(), problems.collect()),
        ])
    }
}

/// Returns the answer, or why there is none; an error only if asking again is useless.
pub(super) fn told<T>(answer: Result<T, WireError>) -> Result<Result<T, String>, HostError> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error) => Ok(Err(error.transient()?)),
    }
}

/// Returns how many bytes a slave is behind its master, and how many it is ahead. The master was
/// asked earlier, so it is asked again if the slave seems to have more: it may have received that
/// in the meantime.
fn distance(
    client: &mut Client,
    slave: &Broker,
    before: &[Broker],
) -> Result<(Option<u64>, Option<u64>), HostError> {
    let Some((own, master, end)) = slave.ends(before).filter(|_| slave.id != 0) else {
        return Ok((None, None));
    };
    if own <= end {
        return Ok((Some(end - own), None));
    }
    let now = told(Runtime::of(client, &master.address))?;
    let now = now.ok().and_then(|runtime| runtime.log_end());
    let ahead = now
        .map(|now| own.saturating_sub(now))
        .filter(|ahead| *ahead > 0);
    Ok((Some(0), ahead))
}

fn brokers(wanted: &ClusterModule, nameservers: &[Nameserver]) -> Vec<Broker> {
    let declared = wanted.brokers.iter();
    let mut brokers: Vec<_> = declared
        .map(|one| Broker::new(&one.name, one.id, &one.address, true))
        .collect();
    for nameserver in nameservers {
        let listed = nameserver.info.iter().flat_map(|info| &info.brokers);
        for one in listed.filter(|one| one.cluster == wanted.cluster) {
            let by = nameserver.address.clone();
            if let Some(broker) = brokers.iter_mut().find(|broker| broker.is(one)) {
                broker.listed_by.push(by);
                continue;
            }
            let mut broker = Broker::new(&one.name, one.id, &one.address, false);
            broker.listed_by.push(by);
            brokers.push(broker);
        }
    }
    // A master is asked before its slaves: what it has got meanwhile does not count as lag.
    brokers.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    brokers
}

impl Nameserver {
    /// Returns why it does not answer, or which unexpected version it has.
    fn problem(&self, wanted: Option<&str>) -> Option<String> {
        match (&self.info, wanted) {
            (Err(why), _) => Some(format!("nameserver {}: {why}", self.address)),
            (Ok(info), Some(wanted)) => {
                let found = version::name(info.version)?;
                let differs = found != version::plain(wanted);
                differs.then(|| format!("nameserver {} is {found}, not {wanted}", self.address))
            }
            _ => None,
        }
    }

    /// Returns the brokers listed in place of this one, to add to the complaint.
    fn instead_of(&self, broker: &Broker) -> String {
        let listed = self.info.iter().flat_map(|info| &info.brokers);
        let mut other = listed.filter(|one| one.name == broker.name && one.id == broker.id);
        match other.next() {
            Some(other) => format!(", but one at {} of {}", other.address, other.cluster),
            None => String::new(),
        }
    }

    fn value(&self, wanted: Option<&str>) -> Value {
        let info = self.info.as_ref();
        let optional = |value: Option<Value>| value.unwrap_or_else(|| Value::from(()));
        let listed = info.map(|info| info.brokers.len()).ok();
        Value::from_pairs([
            ("address", Value::from(self.address.to_string())),
            (
                "version",
                optional(
                    info.ok()
                        .and_then(|info| version::name(info.version))
                        .map(Value::from),
                ),
            ),
            ("brokers", optional(listed.map(Value::from))),
            (
                "problem",
                optional(info.err().map(|why| why.as_str().into())),
            ),
            (
                "problems",
                self.problem(wanted).into_iter().collect::<Vec<_>>().into(),
            ),
        ])
    }
}
