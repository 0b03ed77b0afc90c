//! Packages: `package`, `apt`, `dnf` and `apk`.

mod apk;
mod apt;
mod apt_get;
mod dnf;
mod dnf_table;
mod facts;
mod index;
mod manager;
mod module;
mod packages;

pub(super) use apk::Apk;
pub(super) use apt::Apt;
pub(super) use dnf::Dnf;
pub(super) use facts::PackageFacts;
pub(in crate::modules) use manager::said;
pub(super) use module::PackageModule;
