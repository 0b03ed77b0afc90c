//! A master that producers are not sent to, on a machine in memory.

use super::fake::{Cluster, NAMESERVERS};
use super::{apply, declared, on, plan, with};
use serde_json::{Value as Json, json};

/// Returns the brokers as they are seen, and how often the route of a topic was asked for.
fn seen(cluster: &Cluster) -> (Vec<Json>, usize) {
    let host = on(cluster);
    let arguments = with(declared(), "state", json!("known"));
    let change = plan(&host, "rocketmq_cluster", &arguments).unwrap();
    let result = apply(&change, &*host).unwrap();
    let routes = cluster.0.lock().unwrap().routes;
    (result["brokers"].as_array().unwrap().clone(), routes)
}

#[test]
fn a_master_without_producers_is_a_problem_with_its_remedy() {
    let problem = |version: &'static str, settings: &'static str| {
        let cluster = Cluster::new();
        {
            let mut state = cluster.0.lock().unwrap();
            state.wiped = vec![(1, "broker-b".to_owned())];
            for broker in &mut state.brokers {
                broker.version = version;
                broker.settings = settings;
            }
        }
        let host = on(&cluster);
        let arguments = with(declared(), "state", json!("known"));
        let arguments = with(arguments, "version", Json::Null);
        let change = plan(&host, "rocketmq_cluster", &arguments).unwrap();
        let result = apply(&change, &*host).unwrap();
        assert_eq!(result["brokers"][0]["problems"], json!([]));
        assert_eq!(result["brokers"][2]["problems"], result["problems"]);
        let problem = result["problems"][0].as_str().unwrap().to_owned();
        let (who, problem) = problem
            .split_once(": producers are not sent to it, since ")
            .unwrap();
        assert_eq!(who, "broker-b (master 0) at 192.168.2.202:10911");
        problem.to_owned()
    };
    let gone = "its write permission was revoked at 192.168.2.202:9876: ";
    for (version, settings, remedy) in [
        (
            "V4_9_1",
            "brokerPermission=6\n",
            "restart it with playbooks/rolling_restart.yml to restore it",
        ),
        (
            "V4_9_2",
            "",
            "playbooks/rolling_restart.yml or rocketmq_write_permission restores it",
        ),
        (
            "V5_3_3",
            "brokerPermission=4\n",
            "it is configured with brokerPermission=4; without it, playbooks/rolling_restart.yml \
             restores it",
        ),
    ] {
        assert_eq!(problem(version, settings), format!("{gone}{remedy}"));
    }
}

#[test]
fn whether_producers_are_sent_is_asked_of_those_who_list_a_master() {
    let writable = |brokers: &[Json]| -> Vec<Json> {
        brokers
            .iter()
            .map(|broker| broker["writable"].clone())
            .collect()
    };
    let cluster = Cluster::new();
    let (brokers, routes) = seen(&cluster);
    assert_eq!(writable(&brokers), [json!(true), Json::Null, json!(true)]);
    // Two masters at two nameservers.
    assert_eq!(routes, 2 * NAMESERVERS.len());

    let cluster = Cluster::new();
    cluster.0.lock().unwrap().forgotten = vec![("broker-b", 0)];
    cluster.0.lock().unwrap().wiped = vec![(1, "broker-a".to_owned())];
    let (brokers, routes) = seen(&cluster);
    assert_eq!(writable(&brokers), [json!(false), Json::Null, json!(true)]);
    assert_eq!(routes, 3);
}

/// Whoever waits for a cluster may have sent the producers away himself.
#[test]
fn a_cluster_is_ready_without_producers() {
    let cluster = Cluster::new();
    cluster.0.lock().unwrap().wiped = vec![(0, "broker-a".to_owned())];
    let host = on(&cluster);
    let change = plan(&host, "rocketmq_cluster", &declared()).unwrap();
    assert_eq!(apply(&change, &*host).unwrap()["problems"], json!([]));
    assert_eq!(cluster.0.lock().unwrap().routes, 0);
}
