//! `uri`: a request to a web server.

mod address;
mod answer;
mod body;
mod request;
mod result;
mod tls;

#[cfg(test)]
mod tests;

use super::guard;
use super::host_path::host_path;
use super::sent::Sent;
use crate::change::{Attributes, Change, Mode};
use crate::files::{SentFile, read};
use crate::host::{Connect, Dialogue, HostError, Limits, Step, Talk};
use crate::module::{BuiltIn, Module, ModuleError, PlanContext, Writes};
use crate::value::{Fields, Value};
use address::Address;
use body::{Body, BodyFormat};
use request::{Missing, Reached, Redirects, Request};
use result::{RETURNED, Told};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tls::Trust;

/// Sends a request to a web server, and returns the answer.
///
/// The request comes from the host, through its SSH connection: the host needs no program for it.
/// Requests that only read (GET, HEAD, OPTIONS) are sent in check mode too; others are not, and
/// their answer is unknown then.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Uri {
    /// The URL, of http or https.
    url: String,
    /// The method, such as `POST`.
    #[serde(default = "get")]
    method: String,
    /// The body: a text, or a value for the other formats.
    #[schemars(with = "Option<serde_json::Value>")]
    body: Option<Value>,
    /// The format of the body, which also sets the header `Content-Type`.
    #[serde(default)]
    body_format: BodyFormat,
    /// A file to send as the body.
    src: Option<String>,
    /// Whether `src` is a file of the host instead of one of this machine.
    #[serde(default)]
    remote_src: bool,
    /// Headers by name.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    headers: Fields,
    /// The statuses that count as success.
    #[serde(default = "success")]
    status_code: Vec<i32>,
    /// Whether to return the body as `content`. JSON is always returned as `json`.
    #[serde(default)]
    return_content: bool,
    /// A file or directory of the host to write the body to.
    dest: Option<String>,
    /// User name for Basic authentication.
    url_username: Option<String>,
    /// Its password.
    url_password: Option<String>,
    /// Whether to send them before the server asks for them.
    #[serde(default)]
    force_basic_auth: bool,
    /// Which redirects to follow: `all`, `none`, or `safe` for those of GET and HEAD.
    #[serde(default)]
    follow_redirects: Redirects,
    /// Headers that redirects do not get.
    #[serde(default)]
    unredirected_headers: Vec<String>,
    /// Seconds for the whole request.
    #[serde(default = "half_a_minute")]
    timeout: u64,
    /// Whether to check the server's certificate.
    #[serde(default = "crate::module::yes")]
    validate_certs: bool,
    /// A file of the host with the certificates to trust, in PEM; by default those of this machine.
    ca_path: Option<String>,
    /// A file of the host with the client's certificate, in PEM.
    client_cert: Option<String>,
    /// A file of the host with its key; by default it is in `client_cert`.
    client_key: Option<String>,
    /// Whether to decompress an answer in gzip.
    #[serde(default = "crate::module::yes")]
    decompress: bool,
    /// The header `User-Agent`.
    #[serde(default = "agent")]
    http_agent: String,
    /// A path or glob; if it exists, the request is skipped.
    creates: Option<String>,
    /// A path or glob; if it does not exist, the request is skipped.
    removes: Option<String>,
    /// Permission bits of `dest`, such as "0644".
    mode: Option<Mode>,
    /// Owner of `dest`, name or number.
    owner: Option<String>,
    /// Group of `dest`, name or number.
    group: Option<String>,
    /// Ignored: there is no cache.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    force: bool,
    /// Ignored: no proxy is used.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    use_proxy: bool,
    /// Ignored: `~/.netrc` is not read.
    #[serde(default)]
    #[expect(dead_code, reason = "accepted for Ansible's sake")]
    use_netrc: bool,
}

fn get() -> String {
    "GET".to_owned()
}

fn success() -> Vec<i32> {
    vec![200]
}

fn half_a_minute() -> u64 {
    30
}

fn agent() -> String {
    "ansible-httpget".to_owned()
}

impl BuiltIn for Uri {
    const NAME: &'static str = "uri";
    const ALIASES: &'static [(&'static str, &'static str)] =
        &[("user", "url_username"), ("password", "url_password")];
    const WRITES: Writes = Writes::File("dest");
    const PATHS: &'static [&'static str] = &["dest", "ca_path", "client_cert", "client_key"];
    const RELATIVE_PATHS: &'static [&'static str] = &["creates", "removes"];
    const EXAMPLE: &'static str = "\
- name: The console answers
  uri:
    url: http://127.0.0.1:8080/health
    return_content: true
  register: health
  until: health.status == 200
  retries: 5
  delay: 2
";
    const RETURNS: &'static [(&'static str, &'static str)] = &[
        ("status", "The status; -1 if there is no answer."),
        ("msg", "The status as text, or why there is no answer."),
        ("url", "The URL, after redirects."),
        ("redirected", "Whether there was a redirect."),
        ("content", "The body, with `return_content`."),
        ("json", "The value of a JSON body."),
        (
            "cookies",
            "Cookies by name; `cookies_string` is the header that sends them.",
        ),
        ("elapsed", "Whole seconds it took."),
        ("path", "Where the body was written, with `dest`."),
        (
            "content_type",
            "A header; each is returned, in lower case and with `_` for `-`.",
        ),
    ];
}

impl Module for Uri {
    fn plan(&self, context: &PlanContext) -> Result<Change, ModuleError> {
        let (creates, removes) = (self.creates.as_deref(), self.removes.as_deref());
        if let Some(done) = guard::nothing_to_do(context, None, creates, removes)? {
            let mut change = Change::default();
            change.returns("stdout", done.stdout);
            change.skipped = Some(done.message);
            return Ok(change);
        }
        let call = self.call(context)?;
        let reads = ["GET", "HEAD", "OPTIONS"].contains(&call.request.method.as_str());
        if reads {
            return self.read(call, context);
        }
        if self.dest.is_some() {
            return Err(ModuleError::Refused {
                message: "dest needs a request that only reads, such as GET".to_owned(),
                help: Some("write the content of the result with copy".to_owned()),
            });
        }
        let talk = Talk {
            what: format!("{} {}", call.request.method, call.request.address),
            dialogue: Arc::new(call),
            change: None,
            returns: RETURNED,
        };
        Ok(Change {
            steps: vec![Step::Talk(talk)],
            ..Change::default()
        })
    }
}

impl Uri {
    /// Sends a request that only reads, and plans to write its answer.
    fn read(&self, call: Call, context: &PlanContext) -> Result<Change, ModuleError> {
        let connect = |host: &str, port, limits: &Limits| context.host.connect(host, port, limits);
        let (told, reached) = call.told(&connect, context.host.limits())?;
        let dest = self.dest.as_deref().filter(|_| told.failed.is_none());
        let mut change = match (dest, reached) {
            (Some(dest), Some(reached)) if reached.answer.status != 304 => {
                self.written(dest, reached, context)?
            }
            _ => Change::default(),
        };
        change.result.extend(told.fields);
        change.failed = told.failed;
        Ok(change)
    }

    fn written(
        &self,
        dest: &str,
        reached: Reached,
        context: &PlanContext,
    ) -> Result<Change, ModuleError> {
        let name = crate::files::download::file_name(&reached.address.to_string());
        let name = if name == "download" {
            "index.html"
        } else {
            &name
        };
        let attributes = Attributes {
            mode: self.mode.clone(),
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        let sent = Sent {
            file: SentFile::of(reached.answer.body, 0o644),
            name: Some(name),
            dest,
            attributes: attributes.on(context.host)?,
            directory_mode: None,
            backup: false,
            force: true,
            follow: false,
            validate: None,
        };
        let mut change = sent.plan(context.host)?;
        if let Some(path) = change.result.get("dest").cloned() {
            change.returns("path", path);
        }
        Ok(change)
    }

    /// Returns the request, with all that is read for it.
    fn call(&self, context: &PlanContext) -> Result<Call, ModuleError> {
        let method = self.method.to_uppercase();
        if method.is_empty() || !method.chars().all(|letter| letter.is_ascii_uppercase()) {
            return Err(ModuleError::refused(format!(
                "invalid method: {:?}",
                self.method
            )));
        }
        let address = Address::parse(&self.url).ok_or_else(|| {
            ModuleError::refused(format!("{:?} is not an http or https URL", self.url))
        })?;
        let Body { bytes, kind } = self.body(context)?;
        let mut headers = vec![("User-Agent".to_owned(), self.http_agent.clone())];
        for (name, value) in &self.headers {
            let value = value.to_string();
            if name.contains(|letter: char| letter.is_control() || ": ".contains(letter))
                || value.contains(char::is_control)
            {
                return Err(ModuleError::refused(format!("invalid header: {name:?}")));
            }
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value));
        }
        let has_kind = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if let Some(kind) = kind
            && (self.body_format == BodyFormat::FormMultipart || !headers.iter().any(has_kind))
        {
            headers.retain(|header| !has_kind(header));
            headers.push(("Content-Type".to_owned(), kind));
        }
        let password = self.url_password.clone().unwrap_or_default();
        let given = self.url_username.clone().map(|name| (name, password));
        let unredirected = self.unredirected_headers.iter();
        let request = Request {
            method,
            user: given.or_else(|| address.user.clone()),
            address,
            headers,
            body: bytes,
            is_forced: self.force_basic_auth,
            redirects: self.follow_redirects,
            unredirected: unredirected.map(|name| name.to_ascii_lowercase()).collect(),
            trust: self.trust(context)?,
        };
        Ok(Call {
            request,
            status_code: self.status_code.clone(),
            return_content: self.return_content,
            decompress: self.decompress,
            timeout: Duration::from_secs(self.timeout),
        })
    }

    fn trust(&self, context: &PlanContext) -> Result<Trust, ModuleError> {
        let read = |path: &String| -> Result<Vec<u8>, ModuleError> {
            Ok(context.host.read(&host_path(path)?)?)
        };
        let certificate = self.client_cert.as_ref().map(read).transpose()?;
        let key = self.client_key.as_ref().map(read).transpose()?;
        let client = certificate.map(|certificate| {
            let key = key.unwrap_or_else(|| certificate.clone());
            (certificate, key)
        });
        Ok(Trust {
            anybody: !self.validate_certs,
            authorities: self.ca_path.as_ref().map(read).transpose()?,
            client,
        })
    }

    fn body(&self, context: &PlanContext) -> Result<Body, ModuleError> {
        let local = |name: &str| -> Result<Vec<u8>, ModuleError> {
            Ok(read(&context.files.find("files", name)?)?)
        };
        match (&self.body, &self.src) {
            (Some(_), Some(_)) => Err(ModuleError::exclusive(&["body", "src"])),
            (None, Some(src)) => {
                let bytes = if self.remote_src {
                    context.host.read(&host_path(src)?)?
                } else {
                    local(src)?
                };
                Ok(Body {
                    bytes: Some(bytes),
                    kind: self.body_format.kind(),
                })
            }
            (body, None) => self.body_format.body(body.as_ref(), &local),
        }
    }
}

/// A request, and what counts as its success.
#[derive(Debug)]
struct Call {
    request: Request,
    status_code: Vec<i32>,
    return_content: bool,
    decompress: bool,
    timeout: Duration,
}

impl Call {
    /// Sends the request and returns the result, with the answer if there is one.
    fn told(
        &self,
        connect: &Connect,
        limits: &Limits,
    ) -> Result<(Told, Option<Reached>), HostError> {
        let started = Instant::now();
        let sooner = limits.sooner(started + self.timeout);
        let reached = self.request.send(connect, &sooner);
        // The time of the task ends the task, that of the request only the request.
        limits.check()?;
        let mut reached = match reached {
            Ok(reached) => Ok(reached),
            Err(Missing::Server(reason)) => Err(reason),
            Err(Missing::Host(error)) => return Err(error),
        };
        if let (true, Ok(reached)) = (self.decompress, &mut reached) {
            result::decompress(&mut reached.answer);
        }
        let told = Told::of(self, &reached, started.elapsed());
        Ok((told, reached.ok()))
    }
}

impl Dialogue for Call {
    fn hold(&self, connect: &Connect, limits: &Limits) -> Result<Fields, HostError> {
        let (told, _) = self.told(connect, limits)?;
        let mut fields = told.fields;
        if let Some(message) = told.failed {
            fields.insert("failed".to_owned(), true.into());
            fields.insert("msg".to_owned(), message.into());
        }
        Ok(fields)
    }
}
