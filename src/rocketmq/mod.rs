//! RocketMQ: its remoting protocol, and the modules that use it to inspect and change a cluster.
//! Nothing else in rmqplay knows about RocketMQ.

mod archive;
mod backlog;
mod broker;
mod cluster;
mod cluster_info;
mod drain;
#[doc(hidden)]
pub mod foreign;
mod java;
mod last_words;
mod masters;
mod message;
mod message_module;
mod preflight;
mod program;
mod properties;
mod requests;
mod route;
mod runtime;
mod store;
mod strangers;
mod subscription_group;
mod table;
mod topic;
mod topology;
mod version;
mod wire;
mod write_permission;

use crate::module::Registry;

/// Adds all modules about RocketMQ, sorted by name.
pub fn add_to(registry: &mut Registry) {
    registry.add::<archive::ArchiveModule>();
    registry.add::<backlog::BacklogModule>();
    registry.add::<broker::BrokerModule>();
    registry.add::<cluster::ClusterModule>();
    registry.add::<java::JavaModule>();
    registry.add::<last_words::LastWordsModule>();
    registry.add::<message_module::MessageModule>();
    registry.add::<preflight::PreflightModule>();
    registry.add::<preflight::ReachModule>();
    registry.add::<store::StoreModule>();
    registry.add::<strangers::StrangersModule>();
    registry.add::<subscription_group::SubscriptionGroupModule>();
    registry.add::<topic::TopicModule>();
    registry.add::<topology::TopologyModule>();
    registry.add::<write_permission::WritePermissionModule>();
}
