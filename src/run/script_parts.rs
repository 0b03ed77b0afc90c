//! The functions that a script passes to `task` and `block`: entering and leaving them.

use super::position::Position;
use super::script_service::{Level, Service, not_taken, wrong};
use super::walk::{Flow, Walk};
use crate::playbook::Item;
use crate::script::role::Reply;
use crate::source::Place;
use crate::yaml::{Map, Node};

impl Walk<'_, '_> {
    pub(super) async fn entered_task(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        site: usize,
        (place, name, options): (&Place, &Node, &Map),
        position: &mut Position,
    ) {
        let script = service.script;
        let loader = &self.play.session.loader;
        let options = match loader.task_options(script, place, name, options) {
            Ok(options) => options,
            Err(problems) => return service.answer(wrong(problems)),
        };
        let frame = level.frame.inner(&options.shared, "vars of the task");
        let inner = Level {
            frame: &frame,
            options: Some(&options),
            around: Some(site),
            outside: self.rescued_by.len(),
        };
        self.entered(service, &inner, site, position).await;
    }

    pub(super) async fn entered_block(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        site: usize,
        (options, has_rescue): (&Map, bool),
        position: &mut Position,
    ) {
        let options = self.play.session.loader.block_options(options);
        let (keywords, notify) = match options {
            Ok(options) => options,
            Err(problems) => return service.answer(wrong(problems)),
        };
        let mut frame = level.frame.inner(&keywords, "vars of a block");
        frame.notify = &notify;
        let outside = self.rescued_by.len();
        if has_rescue {
            self.rescued_by.push(position.clone());
        }
        let inner = Level {
            frame: &frame,
            options: level.options,
            around: Some(site),
            outside,
        };
        self.entered(service, &inner, site, position).await;
        self.rescued_by.truncate(outside);
    }

    /// Lets the script into a function of `task` or `block`, unless nothing in it is to run.
    async fn entered(
        &mut self,
        service: &mut Service<'_>,
        inner: &Level<'_>,
        site: usize,
        position: &mut Position,
    ) {
        let seen: Option<&[Item]> = service.script.tasks.get(&site).map(Vec::as_slice);
        let items = seen.unwrap_or_default();
        let any_tags = seen.is_none() || service.script.outline.computes_tags();
        if !self.may_take(items, inner.frame, any_tags) {
            return service.answer(Reply::Value(not_taken()));
        }
        match self.holds(inner.frame) {
            Ok(true) => {}
            Ok(false) => {
                self.result = None;
                let flow = self.items(items, inner.frame, position).await;
                let result = self.result.take();
                let reply = service.reply(flow, result);
                return service.answer(reply);
            }
            Err(reason) => {
                // What the function computes is only known once it is called.
                service.answer(Reply::EnteredInDoubt(reason.clone()));
                let before = self.in_doubt(Some(reason));
                self.serve(service, inner, position).await;
                self.after_doubt(before);
                return;
            }
        }
        service.answer(Reply::Entered);
        self.serve(service, inner, position).await;
    }

    /// The second part of a block: it sees the failure, and has handled it if it succeeds.
    pub(super) async fn rescues(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        position: &mut Position,
    ) {
        self.rescued_by.truncate(level.outside);
        let failure = service.pending.take();
        service.failed_in = None;
        if let Some((_, failure)) = &failure {
            self.host.set_variables(failure.variables());
        }
        service.answer(Reply::Entered);
        position.push(1.into());
        let well = self.serve(service, level, position).await;
        position.pop();
        if well && failure.is_some() {
            service.pending = failure;
            self.caught(service);
        }
    }

    /// The last part of a block: it runs even if the run may have ended the script.
    pub(super) async fn unwinds(
        &mut self,
        service: &mut Service<'_>,
        level: &Level<'_>,
        position: &mut Position,
    ) {
        self.rescued_by.truncate(level.outside);
        let pending = service.pending.take();
        let before = self.unwinding;
        self.unwinding |= matches!(service.over, Some(Flow::Stopped))
            || (pending.is_some() && self.play.is_fatal());
        let inner = Level {
            frame: level.frame,
            options: level.options,
            around: level.around,
            outside: level.outside,
        };
        service.answer(Reply::Entered);
        position.push(2.into());
        self.serve(service, &inner, position).await;
        position.pop();
        self.unwinding = before;
        if pending.is_some() {
            service.pending = pending;
        }
    }
}
