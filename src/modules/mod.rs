//! The built-in modules, one file each.

mod assert;
mod blockinfile;
mod byte_pattern;
mod checksum;
mod command;
mod copy;
mod debug;
mod edited_file;
mod fail;
mod file;
mod file_result;
mod find;
mod get_url;
mod group;
mod guard;
mod host_path;
mod hostname;
mod include_vars;
mod lineinfile;
mod local_facts;
mod lock;
mod meta;
mod node_fields;
mod package;
mod pause;
mod ping;
mod process;
mod raw;
mod replace;
mod script;
mod sent;
mod sent_mode;
mod service;
mod set_fact;
mod setup;
mod shell;
mod slurp;
mod stat;
mod symlink;
mod sysctl;
mod systemctl;
mod systemd;
mod tempfile;
mod template;
mod unarchive;
mod user;
mod wait_for;
mod web;
mod words;

use crate::module::Registry;

/// Returns the registry of all built-in modules. To add one, create its file, its `mod` line above
/// and its line here, both sorted by name.
pub fn built_in() -> Registry {
    let mut registry = Registry::default();
    registry.add::<package::Apk>();
    registry.add::<package::Apt>();
    registry.add::<assert::Assert>();
    registry.add::<blockinfile::BlockInFile>();
    registry.add::<command::CommandModule>();
    registry.add::<copy::Copy>();
    registry.add::<debug::Debug>();
    registry.add::<package::Dnf>();
    registry.add::<fail::Fail>();
    registry.add::<file::FileModule>();
    registry.add::<find::Find>();
    registry.add::<get_url::GetUrl>();
    registry.add::<group::GroupModule>();
    registry.add::<hostname::Hostname>();
    registry.add::<include_vars::IncludeVars>();
    registry.add::<lineinfile::LineInFile>();
    registry.add::<lock::LockModule>();
    registry.add::<meta::Meta>();
    registry.add::<package::PackageModule>();
    registry.add::<pause::Pause>();
    registry.add::<ping::Ping>();
    registry.add::<process::ProcessModule>();
    registry.add::<raw::Raw>();
    registry.add::<replace::ReplaceModule>();
    registry.add::<script::Script>();
    registry.add::<service::ServiceModule>();
    registry.add::<set_fact::SetFact>();
    registry.add::<setup::Setup>();
    registry.add::<shell::Shell>();
    registry.add::<slurp::Slurp>();
    registry.add::<stat::Stat>();
    registry.add::<symlink::SymlinkModule>();
    registry.add::<sysctl::KernelParameter>();
    registry.add::<systemd::SystemdModule>();
    registry.add::<tempfile::Tempfile>();
    registry.add::<template::TemplateModule>();
    registry.add::<unarchive::Unarchive>();
    registry.add::<user::UserModule>();
    registry.add::<wait_for::WaitFor>();
    registry
}
