//! `state: present` and `state: absent`.

/// Whether something is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It is there, as declared.
    #[default]
    Present,
    /// It is not there.
    Absent,
}

impl Presence {
    /// Returns its name in playbooks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
        }
    }
}
