//! What an attempt is made with: the connection, its limits, the environment, default arguments.

use super::attempt::Attempt;
use super::keyword::{first_problem, flag, number, render};
use super::outcome::Outcome;
use super::task::{Fallible, TaskRun};
use crate::files::Files;
use crate::host::{Host, Limits};
use crate::value;
use crate::vars::Scope;
use crate::yaml::{Map, Node};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl TaskRun<'_, '_> {
    /// Makes one attempt, and gives the host the variables that it sets.
    pub(super) fn attempt(&self, scope: &Arc<Scope>) -> Fallible<Outcome> {
        let session = self.play.session;
        let check = match self.frame.nearest(|keywords| keywords.check_mode.as_ref()) {
            None => session.options.check,
            keyword => flag(keyword, scope)?,
        };
        let diff = match self.frame.nearest(|keywords| keywords.diff.as_ref()) {
            None => session.options.diff,
            keyword => flag(keyword, scope)?,
        };
        let (host, delegated_to) = self.connect(scope, check)?;
        let limits = self.limits(scope)?;
        let files = Files {
            folders: self.frame.folders(),
        };
        let attempt = Attempt {
            session,
            action: &self.task.action,
            defaults: &self.module_defaults(),
            scope,
            files: &files,
            environment: &self.environment(scope)?,
            host: &host,
            limits: &limits,
            diff,
        };
        let (started, before) = (Instant::now(), host.traffic());
        let mut outcome = attempt.run();
        outcome.elapsed = started.elapsed();
        outcome.traffic = host.traffic() - before;
        outcome.delegated_to = delegated_to;
        if !outcome.counts_as_failed() {
            self.set(&outcome, scope)?;
        }
        Ok(outcome)
    }

    /// Gives the host the variables that the task sets.
    fn set(&self, outcome: &Outcome, scope: &Arc<Scope>) -> Fallible<()> {
        let delegated = flag(
            self.frame
                .nearest(|keywords| keywords.delegate_facts.as_ref()),
            scope,
        )?;
        let host = match &outcome.delegated_to {
            Some(name) if delegated => self.play.session.host(name),
            _ => self.host.clone(),
        };
        host.set(&outcome.sets);
        Ok(())
    }

    fn limits(&self, scope: &Arc<Scope>) -> Fallible<Limits> {
        let default = self.play.session.options.task_timeout;
        // A task is waited for as long as `async` says; nothing cuts its connection meanwhile.
        let given = self.frame.nearest(|keywords| keywords.timeout.as_ref());
        let timeout = match given.or(self.task.r#async.as_ref()) {
            None => default,
            seconds => Duration::from_secs(u64::from(number(seconds, scope, 0)?)),
        };
        let deadline = (!timeout.is_zero()).then(|| Instant::now() + timeout);
        Ok(Limits {
            deadline,
            cancel: self.play.session.cancel.clone(),
        })
    }

    /// Returns the machine the task works on, and its name if it is delegated.
    fn connect(
        &self,
        scope: &Arc<Scope>,
        check: bool,
    ) -> Fallible<(Arc<dyn Host>, Option<String>)> {
        let session = self.play.session;
        let delegate = match self.frame.nearest(|keywords| keywords.delegate_to.as_ref()) {
            None => None,
            Some(node) => Some(render(scope, node)?.to_string()),
        };
        let settings = match &delegate {
            None => session.settings(&self.host.name, scope, self.frame, scope)?,
            Some(name) => {
                let other = session.host(name);
                let connection = session
                    .host_scope(&other)
                    .map_err(|problems| Box::new(first_problem(problems)))?;
                session.settings(name, &connection, self.frame, scope)?
            }
        };
        let host = session
            .connector
            .host(&settings, check)
            .map_err(|error| Box::new(error.into()))?;
        Ok((host, delegate))
    }

    fn environment(&self, scope: &Arc<Scope>) -> Fallible<BTreeMap<String, String>> {
        let mut environment = BTreeMap::new();
        let nodes = self.frame.inwards().filter_map(|frame| frame.keywords);
        for node in nodes.flat_map(|keywords| &keywords.environment) {
            let value = render(scope, node)?;
            let Some(fields) = value::fields(&value) else {
                return Err(Box::new(node.unexpected("environment", "a mapping").into()));
            };
            let texts = fields.into_iter().filter(|(_, value)| !value.is_none());
            environment.extend(texts.map(|(name, value)| (name, value.to_string())));
        }
        Ok(environment)
    }

    /// Returns the default arguments of the task's module, what is nearer to the task first.
    fn module_defaults(&self) -> Map {
        let mut defaults = Map::new();
        for keywords in self.frame.outwards().filter_map(|frame| frame.keywords) {
            for (name, arguments) in &keywords.module_defaults {
                let name = name.as_text().unwrap_or_default();
                let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
                let given: Vec<_> = defaults
                    .iter()
                    .map(|(key, _): &(Node, Node)| key.to_value())
                    .collect();
                if short == self.task.action.module {
                    let missing = arguments.as_map().into_iter().flatten();
                    let missing = missing.filter(|(key, _)| !given.contains(&key.to_value()));
                    defaults.extend(missing.cloned());
                }
            }
        }
        defaults
    }
}
