//! The SSH key that is generated for an account.

use super::UserModule;
use crate::change::{Attributes, Change, Mode, directory_questions};
use crate::host::quote_lines;
use crate::host::{
    Answer, Command, CommandScript, Content, HostError, Output, Question, Step, User,
};
use crate::module::{ModuleError, PlanContext};
use crate::modules::host_path::host_path;
use crate::modules::sent::make_missing;
use camino::{Utf8Path, Utf8PathBuf};

/// Generates a key for an account and gives it to the account. Its arguments are the key, the
/// account with its group, the type, the bits, the comment, whether to replace a key, and for a
/// passphrase a program that prints it.
const GENERATE: &str = "key=$1 owner=$2 type=$3 bits=$4 comment=$5 force=$6 ask=$7
[ ! \"$force\" ] || rm -f -- \"$key\" \"$key.pub\" || exit
[ \"$comment\" ] || comment=\"ansible-generated on $(uname -n)\"
set -- -q -t \"$type\" -C \"$comment\" -f \"$key\"
[ \"$bits\" = 0 ] || set -- \"$@\" -b \"$bits\"
if [ \"$ask\" ]; then
  SSH_ASKPASS=$ask SSH_ASKPASS_REQUIRE=force DISPLAY=${DISPLAY:-:} ssh-keygen \"$@\" </dev/null
else
  ssh-keygen \"$@\" -N '' </dev/null
fi && chown \"$owner\" \"$key\" \"$key.pub\"";

/// How many bytes of a public key are read.
const LARGEST: u64 = 64 * 1024;

impl UserModule {
    /// Adds the steps that generate the key of an account, and what is known about it.
    pub(super) fn add_key(
        &self,
        context: &PlanContext,
        change: &mut Change,
        user: &User,
    ) -> Result<(), ModuleError> {
        if !self.generate_ssh_key {
            return Ok(());
        }
        let key = self.key_path(user)?;
        change.returns("ssh_key_file", key.as_str());
        let public = Utf8PathBuf::from(format!("{key}.pub"));
        let questions = [&key, &public].map(|path| Question::Path {
            path: path.clone(),
            follow: true,
            content: Content::UpTo(if *path == public { LARGEST } else { 0 }),
        });
        let mut answers = match context.host.ask(&questions) {
            // Check mode does not generate the key that this task would.
            Err(HostError::NotKnown(reason)) if context.again => {
                for name in ["ssh_fingerprint", "ssh_public_key"] {
                    change.returns(name, reason.value());
                }
                return Ok(());
            }
            answers => answers?.into_iter(),
        };
        let mut next = || answers.next().and_then(Answer::into_path);
        let (found, found_public) = (next(), next());
        let is_there = found.is_some() || found_public.is_some();
        let generates = !is_there || self.force && !context.again;
        if generates && !context.again {
            // It says whether the program is there, too.
            fingerprint(context, &key)?;
            self.generate(context, change, user, &key)?;
            return Ok(());
        }
        if let Some(fingerprint) = fingerprint(context, &key)? {
            change.returns("ssh_fingerprint", fingerprint);
        }
        if let Some(content) = found_public.and_then(|node| node.content) {
            let text = String::from_utf8_lossy(&content).trim().to_owned();
            change.returns("ssh_public_key", text);
        }
        Ok(())
    }

    fn key_path(&self, user: &User) -> Result<Utf8PathBuf, ModuleError> {
        let kind = self.ssh_key_type.as_str();
        if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            let message = format!("ssh_key_type: invalid type {kind:?} of a key");
            return Err(ModuleError::refused(message));
        }
        let usual = || format!(".ssh/id_{kind}");
        let written = self.ssh_key_file.clone().unwrap_or_else(usual);
        host_path(user.home.join(written).as_str())
    }

    fn generate(
        &self,
        context: &PlanContext,
        change: &mut Change,
        user: &User,
        key: &Utf8Path,
    ) -> Result<(), ModuleError> {
        if let Some(folder) = key.parent().filter(|folder| **folder != user.home) {
            let found = context.host.ask(&directory_questions(folder))?;
            let attributes = Attributes {
                mode: Some(Mode::of_bits(0o700)),
                owner: Some(user.name.clone()),
                group: Some(user.group.clone()),
            };
            let mut made = Change::default();
            make_missing(&mut made, folder, &attributes, &found)?;
            // The home directory and those above it are created with the account.
            let mut steps = made.steps;
            steps.retain(|step| {
                step.made_directory()
                    .is_none_or(|made| !user.home.starts_with(made))
            });
            change.steps.extend(steps);
        }
        let owner = format!("{}:{}", user.name, user.group);
        let (bits, comment) = (
            self.ssh_key_bits.to_string(),
            self.ssh_key_comment.as_deref().unwrap_or_default(),
        );
        let words = ["/bin/sh", "-c", GENERATE, "sh", key.as_str(), &owner];
        let words = words
            .into_iter()
            .chain([self.ssh_key_type.as_str(), &bits, comment])
            .chain([if self.force { "force" } else { "" }]);
        let mut command = Command::new(words);
        command.script = self.ssh_key_passphrase.as_deref().map(|passphrase| {
            let quoted = quote_lines(passphrase);
            CommandScript {
                name: "passphrase".to_owned(),
                content: format!("#!/bin/sh\nprintf '%s\\n' {quoted}\n").into_bytes(),
                position: command.argv.len(),
            }
        });
        change.steps.push(Step::Run {
            command,
            any_status: false,
        });
        change.makes = Some(key.to_owned());
        change.again = true;
        Ok(())
    }
}

/// Returns the fingerprint of a key, if it is there.
fn fingerprint(context: &PlanContext, key: &Utf8Path) -> Result<Option<String>, ModuleError> {
    let command = Command::new(["ssh-keygen", "-l", "-f", key.as_str()]);
    let output: Output = context.host.query(&command)?;
    if output.lacks_program() {
        return Err(ModuleError::no_program(
            "ssh-keygen",
            "install it first, usually with the package openssh-client",
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Some(text).filter(|_| output.status == 0))
}
