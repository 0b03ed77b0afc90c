//! Handlers: which ones a name notifies, and running the notified ones.

use super::failed_task;
use super::frame::Frame;
use super::outcome::Outcome;
use super::position::{Position, Step};
use super::walk::{Flow, Walk};
use crate::playbook::{Block, Item, RoleUse};
use crate::report::{Event, Status};
use crate::vars::Scope;
use crate::yaml::Node;
use std::collections::HashSet;
use std::sync::Arc;

/// How often handlers notified by other handlers are run; beyond that they notify each other.
const MOST_ROUNDS: u32 = 100;

/// A handler of a play, with the role and the blocks around it.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) item: Item,
    pub(super) role: Option<Arc<RoleUse>>,
    pub(super) blocks: Vec<Arc<Block>>,
}

impl Handler {
    /// Adds the handlers among `items` to `handlers`; each item of a block is a handler.
    pub(super) fn collect(
        items: &[Item],
        role: Option<&Arc<RoleUse>>,
        blocks: &[Arc<Block>],
        handlers: &mut Vec<Handler>,
    ) {
        for item in items {
            if let Item::Block(block) = item {
                let inner: Vec<_> = blocks.iter().cloned().chain([block.clone()]).collect();
                Self::collect(&block.block, role, &inner, handlers);
            } else {
                let (role, blocks) = (role.cloned(), blocks.to_vec());
                handlers.push(Self {
                    item: item.clone(),
                    role,
                    blocks,
                });
            }
        }
    }

    /// Returns its name as written, for messages.
    pub(super) fn written_name(&self) -> Option<String> {
        self.name().map(|node| node.to_value().to_string())
    }

    /// Returns whether two handlers are of one role, or both of the play.
    fn is_of_one_list(&self, other: &Handler) -> bool {
        let folder = |handler: &Handler| {
            let role = handler.role.as_ref();
            role.map(|used| used.role.name.folder.clone())
        };
        folder(self) == folder(other)
    }

    fn name(&self) -> Option<&Node> {
        match &self.item {
            Item::Task(task) => task.name.as_ref(),
            Item::Include(include) => include.name.as_ref(),
            Item::Script(script) => script.handler.as_ref().map(|handler| &handler.name),
            Item::Block(_) | Item::Role(_) => None,
        }
    }

    /// Returns whether a notification of `name` refers to this handler by its name.
    fn is_named(&self, name: &str, scope: &Arc<Scope>) -> bool {
        let Some(own) = self.name().and_then(|node| scope.render(node).ok()) else {
            return false;
        };
        let own = own.to_string();
        let role = self.role.as_ref().map(|used| used.role.name.name.as_str());
        own == name || role.is_some_and(|role| format!("{role} : {own}") == name)
    }

    /// Returns whether it listens to the topic `name`.
    fn listens(&self, name: &str, scope: &Arc<Scope>) -> bool {
        let listen = match &self.item {
            Item::Task(task) => &task.listen,
            Item::Include(include) => &include.listen,
            Item::Script(script) => match &script.handler {
                Some(handler) => &handler.listen,
                None => return false,
            },
            Item::Block(_) | Item::Role(_) => return false,
        };
        let mut topics = listen.iter().filter_map(|node| scope.render(node).ok());
        topics.any(|topic| topic.to_string() == name)
    }

    /// Returns whether two entries are the same handler: a role used twice defines it twice.
    pub(super) fn is_same(&self, other: &Handler) -> bool {
        let place = |handler: &Handler| match &handler.item {
            Item::Task(task) => task.place.clone(),
            Item::Include(include) => include.place.clone(),
            Item::Block(block) => block.place.clone(),
            Item::Role(used) => used.place.clone(),
            Item::Script(script) => script.place.clone(),
        };
        place(self) == place(other)
    }
}

/// Returns the indices of the handlers that a notification of `name` means: one of that name, and
/// all that listen to it, of those with one name one. As in Ansible, the last list of handlers
/// wins that has it, a role's or the play's, and in a list the first handler.
pub(super) fn notified_by(handlers: &[Handler], name: &str, scope: &Arc<Scope>) -> Vec<usize> {
    let mut lists: Vec<Vec<usize>> = Vec::new();
    for (index, handler) in handlers.iter().enumerate() {
        match lists.last_mut() {
            Some(list) if handlers[list[0]].is_of_one_list(handler) => list.push(index),
            _ => lists.push(vec![index]),
        }
    }
    let order = || lists.iter().rev().flatten().copied();
    let named = order().find(|index| handlers[*index].is_named(name, scope));
    let mut seen = HashSet::new();
    let listening = order().filter(|index| {
        let handler = &handlers[*index];
        handler.listens(name, scope) && handler.written_name().is_none_or(|name| seen.insert(name))
    });
    let mut found: Vec<_> = listening.chain(named).collect();
    found.sort_unstable();
    found.dedup();
    found
}

impl Walk<'_, '_> {
    /// Runs the notified handlers in the order of their definition, including those notified by a
    /// handler.
    pub(super) async fn flush_handlers(
        &mut self,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        for round in 0..MOST_ROUNDS {
            let handlers = self.play.handlers();
            let mut any = false;
            for (index, handler) in handlers.iter().enumerate() {
                let Some(notified) = self.host.take_notified(index) else {
                    continue;
                };
                any = true;
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                position.extend([round, index].map(Step::from));
                let before = self.in_doubt(notified.doubt());
                let flow = Box::pin(self.handler(handler, frame, position)).await;
                self.after_doubt(before);
                position.truncate(position.len() - 2);
                if !matches!(flow, Flow::Next) {
                    return flow;
                }
            }
            if !any {
                return Flow::Next;
            }
        }
        let message = format!("handlers still notify each other after {MOST_ROUNDS} rounds");
        self.host
            .count(|recap| recap.count(Status::Failed, false, false));
        let host = self.host.name.clone();
        let text = format!("{host}: {message}");
        self.play.session.tell(Event::Warning { host, text });
        let task = failed_task::without_module(None);
        self.fails(task, Outcome::failed(message), false)
    }

    async fn handler(
        &mut self,
        handler: &Handler,
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        let before = std::mem::replace(&mut self.in_handler, true);
        let flow = match &handler.role {
            Some(used) => {
                let keywords = frame.inner(&used.keywords, "vars given to the role");
                let role = Self::role_frame(used, &keywords);
                self.handler_in_blocks(handler, &handler.blocks, &role, position)
                    .await
            }
            None => {
                self.handler_in_blocks(handler, &handler.blocks, frame, position)
                    .await
            }
        };
        self.in_handler = before;
        flow
    }

    async fn handler_in_blocks(
        &mut self,
        handler: &Handler,
        blocks: &[Arc<Block>],
        frame: &Frame<'_>,
        position: &mut Position,
    ) -> Flow {
        match blocks.split_first() {
            None => self.item(&handler.item, frame, position).await,
            Some((block, rest)) => {
                let inner = Frame {
                    notify: &block.notify,
                    ..frame.inner(&block.keywords, "vars of a block")
                };
                Box::pin(self.handler_in_blocks(handler, rest, &inner, position)).await
            }
        }
    }
}
