//! The brokers that a nameserver lists.

use super::wire::{Address, Client, WireError, read_body, requests};
use serde_json::Value;

/// A broker as listed by a nameserver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
    /// Its name; a master and its slaves share a name.
    pub(super) name: String,
    /// 0 for a master.
    pub(super) id: u64,
    /// Its address.
    pub(super) address: Address,
    /// The cluster it belongs to.
    pub(super) cluster: String,
}

/// The answer of a nameserver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClusterInfo {
    /// The brokers, sorted by name and number.
    pub(super) brokers: Vec<Listed>,
    /// The nameserver's version, as its number in the list of all versions.
    pub(super) version: i32,
}

impl ClusterInfo {
    /// Asks a nameserver.
    pub(super) fn of(client: &mut Client, nameserver: &Address) -> Result<Self, WireError> {
        let request = requests::GET_BROKER_CLUSTER_INFO;
        let answer = client.ask(nameserver, request, &[], &[])?;
        let body = read_body(nameserver, request, &answer)?;
        Ok(Self {
            brokers: brokers(&body).map_err(|reason| WireError::Nonsense {
                address: nameserver.clone(),
                request,
                reason,
            })?,
            version: answer.version,
        })
    }
}

/// Parses the tables of an answer. A nameserver that lists nothing may omit them.
fn brokers(body: &Value) -> Result<Vec<Listed>, String> {
    let table = |name: &str| body.get(name).and_then(Value::as_object);
    let clusters = table("clusterAddrTable");
    let cluster_of = |broker: &str| {
        let mut clusters = clusters.into_iter().flatten();
        let found = clusters.find(|(_, brokers)| {
            let mut names = brokers.as_array().into_iter().flatten();
            names.any(|name| name == broker)
        });
        found
            .map(|(cluster, _)| cluster.clone())
            .unwrap_or_default()
    };
    let mut listed = Vec::new();
    for (name, broker) in table("brokerAddrTable").into_iter().flatten() {
        let addresses = broker.get("brokerAddrs").and_then(Value::as_object);
        for (id, address) in addresses.into_iter().flatten() {
            let number = id.parse();
            listed.push(Listed {
                name: name.clone(),
                id: number.map_err(|_| format!("the broker number {id:?} of {name}"))?,
                address: address.as_str().unwrap_or_default().parse()?,
                cluster: cluster_of(name),
            });
        }
    }
    listed.sort();
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::super::wire::read_json;
    use super::*;

    fn of(body: &str) -> Result<Vec<String>, String> {
        let listed = brokers(&read_json(body.as_bytes()).unwrap())?;
        let line =
            |one: &Listed| format!("{} {} {} {}", one.cluster, one.name, one.id, one.address);
        Ok(listed.iter().map(line).collect())
    }

    #[test]
    fn the_lists_of_all_versions_are_read() {
        let of_3 = r#"{"brokerAddrTable":{"broker-b":{"brokerAddrs":{0:"192.168.2.202:10911",1:"192.168.2.204:10911"},"brokerName":"broker-b"},"broker-a":{"brokerAddrs":{0:"192.168.2.201:10911"},"brokerName":"broker-a"}},"clusterAddrTable":{"rocketmq-cluster":["broker-b","broker-a"]}}"#;
        let of_5 = r#"{"brokerAddrTable":{"broker-a":{"brokerAddrs":{"0":"192.168.2.201:10911"},"brokerName":"broker-a","cluster":"rocketmq-cluster","enableActingMaster":false}},"clusterAddrTable":{"rocketmq-cluster":["broker-a"]}}"#;
        let expected = [
            "rocketmq-cluster broker-a 0 192.168.2.201:10911",
            "rocketmq-cluster broker-b 0 192.168.2.202:10911",
            "rocketmq-cluster broker-b 1 192.168.2.204:10911",
        ];
        assert_eq!(of(of_3).unwrap(), expected);
        assert_eq!(of(of_5).unwrap(), expected[..1]);
        assert_eq!(of("{}").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_list_that_makes_no_sense_is_an_error() {
        let table = |addresses: &str| {
            format!(r#"{{"brokerAddrTable":{{"a":{{"brokerAddrs":{addresses}}}}}}}"#)
        };
        assert!(of(&table(r#"{"x":"a:1"}"#)).is_err());
        assert!(of(&table(r#"{0:"nowhere"}"#)).is_err());
        assert!(of(&table("{0:7}")).is_err());
    }
}
