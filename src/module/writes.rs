//! Which part of a host a module changes, for check mode when its arguments are not known.

/// Which part of a host a module changes, by the argument that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Nothing, or nobody can say.
    Nothing,
    /// What is at a path; if a directory is there, only its attributes.
    File(&'static str),
    /// What is at a path, and everything below it.
    Tree(&'static str),
    /// These files, whatever the arguments are.
    Files(&'static [&'static str]),
    /// A user account.
    User(&'static str),
    /// A group.
    Group(&'static str),
    /// Packages, which these commands list: which ones, no argument says alone.
    Packages(&'static [&'static [&'static str]]),
    /// Variables of files, under the name in this argument if it is given.
    Variables(&'static str),
}

impl Writes {
    /// Returns the argument that names it.
    pub fn argument(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Packages(_) | Self::Files(_) => None,
            Self::File(name)
            | Self::Tree(name)
            | Self::User(name)
            | Self::Group(name)
            | Self::Variables(name) => Some(name),
        }
    }
}
