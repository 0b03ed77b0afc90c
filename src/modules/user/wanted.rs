//! The wanted account, from the current one and the arguments.

use super::{Found, UserModule};
use crate::host::User;
use crate::module::ModuleError;

impl UserModule {
    pub(super) fn check(&self) -> Result<(), ModuleError> {
        let fields = [
            ("comment", self.comment.as_deref()),
            ("shell", self.shell.as_deref()),
            ("home", self.home.as_deref().map(camino::Utf8Path::as_str)),
            ("password", self.password.as_deref()),
        ];
        for (name, text) in fields {
            if text.is_some_and(|text| text.contains([':', '\n', '\0'])) {
                let message = format!("{name} must not contain a colon or a line break");
                return Err(ModuleError::refused(message));
            }
        }
        if let Some(home) = self.home.as_ref().filter(|home| home.is_relative()) {
            return Err(ModuleError::refused(format!(
                "home must be absolute, {home} is not"
            )));
        }
        Ok(())
    }

    /// Returns the wanted account; number 0 lets the host choose.
    pub(super) fn wanted(&self, found: &Found) -> Result<User, ModuleError> {
        if let Some(other) = found
            .of_uid
            .as_ref()
            .filter(|other| other.name != self.name && !self.non_unique)
        {
            let message = format!(
                "the number {} already belongs to the user {}",
                other.uid, other.name
            );
            return Err(ModuleError::refused(message));
        }
        let mut user = found.user.clone().unwrap_or_else(|| User {
            name: self.name.clone(),
            home: self.usual_home(),
            ..User::default()
        });
        if let Some(uid) = self.uid {
            if uid == 0 && user.name != "root" {
                return Err(ModuleError::refused("the number 0 belongs to root"));
            }
            user.uid = uid;
        }
        self.set_group(&mut user, found)?;
        self.set_groups(&mut user, found)?;
        if let Some(shell) = &self.shell {
            user.shell = shell.into();
        }
        if let Some(home) = &self.home {
            user.home.clone_from(home);
        }
        if let Some(comment) = &self.comment {
            user.comment.clone_from(comment);
        }
        Ok(user)
    }

    fn set_group(&self, user: &mut User, found: &Found) -> Result<(), ModuleError> {
        match (&self.group, &found.group) {
            (Some(name), None) => return Err(no_group(name)),
            (None, _) if found.user.is_some() => {}
            (_, Some(group)) => {
                user.group.clone_from(&group.name);
                user.gid = group.gid;
            }
            (None, None) => {
                user.group.clone_from(&user.name);
                // The user's own number, as useradd takes it, if no other group has it.
                let taken = found.of_gid.is_some();
                user.gid = self.uid.filter(|_| !taken).unwrap_or_default();
            }
        }
        Ok(())
    }

    fn set_groups(&self, user: &mut User, found: &Found) -> Result<(), ModuleError> {
        let Some(wanted) = &self.groups else {
            return Ok(());
        };
        let has = |name: &String| {
            let mut groups = found.groups.iter();
            groups.any(|group| group.name == *name || group.gid.to_string() == *name)
        };
        if let Some(missing) = wanted.iter().find(|name| !has(name)) {
            return Err(no_group(missing));
        }
        let mut groups: Vec<_> = found
            .groups
            .iter()
            .map(|group| group.name.clone())
            .collect();
        if self.append {
            groups.append(&mut user.groups);
        }
        groups.retain(|name| *name != user.group);
        groups.sort();
        groups.dedup();
        user.groups = groups;
        Ok(())
    }
}

fn no_group(name: &str) -> ModuleError {
    ModuleError::Refused {
        message: format!("there is no group {name}"),
        help: Some("create it with a task `group`".to_owned()),
    }
}
