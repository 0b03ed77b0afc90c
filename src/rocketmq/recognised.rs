//! By what a running program of RocketMQ is known.

use crate::host::ProcessMatch;

/// Returns how a program is recognised where it runs: by its configuration file, for its classes and
/// options differ between versions.
pub(super) fn by_configuration(file: &str) -> ProcessMatch {
    ProcessMatch {
        executable: Some("java".to_owned()),
        arguments: vec!["-c".to_owned(), file.to_owned()],
        ..ProcessMatch::default()
    }
}
