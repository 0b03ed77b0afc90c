//! The one integration test target: each file beside this one is a feature.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::too_many_lines, reason = "a test tells one story")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests start the programs that they test"
)]

mod ahead;
mod architecture;
mod background;
mod command_line;
mod completions;
mod contract;
mod cut_short;
mod english;
mod executable;
mod faulty;
mod foreign_bytes;
mod guide;
mod host_become;
mod host_contract;
mod host_forks;
mod host_hostile;
mod host_interrupted;
mod host_lab;
mod host_left_behind;
mod host_lock;
mod host_shells;
mod hostile;
mod hostile_facts;
mod internal_errors;
mod inventory;
mod lab_adopt;
mod lab_changes;
mod lab_cluster;
mod lab_cost;
mod lab_faults;
mod lab_hosts;
mod lab_killed;
mod lab_matrix;
mod lab_new;
mod lab_reasons;
mod lab_refusals;
mod lab_script;
mod lab_secrets;
mod lab_service_cluster;
mod lab_services;
mod lab_start;
mod lab_status;
mod lab_sync;
mod lab_topologies;
mod many_hosts;
mod memory;
mod modules;
mod one_machine;
mod package;
mod paths;
mod playbooks;
mod producer;
mod reference;
mod repl;
mod rocketmq;
mod rocketmq_properties;
mod run;
mod run_settings;
mod screen;
mod script;
mod script_modules;
mod settings;
mod shards;
mod ssh_channels;
mod ssh_command_line;
mod ssh_contract;
mod ssh_lab;
mod ssh_login;
mod ssh_speed;
mod sshd;
mod templates;
mod terminal;
mod truth;
mod unknown;
mod unreadable;
mod validation;
mod vault;
mod watch;
