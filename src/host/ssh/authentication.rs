//! Authentication: which keys and passwords are tried, in which order.

use super::Failure;
use super::attempt::{self, Attempt};
use super::certificate::{Held, Signing, UserCertificate};
use super::handler::Handler;
use super::key_ring::{KeyFile, KeyRing};
use super::lost::Lost;
use super::probe::{Accepted, Probe};
use super::target::Target;
use russh::MethodSet;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::UnixStream;

type Agent = AgentClient<UnixStream>;

/// The host's answer to an attempt.
enum Answer {
    Welcome,
    Refused {
        remaining: MethodSet,
        partial: bool,
    },
    /// The attempt was not made, for this reason.
    NotTried(String),
}

/// A login in progress.
pub(super) struct Login<'a> {
    handle: &'a mut Handle<Handler>,
    target: &'a Target,
    keys: &'a KeyRing,
    lost: &'a Lost,
    agent: Option<Agent>,
    /// When it must be finished, extended by the time that the user took to answer.
    until: Instant,
    /// What was tried, for the message.
    tried: Vec<String>,
    /// What was not tried, and why.
    skipped: Vec<String>,
}

/// Logs in, or fails with what was tried.
pub(super) async fn log_in(
    handle: &mut Handle<Handler>,
    target: &Target,
    keys: &KeyRing,
    lost: &Lost,
    until: Instant,
) -> Result<(), Failure> {
    let mut login = Login {
        handle,
        target,
        keys,
        lost,
        agent: None,
        until,
        tried: Vec::new(),
        skipped: Vec::new(),
    };
    let of_agent = login.agent_keys().await?;
    let attempts = attempt::in_order(target, keys, of_agent, &mut login.skipped);
    login.run(attempts).await
}

impl Login<'_> {
    async fn agent_keys(&mut self) -> Result<Vec<AgentIdentity>, Failure> {
        let Some(socket) = &self.target.agent else {
            return Ok(Vec::new());
        };
        let listing = async {
            let mut agent = Agent::connect_uds(socket).await?;
            if let Some(binding) = self.handle.agent_session_binding() {
                // Needed for keys restricted to certain hosts; older agents do not support it.
                let _ = agent.bind_session(binding, false).await;
            }
            let identities = agent.request_identities().await?;
            Ok::<_, russh::keys::Error>((agent, identities))
        };
        match in_time(self.until, listing).await? {
            Ok((agent, identities)) => {
                self.agent = Some(agent);
                Ok(identities)
            }
            Err(error) => {
                let socket = socket.display();
                self.skipped.push(format!("the agent at {socket}: {error}"));
                Ok(Vec::new())
            }
        }
    }

    async fn run(mut self, mut attempts: VecDeque<Attempt>) -> Result<(), Failure> {
        // Until the host has refused something, it may accept every method.
        let mut accepted: Option<MethodSet> = None;
        let allowed = |accepted: &Option<MethodSet>, attempt: &Attempt| {
            accepted
                .as_ref()
                .is_none_or(|set| set.contains(&attempt.method()))
        };
        while let Some(index) = attempts
            .iter()
            .position(|attempt| allowed(&accepted, attempt))
        {
            let Some(mut attempt) = attempts.remove(index) else {
                break;
            };
            let name = attempt.to_string();
            match self.make(&mut attempt).await? {
                Answer::Welcome => return Ok(()),
                Answer::NotTried(reason) => self.skipped.push(format!("{name}: {reason}")),
                Answer::Refused { remaining, partial } => {
                    // A host that requires a password first refuses keys until then.
                    let too_early = !partial && !remaining.contains(&attempt.method());
                    accepted = Some(remaining);
                    if too_early {
                        attempts.push_front(attempt);
                    } else if matches!(attempt, Attempt::KeyFile(_, KeyFile::Locked(_))) {
                        let reason = "the host does not accept it, so it was not opened";
                        self.skipped.push(format!("{name}: {reason}"));
                    } else {
                        let half = if partial {
                            " (accepted, but not enough)"
                        } else {
                            ""
                        };
                        self.tried.push(format!("{name}{half}"));
                    }
                }
            }
        }
        if accepted.is_none() {
            match self.make_none().await? {
                Answer::Refused { remaining, .. } => accepted = Some(remaining),
                Answer::Welcome | Answer::NotTried(_) => return Ok(()),
            }
        }
        Err(self.refused(accepted))
    }

    async fn make(&mut self, attempt: &mut Attempt) -> Result<Answer, Failure> {
        match attempt {
            Attempt::AgentKey(identity) => self.by_agent(identity).await,
            Attempt::Certificate(certificate) => self.by_certificate(certificate).await,
            Attempt::KeyFile(_, KeyFile::Open(key)) => self.by_key(&key.clone()).await,
            Attempt::KeyFile(path, KeyFile::Locked(public)) => {
                if let Some(public) = public
                    && let Some(refused) = self.probe(public).await?
                {
                    return Ok(refused);
                }
                match self.open(path) {
                    Ok(key) => {
                        *attempt = Attempt::KeyFile(path.clone(), KeyFile::Open(key.clone()));
                        self.by_key(&key).await
                    }
                    Err(reason) => Ok(Answer::NotTried(reason)),
                }
            }
            Attempt::KeyboardInteractive => self.by_questions().await,
            Attempt::Password => self.by_password().await,
        }
    }

    /// Opens a key, possibly asking the user while the host waits.
    fn open(&mut self, path: &Path) -> Result<Arc<russh::keys::PrivateKey>, String> {
        let asked = Instant::now();
        let key = self.keys.open(path);
        self.until += asked.elapsed();
        key
    }

    async fn make_none(&mut self) -> Result<Answer, Failure> {
        let user = self.target.user.clone();
        let answer = in_time(self.until, self.handle.authenticate_none(user)).await?;
        self.answer(answer).await
    }

    async fn by_key(&mut self, key: &Arc<russh::keys::PrivateKey>) -> Result<Answer, Failure> {
        let hash = self.hash_for(&key.algorithm()).await?;
        let key = PrivateKeyWithHashAlg::new(key.clone(), hash);
        let user = self.target.user.clone();
        let answer = in_time(self.until, self.handle.authenticate_publickey(user, key)).await?;
        self.answer(answer).await
    }

    async fn by_certificate(&mut self, of_user: &UserCertificate) -> Result<Answer, Failure> {
        let key = match &of_user.key {
            Held::Agent(_) => None,
            Held::File(_, KeyFile::Open(key)) => Some(key.clone()),
            Held::File(path, KeyFile::Locked(_)) => match self.open(path) {
                Ok(key) => Some(key),
                Err(reason) => return Ok(Answer::NotTried(reason)),
            },
        };
        let mut signing = match (key, &of_user.key, &mut self.agent) {
            (Some(key), ..) => Signing::Key(key),
            (None, Held::Agent(identity), Some(agent)) => Signing::Agent(agent, identity),
            _ => return Ok(Answer::NotTried("the agent is gone".to_owned())),
        };
        let (user, certificate) = (self.target.user.clone(), of_user.certificate.clone());
        let hash = of_user.hash();
        let asking =
            self.handle
                .authenticate_certificate_with(user, certificate, hash, &mut signing);
        match in_time(self.until, asking).await? {
            Ok(answer) => self.answer(Ok(answer)).await,
            Err(error) => Ok(Answer::NotTried(error.to_string())),
        }
    }

    async fn by_agent(&mut self, identity: &AgentIdentity) -> Result<Answer, Failure> {
        let hash = self.hash_for(&identity.public_key().algorithm()).await?;
        let user = self.target.user.clone();
        let Some(agent) = &mut self.agent else {
            return Ok(Answer::NotTried("the agent is gone".to_owned()));
        };
        let answer = match identity {
            AgentIdentity::PublicKey { key, .. } => {
                let key = key.clone();
                let asking = self
                    .handle
                    .authenticate_publickey_with(user, key, hash, agent);
                in_time(self.until, asking).await?
            }
            AgentIdentity::Certificate { certificate, .. } => {
                let certificate = certificate.clone();
                let asking =
                    self.handle
                        .authenticate_certificate_with(user, certificate, hash, agent);
                in_time(self.until, asking).await?
            }
        };
        match answer {
            Ok(answer) => self.answer(Ok(answer)).await,
            Err(error) => Ok(Answer::NotTried(format!("the agent reported: {error}"))),
        }
    }

    /// Asks whether the host would accept a key, without signing anything; returns `None` if it
    /// would.
    async fn probe(&mut self, key: &PublicKey) -> Result<Option<Answer>, Failure> {
        let hash = self.hash_for(&key.algorithm()).await?;
        let user = self.target.user.clone();
        let mut probe = Probe;
        let asking = self
            .handle
            .authenticate_publickey_with(user, key.clone(), hash, &mut probe);
        match in_time(self.until, asking).await? {
            Ok(answer) => self.answer(Ok(answer)).await.map(Some),
            Err(Accepted) if self.handle.is_closed() => Err(self.closed().await),
            Err(Accepted) => Ok(None),
        }
    }

    async fn by_password(&mut self) -> Result<Answer, Failure> {
        let Some(password) = &self.target.password else {
            return Ok(Answer::NotTried("there is none".to_owned()));
        };
        let user = self.target.user.clone();
        let asking = self.handle.authenticate_password(user, password.reveal());
        let answer = in_time(self.until, asking).await?;
        self.answer(answer).await
    }

    /// Answers the only hidden question of the host with the password.
    async fn by_questions(&mut self) -> Result<Answer, Failure> {
        let Some(password) = &self.target.password else {
            return Ok(Answer::NotTried("there is none".to_owned()));
        };
        let user = self.target.user.clone();
        let start = self
            .handle
            .authenticate_keyboard_interactive_start(user, None);
        let mut response = in_time(self.until, start).await?;
        let mut given = false;
        loop {
            let prompts = match response {
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => prompts,
                Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(Answer::Welcome),
                Ok(KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                }) => {
                    return Ok(Answer::Refused {
                        remaining: remaining_methods,
                        partial: partial_success,
                    });
                }
                Err(_) => return Err(self.closed().await),
            };
            let answers = match prompts.as_slice() {
                [] => Vec::new(),
                [prompt] if !prompt.echo && !given => {
                    given = true;
                    vec![password.reveal().to_owned()]
                }
                [prompt, ..] => {
                    let question = prompt.prompt.trim().to_owned();
                    self.tried.push(format!("no answer to {question:?}"));
                    vec![String::new(); prompts.len()]
                }
            };
            let respond = self
                .handle
                .authenticate_keyboard_interactive_respond(answers);
            response = in_time(self.until, respond).await?;
        }
    }

    /// Returns the hash for signatures of an RSA key; other keys determine it themselves.
    async fn hash_for(&mut self, algorithm: &Algorithm) -> Result<Option<HashAlg>, Failure> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        match in_time(self.until, self.handle.best_supported_rsa_hash()).await? {
            Ok(hash) => Ok(hash.flatten()),
            Err(_) => Err(self.closed().await),
        }
    }

    async fn answer(&self, answer: Result<AuthResult, russh::Error>) -> Result<Answer, Failure> {
        match answer {
            Ok(AuthResult::Success) => Ok(Answer::Welcome),
            Ok(AuthResult::Failure { .. }) | Err(_) if self.handle.is_closed() => {
                Err(self.closed().await)
            }
            Ok(AuthResult::Failure {
                remaining_methods,
                partial_success,
            }) => Ok(Answer::Refused {
                remaining: remaining_methods,
                partial: partial_success,
            }),
            Err(error) => Ok(Answer::NotTried(error.to_string())),
        }
    }

    async fn closed(&self) -> Failure {
        let mut reason = format!(
            "the connection to {} was lost while logging in: {}",
            self.target,
            self.lost.reason().await
        );
        if !self.tried.is_empty() || !self.skipped.is_empty() {
            reason = format!("{reason} ({})", self.account());
        }
        Failure::new(reason).help(
            "too many keys may have been tried: pass the right one with `--private-key`, and set \
             `IdentitiesOnly yes` in ssh_config",
        )
    }

    /// Returns what was tried and what was not.
    fn account(&self) -> String {
        let tried = match self.tried.as_slice() {
            [] => "no usable credentials".to_owned(),
            tried => format!("tried {}", tried.join(", ")),
        };
        match self.skipped.as_slice() {
            [] => tried,
            skipped => format!("{tried}; skipped {}", skipped.join(", ")),
        }
    }

    fn refused(&self, accepted: Option<MethodSet>) -> Failure {
        let accepted = accepted.unwrap_or_else(MethodSet::empty);
        let accepted: Vec<&str> = accepted.iter().map(Into::into).collect();
        Failure::new(format!(
            "{} refused the login ({}; it accepts {})",
            self.target,
            self.account(),
            accepted.join(", ")
        ))
        .help(
            "pass the key with `--private-key` or `ansible_ssh_private_key_file`, or use `-k` to \
             be asked for a password",
        )
    }
}

async fn in_time<T>(until: Instant, future: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout_at(until.into(), future)
        .await
        .map_err(|_| Failure::new("the login took too long"))
}
