//! Users and groups of a host.

use camino::Utf8PathBuf;

/// A user account as in `/etc/passwd`, with the groups it is a member of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Id of the primary group.
    pub gid: u32,
    /// Name of the primary group.
    pub group: String,
    /// Comment (GECOS).
    pub comment: String,
    /// Home directory.
    pub home: Utf8PathBuf,
    /// Login shell.
    pub shell: Utf8PathBuf,
    /// Names of the supplementary groups, sorted.
    pub groups: Vec<String>,
}

/// A group as in `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Group id.
    pub gid: u32,
    /// Names of its members, sorted.
    pub members: Vec<String>,
}

/// How long an account and its password are valid, in days; -1 means without limit. Parts that are
/// not given are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aging {
    /// Days before the password may be changed.
    pub minimum: Option<i64>,
    /// Days after which it must be changed.
    pub maximum: Option<i64>,
    /// Days of warning before that.
    pub warning: Option<i64>,
    /// Days after that until the account is disabled.
    pub inactive: Option<i64>,
    /// The day from which the account is disabled, counted from 1970.
    pub expires: Option<i64>,
}

/// One part of an [`Aging`].
pub(crate) struct AgingField {
    /// Its name in differences.
    pub(crate) name: &'static str,
    /// The option of `chage` that sets it.
    pub(super) option: &'static str,
    /// Its place in a line of `/etc/shadow`, counted from 0.
    pub(crate) place: usize,
    /// Its value.
    pub(crate) days: i64,
}

impl Aging {
    /// Returns the parts that are given.
    pub(crate) fn fields(&self) -> impl Iterator<Item = AgingField> {
        [
            ("password_expire_min", "-m", 3, self.minimum),
            ("password_expire_max", "-M", 4, self.maximum),
            ("password_expire_warn", "-W", 5, self.warning),
            ("password_expire_account_disable", "-I", 6, self.inactive),
            ("expires", "-E", 7, self.expires),
        ]
        .into_iter()
        .filter_map(|(name, option, place, days)| {
            Some(AgingField {
                name,
                option,
                place,
                days: days?,
            })
        })
    }

    /// Returns only the parts that differ from those in the line of `/etc/shadow`.
    pub(crate) fn that_differs(&self, line: Option<&str>) -> Self {
        let fields: Vec<&str> = line.unwrap_or_default().split(':').collect();
        let differs = |wanted: Option<i64>, place: usize| {
            let present = fields.get(place).and_then(|days| days.parse().ok());
            wanted.filter(|days| *days != present.unwrap_or(-1))
        };
        Self {
            minimum: differs(self.minimum, 3),
            maximum: differs(self.maximum, 4),
            warning: differs(self.warning, 5),
            inactive: differs(self.inactive, 6),
            expires: differs(self.expires, 7),
        }
    }

    /// Returns whether nothing is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a home directory is created.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewHome {
    /// The directory whose content it gets; `/etc/skel` if not given.
    pub skeleton: Option<Utf8PathBuf>,
    /// Its permission bits; 0700 if not given.
    pub mode: Option<u32>,
}

impl NewHome {
    /// Returns its permission bits.
    pub(super) fn bits(&self) -> u32 {
        self.mode.unwrap_or(0o700)
    }
}
